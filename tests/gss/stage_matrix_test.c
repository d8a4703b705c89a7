// SPDX-License-Identifier: MIT
// Every call at every stage (N705): contexts of both sides, credentials of every kind and names,
// through mechglue. Statuses and texts are compared with stage_matrix.golden; calls that do not
// use up what they are given must leave a context that still works.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntlm_fields.h"

static gss_OID_desc oid_set_sequence = {11, "\x2b\x06\x01\x04\x01\xb7\x7d\x85\x0f\x01\x01"};
static gss_OID_desc oid_debug = {11, "\x2b\x06\x01\x04\x01\xb7\x7d\x85\x0f\x01\x04"};

struct result {
  OM_uint32 major, minor;
};

static void golden_result(struct golden *golden, const char *name, struct result result) {
  const char *text = GSS_ERROR(result.major) ? minor_text(result.minor) : "";
  if (strcmp(text, "Unknown error") == 0) text = "";  // mechglue's own answers have none
  golden_line(golden, "%s: %s%s%s", name, major_name(result.major), text[0] != '\0' ? ": " : "",
              text);
}

static void drop(gss_buffer_t buffer) {
  OM_uint32 minor;
  gss_release_buffer(&minor, buffer);
}

// ---- contexts ----------------------------------------------------------------------------------

enum stage { kNew, kHalfOpen, kOpen, kFailed, kDeleted, kStages };
static const char *const kStageNames[kStages] = {"new", "half open", "open", "failed", "deleted"};

// One context under test, with tokens that were, or could be, given to it.
struct subject {
  struct handshake h;
  bool initiator;  // the side under test
  enum stage stage;
  struct octets wrap_token, mic;  // from the other end, when it is open
  struct octets old[3];           // tokens of an earlier handshake
};

static const char kText[] = "text";

static gss_ctx_id_t *context_of(struct subject *s) {
  return s->initiator ? &s->h.initiator.context : &s->h.acceptor.context;
}

// A CHALLENGE without its signature, an AUTHENTICATE with another proof.
static void damage(struct handshake *h, int leg, struct octets *token) {
  const struct subject *s = h->hook_argument;
  if (s->initiator && leg == 1) token->data[0] ^= 0xff;
  if (!s->initiator && leg == 2) {
    token->data[field_get(token->data, kAuthNt).offset] ^= 0xff;
  }
}

static void make_peer_tokens(struct subject *s) {
  const gss_ctx_id_t peer = s->initiator ? s->h.acceptor.context : s->h.initiator.context;
  if (peer == GSS_C_NO_CONTEXT || !is_complete(&s->h.initiator)) return;
  // Either may be the first token that the side under test sees.
  gss_ctx_id_t other = peer;
  EXPECT_COMPLETE(mic_octets(other, kText, sizeof kText, &s->mic), 0);
  EXPECT_COMPLETE(wrap_octets(other, 1, kText, sizeof kText, NULL, &s->wrap_token), 0);
}

static void subject_open(struct subject *s, bool initiator, enum stage stage) {
  memset(s, 0, sizeof *s);
  s->initiator = initiator;
  s->stage = stage;
  handshake_open(&s->h, kRaw);
  handshake_establish(&s->h);
  for (int leg = 0; leg < 3; ++leg) {
    s->old[leg] = octets_copy(s->h.token[leg].data, s->h.token[leg].size);
  }
  handshake_reset(&s->h);
  s->h.hook_argument = s;
  if (stage == kNew || stage == kHalfOpen) {
    initiator_step(&s->h, NULL, &s->h.token[0]);
    if (stage == kHalfOpen) acceptor_step(&s->h, &s->h.token[0], &s->h.token[1]);
  } else {
    if (stage == kFailed) s->h.hook = damage;
    ck_assert_int_eq(handshake_run(&s->h), stage != kFailed);
  }
  OM_uint32 minor;
  if (stage == kDeleted || stage == kNew) {
    gss_delete_sec_context(&minor, context_of(s), GSS_C_NO_BUFFER);
  }
}

static void subject_close(struct subject *s) {
  octets_free(&s->wrap_token);
  octets_free(&s->mic);
  for (int leg = 0; leg < 3; ++leg) octets_free(&s->old[leg]);
  handshake_close(&s->h);
}

// The context's own token of this leg, or that of the earlier handshake.
static const struct octets *token_of(const struct subject *s, int leg) {
  return s->h.token[leg].size != 0 ? &s->h.token[leg] : &s->old[leg];
}

// Whether a half-open handshake can still be finished, and an open context protect a message.
static bool still_works(struct subject *s) {
  struct handshake *h = &s->h;
  if (s->stage == kHalfOpen) {
    if (initiator_step(h, &h->token[1], &h->token[2]) != GSS_S_COMPLETE) return false;
    if (acceptor_step(h, &h->token[2], &h->token[3]) != GSS_S_COMPLETE) return false;
  }
  struct octets token, data;
  EXPECT_COMPLETE(wrap_octets(h->initiator.context, 1, kText, sizeof kText, NULL, &token), 0);
  bool works = !GSS_ERROR(unwrap_octets(h->acceptor.context, token.data, token.size, NULL, &data));
  octets_free(&token);
  octets_free(&data);
  EXPECT_COMPLETE(wrap_octets(h->acceptor.context, 1, kText, sizeof kText, NULL, &token), 0);
  works &= !GSS_ERROR(unwrap_octets(h->initiator.context, token.data, token.size, NULL, &data));
  octets_free(&token);
  octets_free(&data);
  return works;
}

