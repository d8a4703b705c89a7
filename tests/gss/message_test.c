// SPDX-License-Identifier: MIT
// gss_wrap, gss_get_mic, their counterparts and the iov forms, on good tokens and tokens out of
// order. Damaged ones: tests/strength/sweep_tokens.c.
#include <stdlib.h>
#include <string.h>

#include "mini_ntlm.h"

enum { kSmallest = 0, kEveryLengthTo = 1100 };
static const size_t kLargeLengths[] = {4096,  16384, 65519, 65520,  65535,
                                       65536, 65537, 80000, 131072, 1048576};
enum { kLargeCount = sizeof kLargeLengths / sizeof kLargeLengths[0] };
static uint8_t text[1 << 21];

static void open_pair(struct handshake *h, enum carrier carrier, OM_uint32 flags) {
  handshake_open(h, carrier);
  h->request_flags = flags;
  handshake_establish(h);
  fill_pattern(text, sizeof text, 3);
}

// One direction of an open pair.
struct direction {
  gss_ctx_id_t from, to;
};
static struct direction direction_of(const struct handshake *h, int which) {
  struct direction d = {h->initiator.context, h->acceptor.context};
  if (which != 0) {
    d.from = h->acceptor.context;
    d.to = h->initiator.context;
  }
  return d;
}

static void expect_accepted(gss_ctx_id_t context, const struct octets *token, const void *data,
                            size_t size) {
  struct octets got;
  const OM_uint32 major = unwrap_octets(context, token->data, token->size, NULL, &got);
  EXPECT_COMPLETE(major, 0);
  ck_assert_uint_eq(got.size, size);
  ck_assert_msg(size == 0 || memcmp(got.data, data, size) == 0, "another text of %zu octets", size);
  octets_free(&got);
}

// ---- wrap and unwrap ---------------------------------------------------------------------------

static void wrap_one(struct direction d, int conf, size_t size) {
  struct octets token, data;
  int sent = -1, received = -1;
  OM_uint32 major = wrap_octets(d.from, conf, text, size, &sent, &token);
  EXPECT_COMPLETE(major, 0);
  ck_assert_uint_eq(token.size, size + kSignatureSize);
  ck_assert_msg(size < 16 || memmem(token.data, token.size, text, 16) == NULL,
                "the text can be read in the token");
  major = unwrap_octets(d.to, token.data, token.size, &received, &data);
  EXPECT_COMPLETE(major, 0);
  ck_assert_uint_eq(data.size, size);
  ck_assert_msg(size == 0 || memcmp(data.data, text, size) == 0, "another text of %zu octets",
                size);
  ck_assert_int_eq(sent, 1);
  ck_assert_int_eq(received, 1);
  octets_free(&token);
  octets_free(&data);
}

// N361: sealed whatever conf_req says, and conf_state says so.
START_TEST(wrap_of_every_length) {
  struct handshake h;
  open_pair(&h, (enum carrier)_i, kUsualFlags);
  for (int which = 0; which < 2; ++which) {
    const struct direction d = direction_of(&h, which);
    for (size_t size = kSmallest; size <= kEveryLengthTo; ++size) wrap_one(d, size % 3 != 0, size);
    for (int i = 0; i < kLargeCount; ++i) wrap_one(d, 1, kLargeLengths[i]);
  }
  handshake_close(&h);
}
END_TEST

START_TEST(both_directions_mixed) {
  struct handshake h;
  open_pair(&h, (enum carrier)_i, kUsualFlags);
  for (size_t i = 0; i < 400; ++i) wrap_one(direction_of(&h, (i * 7 % 5) & 1), 1, i * 13 % 500);
  handshake_close(&h);
}
END_TEST

START_TEST(tokens_may_wait) {
  enum { kQueue = 20 };
  struct handshake h;
  struct octets queue[kQueue];
  open_pair(&h, kRaw, kUsualFlags);
  for (size_t i = 0; i < kQueue; ++i) {
    EXPECT_COMPLETE(wrap_octets(h.initiator.context, 1, text, i, NULL, &queue[i]), 0);
  }
  for (size_t i = 0; i < kQueue; ++i) {
    expect_accepted(h.acceptor.context, &queue[i], text, i);
    octets_free(&queue[i]);
  }
  handshake_close(&h);
}
END_TEST

// The token is what libcrypto makes of the session key: [MS-NLMP] 3.4.4.2.
START_TEST(first_token_by_the_book) {
  static const size_t kSizes[] = {0, 1, 7, 8, 9, 63, 64, 65, 500};
  for (size_t i = 0; i < sizeof kSizes / sizeof kSizes[0]; ++i) {
    for (int which = 0; which < 2; ++which) {
      struct handshake h;
      struct octets token;
      uint8_t key[16];
      open_pair(&h, kRaw, kUsualFlags);
      ck_assert(session_key(h.initiator.context, key));
      EXPECT_COMPLETE(wrap_octets(direction_of(&h, which).from, 1, text, kSizes[i], NULL, &token),
                      0);
      struct octets expected = mini_first_wrap(key, which == 0, text, kSizes[i]);
      ck_assert(octets_equal(&token, &expected));
      octets_free(&token);
      octets_free(&expected);
      handshake_close(&h);
    }
  }
}
END_TEST

// N368: exact.
START_TEST(wrap_size_limit) {
  static const struct {
    OM_uint32 asked, limit;
  } kRows[] = {{0, 0},      {1, 0},         {15, 0},
               {16, 0},     {17, 1},        {32, 16},
               {1000, 984}, {65536, 65520}, {0xffffffffu, 0xffffffefu}};
  struct handshake h;
  open_pair(&h, (enum carrier)_i, kUsualFlags);
  for (size_t i = 0; i < sizeof kRows / sizeof kRows[0]; ++i) {
    OM_uint32 minor, limit = 99;
    const OM_uint32 major = gss_wrap_size_limit(&minor, h.initiator.context, 1, GSS_C_QOP_DEFAULT,
                                                kRows[i].asked, &limit);
    EXPECT_COMPLETE(major, minor);
    ck_assert_uint_eq(limit, kRows[i].limit);
  }
  handshake_close(&h);
}
END_TEST

