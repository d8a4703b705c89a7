// SPDX-License-Identifier: MIT
// The floor: the cheapest mechanism that still does all cryptography of an NTLMv2 login and of its
// messages behind the real mechglue. Not NTLM: tokens have the sizes of real ones but no wire
// format, there are no names, no checks of flags, one account. What is left is mechglue, allocation
// and cryptography, with keys derived when the first message is protected.
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <stdlib.h>
#include <sys/random.h>

#include "floor_crypto.h"

#define EXPORT __attribute__((visibility("default")))

enum {
  kNegotiateSize = 40,
  kChallengeSize = 118,
  kAuthenticateSize = 258,
  // Where the AUTHENTICATE of the floor keeps what is computed.
  kMic = 16,
  kNtProofStr = 64,
  kEncryptedKey = 80,
  kServerChallenge = 100,  // followed by temp: together what the NTProofStr covers
  kProofInput = 112,
  kChallengeLength = 8,
};

struct Name {
  size_t length;
  char text[];
};

struct Credential {
  struct HmacKey response_key;  // HMAC state of NTOWFv2
};

enum Stage { kInProgress, kEstablished, kKeysReady };

struct Context {
  enum Stage stage;
  int acceptor;
  struct Direction send, receive;
  uint8_t session_key[kKeySize];
  uint8_t negotiate[kNegotiateSize], challenge[kChallengeSize];
};

static gss_OID_desc ntlm_oid = {10, "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"};

static int RandomBytes(void *to, size_t n) { return getrandom(to, n, 0) == (ssize_t)n; }

// [MS-NLMP] 3.3.2 NTOWFv2, from a fixed NT hash.
static void ResponseKey(struct HmacKey *key) {
  static const uint8_t nt_hash[kKeySize] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  static const uint8_t user_and_domain[20] = "B\0E\0N\0C\0H\0B\0E\0N\0C";
  uint8_t ntowf_v2[kKeySize];
  struct HmacKey hash_key;
  HmacKeyInit(&hash_key, nt_hash);
  Hmac(&hash_key, user_and_domain, sizeof user_and_domain, ntowf_v2);
  HmacKeyInit(key, ntowf_v2);
}

// [MS-NLMP] 3.4.5.2 SIGNKEY, 3.4.5.3 SEALKEY.
static __attribute__((noinline)) void DeriveKeys(struct Context *context) {
  enum { kMagicSize = 59 };
  static const char magic[4][kMagicSize + 1] = {
      "session key to client-to-server signing key magic constant",
      "session key to server-to-client signing key magic constant",
      "session key to client-to-server sealing key magic constant",
      "session key to server-to-client sealing key magic constant"};
  uint8_t input[kKeySize + kMagicSize], key[4][kKeySize];
  memcpy(input, context->session_key, kKeySize);
  for (int i = 0; i < 4; ++i) {
    memcpy(input + kKeySize, magic[i], kMagicSize);
    Md5(input, sizeof input, key[i]);
  }
  const int own = context->acceptor, other = !own;
  HmacKeyInit(&context->send.sign, key[own]);
  HmacKeyInit(&context->receive.sign, key[other]);
  Rc4InitTwo(&context->send.seal, key[2 + own], &context->receive.seal, key[2 + other]);
  context->stage = kKeysReady;
}

static struct Context *ReadyContext(gss_ctx_id_t handle) {
  struct Context *context = (struct Context *)handle;
  if (__builtin_expect(context->stage == kEstablished, 0)) DeriveKeys(context);
  return context;
}

static struct Context *NewContext(int acceptor) {
  struct Context *context = malloc(sizeof *context);
  if (!context) return NULL;
  context->stage = kInProgress;
  context->acceptor = acceptor;
  context->send.seq = context->receive.seq = 0;
  return context;
}

static OM_uint32 Allocate(gss_buffer_t buffer, size_t n) {
  buffer->value = malloc(n);
  buffer->length = buffer->value ? n : 0;
  return buffer->value ? GSS_S_COMPLETE : GSS_S_FAILURE;
}