// ---- the calls on a context --------------------------------------------------------------------

#define CONTEXT_CALL(name) static struct result name(struct subject *s)

CONTEXT_CALL(inquire_context) {
  struct result r;
  gss_name_t from = GSS_C_NO_NAME, to = GSS_C_NO_NAME;
  OM_uint32 lifetime, flags;
  gss_OID mech;
  int local, open;
  r.major = gss_inquire_context(&r.minor, *context_of(s), &from, &to, &lifetime, &mech, &flags,
                                &local, &open);
  release_name(&from);
  release_name(&to);
  return r;
}

CONTEXT_CALL(context_time) {
  struct result r;
  OM_uint32 lifetime;
  r.major = gss_context_time(&r.minor, *context_of(s), &lifetime);
  return r;
}

CONTEXT_CALL(get_mic) {
  struct result r;
  gss_buffer_desc text = buffer_of(kText, sizeof kText), mic = GSS_C_EMPTY_BUFFER;
  r.major = gss_get_mic(&r.minor, *context_of(s), GSS_C_QOP_DEFAULT, &text, &mic);
  drop(&mic);
  return r;
}

CONTEXT_CALL(get_mic_qop) {
  struct result r;
  gss_buffer_desc text = buffer_of(kText, sizeof kText), mic = GSS_C_EMPTY_BUFFER;
  r.major = gss_get_mic(&r.minor, *context_of(s), 7, &text, &mic);
  drop(&mic);
  return r;
}

// A token of the other end where there is one, zeros elsewhere.
static gss_buffer_desc token_or_zeros(const struct octets *token) {
  static const uint8_t kZeros[40];
  return token->size != 0 ? buffer_of(token->data, token->size) : buffer_of(kZeros, sizeof kZeros);
}

CONTEXT_CALL(verify_mic) {
  struct result r;
  make_peer_tokens(s);
  gss_buffer_desc text = buffer_of(kText, sizeof kText), mic = token_or_zeros(&s->mic);
  mic.length = kSignatureSize;
  r.major = gss_verify_mic(&r.minor, *context_of(s), &text, &mic, NULL);
  return r;
}

CONTEXT_CALL(verify_zero_mic) {
  struct result r;
  static const uint8_t kZeros[kSignatureSize];
  gss_buffer_desc text = buffer_of(kText, sizeof kText), mic = buffer_of(kZeros, sizeof kZeros);
  r.major = gss_verify_mic(&r.minor, *context_of(s), &text, &mic, NULL);
  return r;
}

static struct result wrap_with(struct subject *s, int conf, gss_qop_t qop) {
  struct result r;
  gss_buffer_desc text = buffer_of(kText, sizeof kText), token = GSS_C_EMPTY_BUFFER;
  int conf_state;
  r.major = gss_wrap(&r.minor, *context_of(s), conf, qop, &text, &conf_state, &token);
  drop(&token);
  return r;
}

CONTEXT_CALL(wrap) { return wrap_with(s, 1, GSS_C_QOP_DEFAULT); }
CONTEXT_CALL(wrap_plain) { return wrap_with(s, 0, GSS_C_QOP_DEFAULT); }
CONTEXT_CALL(wrap_qop) { return wrap_with(s, 1, 7); }

CONTEXT_CALL(unwrap) {
  struct result r;
  make_peer_tokens(s);
  gss_buffer_desc mic = token_or_zeros(&s->mic), token = token_or_zeros(&s->wrap_token);
  gss_buffer_desc text = buffer_of(kText, sizeof kText), data = GSS_C_EMPTY_BUFFER;
  mic.length = kSignatureSize;
  OM_uint32 minor;
  if (s->mic.size != 0) gss_verify_mic(&minor, *context_of(s), &text, &mic, NULL);
  r.major = gss_unwrap(&r.minor, *context_of(s), &token, &data, NULL, NULL);
  drop(&data);
  return r;
}

CONTEXT_CALL(unwrap_short) {
  struct result r;
  gss_buffer_desc token = buffer_of("0123456789abcde", 15), data = GSS_C_EMPTY_BUFFER;
  r.major = gss_unwrap(&r.minor, *context_of(s), &token, &data, NULL, NULL);
  drop(&data);
  return r;
}

CONTEXT_CALL(wrap_size_limit) {
  struct result r;
  OM_uint32 limit;
  r.major = gss_wrap_size_limit(&r.minor, *context_of(s), 1, GSS_C_QOP_DEFAULT, 1000, &limit);
  return r;
}

struct iov {
  gss_iov_buffer_desc buffer[2];
  uint8_t room[64];
};

