// SPDX-License-Identifier: MIT
// Message protection by every package (section 5).
#include <stdlib.h>
#include <string.h>

#include "support.h"

#define LARGEST 16384
static unsigned char text[LARGEST], copy[LARGEST], token[512], padding[64];

static void fill(size_t size) {
  for (size_t i = 0; i < size; ++i) text[i] = (unsigned char)(i * 7 + size);
  memcpy(copy, text, size);
}

static SecBufferDesc list_of(SecBuffer *buffers, ULONG count) {
  return (SecBufferDesc){SECBUFFER_VERSION, count, buffers};
}

static SecPkgContext_Sizes sizes_of(CtxtHandle *context) {
  SecPkgContext_Sizes sizes;
  EXPECT(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_SIZES, &sizes));
  return sizes;
}

// Encrypts text[0..size) in place as one DATA buffer; fails unless the sizes are those that were
// told.
static void encrypt(CtxtHandle *context, size_t size, ULONG qop, SecBuffer *out) {
  const SecPkgContext_Sizes sizes = sizes_of(context);
  SecBuffer buffers[] = {{sizes.cbSecurityTrailer, SECBUFFER_TOKEN, token},
                         {(ULONG)size, SECBUFFER_DATA, text},
                         {sizes.cbBlockSize, SECBUFFER_PADDING, padding}};
  SecBufferDesc message = list_of(buffers, 3);
  EXPECT(SEC_E_OK, EncryptMessage(context, qop, &message, 0));
  if (qop == 0) ck_assert_uint_eq(buffers[0].cbBuffer, sizes.cbSecurityTrailer);
  ck_assert_uint_eq(buffers[1].cbBuffer, size);
  ck_assert_uint_eq(buffers[2].cbBuffer, 0);
  memcpy(out, buffers, sizeof buffers);
}

// S123, 6.3, R7: token form, in both directions and all sizes.
START_TEST(token_form) {
  static const size_t kSizes[] = {0, 1, 15, 16, 17, 101, 1024, LARGEST};
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    CtxtHandle *ends[] = {&pair->client, &pair->server};
    for (size_t i = 0; i < sizeof kSizes / sizeof *kSizes; ++i) {
      for (int from = 0; from < 2; ++from) {
        fill(kSizes[i]);
        SecBuffer buffers[3];
        encrypt(ends[from], kSizes[i], 0, buffers);
        if (kSizes[i] > 8) ck_assert_int_ne(memcmp(text, copy, kSizes[i]), 0);
        SecBufferDesc message = list_of(buffers, 3);
        ULONG qop = 0xDEADBEEF;
        EXPECT(SEC_E_OK, DecryptMessage(ends[!from], &message, 0, &qop));
        ck_assert_int_eq(memcmp(text, copy, kSizes[i]), 0);
        // NTLM does not write it.
        ck_assert_uint_eq(qop, is_ntlm(lane) ? 0xDEADBEEF : 0);
      }
    }
    log_out(pair);
  }
}
END_TEST

// Callers send TOKEN, DATA and PADDING as one; DATA is then found inside. R6: some free it.
START_TEST(stream_form) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    for (size_t size = 0; size < 200; size += 33) {
      fill(size);
      SecBuffer sent[3];
      encrypt(&pair->client, size, 0, sent);
      unsigned char stream[1024];
      size_t length = 0;
      for (int i = 0; i < 3; ++i) {
        memcpy(stream + length, sent[i].pvBuffer, sent[i].cbBuffer);
        length += sent[i].cbBuffer;
      }
      SecBuffer buffers[] = {{(ULONG)length, SECBUFFER_STREAM, stream}, {0, SECBUFFER_DATA, NULL}};
      SecBufferDesc message = list_of(buffers, 2);
      EXPECT(SEC_E_OK, DecryptMessage(&pair->server, &message, 0, NULL));
      ck_assert_uint_eq(buffers[1].cbBuffer, size);
      if (size != 0) {
        const unsigned char *found = buffers[1].pvBuffer;
        ck_assert(found >= stream && found + size <= stream + length);
        ck_assert_int_eq(memcmp(found, copy, size), 0);
        EXPECT(SEC_E_OK, FreeContextBuffer(buffers[1].pvBuffer));
        ck_assert_int_eq(memcmp(found, copy, size), 0);
      }
    }
    log_out(pair);
  }
}
END_TEST

