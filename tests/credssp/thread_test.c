// SPDX-License-Identifier: MIT
// Threads that share credentials, or a context (C162); a process that forks between the legs of a
// login, whose both halves go on.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "credssp_support.h"

enum { kThreads = 8, kLogins = 4, kMessages = 50 };

// ---- one pair of credentials for all
// -------------------------------------------------------------

static void *log_in_often(void *shared) {
  const struct credssp_login *from = shared;
  long good = 0;
  for (int i = 0; i < kLogins; ++i) {
    struct credssp_login login = *from;
    good += login_run(&login) && (login.acceptor.flags & GSS_C_DELEG_FLAG) != 0;
    login_reset(&login);
  }
  return (void *)good;
}

START_TEST(credentials_are_shared) {
  struct credssp_login login;
  pthread_t threads[kThreads];
  login_open(&login, NULL);
  for (int i = 0; i < kThreads; ++i) {
    ck_assert_int_eq(pthread_create(&threads[i], NULL, log_in_often, &login), 0);
  }
  for (int i = 0; i < kThreads; ++i) {
    void *good;
    pthread_join(threads[i], &good);
    ck_assert_int_eq((long)good, kLogins);
  }
  login_close(&login);
}
END_TEST

// ---- one context for two
// -------------------------------------------------------------------------

// Records may leave in any order of calls, and arrive in the order of the stream: so what is looked
// at is that each call ends well, and that nothing is lost.
static void *send_often(void *context) {
  OM_uint32 minor;
  long good = 0;
  for (int i = 0; i < kMessages; ++i) {
    gss_buffer_desc text = buffer_of_text("one of many"), token = GSS_C_EMPTY_BUFFER;
    gss_buffer_set_t status = GSS_C_NO_BUFFER_SET;
    good += gss_wrap(&minor, context, 1, 0, &text, NULL, &token) == GSS_S_COMPLETE &&
            ask(context, kStatusOption, &minor, &status) == GSS_S_COMPLETE;
    gss_release_buffer(&minor, &token);
    gss_release_buffer_set(&minor, &status);
  }
  return (void *)good;
}

START_TEST(context_is_shared) {
  struct credssp_login login;
  pthread_t threads[2];
  login_open(&login, NULL);
  login_establish(&login);
  for (int i = 0; i < 2; ++i) {
    ck_assert_int_eq(pthread_create(&threads[i], NULL, send_often, login.initiator.context), 0);
  }
  for (int i = 0; i < 2; ++i) {
    void *good;
    pthread_join(threads[i], &good);
    ck_assert_int_eq((long)good, kMessages);
  }
  login_close(&login);
}
END_TEST

// ---- fork
// ----------------------------------------------------------------------------------------

struct fork_case {
  int leg;
  pid_t child;
};

static void fork_once(struct credssp_login *login, int leg, struct octets *token) {
  struct fork_case *forked = login->hook_argument;
  (void)token;
  if (leg == forked->leg) forked->child = fork();
}

// After each leg: both go on, and each is logged in with keys of its own.
START_TEST(process_forks_in_a_login) {
  struct credssp_login login;
  struct fork_case forked = {_i, -1};
  login_open(&login, NULL);
  login.hook = fork_once;
  login.hook_argument = &forked;
  login_run(&login);
  const bool good = login.initiator.major == GSS_S_COMPLETE &&
                    login.acceptor.major == GSS_S_COMPLETE && forked.child >= 0;
  if (forked.child == 0) _exit(good ? 0 : 1);
  int status = -1;
  ck_assert(good);
  ck_assert_int_eq(waitpid(forked.child, &status, 0), forked.child);
  ck_assert_int_eq(status, 0);
  expect_messages_pass(login.initiator.context, login.acceptor.context);
  login_close(&login);
}
END_TEST

static Suite *make_suite(void) {
  Suite *suite = suite_create("credssp thread");
  TCase *all = tcase_create("all");
  tcase_set_timeout(all, 60);
  tcase_add_test(all, credentials_are_shared);
  tcase_add_test(all, context_is_shared);
  tcase_add_loop_test(all, process_forks_in_a_login, 0, 8);
  suite_add_tcase(suite, all);
  return suite;
}

int main(void) { return run_suite(make_suite); }
