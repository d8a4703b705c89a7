// SPDX-License-Identifier: MIT
// Changes on the path between two ends of ours: each octet, each length, octets appended, messages
// of another login, and the flag strippings of N712. All are refused, or without effect on
// identity, flags and keys.
#include <stdlib.h>
#include <string.h>

#include "ntlm_fields.h"

// ---- a change, and whether it changed anything -------------------------------------------------

struct change {
  int leg;
  enum { kFlip, kTruncate, kAppend, kReplace } kind;
  size_t at;  // octet, or new length, or number of octets to append
  uint8_t mask;
  const struct octets *other;
  bool applied;
};

static void apply_change(struct handshake *h, int leg, struct octets *token) {
  struct change *change = h->hook_argument;
  if (leg != change->leg) return;
  struct octets before = octets_copy(token->data, token->size);
  switch (change->kind) {
    case kFlip:
      if (change->at < token->size) token->data[change->at] ^= change->mask;
      break;
    case kTruncate:
      if (change->at < token->size) token->size = change->at;
      break;
    case kAppend:
      for (size_t done = 0; done < change->at; done += 64) {
        uint8_t piece[64];
        fill_pattern(piece, sizeof piece, (uint32_t)done);
        const size_t left = change->at - done;
        octets_append(token, piece, left < 64 ? left : 64);
      }
      break;
    case kReplace:
      octets_free(token);
      *token = octets_copy(change->other->data, change->other->size);
      break;
  }
  change->applied = !octets_equal(&before, token);
  octets_free(&before);
}

// ---- what is allowed after a change ------------------------------------------------------------

struct baseline {
  OM_uint32 initiator_flags, acceptor_flags;
  struct octets token[kMaxLegs];
  int legs;
};

static struct baseline baseline_of(struct handshake *h) {
  struct baseline baseline;
  memset(&baseline, 0, sizeof baseline);
  handshake_establish(h);
  expect_client(h, TEST_NAME);
  baseline.initiator_flags = h->initiator.flags;
  baseline.acceptor_flags = h->acceptor.flags;
  for (int leg = 0; leg < kMaxLegs; ++leg) {
    baseline.token[leg] = octets_copy(h->token[leg].data, h->token[leg].size);
    if (h->token[leg].size != 0) baseline.legs = leg + 1;
  }
  handshake_reset(h);
  return baseline;
}

static void baseline_free(struct baseline *baseline) {
  for (int leg = 0; leg < kMaxLegs; ++leg) octets_free(&baseline->token[leg]);
}

// "Without effect": whoever is complete has the same flags, the same identity and the same keys.
static void expect_without_effect(const struct handshake *h, const struct baseline *baseline,
                                  const struct change *change) {
  if (is_complete(&h->acceptor)) {
    char *client = display_name(h->client_name);
    ck_assert_msg(strcmp(client, TEST_NAME) == 0, "leg %d, %zu: the client is now %s", change->leg,
                  change->at, client);
    free(client);
    ck_assert_msg(h->acceptor.flags == baseline->acceptor_flags,
                  "leg %d, %zu, %02x: acceptor's flags %x, not %x", change->leg, change->at,
                  change->mask, h->acceptor.flags, baseline->acceptor_flags);
  }
  if (is_complete(&h->acceptor) && is_complete(&h->initiator)) {
    ck_assert_msg(h->initiator.flags == baseline->initiator_flags,
                  "leg %d, %zu, %02x: initiator's flags %x, not %x", change->leg, change->at,
                  change->mask, h->initiator.flags, baseline->initiator_flags);
    expect_equal_keys(h);
  }
}

// Runs one login with the change. Raw NTLM must refuse each of them, because the MIC covers every
// octet of the three messages.
static void run_changed(struct handshake *h, const struct baseline *baseline,
                        struct change *change) {
  h->hook = apply_change;
  h->hook_argument = change;
  change->applied = false;
  handshake_run(h);
  ck_assert_msg(change->applied, "leg %d, %zu: nothing was changed", change->leg, change->at);
  if (h->mech == &oid_ntlm) {
    ck_assert_msg(!is_complete(&h->acceptor), "leg %d, %zu, mask %02x: accepted", change->leg,
                  change->at, change->mask);
  }
  expect_without_effect(h, baseline, change);
  handshake_reset(h);
}

static const uint8_t kMasks[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff};
enum { kMaskCount = sizeof kMasks / sizeof kMasks[0], kMaxTested = 4 };

// One loop index for carrier and leg.
static bool open_case(int index, struct handshake *h, struct baseline *baseline, int *leg) {
  handshake_open(h, (enum carrier)(index / kMaxTested));
  *baseline = baseline_of(h);
  *leg = index % kMaxTested;
  return *leg < baseline->legs;
}

