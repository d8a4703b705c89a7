// SPDX-License-Identifier: MIT
// N826: ten thousand half-open contexts at once, each of at most 4 KiB of heap. Afterwards each is
// finished, by the user it began with, and the memory is back.
#include <stdio.h>
#include <string.h>

#include "../gss/module_code.h"
#include "endure.h"
#include "heap_owners.h"

enum { kPairs = 10000, kUsers = 100, kMost = 4096, kTokenRoom = 1024 };

struct parked {
  gss_ctx_id_t initiator, acceptor;
  uint8_t token[kTokenRoom];  // the last one, not yet delivered
  size_t size;
};
static struct parked parked[kPairs];  // no heap

struct world {
  enum carrier carrier;
  gss_cred_id_t users[kUsers], acceptor;
  gss_name_t target;
};

static unsigned user_of(unsigned pair) { return pair * 37 % kUsers; }

static void open_world(struct world *w, enum carrier carrier) {
  w->carrier = carrier;
  w->target = import_service("HTTP@server.example.com");
  w->acceptor = acquire_users_acceptor(users_file("half-open", kUsers, 0), carrier);
  for (unsigned i = 0; i < kUsers; ++i) w->users[i] = acquire_user(i, carrier);
}

static void close_world(struct world *w) {
  for (unsigned i = 0; i < kUsers; ++i) release_cred(&w->users[i]);
  release_cred(&w->acceptor);
  release_name(&w->target);
}

// The handshake of a pair as it was left.
static struct handshake resume(const struct world *w, unsigned pair) {
  struct handshake h = {.mech = carrier_mech(w->carrier),
                        .request_flags = kUsualFlags,
                        .initiator_cred = w->users[user_of(pair)],
                        .acceptor_cred = w->acceptor,
                        .target = w->target};
  h.initiator.context = parked[pair].initiator;
  h.acceptor.context = parked[pair].acceptor;
  return h;
}

static void park(const struct handshake *h, unsigned pair, struct octets *token) {
  ck_assert_uint_le(token->size, kTokenRoom);
  parked[pair].initiator = h->initiator.context;
  parked[pair].acceptor = h->acceptor.context;
  parked[pair].size = token->size;
  if (token->size != 0) memcpy(parked[pair].token, token->data, token->size);
  octets_free(token);
}

static void begin_initiator(const struct world *w, unsigned pair) {
  struct octets token;
  struct handshake h = resume(w, pair);
  ck_assert_uint_eq(initiator_step(&h, NULL, &token), GSS_S_CONTINUE_NEEDED);
  park(&h, pair, &token);
}

static void begin_acceptor(const struct world *w, unsigned pair) {
  struct octets token;
  struct handshake h = resume(w, pair);
  const struct octets input = {parked[pair].token, parked[pair].size};
  ck_assert_uint_eq(acceptor_step(&h, &input, &token), GSS_S_CONTINUE_NEEDED);
  park(&h, pair, &token);
}

// True when the login ends with the right user and one key.
static bool finish(const struct world *w, unsigned pair) {
  struct octets input = octets_copy(parked[pair].token, parked[pair].size), output = {NULL, 0};
  struct handshake h = resume(w, pair);
  bool acceptor_is_next = false;
  for (int leg = 0; leg < kMaxLegs && input.size != 0; ++leg) {
    const OM_uint32 major =
        acceptor_is_next ? acceptor_step(&h, &input, &output) : initiator_step(&h, &input, &output);
    octets_free(&input);
    input = output;
    acceptor_is_next = !acceptor_is_next;
    if (GSS_ERROR(major)) break;
  }
  octets_free(&input);
  const bool right = is_complete(&h.initiator) && is_complete(&h.acceptor) &&
                     is_user(&h, user_of(pair)) && same_keys(&h, NULL) && messages_pass(&h);
  handshake_reset(&h);
  memset(&parked[pair], 0, sizeof parked[pair]);
  return right;
}

