// SPDX-License-Identifier: MIT
// Common ground of the programs that use libsspi as a ported program does: packages and accounts to
// try, and whole handshakes.
#ifndef TESTS_SSPI_SUPPORT_H_
#define TESTS_SSPI_SUPPORT_H_

#include <check.h>
#include <sspi.h>
#include <stdbool.h>

// The account of both packages: of the account file, and where with_realm.sh has made one, of the
// realm.
#define SSPI_DOMAIN "DEMO.TEST"
#define SSPI_USER "alice"
#define SSPI_PASSWORD "Ticket-please3"
#define SSPI_TARGET "HTTP/www.demo.test"
// Further accounts of the file: "empty" has an empty password, "zoe" one beyond the BMP, "long" one
// of 1024 characters, which the realm knows as well.
#define SSPI_ODD_PASSWORD "p\xC3\xA4$s\xF0\x9F\x94\x91"
const char *long_password(void);

// One way to log in.
struct lane {
  const char *name;
  const char *package;  // to ask for
  const char *list;     // PackageList of the client; NULL for none
  const char *chosen;   // the package that protects messages
  const char *client;   // the client's name as the attributes tell it
};

// The lanes that can be tried here, in a NULL-terminated list: those of Kerberos need the realm.
const struct lane *const *lanes(void);
#define FOR_EACH_LANE(one)                                                          \
  for (const struct lane *const *at_##one = lanes(), *one = *at_##one; one != NULL; \
       one = *++at_##one)
bool is_ntlm(const struct lane *lane);
bool is_negotiate(const struct lane *lane);
// True when with_realm.sh has started the program.
bool has_realm(void);

// Fails unless the status is `expected`; tells the text of the failure.
#define EXPECT(expected, status) expect_status(__FILE__, __LINE__, #status, (expected), (status))
void expect_status(const char *file, int line, const char *what, SECURITY_STATUS expected,
                   SECURITY_STATUS status);

// Credentials, acquired with the account's password; of an acceptor with the account file and the
// key table.
CredHandle client_of(const struct lane *lane);
CredHandle client_with(const struct lane *lane, const char *user, const char *password);
CredHandle server_of(const struct lane *lane);

// One leg, with a TOKEN buffer of the size of the largest token. The octets and what was answered.
struct leg {
  unsigned char token[48000];
  ULONG size;
  ULONG attributes;
  TimeStamp expiry;
};
// `input` may be NULL: no token.
SECURITY_STATUS client_leg(CredHandle *credential, CtxtHandle *context, CtxtHandle *new_context,
                           ULONG flags, const struct leg *input, struct leg *output);
SECURITY_STATUS server_leg(CredHandle *credential, CtxtHandle *context, CtxtHandle *new_context,
                           ULONG flags, const struct leg *input, struct leg *output);

// Both ends of a login.
struct pair {
  CredHandle client_credential, server_credential;
  CtxtHandle client, server;
  ULONG client_flags, server_flags;  // pfContextAttr of the last leg
  int client_legs, server_legs;
};
enum {
  kProtect =
      ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT,
};
// Fails unless the login works.
struct pair *log_in(const struct lane *lane, ULONG client_flags, ULONG server_flags);
// The status of the leg that failed, or SEC_E_OK; `pair` is to be released either way.
SECURITY_STATUS try_log_in(struct pair *pair, ULONG client_flags, ULONG server_flags);
void log_out(struct pair *pair);

// Texts between A and W.
WCHAR *wide(const char *ascii);  // static, of the last 8 calls
bool wide_equals(const WCHAR *text, const char *ascii);

// The main function of every program: makes the account file, then runs the suite.
int run_sspi_suite(Suite *suite);

#endif  // TESTS_SSPI_SUPPORT_H_
