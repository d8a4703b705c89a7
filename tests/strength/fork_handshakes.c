// SPDX-License-Identifier: MIT
// N828, N803: a process forks again and again, warm, with half-open and with open contexts. Parent
// and child both go on with what they had, and no challenge, nonce or key appears twice. A child
// also works when another thread was in the middle of a call as it was forked.
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../gss/ntlm_fields.h"
#include "endure.h"

// What one process saw in one login.
struct seen {
  uint8_t challenge[8], nonce[8], key[16];
  bool right;
};

enum where { kNowhere, kInHost, kInModule };

// One fork: the child's results and the parent's, in memory that both see.
struct fork_result {
  struct seen half_open[2];  // the login that was half-open, finished by parent and child
  struct seen fresh[2];
  bool child_ended;
  enum where stuck;
};
enum { kParent, kChild };

static struct fork_result *results;
static unsigned forks;
static const char *file;

// ---- one login ---------------------------------------------------------------------------------

static void look_at(const struct handshake *h, struct seen *seen) {
  struct octets challenge = copy_message(&h->token[1], kTypeChallenge);
  struct octets authenticate = copy_message(&h->token[2], kTypeAuthenticate);
  struct octets response = field_octets(&authenticate, kAuthNt);
  memcpy(seen->challenge, challenge.data + kChallengeServerChallenge, sizeof seen->challenge);
  memcpy(seen->nonce, response.data + 16 + 16, sizeof seen->nonce);
  seen->right = is_complete(&h->initiator) && is_complete(&h->acceptor) && is_user(h, 0) &&
                same_keys(h, seen->key) && messages_pass(h);
  octets_free(&challenge);
  octets_free(&authenticate);
  octets_free(&response);
}

// The legs of a login from `leg` on; raw NTLM has three.
static void run_legs(struct handshake *h, int leg, int end) {
  for (; leg < end; ++leg) {
    const struct octets *input = leg > 0 ? &h->token[leg - 1] : NULL;
    if (leg % 2 == 0) {
      initiator_step(h, input, &h->token[leg]);
    } else {
      acceptor_step(h, input, &h->token[leg]);
    }
  }
}

static void finish(struct handshake *h, int leg, struct seen *seen) {
  run_legs(h, leg, 4);
  look_at(h, seen);
  handshake_reset(h);
}

// ---- forks in each state -----------------------------------------------------------------------

static void open_handshake(struct handshake *h) {
  memset(h, 0, sizeof *h);
  h->mech = &oid_ntlm;
  h->request_flags = kUsualFlags;
  h->target = import_service("HTTP@server.example.com");
  h->initiator_cred = acquire_user(0, kRaw);
  h->acceptor_cred = acquire_users_acceptor(file, kRaw);
}