static void iov_init(struct iov *iov, OM_uint32 first) {
  memset(iov, 0, sizeof *iov);
  iov->buffer[0].type = first;
  iov->buffer[0].buffer = buffer_of(iov->room, kSignatureSize);
  iov->buffer[1].type = GSS_IOV_BUFFER_TYPE_DATA;
  iov->buffer[1].buffer = buffer_of(iov->room + kSignatureSize, 20);
}

CONTEXT_CALL(wrap_iov) {
  struct result r;
  struct iov iov;
  int conf_state;
  iov_init(&iov, GSS_IOV_BUFFER_TYPE_HEADER);
  r.major = gss_wrap_iov(&r.minor, *context_of(s), 1, 0, &conf_state, iov.buffer, 2);
  return r;
}

CONTEXT_CALL(wrap_iov_length) {
  struct result r;
  struct iov iov;
  int conf_state;
  iov_init(&iov, GSS_IOV_BUFFER_TYPE_HEADER);
  r.major = gss_wrap_iov_length(&r.minor, *context_of(s), 1, 0, &conf_state, iov.buffer, 2);
  return r;
}

CONTEXT_CALL(unwrap_iov) {
  struct result r;
  struct iov iov;
  int conf_state;
  iov_init(&iov, GSS_IOV_BUFFER_TYPE_HEADER);
  r.major = gss_unwrap_iov(&r.minor, *context_of(s), &conf_state, NULL, iov.buffer, 2);
  return r;
}

CONTEXT_CALL(get_mic_iov) {
  struct result r;
  struct iov iov;
  iov_init(&iov, GSS_IOV_BUFFER_TYPE_MIC_TOKEN);
  r.major = gss_get_mic_iov(&r.minor, *context_of(s), 0, iov.buffer, 2);
  return r;
}

CONTEXT_CALL(get_mic_iov_length) {
  struct result r;
  struct iov iov;
  iov_init(&iov, GSS_IOV_BUFFER_TYPE_MIC_TOKEN);
  r.major = gss_get_mic_iov_length(&r.minor, *context_of(s), 0, iov.buffer, 2);
  return r;
}

CONTEXT_CALL(verify_mic_iov) {
  struct result r;
  struct iov iov;
  iov_init(&iov, GSS_IOV_BUFFER_TYPE_MIC_TOKEN);
  r.major = gss_verify_mic_iov(&r.minor, *context_of(s), NULL, iov.buffer, 2);
  return r;
}

static struct result inquire_by_oid(struct subject *s, gss_OID oid) {
  struct result r;
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  OM_uint32 minor;
  r.major = gss_inquire_sec_context_by_oid(&r.minor, *context_of(s), oid, &set);
  if (set != GSS_C_NO_BUFFER_SET) gss_release_buffer_set(&minor, &set);
  return r;
}

CONTEXT_CALL(inquire_session_key) { return inquire_by_oid(s, &oid_session_key); }
CONTEXT_CALL(inquire_sasl_ssf) { return inquire_by_oid(s, &oid_sasl_ssf); }
CONTEXT_CALL(inquire_require_mic) { return inquire_by_oid(s, &oid_require_mic); }
CONTEXT_CALL(inquire_neg_flags) { return inquire_by_oid(s, &oid_neg_flags); }
CONTEXT_CALL(inquire_set_sequence) { return inquire_by_oid(s, &oid_set_sequence); }
CONTEXT_CALL(inquire_reset_crypto) { return inquire_by_oid(s, &oid_reset_crypto); }
CONTEXT_CALL(inquire_unknown) { return inquire_by_oid(s, &oid_unknown); }

static struct result set_option(struct subject *s, gss_OID oid, const void *value, size_t size) {
  struct result r;
  gss_buffer_desc buffer = buffer_of(value, size);
  r.major = gss_set_sec_context_option(&r.minor, context_of(s), oid, &buffer);
  return r;
}

CONTEXT_CALL(reset_receive) { return set_option(s, &oid_reset_crypto, &(uint32_t){1}, 4); }
CONTEXT_CALL(reset_send) { return set_option(s, &oid_reset_crypto, &(uint32_t){0}, 4); }
CONTEXT_CALL(reset_short) { return set_option(s, &oid_reset_crypto, "abc", 3); }
CONTEXT_CALL(set_sequence) { return set_option(s, &oid_set_sequence, &(uint32_t){5}, 4); }
CONTEXT_CALL(set_unknown) { return set_option(s, &oid_unknown, "abcd", 4); }

CONTEXT_CALL(process_context_token) {
  struct result r;
  gss_buffer_desc token = buffer_of("token", 5);
  r.major = gss_process_context_token(&r.minor, *context_of(s), &token);
  return r;
}

static struct result pseudo_random(struct subject *s, int kind, ssize_t size) {
  struct result r;
  gss_buffer_desc seed = buffer_of_text("seed"), out = GSS_C_EMPTY_BUFFER;
  r.major = gss_pseudo_random(&r.minor, *context_of(s), kind, &seed, size, &out);
  if (!GSS_ERROR(r.major)) ck_assert_uint_eq(out.length, (size_t)size);
  drop(&out);
  return r;
}

