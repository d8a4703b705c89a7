/* SPDX-License-Identifier: MIT */
/* The functions of <windows.h> that libwinshim has, so that SSPI programs need no edits. Each
 * behaves as Microsoft documents it, within the limits told here. Texts of A functions are UTF-8.
 * Link with the pkg-config name winshim; libsspi itself does not need it. */
#ifndef GSS_SSPI_WINSHIM_H
#define GSS_SSPI_WINSHIM_H

#include "windows.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- errors ---------------------------------------------------------------------------------- */

/* Of the calling thread; functions of libsspi do not set it. */
DWORD WINAPI GetLastError(void);
VOID WINAPI SetLastError(DWORD dwErrCode);

#define FORMAT_MESSAGE_ALLOCATE_BUFFER 0x00000100
#define FORMAT_MESSAGE_IGNORE_INSERTS 0x00000200
#define FORMAT_MESSAGE_FROM_STRING 0x00000400
#define FORMAT_MESSAGE_FROM_HMODULE 0x00000800
#define FORMAT_MESSAGE_FROM_SYSTEM 0x00001000
#define FORMAT_MESSAGE_ARGUMENT_ARRAY 0x00002000
#define FORMAT_MESSAGE_MAX_WIDTH_MASK 0x000000FF

/* Primary in the low ten bits, secondary above. */
#define MAKELANGID(primary, secondary) \
  ((WORD)((((unsigned)(secondary)) << 10) | ((unsigned)(primary)))) /* NOLINT */
#define LANG_NEUTRAL 0x00
#define LANG_ENGLISH 0x09
#define SUBLANG_NEUTRAL 0x00
#define SUBLANG_DEFAULT 0x01
#define SUBLANG_SYS_DEFAULT 0x02
#define SUBLANG_ENGLISH_US 0x01

/* The text of a SEC_ or ERROR_ code in English, with "\r\n" at its end as on Windows. When the code
 * is that of this thread's last failure in libsspi, the reason follows (SspiLastErrorText).
 * nSize and the result count characters. FORMAT_MESSAGE_FROM_SYSTEM only; codes without a text:
 * ERROR_MR_MID_NOT_FOUND; FORMAT_MESSAGE_FROM_STRING, or FORMAT_MESSAGE_FROM_HMODULE without
 * FORMAT_MESSAGE_FROM_SYSTEM: ERROR_NOT_SUPPORTED; another language than English:
 * ERROR_RESOURCE_LANG_NOT_FOUND. A buffer that is too small becomes "". With
 * FORMAT_MESSAGE_ALLOCATE_BUFFER lpBuffer points to the pointer, which is NULL after a failure, and
 * LocalFree frees the text. */
DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
                            LPSTR lpBuffer, DWORD nSize, va_list *Arguments);
DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId, DWORD dwLanguageId,
                            LPWSTR lpBuffer, DWORD nSize, va_list *Arguments);

/* ---- modules --------------------------------------------------------------------------------- */

/* secur32.dll, security.dll and sspicli.dll, in any case, with or without a path and ".dll": all of
 * them are libsspi. Other names: NULL, ERROR_MOD_NOT_FOUND; no file is opened for them. The library
 * stays in memory after the last FreeLibrary, since contexts and buffers may outlive it. hFile is
 * NULL; flags that ask for more than a way to search: ERROR_INVALID_PARAMETER. */
HMODULE WINAPI LoadLibraryA(LPCSTR lpLibFileName);
HMODULE WINAPI LoadLibraryW(LPCWSTR lpLibFileName);
HMODULE WINAPI LoadLibraryExA(LPCSTR lpLibFileName, HANDLE hFile, DWORD dwFlags);
HMODULE WINAPI LoadLibraryExW(LPCWSTR lpLibFileName, HANDLE hFile, DWORD dwFlags);
/* NULL, ERROR_MOD_NOT_FOUND, unless the process has libsspi. */
HMODULE WINAPI GetModuleHandleA(LPCSTR lpModuleName);
HMODULE WINAPI GetModuleHandleW(LPCWSTR lpModuleName);
/* Functions of sspi.h by name; others, and ordinals: ERROR_PROC_NOT_FOUND. What is no handle, here
 * and for FreeLibrary: ERROR_MOD_NOT_FOUND. */
FARPROC WINAPI GetProcAddress(HMODULE hModule, LPCSTR lpProcName);
BOOL WINAPI FreeLibrary(HMODULE hLibModule);

