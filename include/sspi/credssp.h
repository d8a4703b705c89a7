/* SPDX-License-Identifier: MIT */
/* The package CREDSSP: a login over TLS that also hands over the client's credentials. */
#ifndef GSS_SSPI_CREDSSP_H
#define GSS_SSPI_CREDSSP_H

#include "sspi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CREDSSP_NAME_A "CREDSSP"
#define CREDSSP_NAME_W SSPI_WTEXT("CREDSSP")
#define TS_SSP_NAME_A "TSSSP"
#define TS_SSP_NAME_W SSPI_WTEXT("TSSSP")
#ifdef UNICODE
#define CREDSSP_NAME CREDSSP_NAME_W
#define TS_SSP_NAME TS_SSP_NAME_W
#else
#define CREDSSP_NAME CREDSSP_NAME_A
#define TS_SSP_NAME TS_SSP_NAME_A
#endif

typedef enum _CREDSSP_SUBMIT_TYPE {
  CredsspPasswordCreds = 2,
  CredsspSchannelCreds = 4,
  CredsspCertificateCreds = 13,
  CredsspSubmitBufferBoth = 50,
  CredsspSubmitBufferBothOld = 51,
  CredsspCredEx = 100
} CREDSPP_SUBMIT_TYPE; /* the spelling of Windows */

/* pAuthData of AcquireCredentialsHandle. pSchannelCred is a SCHANNEL_CRED, pSpnegoCred what the
 * package Negotiate takes; either may be NULL. */
typedef struct _CREDSSP_CRED {
  CREDSPP_SUBMIT_TYPE Type;
  PVOID pSchannelCred;
  PVOID pSpnegoCred;
} CREDSSP_CRED, *PCREDSSP_CRED;

/* Type is CredsspCredEx, Version 0. */
typedef struct _CREDSSP_CRED_EX {
  CREDSPP_SUBMIT_TYPE Type;
  ULONG Version;
  ULONG Flags;
  ULONG Reserved;
  CREDSSP_CRED Cred;
} CREDSSP_CRED_EX, *PCREDSSP_CRED_EX;

#define CREDSSP_CRED_EX_VERSION 0
#define CREDSSP_FLAG_REDIRECT 0x1 /* SEC_E_UNSUPPORTED_FUNCTION */

/* ---- attributes of contexts ------------------------------------------------------------------ */

/* Acceptor: what the client delegated, as SEC_WINNT_AUTH_IDENTITY_EXW with all its texts in one
 * block. FreeContextBuffer wipes it. */
#define SECPKG_ATTR_CREDS 0x80000080
#define SECPKG_ATTR_CREDS_2 0x80000086
#define SECPKG_ATTR_NEGOTIATION_PACKAGE 0x80000081 /* SEC_WCHAR *: "NTLM" or "Kerberos" */
#define SECPKG_ATTR_SERVER_AUTH_FLAGS 0x80000083   /* initiator */
#define SECPKG_ATTR_CERT_TRUST_STATUS 0x80000084   /* initiator: CERT_TRUST_STATUS of schannel.h */

#define CREDSSP_SERVER_AUTH_NEGOTIATE 0x1   /* by the login inside */
#define CREDSSP_SERVER_AUTH_CERTIFICATE 0x2 /* by the verified certificate */
#define CREDSSP_SERVER_AUTH_LOOPBACK 0x4    /* never told here */

typedef struct _SecPkgContext_NegotiationPackage {
  SEC_WCHAR *PackageName; /* freed with FreeContextBuffer */
} SecPkgContext_NegotiationPackage, *PSecPkgContext_NegotiationPackage;

typedef struct _SecPkgContext_ServerAuthFlags {
  ULONG Flags; /* CREDSSP_SERVER_AUTH_ */
} SecPkgContext_ServerAuthFlags, *PSecPkgContext_ServerAuthFlags;

typedef struct _SecPkgContext_ClientCreds {
  ULONG AuthBufferLen; /* octets */
  PUCHAR AuthBuffer;
} SecPkgContext_ClientCreds, *PSecPkgContext_ClientCreds;

#ifdef __cplusplus
}
#endif

#endif /* GSS_SSPI_CREDSSP_H */
