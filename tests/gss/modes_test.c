// SPDX-License-Identifier: MIT
// Contexts that are not connection-oriented or not of a user: datagram (N350, N351), anonymous
// (N352), identify (N354), and flags chosen by the program (N420).
#include <gssapi/gssapi_ntlm_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntlm_fields.h"

static gss_OID_desc oid_set_seq_num = {GSS_NTLMSSP_SET_SEQ_NUM_OID_LENGTH,
                                       GSS_NTLMSSP_SET_SEQ_NUM_OID_STRING};

// ---- datagram ----------------------------------------------------------------------------------

enum { kDatagramFlags = GSS_C_DATAGRAM_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG };

// N151: the way round libgssapi, which hands no empty first token to a mechanism.
static gss_ctx_id_t seed_context(void) {
  uint8_t token[4 + GSS_NTLMSSP_OID_LENGTH + GSS_NTLM_DATAGRAM_SEED_LENGTH] = {
      0, 0, 0, GSS_NTLMSSP_OID_LENGTH};
  memcpy(token + 4, GSS_NTLMSSP_OID_STRING, GSS_NTLMSSP_OID_LENGTH);
  memcpy(token + 4 + GSS_NTLMSSP_OID_LENGTH, GSS_NTLM_DATAGRAM_SEED, GSS_NTLM_DATAGRAM_SEED_LENGTH);
  gss_buffer_desc buffer = buffer_of(token, sizeof token);
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  OM_uint32 minor;
  const OM_uint32 major = gss_import_sec_context(&minor, &buffer, &context);
  EXPECT_COMPLETE(major, minor);
  return context;
}

// Up to CHALLENGE.
static void begin_datagram(struct handshake *h, OM_uint32 flags, struct octets *challenge) {
  struct octets token;
  handshake_open(h, kRaw);
  h->request_flags = flags;
  initiator_step(h, NULL, &token);
  ck_assert_uint_eq(h->initiator.major, GSS_S_CONTINUE_NEEDED);
  ck_assert_uint_eq(token.size, 0);
  octets_free(&token);
  h->acceptor.context = seed_context();
  struct octets nothing = {NULL, 0};
  acceptor_step(h, &nothing, challenge);
  ck_assert_uint_eq(h->acceptor.major, GSS_S_CONTINUE_NEEDED);
  ck_assert_uint_eq(challenge->data[8], 2);
}

static void establish_datagram(struct handshake *h, OM_uint32 flags) {
  struct octets challenge, authenticate, nothing;
  begin_datagram(h, flags, &challenge);
  initiator_step(h, &challenge, &authenticate);
  EXPECT_COMPLETE(h->initiator.major, h->initiator.minor);
  acceptor_step(h, &authenticate, &nothing);
  EXPECT_COMPLETE(h->acceptor.major, h->acceptor.minor);
  octets_free(&challenge);
  octets_free(&authenticate);
  octets_free(&nothing);
}

static OM_uint32 set_number(gss_ctx_id_t context, uint32_t number, size_t size, OM_uint32 *minor) {
  gss_buffer_desc value = buffer_of(&number, size);
  return gss_set_sec_context_option(minor, &context, &oid_set_seq_num, &value);
}

static void expect_number_set(gss_ctx_id_t context, uint32_t number) {
  OM_uint32 minor;
  const OM_uint32 major = set_number(context, number, sizeof number, &minor);
  EXPECT_COMPLETE(major, minor);
}

START_TEST(datagram_is_established) {
  struct handshake h;
  establish_datagram(&h, kDatagramFlags);
  expect_client(&h, TEST_NAME);
  expect_equal_keys(&h);
  const OM_uint32 want = kDatagramFlags | kOpenFlags;
  ck_assert_uint_eq(h.initiator.flags, want);
  ck_assert_uint_eq(h.acceptor.flags, want);
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  handshake_close(&h);
}
END_TEST

