/* SPDX-License-Identifier: MIT */
/* S1 to S5: the functions with the parameters and results that they have on Windows. The file
 * compiles as C and as C++, and with mingw-w64 against Windows' own headers; headers_test.py does
 * it. */
#ifdef _WIN32
#define SECURITY_WIN32
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#endif
#include <security.h>

#define IS(result, function, ...)                        \
  void is_##function(void);                              \
  void is_##function(void) {                             \
    result(WINAPI *const typed)(__VA_ARGS__) = function; \
    (void)typed;                                         \
  }
IS(SECURITY_STATUS, EnumerateSecurityPackagesA, PULONG, PSecPkgInfoA *)
IS(SECURITY_STATUS, EnumerateSecurityPackagesW, PULONG, PSecPkgInfoW *)
IS(SECURITY_STATUS, QuerySecurityPackageInfoA, SEC_CHAR *, PSecPkgInfoA *)
IS(SECURITY_STATUS, QuerySecurityPackageInfoW, SEC_WCHAR *, PSecPkgInfoW *)
IS(SECURITY_STATUS, AcquireCredentialsHandleA, SEC_CHAR *, SEC_CHAR *, ULONG, void *, void *,
   SEC_GET_KEY_FN, void *, PCredHandle, PTimeStamp)
IS(SECURITY_STATUS, AcquireCredentialsHandleW, SEC_WCHAR *, SEC_WCHAR *, ULONG, void *, void *,
   SEC_GET_KEY_FN, void *, PCredHandle, PTimeStamp)
IS(SECURITY_STATUS, AddCredentialsA, PCredHandle, SEC_CHAR *, SEC_CHAR *, ULONG, void *,
   SEC_GET_KEY_FN, void *, PTimeStamp)
IS(SECURITY_STATUS, AddCredentialsW, PCredHandle, SEC_WCHAR *, SEC_WCHAR *, ULONG, void *,
   SEC_GET_KEY_FN, void *, PTimeStamp)
IS(SECURITY_STATUS, QueryCredentialsAttributesA, PCredHandle, ULONG, void *)
IS(SECURITY_STATUS, QueryCredentialsAttributesW, PCredHandle, ULONG, void *)
IS(SECURITY_STATUS, QueryCredentialsAttributesExA, PCredHandle, ULONG, void *, ULONG)
IS(SECURITY_STATUS, QueryCredentialsAttributesExW, PCredHandle, ULONG, void *, ULONG)
IS(SECURITY_STATUS, SetCredentialsAttributesA, PCredHandle, ULONG, void *, ULONG)
IS(SECURITY_STATUS, SetCredentialsAttributesW, PCredHandle, ULONG, void *, ULONG)
IS(SECURITY_STATUS, ChangeAccountPasswordA, SEC_CHAR *, SEC_CHAR *, SEC_CHAR *, SEC_CHAR *,
   SEC_CHAR *, BOOLEAN, ULONG, PSecBufferDesc)
IS(SECURITY_STATUS, ChangeAccountPasswordW, SEC_WCHAR *, SEC_WCHAR *, SEC_WCHAR *, SEC_WCHAR *,
   SEC_WCHAR *, BOOLEAN, ULONG, PSecBufferDesc)
IS(SECURITY_STATUS, InitializeSecurityContextA, PCredHandle, PCtxtHandle, SEC_CHAR *, ULONG, ULONG,
   ULONG, PSecBufferDesc, ULONG, PCtxtHandle, PSecBufferDesc, PULONG, PTimeStamp)
IS(SECURITY_STATUS, InitializeSecurityContextW, PCredHandle, PCtxtHandle, SEC_WCHAR *, ULONG, ULONG,
   ULONG, PSecBufferDesc, ULONG, PCtxtHandle, PSecBufferDesc, PULONG, PTimeStamp)
