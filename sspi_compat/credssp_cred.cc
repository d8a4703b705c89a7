// SPDX-License-Identifier: MIT
#include "sspi_compat/credssp_cred.h"

#include <credssp.h>
#include <schannel.h>

#include "sspi_compat/status.h"
#include "sspi_compat/text.h"

namespace gss_sspi::sspi {
namespace {

constexpr DWORD kTls12 = SP_PROT_TLS1_2;
constexpr DWORD kTls13 = SP_PROT_TLS1_3;

SECURITY_STATUS ParseProtocols(DWORD enabled, TlsWishes *tls) {
  if (enabled == 0) return SEC_E_OK;
  const bool has_12 = (enabled & kTls12) != 0;
  const bool has_13 = (enabled & kTls13) != 0;
  if (!has_12 && !has_13) {
    return Fail(SEC_E_UNSUPPORTED_FUNCTION, "only TLS 1.2 and 1.3 are spoken");
  }
  tls->least_version = has_12 ? "1.2" : "1.3";
  tls->most_version = has_13 ? "1.3" : "1.2";
  return SEC_E_OK;
}

SECURITY_STATUS ParseCertificate(PCCERT_CONTEXT certificate, TlsWishes *tls) {
  if (certificate == nullptr || certificate->pbCertEncoded == nullptr) {
    return Fail(SEC_E_UNKNOWN_CREDENTIALS, "SCHANNEL_CRED has an empty certificate");
  }
  if (certificate->dwCertEncodingType != X509_PEM_FILE_ENCODING) {
    return Fail(SEC_E_UNSUPPORTED_FUNCTION,
                "a certificate is given as X509_PEM_FILE_ENCODING, with its key");
  }
  const std::string_view path(reinterpret_cast<const char *>(certificate->pbCertEncoded),
                              certificate->cbCertEncoded);
  if (path.empty() || !IsUtf8(path)) {
    return Fail(SEC_E_UNKNOWN_CREDENTIALS, "the path of a certificate is not well-formed text");
  }
  tls->certificate_file = path;
  return SEC_E_OK;
}

SECURITY_STATUS ParseSchannelCred(const void *data, TlsWishes *tls) {
  if (data == nullptr) return SEC_E_OK;
  const auto *cred = static_cast<const SCHANNEL_CRED *>(data);
  if (cred->dwVersion != SCHANNEL_CRED_VERSION) {
    return Fail(SEC_E_UNSUPPORTED_FUNCTION, "version %u of SCHANNEL_CRED",
                static_cast<unsigned>(cred->dwVersion));
  }
  if (cred->cCreds > 1 || (cred->cCreds == 1 && cred->paCred == nullptr)) {
    return Fail(SEC_E_UNKNOWN_CREDENTIALS, "SCHANNEL_CRED has one certificate at most");
  }
  if (cred->hRootStore != nullptr || cred->cMappers != 0) {
    return Fail(SEC_E_UNSUPPORTED_FUNCTION, "there are no certificate stores and mappers");
  }
  if (cred->cCreds == 1) {
    const SECURITY_STATUS status = ParseCertificate(cred->paCred[0], tls);
    if (status != SEC_E_OK) return status;
  }
  tls->verifies_server = (cred->dwFlags & SCH_CRED_AUTO_CRED_VALIDATION) != 0;
  return ParseProtocols(cred->grbitEnabledProtocols, tls);
}

// CREDSSP_CRED_EX is CREDSSP_CRED with a header.
SECURITY_STATUS Unwrapped(const void *auth_data, const CREDSSP_CRED **out) {
  const auto *cred = static_cast<const CREDSSP_CRED *>(auth_data);
  if (cred->Type != CredsspCredEx) {
    *out = cred;
    return SEC_E_OK;
  }
  const auto *extended = static_cast<const CREDSSP_CRED_EX *>(auth_data);
  if (extended->Version != CREDSSP_CRED_EX_VERSION) {
    return Fail(SEC_E_UNKNOWN_CREDENTIALS, "version %u of CREDSSP_CRED_EX",
                static_cast<unsigned>(extended->Version));
  }
  if (extended->Flags != 0) {
    return Fail(SEC_E_UNSUPPORTED_FUNCTION, "CREDSSP_CRED_EX has flags that are not supported");
  }
  *out = &extended->Cred;
  return SEC_E_OK;
}

}  // namespace

SECURITY_STATUS ParseCredsspCred(const void *auth_data, Identity *identity, TlsWishes *tls) {
  *identity = {};
  *tls = {};
  if (auth_data == nullptr) return SEC_E_OK;
  const CREDSSP_CRED *cred = nullptr;
  if (const SECURITY_STATUS status = Unwrapped(auth_data, &cred); status != SEC_E_OK) return status;
  switch (cred->Type) {
    case CredsspPasswordCreds:
    case CredsspSchannelCreds:
    case CredsspSubmitBufferBoth:
    case CredsspSubmitBufferBothOld:
      break;
    case CredsspCertificateCreds:
      return Fail(SEC_E_UNSUPPORTED_FUNCTION, "smart cards are not supported");
    default:
      return Fail(SEC_E_UNKNOWN_CREDENTIALS, "type %u of CREDSSP_CRED",
                  static_cast<unsigned>(cred->Type));
  }
  const SECURITY_STATUS status = ParseSchannelCred(cred->pSchannelCred, tls);
  return status != SEC_E_OK ? status : ParseIdentity(cred->pSpnegoCred, identity);
}

}  // namespace gss_sspi::sspi