// N351: lost, repeated and reordered messages all verify when the right number is given.
START_TEST(datagram_messages_in_any_order) {
  enum { kMessages = 6 };
  static const int kOrder[] = {3, 0, 5, 5, 1, 0};
  struct handshake h;
  struct octets token[kMessages], data;
  char text[kMessages][40];
  establish_datagram(&h, kDatagramFlags);
  gss_ctx_id_t from = _i == 0 ? h.initiator.context : h.acceptor.context;
  gss_ctx_id_t to = _i == 0 ? h.acceptor.context : h.initiator.context;
  for (int i = 0; i < kMessages; ++i) {
    snprintf(text[i], sizeof text[i], "datagram number %d", i);
    int sealed = 0;
    expect_number_set(from, 100 + (uint32_t)i);
    EXPECT_COMPLETE(wrap_octets(from, 1, text[i], strlen(text[i]), &sealed, &token[i]), 0);
    ck_assert_int_eq(sealed, 1);
  }
  for (size_t i = 0; i < sizeof kOrder / sizeof kOrder[0]; ++i) {
    const int which = kOrder[i];
    int sealed = 0;
    // With another number it is refused, and that changes nothing.
    expect_number_set(to, 200);
    ck_assert(GSS_ERROR(unwrap_octets(to, token[which].data, token[which].size, &sealed, &data)));
    octets_free(&data);
    expect_number_set(to, 100 + (uint32_t)which);
    token[which].data[0] ^= 1;
    ck_assert(GSS_ERROR(unwrap_octets(to, token[which].data, token[which].size, &sealed, &data)));
    octets_free(&data);
    token[which].data[0] ^= 1;
    EXPECT_COMPLETE(unwrap_octets(to, token[which].data, token[which].size, &sealed, &data), 0);
    ck_assert_uint_eq(data.size, strlen(text[which]));
    ck_assert_mem_eq(data.data, text[which], data.size);
    octets_free(&data);
  }
  for (int i = 0; i < kMessages; ++i) octets_free(&token[i]);
  handshake_close(&h);
}
END_TEST

START_TEST(number_is_for_datagrams_only) {
  struct handshake h;
  OM_uint32 minor;
  handshake_open(&h, kRaw);
  handshake_establish(&h);
  const OM_uint32 major = set_number(h.initiator.context, 5, sizeof(uint32_t), &minor);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, major, minor);
  EXPECT_TEXT(minor_text(minor), "datagram");
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  handshake_close(&h);

  establish_datagram(&h, kDatagramFlags);
  for (size_t size = 0; size < 4; ++size) {
    ck_assert(GSS_ERROR(set_number(h.initiator.context, 5, size, &minor)));
  }
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  handshake_close(&h);
}
END_TEST

START_TEST(datagram_wrong_password) {
  struct handshake h;
  struct octets challenge, authenticate, nothing;
  begin_datagram(&h, kDatagramFlags, &challenge);
  initiator_step(&h, &challenge, &authenticate);
  EXPECT_COMPLETE(h.initiator.major, h.initiator.minor);
  struct octets good = octets_copy(authenticate.data, authenticate.size);
  // Every octet changed in turn, each time against a fresh acceptor with the same challenge: not
  // possible, since a challenge is used once. So the one at hand gets one changed octet.
  good.data[good.size - 20] ^= 1;
  acceptor_step(&h, &good, &nothing);
  ck_assert(GSS_ERROR(h.acceptor.major));
  octets_free(&nothing);
  // And the right one is too late (N433).
  acceptor_step(&h, &authenticate, &nothing);
  ck_assert(GSS_ERROR(h.acceptor.major));
  octets_free(&nothing);
  octets_free(&good);
  octets_free(&challenge);
  octets_free(&authenticate);
  handshake_close(&h);
}
END_TEST

