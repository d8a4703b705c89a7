// SPDX-License-Identifier: MIT
// Common ground of the programs that show what lasts: TAP, and what a process holds. Each
// is run as `PROGRAM [--long]` against the NTLM module that GSS_MECH_CONFIG names.
#ifndef TESTS_STRENGTH_ENDURE_H_
#define TESTS_STRENGTH_ENDURE_H_

#include "../gss/sanitizer.h"
#include "../gss/support.h"
#include "report.h"

// ---- the program -------------------------------------------------------------------------------

// Runs `body`, a test of Check so that the functions of support.h may fail in it, and prints the
// plan. The exit status is 0 when every check held.
int endure_main(int argc, char **argv, const TTest *body);

// One line of TAP.
void check(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));
void skip(const char *name, const char *reason);

double seconds_now(void);

// ---- what the process holds --------------------------------------------------------------------

struct holdings {
  size_t heap;      // octets of malloc(3) in use
  size_t resident;  // octets
  unsigned descriptors;
};
struct holdings holdings_now(void);

// ---- accounts ----------------------------------------------------------------------------------

// Users of the programs: user N is "userN" with the password "Secret-of-N".
enum { kNameRoom = 64 };
void user_name(char name[kNameRoom], unsigned number);  // DOM\userN
// A file of users 0 to count - 1, written afresh; `more` lines of others follow.
const char *users_file(const char *name, unsigned count, unsigned more);
gss_cred_id_t acquire_user(unsigned number, enum carrier carrier);
// An acceptor of this file, for this carrier.
gss_cred_id_t acquire_users_acceptor(const char *file, enum carrier carrier);
// True when the acceptor's client name is displayed as that of this user.
bool is_user(const struct handshake *handshake, unsigned number);

// ---- handshakes that may fail without ending the program ----------------------------------------

// True when both contexts have a session key and it is the same one; `key` may be null.
bool same_keys(const struct handshake *handshake, uint8_t key[16]);
// Two messages, one each way, arrive as they were sent.
bool messages_pass(const struct handshake *handshake);

#endif  // TESTS_STRENGTH_ENDURE_H_