// The only quality of protection is the default one.
START_TEST(unknown_qop_is_refused) {
  struct handshake h;
  OM_uint32 minor;
  gss_buffer_desc in = buffer_of(text, 5), out = GSS_C_EMPTY_BUFFER;
  open_pair(&h, kRaw, kUsualFlags);
  OM_uint32 major = gss_wrap(&minor, h.initiator.context, 1, 7, &in, NULL, &out);
  EXPECT_STATUS(GSS_S_BAD_QOP, major, minor);
  major = gss_get_mic(&minor, h.initiator.context, 7, &in, &out);
  EXPECT_STATUS(GSS_S_BAD_QOP, major, minor);
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  handshake_close(&h);
}
END_TEST

// ---- get_mic and verify_mic --------------------------------------------------------------------

static void mic_one(struct direction d, size_t size) {
  struct octets mic;
  EXPECT_COMPLETE(mic_octets(d.from, text, size, &mic), 0);
  ck_assert_uint_eq(mic.size, kSignatureSize);
  EXPECT_COMPLETE(verify_octets(d.to, text, size, mic.data, mic.size), 0);
  octets_free(&mic);
}

START_TEST(mic_of_every_length) {
  struct handshake h;
  open_pair(&h, (enum carrier)_i, kUsualFlags);
  for (int which = 0; which < 2; ++which) {
    const struct direction d = direction_of(&h, which);
    for (size_t size = kSmallest; size <= kEveryLengthTo; ++size) mic_one(d, size);
    for (int i = 0; i < kLargeCount; ++i) mic_one(d, kLargeLengths[i]);
  }
  handshake_close(&h);
}
END_TEST

START_TEST(mic_and_wrap_share_the_numbers) {
  struct handshake h;
  struct octets token;
  open_pair(&h, kRaw, kUsualFlags);
  mic_one(direction_of(&h, 0), 10);
  wrap_one(direction_of(&h, 0), 1, 10);
  EXPECT_COMPLETE(mic_octets(h.initiator.context, text, 10, &token), 0);
  ck_assert_uint_eq(get32(token.data + 12), 2);
  octets_free(&token);
  handshake_close(&h);
}
END_TEST

START_TEST(mic_of_another_text_is_refused) {
  struct handshake h;
  struct octets mic;
  open_pair(&h, kRaw, kUsualFlags);
  EXPECT_COMPLETE(mic_octets(h.initiator.context, text, 64, &mic), 0);
  for (size_t i = 0; i < 64; ++i) {
    text[i] ^= 0x40;
    EXPECT_STATUS(GSS_S_BAD_SIG, verify_octets(h.acceptor.context, text, 64, mic.data, mic.size),
                  0);
    text[i] ^= 0x40;
  }
  EXPECT_STATUS(GSS_S_BAD_SIG, verify_octets(h.acceptor.context, text, 63, mic.data, mic.size), 0);
  EXPECT_STATUS(GSS_S_BAD_SIG, verify_octets(h.acceptor.context, text, 65, mic.data, mic.size), 0);
  EXPECT_COMPLETE(verify_octets(h.acceptor.context, text, 64, mic.data, mic.size), 0);
  octets_free(&mic);
  handshake_close(&h);
}
END_TEST

// A token of one direction says nothing in the other.
START_TEST(reflected_token_is_refused) {
  struct handshake h;
  struct octets token, mic, data;
  open_pair(&h, kRaw, kUsualFlags);
  EXPECT_COMPLETE(wrap_octets(h.initiator.context, 1, text, 32, NULL, &token), 0);
  EXPECT_STATUS(GSS_S_BAD_SIG,
                unwrap_octets(h.initiator.context, token.data, token.size, NULL, &data), 0);
  octets_free(&data);
  EXPECT_COMPLETE(mic_octets(h.acceptor.context, text, 32, &mic), 0);
  EXPECT_STATUS(GSS_S_BAD_SIG, verify_octets(h.acceptor.context, text, 32, mic.data, mic.size), 0);
  octets_free(&token);
  octets_free(&mic);
  handshake_close(&h);
}
END_TEST

START_TEST(token_of_another_context_is_refused) {
  struct handshake a, b;
  struct octets token, data;
  open_pair(&a, kRaw, kUsualFlags);
  open_pair(&b, kRaw, kUsualFlags);
  EXPECT_COMPLETE(wrap_octets(a.initiator.context, 1, text, 32, NULL, &token), 0);
  EXPECT_STATUS(GSS_S_BAD_SIG,
                unwrap_octets(b.acceptor.context, token.data, token.size, NULL, &data), 0);
  octets_free(&token);
  octets_free(&data);
  handshake_close(&a);
  handshake_close(&b);
}
END_TEST

// ---- iov ---------------------------------------------------------------------------------------

// Buffers of one message, laid out one behind another in `room`.
enum { kMaxBuffers = 8, kRoom = 1 << 17 };
struct layout {
  gss_iov_buffer_desc iov[kMaxBuffers];
  int count;
  uint8_t room[kRoom];
  size_t used;
};

static void layout_add(struct layout *l, OM_uint32 type, size_t size) {
  ck_assert_int_lt(l->count, kMaxBuffers);
  ck_assert_uint_le(l->used + size, kRoom);
  l->iov[l->count].type = type;
  l->iov[l->count].buffer = buffer_of(l->room + l->used, size);
  if (type == GSS_IOV_BUFFER_TYPE_DATA || type == GSS_IOV_BUFFER_TYPE_SIGN_ONLY) {
    fill_pattern(l->room + l->used, size, (uint32_t)l->count + 20);
  }
  l->used += size;
  ++l->count;
}