// The MIC covers CHALLENGE and AUTHENTICATE, so no changed octet of the CHALLENGE gets through.
START_TEST(datagram_challenge_cannot_be_changed) {
  struct octets challenge, authenticate, nothing;
  struct handshake h;
  begin_datagram(&h, kDatagramFlags, &challenge);
  const size_t size = challenge.size;
  octets_free(&challenge);
  handshake_close(&h);
  for (size_t at = 0; at < size; ++at) {
    begin_datagram(&h, kDatagramFlags, &challenge);
    ck_assert_uint_eq(challenge.size, size);
    challenge.data[at] ^= 4;
    initiator_step(&h, &challenge, &authenticate);
    if (!GSS_ERROR(h.initiator.major)) {
      acceptor_step(&h, &authenticate, &nothing);
      ck_assert_msg(GSS_ERROR(h.acceptor.major), "octet %zu of CHALLENGE", at);
      octets_free(&nothing);
    }
    octets_free(&challenge);
    octets_free(&authenticate);
    handshake_close(&h);
  }
}
END_TEST

START_TEST(datagram_acceptor_wants_no_negotiate) {
  struct handshake h;
  struct octets negotiate, nothing;
  handshake_open(&h, kRaw);
  initiator_step(&h, NULL, &negotiate);
  ck_assert_uint_gt(negotiate.size, 0);
  h.acceptor.context = seed_context();
  acceptor_step(&h, &negotiate, &nothing);
  ck_assert(GSS_ERROR(h.acceptor.major));
  EXPECT_TEXT(minor_text(h.acceptor.minor), "connectionless");
  octets_free(&negotiate);
  octets_free(&nothing);
  handshake_close(&h);
}
END_TEST

// A connection-oriented CHALLENGE is no answer to a datagram initiator, and the other way round.
START_TEST(modes_do_not_mix) {
  struct handshake h, other;
  struct octets negotiate, challenge, token;
  handshake_open(&other, kRaw);
  initiator_step(&other, NULL, &negotiate);
  acceptor_step(&other, &negotiate, &challenge);
  ck_assert_uint_eq(other.acceptor.major, GSS_S_CONTINUE_NEEDED);

  handshake_open(&h, kRaw);
  h.request_flags = kDatagramFlags;
  initiator_step(&h, NULL, &token);
  octets_free(&token);
  initiator_step(&h, &challenge, &token);
  ck_assert(GSS_ERROR(h.initiator.major));
  EXPECT_TEXT(minor_text(h.initiator.minor), "connectionless");
  octets_free(&token);
  octets_free(&negotiate);
  octets_free(&challenge);
  handshake_close(&h);
  handshake_close(&other);
}
END_TEST

// A damaged seed is not a context.
START_TEST(only_the_seed_is_a_seed) {
  for (size_t i = 0; i <= GSS_NTLM_DATAGRAM_SEED_LENGTH; ++i) {
    uint8_t token[4 + GSS_NTLMSSP_OID_LENGTH + GSS_NTLM_DATAGRAM_SEED_LENGTH] = {
        0, 0, 0, GSS_NTLMSSP_OID_LENGTH};
    memcpy(token + 4, GSS_NTLMSSP_OID_STRING, GSS_NTLMSSP_OID_LENGTH);
    memcpy(token + 4 + GSS_NTLMSSP_OID_LENGTH, GSS_NTLM_DATAGRAM_SEED,
           GSS_NTLM_DATAGRAM_SEED_LENGTH);
    size_t size = sizeof token;
    if (i < GSS_NTLM_DATAGRAM_SEED_LENGTH) {
      token[4 + GSS_NTLMSSP_OID_LENGTH + i] ^= 1;
    } else {
      --size;
    }
    gss_buffer_desc buffer = buffer_of(token, size);
    gss_ctx_id_t context = GSS_C_NO_CONTEXT;
    OM_uint32 minor;
    ck_assert(GSS_ERROR(gss_import_sec_context(&minor, &buffer, &context)));
    ck_assert_ptr_null(context);
  }
}
END_TEST

// An exported datagram context goes on where it was.
START_TEST(datagram_context_moves) {
  struct handshake h;
  establish_datagram(&h, kDatagramFlags);
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  move_context(&h.acceptor.context);
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  handshake_close(&h);
}
END_TEST

