// SPDX-License-Identifier: MIT
// N825: handshakes of every kind, by the million, in one process. What it holds must not grow with
// their number: heap by less than one octet for each, resident memory and descriptors not at all.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../gss/ntlm_fields.h"
#include "endure.h"

// What the rounds of a mode share.
struct world {
  struct handshake h;
  gss_cred_id_t wrong_password;
};

static void must_fail(const struct handshake *h) {
  const struct side *side = GSS_ERROR(h->initiator.major) ? &h->initiator : &h->acceptor;
  ck_assert_msg(GSS_ERROR(side->major), "nothing was refused");
  ck_assert_uint_ne(strlen(status_text(side->major, side->minor)), 0);
}

static void login(struct world *w, unsigned round) {
  (void)round;
  handshake_establish(&w->h);
  handshake_reset(&w->h);
}

static void with_messages(struct world *w, unsigned round) {
  uint8_t data[512];
  struct octets mic;
  fill_pattern(data, sizeof data, round);
  handshake_establish(&w->h);
  for (int i = 0; i < 3; ++i) ck_assert(messages_pass(&w->h));
  ck_assert_uint_eq(mic_octets(w->h.initiator.context, data, sizeof data, &mic), GSS_S_COMPLETE);
  ck_assert_uint_eq(verify_octets(w->h.acceptor.context, data, sizeof data, mic.data, mic.size),
                    GSS_S_COMPLETE);
  ck_assert(GSS_ERROR(verify_octets(w->h.acceptor.context, data, 1, mic.data, mic.size)));
  octets_free(&mic);
  handshake_reset(&w->h);
}

static void new_credentials(struct world *w, unsigned round) {
  struct handshake h;
  (void)w;
  (void)round;
  handshake_open(&h, kRaw);
  handshake_establish(&h);
  handshake_close(&h);
}

static void wrong_password(struct world *w, unsigned round) {
  (void)round;
  const gss_cred_id_t right = w->h.initiator_cred;
  w->h.initiator_cred = w->wrong_password;
  ck_assert(!handshake_run(&w->h));
  must_fail(&w->h);
  handshake_reset(&w->h);
  w->h.initiator_cred = right;
}

// Ends after NEGOTIATE, after CHALLENGE, and after AUTHENTICATE that is never delivered.
static void abandoned(struct world *w, unsigned round) {
  struct octets *token = w->h.token;
  const unsigned legs = 1 + round % 3;
  initiator_step(&w->h, NULL, &token[0]);
  if (legs > 1) acceptor_step(&w->h, &token[0], &token[1]);
  if (legs > 2) initiator_step(&w->h, &token[1], &token[2]);
  ck_assert_uint_ne(token[legs - 1].size, 0);
  handshake_reset(&w->h);
}

// The leg and octet that `round` changes: signature and type of each message, and the MIC.
static void garble(struct handshake *h, int leg, struct octets *token) {
  const unsigned round = *(const unsigned *)h->hook_argument;
  if (leg != (int)(round % 3)) return;
  size_t at = round / 3 % 12;
  if (leg == 2 && round % 2 != 0) at += kAuthMic;
  ck_assert_uint_lt(at, token->size);
  token->data[at] ^= 0x40;
}

static void retry_after_garbled(struct world *w, unsigned round) {
  w->h.hook = garble;
  w->h.hook_argument = &round;
  ck_assert(!handshake_run(&w->h));
  must_fail(&w->h);
  handshake_reset(&w->h);
  w->h.hook = NULL;
  login(w, round);
}

static void release_copy(gss_cred_id_t cred) {
  gss_cred_id_t copy = copy_of_cred(cred);
  release_cred(&copy);
}

static void export_and_import(struct world *w, unsigned round) {
  (void)round;
  handshake_establish(&w->h);
  move_context(&w->h.initiator.context);
  ck_assert(messages_pass(&w->h));
  move_context(&w->h.acceptor.context);
  ck_assert(messages_pass(&w->h));
  release_copy(w->h.initiator_cred);
  release_copy(w->h.acceptor_cred);
  handshake_reset(&w->h);
}

