// SPDX-License-Identifier: MIT
// Strippings on the path: each flag, each pair of flags and, in the long form, each three of them
// turned over in each message, with and without the timestamp and the TargetInfo; the 17 ways of
// N712; and the MIC taken out. Between two ends of the module all are refused. The same with a
// client that sends no MIC (N713): no change may reach another identity or less than both ends know
// of.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../gss/mini_ntlm.h"
#include "strength.h"

// ---- changes -----------------------------------------------------------------------------------

enum info { kKeepInfo, kDropTimestamp, kDropInfo, kInfoChanges };
enum mic { kKeepMic, kZeroMic, kCutMic, kCutMicAndVersion };

struct edit {
  const char *what;  // of the rows of N712
  uint32_t type;     // the message
  uint32_t flip;     // flags to turn over
  enum info info;    // of CHALLENGE
  enum mic mic;      // of AUTHENTICATE
};

static const char *const kMessages[] = {"NEGOTIATE", "CHALLENGE", "AUTHENTICATE"};

static size_t flags_place(uint32_t type) {
  static const size_t kPlaces[] = {kNegotiateFlags, kChallengeFlags, kAuthFlags};
  return kPlaces[type - 1];
}

// The list becomes shorter, the message does not.
static void edit_info(struct octets *message, enum info info) {
  struct field field = field_get(message->data, kChallengeTargetInfo);
  struct octets list = field_octets(message, kChallengeTargetInfo);
  ck_assert(av_remove(&list, kAvTimestamp));
  if (info == kDropInfo) list.size = 0;
  memcpy(message->data + field.offset, list.data, list.size);
  field.length = field.maximum = (uint16_t)list.size;
  field_put(message->data, kChallengeTargetInfo, field);
  octets_free(&list);
}

// Without the octets from `at` on, every field still points to what it pointed to.
static void cut_header(struct octets *message, size_t at, size_t count) {
  static const size_t kFields[] = {kAuthLm,   kAuthNt,          kAuthDomain,
                                   kAuthUser, kAuthWorkstation, kAuthSessionKey};
  for (size_t i = 0; i < sizeof kFields / sizeof kFields[0]; ++i) {
    struct field field = field_get(message->data, kFields[i]);
    if (field.offset >= at + count) field.offset -= (uint32_t)count;
    field_put(message->data, kFields[i], field);
  }
  octets_remove(message, at, count);
}

static void edit_mic(struct octets *message, enum mic mic) {
  if (mic == kZeroMic) memset(message->data + kAuthMic, 0, 16);
  if (mic == kCutMic) cut_header(message, kAuthMic, 16);
  if (mic == kCutMicAndVersion) cut_header(message, kAuthVersion, 24);
}

static void edit_message(const struct edit *edit, struct octets *message) {
  uint8_t *flags = message->data + flags_place(edit->type);
  put32(flags, get32(flags) ^ edit->flip);
  if (edit->info != kKeepInfo) edit_info(message, edit->info);
  if (edit->mic != kKeepMic) edit_mic(message, edit->mic);
}

// ---- two ends of the module --------------------------------------------------------------------

struct path {
  const struct edit *edit;
  bool applied;
};

static void edit_token(struct handshake *h, int leg, struct octets *token) {
  struct path *path = h->hook_argument;
  uint8_t *at;
  size_t size;
  (void)leg;
  if (!find_message(token, path->edit->type, &at, &size)) return;
  struct octets before = octets_copy(token->data, token->size);
  struct octets message = octets_copy(at, size);
  edit_message(path->edit, &message);
  replace_message(token, path->edit->type, &message);
  path->applied = !octets_equal(&before, token);
  octets_free(&message);
  octets_free(&before);
}

struct tally {
  long tried, refused, without_effect, less, bad;
  char first_bad[200];
};

