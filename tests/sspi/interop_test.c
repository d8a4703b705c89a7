// SPDX-License-Identifier: MIT
// SSPI on one side, plain GSSAPI on the other (section 6.4): logins in both directions, then
// messages in both directions, for every package and for the DCE style of Kerberos.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gss_peer.h"
#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const size_t kSizes[] = {0, 1, 16, 101, 4096};
static unsigned char text[4096], copy[4096], token[512], padding[64], stream[8192];

static void fill(size_t size) {
  for (size_t i = 0; i < size; ++i) text[i] = (unsigned char)(i * 11 + size);
  memcpy(copy, text, size);
}

// EncryptMessage to gss_unwrap: the concatenation is a token. In DCE style its parts are.
static void sspi_encrypts(struct mixed *mixed, size_t size, ULONG qop, int expected_conf) {
  SecPkgContext_Sizes sizes;
  EXPECT(SEC_E_OK, QueryContextAttributesA(&mixed->context, SECPKG_ATTR_SIZES, &sizes));
  fill(size);
  SecBuffer buffers[] = {{sizes.cbSecurityTrailer, SECBUFFER_TOKEN, token},
                         {(ULONG)size, SECBUFFER_DATA, text},
                         {sizes.cbBlockSize, SECBUFFER_PADDING, padding}};
  SecBufferDesc message = {SECBUFFER_VERSION, 3, buffers};
  EXPECT(SEC_E_OK, EncryptMessage(&mixed->context, qop, &message, 0));
  OM_uint32 minor = 0;
  int conf = -1;
  if (mixed->dce) {
    gss_iov_buffer_desc iov[] = {{GSS_IOV_BUFFER_TYPE_HEADER, {buffers[0].cbBuffer, token}},
                                 {GSS_IOV_BUFFER_TYPE_DATA, {buffers[1].cbBuffer, text}},
                                 {GSS_IOV_BUFFER_TYPE_PADDING, {buffers[2].cbBuffer, padding}}};
    expect_good(gss_unwrap_iov(&minor, mixed->peer, &conf, NULL, iov, 3), minor, "gss_unwrap_iov");
    ck_assert_int_eq(memcmp(text, copy, size), 0);
  } else {
    size_t length = 0;
    for (int i = 0; i < 3; ++i) {
      memcpy(stream + length, buffers[i].pvBuffer, buffers[i].cbBuffer);
      length += buffers[i].cbBuffer;
    }
    gss_buffer_desc in = {length, stream}, out = GSS_C_EMPTY_BUFFER;
    expect_good(gss_unwrap(&minor, mixed->peer, &in, &out, &conf, NULL), minor, "gss_unwrap");
    ck_assert_uint_eq(out.length, size);
    if (size != 0) ck_assert_int_eq(memcmp(out.value, copy, size), 0);
    gss_release_buffer(&minor, &out);
  }
  ck_assert_int_eq(conf, expected_conf);
}

// gss_wrap to DecryptMessage, in stream form; in DCE style gss_wrap_iov, in token form.
static void gss_encrypts(const struct lane *lane, struct mixed *mixed, size_t size, int conf) {
  OM_uint32 minor = 0;
  fill(size);
  ULONG qop = 0xDEADBEEF;
  if (mixed->dce) {
    gss_iov_buffer_desc iov[] = {
        {GSS_IOV_BUFFER_TYPE_HEADER | GSS_IOV_BUFFER_FLAG_ALLOCATE, {0, NULL}},
        {GSS_IOV_BUFFER_TYPE_DATA, {size, text}},
        {GSS_IOV_BUFFER_TYPE_PADDING | GSS_IOV_BUFFER_FLAG_ALLOCATE, {0, NULL}}};
    expect_good(gss_wrap_iov(&minor, mixed->peer, conf, GSS_C_QOP_DEFAULT, NULL, iov, 3), minor,
                "gss_wrap_iov");
    SecBuffer buffers[] = {{(ULONG)iov[0].buffer.length, SECBUFFER_TOKEN, iov[0].buffer.value},
                           {(ULONG)size, SECBUFFER_DATA, text}};
    SecBufferDesc message = {SECBUFFER_VERSION, 2, buffers};
    EXPECT(SEC_E_OK, DecryptMessage(&mixed->context, &message, 0, &qop));
    ck_assert_int_eq(memcmp(text, copy, size), 0);
    gss_release_iov_buffer(&minor, iov, 3);
  } else {
    gss_buffer_desc in = {size, text}, out = GSS_C_EMPTY_BUFFER;
    expect_good(gss_wrap(&minor, mixed->peer, conf, GSS_C_QOP_DEFAULT, &in, NULL, &out), minor,
                "gss_wrap");
    SecBuffer buffers[] = {{(ULONG)out.length, SECBUFFER_STREAM, out.value},
                           {0, SECBUFFER_DATA, NULL}};
    SecBufferDesc message = {SECBUFFER_VERSION, 2, buffers};
    EXPECT(SEC_E_OK, DecryptMessage(&mixed->context, &message, 0, &qop));
    ck_assert_uint_eq(buffers[1].cbBuffer, size);
    if (size != 0) ck_assert_int_eq(memcmp(buffers[1].pvBuffer, copy, size), 0);
    gss_release_buffer(&minor, &out);
  }
  if (!is_ntlm(lane)) ck_assert_uint_eq(qop, conf ? 0U : (ULONG)SECQOP_WRAP_NO_ENCRYPT);
}

