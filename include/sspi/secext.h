/* SPDX-License-Identifier: MIT */
/* Names of users and computers. The functions are in libwinshim, since they use GetLastError. */
#ifndef GSS_SSPI_SECEXT_H
#define GSS_SSPI_SECEXT_H

#include "sspi.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  NameUnknown = 0,
  NameFullyQualifiedDN = 1,
  NameSamCompatible = 2,
  NameDisplay = 3,
  NameUniqueId = 6,
  NameCanonical = 7,
  NameUserPrincipal = 8,
  NameCanonicalEx = 9,
  NameServicePrincipal = 10,
  NameDnsDomain = 12,
  NameGivenName = 13,
  NameSurname = 14
} EXTENDED_NAME_FORMAT,
    *PEXTENDED_NAME_FORMAT;

/* The user of the calling thread: who is impersonated, if somebody is.
 *
 *   NameSamCompatible   DOMAIN\user as the user database has it, otherwise HOST\user
 *   NameDisplay         the full name of the user database
 *   NameUserPrincipal   the principal of the process's default Kerberos tickets
 *
 * ERROR_NONE_MAPPED when the user has no such name, and for every other format.
 *
 * *nSize is the room in characters, then the length without the NUL; when the room is too small
 * FALSE, ERROR_MORE_DATA, *nSize the length with the NUL, the buffer as it was. */
BOOLEAN SEC_ENTRY GetUserNameExA(EXTENDED_NAME_FORMAT NameFormat, LPSTR lpNameBuffer, PULONG nSize);
BOOLEAN SEC_ENTRY GetUserNameExW(EXTENDED_NAME_FORMAT NameFormat, LPWSTR lpNameBuffer,
                                 PULONG nSize);

/* There is no directory to ask: FALSE, ERROR_NONE_MAPPED. */
BOOLEAN SEC_ENTRY GetComputerObjectNameA(EXTENDED_NAME_FORMAT NameFormat, LPSTR lpNameBuffer,
                                         PULONG nSize);
BOOLEAN SEC_ENTRY GetComputerObjectNameW(EXTENDED_NAME_FORMAT NameFormat, LPWSTR lpNameBuffer,
                                         PULONG nSize);
BOOLEAN SEC_ENTRY TranslateNameA(LPCSTR lpAccountName, EXTENDED_NAME_FORMAT AccountNameFormat,
                                 EXTENDED_NAME_FORMAT DesiredNameFormat, LPSTR lpTranslatedName,
                                 PULONG nSize);
BOOLEAN SEC_ENTRY TranslateNameW(LPCWSTR lpAccountName, EXTENDED_NAME_FORMAT AccountNameFormat,
                                 EXTENDED_NAME_FORMAT DesiredNameFormat, LPWSTR lpTranslatedName,
                                 PULONG nSize);

#ifdef __cplusplus
}
#endif

#ifdef UNICODE
#define GetUserNameEx GetUserNameExW
#define GetComputerObjectName GetComputerObjectNameW
#define TranslateName TranslateNameW
#else
#define GetUserNameEx GetUserNameExA
#define GetComputerObjectName GetComputerObjectNameA
#define TranslateName TranslateNameA
#endif

#ifdef SSPI_ULP_KEPT
#define GetUserNameExA(f, b, n) GetUserNameExA(f, b, SSPI_ULP_KEPT(n))
#define GetUserNameExW(f, b, n) GetUserNameExW(f, b, SSPI_ULP_KEPT(n))
#define GetComputerObjectNameA(f, b, n) GetComputerObjectNameA(f, b, SSPI_ULP_KEPT(n))
#define GetComputerObjectNameW(f, b, n) GetComputerObjectNameW(f, b, SSPI_ULP_KEPT(n))
#define TranslateNameA(a, f, d, b, n) TranslateNameA(a, f, d, b, SSPI_ULP_KEPT(n))
#define TranslateNameW(a, f, d, b, n) TranslateNameW(a, f, d, b, SSPI_ULP_KEPT(n))
#endif

#endif /* GSS_SSPI_SECEXT_H */
