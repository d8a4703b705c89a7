// SPDX-License-Identifier: MIT
// Damaged wrap and MIC tokens (N710, N822): each bit, each length, octets appended. Each is
// refused, with the status that fits, and after each of them the good token is accepted. Tokens end
// at an unreadable page, so a read past the end ends the test.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "strength.h"

enum { kMostText = 4096, kMostAppended = 65536 };
static uint8_t text[kMostText];
static uint8_t appendix[kMostAppended];

// ---- kinds of token ----------------------------------------------------------------------------

// Of a text of `size` octets.
typedef OM_uint32 token_maker(gss_ctx_id_t from, size_t size, struct octets *token);
// Gives the text of the token back in *data; a MIC has none.
typedef OM_uint32 token_opener(gss_ctx_id_t to, const struct octets *token, size_t size,
                               struct octets *data);

static OM_uint32 make_sealed(gss_ctx_id_t from, size_t size, struct octets *token) {
  return wrap_octets(from, 1, text, size, NULL, token);
}

static OM_uint32 make_signed(gss_ctx_id_t from, size_t size, struct octets *token) {
  return wrap_octets(from, 0, text, size, NULL, token);
}

static OM_uint32 make_mic(gss_ctx_id_t from, size_t size, struct octets *token) {
  return mic_octets(from, text, size, token);
}

// The form of other implementations: a signature, and the data as it is.
static OM_uint32 make_plain(gss_ctx_id_t from, size_t size, struct octets *token) {
  const OM_uint32 major = mic_octets(from, text, size, token);
  octets_append(token, text, size);
  return major;
}

static OM_uint32 open_by_unwrap(gss_ctx_id_t to, const struct octets *token, size_t size,
                                struct octets *data) {
  (void)size;
  return unwrap_octets(to, token->data, token->size, NULL, data);
}

static OM_uint32 open_mic(gss_ctx_id_t to, const struct octets *token, size_t size,
                          struct octets *data) {
  *data = octets_copy(text, size);
  return verify_octets(to, text, size, token->data, token->size);
}

// In place, in HEADER and DATA.
static OM_uint32 open_by_iov(gss_ctx_id_t to, const struct octets *token, size_t size,
                             struct octets *data) {
  OM_uint32 minor;
  gss_iov_buffer_desc iov[2];
  uint8_t *room = guarded_copy(token->data, token->size);
  const size_t header = token->size < kSignatureSize ? token->size : kSignatureSize;
  (void)size;
  memset(iov, 0, sizeof iov);
  iov[0].type = GSS_IOV_BUFFER_TYPE_HEADER;
  iov[0].buffer = buffer_of(room, header);
  iov[1].type = GSS_IOV_BUFFER_TYPE_DATA;
  iov[1].buffer = buffer_of(room + header, token->size - header);
  const OM_uint32 major = gss_unwrap_iov(&minor, to, NULL, NULL, iov, 2);
  *data = octets_copy(iov[1].buffer.value, iov[1].buffer.length);
  return major;
}

static OM_uint32 open_stream(gss_ctx_id_t to, const struct octets *token, size_t size,
                             struct octets *data) {
  OM_uint32 minor, ignored;
  gss_iov_buffer_desc iov[2];
  (void)size;
  memset(iov, 0, sizeof iov);
  iov[0].type = GSS_IOV_BUFFER_TYPE_STREAM;
  iov[0].buffer = buffer_of(guarded_copy(token->data, token->size), token->size);
  iov[1].type = GSS_IOV_BUFFER_TYPE_DATA | GSS_IOV_BUFFER_FLAG_ALLOCATE;
  const OM_uint32 major = gss_unwrap_iov(&minor, to, NULL, NULL, iov, 2);
  *data = octets_copy(iov[1].buffer.value, iov[1].buffer.length);
  gss_release_iov_buffer(&ignored, iov, 2);
  return major;
}

static const struct kind {
  const char *name;
  OM_uint32 flags;
  token_maker *make;
  token_opener *open;
  bool raw_only;
} kKinds[] = {
    {"gss_unwrap", kUsualFlags, make_sealed, open_by_unwrap, false},
    {"gss_unwrap, SIGN only", kSignFlags, make_signed, open_by_unwrap, true},
    {"gss_unwrap, SIGN only, data not sealed", kSignFlags, make_plain, open_by_unwrap, true},
    {"gss_verify_mic", kUsualFlags, make_mic, open_mic, false},
    {"gss_unwrap_iov", kUsualFlags, make_sealed, open_by_iov, false},
    {"gss_unwrap_iov of a stream", kUsualFlags, make_sealed, open_stream, false},
};
enum { kKindCount = sizeof kKinds / sizeof kKinds[0] };

// ---- one damaged token -------------------------------------------------------------------------

struct sweep {
  const struct kind *kind;
  gss_ctx_id_t from, to;
  size_t size;  // of the text
  struct {
    long tried, refused, good_after;
  } tally;
  char fault[200];  // the first
};

