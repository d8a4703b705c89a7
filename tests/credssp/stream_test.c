// SPDX-License-Identifier: MIT
// The stream behind a login: messages by gss_wrap and by iov, sizes, keys, its end; and what the
// mechanism does not have.
#include <stdlib.h>
#include <string.h>

#include "credssp_support.h"

static const char *const kVersions[] = {"1.2", "1.3"};
static const size_t kOverheads[][2] = {{13, 16}, {5, 17}};  // header and trailer of a record
enum { kMostPlaintext = 16384 };

static void open_stream(struct credssp_login *login, int version) {
  const struct credssp_key keys[] = {{GSS_CREDSSP_CS_TLS_MAX, kVersions[version], kBothEnds},
                                     {NULL, NULL, kBothEnds}};
  login_open(login, keys);
  login_establish(login);
}

static struct octets wrap(gss_ctx_id_t context, const void *data, size_t size) {
  struct octets token = {NULL, 0};
  int conf = 0;
  const OM_uint32 major = wrap_octets(context, 0, data, size, &conf, &token);
  EXPECT_COMPLETE(major, 0);
  ck_assert_int_eq(conf, 1);  // C46: whatever was asked
  return token;
}

// C46: any length, in order, in both directions; an empty message is an empty token.
START_TEST(messages_of_any_length) {
  static const size_t kSizes[] = {0, 1, 16383, 16384, 16385, 100000};
  struct credssp_login login;
  open_stream(&login, _i);
  const size_t overhead = kOverheads[_i][0] + kOverheads[_i][1];
  for (size_t i = 0; i < sizeof kSizes / sizeof kSizes[0]; ++i) {
    const size_t size = kSizes[i];
    const gss_ctx_id_t from = i % 2 == 0 ? login.initiator.context : login.acceptor.context;
    const gss_ctx_id_t to = i % 2 == 0 ? login.acceptor.context : login.initiator.context;
    uint8_t *data = malloc(size + 1);
    fill_pattern(data, size, (uint32_t)size);
    struct octets token = wrap(from, data, size), message = {NULL, 0};
    const size_t records = (size + kMostPlaintext - 1) / kMostPlaintext;
    ck_assert_uint_eq(token.size, size + records * overhead);
    if (size != 0) {  // libgssapi lets no empty token through
      const OM_uint32 major = unwrap_octets(to, token.data, token.size, NULL, &message);
      EXPECT_COMPLETE(major, 0);
    }
    ck_assert_uint_eq(message.size, size);
    ck_assert(size == 0 || memcmp(message.data, data, size) == 0);
    octets_free(&token);
    octets_free(&message);
    free(data);
  }
  login_close(&login);
}
END_TEST

// C46: parts of records are kept; what is whole is given.
START_TEST(octet_by_octet) {
  struct credssp_login login;
  open_stream(&login, _i);
  uint8_t data[100];
  fill_pattern(data, sizeof data, 7);
  struct octets token = wrap(login.initiator.context, data, sizeof data);
  for (size_t i = 0; i < token.size; ++i) {
    struct octets message = {NULL, 0};
    const OM_uint32 major =
        unwrap_octets(login.acceptor.context, token.data + i, 1, NULL, &message);
    EXPECT_COMPLETE(major, 0);
    ck_assert_uint_eq(message.size, i + 1 == token.size ? sizeof data : 0);
    octets_free(&message);
  }
  octets_free(&token);
  login_close(&login);
}
END_TEST

// C47: wrap(m) <= n < wrap(m + 1).
START_TEST(size_limit_is_exact) {
  struct credssp_login login;
  open_stream(&login, _i);
  const OM_uint32 overhead = (OM_uint32)(kOverheads[_i][0] + kOverheads[_i][1]);
  const OM_uint32 kLimits[] = {0,
                               1,
                               overhead,
                               overhead + 1,
                               1000,
                               16384 + overhead,
                               16385 + overhead,
                               16384 + 2 * overhead,
                               16385 + 2 * overhead,
                               65536};
  for (size_t i = 0; i < sizeof kLimits / sizeof kLimits[0]; ++i) {
    OM_uint32 minor, most = 0;
    const OM_uint32 major =
        gss_wrap_size_limit(&minor, login.initiator.context, 1, 0, kLimits[i], &most);
    EXPECT_COMPLETE(major, minor);
    uint8_t *data = calloc(1, most + 1);
    struct octets token = wrap(login.initiator.context, data, most);
    ck_assert_uint_le(token.size, kLimits[i]);
    octets_free(&token);
    token = wrap(login.initiator.context, data, most + 1);
    ck_assert_uint_gt(token.size, kLimits[i]);
    octets_free(&token);
    free(data);
  }
  login_close(&login);
}
END_TEST