static void note_bad(struct tally *tally, const struct edit *edit, const char *what) {
  if (tally->bad++ != 0) return;
  snprintf(tally->first_bad, sizeof tally->first_bad, "%s, flags %08x, TargetInfo %d, MIC %d: %s",
           kMessages[edit->type - 1], edit->flip, (int)edit->info, (int)edit->mic, what);
}

static void expect_none_bad(const struct tally *tally) {
  ck_assert_msg(tally->bad == 0, "%ld changes had an effect; the first: %s", tally->bad,
                tally->first_bad);
}

static void try_edit(struct handshake *h, const struct edit *edit, struct tally *tally) {
  struct path path = {edit, false};
  h->hook = edit_token;
  h->hook_argument = &path;
  strength_attempt();
  handshake_run(h);
  ck_assert_msg(path.applied, "%s: nothing was changed", kMessages[edit->type - 1]);
  ++tally->tried;
  if (is_complete(&h->acceptor)) {
    note_bad(tally, edit, edit->what != NULL ? edit->what : "accepted");
  } else {
    ++tally->refused;
  }
  handshake_reset(h);
}

// ---- all sets of flags -------------------------------------------------------------------------

typedef void flag_user(void *argument, uint32_t flags);

// Each set of 1 to `most` flags; `from` is the lowest flag to add.
static void each_set(uint32_t set, int from, int most, flag_user *use, void *argument) {
  for (int flag = from; most > 0 && flag < 32; ++flag) {
    const uint32_t next = set | 1u << flag;
    use(argument, next);
    each_set(next, flag + 1, most - 1, use, argument);
  }
}

static int most_flags(void) { return long_form ? 3 : 2; }

struct target {
  struct handshake *h;
  struct edit edit;
  struct tally *tally;
};

static void flip_on_path(void *argument, uint32_t flags) {
  struct target *target = argument;
  target->edit.flip = flags;
  try_edit(target->h, &target->edit, target->tally);
}

static void sweep_message(struct handshake *h, const char *carrier, uint32_t type, enum info info,
                          struct tally *all) {
  static const char *const kInfos[] = {"", ", timestamp dropped", ", TargetInfo dropped"};
  struct tally tally = {.tried = 0};
  struct target target = {h, {.type = type, .info = info}, &tally};
  char name[120];
  if (info != kKeepInfo) try_edit(h, &target.edit, &tally);
  each_set(0, 0, most_flags(), flip_on_path, &target);
  snprintf(name, sizeof name, "flags turned over, %s, %s%s: refused", carrier, kMessages[type - 1],
           kInfos[info]);
  share(name, tally.refused, tally.tried);
  if (all->bad == 0) memcpy(all->first_bad, tally.first_bad, sizeof all->first_bad);
  all->bad += tally.bad;
}

START_TEST(sets_of_flags) {
  struct tally all = {.tried = 0};
  for (int carrier = 0; carrier < kCarriers; ++carrier) {
    const char *name = carrier_name((enum carrier)carrier);
    struct handshake h;
    strength_open(&h, (enum carrier)carrier);
    handshake_establish(&h);
    handshake_reset(&h);
    for (uint32_t type = kTypeNegotiate; type <= kTypeAuthenticate; ++type) {
      sweep_message(&h, name, type, kKeepInfo, &all);
    }
    sweep_message(&h, name, kTypeChallenge, kDropTimestamp, &all);
    sweep_message(&h, name, kTypeChallenge, kDropInfo, &all);
    h.hook = NULL;
    handshake_establish(&h);
    handshake_close(&h);
  }
  expect_none_bad(&all);
}
END_TEST

// ---- N712 --------------------------------------------------------------------------------------