// The octets of all buffers of a type, joined.
static struct octets layout_join(const struct layout *l, OM_uint32 type) {
  struct octets joined = octets_copy(NULL, 0);
  for (int i = 0; i < l->count; ++i) {
    if (GSS_IOV_BUFFER_TYPE(l->iov[i].type) == type) {
      octets_append(&joined, l->iov[i].buffer.value, l->iov[i].buffer.length);
    }
  }
  return joined;
}

static OM_uint32 wrap_layout(gss_ctx_id_t context, int conf, struct layout *l, int *conf_state) {
  OM_uint32 minor;
  const OM_uint32 major =
      gss_wrap_iov(&minor, context, conf, GSS_C_QOP_DEFAULT, conf_state, l->iov, l->count);
  return major;
}

static OM_uint32 unwrap_layout(gss_ctx_id_t context, struct layout *l, int *conf_state) {
  OM_uint32 minor;
  gss_qop_t qop;
  return gss_unwrap_iov(&minor, context, conf_state, &qop, l->iov, l->count);
}

// What the buffers hold; the first is always the header.
static const struct shape {
  OM_uint32 types[kMaxBuffers];
  size_t sizes[kMaxBuffers];
} kShapes[] = {
    {{GSS_IOV_BUFFER_TYPE_HEADER, GSS_IOV_BUFFER_TYPE_DATA}, {16, 0}},
    {{GSS_IOV_BUFFER_TYPE_HEADER, GSS_IOV_BUFFER_TYPE_DATA}, {16, 1}},
    {{GSS_IOV_BUFFER_TYPE_HEADER, GSS_IOV_BUFFER_TYPE_DATA}, {16, 16384}},
    {{GSS_IOV_BUFFER_TYPE_HEADER, GSS_IOV_BUFFER_TYPE_DATA, GSS_IOV_BUFFER_TYPE_PADDING,
      GSS_IOV_BUFFER_TYPE_TRAILER},
     {16, 100, 0, 0}},
    {{GSS_IOV_BUFFER_TYPE_HEADER, GSS_IOV_BUFFER_TYPE_SIGN_ONLY, GSS_IOV_BUFFER_TYPE_DATA,
      GSS_IOV_BUFFER_TYPE_SIGN_ONLY},
     {16, 24, 333, 8}},
    {{GSS_IOV_BUFFER_TYPE_HEADER, GSS_IOV_BUFFER_TYPE_DATA, GSS_IOV_BUFFER_TYPE_DATA,
      GSS_IOV_BUFFER_TYPE_DATA},
     {16, 7, 64, 1000}},
    {{GSS_IOV_BUFFER_TYPE_HEADER, GSS_IOV_BUFFER_TYPE_DATA, GSS_IOV_BUFFER_TYPE_SIGN_ONLY,
      GSS_IOV_BUFFER_TYPE_DATA, GSS_IOV_BUFFER_TYPE_EMPTY},
     {16, 63, 65, 129, 0}},
    {{GSS_IOV_BUFFER_TYPE_HEADER, GSS_IOV_BUFFER_TYPE_DATA, GSS_IOV_BUFFER_TYPE_DATA}, {16, 0, 10}},
    {{GSS_IOV_BUFFER_TYPE_HEADER, GSS_IOV_BUFFER_TYPE_SIGN_ONLY}, {16, 40}},
};
enum { kShapeCount = sizeof kShapes / sizeof kShapes[0] };

static void layout_of(struct layout *l, const struct shape *shape) {
  memset(l, 0, sizeof *l);
  for (int i = 0; i < kMaxBuffers && (i == 0 || shape->types[i] != 0); ++i) {
    layout_add(l, shape->types[i], shape->sizes[i]);
  }
}

START_TEST(iov_in_place) {
  struct handshake h;
  static struct layout l;
  open_pair(&h, kRaw, kUsualFlags);
  for (int which = 0; which < 2; ++which) {
    const struct direction d = direction_of(&h, which);
    int sent = -1, received = -1;
    layout_of(&l, &kShapes[_i]);
    struct octets plain = layout_join(&l, GSS_IOV_BUFFER_TYPE_DATA);
    struct octets beside = layout_join(&l, GSS_IOV_BUFFER_TYPE_SIGN_ONLY);
    const void *place = l.iov[1].buffer.value;
    EXPECT_COMPLETE(wrap_layout(d.from, 1, &l, &sent), 0);
    struct octets sealed = layout_join(&l, GSS_IOV_BUFFER_TYPE_DATA);
    struct octets untouched = layout_join(&l, GSS_IOV_BUFFER_TYPE_SIGN_ONLY);
    ck_assert(octets_equal(&beside, &untouched));
    ck_assert_msg(plain.size < 8 || !octets_equal(&plain, &sealed), "DATA is not sealed");
    EXPECT_COMPLETE(unwrap_layout(d.to, &l, &received), 0);
    struct octets opened = layout_join(&l, GSS_IOV_BUFFER_TYPE_DATA);
    ck_assert(octets_equal(&plain, &opened));
    ck_assert_ptr_eq(place, l.iov[1].buffer.value);
    ck_assert_int_eq(sent, 1);
    ck_assert_int_eq(received, 1);
    octets_free(&plain);
    octets_free(&beside);
    octets_free(&sealed);
    octets_free(&untouched);
    octets_free(&opened);
  }
  handshake_close(&h);
}
END_TEST