// ---- anonymous ---------------------------------------------------------------------------------

static void permit_anonymous(const char *more) {
  char text[300];
  snprintf(text, sizeof text, "[ntlm]\n  accept_anonymous = yes\n%s", more);
  setenv("GSS_SSPI_CONFIG", write_file("anonymous.conf", text, 0600), 1);
}

START_TEST(anonymous_is_refused_by_default) {
  struct handshake h;
  handshake_open(&h, kRaw);
  h.request_flags = GSS_C_ANON_FLAG;
  ck_assert(!handshake_run(&h));
  EXPECT_STATUS(GSS_S_FAILURE, h.acceptor.major, h.acceptor.minor);
  EXPECT_TEXT(minor_text(h.acceptor.minor), "accept_anonymous");
  handshake_close(&h);
}
END_TEST

static const OM_uint32 kAnonymousRequests[] = {GSS_C_ANON_FLAG, GSS_C_ANON_FLAG | GSS_C_INTEG_FLAG,
                                               GSS_C_ANON_FLAG | kSignFlags};

// The context says that it is nobody's, and protects nothing.
START_TEST(anonymous_by_policy) {
  struct handshake h;
  OM_uint32 minor;
  uint8_t key[16];
  permit_anonymous("");
  handshake_open(&h, kRaw);
  h.request_flags = kAnonymousRequests[_i];
  handshake_establish(&h);
  ck_assert_uint_eq(h.initiator.flags, GSS_C_ANON_FLAG | kOpenFlags);
  ck_assert_uint_eq(h.acceptor.flags, GSS_C_ANON_FLAG | kOpenFlags);
  gss_OID type = GSS_C_NO_OID;
  gss_buffer_desc shown;
  const OM_uint32 major = gss_display_name(&minor, h.client_name, &shown, &type);
  EXPECT_COMPLETE(major, minor);
  ck_assert(type != GSS_C_NO_OID && type->length == GSS_C_NT_ANONYMOUS->length &&
            memcmp(type->elements, GSS_C_NT_ANONYMOUS->elements, type->length) == 0);
  gss_release_buffer(&minor, &shown);
  const gss_ctx_id_t contexts[] = {h.initiator.context, h.acceptor.context};
  for (int i = 0; i < 2; ++i) {
    struct octets token;
    int sealed;
    ck_assert(!session_key(contexts[i], key));
    ck_assert(GSS_ERROR(wrap_octets(contexts[i], 0, "x", 1, &sealed, &token)));
    octets_free(&token);
  }
  handshake_close(&h);
}
END_TEST

START_TEST(anonymous_with_secrecy_is_refused) {
  struct handshake h;
  struct octets token;
  permit_anonymous("");
  handshake_open(&h, kRaw);
  h.request_flags = GSS_C_ANON_FLAG | GSS_C_CONF_FLAG;
  initiator_step(&h, NULL, &token);
  ck_assert(GSS_ERROR(h.initiator.major));
  EXPECT_TEXT(minor_text(h.initiator.minor), "anonymous");
  octets_free(&token);
  handshake_close(&h);
}
END_TEST

START_TEST(anonymous_key_by_policy) {
  struct handshake h;
  permit_anonymous("  anonymous_session_key = yes\n");
  handshake_open(&h, kRaw);
  h.request_flags = GSS_C_ANON_FLAG | kMessageFlags;
  handshake_establish(&h);
  ck_assert_uint_eq(h.initiator.flags, GSS_C_ANON_FLAG | kMessageFlags | kOpenFlags);
  ck_assert_uint_eq(h.acceptor.flags, GSS_C_ANON_FLAG | kMessageFlags | kOpenFlags);
  expect_equal_keys(&h);
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  handshake_close(&h);
}
END_TEST