static const struct edit kStrippings[] = {
    {"128", kTypeNegotiate, NTLM_128, kKeepInfo, kKeepMic},
    {"KEY_EXCH", kTypeNegotiate, NTLM_KEY_EXCH, kKeepInfo, kKeepMic},
    {"SEAL", kTypeNegotiate, NTLM_SEAL, kKeepInfo, kKeepMic},
    {"SIGN", kTypeNegotiate, NTLM_SIGN, kKeepInfo, kKeepMic},
    {"ESS", kTypeNegotiate, NTLM_ESS, kKeepInfo, kKeepMic},
    {"ALWAYS_SIGN", kTypeNegotiate, NTLM_ALWAYS_SIGN, kKeepInfo, kKeepMic},
    {"128", kTypeChallenge, NTLM_128, kKeepInfo, kKeepMic},
    {"KEY_EXCH", kTypeChallenge, NTLM_KEY_EXCH, kKeepInfo, kKeepMic},
    {"SEAL", kTypeChallenge, NTLM_SEAL, kKeepInfo, kKeepMic},
    {"SIGN", kTypeChallenge, NTLM_SIGN, kKeepInfo, kKeepMic},
    {"ESS", kTypeChallenge, NTLM_ESS, kKeepInfo, kKeepMic},
    {"ALWAYS_SIGN", kTypeChallenge, NTLM_ALWAYS_SIGN, kKeepInfo, kKeepMic},
    {"128 and 56", kTypeNegotiate, NTLM_128 | NTLM_56, kKeepInfo, kKeepMic},
    {"128, 56 and KEY_EXCH", kTypeNegotiate, NTLM_128 | NTLM_56 | NTLM_KEY_EXCH, kKeepInfo,
     kKeepMic},
    {"the timestamp", kTypeChallenge, 0, kDropTimestamp, kKeepMic},
    {"the timestamp, 128 and 56", kTypeChallenge, NTLM_128 | NTLM_56, kDropTimestamp, kKeepMic},
    {"the timestamp and TARGET_INFO", kTypeChallenge, NTLM_TARGET_INFO, kDropTimestamp, kKeepMic},
};
static const struct edit kMicStrippings[] = {
    {"zeros in place of the MIC", kTypeAuthenticate, 0, kKeepInfo, kZeroMic},
    {"the MIC", kTypeAuthenticate, 0, kKeepInfo, kCutMic},
    {"MIC and Version", kTypeAuthenticate, 0, kKeepInfo, kCutMicAndVersion},
    {"MIC, Version and its flag", kTypeAuthenticate, NTLM_VERSION, kKeepInfo, kCutMicAndVersion},
};
enum {
  kStrippingCount = sizeof kStrippings / sizeof kStrippings[0],
  kMicStrippingCount = sizeof kMicStrippings / sizeof kMicStrippings[0],
};

static void expect_flags_were_set(const struct handshake *h, const struct edit *row) {
  for (int leg = 0; leg < h->legs; ++leg) {
    uint8_t *message;
    size_t size;
    if (!find_message(&h->token[leg], row->type, &message, &size)) continue;
    const uint32_t flags = get32(message + flags_place(row->type));
    ck_assert_msg((flags & row->flip) == row->flip, "%s was not there", row->what);
  }
}

static void strip_all(const struct edit *rows, int count, const char *what) {
  struct tally tally = {.tried = 0};
  char name[120];
  for (int carrier = 0; carrier < kCarriers; ++carrier) {
    const long refused = tally.refused;
    struct handshake h;
    strength_open(&h, (enum carrier)carrier);
    for (int i = 0; i < count; ++i) {
      h.hook = NULL;
      handshake_establish(&h);
      expect_flags_were_set(&h, &rows[i]);
      handshake_reset(&h);
      try_edit(&h, &rows[i], &tally);
    }
    handshake_close(&h);
    snprintf(name, sizeof name, "%s, %s: refused", what, carrier_name((enum carrier)carrier));
    share(name, tally.refused - refused, count);
  }
  expect_none_bad(&tally);
}

START_TEST(ways_of_n712) { strip_all(kStrippings, kStrippingCount, "the ways of N712"); }
END_TEST

