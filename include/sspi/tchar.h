/* SPDX-License-Identifier: MIT */
/* Text that is UTF-16 with UNICODE or _UNICODE and UTF-8 without. */
#ifndef GSS_SSPI_TCHAR_H
#define GSS_SSPI_TCHAR_H

#if defined(_UNICODE) && !defined(UNICODE)
#define UNICODE
#endif

#include "windows.h"

#ifndef _T
#define _T(quoted) TEXT(quoted)
#endif
#ifndef _TEXT
#define _TEXT(quoted) TEXT(quoted)
#endif

typedef TCHAR _TCHAR, _TSCHAR, _TUCHAR;

#endif /* GSS_SSPI_TCHAR_H */