// A changed octet in any buffer is noticed, and nothing of the state is lost.
START_TEST(iov_changed_octet_is_refused) {
  struct handshake h;
  static struct layout l, copy;
  open_pair(&h, kRaw, kUsualFlags);
  layout_of(&l, &kShapes[_i]);
  EXPECT_COMPLETE(wrap_layout(h.initiator.context, 1, &l, NULL), 0);
  const size_t step = l.used > 2000 ? 499 : 1;
  for (size_t at = 0; at < l.used; at += step) {
    memcpy(&copy, &l, sizeof l);
    for (int i = 0; i < copy.count; ++i) {
      copy.iov[i].buffer.value = copy.room + ((uint8_t *)l.iov[i].buffer.value - l.room);
    }
    copy.room[at] ^= 0x20;
    ck_assert_msg(GSS_ERROR(unwrap_layout(h.acceptor.context, &copy, NULL)),
                  "octet %zu may be changed", at);
  }
  EXPECT_COMPLETE(unwrap_layout(h.acceptor.context, &l, NULL), 0);
  handshake_close(&h);
}
END_TEST

// N368: HEADER 16, no PADDING, no TRAILER.
START_TEST(iov_lengths) {
  OM_uint32 minor;
  struct handshake h;
  int conf_state = -1;
  gss_iov_buffer_desc iov[4];
  memset(iov, 0, sizeof iov);
  iov[0].type = GSS_IOV_BUFFER_TYPE_HEADER;
  iov[1].type = GSS_IOV_BUFFER_TYPE_DATA;
  iov[1].buffer = buffer_of(text, 77);
  iov[2].type = GSS_IOV_BUFFER_TYPE_PADDING;
  iov[3].type = GSS_IOV_BUFFER_TYPE_TRAILER;
  open_pair(&h, (enum carrier)_i, kUsualFlags);
  iov[2].buffer.length = iov[3].buffer.length = 99;
  const OM_uint32 major =
      gss_wrap_iov_length(&minor, h.initiator.context, 1, GSS_C_QOP_DEFAULT, &conf_state, iov, 4);
  EXPECT_COMPLETE(major, minor);
  ck_assert_uint_eq(iov[0].buffer.length, kSignatureSize);
  ck_assert_uint_eq(iov[1].buffer.length, 77);
  ck_assert_uint_eq(iov[2].buffer.length, 0);
  ck_assert_uint_eq(iov[3].buffer.length, 0);
  ck_assert_int_eq(conf_state, 1);
  handshake_close(&h);
}
END_TEST

START_TEST(iov_header_on_request_of_the_caller) {
  OM_uint32 minor;
  struct handshake h;
  uint8_t data[50];
  gss_iov_buffer_desc iov[2];
  memset(iov, 0, sizeof iov);
  memcpy(data, text, sizeof data);
  iov[0].type = GSS_IOV_BUFFER_TYPE_HEADER | GSS_IOV_BUFFER_FLAG_ALLOCATE;
  iov[1].type = GSS_IOV_BUFFER_TYPE_DATA;
  iov[1].buffer = buffer_of(data, sizeof data);
  open_pair(&h, kRaw, kUsualFlags);
  memcpy(data, text, sizeof data);
  EXPECT_COMPLETE(gss_wrap_iov(&minor, h.initiator.context, 1, GSS_C_QOP_DEFAULT, NULL, iov, 2), 0);
  ck_assert_uint_ne(iov[0].type & GSS_IOV_BUFFER_FLAG_ALLOCATED, 0);
  ck_assert_uint_eq(iov[0].buffer.length, kSignatureSize);
  EXPECT_COMPLETE(gss_unwrap_iov(&minor, h.acceptor.context, NULL, NULL, iov, 2), 0);
  ck_assert_mem_eq(data, text, sizeof data);
  EXPECT_COMPLETE(gss_release_iov_buffer(&minor, iov, 2), 0);
  handshake_close(&h);
}
END_TEST

// A header buffer that is too small, or none at all, is an error and changes nothing.
START_TEST(iov_without_room_is_refused) {
  static const size_t kSizes[] = {0, 1, 15};
  struct handshake h;
  OM_uint32 minor;
  uint8_t header[16], data[20], before[20];
  gss_iov_buffer_desc iov[2];
  open_pair(&h, kRaw, kUsualFlags);
  memset(iov, 0, sizeof iov);
  memcpy(data, text, sizeof data);
  memcpy(before, data, sizeof data);
  for (size_t i = 0; i < 3; ++i) {
    iov[0].type = GSS_IOV_BUFFER_TYPE_HEADER;
    iov[0].buffer = buffer_of(header, kSizes[i]);
    iov[1].type = GSS_IOV_BUFFER_TYPE_DATA;
    iov[1].buffer = buffer_of(data, sizeof data);
    ck_assert(
        GSS_ERROR(gss_wrap_iov(&minor, h.initiator.context, 1, GSS_C_QOP_DEFAULT, NULL, iov, 2)));
    ck_assert_mem_eq(data, before, sizeof data);
  }
  ck_assert(
      GSS_ERROR(gss_wrap_iov(&minor, h.initiator.context, 1, GSS_C_QOP_DEFAULT, NULL, iov + 1, 1)));
  ck_assert_mem_eq(data, before, sizeof data);
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  handshake_close(&h);
}
END_TEST

START_TEST(iov_token_opened_by_unwrap) {
  struct handshake h;
  static struct layout l;
  open_pair(&h, (enum carrier)_i, kUsualFlags);
  static const size_t kSizes[] = {0, 1, 1000, 65536};
  for (size_t i = 0; i < 4; ++i) {
    memset(&l, 0, sizeof l);
    layout_add(&l, GSS_IOV_BUFFER_TYPE_HEADER, 16);
    layout_add(&l, GSS_IOV_BUFFER_TYPE_DATA, kSizes[i]);
    struct octets plain = layout_join(&l, GSS_IOV_BUFFER_TYPE_DATA);
    EXPECT_COMPLETE(wrap_layout(h.initiator.context, 1, &l, NULL), 0);
    struct octets token = octets_copy(l.room, l.used);
    expect_accepted(h.acceptor.context, &token, plain.data, plain.size);
    octets_free(&plain);
    octets_free(&token);
  }
  handshake_close(&h);
}
END_TEST