START_TEST(mic_taken_out) { strip_all(kMicStrippings, kMicStrippingCount, "MIC taken out"); }
END_TEST

// The same where no protection was asked for: the login itself must still be refused.
START_TEST(ways_of_n712_without_protection) {
  struct tally tally = {.tried = 0};
  struct handshake h;
  strength_open(&h, kRaw);
  h.request_flags = 0;
  for (int i = 0; i < kStrippingCount; ++i) {
    if ((kStrippings[i].flip & (NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCH)) != 0) continue;
    try_edit(&h, &kStrippings[i], &tally);
  }
  handshake_close(&h);
  share("the ways of N712, raw NTLM without SIGN and SEAL: refused", tally.refused, tally.tried);
  expect_none_bad(&tally);
}
END_TEST

// ---- N713 --------------------------------------------------------------------------------------

#define NTLM_STRENGTH (NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCH | NTLM_ESS | NTLM_128)

// A client without MIC that takes whatever CHALLENGE says.
struct login {
  struct handshake h;  // the acceptor's half
  struct mini_client client;
  uint32_t told;    // the flags of CHALLENGE as the client sees them
  uint32_t agreed;  // the flags of AUTHENTICATE as the client sends them
};

static struct octets deliver(const struct edit *edit, uint32_t type, const struct octets *sent) {
  struct octets seen = octets_copy(sent->data, sent->size);
  if (edit != NULL && edit->type == type) edit_message(edit, &seen);
  return seen;
}

static bool log_in(struct login *login, const struct edit *edit) {
  struct octets challenge, none = {NULL, 0};
  struct octets offer = mini_negotiate(MINI_PROTECTED, 40);
  struct octets offer_seen = deliver(edit, kTypeNegotiate, &offer);
  acceptor_step(&login->h, &offer_seen, &challenge);
  if (login->h.acceptor.major == GSS_S_CONTINUE_NEEDED) {
    struct octets challenge_seen = deliver(edit, kTypeChallenge, &challenge);
    struct octets answer = mini_authenticate(&login->client, &offer, &challenge_seen);
    struct octets answer_seen = deliver(edit, kTypeAuthenticate, &answer);
    login->told = get32(challenge_seen.data + kChallengeFlags);
    login->agreed = get32(answer.data + kAuthFlags);
    acceptor_step(&login->h, &answer_seen, &none);
    octets_free(&challenge_seen);
    octets_free(&answer);
    octets_free(&answer_seen);
  }
  octets_free(&none);
  octets_free(&challenge);
  octets_free(&offer);
  octets_free(&offer_seen);
  return is_complete(&login->h.acceptor);
}

// Null, or what went wrong in a login that was accepted.
static const char *fault_of(const struct login *login) {
  const OM_uint32 flags = login->h.acceptor.flags;
  if (!is_shown_as(login->h.client_name, TEST_NAME)) return "another client";
  if (((flags & GSS_C_INTEG_FLAG) != 0) != ((login->agreed & NTLM_SIGN) != 0) ||
      ((flags & GSS_C_CONF_FLAG) != 0) != ((login->agreed & NTLM_SEAL) != 0)) {
    return "the ends do not agree on the services";
  }
  const uint32_t minimum = NTLM_ESS | NTLM_128;
  const bool has_services = (flags & (GSS_C_INTEG_FLAG | GSS_C_CONF_FLAG)) != 0;
  if (has_services && (login->agreed & minimum) != minimum) return "below the minimum strength";
  uint8_t key[16];
  if (has_services && (!session_key(login->h.acceptor.context, key) ||
                       memcmp(key, login->client.exported_key, 16) != 0)) {
    return "other keys";
  }
  const uint32_t missing = NTLM_STRENGTH & ~login->agreed;
  return (missing & login->told) != 0 ? "less, and the client was not told" : NULL;
}

