// SPDX-License-Identifier: MIT
// Exports of the asynchronous forms (section 3.1). There are none here: no program gets a context
// for them, and each says that it is not supported.
#include "sspi_compat/entry.h"

using namespace gss_sspi::sspi;  // NOLINT: the exports below have C names

namespace {
constexpr auto kStatusNotSupported = static_cast<NTSTATUS>(0xC00000BB);
}

SSPI_EXPORT SspiAsyncContext *SspiCreateAsyncContext(void) {
  (void)Unsupported("SspiCreateAsyncContext");
  return nullptr;
}

SSPI_EXPORT VOID SspiFreeAsyncContext(SspiAsyncContext * /*Handle*/) {}

SSPI_EXPORT NTSTATUS SspiReinitAsyncContext(SspiAsyncContext * /*Handle*/) {
  (void)Unsupported("SspiReinitAsyncContext");
  return kStatusNotSupported;
}

SSPI_EXPORT SECURITY_STATUS SspiSetAsyncNotifyCallback(SspiAsyncContext * /*Context*/,
                                                       SspiAsyncNotifyCallback /*Callback*/,
                                                       void * /*CallbackData*/) {
  return Unsupported("SspiSetAsyncNotifyCallback");
}

SSPI_EXPORT BOOLEAN SspiAsyncContextRequiresNotify(SspiAsyncContext * /*AsyncContext*/) {
  return FALSE;
}

SSPI_EXPORT SECURITY_STATUS SspiGetAsyncCallStatus(SspiAsyncContext * /*Handle*/) {
  return Unsupported("SspiGetAsyncCallStatus");
}

SSPI_EXPORT SECURITY_STATUS SspiAcquireCredentialsHandleAsyncA(
    SspiAsyncContext * /*AsyncContext*/, LPSTR /*pszPrincipal*/, LPSTR /*pszPackage*/,
    ULONG /*fCredentialUse*/, void * /*pvLogonId*/, void * /*pAuthData*/,
    SEC_GET_KEY_FN /*pGetKeyFn*/, void * /*pvGetKeyArgument*/, PCredHandle /*phCredential*/,
    PTimeStamp ptsExpiry) {
  Clear(ptsExpiry);
  return Unsupported("SspiAcquireCredentialsHandleAsync");
}

SSPI_EXPORT SECURITY_STATUS SspiAcquireCredentialsHandleAsyncW(
    SspiAsyncContext * /*AsyncContext*/, LPWSTR /*pszPrincipal*/, LPWSTR /*pszPackage*/,
    ULONG /*fCredentialUse*/, void * /*pvLogonId*/, void * /*pAuthData*/,
    SEC_GET_KEY_FN /*pGetKeyFn*/, void * /*pvGetKeyArgument*/, PCredHandle /*phCredential*/,
    PTimeStamp ptsExpiry) {
  Clear(ptsExpiry);
  return Unsupported("SspiAcquireCredentialsHandleAsync");
}

SSPI_EXPORT SECURITY_STATUS SspiInitializeSecurityContextAsyncA(
    SspiAsyncContext * /*AsyncContext*/, PCredHandle /*phCredential*/, PCtxtHandle /*phContext*/,
    LPSTR /*pszTargetName*/, ULONG /*fContextReq*/, ULONG /*Reserved1*/, ULONG /*TargetDataRep*/,
    PSecBufferDesc /*pInput*/, ULONG /*Reserved2*/, PCtxtHandle /*phNewContext*/,
    PSecBufferDesc /*pOutput*/, ULONG *pfContextAttr, PTimeStamp ptsExpiry) {
  Clear(pfContextAttr);
  Clear(ptsExpiry);
  return Unsupported("SspiInitializeSecurityContextAsync");
}

SSPI_EXPORT SECURITY_STATUS SspiInitializeSecurityContextAsyncW(
    SspiAsyncContext * /*AsyncContext*/, PCredHandle /*phCredential*/, PCtxtHandle /*phContext*/,
    LPWSTR /*pszTargetName*/, ULONG /*fContextReq*/, ULONG /*Reserved1*/, ULONG /*TargetDataRep*/,
    PSecBufferDesc /*pInput*/, ULONG /*Reserved2*/, PCtxtHandle /*phNewContext*/,
    PSecBufferDesc /*pOutput*/, ULONG *pfContextAttr, PTimeStamp ptsExpiry) {
  Clear(pfContextAttr);
  Clear(ptsExpiry);
  return Unsupported("SspiInitializeSecurityContextAsync");
}

SSPI_EXPORT SECURITY_STATUS SspiAcceptSecurityContextAsync(
    SspiAsyncContext * /*AsyncContext*/, PCredHandle /*phCredential*/, PCtxtHandle /*phContext*/,
    PSecBufferDesc /*pInput*/, ULONG /*fContextReq*/, ULONG /*TargetDataRep*/,
    PCtxtHandle /*phNewContext*/, PSecBufferDesc /*pOutput*/, ULONG *pfContextAttr,
    PTimeStamp ptsExpiry) {
  Clear(pfContextAttr);
  Clear(ptsExpiry);
  return Unsupported("SspiAcceptSecurityContextAsync");
}

SSPI_EXPORT SECURITY_STATUS SspiFreeCredentialsHandleAsync(SspiAsyncContext * /*AsyncContext*/,
                                                           PCredHandle /*phCredential*/) {
  return Unsupported("SspiFreeCredentialsHandleAsync");
}

SSPI_EXPORT SECURITY_STATUS SspiDeleteSecurityContextAsync(SspiAsyncContext * /*AsyncContext*/,
                                                           PCtxtHandle /*phContext*/) {
  return Unsupported("SspiDeleteSecurityContextAsync");
}
