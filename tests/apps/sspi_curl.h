/* SPDX-License-Identifier: MIT */
/* What curl's SSPI code takes from curl's own code for Windows, included ahead of each of its
 * files. curl itself is not changed. */
#ifndef TESTS_APPS_SSPI_CURL_H
#define TESTS_APPS_SSPI_CURL_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>
#include <winshim.h>

/* lib/system_win32.h, lib/version_win32.h. */
#define Curl_load_library LoadLibraryA
#define curlx_verify_windows_version(...) false

/* <tchar.h> of the C run-time library, without UNICODE. */
#define _tcschr strchr
#define _tcsdup strdup
#define _tcslen strlen
#define _tcsncpy strncpy

/* lib/strerror.c. */
__attribute__((unused)) static bool get_winapi_error(int error, char *text, size_t size) {
  if (FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, (DWORD)error,
                     0, text, (DWORD)size, NULL) == 0) {
    return false;
  }
  text[strcspn(text, "\r\n")] = '\0';
  return true;
}

#endif
