/* SPDX-License-Identifier: MIT */
/* What a program needs to know of the CredSSP mechanism ([MS-CSSP]) beside RFC 2744: its OID,
 * options, keys of the credential store, and the two ways to begin a context.
 *
 * An acceptor acquires a credential for this mechanism and gives it to every call of
 * gss_accept_sec_context(): the mechanism is never used unless it is named. Tokens are the octets
 * of a TLS stream, in pieces of any size; in the mode "tsrequest", those of TSRequest messages. */
#ifndef GSS_SSPI_GSSAPI_CREDSSP_H
#define GSS_SSPI_GSSAPI_CREDSSP_H

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>

/* ---- the mechanism ----------------------------------------------------------------------------
 */

/* 2.25.7309953812226743153, until the project has a registered number. */
#define GSS_CREDSSP_OID_STRING "\x69\xe5\xb9\x8b\x88\xb2\xf2\xa6\xb6\x71"
#define GSS_CREDSSP_OID_LENGTH 10

/* libgssapi hands the first token of an acceptor to a mechanism only if it is framed as in RFC 2743
 * 3.1, which those of CredSSP are not. So a context is made first, by gss_import_sec_context() of
 * these octets: the OID's length (4 octets, big-endian), the OID, "seed". Its role is that of the
 * first call it is given to. It serves an initiator that sets options before its first call, too.
 * gss_credssp_begin() below does that. */
#define GSS_CREDSSP_SEED_STRING "\x00\x00\x00\x0a" GSS_CREDSSP_OID_STRING "seed"
#define GSS_CREDSSP_SEED_LENGTH (4 + GSS_CREDSSP_OID_LENGTH + 4)

static inline OM_uint32 gss_credssp_begin(OM_uint32 *minor_status, gss_ctx_id_t *context) {
  char seed[] = GSS_CREDSSP_SEED_STRING;
  gss_buffer_desc token;
  token.length = GSS_CREDSSP_SEED_LENGTH;
  token.value = seed;
  return gss_import_sec_context(minor_status, &token, context);
}

/* ---- options: children of the mechanism's OID --------------------------------------------------
 *
 * All are asked by gss_inquire_sec_context_by_oid() unless another call is named. Numbers are
 * uint32_t in host order, text is UTF-8 without NUL. What is not known yet, or cannot be in this
 * mode, is GSS_S_UNAVAILABLE. */

#define GSS_CREDSSP_OPTION_LENGTH (GSS_CREDSSP_OID_LENGTH + 1)

/* gss_set_sec_context_option(), mode "tsrequest", at any time before the initiator's last but one
 * or the acceptor's last but one token: the server's public key, as certificate, as
 * SubjectPublicKeyInfo or as the contents of its bit string, all in DER. */
#define GSS_CREDSSP_SERVER_KEY_STRING GSS_CREDSSP_OID_STRING "\x01"

/* Also of a context that has failed, and in every state: the errorCode that the peer sent, or 0
 * (NTSTATUS or HRESULT); what the context waits for, as text, empty when it is complete or dead. */
#define GSS_CREDSSP_STATUS_STRING GSS_CREDSSP_OID_STRING "\x02"

/* The version of CredSSP that both speak, 2 to 6. */
#define GSS_CREDSSP_VERSION_STRING GSS_CREDSSP_OID_STRING "\x03"

/* The mechanism inside, as the octets of its OID. */
#define GSS_CREDSSP_INNER_STRING GSS_CREDSSP_OID_STRING "\x04"

/* Version of TLS and name of the cipher suite, two texts. */
#define GSS_CREDSSP_TLS_STRING GSS_CREDSSP_OID_STRING "\x05"

/* Initiator: the server's certificate, DER. Acceptor: its own. */
#define GSS_CREDSSP_CERTIFICATE_STRING GSS_CREDSSP_OID_STRING "\x06"

/* Initiator: what a check of the server's certificate came to, whatever the key "credssp:verify"
 * asks for: a number of X509_V_*, 0 for good, and its text. */
#define GSS_CREDSSP_VERDICT_STRING GSS_CREDSSP_OID_STRING "\x07"

/* Initiator: GSS_CREDSSP_PROOF_*, what proved the server's name. */
#define GSS_CREDSSP_PROOF_STRING GSS_CREDSSP_OID_STRING "\x08"
#define GSS_CREDSSP_PROOF_INNER 1       /* the mechanism inside, mutual authentication */
#define GSS_CREDSSP_PROOF_CERTIFICATE 2 /* the certificate, by "credssp:verify" */

/* Acceptor: the credentials that the client delegated: their kind (1 password, 2 smart card,
 * 6 remote guard); then for kind 1 domain, user and password, three texts. They are secrets: wipe
 * them before gss_release_buffer_set(). */
