// SPDX-License-Identifier: MIT
// Breaks the rules of abi_test.py, so that the test can show that it notices.
#include <stdio.h>
#include <stdlib.h>

int gss_wrap(void);
int gss_release_buffer(void);
int gss_mech_initialize(void);
int gssspi_query_meta_data(void);
int an_unlisted_name(void);
int take_from_the_host(void);

static volatile int from_the_constructor;  // so that no compiler does its work beforehand

__attribute__((constructor)) static void run_at_load(void) { from_the_constructor = 1; }
__attribute__((destructor)) static void run_at_exit(void) { from_the_constructor = 2; }

__attribute__((noinline)) int gss_wrap(void) { return from_the_constructor; }
int gss_mech_initialize(void) { return puts("a word on stdout"); }
int gssspi_query_meta_data(void) { return getenv("HOME") != NULL; }

// Calls an export of its own: the call may bind to the host's function of that name.
int an_unlisted_name(void) {
  if (gss_wrap() == 3) abort();
  return 0;
}

// Leaves a name of GSSAPI to the loader.
int take_from_the_host(void) { return gss_release_buffer(); }