// Several DATA buffers, in any place; READONLY_WITH_CHECKSUM is covered but not encrypted, READONLY
// neither.
START_TEST(lists_of_buffers) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    for (unsigned place = 0; place < 6; ++place) {
      const SecPkgContext_Sizes sizes = sizes_of(&pair->client);
      unsigned char head[24], body[64], more[7], foot[8], free_text[5];
      memset(head, 'h', sizeof head);
      memset(body, 'b', sizeof body);
      memset(more, 'm', sizeof more);
      memset(foot, 'f', sizeof foot);
      memset(free_text, 'x', sizeof free_text);
      SecBuffer buffers[6] = {
          {sizeof head, SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM, head},
          {sizeof body, SECBUFFER_DATA, body},
          {sizeof free_text, SECBUFFER_DATA | SECBUFFER_READONLY, free_text},
          {sizeof more, SECBUFFER_DATA, more},
          {sizeof foot, SECBUFFER_DATA | SECBUFFER_READONLY_WITH_CHECKSUM, foot},
      };
      memmove(buffers + place + 1, buffers + place, (5 - place) * sizeof *buffers);
      buffers[place] = (SecBuffer){sizes.cbSecurityTrailer, SECBUFFER_TOKEN, token};
      SecBufferDesc message = list_of(buffers, 6);
      EXPECT(SEC_E_OK, EncryptMessage(&pair->client, 0, &message, 0));
      for (size_t i = 0; i < sizeof head; ++i) ck_assert_uint_eq(head[i], 'h');
      for (size_t i = 0; i < sizeof foot; ++i) ck_assert_uint_eq(foot[i], 'f');
      ck_assert_uint_eq(free_text[0], 'x');
      ck_assert(memchr(body, 'b', sizeof body) == NULL || body[0] != 'b' || body[1] != 'b');
      const bool alter = place % 2 == 1;
      free_text[0] = 'y';  // nobody looks at it
      if (alter) head[3] ^= 1;
      EXPECT(alter ? SEC_E_MESSAGE_ALTERED : SEC_E_OK,
             DecryptMessage(&pair->server, &message, 0, NULL));
      if (!alter) {
        for (size_t i = 0; i < sizeof body; ++i) ck_assert_uint_eq(body[i], 'b');
        for (size_t i = 0; i < sizeof more; ++i) ck_assert_uint_eq(more[i], 'm');
      } else {
        log_out(pair);
        pair = log_in(lane, kProtect, 0);
      }
    }
    log_out(pair);
  }
}
END_TEST

static SECURITY_STATUS sign(CtxtHandle *context, ULONG qop, SecBuffer *buffers, ULONG count) {
  SecBufferDesc message = list_of(buffers, count);
  return MakeSignature(context, qop, &message, 0);
}
static SECURITY_STATUS verify(CtxtHandle *context, SecBuffer *buffers, ULONG count) {
  SecBufferDesc message = list_of(buffers, count);
  return VerifySignature(context, &message, 0, NULL);
}

// PuTTY puts DATA first.
START_TEST(signatures) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, ISC_REQ_INTEGRITY, 0);
    const SecPkgContext_Sizes sizes = sizes_of(&pair->client);
    for (int first = 0; first < 2; ++first) {
      fill(300);
      SecBuffer buffers[3] = {{100, SECBUFFER_DATA, text}, {200, SECBUFFER_DATA, text + 100}};
      buffers[2] = (SecBuffer){sizes.cbMaxSignature, SECBUFFER_TOKEN, token};
      if (first) {
        buffers[2] = buffers[0];
        buffers[0] = (SecBuffer){sizes.cbMaxSignature, SECBUFFER_TOKEN, token};
      }
      EXPECT(SEC_E_OK, sign(&pair->client, 0, buffers, 3));
      ck_assert_uint_eq(buffers[first ? 0 : 2].cbBuffer, sizes.cbMaxSignature);
      ck_assert_int_eq(memcmp(text, copy, 300), 0);
      text[150] ^= 1;
      EXPECT(SEC_E_MESSAGE_ALTERED, verify(&pair->server, buffers, 3));
      text[150] ^= 1;
      EXPECT(SEC_E_OK, verify(&pair->server, buffers, 3));
    }
    // The quality of a signature is 0.
    SecBuffer buffers[] = {{10, SECBUFFER_DATA, text},
                           {sizes.cbMaxSignature, SECBUFFER_TOKEN, token}};
    EXPECT(is_ntlm(lane) ? SEC_E_QOP_NOT_SUPPORTED : SEC_E_INVALID_TOKEN,
           sign(&pair->client, SECQOP_WRAP_NO_ENCRYPT, buffers, 2));
    EXPECT(SEC_E_QOP_NOT_SUPPORTED, sign(&pair->client, 7, buffers, 2));
    // No TOKEN, one that is too small: nothing happens, the counters stay.
    EXPECT(SEC_E_INVALID_TOKEN, sign(&pair->client, 0, buffers, 1));
    buffers[1].cbBuffer = sizes.cbMaxSignature - 1;
    EXPECT(SEC_E_BUFFER_TOO_SMALL, sign(&pair->client, 0, buffers, 2));
    ck_assert_uint_eq(buffers[1].cbBuffer, sizes.cbMaxSignature - 1);
    buffers[1].cbBuffer = sizes.cbMaxSignature;
    EXPECT(SEC_E_OK, sign(&pair->client, 0, buffers, 2));
    EXPECT(SEC_E_OK, verify(&pair->server, buffers, 2));
    EXPECT(SEC_E_INVALID_TOKEN, verify(&pair->server, buffers, 1));
    log_out(pair);
  }
}
END_TEST

