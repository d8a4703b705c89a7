// SPDX-License-Identifier: MIT
// Common ground of the programs of tests/strength: PROGRAM [--long] runs checks one after the
// other and tells them in TAP.
// They use the public API only, so they measure whatever module GSS_MECH_CONFIG names.
#ifndef TESTS_STRENGTH_STRENGTH_H_
#define TESTS_STRENGTH_STRENGTH_H_

#include "../gss/support.h"
#include "report.h"

struct strength_check {
  const char *name;
  const TTest *test;  // of START_TEST; runs in a process of its own
};

// Says that the running check has nothing to work with here; the caller then returns.
void strength_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));
// One attempt begins: the process ends when it takes longer than 10 seconds.
void strength_attempt(void);

// handshake_open, and an acceptor of NTLM_USER_FILE, which other modules know as well.
void strength_open(struct handshake *handshake, enum carrier carrier);
gss_cred_id_t strength_acceptor(gss_OID mech);

int strength_main(int argc, char **argv, const struct strength_check *checks, size_t count);

#endif  // TESTS_STRENGTH_STRENGTH_H_