enum { kHeader, kData, kTrailer };
static void make_iov(gss_iov_buffer_desc iov[3], uint8_t *record, size_t header, size_t data,
                     size_t trailer) {
  static const OM_uint32 kTypes[] = {GSS_IOV_BUFFER_TYPE_HEADER, GSS_IOV_BUFFER_TYPE_DATA,
                                     GSS_IOV_BUFFER_TYPE_TRAILER};
  const size_t sizes[] = {header, data, trailer};
  for (int i = 0; i < 3; ++i) {
    iov[i].type = kTypes[i];
    iov[i].buffer = buffer_of(record, sizes[i]);
    record += sizes[i];
  }
}

// C47: header, data and trailer, one behind the other, are the record.
START_TEST(iov_in_place) {
  static const size_t kSizes[] = {1, 100, 16384};
  struct credssp_login login;
  OM_uint32 minor, major;
  open_stream(&login, _i);
  for (size_t i = 0; i < sizeof kSizes / sizeof kSizes[0]; ++i) {
    const size_t size = kSizes[i], header = kOverheads[_i][0], trailer = kOverheads[_i][1];
    uint8_t *record = malloc(header + size + trailer), *data = malloc(size);
    gss_iov_buffer_desc iov[3];
    make_iov(iov, record, 0, size, 0);
    major = gss_wrap_iov_length(&minor, login.initiator.context, 1, 0, NULL, iov, 3);
    EXPECT_COMPLETE(major, minor);
    ck_assert_uint_eq(iov[kHeader].buffer.length, header);
    ck_assert_uint_eq(iov[kTrailer].buffer.length, trailer);
    make_iov(iov, record, header, size, trailer);
    fill_pattern(data, size, 3);
    memcpy(record + header, data, size);
    major = gss_wrap_iov(&minor, login.initiator.context, 1, 0, NULL, iov, 3);
    EXPECT_COMPLETE(major, minor);
    ck_assert_int_ne(memcmp(record + header, data, size), 0);
    if (i % 2 == 0) {
      struct octets message = {NULL, 0};
      major =
          unwrap_octets(login.acceptor.context, record, header + size + trailer, NULL, &message);
      EXPECT_COMPLETE(major, minor);
      ck_assert_uint_eq(message.size, size);
      ck_assert_int_eq(memcmp(message.data, data, size), 0);
      octets_free(&message);
    } else {
      major = gss_unwrap_iov(&minor, login.acceptor.context, NULL, NULL, iov, 3);
      EXPECT_COMPLETE(major, minor);
      ck_assert_uint_eq(iov[kData].buffer.length, size);
      ck_assert_int_eq(memcmp(iov[kData].buffer.value, data, size), 0);
    }
    free(record);
    free(data);
  }
  login_close(&login);
}
END_TEST

START_TEST(iov_stream_and_allocation) {
  struct credssp_login login;
  OM_uint32 minor, major;
  open_stream(&login, _i);
  uint8_t data[50];
  fill_pattern(data, sizeof data, 5);
  gss_iov_buffer_desc iov[4] = {
      {GSS_IOV_BUFFER_TYPE_HEADER | GSS_IOV_BUFFER_FLAG_ALLOCATE, GSS_C_EMPTY_BUFFER},
      {GSS_IOV_BUFFER_TYPE_DATA, {20, data}},
      {GSS_IOV_BUFFER_TYPE_DATA, {30, data + 20}},
      {GSS_IOV_BUFFER_TYPE_TRAILER | GSS_IOV_BUFFER_FLAG_ALLOCATE, GSS_C_EMPTY_BUFFER}};
  major = gss_wrap_iov(&minor, login.initiator.context, 1, 0, NULL, iov, 4);
  EXPECT_COMPLETE(major, minor);
  struct octets record = {NULL, 0};
  for (int i = 0; i < 4; ++i) {
    octets_append(&record, iov[i].buffer.value, iov[i].buffer.length);
  }
  gss_release_iov_buffer(&minor, iov, 4);
  gss_iov_buffer_desc stream[2] = {{GSS_IOV_BUFFER_TYPE_STREAM, {record.size, record.data}},
                                   {GSS_IOV_BUFFER_TYPE_DATA, GSS_C_EMPTY_BUFFER}};
  major = gss_unwrap_iov(&minor, login.acceptor.context, NULL, NULL, stream, 2);
  EXPECT_COMPLETE(major, minor);
  ck_assert_uint_eq(stream[1].buffer.length, sizeof data);
  fill_pattern(data, sizeof data, 5);
  ck_assert_int_eq(memcmp(stream[1].buffer.value, data, sizeof data), 0);
  octets_free(&record);
  login_close(&login);
}
END_TEST

