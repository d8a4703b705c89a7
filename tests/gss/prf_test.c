// SPDX-License-Identifier: MIT
// N518: gss_pseudo_random, RFC 4401.
#include <stdlib.h>
#include <string.h>

#include "mini_ntlm.h"

static struct octets output_of(gss_ctx_id_t context, int key, const void *seed, size_t size,
                               size_t wanted) {
  OM_uint32 minor;
  gss_buffer_desc in = buffer_of(seed, size), out = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = gss_pseudo_random(&minor, context, key, &in, (ssize_t)wanted, &out);
  EXPECT_COMPLETE(major, minor);
  ck_assert_uint_eq(out.length, wanted);
  struct octets copy = octets_copy(out.value, out.length);
  gss_release_buffer(&minor, &out);
  return copy;
}

static void expect_equal_outputs(struct octets a, struct octets b, bool equal) {
  ck_assert_int_eq(octets_equal(&a, &b), equal);
  octets_free(&a);
  octets_free(&b);
}

static const int kKeys[] = {GSS_C_PRF_KEY_FULL, GSS_C_PRF_KEY_PARTIAL};

START_TEST(both_ends_agree) {
  static const size_t kSizes[] = {1, 15, 16, 17, 32, 1000, 65536, 1 << 20};
  uint8_t seed[300];
  fill_pattern(seed, sizeof seed, 1);
  struct handshake h;
  handshake_open(&h, (enum carrier)_i);
  handshake_establish(&h);
  for (size_t k = 0; k < 2; ++k) {
    for (size_t i = 0; i < sizeof kSizes / sizeof kSizes[0]; ++i) {
      expect_equal_outputs(output_of(h.initiator.context, kKeys[k], seed, sizeof seed, kSizes[i]),
                           output_of(h.acceptor.context, kKeys[k], seed, sizeof seed, kSizes[i]),
                           true);
    }
    expect_equal_outputs(output_of(h.initiator.context, kKeys[k], NULL, 0, 16),
                         output_of(h.acceptor.context, kKeys[k], NULL, 0, 16), true);
  }
  handshake_close(&h);
}
END_TEST

START_TEST(outputs_differ) {
  struct handshake h, other;
  handshake_open(&h, kRaw);
  handshake_establish(&h);
  handshake_open(&other, kRaw);
  handshake_establish(&other);
  gss_ctx_id_t a = h.initiator.context, b = other.initiator.context;
  expect_equal_outputs(output_of(a, 0, "x", 1, 16), output_of(a, 0, "x", 1, 16), true);
  expect_equal_outputs(output_of(a, 0, "x", 1, 16), output_of(b, 0, "x", 1, 16), false);
  expect_equal_outputs(output_of(a, 0, "x", 1, 16), output_of(a, 0, "y", 1, 16), false);
  expect_equal_outputs(output_of(a, 0, "x", 1, 16), output_of(a, 0, "", 0, 16), false);
  expect_equal_outputs(output_of(a, 0, "x", 1, 16), output_of(a, 1, "x", 1, 16), false);
  uint8_t key[16];
  ck_assert(session_key(a, key));
  expect_equal_outputs(output_of(a, 0, "x", 1, 16), octets_copy(key, sizeof key), false);
  handshake_close(&h);
  handshake_close(&other);
}
END_TEST

// The definition, by an independent HMAC-MD5.
START_TEST(output_as_defined) {
  static const char kLabel[] = "gss-sspi NTLM pseudo-random";
  uint8_t session[16], key[16], message[8 + 4] = {0}, expected[32];
  struct handshake h;
  handshake_open(&h, kRaw);
  handshake_establish(&h);
  ck_assert(session_key(h.acceptor.context, session));
  mini_hmac_md5(session, kLabel, strlen(kLabel), key);
  memcpy(message + 8, "seed", 4);
  message[7] = (uint8_t)kKeys[_i];
  mini_hmac_md5(key, message, sizeof message, expected);
  message[3] = 1;
  mini_hmac_md5(key, message, sizeof message, expected + 16);
  expect_equal_outputs(output_of(h.acceptor.context, kKeys[_i], "seed", 4, 29),
                       octets_copy(expected, 29), true);
  handshake_close(&h);
}
END_TEST