START_TEST(wrap_token_opened_by_iov) {
  struct handshake h;
  static struct layout l;
  struct octets token;
  open_pair(&h, (enum carrier)_i, kUsualFlags);
  static const size_t kSizes[] = {0, 1, 1000, 65536};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_COMPLETE(wrap_octets(h.initiator.context, 1, text, kSizes[i], NULL, &token), 0);
    memset(&l, 0, sizeof l);
    layout_add(&l, GSS_IOV_BUFFER_TYPE_HEADER, 16);
    layout_add(&l, GSS_IOV_BUFFER_TYPE_DATA, kSizes[i]);
    memcpy(l.room, token.data, token.size);
    EXPECT_COMPLETE(unwrap_layout(h.acceptor.context, &l, NULL), 0);
    ck_assert_mem_eq(l.room + 16, text, kSizes[i]);
    octets_free(&token);
  }
  handshake_close(&h);
}
END_TEST

// STREAM | DATA: DATA points into the stream; with ALLOCATE it is a copy.
static void unwrap_stream(struct direction d, size_t size, bool allocate) {
  OM_uint32 minor;
  struct octets token;
  gss_iov_buffer_desc iov[2];
  int conf_state = -1;
  memset(iov, 0, sizeof iov);
  EXPECT_COMPLETE(wrap_octets(d.from, 1, text, size, NULL, &token), 0);
  iov[0].type = GSS_IOV_BUFFER_TYPE_STREAM;
  iov[0].buffer = buffer_of(token.data, token.size);
  iov[1].type = GSS_IOV_BUFFER_TYPE_DATA | (allocate ? GSS_IOV_BUFFER_FLAG_ALLOCATE : 0);
  const OM_uint32 major = gss_unwrap_iov(&minor, d.to, &conf_state, NULL, iov, 2);
  EXPECT_COMPLETE(major, minor);
  ck_assert_int_eq(conf_state, 1);
  ck_assert_uint_eq(iov[1].buffer.length, size);
  ck_assert_mem_eq(iov[1].buffer.value, text, size);
  const bool inside = (uint8_t *)iov[1].buffer.value == token.data + kSignatureSize;
  ck_assert_int_eq(inside, !allocate);
  EXPECT_COMPLETE(gss_release_iov_buffer(&minor, iov, 2), 0);
  octets_free(&token);
}

START_TEST(stream_unwrap) {
  static const size_t kSizes[] = {1, 2, 100, 5000};
  struct handshake h;
  open_pair(&h, kRaw, kUsualFlags);
  for (size_t i = 0; i < 4; ++i) {
    unwrap_stream(direction_of(&h, 0), kSizes[i], false);
    unwrap_stream(direction_of(&h, 1), kSizes[i], true);
  }
  handshake_close(&h);
}
END_TEST

// libgssapi frees no buffer of length 0, so there must be nothing to free.
START_TEST(empty_stream_gives_no_memory) {
  OM_uint32 minor;
  struct handshake h;
  struct octets token;
  gss_iov_buffer_desc iov[2];
  memset(iov, 0, sizeof iov);
  open_pair(&h, kRaw, kUsualFlags);
  EXPECT_COMPLETE(wrap_octets(h.initiator.context, 1, text, 0, NULL, &token), 0);
  iov[0].type = GSS_IOV_BUFFER_TYPE_STREAM;
  iov[0].buffer = buffer_of(token.data, token.size);
  iov[1].type = GSS_IOV_BUFFER_TYPE_DATA | GSS_IOV_BUFFER_FLAG_ALLOCATE;
  EXPECT_COMPLETE(gss_unwrap_iov(&minor, h.acceptor.context, NULL, NULL, iov, 2), minor);
  ck_assert_uint_eq(iov[1].buffer.length, 0);
  ck_assert_ptr_null(iov[1].buffer.value);
  EXPECT_COMPLETE(gss_release_iov_buffer(&minor, iov, 2), 0);
  octets_free(&token);
  handshake_close(&h);
}
END_TEST

START_TEST(short_stream_is_refused) {
  struct handshake h;
  OM_uint32 minor;
  open_pair(&h, kRaw, kUsualFlags);
  for (size_t size = 0; size < kSignatureSize; ++size) {
    gss_iov_buffer_desc iov[2];
    memset(iov, 0, sizeof iov);
    iov[0].type = GSS_IOV_BUFFER_TYPE_STREAM;
    iov[0].buffer = buffer_of(guarded_copy(text, size), size);
    iov[1].type = GSS_IOV_BUFFER_TYPE_DATA;
    const OM_uint32 major = gss_unwrap_iov(&minor, h.acceptor.context, NULL, NULL, iov, 2);
    EXPECT_STATUS(GSS_S_DEFECTIVE_TOKEN, major, minor);
  }
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  handshake_close(&h);
}
END_TEST

// ---- MIC of several buffers --------------------------------------------------------------------

static void mic_layout(struct layout *l, bool allocate) {
  memset(l, 0, sizeof *l);
  layout_add(l, GSS_IOV_BUFFER_TYPE_DATA, 30);
  layout_add(l, GSS_IOV_BUFFER_TYPE_SIGN_ONLY, 0);
  layout_add(l, GSS_IOV_BUFFER_TYPE_SIGN_ONLY, 70);
  layout_add(l, GSS_IOV_BUFFER_TYPE_EMPTY, 0);
  layout_add(l, GSS_IOV_BUFFER_TYPE_DATA, 129);
  layout_add(l, GSS_IOV_BUFFER_TYPE_MIC_TOKEN, allocate ? 0 : 16);
  if (allocate) {
    l->iov[5].type |= GSS_IOV_BUFFER_FLAG_ALLOCATE;
    l->iov[5].buffer.value = NULL;
  }
}