// MakeSignature over two buffers to gss_verify_mic over both; gss_get_mic to VerifySignature.
static void signatures(struct mixed *mixed, size_t size) {
  OM_uint32 minor = 0;
  fill(size);
  SecPkgContext_Sizes sizes;
  EXPECT(SEC_E_OK, QueryContextAttributesA(&mixed->context, SECPKG_ATTR_SIZES, &sizes));
  SecBuffer buffers[] = {{(ULONG)(size / 2), SECBUFFER_DATA, text},
                         {(ULONG)(size - size / 2), SECBUFFER_DATA, text + size / 2},
                         {sizes.cbMaxSignature, SECBUFFER_TOKEN, token}};
  SecBufferDesc message = {SECBUFFER_VERSION, 3, buffers};
  EXPECT(SEC_E_OK, MakeSignature(&mixed->context, 0, &message, 0));
  gss_buffer_desc whole = {size, text}, mic = {buffers[2].cbBuffer, token};
  expect_good(gss_verify_mic(&minor, mixed->peer, &whole, &mic, NULL), minor, "gss_verify_mic");
  gss_buffer_desc made = GSS_C_EMPTY_BUFFER;
  expect_good(gss_get_mic(&minor, mixed->peer, GSS_C_QOP_DEFAULT, &whole, &made), minor,
              "gss_get_mic");
  buffers[2] = (SecBuffer){(ULONG)made.length, SECBUFFER_TOKEN, made.value};
  EXPECT(SEC_E_OK, VerifySignature(&mixed->context, &message, 0, NULL));
  gss_release_buffer(&minor, &made);
}

static void exchange_messages(const struct lane *lane, struct mixed *mixed) {
  for (size_t i = 0; i < COUNT(kSizes); ++i) {
    sspi_encrypts(mixed, kSizes[i], 0, 1);
    gss_encrypts(lane, mixed, kSizes[i], 1);
    signatures(mixed, kSizes[i]);
    if (is_ntlm(lane)) continue;
    sspi_encrypts(mixed, kSizes[i], SECQOP_WRAP_NO_ENCRYPT, 0);
    gss_encrypts(lane, mixed, kSizes[i], 0);
  }
}

static void expect_equal_keys(struct mixed *mixed) {
  SecPkgContext_SessionKey key;
  EXPECT(SEC_E_OK, QueryContextAttributesA(&mixed->context, SECPKG_ATTR_SESSION_KEY, &key));
  gss_OID_desc oid = {11, (void *)(uintptr_t) "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x05\x05"};
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  OM_uint32 minor = 0;
  expect_good(gss_inquire_sec_context_by_oid(&minor, mixed->peer, &oid, &set), minor, "key");
  ck_assert_uint_eq(set->elements[0].length, key.SessionKeyLength);
  ck_assert_int_eq(memcmp(set->elements[0].value, key.SessionKey, key.SessionKeyLength), 0);
  gss_release_buffer_set(&minor, &set);
  EXPECT(SEC_E_OK, FreeContextBuffer(key.SessionKey));
}

// The encryption type that the realm was started for is that of the session.
static void expect_enctype(const struct lane *lane, struct mixed *mixed) {
  const char *enctype = getenv("SSPI_TEST_ENCTYPE");
  if (is_ntlm(lane) || enctype == NULL || enctype[0] == '\0') return;
  SecPkgContext_KeyInfoA info;
  EXPECT(SEC_E_OK, QueryContextAttributesA(&mixed->context, SECPKG_ATTR_KEY_INFO, &info));
  // "aes256-..." is "AES-256-..." here.
  ck_assert_int_eq(
      strcasecmp(info.sEncryptAlgorithmName + strlen("AES-256"), enctype + strlen("aes256")), 0);
  EXPECT(SEC_E_OK, FreeContextBuffer(info.sSignatureAlgorithmName));
  EXPECT(SEC_E_OK, FreeContextBuffer(info.sEncryptAlgorithmName));
}

static void try_both_ways(const struct lane *lane, bool dce) {
  for (int direction = 0; direction < 2; ++direction) {
    struct mixed mixed = {.peer = GSS_C_NO_CONTEXT, .dce = dce};
    (direction == 0 ? sspi_initiates : gss_initiates)(lane, &mixed);
    expect_equal_keys(&mixed);
    expect_enctype(lane, &mixed);
    exchange_messages(lane, &mixed);
    forget(&mixed);
  }
}

// S6, S7, S8, S37, S107, S114: tokens are those of the mechanisms, so either end may be
// any peer's.
START_TEST(plain_gssapi_as_the_peer) {
  FOR_EACH_LANE(lane) {
    if (gss_can_be_peer(lane)) try_both_ways(lane, false);
  }
}
END_TEST

START_TEST(dce_style) {
  FOR_EACH_LANE(lane) {
    if (strcmp(lane->package, "Kerberos") == 0) try_both_ways(lane, true);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("sspi interop");
  TCase *tests = tcase_create("interop");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, plain_gssapi_as_the_peer);
  tcase_add_test(tests, dce_style);
  suite_add_tcase(suite, tests);
  return run_sspi_suite(suite);
}