#define DONT_RESOLVE_DLL_REFERENCES 0x00000001
#define LOAD_LIBRARY_SEARCH_SYSTEM32 0x00000800
#define LOAD_LIBRARY_SEARCH_DEFAULT_DIRS 0x00001000

/* ---- memory and handles ---------------------------------------------------------------------- */

#define LMEM_FIXED 0x0000
#define LMEM_MOVEABLE 0x0002
#define LMEM_ZEROINIT 0x0040
#define LPTR (LMEM_FIXED | LMEM_ZEROINIT)
#define LHND (LMEM_MOVEABLE | LMEM_ZEROINIT)

/* Fixed memory only: LMEM_MOVEABLE fails with ERROR_NOT_SUPPORTED. */
HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes);
/* NULL for success. What LocalAlloc and FormatMessage gave, or NULL. */
HLOCAL WINAPI LocalFree(HLOCAL hMem);

/* Token objects of libsspi (SspiCloseToken); anything else: ERROR_INVALID_HANDLE. */
BOOL WINAPI CloseHandle(HANDLE hObject);

/* ---- times ----------------------------------------------------------------------------------- */

VOID WINAPI GetSystemTimeAsFileTime(LPFILETIME lpSystemTimeAsFileTime);
/* By the offset that holds now, not the one at that time: as Windows does. A time that would leave
 * the range stays at its end, so that never (7FFFFFFF FFFFFFFF) stays never. */
BOOL WINAPI FileTimeToLocalFileTime(CONST FILETIME *lpFileTime, LPFILETIME lpLocalFileTime);
BOOL WINAPI LocalFileTimeToFileTime(CONST FILETIME *lpLocalFileTime, LPFILETIME lpFileTime);
BOOL WINAPI FileTimeToSystemTime(CONST FILETIME *lpFileTime, LPSYSTEMTIME lpSystemTime);
BOOL WINAPI SystemTimeToFileTime(CONST SYSTEMTIME *lpSystemTime, LPFILETIME lpFileTime);
LONG WINAPI CompareFileTime(CONST FILETIME *lpFileTime1, CONST FILETIME *lpFileTime2);

/* ---- text ------------------------------------------------------------------------------------ */

/* CP_ACP, CP_OEMCP, CP_THREAD_ACP and CP_UTF8 are UTF-8; other code pages:
 * ERROR_INVALID_PARAMETER. */
#define CP_ACP 0
#define CP_OEMCP 1
#define CP_MACCP 2
#define CP_THREAD_ACP 3
#define CP_SYMBOL 42
#define CP_UTF7 65000
#define CP_UTF8 65001

#define MB_PRECOMPOSED 0x00000001
#define MB_COMPOSITE 0x00000002
#define MB_USEGLYPHCHARS 0x00000004
#define MB_ERR_INVALID_CHARS 0x00000008
#define WC_DISCARDNS 0x00000010
#define WC_SEPCHARS 0x00000020
#define WC_DEFAULTCHAR 0x00000040
#define WC_ERR_INVALID_CHARS 0x00000080
#define WC_COMPOSITECHECK 0x00000200
#define WC_NO_BEST_FIT_CHARS 0x00000400

/* Lengths are characters of the text; -1: up to and with the NUL. Room 0 asks for the length. What
 * is not valid becomes U+FFFD, or fails with ERROR_NO_UNICODE_TRANSLATION when
 * MB_ERR_INVALID_CHARS or WC_ERR_INVALID_CHARS asks for it. */
int WINAPI MultiByteToWideChar(UINT CodePage, DWORD dwFlags, LPCSTR lpMultiByteStr, int cbMultiByte,
                               LPWSTR lpWideCharStr, int cchWideChar);
int WINAPI WideCharToMultiByte(UINT CodePage, DWORD dwFlags, LPCWSTR lpWideCharStr, int cchWideChar,
                               LPSTR lpMultiByteStr, int cbMultiByte, LPCSTR lpDefaultChar,
                               BOOL *lpUsedDefaultChar);

#ifdef __cplusplus
}
#endif

#ifdef UNICODE
#define FormatMessage FormatMessageW
#define LoadLibrary LoadLibraryW
#define LoadLibraryEx LoadLibraryExW
#define GetModuleHandle GetModuleHandleW
#else
#define FormatMessage FormatMessageA
#define LoadLibrary LoadLibraryA
#define LoadLibraryEx LoadLibraryExA
#define GetModuleHandle GetModuleHandleA
#endif

#endif /* GSS_SSPI_WINSHIM_H */
