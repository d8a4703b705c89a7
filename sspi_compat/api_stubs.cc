// SPDX-License-Identifier: MIT
// Exports of functions that have no counterpart here (section 3.1): SEC_E_UNSUPPORTED_FUNCTION, and
// all outputs zero (L20). Nothing pretends.
#include "sspi_compat/entry.h"

using namespace gss_sspi::sspi;  // NOLINT: the exports below have C names

namespace {

template <typename... Outputs>
SECURITY_STATUS Refuse(const char *name, Outputs *...outputs) noexcept {
  (Clear(outputs), ...);
  return Unsupported(name);
}

}  // namespace

// ---- credentials and contexts ------------------------------------------------------------------

SSPI_EXPORT SECURITY_STATUS AddCredentialsA(PCredHandle /*hCredentials*/,
                                            SEC_CHAR * /*pszPrincipal*/, SEC_CHAR * /*pszPackage*/,
                                            ULONG /*fCredentialUse*/, PVOID /*pAuthData*/,
                                            SEC_GET_KEY_FN /*pGetKeyFn*/,
                                            PVOID /*pvGetKeyArgument*/, PTimeStamp ptsExpiry) {
  return Refuse("AddCredentials", ptsExpiry);
}

SSPI_EXPORT SECURITY_STATUS AddCredentialsW(PCredHandle /*hCredentials*/,
                                            SEC_WCHAR * /*pszPrincipal*/,
                                            SEC_WCHAR * /*pszPackage*/, ULONG /*fCredentialUse*/,
                                            PVOID /*pAuthData*/, SEC_GET_KEY_FN /*pGetKeyFn*/,
                                            PVOID /*pvGetKeyArgument*/, PTimeStamp ptsExpiry) {
  return Refuse("AddCredentials", ptsExpiry);
}

// SECPKG_CRED_ATTR_KDC_PROXY_SETTINGS among them: a krb5 profile decides about proxies.
SSPI_EXPORT SECURITY_STATUS SetCredentialsAttributesA(PCredHandle /*phCredential*/,
                                                      ULONG /*ulAttribute*/, PVOID /*pBuffer*/,
                                                      ULONG /*cbBuffer*/) {
  return Refuse("SetCredentialsAttributes");
}

SSPI_EXPORT SECURITY_STATUS SetCredentialsAttributesW(PCredHandle /*phCredential*/,
                                                      ULONG /*ulAttribute*/, PVOID /*pBuffer*/,
                                                      ULONG /*cbBuffer*/) {
  return Refuse("SetCredentialsAttributes");
}

SSPI_EXPORT SECURITY_STATUS SetContextAttributesA(PCtxtHandle /*phContext*/, ULONG /*ulAttribute*/,
                                                  PVOID /*pBuffer*/, ULONG /*cbBuffer*/) {
  return Refuse("SetContextAttributes");
}

SSPI_EXPORT SECURITY_STATUS SetContextAttributesW(PCtxtHandle /*phContext*/, ULONG /*ulAttribute*/,
                                                  PVOID /*pBuffer*/, ULONG /*cbBuffer*/) {
  return Refuse("SetContextAttributes");
}

// pOutput has buffers of the caller and stays as it is.
SSPI_EXPORT SECURITY_STATUS ChangeAccountPasswordA(
    SEC_CHAR * /*pszPackageName*/, SEC_CHAR * /*pszDomainName*/, SEC_CHAR * /*pszAccountName*/,
    SEC_CHAR * /*pszOldPassword*/, SEC_CHAR * /*pszNewPassword*/, BOOLEAN /*bImpersonating*/,
    ULONG /*dwReserved*/, PSecBufferDesc /*pOutput*/) {
  return Refuse("ChangeAccountPassword");
}

SSPI_EXPORT SECURITY_STATUS ChangeAccountPasswordW(
    SEC_WCHAR * /*pszPackageName*/, SEC_WCHAR * /*pszDomainName*/, SEC_WCHAR * /*pszAccountName*/,
    SEC_WCHAR * /*pszOldPassword*/, SEC_WCHAR * /*pszNewPassword*/, BOOLEAN /*bImpersonating*/,
    ULONG /*dwReserved*/, PSecBufferDesc /*pOutput*/) {
  return Refuse("ChangeAccountPassword");
}

