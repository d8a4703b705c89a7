// SPDX-License-Identifier: MIT
// N827: many threads share credentials and contexts while others acquire, release and change the
// account file. Each login must be of the right user, with one key, and its messages must arrive.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "../gss/ntlm_fields.h"
#include "endure.h"

enum { kUsers = 16, kMaxThreads = 32, kChurnThreads = 2 };

struct parties {
  enum carrier carrier;
  gss_cred_id_t users[kUsers], acceptor;
  gss_name_t target;
};

struct shared {
  struct parties parties;
  const char *file;
  unsigned logins;  // of each thread
  atomic_bool over;
  atomic_uint churned;
};

struct worker {
  pthread_t thread;
  struct shared *shared;
  unsigned number;
  unsigned right;  // result
};

static struct shared open_shared(enum carrier carrier, unsigned logins) {
  struct shared shared = {.parties.carrier = carrier, .logins = logins};
  struct parties *parties = &shared.parties;
  parties->target = import_service("HTTP@server.example.com");
  shared.file = users_file("threads", kUsers, 0);
  parties->acceptor = acquire_users_acceptor(shared.file, carrier);
  for (unsigned i = 0; i < kUsers; ++i) parties->users[i] = acquire_user(i, carrier);
  return shared;
}

static void close_shared(struct shared *shared) {
  for (unsigned i = 0; i < kUsers; ++i) release_cred(&shared->parties.users[i]);
  release_cred(&shared->parties.acceptor);
  release_name(&shared->parties.target);
}

// ---- logins ------------------------------------------------------------------------------------

static bool login_as(const struct parties *parties, unsigned user) {
  struct handshake h = {.mech = carrier_mech(parties->carrier),
                        .request_flags = kUsualFlags,
                        .initiator_cred = parties->users[user],
                        .acceptor_cred = parties->acceptor,
                        .target = parties->target};
  const bool right =
      handshake_run(&h) && is_user(&h, user) && same_keys(&h, NULL) && messages_pass(&h);
  handshake_reset(&h);
  return right;
}

// The checks of login_as are able to fail: another user's login is not right.
static void check_login(const struct parties *parties) {
  struct parties mixed = *parties;
  mixed.users[0] = parties->users[1];
  check(login_as(parties, 0) && !login_as(&mixed, 0), "%s: a login of another user is noticed",
        carrier_name(parties->carrier));
}

static void *log_in(void *argument) {
  struct worker *worker = argument;
  for (unsigned i = 0; i < worker->shared->logins; ++i) {
    worker->right += login_as(&worker->shared->parties, (worker->number + i) % kUsers) ? 1 : 0;
  }
  return NULL;
}

// Credentials come and go, and the account file becomes another one with the same users.
static void *churn(void *argument) {
  struct worker *worker = argument;
  struct shared *shared = worker->shared;
  char name[kNameRoom];
  snprintf(name, sizeof name, "threads.%u", worker->number);
  for (unsigned round = 0; !atomic_load(&shared->over); ++round) {
    struct parties own = shared->parties;
    const unsigned user = round % kUsers;
    own.users[user] = acquire_user(user, own.carrier);
    own.acceptor = acquire_users_acceptor(shared->file, own.carrier);
    worker->right += login_as(&own, user) ? 1 : 0;
    release_cred(&own.users[user]);
    release_cred(&own.acceptor);
    atomic_fetch_add(&shared->churned, 1);
    if (round % 4 == 0 && rename(users_file(name, kUsers, round % 50), shared->file) != 0) break;
  }
  return NULL;
}

// The logins that were right of `threads` threads; the seconds they took.
static unsigned run_threads(struct shared *shared, unsigned threads, double *seconds) {
  static struct worker workers[kMaxThreads];
  unsigned right = 0;
  const double start = seconds_now();
  for (unsigned i = 0; i < threads; ++i) {
    workers[i] = (struct worker){.shared = shared, .number = i};
    ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, log_in, &workers[i]), 0);
  }
  for (unsigned i = 0; i < threads; ++i) {
    pthread_join(workers[i].thread, NULL);
    right += workers[i].right;
  }
  *seconds = seconds_now() - start;
  return right;
}

static void logins_by_threads(enum carrier carrier, unsigned threads, unsigned logins) {
  struct shared shared = open_shared(carrier, logins);
  struct worker churners[kChurnThreads];
  char name[kNameRoom];
  double seconds;
  check_login(&shared.parties);
  for (unsigned i = 0; i < kChurnThreads; ++i) {
    churners[i] = (struct worker){.shared = &shared, .number = i};
    ck_assert_int_eq(pthread_create(&churners[i].thread, NULL, churn, &churners[i]), 0);
  }
  const unsigned right = run_threads(&shared, threads, &seconds);
  atomic_store(&shared.over, true);
  unsigned right_of_churners = 0;
  for (unsigned i = 0; i < kChurnThreads; ++i) {
    pthread_join(churners[i].thread, NULL);
    right_of_churners += churners[i].right;
  }
  const unsigned churned = atomic_load(&shared.churned);
  snprintf(name, sizeof name, "threads%s_logins", carrier == kRaw ? "" : "_spnego");
  figure(name, right, "logins");
  snprintf(name, sizeof name, "threads%s_rate", carrier == kRaw ? "" : "_spnego");
  figure(name, right / seconds, "logins/s");
  check(right == threads * logins, "%s: %u of %u logins of %u threads were right",
        carrier_name(carrier), right, threads * logins, threads);
  check(churned > 0 && right_of_churners == churned,
        "%s: so were %u of %u with credentials acquired meanwhile, and a file that changes",
        carrier_name(carrier), right_of_churners, churned);
  close_shared(&shared);
}