START_TEST(mic_iov_is_the_mic_of_the_whole) {
  struct handshake h;
  OM_uint32 minor;
  static struct layout l;
  open_pair(&h, (enum carrier)_i, kUsualFlags);
  for (int allocate = 0; allocate < 2; ++allocate) {
    mic_layout(&l, allocate != 0);
    struct octets whole = octets_copy(l.room, 30 + 70 + 129);
    EXPECT_COMPLETE(gss_get_mic_iov(&minor, h.initiator.context, GSS_C_QOP_DEFAULT, l.iov, l.count),
                    0);
    ck_assert_uint_eq(l.iov[5].buffer.length, kSignatureSize);
    ck_assert_mem_eq(whole.data, l.room, whole.size);
    EXPECT_COMPLETE(verify_octets(h.acceptor.context, whole.data, whole.size, l.iov[5].buffer.value,
                                  l.iov[5].buffer.length),
                    0);
    EXPECT_COMPLETE(gss_release_iov_buffer(&minor, l.iov, l.count), 0);
    octets_free(&whole);
  }
  handshake_close(&h);
}
END_TEST

START_TEST(mic_iov_verified_and_refused) {
  struct handshake h;
  OM_uint32 minor;
  static struct layout l;
  open_pair(&h, (enum carrier)_i, kUsualFlags);
  mic_layout(&l, false);
  struct octets mic;
  EXPECT_COMPLETE(mic_octets(h.initiator.context, l.room, 30 + 70 + 129, &mic), 0);
  memcpy(l.iov[5].buffer.value, mic.data, mic.size);
  for (size_t at = 0; at < l.used; ++at) {
    l.room[at] ^= 4;
    ck_assert_msg(GSS_ERROR(gss_verify_mic_iov(&minor, h.acceptor.context, NULL, l.iov, l.count)),
                  "octet %zu may be changed", at);
    l.room[at] ^= 4;
  }
  EXPECT_COMPLETE(gss_verify_mic_iov(&minor, h.acceptor.context, NULL, l.iov, l.count), 0);
  octets_free(&mic);
  handshake_close(&h);
}
END_TEST

START_TEST(mic_iov_length) {
  struct handshake h;
  OM_uint32 minor;
  static struct layout l;
  open_pair(&h, (enum carrier)_i, kUsualFlags);
  mic_layout(&l, false);
  l.iov[5].buffer.length = 0;
  EXPECT_COMPLETE(
      gss_get_mic_iov_length(&minor, h.initiator.context, GSS_C_QOP_DEFAULT, l.iov, l.count), 0);
  ck_assert_uint_eq(l.iov[5].buffer.length, kSignatureSize);
  handshake_close(&h);
}
END_TEST

// ---- order -------------------------------------------------------------------------------------

enum { kOrderTokens = 5 };

// N365: BAD_SIG, and the supplementary bit of what the number showed.
static void expect_order_fault(gss_ctx_id_t context, const struct octets *token, OM_uint32 bit) {
  struct octets data;
  const OM_uint32 major = unwrap_octets(context, token->data, token->size, NULL, &data);
  octets_free(&data);
  EXPECT_STATUS(GSS_S_BAD_SIG, major, 0);
  ck_assert_uint_eq(GSS_SUPPLEMENTARY_INFO(major), bit);
}

static void make_tokens(gss_ctx_id_t from, struct octets tokens[kOrderTokens]) {
  for (size_t i = 0; i < kOrderTokens; ++i) {
    EXPECT_COMPLETE(wrap_octets(from, 1, text + i, 20, NULL, &tokens[i]), 0);
  }
}

START_TEST(replayed_token) {
  struct handshake h;
  struct octets tokens[kOrderTokens];
  open_pair(&h, (enum carrier)_i, kUsualFlags);
  make_tokens(h.initiator.context, tokens);
  for (size_t i = 0; i < kOrderTokens; ++i) {
    expect_accepted(h.acceptor.context, &tokens[i], text + i, 20);
    for (size_t j = 0; j <= i; ++j) {
      expect_order_fault(h.acceptor.context, &tokens[j], GSS_S_DUPLICATE_TOKEN);
    }
  }
  for (size_t i = 0; i < kOrderTokens; ++i) octets_free(&tokens[i]);
  handshake_close(&h);
}
END_TEST

START_TEST(token_ahead_of_its_turn) {
  struct handshake h;
  struct octets tokens[kOrderTokens];
  open_pair(&h, (enum carrier)_i, kUsualFlags);
  make_tokens(h.initiator.context, tokens);
  for (size_t i = 0; i < kOrderTokens; ++i) {
    for (size_t j = i + 1; j < kOrderTokens; ++j) {
      expect_order_fault(h.acceptor.context, &tokens[j], GSS_S_GAP_TOKEN);
    }
    expect_accepted(h.acceptor.context, &tokens[i], text + i, 20);
  }
  for (size_t i = 0; i < kOrderTokens; ++i) octets_free(&tokens[i]);
  handshake_close(&h);
}
END_TEST

START_TEST(replayed_mic) {
  struct handshake h;
  struct octets first, second;
  open_pair(&h, (enum carrier)_i, kUsualFlags);
  EXPECT_COMPLETE(mic_octets(h.initiator.context, text, 9, &first), 0);
  EXPECT_COMPLETE(mic_octets(h.initiator.context, text, 9, &second), 0);
  OM_uint32 major = verify_octets(h.acceptor.context, text, 9, second.data, second.size);
  EXPECT_STATUS(GSS_S_BAD_SIG, major, 0);
  ck_assert_uint_eq(GSS_SUPPLEMENTARY_INFO(major), GSS_S_GAP_TOKEN);
  EXPECT_COMPLETE(verify_octets(h.acceptor.context, text, 9, first.data, first.size), 0);
  major = verify_octets(h.acceptor.context, text, 9, first.data, first.size);
  EXPECT_STATUS(GSS_S_BAD_SIG, major, 0);
  ck_assert_uint_eq(GSS_SUPPLEMENTARY_INFO(major), GSS_S_DUPLICATE_TOKEN);
  EXPECT_COMPLETE(verify_octets(h.acceptor.context, text, 9, second.data, second.size), 0);
  octets_free(&first);
  octets_free(&second);
  handshake_close(&h);
}
END_TEST