CONTEXT_CALL(prf_full) { return pseudo_random(s, GSS_C_PRF_KEY_FULL, 40); }
CONTEXT_CALL(prf_partial) { return pseudo_random(s, GSS_C_PRF_KEY_PARTIAL, 40); }
CONTEXT_CALL(prf_nothing) { return pseudo_random(s, GSS_C_PRF_KEY_FULL, 0); }
CONTEXT_CALL(prf_negative) { return pseudo_random(s, GSS_C_PRF_KEY_FULL, -1); }
CONTEXT_CALL(prf_unknown_key) { return pseudo_random(s, 7, 40); }

CONTEXT_CALL(export_context) {
  struct result r;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  OM_uint32 minor;
  r.major = gss_export_sec_context(&r.minor, context_of(s), &token);
  if (!GSS_ERROR(r.major)) {
    ck_assert_ptr_null(*context_of(s));
    const OM_uint32 major = gss_import_sec_context(&minor, &token, context_of(s));
    EXPECT_COMPLETE(major, minor);
  }
  drop(&token);
  return r;
}

CONTEXT_CALL(export_twice) {
  struct result r;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  gss_export_sec_context(&r.minor, context_of(s), &token);
  drop(&token);
  r.major = gss_export_sec_context(&r.minor, context_of(s), &token);
  drop(&token);
  return r;
}

// Both ends' calls with this context and this token.
static struct result init_with(struct subject *s, const struct octets *token) {
  struct result r;
  gss_buffer_desc in = GSS_C_EMPTY_BUFFER, out = GSS_C_EMPTY_BUFFER;
  if (token != NULL) in = buffer_of(token->data, token->size);
  r.major = gss_init_sec_context(&r.minor, s->h.initiator_cred, context_of(s), s->h.target,
                                 &oid_ntlm, kUsualFlags, 0, NULL, &in, NULL, &out, NULL, NULL);
  drop(&out);
  return r;
}

static struct result accept_with(struct subject *s, const struct octets *token) {
  struct result r;
  gss_buffer_desc in = GSS_C_EMPTY_BUFFER, out = GSS_C_EMPTY_BUFFER;
  if (token != NULL) in = buffer_of(token->data, token->size);
  r.major = gss_accept_sec_context(&r.minor, context_of(s), s->h.acceptor_cred, &in, NULL, NULL,
                                   NULL, &out, NULL, NULL, NULL);
  drop(&out);
  return r;
}

CONTEXT_CALL(init_without_token) { return init_with(s, NULL); }
CONTEXT_CALL(init_with_negotiate) { return init_with(s, token_of(s, 0)); }
CONTEXT_CALL(init_with_challenge) { return init_with(s, token_of(s, 1)); }
CONTEXT_CALL(init_with_authenticate) { return init_with(s, token_of(s, 2)); }
CONTEXT_CALL(accept_without_token) { return accept_with(s, NULL); }
CONTEXT_CALL(accept_with_negotiate) { return accept_with(s, token_of(s, 0)); }
CONTEXT_CALL(accept_with_challenge) { return accept_with(s, token_of(s, 1)); }
CONTEXT_CALL(accept_with_authenticate) { return accept_with(s, token_of(s, 2)); }

CONTEXT_CALL(delete_context) {
  struct result r;
  r.major = gss_delete_sec_context(&r.minor, context_of(s), GSS_C_NO_BUFFER);
  return r;
}

CONTEXT_CALL(delete_with_token) {
  struct result r;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  r.major = gss_delete_sec_context(&r.minor, context_of(s), &token);
  ck_assert_uint_eq(token.length, 0);
  return r;
}

CONTEXT_CALL(delete_twice) {
  struct result r;
  gss_delete_sec_context(&r.minor, context_of(s), GSS_C_NO_BUFFER);
  r.major = gss_delete_sec_context(&r.minor, context_of(s), GSS_C_NO_BUFFER);
  ck_assert_ptr_null(*context_of(s));
  return r;
}

// What a call uses up: nothing, the message stream when it succeeds, or the context.
enum uses { kNothing, kStream, kContext };

