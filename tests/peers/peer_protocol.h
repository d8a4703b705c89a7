// SPDX-License-Identifier: MIT
// What the orchestrator (peers_test.py) and the drivers say to each other, over stdin and stdout.
//
// A message is a frame of fields: BE32 number of fields, then for each BE32 size and octets. A
// request is a command and its arguments; an answer is a status word and its results. One driver
// process is one end of one security context.
//
//   start KEY=VALUE...      keys: see kOptionNames     -> ok
//   step TOKEN                                         -> continue TOKEN | complete TOKEN
//   name                    who the initiator is       -> ok NAME
//   key                     session key                -> ok KEY
//   flags                   what is protected          -> ok "integ conf ..."
//   wrap TEXT, unwrap TOKEN, mic TEXT                  -> ok RESULT
//   verify TEXT MIC                                    -> ok
//   seq NUMBER              next number, datagram      -> ok
//
// Each of them may answer "failed REASON" or "unsupported REASON".
#ifndef TESTS_PEERS_PEER_PROTOCOL_H_
#define TESTS_PEERS_PEER_PROTOCOL_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct field {
  uint8_t *data;  // followed by a NUL that does not count
  size_t size;
};

// The arguments of "start".
enum option {
  kRole,      // initiator | acceptor
  kCarrier,   // ntlm | spnego
  kUser,      // initiator: DOMAIN\user, user, or a UPN
  kDomain,    // where the peer takes it apart from the user
  kPassword,  // UTF-8
  kAccounts,  // acceptor: file of accounts, in the form that the peer reads
  kTarget,    // service@host
  kFlags,     // words: integ conf sequence replay datagram
  kBindings,  // application data of channel bindings
  kNegFlags,  // NEG_FLAGS of gss-ntlmssp's header, a number
  kOptions
};

struct options {
  struct field value[kOptions];  // data is null where the option was not given
};

bool has_option(const struct options *options, enum option option);
// The text of an option, "" when it was not given.
const char *option_text(const struct options *options, enum option option);
bool option_holds_word(const struct options *options, enum option option, const char *word);

// What a driver can do. Each function answers exactly once.
struct driver {
  void (*start)(const struct options *options);
  void (*step)(const struct field *token);
  void (*name)(void);
  void (*key)(void);
  void (*flags)(void);
  void (*wrap)(const struct field *text);
  void (*unwrap)(const struct field *token);
  void (*mic)(const struct field *text);
  void (*verify)(const struct field *text, const struct field *mic);
  void (*seq)(uint32_t number);
};

void answer(const char *status, const void *result, size_t size);
void answer_text(const char *status, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Serves requests until the end of the input.
int serve(const struct driver *driver);

#endif  // TESTS_PEERS_PEER_PROTOCOL_H_