// ---- one context -------------------------------------------------------------------------------

enum { kMessages = 200 };

struct user_of_context {
  pthread_t thread;
  gss_ctx_id_t context;
  uint8_t key[16];
  unsigned wrong;
  struct octets token[kMessages];
};

static void *use_context(void *argument) {
  static const char kText[] = "from one of several threads";
  struct user_of_context *user = argument;
  for (int i = 0; i < kMessages; ++i) {
    uint8_t key[16];
    OM_uint32 minor, lifetime;
    const OM_uint32 major =
        wrap_octets(user->context, 1, kText, sizeof kText, NULL, &user->token[i]);
    user->wrong += major == GSS_S_COMPLETE ? 0 : 1;
    user->wrong += session_key(user->context, key) && memcmp(key, user->key, 16) == 0 ? 0 : 1;
    user->wrong += gss_context_time(&minor, user->context, &lifetime) == GSS_S_COMPLETE ? 0 : 1;
  }
  return NULL;
}

// How many of the tokens the other end opens in the order of their numbers.
static unsigned open_in_order(gss_ctx_id_t context, struct user_of_context *users,
                              unsigned threads) {
  static struct octets *by_number[kMaxThreads * kMessages];
  unsigned opened = 0;
  memset(by_number, 0, sizeof by_number);
  for (unsigned i = 0; i < threads * kMessages; ++i) {
    struct octets *token = &users[i / kMessages].token[i % kMessages];
    const uint32_t number = token->size > kSignatureSize ? get32(token->data + 12) : UINT32_MAX;
    if (number < threads * kMessages) by_number[number] = token;
  }
  for (unsigned i = 0; i < threads * kMessages; ++i) {
    struct octets data;
    if (by_number[i] == NULL) continue;
    opened += unwrap_octets(context, by_number[i]->data, by_number[i]->size, NULL, &data) ==
                      GSS_S_COMPLETE
                  ? 1
                  : 0;
    octets_free(&data);
  }
  return opened;
}

static void threads_use_one_context(unsigned threads) {
  static struct user_of_context users[kMaxThreads];
  struct handshake h;
  unsigned wrong = 0;
  handshake_open(&h, kRaw);
  handshake_establish(&h);
  for (unsigned i = 0; i < threads; ++i) {
    users[i].context = h.initiator.context;
    ck_assert(session_key(h.initiator.context, users[i].key));
    ck_assert_int_eq(pthread_create(&users[i].thread, NULL, use_context, &users[i]), 0);
  }
  for (unsigned i = 0; i < threads; ++i) {
    pthread_join(users[i].thread, NULL);
    wrong += users[i].wrong;
  }
  const unsigned opened = open_in_order(h.acceptor.context, users, threads);
  check(wrong == 0, "one context: %u of %u calls of %u threads went wrong", wrong,
        3 * threads * kMessages, threads);
  check(opened == threads * kMessages, "one context: %u of %u messages arrive", opened,
        threads * kMessages);
  for (unsigned i = 0; i < threads * kMessages; ++i) {
    octets_free(&users[i / kMessages].token[i % kMessages]);
  }
  handshake_close(&h);
}

// ---- two processors ----------------------------------------------------------------------------

// How much more two threads do than one. Only an idle machine has an answer.
static void speed_up(unsigned logins) {
  enum { kRounds = 5 };
  struct shared shared = open_shared(kRaw, logins);
  double best[2] = {1e9, 1e9}, seconds;
  for (unsigned i = 0; i < 2 * kRounds; ++i) {
    ck_assert_uint_eq(run_threads(&shared, 1 + i % 2, &seconds), logins * (1 + i % 2));
    if (seconds < best[i % 2]) best[i % 2] = seconds;
  }
  figure("threads_speed_up_of_two", 2 * best[0] / best[1], "times");
  close_shared(&shared);
}

START_TEST(threads) {
  const unsigned count = long_form ? kMaxThreads : 8;
  // A sanitizer makes each step up to ten times slower.
  const unsigned logins = long_form ? 100000 : UNDER_SANITIZER ? 100 : 500;
  logins_by_threads(kRaw, count, logins);
  logins_by_threads(kSpnegoCut, count, logins / 5);
  threads_use_one_context(count);
  if (long_form) speed_up(logins / 10);
}
END_TEST

int main(int argc, char **argv) { return endure_main(argc, argv, threads); }
