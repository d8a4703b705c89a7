// SPDX-License-Identifier: MIT
// Changes on the path between two ends of the module (N820): each octet, each length, octets
// appended, messages of another login, and noise. No change of an NTLM message may be accepted.
// What the host's SPNEGO lets through around it must be without effect on identity, mechanism,
// flags and keys, and is counted.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../gss/ntlm_fields.h"
#include "strength.h"

// ---- a change, and whether it changed anything -------------------------------------------------

struct change {
  int leg;
  // The last two change the NTLM message and make SPNEGO's lengths around it right.
  enum kind { kFlip, kTruncate, kAppend, kReplace, kTruncateInside, kAppendInside } kind;
  size_t at;      // octet, or new length, or number of octets to append
  uint32_t type;  // of the NTLM message
  uint8_t mask;
  const struct octets *other;
  bool applied;
};

enum { kMostAppended = 65536 };
static uint8_t appendix[kMostAppended];

static void change_inside(const struct change *change, struct octets *token) {
  struct octets message = copy_message(token, change->type);
  if (change->kind == kTruncateInside) {
    message.size = change->at;
  } else {
    octets_append(&message, appendix, change->at);
  }
  replace_message(token, change->type, &message);
  octets_free(&message);
}

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
      octets_append(token, appendix, change->at);
      break;
    case kReplace:
      octets_free(token);
      *token = octets_copy(change->other->data, change->other->size);
      break;
    case kTruncateInside:
    case kAppendInside:
      change_inside(change, token);
      break;
  }
  change->applied = !octets_equal(&before, token);
  octets_free(&before);
}

// ---- the logins that are changed ---------------------------------------------------------------

static const struct form {
  const char *name;
  enum carrier carrier;
  OM_uint32 flags;
} kForms[] = {
    {"raw NTLM", kRaw, kUsualFlags},
    {"raw NTLM without SIGN and SEAL", kRaw, 0},
    {"SPNEGO cut to NTLM", kSpnegoCut, kUsualFlags},
    {"SPNEGO", kSpnegoDefault, kUsualFlags},
};
enum { kFormCount = sizeof kForms / sizeof kForms[0] };

struct tally {
  long tried, refused, without_effect;
};

struct sweep {
  const struct form *form;
  struct handshake h;
  // Of an unchanged login.
  OM_uint32 initiator_flags, acceptor_flags;
  gss_OID initiator_mech, acceptor_mech;
  struct octets token[kMaxLegs];
  int legs;
  // The NTLM message in the token of the leg; in SPNEGO's last one there is none.
  int leg;
  const char *leg_name;
  size_t message_start, message_end;
  uint32_t message_type;
  // What became of the changes of the NTLM message, and of those of SPNEGO's octets around it.
  struct tally message, around;
  long bad;
  char first_bad[200];
  bool *is_free;  // octets with a change that had no effect
};

static void locate_message(struct sweep *sweep, int leg) {
  static const char *const kNames[] = {"NEGOTIATE", "CHALLENGE", "AUTHENTICATE"};
  const struct octets *token = &sweep->token[leg];
  uint8_t *message;
  size_t size;
  sweep->leg = leg;
  sweep->leg_name = "SPNEGO's last message";
  sweep->message_start = sweep->message_end = 0;
  for (uint32_t type = kTypeNegotiate; type <= kTypeAuthenticate; ++type) {
    if (!find_message(token, type, &message, &size)) continue;
    sweep->leg_name = kNames[type - 1];
    sweep->message_start = (size_t)(message - token->data);
    sweep->message_end = sweep->message_start + size;
    sweep->message_type = type;
  }
}