static const struct context_row {
  const char *name;
  struct result (*call)(struct subject *s);
  enum uses uses;
} kContextRows[] = {
    {"gss_inquire_context", inquire_context, kNothing},
    {"gss_context_time", context_time, kNothing},
    {"gss_get_mic", get_mic, kStream},
    {"gss_get_mic, unknown QOP", get_mic_qop, kNothing},
    {"gss_verify_mic", verify_mic, kStream},
    {"gss_verify_mic, zeros", verify_zero_mic, kNothing},
    {"gss_wrap, sealed", wrap, kStream},
    {"gss_wrap, not sealed", wrap_plain, kStream},
    {"gss_wrap, unknown QOP", wrap_qop, kNothing},
    {"gss_unwrap", unwrap, kStream},
    {"gss_unwrap, 15 octets", unwrap_short, kNothing},
    {"gss_wrap_size_limit", wrap_size_limit, kNothing},
    {"gss_wrap_iov", wrap_iov, kStream},
    {"gss_wrap_iov_length", wrap_iov_length, kNothing},
    {"gss_unwrap_iov, zeros", unwrap_iov, kNothing},
    {"gss_get_mic_iov", get_mic_iov, kStream},
    {"gss_get_mic_iov_length", get_mic_iov_length, kNothing},
    {"gss_verify_mic_iov, zeros", verify_mic_iov, kNothing},
    {"gss_inquire_sec_context_by_oid, session key", inquire_session_key, kNothing},
    {"gss_inquire_sec_context_by_oid, SASL SSF", inquire_sasl_ssf, kNothing},
    {"gss_inquire_sec_context_by_oid, require MIC", inquire_require_mic, kNothing},
    {"gss_inquire_sec_context_by_oid, NEG_FLAGS", inquire_neg_flags, kNothing},
    {"gss_inquire_sec_context_by_oid, sequence", inquire_set_sequence, kNothing},
    {"gss_inquire_sec_context_by_oid, reset", inquire_reset_crypto, kNothing},
    {"gss_inquire_sec_context_by_oid, unknown", inquire_unknown, kNothing},
    {"gss_set_sec_context_option, reset receive", reset_receive, kNothing},
    {"gss_set_sec_context_option, reset send", reset_send, kNothing},
    {"gss_set_sec_context_option, reset of 3 octets", reset_short, kNothing},
    {"gss_set_sec_context_option, sequence", set_sequence, kNothing},
    {"gss_set_sec_context_option, unknown", set_unknown, kNothing},
    {"gss_process_context_token", process_context_token, kNothing},
    {"gss_pseudo_random, full", prf_full, kNothing},
    {"gss_pseudo_random, partial", prf_partial, kNothing},
    {"gss_pseudo_random, 0 octets", prf_nothing, kNothing},
    {"gss_pseudo_random, -1 octets", prf_negative, kNothing},
    {"gss_pseudo_random, unknown key", prf_unknown_key, kNothing},
    {"gss_export_sec_context and import", export_context, kNothing},
    {"gss_export_sec_context twice", export_twice, kContext},
    {"gss_init_sec_context, no token", init_without_token, kContext},
    {"gss_init_sec_context, NEGOTIATE", init_with_negotiate, kContext},
    {"gss_init_sec_context, CHALLENGE", init_with_challenge, kContext},
    {"gss_init_sec_context, AUTHENTICATE", init_with_authenticate, kContext},
    {"gss_accept_sec_context, no token", accept_without_token, kContext},
    {"gss_accept_sec_context, NEGOTIATE", accept_with_negotiate, kContext},
    {"gss_accept_sec_context, CHALLENGE", accept_with_challenge, kContext},
    {"gss_accept_sec_context, AUTHENTICATE", accept_with_authenticate, kContext},
    {"gss_delete_sec_context", delete_context, kContext},
    {"gss_delete_sec_context, with a token", delete_with_token, kContext},
    {"gss_delete_sec_context twice", delete_twice, kContext},
};

static void golden_contexts(struct golden *golden, bool initiator, enum stage stage) {
  golden_line(golden, "\n[%s, %s]", initiator ? "initiator" : "acceptor", kStageNames[stage]);
  for (size_t i = 0; i < sizeof kContextRows / sizeof kContextRows[0]; ++i) {
    const struct context_row *row = &kContextRows[i];
    struct subject s;
    subject_open(&s, initiator, stage);
    const struct result result = row->call(&s);
    const bool used = row->uses == kContext || (row->uses == kStream && !GSS_ERROR(result.major));
    golden_result(golden, row->name, result);
    if (!used && (stage == kHalfOpen || stage == kOpen)) {
      ck_assert_msg(still_works(&s), "%s, %s: the %s context does not work any more", row->name,
                    initiator ? "initiator" : "acceptor", kStageNames[stage]);
    }
    subject_close(&s);
  }
}

// ---- credentials -------------------------------------------------------------------------------

enum kind { kDefault, kInitiator, kAcceptor, kBoth, kReleased, kKinds };
static const char *const kKindNames[kKinds] = {"default", "initiator", "acceptor", "both",
                                               "released"};

static gss_cred_id_t make_cred(enum kind kind) {
  const struct store_entry store[] = {{"ntlmssp_keyfile", accounts_file()}, {NULL, NULL}};
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  switch (kind) {
    case kInitiator:
      return acquire(TEST_NAME, GSS_C_INITIATE, &oid_ntlm, store);
    case kAcceptor:
      return acquire(NULL, GSS_C_ACCEPT, &oid_ntlm, store);
    case kBoth:
      return acquire(TEST_NAME, GSS_C_BOTH, &oid_ntlm, store);
    case kReleased:
      cred = acquire(TEST_NAME, GSS_C_INITIATE, &oid_ntlm, store);
      release_cred(&cred);
      return cred;
    default:
      return cred;
  }
}

#define CRED_CALL(name) static struct result name(gss_cred_id_t *cred)

CRED_CALL(inquire_cred) {
  struct result r;
  gss_name_t name = GSS_C_NO_NAME;
  OM_uint32 minor, lifetime;
  gss_cred_usage_t usage;
  gss_OID_set mechs = GSS_C_NO_OID_SET;
  r.major = gss_inquire_cred(&r.minor, *cred, &name, &lifetime, &usage, &mechs);
  release_name(&name);
  gss_release_oid_set(&minor, &mechs);
  return r;
}