static void note_fault(struct sweep *sweep, const char *what, size_t at, OM_uint32 major) {
  if (sweep->fault[0] != '\0') return;
  snprintf(sweep->fault, sizeof sweep->fault, "%s, text of %zu octets, %s %zu: status %08x",
           sweep->kind->name, sweep->size, what, at, major);
}

// BAD_SIG, or DEFECTIVE_TOKEN where the form itself is wrong; mechglue's own answer to nothing.
static bool is_fitting(OM_uint32 major, const struct octets *token, const struct octets *good,
                       bool version_changed) {
  const OM_uint32 routine = GSS_ROUTINE_ERROR(major);
  if (token->size == 0) return GSS_ERROR(major) != 0;
  if (routine == GSS_S_BAD_SIG) return token->size >= kSignatureSize;
  if (routine != GSS_S_DEFECTIVE_TOKEN) return false;
  return version_changed || token->size < kSignatureSize ||
         (good->size == kSignatureSize && token->size > good->size);
}

// Damage of one good token. `at` is the octet, the length or the number of octets appended.
struct damage {
  enum { kFlip, kCut, kAppend } kind;
  size_t at;
  uint8_t mask;
};

static struct octets damaged(const struct octets *good, const struct damage *damage) {
  struct octets token = octets_copy(good->data, good->size);
  if (damage->kind == kFlip) token.data[damage->at] ^= damage->mask;
  if (damage->kind == kCut) token.size = damage->at;
  if (damage->kind == kAppend) octets_append(&token, appendix, damage->at);
  ck_assert(!octets_equal(&token, good));
  return token;
}

static bool is_taken(struct sweep *sweep, const struct octets *good, size_t at) {
  struct octets data;
  const OM_uint32 major = sweep->kind->open(sweep->to, good, sweep->size, &data);
  const struct octets expected = {text, sweep->size};
  const bool taken = major == GSS_S_COMPLETE && octets_equal(&data, &expected);
  if (!taken) note_fault(sweep, "the good token after damage at", at, major);
  octets_free(&data);
  return taken;
}

static void try_damage(struct sweep *sweep, struct damage damage) {
  static const char *const kWhat[] = {"octet", "length", "appended"};
  struct octets good, data;
  strength_attempt();
  EXPECT_COMPLETE(sweep->kind->make(sweep->from, sweep->size, &good), 0);
  struct octets token = damaged(&good, &damage);
  const OM_uint32 major = sweep->kind->open(sweep->to, &token, sweep->size, &data);
  const bool version_changed = damage.kind == kFlip && damage.at < 4;
  ++sweep->tally.tried;
  if (GSS_ERROR(major)) ++sweep->tally.refused;
  if (!is_fitting(major, &token, &good, version_changed)) {
    note_fault(sweep, kWhat[damage.kind], damage.at, major);
  }
  octets_free(&data);
  octets_free(&token);
  if (is_taken(sweep, &good, damage.at)) ++sweep->tally.good_after;
  octets_free(&good);
}

// ---- sweeps ------------------------------------------------------------------------------------

typedef void sweeper(struct sweep *sweep, size_t token_size);

static void change_octets(struct sweep *sweep, size_t token_size) {
  for (size_t at = 0; at < token_size; ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      try_damage(sweep, (struct damage){kFlip, at, (uint8_t)(1u << bit)});
    }
    try_damage(sweep, (struct damage){kFlip, at, 0xff});
  }
}

static void cut_off(struct sweep *sweep, size_t token_size) {
  for (size_t size = 0; size < token_size; ++size) {
    try_damage(sweep, (struct damage){kCut, size, 0});
  }
}

static void append_octets(struct sweep *sweep, size_t token_size) {
  static const size_t kMore[] = {100, 255, 256, 1000, 4096, 65535, kMostAppended};
  const size_t every = long_form ? kMostText : 16;
  (void)token_size;
  for (size_t more = 1; more <= every; ++more) {
    try_damage(sweep, (struct damage){kAppend, more, 0});
  }
  for (size_t i = 0; i < sizeof kMore / sizeof kMore[0]; ++i) {
    if (kMore[i] > every) try_damage(sweep, (struct damage){kAppend, kMore[i], 0});
  }
}

// Both directions of an open pair, and each size of text.
static void sweep_pair(struct sweep *sweep, const struct handshake *h, sweeper *sweep_token) {
  static const size_t kShort[] = {0, 1, 16, 40, 100};
  static const size_t kLong[] = {0, 1, 7, 8, 15, 16, 17, 24, 40, 100, 255, 256, 1000};
  const size_t *sizes = long_form ? kLong : kShort;
  const size_t count = long_form ? sizeof kLong / sizeof *kLong : sizeof kShort / sizeof *kShort;
  for (size_t i = 0; i < 2 * count; ++i) {
    struct octets probe;
    sweep->from = i % 2 == 0 ? h->initiator.context : h->acceptor.context;
    sweep->to = i % 2 == 0 ? h->acceptor.context : h->initiator.context;
    sweep->size = sizes[i / 2];
    const OM_uint32 major = sweep->kind->make(sweep->from, sweep->size, &probe);
    if (GSS_ERROR(major)) {
      octets_free(&probe);
      if (sweep->size != 0) note_fault(sweep, "no token, part", i, major);
      continue;  // some modules take no empty text
    }
    const size_t token_size = probe.size;
    if (is_taken(sweep, &probe, 0)) sweep_token(sweep, token_size);
    octets_free(&probe);
  }
}