static void drop(const struct world *w, unsigned pair) {
  struct handshake h = resume(w, pair);
  handshake_reset(&h);
  memset(&parked[pair], 0, sizeof parked[pair]);
}

// Everything that is made once in the life of a process, or of a credential, and the few blocks
// that the allocator keeps for each size.
static void warm_up(const struct world *w) {
  for (unsigned i = 0; i < 2 * kUsers; ++i) begin_initiator(w, i);
  for (unsigned i = 0; i < 2 * kUsers; ++i) begin_acceptor(w, i);
  for (unsigned i = 0; i < 2 * kUsers; ++i) ck_assert(finish(w, i));
}

struct sizes {
  size_t heap, module;
};
static struct sizes sizes_now(void) {
#if UNDER_SANITIZER
  return (struct sizes){holdings_now().heap, 0};
#else
  return (struct sizes){holdings_now().heap, heap_of_module()};
#endif
}

static void report(const char *side, enum carrier carrier, struct sizes before,
                   struct sizes after) {
  const bool raw = carrier == kRaw;
  char name[kNameRoom];
  const double whole = (double)(after.heap - before.heap) / kPairs;
  const double share = (double)(after.module - before.module) / kPairs;
  snprintf(name, sizeof name, "half_open_%s%s", raw ? "" : "spnego_", side);
  figure(name, whole, "octets");
  if (raw) {
    check(whole <= kMost, "%s: a half-open %s has at most %d octets of heap", carrier_name(carrier),
          side, kMost);
  }
  if (UNDER_SANITIZER) {
    skip(name, "the mechanism's own share: a sanitizer has its own malloc");
    return;
  }
  snprintf(name, sizeof name, "half_open_%s%s_of_mechanism", raw ? "" : "spnego_", side);
  figure(name, share, "octets");
  check(share > 0 && share <= kMost, "%s: the mechanism's share of a half-open %s is at most %d",
        carrier_name(carrier), side, kMost);
}

static void run(enum carrier carrier) {
  struct world w;
  open_world(&w, carrier);
  warm_up(&w);
  const struct sizes at_start = sizes_now();
  for (unsigned i = 0; i < kPairs; ++i) begin_initiator(&w, i);
  const struct sizes with_initiators = sizes_now();
  for (unsigned i = 0; i < kPairs; ++i) begin_acceptor(&w, i);
  const struct sizes with_both = sizes_now();
  report("initiator", carrier, at_start, with_initiators);
  report("acceptor", carrier, with_initiators, with_both);

  // In another order than they began; a few are given up.
  enum { kStride = 7919, kGivenUp = 100 };
  unsigned right = 0;
  for (unsigned i = 0; i < kPairs; ++i) {
    const unsigned pair = i * kStride % kPairs;
    if (i % kGivenUp == 0) {
      drop(&w, pair);
    } else {
      right += finish(&w, pair) ? 1 : 0;
    }
  }
  const unsigned expected = kPairs - kPairs / kGivenUp;
  check(right == expected, "%s: %u of %u half-open contexts were finished by the right user",
        carrier_name(carrier), right, expected);
  const struct sizes at_end = sizes_now();
  check(at_end.heap < at_start.heap + kPairs, "%s: the memory is back (%+ld octets)",
        carrier_name(carrier), (long)at_end.heap - (long)at_start.heap);
  check(at_end.module <= at_start.module, "%s: that of the mechanism is back (%+ld octets)",
        carrier_name(carrier), (long)at_end.module - (long)at_start.module);
  close_world(&w);
}

START_TEST(half_open) {
#if !UNDER_SANITIZER
  ck_assert(module_code_find(module_path()));
#endif
  run(kRaw);
  run(kSpnegoCut);
#if !UNDER_SANITIZER
  ck_assert_uint_eq(heap_lost(), 0);
#endif
}
END_TEST

int main(int argc, char **argv) { return endure_main(argc, argv, half_open); }