// The short form of each takes about a second.
static const struct mode {
  const char *name;
  const char *figure;
  enum carrier carrier;
  void (*once)(struct world *world, unsigned round);
} kModes[] = {
    {"logins", "ok", kRaw, login},
    {"logins with new credentials each time", "credentials", kRaw, new_credentials},
    {"logins with messages", "messages", kRaw, with_messages},
    {"wrong passwords", "password", kRaw, wrong_password},
    {"logins abandoned half-way", "abandoned", kRaw, abandoned},
    {"a login after a garbled token", "retry", kRaw, retry_after_garbled},
    {"export and import of contexts and credentials", "export", kRaw, export_and_import},
    {"logins in SPNEGO", "spnego_ok", kSpnegoCut, login},
    {"wrong passwords in SPNEGO", "spnego_password", kSpnegoCut, wrong_password},
    {"logins in SPNEGO abandoned half-way", "spnego_abandoned", kSpnegoCut, abandoned},
};
enum { kModeCount = sizeof kModes / sizeof kModes[0] };

static void report(const struct mode *mode, unsigned rounds, const struct holdings *before,
                   const struct holdings *after, double seconds) {
  // Resident memory comes in pages, and the allocator keeps some.
  enum { kSlack = 512 << 10 };
  char name[kNameRoom];
  const double growth = ((double)after->heap - (double)before->heap) / rounds;
  const double resident = (double)after->resident - (double)before->resident;
  snprintf(name, sizeof name, "soak_%s_rounds", mode->figure);
  figure(name, rounds, "rounds");
  snprintf(name, sizeof name, "soak_%s_heap", mode->figure);
  figure(name, growth, "octets/round");
  snprintf(name, sizeof name, "soak_%s_resident", mode->figure);
  figure(name, resident, "octets");
  snprintf(name, sizeof name, "soak_%s_time", mode->figure);
  figure(name, seconds * 1e6 / rounds, "us/round");
  check(growth < 1.0, "%s: the heap does not grow", mode->name);
  check(after->descriptors == before->descriptors, "%s: no descriptor stays open", mode->name);
  if (UNDER_SANITIZER) {
    skip(mode->name, "resident memory: a sanitizer keeps freed memory");
  } else {
    check(resident <= kSlack, "%s: resident memory stays", mode->name);
  }
}

static void run_mode(const struct mode *mode) {
  enum { kShort = 10000, kLong = 1000000, kWarmUp = 500 };
  const unsigned rounds = long_form ? kLong : UNDER_SANITIZER ? kShort / 10 : kShort;
  struct world world;
  handshake_open(&world.h, mode->carrier);
  world.wrong_password = acquire_with_password(TEST_NAME, "not the password", world.h.mech);
  if (mode->carrier == kSpnegoCut) cut_to_ntlm(world.wrong_password);
  for (unsigned i = 0; i < kWarmUp; ++i) mode->once(&world, i);
  const struct holdings before = holdings_now();
  const double start = seconds_now();
  for (unsigned i = 0; i < rounds; ++i) mode->once(&world, i);
  const double seconds = seconds_now() - start;
  const struct holdings after = holdings_now();
  report(mode, rounds, &before, &after, seconds);
  release_cred(&world.wrong_password);
  handshake_close(&world.h);
}

// What is lost must show: a block for each round, and one descriptor.
static void check_measure(void) {
  enum { kBlocks = 1000 };
  static void *volatile blocks[kBlocks];
  const struct holdings before = holdings_now();
  for (int i = 0; i < kBlocks; ++i) blocks[i] = malloc(1);
  const int descriptor = dup(STDOUT_FILENO);
  const struct holdings after = holdings_now();
  check(after.heap >= before.heap + kBlocks, "blocks that are not given back are noticed");
  check(after.descriptors == before.descriptors + 1, "a descriptor that stays open is noticed");
  for (int i = 0; i < kBlocks; ++i) free(blocks[i]);
  if (descriptor >= 0) close(descriptor);
}

START_TEST(soak) {
  check_measure();
  for (int i = 0; i < kModeCount; ++i) run_mode(&kModes[i]);
}
END_TEST

int main(int argc, char **argv) { return endure_main(argc, argv, soak); }