// The minor text says which fault it was.
START_TEST(order_faults_are_told_apart) {
  struct handshake h;
  struct octets token;
  char kinds[3][200];
  open_pair(&h, kRaw, kUsualFlags);
  EXPECT_COMPLETE(wrap_octets(h.initiator.context, 1, text, 20, NULL, &token), 0);
  for (int i = 0; i < 3; ++i) {
    OM_uint32 minor;
    struct octets tried = octets_copy(token.data, token.size);
    gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
    if (i == 0) tried.data[20] ^= 1;  // damaged
    if (i == 1) tried.data[12] ^= 1;  // one ahead
    if (i == 2) expect_accepted(h.acceptor.context, &token, text, 20);
    gss_buffer_desc in = buffer_of(tried.data, tried.size);
    const OM_uint32 major = gss_unwrap(&minor, h.acceptor.context, &in, &out, NULL, NULL);
    EXPECT_STATUS(GSS_S_BAD_SIG, major, minor);
    strncpy(kinds[i], minor_text(minor), sizeof kinds[i] - 1);
    kinds[i][sizeof kinds[i] - 1] = '\0';
    octets_free(&tried);
  }
  ck_assert_str_ne(kinds[0], kinds[1]);
  ck_assert_str_ne(kinds[1], kinds[2]);
  ck_assert_str_ne(kinds[0], kinds[2]);
  octets_free(&token);
  handshake_close(&h);
}
END_TEST

// ---- SIGN without SEAL (N362) ------------------------------------------------------------------

START_TEST(sign_only_wrap) {
  struct handshake h;
  struct octets token, data;
  open_pair(&h, (enum carrier)_i, kSignFlags);
  ck_assert_uint_eq(h.initiator.flags & GSS_C_CONF_FLAG, 0);
  for (size_t size = 0; size < 300; ++size) {
    const struct direction d = direction_of(&h, size % 2 != 0);
    int sent = -1, received = -1;
    EXPECT_COMPLETE(wrap_octets(d.from, size % 3 == 0, text, size, &sent, &token), 0);
    ck_assert_uint_eq(token.size, size + kSignatureSize);
    EXPECT_COMPLETE(unwrap_octets(d.to, token.data, token.size, &received, &data), 0);
    ck_assert_uint_eq(data.size, size);
    ck_assert_msg(size == 0 || memcmp(data.data, text, size) == 0, "another text");
    ck_assert_int_eq(sent, 0);
    ck_assert_int_eq(received, 0);
    octets_free(&token);
    octets_free(&data);
  }
  handshake_close(&h);
}
END_TEST

// The wire form of Exchange: sealed although only SIGN was agreed.
START_TEST(sign_only_wrap_by_the_book) {
  struct handshake h;
  struct octets token;
  uint8_t key[16];
  open_pair(&h, kRaw, kSignFlags);
  ck_assert(session_key(h.initiator.context, key));
  EXPECT_COMPLETE(wrap_octets(h.initiator.context, 0, text, 100, NULL, &token), 0);
  struct octets expected = mini_first_wrap(key, true, text, 100);
  ck_assert(octets_equal(&token, &expected));
  octets_free(&token);
  octets_free(&expected);
  handshake_close(&h);
}
END_TEST

// The other form: the signature of gss_get_mic and the data as it is. Both may follow each other.
START_TEST(sign_only_plain_form_is_taken) {
  struct handshake h;
  open_pair(&h, kRaw, kSignFlags);
  for (size_t size = 0; size < 200; size += 7) {
    struct octets token, data;
    int conf_state = -1;
    EXPECT_COMPLETE(mic_octets(h.initiator.context, text, size, &token), 0);
    octets_append(&token, text, size);
    EXPECT_COMPLETE(unwrap_octets(h.acceptor.context, token.data, token.size, &conf_state, &data),
                    0);
    ck_assert_int_eq(conf_state, 0);
    ck_assert_uint_eq(data.size, size);
    ck_assert_msg(size == 0 || memcmp(data.data, text, size) == 0, "another text");
    octets_free(&token);
    octets_free(&data);
    EXPECT_COMPLETE(wrap_octets(h.initiator.context, 0, text, size, NULL, &token), 0);
    expect_accepted(h.acceptor.context, &token, text, size);
    octets_free(&token);
  }
  handshake_close(&h);
}
END_TEST

// With SEAL agreed the plain form is a downgrade.
START_TEST(plain_form_is_refused_where_seal_was_agreed) {
  struct handshake h;
  struct octets token, data;
  open_pair(&h, kRaw, kUsualFlags);
  EXPECT_COMPLETE(mic_octets(h.initiator.context, text, 24, &token), 0);
  octets_append(&token, text, 24);
  EXPECT_STATUS(GSS_S_BAD_SIG,
                unwrap_octets(h.acceptor.context, token.data, token.size, NULL, &data), 0);
  octets_free(&token);
  octets_free(&data);
  handshake_close(&h);
}
END_TEST

