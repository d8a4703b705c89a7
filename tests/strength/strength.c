// SPDX-License-Identifier: MIT
#include "strength.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { kReasonRoom = 200, kAttemptSeconds = 10 };

// Where the process of a check leaves the reason of a skip.
static char *skip_reason;

void strength_skip(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(skip_reason, kReasonRoom, format, arguments);
  va_end(arguments);
}

void strength_attempt(void) { alarm(kAttemptSeconds); }

// ---- logins ------------------------------------------------------------------------------------

gss_cred_id_t strength_acceptor(gss_OID mech) { return acquire(NULL, GSS_C_ACCEPT, mech, NULL); }

void strength_open(struct handshake *handshake, enum carrier carrier) {
  handshake_open(handshake, carrier);
  release_cred(&handshake->acceptor_cred);
  handshake->acceptor_cred = strength_acceptor(handshake->mech);
  if (carrier == kSpnegoCut) cut_to_ntlm(handshake->acceptor_cred);
}

// ---- one check ---------------------------------------------------------------------------------

// The lines of a message, each as a comment.
static void print_reason(const char *text) {
  while (*text != '\0') {
    const size_t length = strcspn(text, "\n");
    note("%.*s", (int)length, text);
    text += length + (text[length] == '\n' ? 1 : 0);
  }
}

static void print_failures(SRunner *runner) {
  TestResult **failures = srunner_failures(runner);
  for (int i = 0; i < srunner_ntests_failed(runner); ++i) print_reason(tr_msg(failures[i]));
  free((void *)failures);
}

static void set_accounts(void) { setenv("NTLM_USER_FILE", accounts_file(), 1); }

static bool run_check(size_t number, const struct strength_check *check) {
  Suite *suite = suite_create("strength");
  TCase *only = tcase_create(check->name);
  tcase_set_timeout(only, 0);
  tcase_add_checked_fixture(only, set_accounts, NULL);
  tcase_add_test(only, check->test);
  suite_add_tcase(suite, only);
  SRunner *runner = srunner_create(suite);
  skip_reason[0] = '\0';
  fflush(stdout);
  srunner_run_all(runner, CK_SILENT);
  const bool good = srunner_ntests_failed(runner) == 0 && srunner_ntests_run(runner) == 1;
  print_failures(runner);
  printf("%s %zu - %s%s%s\n", good ? "ok" : "not ok", number, check->name,
         good && skip_reason[0] != '\0' ? " # SKIP " : "", good ? skip_reason : "");
  fflush(stdout);
  srunner_free(runner);
  return good;
}

// ---- the program -------------------------------------------------------------------------------

struct list {
  const struct strength_check *checks;
  size_t count;
};

static int run_checks(void *argument) {
  const struct list *list = argument;
  size_t failed = 0;
  printf("1..%zu\n", list->count);
  for (size_t i = 0; i < list->count; ++i) failed += run_check(i + 1, &list->checks[i]) ? 0 : 1;
  return failed == 0 ? 0 : 1;
}

int strength_main(int argc, char **argv, const struct strength_check *checks, size_t count) {
  struct list list = {checks, count};
  mallopt(M_TRIM_THRESHOLD, 64 << 20);  // else much of the time is the kernel's, for long tokens
  if (!read_form(argc, argv)) return 2;
  skip_reason = mmap(NULL, kReasonRoom, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (skip_reason == MAP_FAILED) return 2;
  return run_in_environment(run_checks, &list);
}