static OM_uint32 CopyOut(gss_buffer_t buffer, const void *from, size_t n) {
  const OM_uint32 major = Allocate(buffer, n);
  if (major == GSS_S_COMPLETE) memcpy(buffer->value, from, n);
  return major;
}

// [MS-NLMP] 3.1.5.1.2: the MIC over the three messages, its own field zero in AUTHENTICATE.
static void Mic(const struct Context *context, const uint8_t *authenticate,
                uint8_t mic[kMd5Digest]) {
  uint8_t all[kNegotiateSize + kChallengeSize + kAuthenticateSize], *last;
  struct HmacKey key;
  last = all + kNegotiateSize + kChallengeSize;
  memcpy(all, context->negotiate, kNegotiateSize);
  memcpy(all + kNegotiateSize, context->challenge, kChallengeSize);
  memcpy(last, authenticate, kAuthenticateSize);
  memset(last + kMic, 0, kMd5Digest);
  HmacKeyInit(&key, context->session_key);
  Hmac(&key, all, sizeof all, mic);
}

// RC4 of the exported session key under the session base key: both directions.
static void KeyExchange(const struct HmacKey *response_key, const uint8_t *nt_proof_str,
                        const uint8_t *in, uint8_t *out) {
  uint8_t session_base_key[kKeySize];
  struct Rc4 rc4;
  Hmac(response_key, nt_proof_str, kMd5Digest, session_base_key);
  Rc4Init(&rc4, session_base_key);
  Rc4Run(&rc4, in, out, kKeySize);
}

static OM_uint32 BuildAuthenticate(struct Context *context, const struct Credential *credential,
                                   const uint8_t *challenge, uint8_t *message) {
  uint8_t random[kChallengeLength + kKeySize];
  if (!RandomBytes(random, sizeof random)) return GSS_S_FAILURE;
  memset(message, 0, kAuthenticateSize);
  memcpy(context->challenge, challenge, kChallengeSize);
  memcpy(context->session_key, random + kChallengeLength, kKeySize);
  memcpy(message + kServerChallenge, challenge, kChallengeLength);
  memcpy(message + kServerChallenge + kChallengeLength, random, kChallengeLength);
  Hmac(&credential->response_key, message + kServerChallenge, kProofInput, message + kNtProofStr);
  KeyExchange(&credential->response_key, message + kNtProofStr, context->session_key,
              message + kEncryptedKey);
  Mic(context, message, message + kMic);
  return GSS_S_COMPLETE;
}

static OM_uint32 VerifyAuthenticate(struct Context *context, const struct Credential *credential,
                                    const uint8_t *message) {
  uint8_t expected[kMd5Digest];
  if (memcmp(message + kServerChallenge, context->challenge, kChallengeLength))
    return GSS_S_DEFECTIVE_TOKEN;
  Hmac(&credential->response_key, message + kServerChallenge, kProofInput, expected);
  if (memcmp(expected, message + kNtProofStr, kMd5Digest)) return GSS_S_DEFECTIVE_TOKEN;
  KeyExchange(&credential->response_key, expected, message + kEncryptedKey, context->session_key);
  Mic(context, message, expected);
  return memcmp(expected, message + kMic, kMd5Digest) ? GSS_S_DEFECTIVE_TOKEN : GSS_S_COMPLETE;
}

// ---- entry points ----------------------------------------------------------------------------

EXPORT OM_uint32 gss_acquire_cred(OM_uint32 *minor, gss_name_t name, OM_uint32 time_req,
                                  gss_OID_set mechs, gss_cred_usage_t usage, gss_cred_id_t *out,
                                  gss_OID_set *actual_mechs, OM_uint32 *time_rec) {
  *minor = 0;
  struct Credential *credential = malloc(sizeof *credential);
  if (!credential) return GSS_S_FAILURE;
  ResponseKey(&credential->response_key);
  *out = (gss_cred_id_t)credential;
  if (actual_mechs) *actual_mechs = GSS_C_NO_OID_SET;
  if (time_rec) *time_rec = GSS_C_INDEFINITE;
  return GSS_S_COMPLETE;
}