static void close_case(struct handshake *h, struct baseline *baseline) {
  h->hook = NULL;
  baseline_free(baseline);
  handshake_establish(h);  // the credentials are as good as before
  handshake_close(h);
}

START_TEST(every_octet_changed) {
  struct handshake h;
  struct baseline baseline;
  int leg;
  if (open_case(_i, &h, &baseline, &leg)) {
    for (size_t at = 0; at < baseline.token[leg].size; ++at) {
      for (int i = 0; i < kMaskCount; ++i) {
        struct change change = {.leg = leg, .kind = kFlip, .at = at, .mask = kMasks[i]};
        run_changed(&h, &baseline, &change);
      }
    }
  }
  close_case(&h, &baseline);
}
END_TEST

START_TEST(every_length) {
  struct handshake h;
  struct baseline baseline;
  int leg;
  if (open_case(_i, &h, &baseline, &leg)) {
    for (size_t size = 0; size < baseline.token[leg].size; ++size) {
      struct change change = {.leg = leg, .kind = kTruncate, .at = size};
      run_changed(&h, &baseline, &change);
    }
  }
  close_case(&h, &baseline);
}
END_TEST

START_TEST(octets_appended) {
  static const size_t kMore[] = {100, 255, 256, 257, 4096, 65535, 65536, 200000};
  struct handshake h;
  struct baseline baseline;
  int leg;
  if (open_case(_i, &h, &baseline, &leg)) {
    for (size_t more = 1; more <= 64; ++more) {
      struct change change = {.leg = leg, .kind = kAppend, .at = more};
      run_changed(&h, &baseline, &change);
    }
    for (size_t i = 0; i < sizeof kMore / sizeof kMore[0]; ++i) {
      struct change change = {.leg = leg, .kind = kAppend, .at = kMore[i]};
      run_changed(&h, &baseline, &change);
    }
  }
  close_case(&h, &baseline);
}
END_TEST

// Cut and paste out of another login of the same user.
START_TEST(message_of_another_login) {
  struct handshake h;
  struct baseline baseline;
  int leg;
  if (open_case(_i, &h, &baseline, &leg) && leg > 0) {
    struct change change = {.leg = leg, .kind = kReplace, .other = &baseline.token[leg]};
    run_changed(&h, &baseline, &change);
  }
  close_case(&h, &baseline);
}
END_TEST

// ---- N712 --------------------------------------------------------------------------------------

static const struct stripping {
  const char *what;
  uint32_t type;
  uint32_t clear;
  bool drop_timestamp;
} kStrippings[] = {
    {"128 in NEGOTIATE", kTypeNegotiate, NTLM_128, false},
    {"KEY_EXCH in NEGOTIATE", kTypeNegotiate, NTLM_KEY_EXCH, false},
    {"SEAL in NEGOTIATE", kTypeNegotiate, NTLM_SEAL, false},
    {"SIGN in NEGOTIATE", kTypeNegotiate, NTLM_SIGN, false},
    {"ESS in NEGOTIATE", kTypeNegotiate, NTLM_ESS, false},
    {"ALWAYS_SIGN in NEGOTIATE", kTypeNegotiate, NTLM_ALWAYS_SIGN, false},
    {"128 in CHALLENGE", kTypeChallenge, NTLM_128, false},
    {"KEY_EXCH in CHALLENGE", kTypeChallenge, NTLM_KEY_EXCH, false},
    {"SEAL in CHALLENGE", kTypeChallenge, NTLM_SEAL, false},
    {"SIGN in CHALLENGE", kTypeChallenge, NTLM_SIGN, false},
    {"ESS in CHALLENGE", kTypeChallenge, NTLM_ESS, false},
    {"ALWAYS_SIGN in CHALLENGE", kTypeChallenge, NTLM_ALWAYS_SIGN, false},
    {"128 and 56 in NEGOTIATE", kTypeNegotiate, NTLM_128 | NTLM_56, false},
    {"128, 56 and KEY_EXCH in NEGOTIATE", kTypeNegotiate, NTLM_128 | NTLM_56 | NTLM_KEY_EXCH,
     false},
    {"the timestamp", kTypeChallenge, 0, true},
    {"the timestamp, 128 and 56", kTypeChallenge, NTLM_128 | NTLM_56, true},
    {"the timestamp and TARGET_INFO", kTypeChallenge, NTLM_TARGET_INFO, true},
};
enum { kStrippingCount = sizeof kStrippings / sizeof kStrippings[0] };

struct stripper {
  const struct stripping *row;
  bool applied;
};

