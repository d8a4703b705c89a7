// SPDX-License-Identifier: MIT
// Logins by CredSSP through the host's mechglue, on top of what the tests of NTLM have.
#ifndef TESTS_CREDSSP_CREDSSP_SUPPORT_H_
#define TESTS_CREDSSP_CREDSSP_SUPPORT_H_

#include <gssapi/gssapi_credssp.h>
#include <gssapi/gssapi_ntlm_ext.h>

#include "../gss/support.h"

extern gss_OID_desc oid_credssp;
extern gss_OID_desc oid_krb5;

// An option by its last octet, such as 2 for GSS_CREDSSP_STATUS_STRING.
enum {
  kServerKeyOption = 1,
  kStatusOption,
  kVersionOption,
  kInnerOption,
  kTlsOption,
  kCertificateOption,
  kVerdictOption,
  kProofOption,
  kDelegatedOption,
  kUniqueBindingOption,
  kEndPointBindingOption,
  kCloseOption,
  kRequireProofOption,
  kPendingOption,
};
gss_OID_desc option(int number);

enum {
  kStreamFlags = GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG |
                 GSS_C_PROT_READY_FLAG,
  kMostSteps = 20,
};

struct credssp_side {
  gss_ctx_id_t context;
  gss_cred_id_t credential;
  gss_channel_bindings_t bindings;
  OM_uint32 major, minor, flags, lifetime;
  gss_OID mech;
  int steps;
  char text[512];  // of the minor status
};

struct credssp_login {
  struct credssp_side initiator, acceptor;
  gss_name_t target;
  OM_uint32 request_flags;
  gss_name_t client;
  gss_cred_id_t delegated;
  bool wants_delegated;
  // Called with each token before it is delivered; the initiator's have even numbers.
  void (*hook)(struct credssp_login *login, int leg, struct octets *token);
  void *hook_argument;
  size_t sizes[2 * kMostSteps];  // of the tokens
  int legs;
};

// A key and value for both credentials, or for one of them; the list ends with a null key.
enum credssp_end { kBothEnds, kInitiatorEnd, kAcceptorEnd };
struct credssp_key {
  const char *key, *value;
  enum credssp_end end;
};

// TEST_USER of accounts_file() to TERMSRV@server.example.com, with delegation; `keys` may be null.
void login_open(struct credssp_login *login, const struct credssp_key *keys);
// The same with a user and a password of the caller's.
void login_open_as(struct credssp_login *login, const char *user, const char *password,
                   const struct credssp_key *keys);
// Until each side has ended or one has failed. True when both are complete.
bool login_run(struct credssp_login *login);
// login_run that must succeed.
void login_establish(struct credssp_login *login);
// Deletes the contexts; the credentials stay.
void login_reset(struct credssp_login *login);
void login_close(struct credssp_login *login);

OM_uint32 try_acquire_credssp(OM_uint32 *minor, const char *user, gss_cred_usage_t usage,
                              const struct credssp_key *keys, enum credssp_end end,
                              gss_cred_id_t *cred);
void seed_context(gss_ctx_id_t *context);

// The members of an option's answer, or a null set and its status.
OM_uint32 ask(gss_ctx_id_t context, int number, OM_uint32 *minor, gss_buffer_set_t *set);
// One text or number that must be there.
bool member_is(gss_ctx_id_t context, int number, size_t member, const void *octets, size_t size);

// Both ends are in one thread, which keeps the text of its last failure only; so `text` is kept.
#define EXPECT_LOGIN_FAILS(login, side, expected, part)                \
  do {                                                                 \
    ck_assert(!login_run(login));                                      \
    EXPECT_STATUS(expected, (login)->side.major, (login)->side.minor); \
    EXPECT_TEXT((login)->side.text, part);                             \
  } while (0)
const char *minor_text_of(OM_uint32 minor);

#endif  // TESTS_CREDSSP_CREDSSP_SUPPORT_H_