EXPORT OM_uint32 gss_acquire_cred_from(OM_uint32 *minor, gss_name_t name, OM_uint32 time_req,
                                       gss_OID_set mechs, gss_cred_usage_t usage,
                                       gss_const_key_value_set_t store, gss_cred_id_t *out,
                                       gss_OID_set *actual_mechs, OM_uint32 *time_rec) {
  return gss_acquire_cred(minor, name, time_req, mechs, usage, out, actual_mechs, time_rec);
}

EXPORT OM_uint32 gss_release_cred(OM_uint32 *minor, gss_cred_id_t *credential) {
  *minor = 0;
  free(*credential);
  *credential = GSS_C_NO_CREDENTIAL;
  return GSS_S_COMPLETE;
}

EXPORT OM_uint32 gss_inquire_cred(OM_uint32 *minor, gss_cred_id_t credential, gss_name_t *name,
                                  OM_uint32 *lifetime, gss_cred_usage_t *usage,
                                  gss_OID_set *mechs) {
  *minor = 0;
  if (name) *name = GSS_C_NO_NAME;
  if (lifetime) *lifetime = GSS_C_INDEFINITE;
  if (usage) *usage = GSS_C_BOTH;
  if (mechs) *mechs = GSS_C_NO_OID_SET;
  return GSS_S_COMPLETE;
}

EXPORT OM_uint32 gss_import_name(OM_uint32 *minor, gss_buffer_t text, gss_OID type,
                                 gss_name_t *out) {
  *minor = 0;
  struct Name *name = malloc(sizeof *name + text->length);
  if (!name) return GSS_S_FAILURE;
  name->length = text->length;
  memcpy(name->text, text->value, text->length);
  *out = (gss_name_t)name;
  return GSS_S_COMPLETE;
}

EXPORT OM_uint32 gss_release_name(OM_uint32 *minor, gss_name_t *name) {
  *minor = 0;
  free(*name);
  *name = GSS_C_NO_NAME;
  return GSS_S_COMPLETE;
}

EXPORT OM_uint32 gss_duplicate_name(OM_uint32 *minor, const gss_name_t name, gss_name_t *out) {
  struct Name *from = (struct Name *)name;
  gss_buffer_desc text = {from->length, from->text};
  return gss_import_name(minor, &text, GSS_C_NO_OID, out);
}

EXPORT OM_uint32 gss_display_name(OM_uint32 *minor, gss_name_t name, gss_buffer_t text,
                                  gss_OID *type) {
  *minor = 0;
  const struct Name *from = (const struct Name *)name;
  if (type) *type = GSS_C_NT_USER_NAME;
  return CopyOut(text, from->text, from->length);
}

EXPORT OM_uint32 gss_init_sec_context(OM_uint32 *minor, gss_cred_id_t credential,
                                      gss_ctx_id_t *handle, gss_name_t target, gss_OID mech,
                                      OM_uint32 flags, OM_uint32 time_req,
                                      gss_channel_bindings_t bindings, gss_buffer_t in,
                                      gss_OID *actual_mech, gss_buffer_t out, OM_uint32 *ret_flags,
                                      OM_uint32 *time_rec) {
  struct Context *context = (struct Context *)*handle;
  *minor = 0;
  if (actual_mech) *actual_mech = &ntlm_oid;
  if (ret_flags) *ret_flags = flags;
  if (time_rec) *time_rec = GSS_C_INDEFINITE;
  if (!context) {
    context = NewContext(0);
    if (!context) return GSS_S_FAILURE;
    *handle = (gss_ctx_id_t)context;
    memset(context->negotiate, 7, kNegotiateSize);
    memcpy(context->negotiate, "NTLMSSP\0\1\0\0", 12);  // mechglue looks for it
    const OM_uint32 major = CopyOut(out, context->negotiate, kNegotiateSize);
    return major ? major : GSS_S_CONTINUE_NEEDED;
  }
  if (in->length != kChallengeSize) return GSS_S_DEFECTIVE_TOKEN;
  const OM_uint32 major = Allocate(out, kAuthenticateSize);
  if (major) return major;
  context->stage = kEstablished;
  return BuildAuthenticate(context, (const struct Credential *)credential, in->value, out->value);
}

