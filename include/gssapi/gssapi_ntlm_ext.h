/* SPDX-License-Identifier: MIT */
/* What a program needs to know of the NTLM mechanism beside RFC 2744: its OID, options, keys of the
 * credential store and name attributes. The first two parts have the names and values of
 * <gssapi/gssapi_ntlmssp.h>, the header of gss-ntlmssp, which may be included as well. */
#ifndef GSS_SSPI_GSSAPI_NTLM_EXT_H
#define GSS_SSPI_GSSAPI_NTLM_EXT_H

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>

/* ---- the mechanism ----------------------------------------------------------------------------
 */

#ifndef GSS_NTLMSSP_OID_STRING
/* 1.3.6.1.4.1.311.2.2.10 */
#define GSS_NTLMSSP_OID_STRING "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"
#define GSS_NTLMSSP_OID_LENGTH 10

/* Request and return flag: a connectionless context (ISC_REQ_DATAGRAM of SSPI). The initiator's
 * first call gives an empty token; the acceptor begins with GSS_NTLM_DATAGRAM_SEED. */
#define GSS_C_DATAGRAM_FLAG 0x10000

/* ---- options: 1.3.6.1.4.1.7165.655.1.n ---------------------------------------------------------
 */

#define GSS_NTLMSSP_BASE_OID_STRING "\x2b\x06\x01\x04\x01\xb7\x7d\x85\x0f\x01"
#define GSS_NTLMSSP_BASE_OID_LENGTH 10

/* gss_set_sec_context_option: uint32_t in host order, the number of the next message in both
 * directions. Datagram contexts only. */
#define GSS_NTLMSSP_SET_SEQ_NUM_OID_STRING GSS_NTLMSSP_BASE_OID_STRING "\x01"
#define GSS_NTLMSSP_SET_SEQ_NUM_OID_LENGTH GSS_NTLMSSP_BASE_OID_LENGTH + 1

/* gss_inquire_sec_context_by_oid: one octet, 1 when SPNEGO must send its mechListMIC. */
#define GSS_SPNEGO_REQUIRE_MIC_OID_STRING GSS_NTLMSSP_BASE_OID_STRING "\x02"
#define GSS_SPNEGO_REQUIRE_MIC_OID_LENGTH GSS_NTLMSSP_BASE_OID_LENGTH + 1

/* gss_set_sec_context_option: uint32_t in host order, 1 starts the receiving RC4 state anew, 0 the
 * sending one. */
#define GSS_NTLMSSP_RESET_CRYPTO_OID_STRING GSS_NTLMSSP_BASE_OID_STRING "\x03"
#define GSS_NTLMSSP_RESET_CRYPTO_OID_LENGTH GSS_NTLMSSP_BASE_OID_LENGTH + 1

/* gssspi_mech_invoke: the path of a log file for this process; an empty value ends it. */
#define GSS_NTLMSSP_DEBUG_OID_STRING GSS_NTLMSSP_BASE_OID_STRING "\x04"
#define GSS_NTLMSSP_DEBUG_OID_LENGTH GSS_NTLMSSP_BASE_OID_LENGTH + 1

/* gss_set_cred_option: uint32_t in host order, the flags of NEGOTIATE in place of the usual ones;
 * an empty value brings those back.
 * gss_inquire_sec_context_by_oid (not of gss-ntlmssp): uint32_t in host order, the flags that an
 * established context has agreed on ([MS-NLMP] 2.2.2.5). */
#define GSS_NTLMSSP_NEG_FLAGS_OID_STRING GSS_NTLMSSP_BASE_OID_STRING "\x05"
#define GSS_NTLMSSP_NEG_FLAGS_OID_LENGTH GSS_NTLMSSP_BASE_OID_LENGTH + 1

/* ---- keys of the credential store --------------------------------------------------------------
 */

#define GSS_NTLMSSP_CS_DOMAIN "ntlmssp_domain"
#define GSS_NTLMSSP_CS_NTHASH "ntlmssp_nthash"     /* 32 hexadecimal digits */
#define GSS_NTLMSSP_CS_PASSWORD "ntlmssp_password" /* "password" is the same */
#define GSS_NTLMSSP_CS_KEYFILE "ntlmssp_keyfile"   /* path of an account file */
#endif                                             /* GSS_NTLMSSP_OID_STRING */

/* ---- what <gssapi/gssapi_ntlmssp.h> does not have ----------------------------------------------
 */

/* gss_acquire_cred_from: the account as DOMAIN\user, user or UPN. For NTLM it takes the place of
 * the desired name, so that one call can name a Kerberos principal and the account behind it. The
 * name of a service stays that of a credential to accept. */
#define GSS_NTLM_CS_USER "ntlmssp_user"

/* gss_store_cred_into: seconds for which the login is kept in the session keyring. */
#define GSS_NTLM_CS_LIFETIME "ntlmssp_lifetime"

/* The context with which the acceptor of a connectionless exchange begins. libgssapi hands no empty
 * first token to a mechanism, so this is imported instead: gss_import_sec_context() of the OID's
 * length (4 octets, big-endian), the OID, and these octets. The first gss_accept_sec_context() on
 * it takes an empty token and gives CHALLENGE. */
#define GSS_NTLM_DATAGRAM_SEED "\x4e\x44\x47\x01"
#define GSS_NTLM_DATAGRAM_SEED_LENGTH 4

/* RFC 6680 name attributes of an accepted initiator. All values are UTF-8 text. */
#define GSS_NTLM_ATTR_SIDS "urn:gssntlmssp:sids"              /* all, comma-separated */
#define GSS_NTLM_ATTR_SID "urn:gss-sspi:ntlm:sid"             /* one value each, the user's first */
#define GSS_NTLM_ATTR_GROUP_SID "urn:gss-sspi:ntlm:group-sid" /* one value each */
#define GSS_NTLM_ATTR_USER "urn:gss-sspi:ntlm:user"
#define GSS_NTLM_ATTR_DOMAIN "urn:gss-sspi:ntlm:domain"
#define GSS_NTLM_ATTR_DNS_DOMAIN "urn:gss-sspi:ntlm:dns-domain"
#define GSS_NTLM_ATTR_UPN "urn:gss-sspi:ntlm:upn"
#define GSS_NTLM_ATTR_WORKSTATION "urn:gss-sspi:ntlm:workstation" /* as the client says */
/* The target name that the client gave, as it sent it (MsvAvTargetName). The NTLMv2 proof covers
 * it, so it is authenticated: this user meant this service. Without it the client named none, or
 * says that it had the name from a source it does not trust, or used NTLMv1. */
#define GSS_NTLM_ATTR_TARGET "urn:gss-sspi:ntlm:target"
#define GSS_NTLM_ATTR_SOURCE                                           \
  "urn:gss-sspi:ntlm:source" /* "winbind" where that verified the user \
                              */

#endif /* GSS_SSPI_GSSAPI_NTLM_EXT_H */