CRED_CALL(inquire_cred_by_mech) {
  struct result r;
  gss_name_t name = GSS_C_NO_NAME;
  OM_uint32 initiator, acceptor;
  gss_cred_usage_t usage;
  r.major =
      gss_inquire_cred_by_mech(&r.minor, *cred, &oid_ntlm, &name, &initiator, &acceptor, &usage);
  release_name(&name);
  return r;
}

static struct result inquire_cred_with(gss_cred_id_t cred, gss_OID oid) {
  struct result r;
  OM_uint32 minor;
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  r.major = gss_inquire_cred_by_oid(&r.minor, cred, oid, &set);
  if (set != GSS_C_NO_BUFFER_SET) gss_release_buffer_set(&minor, &set);
  return r;
}

CRED_CALL(inquire_cred_neg_flags) { return inquire_cred_with(*cred, &oid_neg_flags); }
CRED_CALL(inquire_cred_unknown) { return inquire_cred_with(*cred, &oid_unknown); }

static struct result set_cred_option(gss_cred_id_t *cred, gss_OID oid, const void *value,
                                     size_t size) {
  struct result r = {GSS_S_COMPLETE, 0};
  // Without a credential the option goes to krb5, which reads it unchecked (N169).
  if (*cred == GSS_C_NO_CREDENTIAL) return r;
  gss_buffer_desc buffer = buffer_of(value, size);
  r.major = gss_set_cred_option(&r.minor, cred, oid, &buffer);
  return r;
}

CRED_CALL(set_neg_flags) {
  const uint32_t flags = NTLM_UNICODE | NTLM_NTLM | NTLM_ESS | NTLM_128 | NTLM_REQUEST_TARGET;
  return set_cred_option(cred, &oid_neg_flags, &flags, sizeof flags);
}
CRED_CALL(set_neg_flags_default) { return set_cred_option(cred, &oid_neg_flags, "", 0); }
CRED_CALL(set_neg_flags_short) { return set_cred_option(cred, &oid_neg_flags, "abc", 3); }
CRED_CALL(set_no_ci_flags) { return set_cred_option(cred, &oid_no_ci_flags, "", 0); }
CRED_CALL(set_unknown_option) { return set_cred_option(cred, &oid_unknown, "abcd", 4); }

CRED_CALL(export_cred) {
  struct result r;
  OM_uint32 minor;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  r.major = gss_export_cred(&r.minor, *cred, &token);
  if (!GSS_ERROR(r.major)) {
    gss_cred_id_t copy = GSS_C_NO_CREDENTIAL;
    const OM_uint32 major = gss_import_cred(&minor, &token, &copy);
    EXPECT_COMPLETE(major, minor);
    release_cred(&copy);
  }
  drop(&token);
  return r;
}

static struct result add_cred(gss_cred_id_t cred, gss_cred_usage_t usage) {
  struct result r;
  gss_cred_id_t copy = GSS_C_NO_CREDENTIAL;
  gss_name_t name = import_user(TEST_NAME);
  r.major = gss_add_cred(&r.minor, cred, usage == GSS_C_ACCEPT ? GSS_C_NO_NAME : name, &oid_ntlm,
                         usage, 0, 0, &copy, NULL, NULL, NULL);
  release_name(&name);
  release_cred(&copy);
  return r;
}

CRED_CALL(add_initiator) { return add_cred(*cred, GSS_C_INITIATE); }
CRED_CALL(add_acceptor) { return add_cred(*cred, GSS_C_ACCEPT); }

// Into a store that is none of ours: the mechanism must not fall back to another place.
CRED_CALL(store_cred_elsewhere) {
  struct result r;
  gss_key_value_element_desc element = {"ntlmssp_nowhere", "x"};
  gss_key_value_set_desc store = {1, &element};
  r.major =
      gss_store_cred_into(&r.minor, *cred, GSS_C_INITIATE, &oid_ntlm, 1, 0, &store, NULL, NULL);
  return r;
}

CRED_CALL(set_neg_mechs) {
  struct result r;
  gss_OID_set_desc mechs = {1, &oid_ntlm};
  r.major = gss_set_neg_mechs(&r.minor, *cred, &mechs);
  return r;
}

CRED_CALL(init_first) {
  struct result r;
  OM_uint32 minor;
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  gss_name_t target = import_service("HTTP@server.example.com");
  gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
  r.major = gss_init_sec_context(&r.minor, *cred, &context, target, &oid_ntlm, kUsualFlags, 0, NULL,
                                 NULL, NULL, &out, NULL, NULL);
  if (GSS_ERROR(r.major)) ck_assert_ptr_null(context);  // N163, N706
  if (context != GSS_C_NO_CONTEXT) gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
  release_name(&target);
  drop(&out);
  return r;
}