static bool has_iov(void) {
  struct handshake h;
  struct octets token, data;
  strength_open(&h, kRaw);
  handshake_establish(&h);
  EXPECT_COMPLETE(make_sealed(h.initiator.context, 1, &token), 0);
  const OM_uint32 major = open_by_iov(h.acceptor.context, &token, 1, &data);
  octets_free(&token);
  octets_free(&data);
  handshake_close(&h);
  return GSS_ROUTINE_ERROR(major) != GSS_S_UNAVAILABLE;
}

static void report(const struct sweep *sweep, const char *way, const char *carrier) {
  char name[160];
  snprintf(name, sizeof name, "%s, %s, %s: refused", way, sweep->kind->name, carrier);
  share(name, sweep->tally.refused, sweep->tally.tried);
  snprintf(name, sizeof name, "%s, %s, %s: good token accepted after it", way, sweep->kind->name,
           carrier);
  share(name, sweep->tally.good_after, sweep->tally.tried);
}

static void sweep_kind(const struct kind *kind, const char *way, sweeper *sweep_token,
                       char fault[200]) {
  for (int carrier = 0; carrier < (kind->raw_only ? 1 : kCarriers); ++carrier) {
    if (long_form && carrier == kSpnegoCut) continue;  // its contexts are those of SPNEGO
    struct sweep sweep = {.kind = kind};
    struct handshake h;
    strength_open(&h, (enum carrier)carrier);
    h.request_flags = kind->flags;
    handshake_establish(&h);
    sweep_pair(&sweep, &h, sweep_token);
    report(&sweep, way, carrier_name((enum carrier)carrier));
    if (fault[0] == '\0') memcpy(fault, sweep.fault, sizeof sweep.fault);
    handshake_close(&h);
  }
}

static void sweep_all(const char *way, sweeper *sweep_token) {
  char fault[200] = "";
  const bool iov = has_iov();
  fill_pattern(text, sizeof text, 3);
  fill_pattern(appendix, sizeof appendix, 5);
  for (int i = 0; i < kKindCount; ++i) {
    const bool needs_iov = kKinds[i].open == open_by_iov || kKinds[i].open == open_stream;
    if (needs_iov && !iov) {
      note("%s: the module does not have it", kKinds[i].name);
    } else {
      sweep_kind(&kKinds[i], way, sweep_token, fault);
    }
  }
  ck_assert_msg(fault[0] == '\0', "%s", fault);
}

START_TEST(each_bit) { sweep_all("octet changed", change_octets); }
END_TEST

START_TEST(each_length) { sweep_all("cut off", cut_off); }
END_TEST

START_TEST(octets_appended) { sweep_all("octets appended", append_octets); }
END_TEST

// The text that a MIC belongs to.
START_TEST(each_bit_of_the_text_of_a_mic) {
  enum { kText = 100 };
  long refused = 0;
  struct handshake h;
  struct octets mic;
  strength_open(&h, kRaw);
  handshake_establish(&h);
  fill_pattern(text, sizeof text, 3);
  EXPECT_COMPLETE(mic_octets(h.initiator.context, text, kText, &mic), 0);
  for (size_t bit = 0; bit < kText * 8; ++bit) {
    text[bit / 8] ^= (uint8_t)(1u << bit % 8);
    const OM_uint32 major = verify_octets(h.acceptor.context, text, kText, mic.data, mic.size);
    text[bit / 8] ^= (uint8_t)(1u << bit % 8);
    refused += GSS_ROUTINE_ERROR(major) == GSS_S_BAD_SIG ? 1 : 0;
  }
  share("bit of the text changed, gss_verify_mic: refused", refused, kText * 8);
  ck_assert_int_eq(refused, kText * 8);
  EXPECT_COMPLETE(verify_octets(h.acceptor.context, text, kText, mic.data, mic.size), 0);
  octets_free(&mic);
  handshake_close(&h);
}
END_TEST

int main(int argc, char **argv) {
  const struct strength_check checks[] = {
      {"each bit of a token changed", each_bit},
      {"a token cut off at each length", each_length},
      {"octets appended to a token", octets_appended},
      {"each bit of the text of a MIC changed", each_bit_of_the_text_of_a_mic},
  };
  return strength_main(argc, argv, checks, sizeof checks / sizeof checks[0]);
}