static void try_login(const struct edit *edit, gss_cred_id_t acceptor, struct tally *tally) {
  struct login login = {.h = {.acceptor_cred = acceptor}, .client = mini_client_without_mic()};
  strength_attempt();
  ++tally->tried;
  if (!log_in(&login, edit)) {
    ++tally->refused;
  } else {
    const char *fault = fault_of(&login);
    if (fault != NULL) {
      note_bad(tally, edit, fault);
    } else if ((NTLM_STRENGTH & ~login.agreed) != 0) {
      ++tally->less;
    } else {
      ++tally->without_effect;
    }
  }
  handshake_reset(&login.h);
}

struct bare_target {
  gss_cred_id_t acceptor;
  struct edit edit;
  struct tally *tally;
};

static void flip_for_bare_client(void *argument, uint32_t flags) {
  struct bare_target *target = argument;
  target->edit.flip = flags;
  try_login(&target->edit, target->acceptor, target->tally);
}

static void report_bare(const struct tally *tally, uint32_t type) {
  char name[120];
  const char *message = kMessages[type - 1];
  snprintf(name, sizeof name, "client without MIC, %s: refused", message);
  share(name, tally->refused, tally->tried);
  snprintf(name, sizeof name, "client without MIC, %s: without effect", message);
  share(name, tally->without_effect, tally->tried);
  snprintf(name, sizeof name, "client without MIC, %s: less, and CHALLENGE tells the client",
           message);
  share(name, tally->less, tally->tried);
}

START_TEST(client_without_mic) {
  gss_cred_id_t acceptor = strength_acceptor(&oid_ntlm);
  struct tally usual = {.tried = 0};
  try_login(NULL, acceptor, &usual);
  ck_assert_msg(usual.without_effect == 1, "the unchanged login is refused");
  for (uint32_t type = kTypeNegotiate; type <= kTypeAuthenticate; ++type) {
    struct tally tally = {.tried = 0};
    struct bare_target target = {acceptor, {.type = type}, &tally};
    each_set(0, 0, most_flags(), flip_for_bare_client, &target);
    report_bare(&tally, type);
    ck_assert_msg(type == kTypeNegotiate || tally.less == 0,
                  "%s: %ld logins have less than was offered", kMessages[type - 1], tally.less);
    expect_none_bad(&tally);
  }
  release_cred(&acceptor);
}
END_TEST

// N322: the client echoes TargetInfo, so the acceptor sees any change of it.
START_TEST(target_info_of_a_client_without_mic) {
  gss_cred_id_t acceptor = strength_acceptor(&oid_ntlm);
  struct tally tally = {.tried = 0};
  const struct edit rows[] = {
      {"the timestamp", kTypeChallenge, 0, kDropTimestamp, kKeepMic},
      {"the timestamp, 128 and 56", kTypeChallenge, NTLM_128 | NTLM_56, kDropTimestamp, kKeepMic},
      {"TargetInfo and its flag", kTypeChallenge, NTLM_TARGET_INFO, kDropInfo, kKeepMic},
      {"the flag of TargetInfo", kTypeChallenge, NTLM_TARGET_INFO, kKeepInfo, kKeepMic},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) try_login(&rows[i], acceptor, &tally);
  release_cred(&acceptor);
  share("client without MIC, TargetInfo changed: refused", tally.refused, tally.tried);
  ck_assert_int_eq(tally.refused, tally.tried);
}
END_TEST

int main(int argc, char **argv) {
  const struct strength_check checks[] = {
      {"flags turned over in each message", sets_of_flags},
      {"the 17 ways of N712", ways_of_n712},
      {"the ways of N712 where no protection was asked for", ways_of_n712_without_protection},
      {"the MIC taken out", mic_taken_out},
      {"flags turned over, the client sends no MIC", client_without_mic},
      {"TargetInfo changed, the client sends no MIC", target_info_of_a_client_without_mic},
  };
  return strength_main(argc, argv, checks, sizeof checks / sizeof checks[0]);
}