EXPORT OM_uint32 gss_accept_sec_context(OM_uint32 *minor, gss_ctx_id_t *handle,
                                        gss_cred_id_t credential, gss_buffer_t in,
                                        gss_channel_bindings_t bindings, gss_name_t *source,
                                        gss_OID *mech, gss_buffer_t out, OM_uint32 *ret_flags,
                                        OM_uint32 *time_rec, gss_cred_id_t *delegated) {
  struct Context *context = (struct Context *)*handle;
  *minor = 0;
  if (mech) *mech = &ntlm_oid;
  if (ret_flags) *ret_flags = GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG;
  if (time_rec) *time_rec = GSS_C_INDEFINITE;
  if (!context) {
    if (in->length != kNegotiateSize) return GSS_S_DEFECTIVE_TOKEN;
    context = NewContext(1);
    if (!context) return GSS_S_FAILURE;
    *handle = (gss_ctx_id_t)context;
    memcpy(context->negotiate, in->value, kNegotiateSize);
    memset(context->challenge, 9, kChallengeSize);
    if (!RandomBytes(context->challenge, kChallengeLength)) return GSS_S_FAILURE;
    const OM_uint32 major = CopyOut(out, context->challenge, kChallengeSize);
    return major ? major : GSS_S_CONTINUE_NEEDED;
  }
  if (in->length != kAuthenticateSize) return GSS_S_DEFECTIVE_TOKEN;
  const OM_uint32 major =
      VerifyAuthenticate(context, (const struct Credential *)credential, in->value);
  if (major) return major;
  context->stage = kEstablished;
  *out = (gss_buffer_desc){0, NULL};
  gss_buffer_desc name = {sizeof "BENCH\\bench" - 1, "BENCH\\bench"};
  return source ? gss_import_name(minor, &name, GSS_C_NO_OID, source) : GSS_S_COMPLETE;
}

EXPORT OM_uint32 gss_delete_sec_context(OM_uint32 *minor, gss_ctx_id_t *handle, gss_buffer_t out) {
  *minor = 0;
  if (*handle) explicit_bzero(*handle, sizeof(struct Context));
  free(*handle);
  *handle = GSS_C_NO_CONTEXT;
  return GSS_S_COMPLETE;
}

EXPORT OM_uint32 gss_wrap(OM_uint32 *minor, gss_ctx_id_t handle, int conf_req, gss_qop_t qop,
                          gss_buffer_t in, int *conf_state, gss_buffer_t out) {
  struct Context *context = ReadyContext(handle);
  *minor = 0;
  if (Allocate(out, kSignatureSize + in->length)) return GSS_S_FAILURE;
  uint8_t *token = out->value;
  Seal(&context->send, in->value, in->length, token + kSignatureSize, token);
  if (conf_state) *conf_state = 1;
  return GSS_S_COMPLETE;
}

EXPORT OM_uint32 gss_unwrap(OM_uint32 *minor, gss_ctx_id_t handle, gss_buffer_t in,
                            gss_buffer_t out, int *conf_state, gss_qop_t *qop) {
  struct Context *context = ReadyContext(handle);
  *minor = 0;
  if (in->length < kSignatureSize) return GSS_S_DEFECTIVE_TOKEN;
  const size_t length = in->length - kSignatureSize;
  const uint8_t *token = in->value;
  uint8_t *plain = malloc(length + 1);
  if (!plain) return GSS_S_FAILURE;
  if (Unseal(&context->receive, token + kSignatureSize, length, plain, token)) {
    free(plain);
    return GSS_S_BAD_SIG;
  }
  *out = (gss_buffer_desc){length, plain};
  if (conf_state) *conf_state = 1;
  if (qop) *qop = GSS_C_QOP_DEFAULT;
  return GSS_S_COMPLETE;
}

EXPORT OM_uint32 gss_get_mic(OM_uint32 *minor, gss_ctx_id_t handle, gss_qop_t qop,
                             gss_buffer_t message, gss_buffer_t token) {
  struct Context *context = ReadyContext(handle);
  *minor = 0;
  if (Allocate(token, kSignatureSize)) return GSS_S_FAILURE;
  Sign(&context->send, message->value, message->length, token->value);
  return GSS_S_COMPLETE;
}

