/* SPDX-License-Identifier: MIT */
/* The types and names of <windows.h> that SSPI programs use, with the widths of 64-bit Windows:
 * ULONG, LONG, DWORD and BOOL have 32 bits, WCHAR has 16. The functions are those of libwinshim,
 * see winshim.h. It is no Win32.
 *
 * WCHAR is the type of the text that the compiler makes of UTF-16: with -fshort-wchar it is
 * wchar_t, and L"text" is a LPCWSTR; otherwise it is the type of u"text", that is unsigned short in
 * C and char16_t in C++. All of them have the same bits, so objects that were compiled in different
 * ways can be linked; the types wchar_t and char16_t are in no function of libsspi. */
#ifndef GSS_SSPI_WINDOWS_H
#define GSS_SSPI_WINDOWS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- words ---------------------------------------------------------------------------------- */

#ifndef VOID
#define VOID void
#endif
#ifndef CONST
#define CONST const
#endif
#ifndef FAR
#define FAR
#endif
#ifndef NEAR
#define NEAR
#endif
#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif
#ifndef WINAPI
#define WINAPI
#define APIENTRY
#define CALLBACK
#define NTAPI
#define PASCAL
#define WINAPIV
#endif
#ifndef DECLSPEC_IMPORT
#define DECLSPEC_IMPORT
#endif
#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif
#ifndef MAX_PATH
#define MAX_PATH 260
#endif
#ifndef ANYSIZE_ARRAY
#define ANYSIZE_ARRAY 1
#endif
#ifndef UNREFERENCED_PARAMETER
#ifdef __cplusplus
#define UNREFERENCED_PARAMETER(p) (static_cast<void>(p))
#else
#define UNREFERENCED_PARAMETER(p) ((void)(p))
#endif
#endif

/* A cast that neither language warns of. */
#ifdef __cplusplus
#define GSS_SSPI_CAST(type, value) (static_cast<type>(value))
#else
#define GSS_SSPI_CAST(type, value) ((type)(value))
#endif

/* ---- integers ------------------------------------------------------------------------------- */

typedef int32_t BOOL, *PBOOL, *LPBOOL;
typedef unsigned char BYTE, *PBYTE, *LPBYTE;
typedef unsigned char UCHAR, *PUCHAR;
typedef BYTE BOOLEAN, *PBOOLEAN;
typedef char CHAR, *PCHAR;
typedef int16_t SHORT, *PSHORT;
typedef uint16_t USHORT, *PUSHORT;
typedef uint16_t WORD, *PWORD, *LPWORD;
typedef int32_t LONG, *PLONG, *LPLONG;
typedef uint32_t ULONG, *PULONG, *LPULONG;
typedef uint32_t DWORD, *PDWORD, *LPDWORD;
typedef unsigned int UINT, *PUINT;
typedef int INT, *PINT, *LPINT;
typedef int32_t INT32, LONG32;
typedef uint32_t UINT32, ULONG32, DWORD32;
typedef int64_t INT64, LONG64, LONGLONG, *PLONGLONG;
typedef uint64_t UINT64, ULONG64, DWORD64, ULONGLONG, *PULONGLONG;
typedef intptr_t INT_PTR, LONG_PTR;
typedef uintptr_t UINT_PTR, ULONG_PTR, *PULONG_PTR, DWORD_PTR, *PDWORD_PTR;
typedef size_t SIZE_T, *PSIZE_T;
typedef LONG HRESULT;
typedef LONG NTSTATUS, *PNTSTATUS;
typedef LONG LSTATUS;
typedef LONG SECURITY_STATUS;
#define __SECSTATUS_DEFINED__

/* ---- text ----------------------------------------------------------------------------------- */

#if __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#elif defined(__cplusplus)
typedef char16_t WCHAR;
#else
typedef __CHAR16_TYPE__ WCHAR;
#endif
typedef WCHAR *PWCHAR, *LPWCH, *PWCH, *NWPSTR, *LPWSTR, *PWSTR;
typedef CONST WCHAR *LPCWCH, *PCWCH, *LPCWSTR, *PCWSTR;
typedef CHAR *LPCH, *PCH, *LPSTR, *PSTR;
typedef CONST CHAR *LPCCH, *PCCH, *LPCSTR, *PCSTR;