// Lists that cannot be worked on leave the stream as it is.
START_TEST(iov_of_bad_shape) {
  struct credssp_login login;
  OM_uint32 minor, major;
  uint8_t room[17000] = {0};
  open_stream(&login, _i);
  gss_iov_buffer_desc iov[3];
  make_iov(iov, room, 4, 100, 16);  // the header is too short
  major = gss_wrap_iov(&minor, login.initiator.context, 1, 0, NULL, iov, 3);
  EXPECT_STATUS(GSS_S_FAILURE, major, minor);
  make_iov(iov, room, 13, 16385, 17);  // more than a record holds
  major = gss_wrap_iov(&minor, login.initiator.context, 1, 0, NULL, iov, 3);
  EXPECT_STATUS(GSS_S_FAILURE, major, minor);
  make_iov(iov, room, 13, 100, 17);
  major = gss_wrap_iov(&minor, login.initiator.context, 1, 0, NULL, iov, 2);  // no trailer
  EXPECT_STATUS(GSS_S_FAILURE, major, minor);
  expect_messages_pass(login.initiator.context, login.acceptor.context);
  login_close(&login);
}
END_TEST

// C46: a damaged record ends the stream, and so does a lost one.
START_TEST(damage_ends_the_stream) {
  struct credssp_login login;
  struct octets message = {NULL, 0};
  open_stream(&login, _i);
  struct octets token = wrap(login.initiator.context, "message", 7);
  token.data[token.size - 1] ^= 1;
  OM_uint32 major = unwrap_octets(login.acceptor.context, token.data, token.size, NULL, &message);
  EXPECT_STATUS(GSS_S_BAD_SIG, major, 0);
  octets_free(&message);
  octets_free(&token);
  token = wrap(login.initiator.context, "message", 7);
  major = unwrap_octets(login.acceptor.context, token.data, token.size, NULL, &message);
  EXPECT_STATUS(GSS_S_NO_CONTEXT, major, 0);
  octets_free(&message);
  octets_free(&token);
  login_close(&login);
}
END_TEST

START_TEST(repetition_ends_the_stream) {
  struct credssp_login login;
  struct octets message = {NULL, 0};
  open_stream(&login, _i);
  struct octets token = wrap(login.initiator.context, "message", 7);
  OM_uint32 major = unwrap_octets(login.acceptor.context, token.data, token.size, NULL, &message);
  EXPECT_COMPLETE(major, 0);
  octets_free(&message);
  major = unwrap_octets(login.acceptor.context, token.data, token.size, NULL, &message);
  EXPECT_STATUS(GSS_S_BAD_SIG, major, 0);
  octets_free(&message);
  octets_free(&token);
  login_close(&login);
}
END_TEST

// C46, C54: close_notify, behind the data that came before it.
START_TEST(end_of_the_stream) {
  struct credssp_login login;
  struct octets message = {NULL, 0};
  OM_uint32 minor;
  gss_buffer_set_t set;
  open_stream(&login, _i);
  struct octets token = wrap(login.initiator.context, "last", 4);
  OM_uint32 major = ask(login.initiator.context, kCloseOption, &minor, &set);
  EXPECT_COMPLETE(major, minor);
  octets_append(&token, set->elements[0].value, set->elements[0].length);
  gss_release_buffer_set(&minor, &set);
  major = unwrap_octets(login.acceptor.context, token.data, token.size, NULL, &message);
  EXPECT_COMPLETE(major, 0);
  ck_assert_uint_eq(message.size, 4);
  octets_free(&message);
  major = ask(login.acceptor.context, kPendingOption, &minor, &set);
  EXPECT_STATUS(GSS_S_CONTEXT_EXPIRED, major, minor);
  octets_free(&token);
  gss_buffer_desc text = buffer_of_text("more"), out = GSS_C_EMPTY_BUFFER;
  major = gss_wrap(&minor, login.initiator.context, 1, 0, &text, NULL, &out);
  ck_assert(GSS_ERROR(major));
  login_close(&login);
}
END_TEST

