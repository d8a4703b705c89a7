// SPDX-License-Identifier: MIT
// Exports: identities as objects (section 4.3).
#include "sspi_compat/auth_identity.h"
#include "sspi_compat/entry.h"

using namespace gss_sspi::sspi;  // NOLINT: the exports below have C names

// What a failed call leaves untouched, as Windows does.
SSPI_EXPORT SECURITY_STATUS SspiEncodeStringsAsAuthIdentity(
    PCWSTR pszUserName, PCWSTR pszDomainName, PCWSTR pszPackedCredentialsString,
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity) {
  return Guard([&] {
    if (ppAuthIdentity == nullptr) {
      return Fail(SEC_E_INVALID_TOKEN, "there is no place for the identity");
    }
    IdentityBlock block;
    const auto status =
        EncodeStrings(pszUserName, pszDomainName, pszPackedCredentialsString, &block);
    if (status == SEC_E_OK) *ppAuthIdentity = block.release();
    return status;
  });
}

SSPI_EXPORT SECURITY_STATUS
SspiEncodeAuthIdentityAsStrings(PSEC_WINNT_AUTH_IDENTITY_OPAQUE pAuthIdentity, PCWSTR *ppszUserName,
                                PCWSTR *ppszDomainName, PCWSTR *ppszPackedCredentialsString) {
  return Guard([&] {
    Clear(ppszUserName);
    Clear(ppszDomainName);
    Clear(ppszPackedCredentialsString);
    IdentityStrings strings;
    const auto status = DecodeStrings(pAuthIdentity, &strings);
    if (status != SEC_E_OK) return status;
    if (ppszUserName != nullptr) *ppszUserName = strings.user.release();
    if (ppszDomainName != nullptr) *ppszDomainName = strings.domain.release();
    if (ppszPackedCredentialsString != nullptr) {
      *ppszPackedCredentialsString = strings.password.release();
    }
    return status;
  });
}

SSPI_EXPORT SECURITY_STATUS SspiCopyAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData,
                                                 PSEC_WINNT_AUTH_IDENTITY_OPAQUE *AuthDataCopy) {
  return Guard([&] {
    if (AuthDataCopy == nullptr) {
      return Fail(SEC_E_INVALID_PARAMETER, "there is no place for the copy");
    }
    *AuthDataCopy = nullptr;
    IdentityBlock block;
    const auto status = CopyIdentity(AuthData, &block);
    if (status == SEC_E_OK) *AuthDataCopy = block.release();
    return status;
  });
}

SSPI_EXPORT SECURITY_STATUS SspiExcludePackage(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity,
                                               PCWSTR pszPackageName,
                                               PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppNewAuthIdentity) {
  return Guard([&] {
    if (ppNewAuthIdentity == nullptr) {
      return Fail(SEC_E_INVALID_PARAMETER, "there is no place for the identity");
    }
    *ppNewAuthIdentity = nullptr;
    IdentityBlock block;
    const auto status = ExcludePackage(AuthIdentity, pszPackageName, &block);
    if (status == SEC_E_OK) *ppNewAuthIdentity = block.release();
    return status;
  });
}

SSPI_EXPORT SECURITY_STATUS SspiValidateAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData) {
  return Guard([&] { return ValidateIdentity(AuthData); });
}

SSPI_EXPORT SECURITY_STATUS SspiCompareAuthIdentities(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity1,
                                                      PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthIdentity2,
                                                      PBOOLEAN SameSuppliedUser,
                                                      PBOOLEAN SameSuppliedIdentity) {
  return Guard([&] {
    Clear(SameSuppliedUser);
    Clear(SameSuppliedIdentity);
    bool same_user = false, same_identity = false;
    const auto status = CompareIdentities(AuthIdentity1, AuthIdentity2, &same_user, &same_identity);
    if (status != SEC_E_OK) return status;
    Set<BOOLEAN>(SameSuppliedUser, same_user ? TRUE : FALSE);
    Set<BOOLEAN>(SameSuppliedIdentity, same_identity ? TRUE : FALSE);
    return status;
  });
}

SSPI_EXPORT VOID SspiZeroAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData) {
  Guard([&] {
    ZeroIdentity(AuthData);
    return SEC_E_OK;
  });
}

// What this library allocated is wiped as it is freed; everything else is left alone (L12).
SSPI_EXPORT VOID SspiFreeAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE AuthData) {
  Guard([&] {
    FreeRegistered(AuthData);
    return SEC_E_OK;
  });
}

SSPI_EXPORT VOID SspiLocalFree(PVOID DataBuffer) {
  Guard([&] {
    FreeRegistered(DataBuffer);
    return SEC_E_OK;
  });
}

SSPI_EXPORT SECURITY_STATUS SspiGetTargetHostName(PCWSTR pszTargetName, PWSTR *pszHostName) {
  return Guard([&] {
    if (pszHostName == nullptr) {
      return Fail(SEC_E_INVALID_PARAMETER, "there is no place for the name");
    }
    *pszHostName = nullptr;
    ContextBuffer<WCHAR> host;
    const auto status = HostOfTarget(pszTargetName, &host);
    if (status == SEC_E_OK) *pszHostName = host.release();
    return status;
  });
}