/* Ours: SSPI_WTEXT("text") is a text of WCHARs, however the program is compiled. */
#if __SIZEOF_WCHAR_T__ == 2
#define SSPI_PASTED_WTEXT(quoted) L##quoted
#else
#define SSPI_PASTED_WTEXT(quoted) u##quoted
#endif
#define SSPI_WTEXT(quoted) SSPI_PASTED_WTEXT(quoted)

#ifdef UNICODE
typedef WCHAR TCHAR, *PTCHAR;
typedef LPWSTR LPTSTR, PTSTR;
typedef LPCWSTR LPCTSTR, PCTSTR;
#define GSS_SSPI_QUOTED(quoted) SSPI_WTEXT(quoted)
#else
typedef CHAR TCHAR, *PTCHAR;
typedef LPSTR LPTSTR, PTSTR;
typedef LPCSTR LPCTSTR, PCTSTR;
#define GSS_SSPI_QUOTED(quoted) quoted
#endif
#ifndef TEXT
#define TEXT(quoted) GSS_SSPI_QUOTED(quoted)
#endif

/* ---- pointers and handles ------------------------------------------------------------------- */

typedef void *PVOID, *LPVOID;
typedef CONST void *PCVOID, *LPCVOID;
typedef PVOID HANDLE, *PHANDLE, *LPHANDLE;
typedef HANDLE HINSTANCE, HMODULE, HKEY, *PHKEY, HLOCAL, HGLOBAL, HWND;
typedef INT_PTR (*FARPROC)(void);
#ifdef __cplusplus
#define INVALID_HANDLE_VALUE (reinterpret_cast<HANDLE>(static_cast<LONG_PTR>(-1)))
#else
#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)
#endif

/* ---- structures ----------------------------------------------------------------------------- */

/* QuadPart is the whole number where the lower octets come first. */
typedef union _LARGE_INTEGER {
  __extension__ struct {
    DWORD LowPart;
    LONG HighPart;
  };
  struct {
    DWORD LowPart;
    LONG HighPart;
  } u;
  LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
  __extension__ struct {
    DWORD LowPart;
    DWORD HighPart;
  };
  struct {
    DWORD LowPart;
    DWORD HighPart;
  } u;
  ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

/* 100 ns since the beginning of 1601. */
typedef struct _FILETIME {
  DWORD dwLowDateTime;
  DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

typedef struct _SYSTEMTIME {
  WORD wYear;
  WORD wMonth;
  WORD wDayOfWeek;
  WORD wDay;
  WORD wHour;
  WORD wMinute;
  WORD wSecond;
  WORD wMilliseconds;
} SYSTEMTIME, *PSYSTEMTIME, *LPSYSTEMTIME;

typedef struct _LUID {
  DWORD LowPart;
  LONG HighPart;
} LUID, *PLUID;

#ifndef GUID_DEFINED
#define GUID_DEFINED
typedef struct _GUID {
  DWORD Data1;
  WORD Data2;
  WORD Data3;
  BYTE Data4[8];
} GUID, *PGUID, *LPGUID;
#endif

/* Lengths are octets; Buffer need not end with a NUL. */
typedef struct _UNICODE_STRING {
  USHORT Length;
  USHORT MaximumLength;
  PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;

/* ---- small helpers -------------------------------------------------------------------------- */

#ifndef ZeroMemory
#define ZeroMemory(destination, length) memset((destination), 0, (length))
#define CopyMemory(destination, source, length) memcpy((destination), (source), (length))
#define MoveMemory(destination, source, length) memmove((destination), (source), (length))
#define FillMemory(destination, length, fill) memset((destination), (fill), (length))
#endif

static inline PVOID SecureZeroMemory(PVOID destination, SIZE_T length) {
  volatile unsigned char *octet = GSS_SSPI_CAST(volatile unsigned char *, destination);
  while (length-- != 0) *octet++ = 0;
  return destination;
}

#ifdef __cplusplus
}
#endif

#include "winerror.h"
#include "winshim.h"

#endif /* GSS_SSPI_WINDOWS_H */