static void sweep_open(struct sweep *sweep, const struct form *form) {
  memset(sweep, 0, sizeof *sweep);
  struct handshake *h = &sweep->h;
  sweep->form = form;
  fill_pattern(appendix, sizeof appendix, 5);
  strength_open(h, form->carrier);
  h->request_flags = form->flags;
  handshake_establish(h);
  ck_assert(is_shown_as(h->client_name, TEST_NAME));
  sweep->initiator_flags = h->initiator.flags;
  sweep->acceptor_flags = h->acceptor.flags;
  sweep->initiator_mech = h->initiator.mech;
  sweep->acceptor_mech = h->acceptor.mech;
  for (int leg = 0; leg < kMaxLegs; ++leg) {
    sweep->token[leg] = octets_copy(h->token[leg].data, h->token[leg].size);
    if (h->token[leg].size != 0) sweep->legs = leg + 1;
  }
  ck_assert_int_ge(sweep->legs, 3);
  handshake_reset(h);
}

// The credentials are as good as before.
static void sweep_close(struct sweep *sweep) {
  sweep->h.hook = NULL;
  handshake_establish(&sweep->h);
  handshake_close(&sweep->h);
  for (int leg = 0; leg < kMaxLegs; ++leg) octets_free(&sweep->token[leg]);
}

// ---- what is allowed after a change ------------------------------------------------------------

// A change of what the acceptor says after it was complete can be refused by the initiator only.
static bool is_refused(const struct sweep *sweep) {
  const struct handshake *h = &sweep->h;
  if (!is_complete(&h->acceptor)) return true;
  return sweep->leg == sweep->legs - 1 && sweep->leg % 2 != 0 && !is_complete(&h->initiator);
}

static bool same_oid(gss_OID a, gss_OID b) {
  return a->length == b->length && memcmp(a->elements, b->elements, a->length) == 0;
}

// Null, or what is no longer as it was.
static const char *difference(const struct sweep *sweep) {
  const struct handshake *h = &sweep->h;
  if (!is_shown_as(h->client_name, TEST_NAME)) return "another client";
  if (h->acceptor.flags != sweep->acceptor_flags) return "other flags of the acceptor";
  if (!same_oid(h->acceptor.mech, sweep->acceptor_mech)) return "another mechanism of the acceptor";
  if (!is_complete(&h->initiator)) return NULL;
  if (h->initiator.flags != sweep->initiator_flags) return "other flags of the initiator";
  if (!same_oid(h->initiator.mech, sweep->initiator_mech))
    return "another mechanism of the initiator";
  uint8_t ours[16], theirs[16];
  const bool keys = session_key(h->initiator.context, ours);
  if (keys != session_key(h->acceptor.context, theirs)) return "a key on one side only";
  return keys && memcmp(ours, theirs, 16) != 0 ? "other keys" : NULL;
}

static bool touches_message(const struct sweep *sweep, const struct change *change) {
  if (sweep->message_end == 0) return false;
  switch (change->kind) {
    case kFlip:
      return change->at >= sweep->message_start && change->at < sweep->message_end;
    case kTruncate:
      return change->at < sweep->message_end;
    case kAppend:
      return sweep->form->carrier == kRaw;
    default:
      return true;
  }
}

static void judge(struct sweep *sweep, const struct change *change) {
  const bool touches = touches_message(sweep, change);
  struct tally *tally = touches ? &sweep->message : &sweep->around;
  ++tally->tried;
  if (is_refused(sweep)) {
    ++tally->refused;
    return;
  }
  const char *what = difference(sweep);
  if (what == NULL && touches) what = "a changed NTLM message is accepted";
  if (what == NULL) {
    ++tally->without_effect;
    if (change->kind == kFlip) sweep->is_free[change->at] = true;
  } else if (sweep->bad++ == 0) {
    snprintf(sweep->first_bad, sizeof sweep->first_bad, "%s, %s, at %zu, mask %02x: %s",
             sweep->form->name, sweep->leg_name, change->at, change->mask, what);
  }
}

static void try_change(struct sweep *sweep, struct change change) {
  struct handshake *h = &sweep->h;
  change.leg = sweep->leg;
  change.type = sweep->message_type;
  h->hook = apply_change;
  h->hook_argument = &change;
  strength_attempt();
  handshake_run(h);
  ck_assert_msg(change.applied, "%s, %zu: nothing was changed", sweep->leg_name, change.at);
  judge(sweep, &change);
  handshake_reset(h);
}

