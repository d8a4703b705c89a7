// SPDX-License-Identifier: MIT
// What the main function of every test program built on Check needs. For C and C++.
#ifndef GSS_SSPI_TESTS_CHECK_MAIN_H_
#define GSS_SSPI_TESTS_CHECK_MAIN_H_

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

// The exit status by which Meson and Automake know a test that could not be run.
enum { kExitSkip = 77 };

// Runs the suite and frees it; the result is the exit status of the program. CK_VERBOSITY and the
// other variables of Check are honoured.
static inline int RunSuite(Suite *suite) {
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  const int run = srunner_ntests_run(runner);
  const int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  if (run == 0) fputs("no test was run\n", stderr);
  return run != 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

// Ends a program whose tests of one kind could not be run: a failure of the others goes before.
static inline int SkipAfter(int status, const char *reason) {
  if (status != EXIT_SUCCESS) return status;
  printf("SKIP: %s\n", reason);
  return kExitSkip;
}

#endif  // GSS_SSPI_TESTS_CHECK_MAIN_H_