IS(SECURITY_STATUS, QueryContextAttributesA, PCtxtHandle, ULONG, void *)
IS(SECURITY_STATUS, QueryContextAttributesW, PCtxtHandle, ULONG, void *)
IS(SECURITY_STATUS, QueryContextAttributesExA, PCtxtHandle, ULONG, void *, ULONG)
IS(SECURITY_STATUS, QueryContextAttributesExW, PCtxtHandle, ULONG, void *, ULONG)
IS(SECURITY_STATUS, SetContextAttributesA, PCtxtHandle, ULONG, void *, ULONG)
IS(SECURITY_STATUS, SetContextAttributesW, PCtxtHandle, ULONG, void *, ULONG)
IS(SECURITY_STATUS, ImportSecurityContextA, SEC_CHAR *, PSecBuffer, void *, PCtxtHandle)
IS(SECURITY_STATUS, ImportSecurityContextW, SEC_WCHAR *, PSecBuffer, void *, PCtxtHandle)
IS(SECURITY_STATUS, SaslEnumerateProfilesA, LPSTR *, PULONG)
IS(SECURITY_STATUS, SaslEnumerateProfilesW, LPWSTR *, PULONG)
IS(SECURITY_STATUS, SaslGetProfilePackageA, LPSTR, PSecPkgInfoA *)
IS(SECURITY_STATUS, SaslGetProfilePackageW, LPWSTR, PSecPkgInfoW *)
IS(SECURITY_STATUS, SaslIdentifyPackageA, PSecBufferDesc, PSecPkgInfoA *)
IS(SECURITY_STATUS, SaslIdentifyPackageW, PSecBufferDesc, PSecPkgInfoW *)
IS(SECURITY_STATUS, SaslInitializeSecurityContextA, PCredHandle, PCtxtHandle, SEC_CHAR *, ULONG,
   ULONG, ULONG, PSecBufferDesc, ULONG, PCtxtHandle, PSecBufferDesc, PULONG, PTimeStamp)
IS(SECURITY_STATUS, SaslInitializeSecurityContextW, PCredHandle, PCtxtHandle, SEC_WCHAR *, ULONG,
   ULONG, ULONG, PSecBufferDesc, ULONG, PCtxtHandle, PSecBufferDesc, PULONG, PTimeStamp)

IS(SECURITY_STATUS, FreeCredentialsHandle, PCredHandle)
IS(SECURITY_STATUS, AcceptSecurityContext, PCredHandle, PCtxtHandle, PSecBufferDesc, ULONG, ULONG,
   PCtxtHandle, PSecBufferDesc, PULONG, PTimeStamp)
IS(SECURITY_STATUS, CompleteAuthToken, PCtxtHandle, PSecBufferDesc)
IS(SECURITY_STATUS, ImpersonateSecurityContext, PCtxtHandle)
IS(SECURITY_STATUS, RevertSecurityContext, PCtxtHandle)
IS(SECURITY_STATUS, QuerySecurityContextToken, PCtxtHandle, HANDLE *)
IS(SECURITY_STATUS, DeleteSecurityContext, PCtxtHandle)
IS(SECURITY_STATUS, ApplyControlToken, PCtxtHandle, PSecBufferDesc)
IS(SECURITY_STATUS, MakeSignature, PCtxtHandle, ULONG, PSecBufferDesc, ULONG)
IS(SECURITY_STATUS, VerifySignature, PCtxtHandle, PSecBufferDesc, ULONG, PULONG)
IS(SECURITY_STATUS, EncryptMessage, PCtxtHandle, ULONG, PSecBufferDesc, ULONG)
IS(SECURITY_STATUS, DecryptMessage, PCtxtHandle, PSecBufferDesc, ULONG, PULONG)
IS(SECURITY_STATUS, FreeContextBuffer, void *)
IS(SECURITY_STATUS, ExportSecurityContext, PCtxtHandle, ULONG, PSecBuffer, void **)
IS(SECURITY_STATUS, SaslAcceptSecurityContext, PCredHandle, PCtxtHandle, PSecBufferDesc, ULONG,
   ULONG, PCtxtHandle, PSecBufferDesc, PULONG, PTimeStamp)
IS(SECURITY_STATUS, SaslSetContextOption, PCtxtHandle, ULONG, void *, ULONG)
IS(SECURITY_STATUS, SaslGetContextOption, PCtxtHandle, ULONG, void *, ULONG, PULONG)

IS(SECURITY_STATUS, SspiEncodeStringsAsAuthIdentity, PCWSTR, PCWSTR, PCWSTR,
   PSEC_WINNT_AUTH_IDENTITY_OPAQUE *)
IS(SECURITY_STATUS, SspiEncodeAuthIdentityAsStrings, PSEC_WINNT_AUTH_IDENTITY_OPAQUE, PCWSTR *,
   PCWSTR *, PCWSTR *)
IS(SECURITY_STATUS, SspiValidateAuthIdentity, PSEC_WINNT_AUTH_IDENTITY_OPAQUE)
IS(SECURITY_STATUS, SspiCopyAuthIdentity, PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
   PSEC_WINNT_AUTH_IDENTITY_OPAQUE *)