CRED_CALL(accept_first) {
  struct result r;
  OM_uint32 minor;
  struct handshake h;
  struct octets negotiate;
  handshake_open(&h, kRaw);
  initiator_step(&h, NULL, &negotiate);
  gss_buffer_desc in = buffer_of(negotiate.data, negotiate.size), out = GSS_C_EMPTY_BUFFER;
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  r.major = gss_accept_sec_context(&r.minor, &context, *cred, &in, NULL, NULL, NULL, &out, NULL,
                                   NULL, NULL);
  const OM_uint32 reason = r.minor;
  if (GSS_ERROR(r.major)) ck_assert_ptr_null(context);
  if (context != GSS_C_NO_CONTEXT) gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
  octets_free(&negotiate);
  drop(&out);
  handshake_close(&h);
  r.minor = reason;
  return r;
}

CRED_CALL(release_once) {
  struct result r;
  r.major = gss_release_cred(&r.minor, cred);
  ck_assert_ptr_null(*cred);
  return r;
}

CRED_CALL(release_twice) {
  release_once(cred);
  return release_once(cred);
}

static const struct cred_row {
  const char *name;
  struct result (*call)(gss_cred_id_t *cred);
} kCredRows[] = {
    {"gss_inquire_cred", inquire_cred},
    {"gss_inquire_cred_by_mech", inquire_cred_by_mech},
    {"gss_inquire_cred_by_oid, NEG_FLAGS", inquire_cred_neg_flags},
    {"gss_inquire_cred_by_oid, unknown", inquire_cred_unknown},
    {"gss_set_cred_option, NEG_FLAGS", set_neg_flags},
    {"gss_set_cred_option, NEG_FLAGS of 0 octets", set_neg_flags_default},
    {"gss_set_cred_option, NEG_FLAGS of 3 octets", set_neg_flags_short},
    {"gss_set_cred_option, NO_CI_FLAGS", set_no_ci_flags},
    {"gss_set_cred_option, unknown", set_unknown_option},
    {"gss_export_cred and import", export_cred},
    {"gss_add_cred, initiator", add_initiator},
    {"gss_add_cred, acceptor", add_acceptor},
    {"gss_store_cred_into, unknown store", store_cred_elsewhere},
    {"gss_set_neg_mechs", set_neg_mechs},
    {"gss_init_sec_context", init_first},
    {"gss_accept_sec_context", accept_first},
    {"gss_release_cred", release_once},
    {"gss_release_cred twice", release_twice},
};

static void golden_credentials(struct golden *golden) {
  setenv("NTLM_USER_FILE", accounts_file(), 1);
  for (int kind = 0; kind < kKinds; ++kind) {
    golden_line(golden, "\n[credential, %s]", kKindNames[kind]);
    for (size_t i = 0; i < sizeof kCredRows / sizeof kCredRows[0]; ++i) {
      gss_cred_id_t cred = make_cred((enum kind)kind);
      golden_result(golden, kCredRows[i].name, kCredRows[i].call(&cred));
      release_cred(&cred);
    }
  }
  unsetenv("NTLM_USER_FILE");
}

// ---- names -------------------------------------------------------------------------------------

#define NAME_CALL(name) static struct result name(gss_name_t *subject)

NAME_CALL(inquire_name) {
  struct result r;
  OM_uint32 minor;
  int is_mech_name;
  gss_OID mech = GSS_C_NO_OID;
  gss_buffer_set_t attributes = GSS_C_NO_BUFFER_SET;
  r.major = gss_inquire_name(&r.minor, *subject, &is_mech_name, &mech, &attributes);
  gss_release_oid(&minor, &mech);
  if (attributes != GSS_C_NO_BUFFER_SET) gss_release_buffer_set(&minor, &attributes);
  return r;
}

static struct result get_attribute(gss_name_t name, const char *attribute) {
  struct result r;
  gss_buffer_desc key = buffer_of_text(attribute), value = GSS_C_EMPTY_BUFFER;
  gss_buffer_desc display = GSS_C_EMPTY_BUFFER;
  int authenticated, complete, more = -1;
  r.major = gss_get_name_attribute(&r.minor, name, &key, &authenticated, &complete, &value,
                                   &display, &more);
  if (GSS_ERROR(r.major)) ck_assert_int_le(more, 0);  // N167
  drop(&value);
  drop(&display);
  return r;
}

NAME_CALL(get_sids) { return get_attribute(*subject, "urn:gssntlmssp:sids"); }
NAME_CALL(get_unknown) { return get_attribute(*subject, "urn:nobody:nothing"); }
NAME_CALL(get_nameless) { return get_attribute(*subject, ""); }

NAME_CALL(set_attribute) {
  struct result r;
  gss_buffer_desc key = buffer_of_text("urn:gssntlmssp:sids"), value = buffer_of_text("S-1-5-18");
  r.major = gss_set_name_attribute(&r.minor, *subject, 1, &key, &value);
  return r;
}

NAME_CALL(delete_attribute) {
  struct result r;
  gss_buffer_desc key = buffer_of_text("urn:gssntlmssp:sids");
  r.major = gss_delete_name_attribute(&r.minor, *subject, &key);
  return r;
}

NAME_CALL(export_composite) {
  struct result r;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  r.major = gss_export_name_composite(&r.minor, *subject, &token);
  drop(&token);
  return r;
}

NAME_CALL(export_plain) {
  struct result r;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  r.major = gss_export_name(&r.minor, *subject, &token);
  drop(&token);
  return r;
}

