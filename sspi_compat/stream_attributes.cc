// SPDX-License-Identifier: MIT
#include "sspi_compat/stream_attributes.h"

#include <credssp.h>
#include <schannel.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "core/secret.h"
#include "sspi_compat/auth_identity.h"
#include "sspi_compat/memory.h"
#include "sspi_compat/status.h"
#include "sspi_compat/stream.h"
#include "sspi_compat/text.h"

namespace gss_sspi::sspi {
namespace {

// An answer of the mechanism that must be there. Wiped at its end: it may be a password.
class Answer {
 public:
  Answer(const Context &context, const gss_OID_desc &option, size_t members)
      : set_(AskOption(context.gss(), option)) {
    if (set_ && set_->count < members) set_.Reset();
  }
  Answer(const Answer &) = delete;
  Answer &operator=(const Answer &) = delete;
  ~Answer() {
    for (size_t i = 0; set_ && i < set_->count; ++i) {
      Wipe(set_->elements[i].value, set_->elements[i].length);
    }
  }

  explicit operator bool() const { return static_cast<bool>(set_); }
  std::string_view operator[](size_t member) const {
    const gss_buffer_desc &octets = set_->elements[member];
    return {static_cast<const char *>(octets.value), octets.length};
  }
  uint32_t Number(size_t member) const {
    uint32_t number = 0;
    const std::string_view octets = (*this)[member];
    if (octets.size() == sizeof number) std::memcpy(&number, octets.data(), sizeof number);
    return number;
  }