#define GSS_CREDSSP_DELEGATED_STRING GSS_CREDSSP_OID_STRING "\x09"

/* Channel bindings of the TLS stream, as application data of gss_channel_bindings_struct:
 * "tls-exporter:..." (TLS 1.3) or "tls-unique:..."; "tls-server-end-point:...". */
#define GSS_CREDSSP_UNIQUE_BINDING_STRING GSS_CREDSSP_OID_STRING "\x0a"
#define GSS_CREDSSP_END_POINT_BINDING_STRING GSS_CREDSSP_OID_STRING "\x0b"

/* The close_notify record. The stream takes no further messages to send. */
#define GSS_CREDSSP_CLOSE_STRING GSS_CREDSSP_OID_STRING "\x0c"

/* What is to be read already, as one message: the octets behind the last TSRequest, which a peer
 * may send at once with it (in mode "tsrequest" as they came). Empty when there is nothing,
 * GSS_S_CONTEXT_EXPIRED when nothing can come any more. The next gss_unwrap() gives them as well,
 * but libgssapi lets no empty token through to it. */
#define GSS_CREDSSP_PENDING_STRING GSS_CREDSSP_OID_STRING "\x0e"

/* gss_set_sec_context_option() of a context that has not begun (see above): the login of an
 * initiator fails unless something proves the server's name, before any credentials leave. */
#define GSS_CREDSSP_REQUIRE_PROOF_STRING GSS_CREDSSP_OID_STRING "\x0d"

/* gss_set_sec_context_option() of a context that has not begun: where the server asks for a
 * certificate and the credential has none, the initiator stops once, with GSS_S_CONTINUE_NEEDED and
 * no token. The next call, with an empty token, goes on: with the certificate of the credential
 * that is given then, or with none. gss_inquire_sec_context_by_oid() of a context that has stopped:
 * the authorities that the server named, as X.509 names in DER, none or more. */
#define GSS_CREDSSP_CERTIFICATE_REQUEST_STRING GSS_CREDSSP_OID_STRING "\x0f"

/* ---- keys of the credential store (gss_acquire_cred_from) --------------------------------------
 *
 * Keys that do not begin with "credssp:" go to the mechanism inside. See gss_credssp(7). */

#define GSS_CREDSSP_CS_MODE "credssp:mode"       /* full, tsrequest */
#define GSS_CREDSSP_CS_FRAMING "credssp:framing" /* raw, gss: RFC 2743 3.1 for the first token */
#define GSS_CREDSSP_CS_INNER "credssp:inner"     /* spnego, ntlm, krb5, auto */
#define GSS_CREDSSP_CS_USER "credssp:user"
#define GSS_CREDSSP_CS_DOMAIN "credssp:domain"
#define GSS_CREDSSP_CS_PASSWORD "credssp:password"
#define GSS_CREDSSP_CS_PASSWORD_FILE "credssp:password-file"
#define GSS_CREDSSP_CS_VERIFY "credssp:verify" /* none, ca, pin */
#define GSS_CREDSSP_CS_CA "credssp:ca"         /* PEM file; without it the system's */
#define GSS_CREDSSP_CS_PIN "credssp:pin"       /* SHA-256 of SubjectPublicKeyInfo, hexadecimal */
#define GSS_CREDSSP_CS_SERVER_NAME "credssp:server-name"
#define GSS_CREDSSP_CS_CLIENT_CERT "credssp:client-cert"
#define GSS_CREDSSP_CS_CLIENT_KEY "credssp:client-key"
#define GSS_CREDSSP_CS_MIN_VERSION "credssp:min-version" /* 5; 2 to 6 */
#define GSS_CREDSSP_CS_CERT "credssp:cert"               /* of an acceptor, PEM, chain behind it */
#define GSS_CREDSSP_CS_KEY "credssp:key"                 /* PEM */
#define GSS_CREDSSP_CS_SERVER_CERT "credssp:server-cert" /* PEM, in mode tsrequest */
#define GSS_CREDSSP_CS_TLS_MIN "credssp:tls-min"         /* 1.2, 1.3 */
#define GSS_CREDSSP_CS_TLS_MAX "credssp:tls-max"
#define GSS_CREDSSP_CS_CIPHERS "credssp:ciphers"                     /* of TLS 1.2 */
#define GSS_CREDSSP_CS_REQUIRE_SAME_USER "credssp:require-same-user" /* no, yes */
#define GSS_CREDSSP_CS_DELEG_KRB5 "credssp:deleg-krb5"               /* auto, never, always */
#define GSS_CREDSSP_CS_FORWARD_BINDINGS "credssp:forward-bindings"   /* no, yes */
#define GSS_CREDSSP_CS_ALLOW_NTLM "credssp:allow-ntlm"               /* yes, no */

#endif /* GSS_SSPI_GSSAPI_CREDSSP_H */
