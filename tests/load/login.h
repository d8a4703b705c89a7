// SPDX-License-Identifier: MIT
// One login over one connection, as a machine that is told when its socket is ready.
#ifndef TESTS_LOAD_LOGIN_H_
#define TESTS_LOAD_LOGIN_H_

#include <gssapi/gssapi.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "accounts.h"
#include "transport.h"

enum { kReceiveRoom = 8192 };

enum outcome {
  kLoggedIn,
  kRefusedRightly,  // a wrong password
  kDuringChange,    // of the account's password: either answer is right
  kWrongUser,
  kWrongPasswordTaken,
  kFailed,
  kOutcomes,
};

// A login stops before a gate that is closed, until login_pass.
enum gate { kBeforeNegotiate, kBeforeAuthenticate, kNoGate };

struct login {
  const struct transport *transport;
  const struct account *account;
  struct moment moment;
  bool wrong, spnego;
  enum gate gate;
  unsigned asks;  // so often it is asked again who this is

  int fd;  // -1: not begun, or over
  gss_cred_id_t cred;
  gss_ctx_id_t context;
  bool connected, open, held;
  unsigned tokens;  // that were sent
  double start;
  char *received;
  size_t size;

  double seconds;        // from the start until the server said who this is
  enum outcome outcome;  // when it is over
  char text[700];        // of a failure
};

struct login_parameters {
  struct sockaddr_in server;
  gss_name_t target;
};

// Takes a credential and begins to connect. The fields above `fd` are the caller's.
void login_begin(struct login *login, const struct login_parameters *parameters);
// The socket can be written to, or has something. True when the login is over.
bool login_step(struct login *login, const struct login_parameters *parameters);
// Opens gates up to this one. True when the login is over.
bool login_pass(struct login *login, const struct login_parameters *parameters, enum gate gate);
// Ends it as a failure.
void login_fail(struct login *login, const char *what);

#endif  // TESTS_LOAD_LOGIN_H_