// The anonymous name is a credential too, and then no flag is needed; through SPNEGO as well.
START_TEST(anonymous_name) {
  static const enum carrier kWays[] = {kRaw, kSpnegoCut};
  struct handshake h;
  OM_uint32 minor;
  permit_anonymous("");
  handshake_open(&h, kWays[_i]);
  release_cred(&h.initiator_cred);
  gss_buffer_desc nothing = GSS_C_EMPTY_BUFFER;
  gss_name_t name;
  OM_uint32 major = gss_import_name(&minor, &nothing, GSS_C_NT_ANONYMOUS, &name);
  EXPECT_COMPLETE(major, minor);
  gss_OID_set_desc mechs = {1, carrier_mech(kWays[_i])};
  major = gss_acquire_cred(&minor, name, 0, &mechs, GSS_C_INITIATE, &h.initiator_cred, NULL, NULL);
  EXPECT_COMPLETE(major, minor);
  if (kWays[_i] == kSpnegoCut) cut_to_ntlm(h.initiator_cred);
  h.request_flags = 0;
  handshake_establish(&h);
  ck_assert_uint_ne(h.acceptor.flags & GSS_C_ANON_FLAG, 0);
  ck_assert_uint_ne(h.initiator.flags & GSS_C_ANON_FLAG, 0);
  release_name(&name);
  handshake_close(&h);
}
END_TEST

// ---- flags of NEGOTIATE ------------------------------------------------------------------------

static uint32_t negotiate_flags(const struct octets *token) {
  uint32_t flags;
  memcpy(&flags, token->data + 12, sizeof flags);
  return flags;
}

static void set_negotiate_flags(gss_cred_id_t cred, const void *value, size_t size) {
  OM_uint32 minor;
  gss_buffer_desc buffer = buffer_of(value, size);
  const OM_uint32 major = gss_set_cred_option(&minor, &cred, &oid_neg_flags, &buffer);
  EXPECT_COMPLETE(major, minor);
}

START_TEST(flags_by_option) {
  struct handshake h;
  struct octets token;
  handshake_open(&h, kRaw);
  h.request_flags = 0;
  initiator_step(&h, NULL, &token);
  const uint32_t usual = negotiate_flags(&token);
  octets_free(&token);
  handshake_reset(&h);

  const uint32_t wanted = NTLM_UNICODE | NTLM_NTLM | NTLM_ESS | NTLM_128 | NTLM_IDENTIFY;
  ck_assert_uint_ne(usual & ~wanted & ~NTLM_VERSION, 0);
  set_negotiate_flags(h.initiator_cred, &wanted, sizeof wanted);
  initiator_step(&h, NULL, &token);
  ck_assert_uint_eq(negotiate_flags(&token), wanted | NTLM_VERSION);
  octets_free(&token);
  handshake_reset(&h);
  h.request_flags = kUsualFlags;
  handshake_establish(&h);
  ck_assert_uint_ne(h.acceptor.flags & GSS_C_IDENTIFY_FLAG, 0);
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  handshake_reset(&h);

  set_negotiate_flags(h.initiator_cred, "", 0);
  h.request_flags = 0;
  initiator_step(&h, NULL, &token);
  ck_assert_uint_eq(negotiate_flags(&token), usual);
  octets_free(&token);
  handshake_close(&h);
}
END_TEST

// N305 bounds what a program may choose.
START_TEST(flags_by_option_are_not_weaker) {
  static const uint32_t kWeak[] = {NTLM_UNICODE | NTLM_NTLM | NTLM_ESS,
                                   NTLM_UNICODE | NTLM_NTLM | NTLM_128};
  struct handshake h;
  handshake_open(&h, kRaw);
  set_negotiate_flags(h.initiator_cred, &kWeak[_i], sizeof kWeak[_i]);
  ck_assert(!handshake_run(&h));
  handshake_close(&h);
}
END_TEST

// ---- identify, and answers to ourselves ---------------------------------------------------------

static void use_policy(const char *text) {
  setenv("GSS_SSPI_CONFIG", write_file("policy.conf", text, 0600), 1);
}