EXPORT OM_uint32 gss_verify_mic(OM_uint32 *minor, gss_ctx_id_t handle, gss_buffer_t message,
                                gss_buffer_t token, gss_qop_t *qop) {
  struct Context *context = ReadyContext(handle);
  uint8_t expected[kSignatureSize];
  *minor = 0;
  if (token->length != kSignatureSize) return GSS_S_DEFECTIVE_TOKEN;
  Sign(&context->receive, message->value, message->length, expected);
  if (memcmp(expected, token->value, kSignatureSize)) return GSS_S_BAD_SIG;
  if (qop) *qop = GSS_C_QOP_DEFAULT;
  return GSS_S_COMPLETE;
}

EXPORT OM_uint32 gss_wrap_iov_length(OM_uint32 *minor, gss_ctx_id_t handle, int conf_req,
                                     gss_qop_t qop, int *conf_state, gss_iov_buffer_desc *iov,
                                     int count) {
  *minor = 0;
  for (int i = 0; i < count; ++i) {
    const OM_uint32 type = GSS_IOV_BUFFER_TYPE(iov[i].type);
    if (type == GSS_IOV_BUFFER_TYPE_HEADER)
      iov[i].buffer.length = kSignatureSize;
    else if (type != GSS_IOV_BUFFER_TYPE_DATA)
      iov[i].buffer.length = 0;
  }
  return GSS_S_COMPLETE;
}

// HEADER first, DATA second, nothing else is looked at.
EXPORT OM_uint32 gss_wrap_iov(OM_uint32 *minor, gss_ctx_id_t handle, int conf_req, gss_qop_t qop,
                              int *conf_state, gss_iov_buffer_desc *iov, int count) {
  struct Context *context = ReadyContext(handle);
  *minor = 0;
  Seal(&context->send, iov[1].buffer.value, iov[1].buffer.length, iov[1].buffer.value,
       iov[0].buffer.value);
  if (conf_state) *conf_state = 1;
  return GSS_S_COMPLETE;
}

EXPORT OM_uint32 gss_unwrap_iov(OM_uint32 *minor, gss_ctx_id_t handle, int *conf_state,
                                gss_qop_t *qop, gss_iov_buffer_desc *iov, int count) {
  struct Context *context = ReadyContext(handle);
  *minor = 0;
  if (Unseal(&context->receive, iov[1].buffer.value, iov[1].buffer.length, iov[1].buffer.value,
             iov[0].buffer.value))
    return GSS_S_BAD_SIG;
  if (conf_state) *conf_state = 1;
  return GSS_S_COMPLETE;
}

EXPORT OM_uint32 gss_export_sec_context(OM_uint32 *minor, gss_ctx_id_t *handle, gss_buffer_t out) {
  const OM_uint32 major = CopyOut(out, *handle, sizeof(struct Context));
  return major ? major : gss_delete_sec_context(minor, handle, GSS_C_NO_BUFFER);
}

EXPORT OM_uint32 gss_import_sec_context(OM_uint32 *minor, gss_buffer_t token,
                                        gss_ctx_id_t *handle) {
  *minor = 0;
  if (token->length != sizeof(struct Context)) return GSS_S_DEFECTIVE_TOKEN;
  struct Context *context = malloc(sizeof *context);
  if (!context) return GSS_S_FAILURE;
  memcpy(context, token->value, sizeof *context);
  *handle = (gss_ctx_id_t)context;
  return GSS_S_COMPLETE;
}

EXPORT OM_uint32 gss_indicate_mechs(OM_uint32 *minor, gss_OID_set *mechs) {
  *minor = 0;
  *mechs = GSS_C_NO_OID_SET;
  return GSS_S_COMPLETE;
}

EXPORT OM_uint32 gss_internal_release_oid(OM_uint32 *minor, gss_OID *oid) {
  *minor = 0;
  if (*oid != &ntlm_oid) return GSS_S_CONTINUE_NEEDED;
  *oid = GSS_C_NO_OID;
  return GSS_S_COMPLETE;
}