SSPI_EXPORT SECURITY_STATUS DelegateSecurityContext(
    PCtxtHandle /*phContext*/, SEC_CHAR * /*pszTarget*/, ULONG /*DelegationType*/,
    PTimeStamp pExpiryTime, PSecBuffer /*pPackageParameters*/, PSecBufferDesc /*pOutput*/) {
  return Refuse("DelegateSecurityContext", pExpiryTime);
}

// ---- identities --------------------------------------------------------------------------------

SSPI_EXPORT SECURITY_STATUS
SspiMarshalAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE /*AuthIdentity*/, ULONG *AuthIdentityLength,
                        char **AuthIdentityByteArray) {
  return Refuse("SspiMarshalAuthIdentity", AuthIdentityLength, AuthIdentityByteArray);
}

SSPI_EXPORT SECURITY_STATUS
SspiUnmarshalAuthIdentity(ULONG /*AuthIdentityLength*/, char * /*AuthIdentityByteArray*/,
                          PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity) {
  return Refuse("SspiUnmarshalAuthIdentity", ppAuthIdentity);
}

SSPI_EXPORT SECURITY_STATUS SspiEncryptAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE /*AuthData*/) {
  return Refuse("SspiEncryptAuthIdentity");
}

SSPI_EXPORT SECURITY_STATUS
SspiDecryptAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE /*EncryptedAuthData*/) {
  return Refuse("SspiDecryptAuthIdentity");
}

SSPI_EXPORT SECURITY_STATUS
SspiEncryptAuthIdentityEx(ULONG /*Options*/, PSEC_WINNT_AUTH_IDENTITY_OPAQUE /*AuthData*/) {
  return Refuse("SspiEncryptAuthIdentityEx");
}

SSPI_EXPORT SECURITY_STATUS SspiDecryptAuthIdentityEx(
    ULONG /*Options*/, PSEC_WINNT_AUTH_IDENTITY_OPAQUE /*EncryptedAuthData*/) {
  return Refuse("SspiDecryptAuthIdentityEx");
}

SSPI_EXPORT BOOLEAN
SspiIsAuthIdentityEncrypted(PSEC_WINNT_AUTH_IDENTITY_OPAQUE /*EncryptedAuthData*/) {
  return FALSE;
}

SSPI_EXPORT SECURITY_STATUS SspiPrepareForCredRead(PSEC_WINNT_AUTH_IDENTITY_OPAQUE /*AuthIdentity*/,
                                                   PCWSTR /*pszTargetName*/,
                                                   ULONG *pCredmanCredentialType,
                                                   PCWSTR *ppszCredmanTargetName) {
  return Refuse("SspiPrepareForCredRead", pCredmanCredentialType, ppszCredmanTargetName);
}

SSPI_EXPORT SECURITY_STATUS SspiPrepareForCredWrite(
    PSEC_WINNT_AUTH_IDENTITY_OPAQUE /*AuthIdentity*/, PCWSTR /*pszTargetName*/,
    ULONG *pCredmanCredentialType, PCWSTR *ppszCredmanTargetName, PCWSTR *ppszCredmanUserName,
    PUCHAR *ppCredentialBlob, ULONG *pCredentialBlobSize) {
  return Refuse("SspiPrepareForCredWrite", pCredmanCredentialType, ppszCredmanTargetName,
                ppszCredmanUserName, ppCredentialBlob, pCredentialBlobSize);
}

SSPI_EXPORT BOOLEAN SspiIsPromptingNeeded(ULONG /*ErrorOrNtStatus*/) { return FALSE; }

SSPI_EXPORT ULONG SspiPromptForCredentialsA(PCSTR /*pszTargetName*/, PVOID /*pUiInfo*/,
                                            ULONG /*dwAuthError*/, PCSTR /*pszPackage*/,
                                            PSEC_WINNT_AUTH_IDENTITY_OPAQUE /*pInputAuthIdentity*/,
                                            PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity,
                                            BOOL *pfSave, ULONG /*dwFlags*/) {
  return static_cast<ULONG>(Refuse("SspiPromptForCredentials", ppAuthIdentity, pfSave));
}

SSPI_EXPORT ULONG SspiPromptForCredentialsW(PCWSTR /*pszTargetName*/, PVOID /*pUiInfo*/,
                                            ULONG /*dwAuthError*/, PCWSTR /*pszPackage*/,
                                            PSEC_WINNT_AUTH_IDENTITY_OPAQUE /*pInputAuthIdentity*/,
                                            PSEC_WINNT_AUTH_IDENTITY_OPAQUE *ppAuthIdentity,
                                            BOOL *pfSave, ULONG /*dwFlags*/) {
  return static_cast<ULONG>(Refuse("SspiPromptForCredentials", ppAuthIdentity, pfSave));
}