// Takes the pair out in place; the list becomes shorter, the token does not.
static void drop_timestamp(uint8_t *message, size_t size) {
  struct octets whole = {message, size};
  struct field field = field_get(message, kChallengeTargetInfo);
  struct octets list = field_octets(&whole, kChallengeTargetInfo);
  ck_assert(av_remove(&list, kAvTimestamp));
  memcpy(message + field.offset, list.data, list.size);
  field.length = field.maximum = (uint16_t)list.size;
  field_put(message, kChallengeTargetInfo, field);
  octets_free(&list);
}

static void strip(struct handshake *h, int leg, struct octets *token) {
  struct stripper *stripper = h->hook_argument;
  const struct stripping *row = stripper->row;
  uint8_t *message;
  size_t size;
  if (leg > 1 || !find_message(token, row->type, &message, &size)) return;
  struct octets before = octets_copy(token->data, token->size);
  uint8_t *flags = message + (row->type == kTypeNegotiate ? kNegotiateFlags : kChallengeFlags);
  ck_assert_msg((get32(flags) & row->clear) == row->clear, "%s was not there", row->what);
  put32(flags, get32(flags) & ~row->clear);
  if (row->drop_timestamp) drop_timestamp(message, size);
  stripper->applied = !octets_equal(&before, token);
  octets_free(&before);
}

START_TEST(stripping_is_noticed) {
  for (int carrier = 0; carrier < kCarriers; ++carrier) {
    struct handshake h;
    struct stripper stripper = {&kStrippings[_i], false};
    handshake_open(&h, (enum carrier)carrier);
    h.hook = strip;
    h.hook_argument = &stripper;
    handshake_run(&h);
    ck_assert(stripper.applied);
    ck_assert_msg(!is_complete(&h.acceptor), "%s: stripping %s was not noticed",
                  carrier_name((enum carrier)carrier), stripper.row->what);
    handshake_close(&h);
  }
}
END_TEST

// The same where no protection was asked for: the login itself must still be refused.
START_TEST(stripping_without_protection_is_noticed) {
  const struct stripping *row = &kStrippings[_i];
  if ((row->clear & (NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCH)) != 0) return;
  struct handshake h;
  struct stripper stripper = {row, false};
  handshake_open(&h, kRaw);
  h.request_flags = 0;
  h.hook = strip;
  h.hook_argument = &stripper;
  handshake_run(&h);
  ck_assert(stripper.applied);
  ck_assert_msg(!is_complete(&h.acceptor), "stripping %s was not noticed", row->what);
  handshake_close(&h);
}
END_TEST

// ---- noise -------------------------------------------------------------------------------------

// Tokens of octets without sense, in each step.
START_TEST(noise_is_refused) {
  static const uint8_t kHead[12] = {'N', 'T', 'L', 'M', 'S', 'S', 'P', 0};
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    struct handshake h;
    struct octets first, none;
    uint8_t noise[600];
    const size_t size = seed % sizeof noise;
    fill_pattern(noise, sizeof noise, seed);
    if (size >= sizeof kHead) {
      memcpy(noise, kHead, sizeof kHead);
      noise[8] = (uint8_t)(1 + seed % 3);
    }
    struct octets token = octets_copy(noise, size);
    handshake_open(&h, kRaw);
    acceptor_step(&h, &token, &none);
    ck_assert(!is_complete(&h.acceptor));
    octets_free(&none);
    initiator_step(&h, NULL, &first);
    initiator_step(&h, &token, &none);
    octets_free(&none);
    ck_assert(GSS_ERROR(h.initiator.major) || (seed % 3 == 1 && size > 40));
    octets_free(&first);
    octets_free(&token);
    handshake_close(&h);
  }
}
END_TEST

static Suite *tamper_suite(void) {
  Suite *suite = suite_create("tamper");
  TCase *octets = tcase_create("octets");
  tcase_set_timeout(octets, 300);
  tcase_add_loop_test(octets, every_octet_changed, 0, kCarriers * kMaxTested);
  tcase_add_loop_test(octets, every_length, 0, kCarriers * kMaxTested);
  tcase_add_loop_test(octets, octets_appended, 0, kCarriers * kMaxTested);
  tcase_add_loop_test(octets, message_of_another_login, 0, kCarriers * kMaxTested);
  tcase_add_test(octets, noise_is_refused);
  suite_add_tcase(suite, octets);

  TCase *stripped = tcase_create("stripping");
  tcase_set_timeout(stripped, 60);
  tcase_add_loop_test(stripped, stripping_is_noticed, 0, kStrippingCount);
  tcase_add_loop_test(stripped, stripping_without_protection_is_noticed, 0, kStrippingCount);
  suite_add_tcase(suite, stripped);
  return suite;
}

int main(void) { return run_suite(tamper_suite); }