// S31, S32, S51, S52, S124, N365.
START_TEST(order_of_messages) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    const SecPkgContext_Sizes sizes = sizes_of(&pair->client);
    unsigned char tokens[3][512];
    SecBuffer buffers[3][2];
    fill(64);
    for (int i = 0; i < 3; ++i) {
      buffers[i][0] = (SecBuffer){sizes.cbMaxSignature, SECBUFFER_TOKEN, tokens[i]};
      buffers[i][1] = (SecBuffer){64, SECBUFFER_DATA, text};
      EXPECT(SEC_E_OK, sign(&pair->client, 0, buffers[i], 2));
    }
    EXPECT(SEC_E_OK, verify(&pair->server, buffers[0], 2));
    EXPECT(SEC_E_OUT_OF_SEQUENCE, verify(&pair->server, buffers[0], 2));
    EXPECT(SEC_E_OUT_OF_SEQUENCE, verify(&pair->server, buffers[2], 2));
    // NTLM takes what is missing; Kerberos has seen a later one.
    EXPECT(is_ntlm(lane) ? SEC_E_OK : SEC_E_OUT_OF_SEQUENCE, verify(&pair->server, buffers[1], 2));
    log_out(pair);
  }
}
END_TEST

START_TEST(damaged_messages) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    fill(100);
    SecBuffer sent[3];
    encrypt(&pair->client, 100, 0, sent);
    unsigned char sealed[100], header[512];
    memcpy(sealed, text, 100);
    memcpy(header, token, sent[0].cbBuffer);
    for (ULONG at = 0; at < sent[0].cbBuffer + 100; ++at) {
      memcpy(text, sealed, 100);
      memcpy(token, header, sent[0].cbBuffer);
      unsigned char *octet = at < 100 ? text + at : token + at - 100;
      *octet ^= 0x10;
      SecBuffer buffers[] = {sent[0], sent[1]};
      SecBufferDesc message = list_of(buffers, 2);
      const SECURITY_STATUS status = DecryptMessage(&pair->server, &message, 0, NULL);
      ck_assert_msg(FAILED(status), "%s: octet %u", lane->name, at);
    }
    memcpy(text, sealed, 100);
    memcpy(token, header, sent[0].cbBuffer);
    SecBufferDesc message = list_of(sent, 3);
    EXPECT(SEC_E_OK, DecryptMessage(&pair->server, &message, 0, NULL));
    ck_assert_int_eq(memcmp(text, copy, 100), 0);
    log_out(pair);
  }
}
END_TEST

START_TEST(without_encryption) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, ISC_REQ_INTEGRITY, 0);
    fill(101);
    SecBuffer sent[3];
    encrypt(&pair->client, 101, SECQOP_WRAP_NO_ENCRYPT, sent);
    // Signed only, where the mechanism's wire can tell it (N361, N362).
    ck_assert_int_eq(memcmp(text, copy, 101), 0);
    SecBufferDesc message = list_of(sent, 3);
    ULONG qop = 0xDEADBEEF;
    EXPECT(SEC_E_OK, DecryptMessage(&pair->server, &message, 0, &qop));
    ck_assert_uint_eq(qop, is_ntlm(lane) ? 0xDEADBEEF : SECQOP_WRAP_NO_ENCRYPT);
    ck_assert_int_eq(memcmp(text, copy, 101), 0);
    SecBuffer buffers[] = {{256, SECBUFFER_TOKEN, token}, {10, SECBUFFER_DATA, text}};
    message = list_of(buffers, 2);
    EXPECT(SEC_E_QOP_NOT_SUPPORTED, EncryptMessage(&pair->client, 5, &message, 0));
    // S26: NTLM encrypts what was negotiated; Kerberos always can.
    EXPECT(is_ntlm(lane) ? SEC_E_UNSUPPORTED_FUNCTION : SEC_E_OK,
           EncryptMessage(&pair->client, 0, &message, 0));
    log_out(pair);
  }
}
END_TEST

