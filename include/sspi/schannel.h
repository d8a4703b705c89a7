/* SPDX-License-Identifier: MIT */
/* What CREDSSP takes and tells of its TLS. There is no package Schannel. */
#ifndef GSS_SSPI_SCHANNEL_H
#define GSS_SSPI_SCHANNEL_H

#include "sspi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define UNISP_NAME_A "Microsoft Unified Security Protocol Provider"
#define UNISP_NAME_W SSPI_WTEXT("Microsoft Unified Security Protocol Provider")
#define SCHANNEL_NAME_A "Schannel"
#define SCHANNEL_NAME_W SSPI_WTEXT("Schannel")
#ifdef UNICODE
#define UNISP_NAME UNISP_NAME_W
#define SCHANNEL_NAME SCHANNEL_NAME_W
#else
#define UNISP_NAME UNISP_NAME_A
#define SCHANNEL_NAME SCHANNEL_NAME_A
#endif
#define UNISP_RPC_ID 14

/* ---- of <wincrypt.h> ------------------------------------------------------------------------- */

typedef unsigned int ALG_ID;
typedef void *HCERTSTORE;

typedef struct _CRYPTOAPI_BLOB {
  DWORD cbData; /* octets */
  BYTE *pbData;
} CERT_NAME_BLOB, *PCERT_NAME_BLOB, CRYPT_DATA_BLOB, *PCRYPT_DATA_BLOB;

typedef struct _CERT_INFO CERT_INFO, *PCERT_INFO;

/* pbCertEncoded is the certificate, DER. pCertInfo is always NULL here: no decoded form is made. */
typedef struct _CERT_CONTEXT {
  DWORD dwCertEncodingType; /* X509_ASN_ENCODING */
  BYTE *pbCertEncoded;
  DWORD cbCertEncoded;
  PCERT_INFO pCertInfo;
  HCERTSTORE hCertStore;
} CERT_CONTEXT, *PCERT_CONTEXT;
typedef CONST CERT_CONTEXT *PCCERT_CONTEXT;

#define X509_ASN_ENCODING 0x00000001
/* Of this library: pbCertEncoded is the path (UTF-8) of a file in PEM with the certificate, its
 * chain and its private key, cbCertEncoded the length of the path. It is the form in which
 * SCHANNEL_CRED takes a certificate, since there is no store of keys to look it up in. */
#define X509_PEM_FILE_ENCODING 0x10000000
#define PKCS_7_ASN_ENCODING 0x00010000

#define CALG_MD5 0x00008003
#define CALG_SHA1 0x00008004
#define CALG_SHA_256 0x0000800C
#define CALG_SHA_384 0x0000800D
#define CALG_SHA_512 0x0000800E
#define CALG_RSA_KEYX 0x0000A400
#define CALG_DH_EPHEM 0x0000AA02
#define CALG_ECDH_EPHEM 0x0000AE06
#define CALG_3DES 0x00006603
#define CALG_AES_128 0x0000660E
#define CALG_AES_256 0x00006610
#define CALG_RC4 0x00006801

typedef struct _CERT_TRUST_STATUS {
  DWORD dwErrorStatus; /* CERT_TRUST_; 0 when the certificate is good */
  DWORD dwInfoStatus;
} CERT_TRUST_STATUS, *PCERT_TRUST_STATUS;

#define CERT_TRUST_NO_ERROR 0x00000000
#define CERT_TRUST_IS_NOT_TIME_VALID 0x00000001
#define CERT_TRUST_IS_REVOKED 0x00000004
#define CERT_TRUST_IS_NOT_SIGNATURE_VALID 0x00000008
#define CERT_TRUST_IS_UNTRUSTED_ROOT 0x00000020
#define CERT_TRUST_IS_PARTIAL_CHAIN 0x00010000

/* ---- attributes of contexts ------------------------------------------------------------------ */

#define SECPKG_ATTR_REMOTE_CERT_CONTEXT 0x53
#define SECPKG_ATTR_LOCAL_CERT_CONTEXT 0x54
#define SECPKG_ATTR_ISSUER_LIST_EX 0x59
#define SECPKG_ATTR_CONNECTION_INFO 0x5A
#define SECPKG_ATTR_SESSION_INFO 0x5D
#define SECPKG_ATTR_CIPHER_INFO 0x64

typedef struct _SecPkgContext_IssuerListInfoEx {
  PCERT_NAME_BLOB aIssuers;
  DWORD cIssuers;
} SecPkgContext_IssuerListInfoEx, *PSecPkgContext_IssuerListInfoEx;

/* Strengths are bits. */
typedef struct _SecPkgContext_ConnectionInfo {
  DWORD dwProtocol; /* SP_PROT_ */
  ALG_ID aiCipher;
  DWORD dwCipherStrength;
  ALG_ID aiHash;
  DWORD dwHashStrength;
  ALG_ID aiExch;
  DWORD dwExchStrength;
} SecPkgContext_ConnectionInfo, *PSecPkgContext_ConnectionInfo;