 private:
  GssBufferSet set_;
};

SECURITY_STATUS NotThere() {
  return Fail(SEC_E_UNSUPPORTED_FUNCTION, "this context does not have the attribute");
}

// Name of the bulk cipher in that of a suite -> its numbers.
struct CipherRow {
  const char *part;
  ALG_ID cipher;
  DWORD bits;
};
constexpr CipherRow kCiphers[] = {
    {"AES_256", CALG_AES_256, 256}, {"AES_128", CALG_AES_128, 128}, {"CHACHA20", 0, 256}};
struct HashRow {
  const char *part;
  ALG_ID hash;
  DWORD bits;
};
constexpr HashRow kHashes[] = {{"SHA384", CALG_SHA_384, 384}, {"SHA256", CALG_SHA_256, 256}};

// X509_V_*, what SECPKG_ATTR_CERT_TRUST_STATUS says of it, and what ends the login where it decides
// (C129, C126).
struct TrustRow {
  uint32_t verdict;
  DWORD trust;
  SECURITY_STATUS status;
};
constexpr TrustRow kTrust[] = {
    {0, CERT_TRUST_NO_ERROR,
     SEC_E_CERT_UNKNOWN},  // the certificate is good, its key is not the pin
    {7, CERT_TRUST_IS_NOT_SIGNATURE_VALID, SEC_E_CERT_UNKNOWN},
    {9, CERT_TRUST_IS_NOT_TIME_VALID, SEC_E_CERT_EXPIRED},
    {10, CERT_TRUST_IS_NOT_TIME_VALID, SEC_E_CERT_EXPIRED},
    {18, CERT_TRUST_IS_UNTRUSTED_ROOT, SEC_E_UNTRUSTED_ROOT},
    {19, CERT_TRUST_IS_UNTRUSTED_ROOT, SEC_E_UNTRUSTED_ROOT},
    {20, CERT_TRUST_IS_PARTIAL_CHAIN, SEC_E_UNTRUSTED_ROOT},
    {23, CERT_TRUST_IS_REVOKED, SEC_E_CERT_UNKNOWN},
    {62, CERT_TRUST_NO_ERROR, SEC_E_WRONG_PRINCIPAL},
    {64, CERT_TRUST_NO_ERROR, SEC_E_WRONG_PRINCIPAL},
};
constexpr TrustRow kOtherTrust{0, CERT_TRUST_IS_PARTIAL_CHAIN, SEC_E_CERT_UNKNOWN};

// Without a verdict it is that of what nobody knows.
const TrustRow &TrustOf(const Answer &verdict) {
  for (const TrustRow &row : kTrust) {
    if (verdict && row.verdict == verdict.Number(0)) return row;
  }
  return kOtherTrust;
}

// SEC_CHANNEL_BINDINGS with its data in one block.
SECURITY_STATUS QueryBindings(const Context &context, const gss_OID_desc &option, void *out) {
  const Answer binding(context, option, 1);
  if (!binding) return NotThere();
  const std::string_view data = binding[0];
  const size_t size = sizeof(SEC_CHANNEL_BINDINGS) + data.size();
  ContextBuffer<SEC_CHANNEL_BINDINGS> block(
      static_cast<SEC_CHANNEL_BINDINGS *>(AllocateContextBuffer(size)));
  block->cbApplicationDataLength = static_cast<ULONG>(data.size());
  block->dwApplicationDataOffset = sizeof(SEC_CHANNEL_BINDINGS);
  std::memcpy(block.get() + 1, data.data(), data.size());
  *static_cast<SecPkgContext_Bindings *>(out) = {.BindingsLength = static_cast<ULONG>(size),
                                                 .Bindings = block.release()};
  return SEC_E_OK;
}

// Octets of a block of EncodeStrings: the structure, then three texts with their NULs.
ULONG SizeOf(const SEC_WINNT_AUTH_IDENTITY_EXW &identity) {
  const ULONG units = identity.UserLength + identity.DomainLength + identity.PasswordLength + 3;
  return static_cast<ULONG>(sizeof identity) + units * static_cast<ULONG>(sizeof(WCHAR));
}

// UTF-16 with a NUL, wiped when it is freed.
ContextBuffer<WCHAR> WideOf(std::string_view utf8) { return GiveText<WCHAR>(utf8); }

}  // namespace

SECURITY_STATUS QueryStreamSizes(Context *context, void *out) {
  return GetStreamSizes(context, static_cast<SecPkgContext_StreamSizes *>(out));
}

// CERT_CONTEXT with the certificate in one block.
SECURITY_STATUS QueryRemoteCertificate(Context *context, void *out) {
  if (context->role() != Role::kInitiator) return NotThere();  // clients show none (C63)
  const Answer certificate(*context, kCredsspCertificateDesc, 1);
  if (!certificate) return NotThere();
  const std::string_view der = certificate[0];
  ContextBuffer<CERT_CONTEXT> block(
      static_cast<CERT_CONTEXT *>(AllocateContextBuffer(sizeof(CERT_CONTEXT) + der.size())));
  auto *octets = reinterpret_cast<BYTE *>(block.get() + 1);
  std::memcpy(octets, der.data(), der.size());
  block->dwCertEncodingType = X509_ASN_ENCODING;
  block->pbCertEncoded = octets;
  block->cbCertEncoded = static_cast<DWORD>(der.size());
  *static_cast<PCCERT_CONTEXT *>(out) = block.release();
  return SEC_E_OK;
}

// C99, C118: in one block, each name in DER.
SECURITY_STATUS QueryIssuers(Context *context, void *out) {
  const GssBufferSet names = AskOption(context->gss(), kCredsspCertificateRequestDesc);
  if (!names) return NotThere();
  size_t size = names->count * sizeof(CERT_NAME_BLOB);
  for (size_t i = 0; i < names->count; ++i) size += names->elements[i].length;
  ContextBuffer<CERT_NAME_BLOB> block(
      static_cast<CERT_NAME_BLOB *>(AllocateContextBuffer(std::max(size, sizeof(CERT_NAME_BLOB)))));
  auto *octets = reinterpret_cast<BYTE *>(block.get() + names->count);
  for (size_t i = 0; i < names->count; ++i) {
    const gss_buffer_desc &name = names->elements[i];
    std::memcpy(octets, name.value, name.length);
    block.get()[i] = {.cbData = static_cast<DWORD>(name.length), .pbData = octets};
    octets += name.length;
  }
  *static_cast<SecPkgContext_IssuerListInfoEx *>(out) = {
      .aIssuers = block.release(), .cIssuers = static_cast<DWORD>(names->count)};
  return SEC_E_OK;
}

SECURITY_STATUS QueryConnectionInfo(Context *context, void *out) {
  const Answer tls(*context, kCredsspTlsDesc, 2);
  if (!tls) return NotThere();
  SecPkgContext_ConnectionInfo info{};
  const bool initiates = context->role() == Role::kInitiator;
  if (tls[0] == "TLSv1.3") {
    info.dwProtocol = initiates ? SP_PROT_TLS1_3_CLIENT : SP_PROT_TLS1_3_SERVER;
  } else {
    info.dwProtocol = initiates ? SP_PROT_TLS1_2_CLIENT : SP_PROT_TLS1_2_SERVER;
  }
  for (const CipherRow &row : kCiphers) {
    if (tls[1].find(row.part) == std::string_view::npos) continue;
    info.aiCipher = row.cipher;
    info.dwCipherStrength = row.bits;
    break;
  }
  for (const HashRow &row : kHashes) {
    if (tls[1].find(row.part) == std::string_view::npos) continue;
    info.aiHash = row.hash;
    info.dwHashStrength = row.bits;
    break;
  }
  info.aiExch = CALG_ECDH_EPHEM;
  *static_cast<SecPkgContext_ConnectionInfo *>(out) = info;
  return SEC_E_OK;
}

SECURITY_STATUS QueryNegotiationPackage(Context *context, void *out) {
  const Answer inner(*context, kCredsspInnerDesc, 1);
  if (!inner) return NotThere();
  const gss_OID_desc oid{static_cast<OM_uint32>(inner[0].size()),
                         const_cast<char *>(inner[0].data())};
  const Package *package = PackageOf(&oid);
  if (package == nullptr) return NotThere();
  static_cast<SecPkgContext_NegotiationPackage *>(out)->PackageName =
      WideOf(package->name).release();
  return SEC_E_OK;
}

SECURITY_STATUS QueryServerAuthFlags(Context *context, void *out) {
  static_assert(CREDSSP_SERVER_AUTH_NEGOTIATE == GSS_CREDSSP_PROOF_INNER);
  static_assert(CREDSSP_SERVER_AUTH_CERTIFICATE == GSS_CREDSSP_PROOF_CERTIFICATE);
  const Answer proof(*context, kCredsspProofDesc, 1);
  if (!proof) return NotThere();
  static_cast<SecPkgContext_ServerAuthFlags *>(out)->Flags = proof.Number(0);
  return SEC_E_OK;
}

SECURITY_STATUS QueryTrustStatus(Context *context, void *out) {
  const Answer verdict(*context, kCredsspVerdictDesc, 1);
  if (!verdict) return NotThere();
  *static_cast<CERT_TRUST_STATUS *>(out) = {.dwErrorStatus = TrustOf(verdict).trust,
                                            .dwInfoStatus = 0};
  return SEC_E_OK;
}

SECURITY_STATUS StatusOfCertificate(const Context &context) {
  return TrustOf(Answer(context, kCredsspVerdictDesc, 1)).status;
}

// C102.
SECURITY_STATUS QueryClientCreds(Context *context, void *out) {
  const Answer given(*context, kCredsspDelegatedDesc, 4);
  if (!given) return NotThere();
  const auto domain = WideOf(given[1]);
  const auto user = WideOf(given[2]);
  const auto password = WideOf(given[3]);
  IdentityBlock block;
  const SECURITY_STATUS status = EncodeStrings(user.get(), domain.get(), password.get(), &block);
  if (status != SEC_E_OK) return status;
  const ULONG size = SizeOf(*block);
  *static_cast<SecPkgContext_ClientCreds *>(out) = {
      .AuthBufferLen = size, .AuthBuffer = reinterpret_cast<PUCHAR>(block.release())};
  return SEC_E_OK;
}

SECURITY_STATUS QueryUniqueBindings(Context *context, void *out) {
  return QueryBindings(*context, kCredsspUniqueBindingDesc, out);
}

SECURITY_STATUS QueryEndPointBindings(Context *context, void *out) {
  return QueryBindings(*context, kCredsspEndPointBindingDesc, out);
}

}  // namespace gss_sspi::sspi
