// SPDX-License-Identifier: MIT
// Exports: credentials.
#include "sspi_compat/entry.h"
#include "sspi_compat/handles.h"
#include "sspi_compat/text.h"
#include "sspi_compat/time_stamp.h"

namespace gss_sspi::sspi {
namespace {

constexpr ULONG kUses = SECPKG_CRED_INBOUND | SECPKG_CRED_OUTBOUND;

template <typename Char>
SECURITY_STATUS Acquire(const Char *principal, const Char *package_name, ULONG use,
                        const void *auth_data, PCredHandle out, PTimeStamp expiry) {
  Clear(expiry);
  if (out == nullptr) return Fail(SEC_E_INVALID_PARAMETER, "there is no place for the handle");
  const auto name = TextOfCaller(package_name);
  const Package *package = name ? FindPackage(*name) : nullptr;
  if (package == nullptr) return Fail(SEC_E_SECPKG_NOT_FOUND, "there is no such package");
  if ((use & kUses) == 0) {
    return Fail(SEC_E_UNKNOWN_CREDENTIALS, "neither inbound nor outbound use was asked for");
  }
  std::string acceptor;
  if (principal != nullptr) {
    auto text = TextOfCaller(principal);
    if (!text) return Fail(SEC_E_UNKNOWN_CREDENTIALS, "the principal is not well-formed text");
    acceptor = std::move(*text);
  }
  Identity identity;
  TlsWishes tls;
  if (const SECURITY_STATUS status = package == &kCredssp
                                         ? ParseCredsspCred(auth_data, &identity, &tls)
                                         : ParseIdentity(auth_data, &identity);
      status != SEC_E_OK) {
    return status;
  }
  std::shared_ptr<Credential> credential;
  const SECURITY_STATUS status = Credential::Acquire(
      *package, use, std::move(identity), std::move(acceptor), std::move(tls), &credential);
  if (status != SEC_E_OK) return status;
  Set(expiry, TimeAfter(credential->Lifetime()));
  *out = Credentials().Add(std::move(credential));
  return SEC_E_OK;
}

template <typename Char, typename Names>
SECURITY_STATUS QueryCredential(PCredHandle handle, ULONG attribute, void *buffer, size_t size) {
  const auto credential = CredentialOf(handle);
  if (!credential) return Fail(SEC_E_INVALID_HANDLE, "this is no handle of a credential");
  if (attribute != SECPKG_CRED_ATTR_NAMES) return Unsupported("this credential attribute");
  if (buffer == nullptr) return Fail(SEC_E_INVALID_PARAMETER, "no buffer was given");
  if (size < sizeof(Names)) return Fail(SEC_E_BUFFER_TOO_SMALL, "the structure is longer");
  std::string name;
  if (const SECURITY_STATUS status = credential->Name(&name); status != SEC_E_OK) return status;
  static_cast<Names *>(buffer)->sUserName = GiveText<Char>(name).release();
  return SEC_E_OK;
}

}  // namespace
}  // namespace gss_sspi::sspi

using namespace gss_sspi::sspi;  // NOLINT: the exports below have C names

// pvLogonID and pGetKeyFn have no meaning here (4.2).
SSPI_EXPORT SECURITY_STATUS AcquireCredentialsHandleA(SEC_CHAR *pszPrincipal, SEC_CHAR *pszPackage,
                                                      ULONG fCredentialUse, PVOID /*pvLogonID*/,
                                                      PVOID pAuthData, SEC_GET_KEY_FN /*pGetKeyFn*/,
                                                      PVOID /*pvGetKeyArgument*/,
                                                      PCredHandle phCredential,
                                                      PTimeStamp ptsExpiry) {
  return Guard([&] {
    return Acquire(pszPrincipal, pszPackage, fCredentialUse, pAuthData, phCredential, ptsExpiry);
  });
}

SSPI_EXPORT SECURITY_STATUS AcquireCredentialsHandleW(
    SEC_WCHAR *pszPrincipal, SEC_WCHAR *pszPackage, ULONG fCredentialUse, PVOID /*pvLogonID*/,
    PVOID pAuthData, SEC_GET_KEY_FN /*pGetKeyFn*/, PVOID /*pvGetKeyArgument*/,
    PCredHandle phCredential, PTimeStamp ptsExpiry) {
  return Guard([&] {
    return Acquire(pszPrincipal, pszPackage, fCredentialUse, pAuthData, phCredential, ptsExpiry);
  });
}

SSPI_EXPORT SECURITY_STATUS FreeCredentialsHandle(PCredHandle phCredential) {
  return Guard([&] {
    if (Credentials().Remove(phCredential)) return SEC_E_OK;
    return Fail(SEC_E_INVALID_HANDLE, "this is no handle of a credential");
  });
}

SSPI_EXPORT SECURITY_STATUS QueryCredentialsAttributesA(PCredHandle phCredential, ULONG ulAttribute,
                                                        PVOID pBuffer) {
  return Guard([&] {
    return QueryCredential<SEC_CHAR, SecPkgCredentials_NamesA>(phCredential, ulAttribute, pBuffer,
                                                               SIZE_MAX);
  });
}

SSPI_EXPORT SECURITY_STATUS QueryCredentialsAttributesW(PCredHandle phCredential, ULONG ulAttribute,
                                                        PVOID pBuffer) {
  return Guard([&] {
    return QueryCredential<SEC_WCHAR, SecPkgCredentials_NamesW>(phCredential, ulAttribute, pBuffer,
                                                                SIZE_MAX);
  });
}

SSPI_EXPORT SECURITY_STATUS QueryCredentialsAttributesExA(PCredHandle phCredential,
                                                          ULONG ulAttribute, PVOID pBuffer,
                                                          ULONG cbBuffer) {
  return Guard([&] {
    return QueryCredential<SEC_CHAR, SecPkgCredentials_NamesA>(phCredential, ulAttribute, pBuffer,
                                                               cbBuffer);
  });
}

SSPI_EXPORT SECURITY_STATUS QueryCredentialsAttributesExW(PCredHandle phCredential,
                                                          ULONG ulAttribute, PVOID pBuffer,
                                                          ULONG cbBuffer) {
  return Guard([&] {
    return QueryCredential<SEC_WCHAR, SecPkgCredentials_NamesW>(phCredential, ulAttribute, pBuffer,
                                                                cbBuffer);
  });
}