// Without SIGN the signature of NTLM is a constant, and proves nothing (O3).
START_TEST(ntlm_without_protection) {
  FOR_EACH_LANE(lane) {
    if (strcmp(lane->package, "NTLM") != 0) continue;
    struct pair *pair = log_in(lane, 0, 0);
    SecBuffer buffers[] = {{16, SECBUFFER_TOKEN, token}, {10, SECBUFFER_DATA, text}};
    EXPECT(SEC_E_OK, sign(&pair->client, 0, buffers, 2));
    static const unsigned char kConstant[16] = {1};
    ck_assert_int_eq(memcmp(token, kConstant, 16), 0);
    EXPECT(SEC_E_UNSUPPORTED_FUNCTION, verify(&pair->server, buffers, 2));
    SecBufferDesc message = list_of(buffers, 2);
    EXPECT(SEC_E_UNSUPPORTED_FUNCTION, EncryptMessage(&pair->client, 0, &message, 0));
    EXPECT(SEC_E_UNSUPPORTED_FUNCTION,
           EncryptMessage(&pair->client, SECQOP_WRAP_NO_ENCRYPT, &message, 0));
    log_out(pair);
  }
}
END_TEST

// 8.3: whatever the list is, a status, and nothing is written.
START_TEST(malformed_lists) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    SecBuffer data = {10, SECBUFFER_DATA, text};
    SecBuffer hollow[] = {{256, SECBUFFER_TOKEN, token}, {10, SECBUFFER_DATA, NULL}};
    SecBuffer read_only[] = {{10, SECBUFFER_DATA | SECBUFFER_READONLY, text},
                             {16, SECBUFFER_TOKEN | SECBUFFER_READONLY, token}};
    struct {
      SecBufferDesc *list;
      SecBufferDesc value;
    } rows[] = {
        {NULL, {0, 0, NULL}},
        {&rows[1].value, {0, 0, NULL}},
        {&rows[2].value, {0, 3, NULL}},
        {&rows[3].value, {0, 0, &data}},
        {&rows[4].value, {77, 1, &data}},
        {&rows[5].value, {0, 2, hollow}},
        {&rows[6].value, {0, 1, read_only}},
    };
    fill(10);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
      EXPECT(SEC_E_INVALID_TOKEN, EncryptMessage(&pair->client, 0, rows[i].list, 0));
      EXPECT(SEC_E_INVALID_TOKEN, DecryptMessage(&pair->client, rows[i].list, 0, NULL));
      EXPECT(SEC_E_INVALID_TOKEN, MakeSignature(&pair->client, 0, rows[i].list, 0));
      EXPECT(SEC_E_INVALID_TOKEN, VerifySignature(&pair->client, rows[i].list, 0, NULL));
      ck_assert_int_eq(memcmp(text, copy, 10), 0);
    }
    ck_assert_uint_eq(data.cbBuffer, 10);
    // S133: ulVersion and attribute bits of a type do not matter, MessageSeqNo neither (L11).
    SecBuffer buffers[] = {{512, SECBUFFER_TOKEN, token}, {10, SECBUFFER_DATA, text}};
    SecBufferDesc message = {99, 2, buffers};
    EXPECT(SEC_E_OK, EncryptMessage(&pair->client, 0, &message, 12345));
    EXPECT(SEC_E_OK, DecryptMessage(&pair->server, &message, 54321, NULL));
    log_out(pair);
  }
}
END_TEST

// More buffers than fit in the usual list.
START_TEST(many_buffers) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    SecBuffer buffers[65] = {{512, SECBUFFER_TOKEN, token}};
    fill(640);
    for (int i = 1; i < 65; ++i) {
      buffers[i] = (SecBuffer){10, SECBUFFER_DATA, text + 10 * (i - 1)};
    }
    SecBufferDesc message = list_of(buffers, 65);
    EXPECT(SEC_E_OK, EncryptMessage(&pair->client, 0, &message, 0));
    EXPECT(SEC_E_OK, DecryptMessage(&pair->server, &message, 0, NULL));
    ck_assert_int_eq(memcmp(text, copy, 640), 0);
    log_out(pair);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("sspi message");
  TCase *tests = tcase_create("message");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, token_form);
  tcase_add_test(tests, stream_form);
  tcase_add_test(tests, lists_of_buffers);
  tcase_add_test(tests, signatures);
  tcase_add_test(tests, order_of_messages);
  tcase_add_test(tests, damaged_messages);
  tcase_add_test(tests, without_encryption);
  tcase_add_test(tests, ntlm_without_protection);
  tcase_add_test(tests, malformed_lists);
  tcase_add_test(tests, many_buffers);
  suite_add_tcase(suite, tests);
  return run_sspi_suite(suite);
}