// ---- SASL --------------------------------------------------------------------------------------

SSPI_EXPORT SECURITY_STATUS SaslEnumerateProfilesA(SEC_CHAR **ProfileList, ULONG *ProfileCount) {
  return Refuse("SaslEnumerateProfiles", ProfileList, ProfileCount);
}

SSPI_EXPORT SECURITY_STATUS SaslEnumerateProfilesW(SEC_WCHAR **ProfileList, ULONG *ProfileCount) {
  return Refuse("SaslEnumerateProfiles", ProfileList, ProfileCount);
}

SSPI_EXPORT SECURITY_STATUS SaslGetProfilePackageA(SEC_CHAR * /*ProfileName*/,
                                                   PSecPkgInfoA *PackageInfo) {
  return Refuse("SaslGetProfilePackage", PackageInfo);
}

SSPI_EXPORT SECURITY_STATUS SaslGetProfilePackageW(SEC_WCHAR * /*ProfileName*/,
                                                   PSecPkgInfoW *PackageInfo) {
  return Refuse("SaslGetProfilePackage", PackageInfo);
}

SSPI_EXPORT SECURITY_STATUS SaslIdentifyPackageA(PSecBufferDesc /*pInput*/,
                                                 PSecPkgInfoA *PackageInfo) {
  return Refuse("SaslIdentifyPackage", PackageInfo);
}

SSPI_EXPORT SECURITY_STATUS SaslIdentifyPackageW(PSecBufferDesc /*pInput*/,
                                                 PSecPkgInfoW *PackageInfo) {
  return Refuse("SaslIdentifyPackage", PackageInfo);
}

// phNewContext of a first call stays as it is, as that of any first call that fails (L8).
SSPI_EXPORT SECURITY_STATUS SaslInitializeSecurityContextA(
    PCredHandle /*phCredential*/, PCtxtHandle /*phContext*/, SEC_CHAR * /*pszTargetName*/,
    ULONG /*fContextReq*/, ULONG /*Reserved1*/, ULONG /*TargetDataRep*/, PSecBufferDesc /*pInput*/,
    ULONG /*Reserved2*/, PCtxtHandle /*phNewContext*/, PSecBufferDesc /*pOutput*/,
    ULONG *pfContextAttr, PTimeStamp ptsExpiry) {
  return Refuse("SaslInitializeSecurityContext", pfContextAttr, ptsExpiry);
}

SSPI_EXPORT SECURITY_STATUS SaslInitializeSecurityContextW(
    PCredHandle /*phCredential*/, PCtxtHandle /*phContext*/, SEC_WCHAR * /*pszTargetName*/,
    ULONG /*fContextReq*/, ULONG /*Reserved1*/, ULONG /*TargetDataRep*/, PSecBufferDesc /*pInput*/,
    ULONG /*Reserved2*/, PCtxtHandle /*phNewContext*/, PSecBufferDesc /*pOutput*/,
    ULONG *pfContextAttr, PTimeStamp ptsExpiry) {
  return Refuse("SaslInitializeSecurityContext", pfContextAttr, ptsExpiry);
}

SSPI_EXPORT SECURITY_STATUS SaslAcceptSecurityContext(
    PCredHandle /*phCredential*/, PCtxtHandle /*phContext*/, PSecBufferDesc /*pInput*/,
    ULONG /*fContextReq*/, ULONG /*TargetDataRep*/, PCtxtHandle /*phNewContext*/,
    PSecBufferDesc /*pOutput*/, ULONG *pfContextAttr, PTimeStamp ptsExpiry) {
  return Refuse("SaslAcceptSecurityContext", pfContextAttr, ptsExpiry);
}

SSPI_EXPORT SECURITY_STATUS SaslSetContextOption(PCtxtHandle /*ContextHandle*/, ULONG /*Option*/,
                                                 PVOID /*Value*/, ULONG /*Size*/) {
  return Refuse("SaslSetContextOption");
}

SSPI_EXPORT SECURITY_STATUS SaslGetContextOption(PCtxtHandle /*ContextHandle*/, ULONG /*Option*/,
                                                 PVOID /*Value*/, ULONG /*Size*/, ULONG *Needed) {
  return Refuse("SaslGetContextOption", Needed);
}