// ---- the figures -------------------------------------------------------------------------------

static void print_free_octets(const struct sweep *sweep) {
  const size_t size = sweep->token[sweep->leg].size;
  if (memchr(sweep->is_free, true, size) == NULL) return;
  printf("# %s, %s: octets of %zu with a change without effect:", sweep->form->name,
         sweep->leg_name, size);
  for (size_t at = 0; at < size; ++at) {
    if (!sweep->is_free[at]) continue;
    const size_t first = at;
    while (at + 1 < size && sweep->is_free[at + 1]) ++at;
    printf(first == at ? " %zu" : " %zu-%zu", first, at);
  }
  printf("\n");
  fflush(stdout);
}

static void report_tally(const struct sweep *sweep, const char *way, const char *where,
                         const struct tally *tally) {
  char name[200];
  snprintf(name, sizeof name, "%s, %s, %s%s: refused", way, sweep->form->name, sweep->leg_name,
           where);
  share(name, tally->refused, tally->tried);
  if (tally->without_effect == 0) return;
  snprintf(name, sizeof name, "%s, %s, %s%s: without effect: host's SPNEGO", way, sweep->form->name,
           sweep->leg_name, where);
  share(name, tally->without_effect, tally->tried);
}

static void report(const struct sweep *sweep, const char *way) {
  report_tally(sweep, way, "", &sweep->message);
  report_tally(sweep, way, sweep->message_end != 0 ? ", around it" : "", &sweep->around);
  print_free_octets(sweep);
}

typedef void leg_sweeper(struct sweep *sweep);

// Runs the changes for each leg of each form, and fails at the end, when everything was counted.
// The long form leaves out what SPNEGO carries twice alike.
static void sweep_all(const char *way, leg_sweeper *sweep_leg) {
  long bad = 0;
  char first_bad[200] = "";
  for (int form = 0; form < kFormCount; ++form) {
    struct sweep sweep;
    if (long_form && kForms[form].carrier == kSpnegoCut) continue;
    sweep_open(&sweep, &kForms[form]);
    for (int leg = 0; leg < sweep.legs; ++leg) {
      locate_message(&sweep, leg);
      memset(&sweep.message, 0, sizeof sweep.message);
      memset(&sweep.around, 0, sizeof sweep.around);
      sweep.is_free = calloc(sweep.token[leg].size, sizeof(bool));
      ck_assert_ptr_nonnull(sweep.is_free);
      sweep_leg(&sweep);
      report(&sweep, way);
      free(sweep.is_free);
    }
    if (bad == 0) memcpy(first_bad, sweep.first_bad, sizeof first_bad);
    bad += sweep.bad;
    sweep_close(&sweep);
  }
  ck_assert_msg(bad == 0, "%ld changes were accepted; the first: %s", bad, first_bad);
}

// ---- the ways ----------------------------------------------------------------------------------

static void change_octets(struct sweep *sweep) {
  static const uint8_t kMasks[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff};
  for (size_t at = 0; at < sweep->token[sweep->leg].size; ++at) {
    if (long_form) {
      for (int mask = 1; mask < 256; ++mask) {
        try_change(sweep, (struct change){.kind = kFlip, .at = at, .mask = (uint8_t)mask});
      }
    } else {
      for (size_t i = 0; i < sizeof kMasks; ++i) {
        try_change(sweep, (struct change){.kind = kFlip, .at = at, .mask = kMasks[i]});
      }
    }
  }
}

static void cut_off(struct sweep *sweep) {
  for (size_t size = 0; size < sweep->token[sweep->leg].size; ++size) {
    try_change(sweep, (struct change){.kind = kTruncate, .at = size});
  }
}