// N354: the flag is asked for by the program, or by the policy for all of them.
START_TEST(identify_level) {
  struct handshake h;
  if (_i == 2) use_policy("[ntlm]\n  identify = always\n");
  handshake_open(&h, kRaw);
  h.request_flags = _i == 1 ? GSS_C_IDENTIFY_FLAG : 0;
  handshake_establish(&h);
  const OM_uint32 want = _i == 0 ? 0 : GSS_C_IDENTIFY_FLAG;
  ck_assert_uint_eq(h.initiator.flags & GSS_C_IDENTIFY_FLAG, want);
  ck_assert_uint_eq(h.acceptor.flags & GSS_C_IDENTIFY_FLAG, want);
  handshake_close(&h);
}
END_TEST

// N715, D7: an ambient credential does not answer a challenge of its own process when the policy
// says so. A secret that the program itself has given does: servers check passwords that way.
START_TEST(own_challenge) {
  static const struct {
    bool refuse, given;
  } kRows[] = {{false, false}, {true, false}, {true, true}};
  struct handshake h;
  OM_uint32 minor;
  if (kRows[_i].refuse) use_policy("[ntlm]\n  refuse_own_challenges = yes\n");
  setenv("NTLM_USER_FILE", accounts_file(), 1);
  handshake_open(&h, kRaw);
  release_cred(&h.initiator_cred);
  const OM_uint32 major =
      kRows[_i].given
          ? try_acquire_with_password(&minor, TEST_NAME, TEST_PASSWORD, &oid_ntlm, GSS_C_INITIATE,
                                      &h.initiator_cred)
          : try_acquire(&minor, TEST_NAME, GSS_C_INITIATE, &oid_ntlm, NULL, &h.initiator_cred);
  EXPECT_COMPLETE(major, minor);
  const bool refused = kRows[_i].refuse && !kRows[_i].given;
  ck_assert(handshake_run(&h) == !refused);
  if (refused) {
    ck_assert(GSS_ERROR(h.initiator.major));
    EXPECT_TEXT(minor_text(h.initiator.minor), "refuse_own_challenges");
  }
  handshake_close(&h);
}
END_TEST

static Suite *modes_suite(void) {
  Suite *suite = suite_create("modes");
  TCase *tcase = tcase_create("datagram");
  tcase_add_test(tcase, datagram_is_established);
  tcase_add_loop_test(tcase, datagram_messages_in_any_order, 0, 2);
  tcase_add_test(tcase, number_is_for_datagrams_only);
  tcase_add_test(tcase, datagram_wrong_password);
  tcase_add_test(tcase, datagram_challenge_cannot_be_changed);
  tcase_add_test(tcase, datagram_acceptor_wants_no_negotiate);
  tcase_add_test(tcase, modes_do_not_mix);
  tcase_add_test(tcase, only_the_seed_is_a_seed);
  tcase_add_test(tcase, datagram_context_moves);
  suite_add_tcase(suite, tcase);

  tcase = tcase_create("anonymous");
  tcase_add_test(tcase, anonymous_is_refused_by_default);
  tcase_add_loop_test(tcase, anonymous_by_policy, 0, 3);
  tcase_add_test(tcase, anonymous_with_secrecy_is_refused);
  tcase_add_test(tcase, anonymous_key_by_policy);
  tcase_add_loop_test(tcase, anonymous_name, 0, 2);
  suite_add_tcase(suite, tcase);

  tcase = tcase_create("policy");
  tcase_add_loop_test(tcase, identify_level, 0, 3);
  tcase_add_loop_test(tcase, own_challenge, 0, 3);
  suite_add_tcase(suite, tcase);

  tcase = tcase_create("flags");
  tcase_add_test(tcase, flags_by_option);
  tcase_add_loop_test(tcase, flags_by_option_are_not_weaker, 0, 2);
  suite_add_tcase(suite, tcase);
  return suite;
}

int main(void) { return run_suite(modes_suite); }