START_TEST(sign_only_iov_leaves_the_data) {
  struct handshake h;
  static struct layout l;
  int conf_state = -1;
  open_pair(&h, kRaw, kSignFlags);
  layout_of(&l, &kShapes[4]);
  struct octets plain = layout_join(&l, GSS_IOV_BUFFER_TYPE_DATA);
  EXPECT_COMPLETE(wrap_layout(h.initiator.context, 0, &l, &conf_state), 0);
  struct octets sent = layout_join(&l, GSS_IOV_BUFFER_TYPE_DATA);
  ck_assert_int_eq(conf_state, 0);
  ck_assert(octets_equal(&plain, &sent));
  conf_state = -1;
  EXPECT_COMPLETE(unwrap_layout(h.acceptor.context, &l, &conf_state), 0);
  struct octets opened = layout_join(&l, GSS_IOV_BUFFER_TYPE_DATA);
  ck_assert_int_eq(conf_state, 0);
  ck_assert(octets_equal(&plain, &opened));
  octets_free(&plain);
  octets_free(&sent);
  octets_free(&opened);
  handshake_close(&h);
}
END_TEST

// ---- no protection (N363) ----------------------------------------------------------------------

// ALWAYS_SIGN alone: a constant that proves nothing.
START_TEST(dummy_signature) {
  static const uint8_t kDummy[16] = {1};
  struct handshake h;
  struct octets token;
  open_pair(&h, kRaw, 0);
  EXPECT_COMPLETE(mic_octets(h.initiator.context, text, 10, &token), 0);
  ck_assert_uint_eq(token.size, sizeof kDummy);
  ck_assert_mem_eq(token.data, kDummy, sizeof kDummy);
  EXPECT_STATUS(GSS_S_UNAVAILABLE,
                verify_octets(h.acceptor.context, text, 10, kDummy, sizeof kDummy), 0);
  octets_free(&token);
  handshake_close(&h);
}
END_TEST

START_TEST(wrap_without_protection_is_unavailable) {
  struct handshake h;
  OM_uint32 minor;
  gss_buffer_desc in = buffer_of(text, 10), out = GSS_C_EMPTY_BUFFER;
  open_pair(&h, kRaw, 0);
  OM_uint32 major = gss_wrap(&minor, h.initiator.context, 1, GSS_C_QOP_DEFAULT, &in, NULL, &out);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, major, minor);
  ck_assert_uint_gt(strlen(minor_text(minor)), 10);
  major = gss_wrap(&minor, h.initiator.context, 0, GSS_C_QOP_DEFAULT, &in, NULL, &out);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, major, minor);
  in.length = 26;
  major = gss_unwrap(&minor, h.initiator.context, &in, &out, NULL, NULL);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, major, minor);
  handshake_close(&h);
}
END_TEST

static Suite *message_suite(void) {
  Suite *suite = suite_create("message");
  TCase *wrap = tcase_create("wrap");
  tcase_set_timeout(wrap, 120);
  tcase_add_loop_test(wrap, wrap_of_every_length, 0, kCarriers);
  tcase_add_loop_test(wrap, both_directions_mixed, 0, kCarriers);
  tcase_add_test(wrap, tokens_may_wait);
  tcase_add_test(wrap, first_token_by_the_book);
  tcase_add_loop_test(wrap, wrap_size_limit, 0, kCarriers);
  tcase_add_test(wrap, unknown_qop_is_refused);
  suite_add_tcase(suite, wrap);

  TCase *mic = tcase_create("mic");
  tcase_set_timeout(mic, 120);
  tcase_add_loop_test(mic, mic_of_every_length, 0, kCarriers);
  tcase_add_test(mic, mic_and_wrap_share_the_numbers);
  tcase_add_test(mic, mic_of_another_text_is_refused);
  tcase_add_test(mic, reflected_token_is_refused);
  tcase_add_test(mic, token_of_another_context_is_refused);
  suite_add_tcase(suite, mic);

  TCase *iov = tcase_create("iov");
  tcase_set_timeout(iov, 60);
  tcase_add_loop_test(iov, iov_in_place, 0, kShapeCount);
  tcase_add_loop_test(iov, iov_changed_octet_is_refused, 0, kShapeCount);
  tcase_add_loop_test(iov, iov_lengths, 0, kCarriers);
  tcase_add_test(iov, iov_header_on_request_of_the_caller);
  tcase_add_test(iov, iov_without_room_is_refused);
  tcase_add_loop_test(iov, iov_token_opened_by_unwrap, 0, kCarriers);
  tcase_add_loop_test(iov, wrap_token_opened_by_iov, 0, kCarriers);
  tcase_add_test(iov, stream_unwrap);
  tcase_add_test(iov, empty_stream_gives_no_memory);
  tcase_add_test(iov, short_stream_is_refused);
  tcase_add_loop_test(iov, mic_iov_is_the_mic_of_the_whole, 0, kCarriers);
  tcase_add_loop_test(iov, mic_iov_verified_and_refused, 0, kCarriers);
  tcase_add_loop_test(iov, mic_iov_length, 0, kCarriers);
  suite_add_tcase(suite, iov);

  TCase *order = tcase_create("order");
  tcase_add_loop_test(order, replayed_token, 0, kCarriers);
  tcase_add_loop_test(order, token_ahead_of_its_turn, 0, kCarriers);
  tcase_add_loop_test(order, replayed_mic, 0, kCarriers);
  tcase_add_test(order, order_faults_are_told_apart);
  suite_add_tcase(suite, order);

  TCase *weak = tcase_create("less protection");
  tcase_add_loop_test(weak, sign_only_wrap, 0, kCarriers);
  tcase_add_test(weak, sign_only_wrap_by_the_book);
  tcase_add_test(weak, sign_only_plain_form_is_taken);
  tcase_add_test(weak, plain_form_is_refused_where_seal_was_agreed);
  tcase_add_test(weak, sign_only_iov_leaves_the_data);
  tcase_add_test(weak, dummy_signature);
  tcase_add_test(weak, wrap_without_protection_is_unavailable);
  suite_add_tcase(suite, weak);
  return suite;
}

int main(void) { return run_suite(message_suite); }