IS(void, SspiFreeAuthIdentity, PSEC_WINNT_AUTH_IDENTITY_OPAQUE)
IS(void, SspiZeroAuthIdentity, PSEC_WINNT_AUTH_IDENTITY_OPAQUE)
IS(void, SspiLocalFree, void *)
IS(SECURITY_STATUS, SspiCompareAuthIdentities, PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
   PSEC_WINNT_AUTH_IDENTITY_OPAQUE, PBOOLEAN, PBOOLEAN)
IS(SECURITY_STATUS, SspiGetTargetHostName, PCWSTR, PWSTR *)
IS(SECURITY_STATUS, SspiExcludePackage, PSEC_WINNT_AUTH_IDENTITY_OPAQUE, PCWSTR,
   PSEC_WINNT_AUTH_IDENTITY_OPAQUE *)
IS(SECURITY_STATUS, SspiMarshalAuthIdentity, PSEC_WINNT_AUTH_IDENTITY_OPAQUE, PULONG, char **)
IS(SECURITY_STATUS, SspiUnmarshalAuthIdentity, ULONG, char *, PSEC_WINNT_AUTH_IDENTITY_OPAQUE *)
IS(SECURITY_STATUS, SspiEncryptAuthIdentity, PSEC_WINNT_AUTH_IDENTITY_OPAQUE)
IS(SECURITY_STATUS, SspiDecryptAuthIdentity, PSEC_WINNT_AUTH_IDENTITY_OPAQUE)
IS(SECURITY_STATUS, SspiEncryptAuthIdentityEx, ULONG, PSEC_WINNT_AUTH_IDENTITY_OPAQUE)
IS(SECURITY_STATUS, SspiDecryptAuthIdentityEx, ULONG, PSEC_WINNT_AUTH_IDENTITY_OPAQUE)
IS(BOOLEAN, SspiIsAuthIdentityEncrypted, PSEC_WINNT_AUTH_IDENTITY_OPAQUE)
IS(SECURITY_STATUS, SspiPrepareForCredRead, PSEC_WINNT_AUTH_IDENTITY_OPAQUE, PCWSTR, PULONG,
   PCWSTR *)
IS(SECURITY_STATUS, SspiPrepareForCredWrite, PSEC_WINNT_AUTH_IDENTITY_OPAQUE, PCWSTR, PULONG,
   PCWSTR *, PCWSTR *, PUCHAR *, PULONG)
IS(BOOLEAN, SspiIsPromptingNeeded, ULONG)
IS(ULONG, SspiPromptForCredentialsA, PCSTR, void *, ULONG, PCSTR, PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
   PSEC_WINNT_AUTH_IDENTITY_OPAQUE *, int *, ULONG)
IS(ULONG, SspiPromptForCredentialsW, PCWSTR, void *, ULONG, PCWSTR, PSEC_WINNT_AUTH_IDENTITY_OPAQUE,
   PSEC_WINNT_AUTH_IDENTITY_OPAQUE *, int *, ULONG)
IS(PSecurityFunctionTableA, InitSecurityInterfaceA, void)
IS(PSecurityFunctionTableW, InitSecurityInterfaceW, void)

/* libwinshim. */
IS(BOOLEAN, GetUserNameExA, EXTENDED_NAME_FORMAT, LPSTR, PULONG)
IS(BOOLEAN, GetUserNameExW, EXTENDED_NAME_FORMAT, LPWSTR, PULONG)
IS(BOOLEAN, GetComputerObjectNameA, EXTENDED_NAME_FORMAT, LPSTR, PULONG)
IS(BOOLEAN, GetComputerObjectNameW, EXTENDED_NAME_FORMAT, LPWSTR, PULONG)
IS(BOOLEAN, TranslateNameA, LPCSTR, EXTENDED_NAME_FORMAT, EXTENDED_NAME_FORMAT, LPSTR, PULONG)
IS(BOOLEAN, TranslateNameW, LPCWSTR, EXTENDED_NAME_FORMAT, EXTENDED_NAME_FORMAT, LPWSTR, PULONG)
IS(DWORD, GetLastError, void)
IS(void, SetLastError, DWORD)
IS(DWORD, FormatMessageA, DWORD, LPCVOID, DWORD, DWORD, LPSTR, DWORD, va_list *)
IS(DWORD, FormatMessageW, DWORD, LPCVOID, DWORD, DWORD, LPWSTR, DWORD, va_list *)
IS(HMODULE, LoadLibraryA, LPCSTR)
IS(HMODULE, LoadLibraryW, LPCWSTR)
IS(HMODULE, LoadLibraryExA, LPCSTR, HANDLE, DWORD)
IS(HMODULE, LoadLibraryExW, LPCWSTR, HANDLE, DWORD)
IS(HMODULE, GetModuleHandleA, LPCSTR)
IS(HMODULE, GetModuleHandleW, LPCWSTR)
IS(FARPROC, GetProcAddress, HMODULE, LPCSTR)
IS(BOOL, FreeLibrary, HMODULE)
IS(HLOCAL, LocalAlloc, UINT, SIZE_T)
IS(HLOCAL, LocalFree, HLOCAL)
IS(BOOL, CloseHandle, HANDLE)
IS(void, GetSystemTimeAsFileTime, LPFILETIME)
IS(BOOL, FileTimeToLocalFileTime, const FILETIME *, LPFILETIME)
IS(BOOL, LocalFileTimeToFileTime, const FILETIME *, LPFILETIME)
IS(BOOL, FileTimeToSystemTime, const FILETIME *, LPSYSTEMTIME)
IS(BOOL, SystemTimeToFileTime, const SYSTEMTIME *, LPFILETIME)
IS(LONG, CompareFileTime, const FILETIME *, const FILETIME *)
IS(int, MultiByteToWideChar, UINT, DWORD, LPCSTR, int, LPWSTR, int)
IS(int, WideCharToMultiByte, UINT, DWORD, LPCWSTR, int, LPSTR, int, LPCSTR, BOOL *)