static bool wait_for(pid_t pid) {
  int status = -1;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Forks after `legs` legs of a login. A fourth leg, the acceptor's last one, makes it an open
// context.
static void fork_after(struct handshake *h, int legs, struct fork_result *result) {
  run_legs(h, 0, legs);
  const pid_t pid = fork();
  ck_assert_int_ge(pid, 0);
  const int side = pid == 0 ? kChild : kParent;
  if (pid == 0) alarm(60);
  finish(h, legs, &result->half_open[side]);
  finish(h, 0, &result->fresh[side]);
  if (pid == 0) _exit(0);
  result->child_ended = wait_for(pid);
}

static int compare(const void *a, const void *b) { return memcmp(a, b, 16); }

// Octets that appear more than once among `count` values of 16 octets.
static unsigned repeated(uint8_t (*values)[16], unsigned count) {
  unsigned found = 0;
  qsort(values, count, sizeof values[0], compare);
  for (unsigned i = 1; i < count; ++i) {
    found += memcmp(values[i - 1], values[i], sizeof values[0]) == 0 ? 1 : 0;
  }
  return found;
}

enum value { kChallenges, kNonces, kKeys, kValues };

static void take(const struct seen *seen, enum value which, uint8_t value[16]) {
  memset(value, 0, 16);
  if (which == kChallenges) memcpy(value, seen->challenge, sizeof seen->challenge);
  if (which == kNonces) memcpy(value, seen->nonce, sizeof seen->nonce);
  if (which == kKeys) memcpy(value, seen->key, sizeof seen->key);
}

// Of a fork after `legs` legs, which values parent and child must have in common: what was made
// before.
static bool is_common(enum value which, int legs) {
  return which == kChallenges ? legs >= 2 : legs >= 3;
}

static void check_distinct(enum value which) {
  static const char *const kNames[kValues] = {"challenges", "nonces", "session keys"};
  uint8_t(*values)[16] = calloc(4 * (size_t)forks, sizeof values[0]);
  char name[kNameRoom];
  unsigned count = 0, torn = 0;
  ck_assert_ptr_nonnull(values);
  for (unsigned i = 0; i < forks; ++i) {
    const struct fork_result *result = &results[i];
    uint8_t child[16];
    take(&result->half_open[kParent], which, values[count++]);
    take(&result->half_open[kChild], which, child);
    const bool same = memcmp(values[count - 1], child, sizeof child) == 0;
    if (is_common(which, (int)i % 5)) {
      torn += same ? 0 : 1;
    } else {
      memcpy(values[count++], child, sizeof child);
    }
    take(&result->fresh[kParent], which, values[count++]);
    take(&result->fresh[kChild], which, values[count++]);
  }
  const unsigned twice = repeated(values, count);
  snprintf(name, sizeof name, "fork_distinct_%s", which == kKeys ? "keys" : kNames[which]);
  figure(name, count - twice, "values");
  check(twice == 0, "%u of %u %s appear twice", twice, count, kNames[which]);
  memcpy(values[0], values[count / 2], sizeof values[0]);
  check(repeated(values, count) == twice + 1, "one more that is made to appear twice is noticed");
  check(torn == 0, "what was made before a fork, both sides have: %s", kNames[which]);
  free(values);
}

static void forks_in_each_state(void) {
  struct handshake h;
  unsigned ended = 0, right = 0;
  open_handshake(&h);
  struct seen warm;
  finish(&h, 0, &warm);
  ck_assert(warm.right);
  for (unsigned i = 0; i < forks; ++i) {
    fork_after(&h, (int)i % 5, &results[i]);
    ended += results[i].child_ended ? 1 : 0;
    for (int side = kParent; side <= kChild; ++side) {
      right += results[i].half_open[side].right && results[i].fresh[side].right ? 1 : 0;
    }
  }
  figure("forks", forks, "forks");
  check(ended == forks, "%u of %u children ended well", ended, forks);
  check(right == 2 * forks,
        "%u of %u processes finished what was half-open, and a login of their own", right,
        2 * forks);
  for (enum value which = kChallenges; which < kValues; ++which) check_distinct(which);
  handshake_close(&h);
}

// ---- forks while other threads are at work
// -------------------------------------------------------

static atomic_bool over;
static const char *module;

static void *log_in_and_out(void *argument) {
  struct handshake h;
  unsigned *wrong = argument;
  open_handshake(&h);
  while (!atomic_load(&over)) {
    struct seen seen;
    finish(&h, 0, &seen);
    *wrong += seen.right ? 0 : 1;
    // The caches of the module are used as well.
    release_cred(&h.initiator_cred);
    release_cred(&h.acceptor_cred);
    h.initiator_cred = acquire_user(0, kRaw);
    h.acceptor_cred = acquire_users_acceptor(file, kRaw);
  }
  handshake_close(&h);
  return NULL;
}

static struct fork_result *own_result;

// Tells in whose code a child waits: the first library that is not the C library's or this program.
static void say_where(int signal) {
  void *frames[64];
  Dl_info info;
  (void)signal;
  own_result->stuck = kInHost;
  const int count = backtrace(frames, 64);
  for (int i = 0; i < count; ++i) {
    if (dladdr(frames[i], &info) == 0 || info.dli_fname == NULL) continue;
    if (strcmp(info.dli_fname, module) == 0) {
      own_result->stuck = kInModule;
      break;
    }
    if (strstr(info.dli_fname, "libgssapi") != NULL || strstr(info.dli_fname, "libkrb5") != NULL) {
      break;
    }
  }
  _exit(1);
}

static void child_of_threads(struct handshake *h, struct fork_result *result) {
  enum { kSecondsToWait = 20 };
  struct sigaction action = {.sa_handler = say_where};
  own_result = result;
  sigaction(SIGALRM, &action, NULL);
  alarm(kSecondsToWait);
  finish(h, 2, &result->half_open[kChild]);
  release_cred(&h->initiator_cred);
  release_cred(&h->acceptor_cred);
  h->initiator_cred = acquire_user(0, kRaw);
  h->acceptor_cred = acquire_users_acceptor(file, kRaw);
  finish(h, 0, &result->fresh[kChild]);
  _exit(0);
}

static void forks_beside_threads(unsigned count) {
  enum { kThreads = 3 };
  pthread_t threads[kThreads];
  unsigned wrong[kThreads] = {0}, right = 0, host = 0, stuck = 0;
  struct handshake h;
  void *warm[4];
  backtrace(warm, 4);  // loads what it needs
  open_handshake(&h);
  for (int i = 0; i < kThreads; ++i) {
    ck_assert_int_eq(pthread_create(&threads[i], NULL, log_in_and_out, &wrong[i]), 0);
  }
  for (unsigned i = 0; i < count; ++i) {
    struct fork_result *result = &results[i];
    memset(result, 0, sizeof *result);
    run_legs(&h, 0, 2);
    const pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) child_of_threads(&h, result);
    finish(&h, 2, &result->half_open[kParent]);
    result->child_ended = wait_for(pid);
    host += result->stuck == kInHost ? 1 : 0;
    stuck += result->stuck == kInModule ? 1 : 0;
    right += result->child_ended && result->half_open[kChild].right &&
                     result->fresh[kChild].right && result->half_open[kParent].right
                 ? 1
                 : 0;
  }
  atomic_store(&over, true);
  unsigned all_wrong = 0;
  for (int i = 0; i < kThreads; ++i) {
    pthread_join(threads[i], NULL);
    all_wrong += wrong[i];
  }
  figure("forks_beside_threads", count, "forks");
  figure("forks_stuck_in_host", host, "forks");
  check(stuck == 0, "beside %d threads: %u of %u children wait in the module", kThreads, stuck,
        count);
  check(right == count - host, "beside %d threads: %u of %u children went on", kThreads, right,
        count - host);
  check(all_wrong == 0, "the threads' own logins were right");
  handshake_close(&h);
}

START_TEST(fork_handshakes) {
  forks = long_form ? 10000 : 200;
  results = mmap(NULL, forks * sizeof *results, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                 -1, 0);
  ck_assert_ptr_ne((void *)results, MAP_FAILED);
  file = strdup(users_file("fork", 1, 0));
  module = module_path();
  usleep(30000);  // a file is kept once its time stamp is past
  forks_in_each_state();
#if defined(__SANITIZE_THREAD__)
  skip("forks beside threads",
       "ThreadSanitizer cannot follow a child that is forked beside threads");
#else
  forks_beside_threads(forks / 5);
#endif
}
END_TEST

int main(int argc, char **argv) { return endure_main(argc, argv, fork_handshakes); }