#define SSL_SESSION_RECONNECT 1

typedef struct _SecPkgContext_SessionInfo {
  DWORD dwFlags;
  DWORD cbSessionId;
  BYTE rgbSessionId[32];
} SecPkgContext_SessionInfo, *PSecPkgContext_SessionInfo;

/* ---- credentials ----------------------------------------------------------------------------- */

#define SCH_CRED_V1 0x00000001
#define SCH_CRED_V2 0x00000002
#define SCH_CRED_V3 0x00000003
#define SCHANNEL_CRED_VERSION 0x00000004
#define SCH_CREDENTIALS_VERSION 0x00000005

struct _HMAPPER;

typedef struct _SCHANNEL_CRED {
  DWORD dwVersion; /* SCHANNEL_CRED_VERSION */
  DWORD cCreds;
  PCCERT_CONTEXT *paCred;
  HCERTSTORE hRootStore;
  DWORD cMappers;
  struct _HMAPPER **aphMappers;
  DWORD cSupportedAlgs;
  ALG_ID *palgSupportedAlgs;
  DWORD grbitEnabledProtocols;
  DWORD dwMinimumCipherStrength;
  DWORD dwMaximumCipherStrength;
  DWORD dwSessionLifespan;
  DWORD dwFlags;
  DWORD dwCredFormat;
} SCHANNEL_CRED, *PSCHANNEL_CRED;

#define SCH_CRED_NO_SYSTEM_MAPPER 0x00000002
#define SCH_CRED_NO_SERVERNAME_CHECK 0x00000004
#define SCH_CRED_MANUAL_CRED_VALIDATION 0x00000008
#define SCH_CRED_NO_DEFAULT_CREDS 0x00000010
#define SCH_CRED_AUTO_CRED_VALIDATION 0x00000020
#define SCH_CRED_USE_DEFAULT_CREDS 0x00000040
#define SCH_CRED_DISABLE_RECONNECTS 0x00000080
#define SCH_CRED_REVOCATION_CHECK_END_CERT 0x00000100
#define SCH_CRED_REVOCATION_CHECK_CHAIN 0x00000200
#define SCH_CRED_REVOCATION_CHECK_CHAIN_EXCLUDE_ROOT 0x00000400
#define SCH_CRED_IGNORE_NO_REVOCATION_CHECK 0x00000800
#define SCH_CRED_IGNORE_REVOCATION_OFFLINE 0x00001000
#define SCH_USE_STRONG_CRYPTO 0x00400000

#define SP_PROT_TLS1_SERVER 0x00000040
#define SP_PROT_TLS1_CLIENT 0x00000080
#define SP_PROT_TLS1_0_SERVER SP_PROT_TLS1_SERVER
#define SP_PROT_TLS1_0_CLIENT SP_PROT_TLS1_CLIENT
#define SP_PROT_TLS1_1_SERVER 0x00000100
#define SP_PROT_TLS1_1_CLIENT 0x00000200
#define SP_PROT_TLS1_2_SERVER 0x00000400
#define SP_PROT_TLS1_2_CLIENT 0x00000800
#define SP_PROT_TLS1_3_SERVER 0x00001000
#define SP_PROT_TLS1_3_CLIENT 0x00002000
#define SP_PROT_TLS1_0 (SP_PROT_TLS1_0_CLIENT | SP_PROT_TLS1_0_SERVER)
#define SP_PROT_TLS1_1 (SP_PROT_TLS1_1_CLIENT | SP_PROT_TLS1_1_SERVER)
#define SP_PROT_TLS1_2 (SP_PROT_TLS1_2_CLIENT | SP_PROT_TLS1_2_SERVER)
#define SP_PROT_TLS1_3 (SP_PROT_TLS1_3_CLIENT | SP_PROT_TLS1_3_SERVER)

/* The token of ApplyControlToken that ends a connection. */
#define SCHANNEL_RENEGOTIATE 0
#define SCHANNEL_SHUTDOWN 1
#define SCHANNEL_ALERT 2
#define SCHANNEL_SESSION 3

typedef struct _SCHANNEL_ALERT_TOKEN {
  DWORD dwTokenType; /* SCHANNEL_ALERT */
  DWORD dwAlertType;
  DWORD dwAlertNumber;
} SCHANNEL_ALERT_TOKEN;

#define TLS1_ALERT_WARNING 1
#define TLS1_ALERT_FATAL 2
#define TLS1_ALERT_CLOSE_NOTIFY 0

#ifdef __cplusplus
}
#endif

#endif /* GSS_SSPI_SCHANNEL_H */