/* Only here, or only in kernel headers there. */
#ifndef _WIN32
IS(const char *, SspiLastErrorText, void)
IS(SECURITY_STATUS, SspiLastErrorStatus, void)
IS(SECURITY_STATUS, SspiGetTokenUser, HANDLE, const char **, const char **)
IS(SECURITY_STATUS, SspiGetTokenIds, HANDLE, PULONG, PULONG, PULONG, PULONG)
IS(SECURITY_STATUS, SspiCloseToken, HANDLE)
IS(SECURITY_STATUS, SealMessage, PCtxtHandle, ULONG, PSecBufferDesc, ULONG)
IS(SECURITY_STATUS, UnsealMessage, PCtxtHandle, PSecBufferDesc, ULONG, PULONG)
IS(SECURITY_STATUS, DelegateSecurityContext, PCtxtHandle, SEC_CHAR *, ULONG, PTimeStamp, PSecBuffer,
   PSecBufferDesc)
IS(SspiAsyncContext *, SspiCreateAsyncContext, void)
IS(void, SspiFreeAsyncContext, SspiAsyncContext *)
IS(NTSTATUS, SspiReinitAsyncContext, SspiAsyncContext *)
IS(SECURITY_STATUS, SspiSetAsyncNotifyCallback, SspiAsyncContext *, SspiAsyncNotifyCallback, void *)
IS(BOOLEAN, SspiAsyncContextRequiresNotify, SspiAsyncContext *)
IS(SECURITY_STATUS, SspiGetAsyncCallStatus, SspiAsyncContext *)
IS(SECURITY_STATUS, SspiAcceptSecurityContextAsync, SspiAsyncContext *, PCredHandle, PCtxtHandle,
   PSecBufferDesc, ULONG, ULONG, PCtxtHandle, PSecBufferDesc, PULONG, PTimeStamp)
IS(SECURITY_STATUS, SspiFreeCredentialsHandleAsync, SspiAsyncContext *, PCredHandle)
IS(SECURITY_STATUS, SspiDeleteSecurityContextAsync, SspiAsyncContext *, PCtxtHandle)
IS(SECURITY_STATUS, SspiAcquireCredentialsHandleAsyncA, SspiAsyncContext *, LPSTR, LPSTR, ULONG,
   void *, void *, SEC_GET_KEY_FN, void *, PCredHandle, PTimeStamp)
IS(SECURITY_STATUS, SspiInitializeSecurityContextAsyncA, SspiAsyncContext *, PCredHandle,
   PCtxtHandle, LPSTR, ULONG, ULONG, ULONG, PSecBufferDesc, ULONG, PCtxtHandle, PSecBufferDesc,
   PULONG, PTimeStamp)
IS(SECURITY_STATUS, SspiAcquireCredentialsHandleAsyncW, SspiAsyncContext *, LPWSTR, LPWSTR, ULONG,
   void *, void *, SEC_GET_KEY_FN, void *, PCredHandle, PTimeStamp)
IS(SECURITY_STATUS, SspiInitializeSecurityContextAsyncW, SspiAsyncContext *, PCredHandle,
   PCtxtHandle, LPWSTR, ULONG, ULONG, ULONG, PSecBufferDesc, ULONG, PCtxtHandle, PSecBufferDesc,
   PULONG, PTimeStamp)
#endif