NAME_CALL(map_to_any) {
  struct result r;
  gss_buffer_desc type = buffer_of_text("type");
  gss_any_t any = NULL;
  r.major = gss_map_name_to_any(&r.minor, *subject, 1, &type, &any);
  return r;
}

NAME_CALL(localname) {
  struct result r;
  gss_buffer_desc local = GSS_C_EMPTY_BUFFER;
  r.major = gss_localname(&r.minor, *subject, &oid_ntlm, &local);
  drop(&local);
  return r;
}

NAME_CALL(authorize_localname) {
  struct result r;
  gss_name_t user = import_user("nobody");
  r.major = gss_authorize_localname(&r.minor, *subject, user);
  release_name(&user);
  return r;
}

NAME_CALL(release_name_twice) {
  struct result r;
  gss_release_name(&r.minor, subject);
  r.major = gss_release_name(&r.minor, subject);
  return r;
}

static const struct name_row {
  const char *name;
  struct result (*call)(gss_name_t *subject);
} kNameRows[] = {
    {"gss_inquire_name", inquire_name},
    {"gss_get_name_attribute, SIDs", get_sids},
    {"gss_get_name_attribute, unknown", get_unknown},
    {"gss_get_name_attribute, empty", get_nameless},
    {"gss_set_name_attribute", set_attribute},
    {"gss_delete_name_attribute", delete_attribute},
    {"gss_export_name", export_plain},
    {"gss_export_name_composite", export_composite},
    {"gss_map_name_to_any", map_to_any},
    {"gss_localname", localname},
    {"gss_authorize_localname", authorize_localname},
    {"gss_release_name twice", release_name_twice},
};

static gss_name_t canonical(const char *text, gss_OID type) {
  OM_uint32 minor;
  gss_name_t name;
  const OM_uint32 major = make_mech_name(&minor, text, strlen(text), type, &name);
  EXPECT_COMPLETE(major, minor);
  return name;
}

// The one that an acceptor gives its caller.
static gss_name_t accepted_name(void) {
  struct handshake h;
  handshake_open(&h, kRaw);
  handshake_establish(&h);
  gss_name_t name = h.client_name;
  h.client_name = GSS_C_NO_NAME;
  handshake_close(&h);
  return name;
}

static void golden_names(struct golden *golden) {
  static const char *const kNames[] = {"user", "service", "anonymous", "accepted", "not canonical"};
  for (size_t kind = 0; kind < 5; ++kind) {
    golden_line(golden, "\n[name, %s]", kNames[kind]);
    for (size_t i = 0; i < sizeof kNameRows / sizeof kNameRows[0]; ++i) {
      gss_name_t name = kind == 0   ? canonical("DOM\\no-such-account", GSS_C_NT_USER_NAME)
                        : kind == 1 ? canonical("HTTP@server", GSS_C_NT_HOSTBASED_SERVICE)
                        : kind == 2 ? canonical("", GSS_C_NT_ANONYMOUS)
                        : kind == 3 ? accepted_name()
                                    : import_user("DOM\\no-such-account");
      // Some machine may have an account of this name.
      const bool local = kNameRows[i].call == localname || kNameRows[i].call == authorize_localname;
      if (kind != 3 || !local) {
        golden_result(golden, kNameRows[i].name, kNameRows[i].call(&name));
      }
      release_name(&name);
    }
  }
}

// ---- the mechanism -----------------------------------------------------------------------------

static struct result mech_invoke(gss_OID oid, const char *value) {
  struct result r;
  gss_buffer_desc buffer = buffer_of_text(value);
  r.major = gssspi_mech_invoke(&r.minor, &oid_ntlm, oid, &buffer);
  return r;
}

static void golden_mechanism(struct golden *golden) {
  golden_line(golden, "\n[mechanism]");
  golden_result(golden, "gssspi_mech_invoke, debug file",
                mech_invoke(&oid_debug, temp_path("log")));
  golden_result(golden, "gssspi_mech_invoke, no folder", mech_invoke(&oid_debug, "/nowhere/log"));
  golden_result(golden, "gssspi_mech_invoke, debug off", mech_invoke(&oid_debug, ""));
  golden_result(golden, "gssspi_mech_invoke, unknown", mech_invoke(&oid_unknown, "x"));
}

START_TEST(every_call_at_every_stage) {
  struct golden *golden = golden_begin("stage_matrix.golden");
  golden_line(golden, "# Status and text of every call at every stage; stage_matrix_test.c.");
  for (int stage = 0; stage < kStages; ++stage) {
    golden_contexts(golden, true, (enum stage)stage);
    golden_contexts(golden, false, (enum stage)stage);
  }
  golden_credentials(golden);
  golden_names(golden);
  golden_mechanism(golden);
  golden_end(golden);
}
END_TEST

static Suite *stage_matrix_suite(void) {
  Suite *suite = suite_create("stage matrix");
  TCase *matrix = tcase_create("matrix");
  tcase_set_timeout(matrix, 60);
  tcase_add_test(matrix, every_call_at_every_stage);
  suite_add_tcase(suite, matrix);
  return suite;
}

int main(void) { return run_suite(stage_matrix_suite); }