// Messages and the session key's other uses do not move it.
START_TEST(output_stays) {
  struct handshake h;
  handshake_open(&h, kRaw);
  handshake_establish(&h);
  struct octets before = output_of(h.initiator.context, 0, "x", 1, 64);
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  expect_equal_outputs(octets_copy(before.data, before.size),
                       output_of(h.initiator.context, 0, "x", 1, 64), true);
  move_context(&h.acceptor.context);
  expect_equal_outputs(before, output_of(h.acceptor.context, 0, "x", 1, 64), true);
  handshake_close(&h);
}
END_TEST

// Without SIGN and SEAL there is a key all the same: that of the logon.
START_TEST(contexts_without_messages) {
  struct handshake h;
  handshake_open(&h, kRaw);
  h.request_flags = 0;
  handshake_establish(&h);
  ck_assert_uint_eq(h.initiator.flags & (GSS_C_INTEG_FLAG | GSS_C_CONF_FLAG), 0);
  expect_equal_outputs(output_of(h.initiator.context, 0, "x", 1, 40),
                       output_of(h.acceptor.context, 0, "x", 1, 40), true);
  handshake_close(&h);
}
END_TEST

static OM_uint32 try_output(gss_ctx_id_t context, int key, ssize_t wanted) {
  OM_uint32 minor;
  gss_buffer_desc in = buffer_of_text("x"), out = {1, &minor};
  const OM_uint32 major = gss_pseudo_random(&minor, context, key, &in, wanted, &out);
  if (GSS_ERROR(major)) {
    ck_assert_ptr_null(out.value);
    ck_assert_uint_eq(out.length, 0);
  }
  gss_release_buffer(&minor, &out);
  return major;
}

START_TEST(what_is_refused) {
  struct handshake h;
  handshake_open(&h, kRaw);
  handshake_establish(&h);
  EXPECT_COMPLETE(try_output(h.acceptor.context, GSS_C_PRF_KEY_FULL, 1), 0);
  EXPECT_STATUS(GSS_S_FAILURE, try_output(h.acceptor.context, GSS_C_PRF_KEY_FULL, 0), 0);
  EXPECT_STATUS(GSS_S_FAILURE, try_output(h.acceptor.context, GSS_C_PRF_KEY_FULL, -1), 0);
  EXPECT_STATUS(GSS_S_FAILURE, try_output(h.acceptor.context, GSS_C_PRF_KEY_FULL, (1 << 20) + 1),
                0);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, try_output(h.acceptor.context, 2, 16), 0);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, try_output(h.acceptor.context, -1, 16), 0);
  handshake_close(&h);
}
END_TEST

// RFC 4401 2: not ready, on either side, until the context is established.
START_TEST(absent_before_completion) {
  struct octets negotiate = {0}, challenge = {0};
  struct handshake h;
  handshake_open(&h, kRaw);
  initiator_step(&h, NULL, &negotiate);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, try_output(h.initiator.context, 0, 16), 0);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, try_output(h.initiator.context, 1, 16), 0);
  acceptor_step(&h, &negotiate, &challenge);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, try_output(h.acceptor.context, 0, 16), 0);
  octets_free(&negotiate);
  octets_free(&challenge);
  handshake_close(&h);
}
END_TEST

START_TEST(absent_after_failure) {
  struct handshake h;
  handshake_open(&h, kRaw);
  release_cred(&h.initiator_cred);
  h.initiator_cred = acquire_with_password(TEST_NAME, "wrong", &oid_ntlm);
  ck_assert(!handshake_run(&h));
  ck_assert_ptr_nonnull(h.acceptor.context);
  EXPECT_STATUS(GSS_S_NO_CONTEXT, try_output(h.acceptor.context, 0, 16), 0);
  handshake_close(&h);
}
END_TEST

static Suite *prf_suite(void) {
  Suite *suite = suite_create("prf");
  TCase *tests = tcase_create("prf");
  tcase_set_timeout(tests, 30);
  tcase_add_loop_test(tests, both_ends_agree, 0, kCarriers);
  tcase_add_test(tests, outputs_differ);
  tcase_add_loop_test(tests, output_as_defined, 0, 2);
  tcase_add_test(tests, output_stays);
  tcase_add_test(tests, contexts_without_messages);
  tcase_add_test(tests, what_is_refused);
  tcase_add_test(tests, absent_before_completion);
  tcase_add_test(tests, absent_after_failure);
  suite_add_tcase(suite, tests);
  return suite;
}

int main(void) { return run_suite(prf_suite); }