static void append_lengths(struct sweep *sweep, enum kind kind) {
  static const size_t kMore[] = {100, 255, 256, 257, 1000, 4096, 32768, 65535, kMostAppended};
  const size_t every = long_form ? kMostAppended : 64;
  for (size_t more = 1; more <= every; ++more) {
    try_change(sweep, (struct change){.kind = kind, .at = more});
  }
  for (size_t i = 0; i < sizeof kMore / sizeof kMore[0] && !long_form; ++i) {
    try_change(sweep, (struct change){.kind = kind, .at = kMore[i]});
  }
}

static void append_octets(struct sweep *sweep) { append_lengths(sweep, kAppend); }

static bool is_inside(const struct sweep *sweep) {
  return sweep->form->carrier != kRaw && sweep->message_end != 0;
}

static void cut_off_inside(struct sweep *sweep) {
  if (!is_inside(sweep)) return;
  for (size_t size = 0; size < sweep->message_end - sweep->message_start; ++size) {
    try_change(sweep, (struct change){.kind = kTruncateInside, .at = size});
  }
}

static void append_inside(struct sweep *sweep) {
  if (is_inside(sweep)) append_lengths(sweep, kAppendInside);
}

// Cut and paste out of another login of the same user. The first message is the same each time.
static void put_other_message(struct sweep *sweep) {
  if (sweep->leg == 0) return;
  try_change(sweep, (struct change){.kind = kReplace, .other = &sweep->token[sweep->leg]});
}

START_TEST(each_octet) { sweep_all("octet changed", change_octets); }
END_TEST

START_TEST(each_length) { sweep_all("cut off", cut_off); }
END_TEST

START_TEST(octets_appended) { sweep_all("octets appended", append_octets); }
END_TEST

START_TEST(each_length_inside) { sweep_all("cut off inside", cut_off_inside); }
END_TEST

START_TEST(octets_appended_inside) { sweep_all("octets appended inside", append_inside); }
END_TEST

START_TEST(message_of_another_login) { sweep_all("of another login", put_other_message); }
END_TEST

// ---- noise -------------------------------------------------------------------------------------

// Tokens of octets without sense, in each step.
START_TEST(noise) {
  static const uint8_t kHead[12] = {'N', 'T', 'L', 'M', 'S', 'S', 'P', 0};
  const uint32_t seeds = long_form ? 1000000 : 3000;
  long answered = 0;
  struct handshake h;
  strength_open(&h, kRaw);
  for (uint32_t seed = 0; seed < seeds; ++seed) {
    struct octets first, none;
    uint8_t octets[600];
    const size_t size = seed % sizeof octets;
    fill_pattern(octets, sizeof octets, seed);
    if (size >= sizeof kHead) {
      memcpy(octets, kHead, sizeof kHead);
      octets[8] = (uint8_t)(1 + seed % 3);
    }
    struct octets token = octets_copy(octets, size);
    strength_attempt();
    acceptor_step(&h, &token, &none);
    ck_assert(!is_complete(&h.acceptor));
    octets_free(&none);
    initiator_step(&h, NULL, &first);
    initiator_step(&h, &token, &none);
    octets_free(&none);
    const bool is_answered = !GSS_ERROR(h.initiator.major);
    answered += is_answered ? 1 : 0;
    ck_assert(!is_answered || (seed % 3 == 1 && size > 40));
    octets_free(&first);
    octets_free(&token);
    handshake_reset(&h);
  }
  handshake_close(&h);
  share("noise: refused by the acceptor", seeds, seeds);
  share("noise: refused by the initiator", seeds - answered, seeds);
}
END_TEST

int main(int argc, char **argv) {
  const struct strength_check checks[] = {
      {"each octet of each message changed", each_octet},
      {"each message cut off at each length", each_length},
      {"octets appended to each message", octets_appended},
      {"each message in SPNEGO cut off at each length, SPNEGO's lengths right", each_length_inside},
      {"octets appended to each message in SPNEGO, SPNEGO's lengths right", octets_appended_inside},
      {"each message replaced by that of another login", message_of_another_login},
      {"noise in place of each message", noise},
  };
  return strength_main(argc, argv, checks, sizeof checks / sizeof checks[0]);
}