// C48: both ends know the same keys, and each kind is another.
START_TEST(keys_of_both_ends) {
  struct credssp_login login;
  OM_uint32 minor;
  gss_buffer_desc input = buffer_of_text("label");
  gss_buffer_desc full[2], partial;
  open_stream(&login, _i);
  const gss_ctx_id_t ends[] = {login.initiator.context, login.acceptor.context};
  for (int i = 0; i < 2; ++i) {
    const OM_uint32 major =
        gss_pseudo_random(&minor, ends[i], GSS_C_PRF_KEY_FULL, &input, 100, &full[i]);
    EXPECT_COMPLETE(major, minor);
    ck_assert_uint_eq(full[i].length, 100);
  }
  ck_assert_int_eq(memcmp(full[0].value, full[1].value, 100), 0);
  OM_uint32 major =
      gss_pseudo_random(&minor, ends[0], GSS_C_PRF_KEY_PARTIAL, &input, 100, &partial);
  EXPECT_COMPLETE(major, minor);
  ck_assert_int_ne(memcmp(full[0].value, partial.value, 100), 0);
  gss_buffer_set_t keys[2] = {GSS_C_NO_BUFFER_SET, GSS_C_NO_BUFFER_SET};
  for (int i = 0; i < 2; ++i) {
    major = gss_inquire_sec_context_by_oid(&minor, ends[i], &oid_session_key, &keys[i]);
    EXPECT_COMPLETE(major, minor);
  }
  ck_assert_uint_eq(keys[0]->elements[0].length, 32);
  ck_assert_int_eq(memcmp(keys[0]->elements[0].value, keys[1]->elements[0].value, 32), 0);
  for (int i = 0; i < 2; ++i) {
    gss_release_buffer_set(&minor, &keys[i]);
    gss_release_buffer(&minor, &full[i]);
  }
  gss_release_buffer(&minor, &partial);
  login_close(&login);
}
END_TEST

// C48, C103.
START_TEST(bindings_of_the_stream) {
  static const char *const kPrefixes[] = {"tls-unique:", "tls-exporter:"};
  struct credssp_login login;
  OM_uint32 minor;
  open_stream(&login, _i);
  for (int number = kUniqueBindingOption; number <= kEndPointBindingOption; ++number) {
    gss_buffer_set_t set;
    const OM_uint32 major = ask(login.initiator.context, number, &minor, &set);
    EXPECT_COMPLETE(major, minor);
    const char *prefix = number == kUniqueBindingOption ? kPrefixes[_i] : "tls-server-end-point:";
    ck_assert_uint_gt(set->elements[0].length, strlen(prefix));
    ck_assert_int_eq(memcmp(set->elements[0].value, prefix, strlen(prefix)), 0);
    ck_assert(member_is(login.acceptor.context, number, 0, set->elements[0].value,
                        set->elements[0].length));
    gss_release_buffer_set(&minor, &set);
  }
  login_close(&login);
}
END_TEST

// C49.
START_TEST(what_a_stream_does_not_have) {
  struct credssp_login login;
  OM_uint32 minor, major;
  gss_buffer_desc text = buffer_of_text("text"), out = GSS_C_EMPTY_BUFFER;
  open_stream(&login, _i);
  major = gss_get_mic(&minor, login.initiator.context, 0, &text, &out);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, major, minor);
  major = gss_verify_mic(&minor, login.initiator.context, &text, &text, NULL);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, major, minor);
  major = gss_export_sec_context(&minor, &login.initiator.context, &out);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, major, minor);
  major = gss_wrap(&minor, login.initiator.context, 1, 1, &text, NULL, &out);
  EXPECT_STATUS(GSS_S_BAD_QOP, major, minor);
  expect_messages_pass(login.initiator.context, login.acceptor.context);
  login_close(&login);
}
END_TEST

static Suite *make_suite(void) {
  const TTest *const kTests[] = {messages_of_any_length,    octet_by_octet,
                                 size_limit_is_exact,       iov_in_place,
                                 iov_stream_and_allocation, iov_of_bad_shape,
                                 damage_ends_the_stream,    repetition_ends_the_stream,
                                 end_of_the_stream,         keys_of_both_ends,
                                 bindings_of_the_stream,    what_a_stream_does_not_have};
  Suite *suite = suite_create("credssp stream");
  TCase *both = tcase_create("TLS 1.2 and 1.3");
  tcase_set_timeout(both, 60);
  for (size_t i = 0; i < sizeof kTests / sizeof kTests[0]; ++i) {
    tcase_add_loop_test(both, kTests[i], 0, 2);
  }
  suite_add_tcase(suite, both);
  return suite;
}

int main(void) { return run_suite(make_suite); }
