// SPDX-License-Identifier: MIT
// Common ground of the programs that drive gss_ntlm.so through the host's mechglue: octets, account
// files, names, credentials, and a handshake whose tokens a test may look at or change on the way.
#ifndef TESTS_GSS_SUPPORT_H_
#define TESTS_GSS_SUPPORT_H_

#include <check.h>
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// ---- octets ------------------------------------------------------------------------------------

struct octets {
  uint8_t *data;  // from malloc(3)
  size_t size;
};

struct octets octets_copy(const void *data, size_t size);
void octets_free(struct octets *octets);
void octets_append(struct octets *octets, const void *data, size_t size);
// Removes `count` octets from `at` on.
void octets_remove(struct octets *octets, size_t at, size_t count);
bool octets_equal(const struct octets *a, const struct octets *b);

// A copy whose last octet is followed by a page that cannot be read: a read past the end ends the
// test. Valid until the next call of the same thread; sizes up to 4 MiB.
uint8_t *guarded_copy(const void *data, size_t size);

gss_buffer_desc buffer_of(const void *data, size_t size);
gss_buffer_desc buffer_of_text(const char *text);

// Deterministic octets, so that a failure can be repeated.
void fill_pattern(uint8_t *data, size_t size, uint32_t seed);

// ---- object identifiers and constants ----------------------------------------------------------

extern gss_OID_desc oid_ntlm;            // 1.3.6.1.4.1.311.2.2.10
extern gss_OID_desc oid_spnego;          // 1.3.6.1.5.5.2
extern gss_OID_desc oid_session_key;     // GSS_C_INQ_SSPI_SESSION_KEY, N208
extern gss_OID_desc oid_sasl_ssf;        // N207
extern gss_OID_desc oid_require_mic;     // N203
extern gss_OID_desc oid_reset_crypto;    // N204
extern gss_OID_desc oid_no_ci_flags;     // GSS_KRB5_CRED_NO_CI_FLAGS_X, N206
extern gss_OID_desc oid_neg_flags;       // N420
extern gss_OID_desc oid_krb5_principal;  // GSS_KRB5_NT_PRINCIPAL_NAME
extern gss_OID_desc oid_unknown;         // nobody's

enum {
  kMessageFlags = GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG,
  kUsualFlags = GSS_C_MUTUAL_FLAG | kMessageFlags,
  kSignFlags = GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_INTEG_FLAG,
  kOpenFlags = GSS_C_PROT_READY_FLAG | GSS_C_TRANS_FLAG,
  kSignatureSize = 16,
};

// ---- statuses ----------------------------------------------------------------------------------

// Both texts of a status, "major: minor". One static buffer per thread.
const char *status_text(OM_uint32 major, OM_uint32 minor);
// The minor text alone.
const char *minor_text(OM_uint32 minor);

// Fails unless the routine error of `major` is `expected` (GSS_S_COMPLETE: no error at all, where
// CONTINUE_NEEDED and the other supplementary bits are not looked at).
#define EXPECT_STATUS(expected, major, minor) \
  expect_status(__FILE__, __LINE__, (expected), #expected, (major), (minor))
#define EXPECT_COMPLETE(major, minor) EXPECT_STATUS(GSS_S_COMPLETE, major, minor)
void expect_status(const char *file, int line, OM_uint32 expected, const char *expected_name,
                   OM_uint32 major, OM_uint32 minor);

// Fails unless `text` holds `part`.
#define EXPECT_TEXT(text, part) expect_text(__FILE__, __LINE__, (text), (part))
void expect_text(const char *file, int line, const char *text, const char *part);

// ---- files and environment ---------------------------------------------------------------------

// A path in the test's own temporary folder. The text stays valid for 32 further calls of the same
// thread.
const char *temp_path(const char *name);
// Writes a file there with this mode and returns its path.
const char *write_file(const char *name, const char *text, mode_t mode);
// The path of the module under test, out of GSS_MECH_CONFIG.
const char *module_path(void);

// The accounts of most tests; the acceptor's file and the initiator's are the same text.
#define TEST_DOMAIN "DOM"
#define TEST_USER "alice"
#define TEST_PASSWORD "Passw0rd-alice"
#define TEST_NAME TEST_DOMAIN "\\" TEST_USER
extern const char kAccounts[];
// Path of a file of mode 0600 with kAccounts.
const char *accounts_file(void);

// ---- golden files ------------------------------------------------------------------------------

// A table of results that is compared with the file `name` beside the tests. With REWRITE_GOLDEN in
// the environment the file is written instead.
struct golden;
struct golden *golden_begin(const char *name);
void golden_line(struct golden *golden, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// Fails when a line differs; prints those that do.
void golden_end(struct golden *golden);
// The symbolic name of a status, "NO_CONTEXT" or "CALL_BAD_STRUCTURE|NO_CRED". One buffer per
// thread.
const char *major_name(OM_uint32 major);

// ---- names and credentials ---------------------------------------------------------------------

gss_name_t import_name(const char *text, gss_OID type);
gss_name_t import_user(const char *text);
gss_name_t import_service(const char *text);
// import_name and gss_canonicalize_name for NTLM; the status of the latter when it fails.
OM_uint32 make_mech_name(OM_uint32 *minor, const void *text, size_t size, gss_OID type,
                         gss_name_t *name);
// The display form, to be freed with free(3).
char *display_name(gss_name_t name);
// Whether that form is `text`; some modules count the NUL behind it.
bool is_shown_as(gss_name_t name, const char *text);
void release_name(gss_name_t *name);
void put_attribute(struct octets *to, const char *name, const char *value);
// A token of gss_export_name_composite for a name without attributes of its own, with these in it
// and the octet that says "verified" set.
struct octets composite_with(const gss_buffer_desc *token, const struct octets *attributes);

// One key and value of a credential store; a list ends with a null key.
struct store_entry {
  const char *key;
  const char *value;
};
// gss_acquire_cred_from for one mechanism. `user` may be null; `store` may be null.
OM_uint32 try_acquire(OM_uint32 *minor, const char *user, gss_cred_usage_t usage, gss_OID mech,
                      const struct store_entry *store, gss_cred_id_t *cred);
gss_cred_id_t acquire(const char *user, gss_cred_usage_t usage, gss_OID mech,
                      const struct store_entry *store);
OM_uint32 try_acquire_with_password(OM_uint32 *minor, const char *user, const char *password,
                                    gss_OID mech, gss_cred_usage_t usage, gss_cred_id_t *cred);
gss_cred_id_t acquire_with_password(const char *user, const char *password, gss_OID mech);
// An acceptor of the accounts in `file`.
gss_cred_id_t acquire_acceptor(const char *file, gss_OID mech);
// Lets SPNEGO offer or take NTLM alone.
void cut_to_ntlm(gss_cred_id_t cred);
// Another one, by gss_export_cred and gss_import_cred. No secret is left in between.
gss_cred_id_t copy_of_cred(gss_cred_id_t cred);
void release_cred(gss_cred_id_t *cred);

// ---- the ways to carry NTLM --------------------------------------------------------------------

enum carrier { kRaw, kSpnegoCut, kSpnegoDefault, kCarriers };
const char *carrier_name(enum carrier carrier);
gss_OID carrier_mech(enum carrier carrier);

// ---- handshake ---------------------------------------------------------------------------------

enum { kMaxLegs = 10 };

struct side {
  gss_ctx_id_t context;
  OM_uint32 major;  // of the last step
  OM_uint32 minor;
  OM_uint32 flags;
  OM_uint32 lifetime;
  gss_OID mech;
  int steps;
};

struct handshake;
// Looks at, or changes, the token of a leg before it is delivered. Legs count from 0, the
// initiator's first; the acceptor's tokens are the odd ones.
typedef void token_hook(struct handshake *handshake, int leg, struct octets *token);

struct handshake {
  gss_OID mech;
  OM_uint32 request_flags;
  gss_cred_id_t initiator_cred;
  gss_cred_id_t acceptor_cred;
  gss_name_t target;
  gss_channel_bindings_t initiator_bindings;
  gss_channel_bindings_t acceptor_bindings;
  token_hook *hook;
  void *hook_argument;

  struct side initiator;
  struct side acceptor;
  gss_name_t client_name;         // what the acceptor says
  struct octets token[kMaxLegs];  // as delivered
  int legs;
};

// Credentials for TEST_NAME and an acceptor of accounts_file(), target HTTP@server.example.com, and
// kUsualFlags.
void handshake_open(struct handshake *handshake, enum carrier carrier);
// Runs both sides until each has ended or one has failed. True when both are complete.
bool handshake_run(struct handshake *handshake);
// handshake_run that must succeed.
void handshake_establish(struct handshake *handshake);
// Deletes contexts, client name and tokens; the credentials and the target stay.
void handshake_reset(struct handshake *handshake);
// handshake_reset, and releases what handshake_open has made.
void handshake_close(struct handshake *handshake);

// One step of either side. The new token, if any, goes to *output.
OM_uint32 initiator_step(struct handshake *handshake, const struct octets *input,
                         struct octets *output);
OM_uint32 acceptor_step(struct handshake *handshake, const struct octets *input,
                        struct octets *output);

bool is_complete(const struct side *side);
// The session key of an open context (N208); false when there is none.
bool session_key(gss_ctx_id_t context, uint8_t key[16]);
// gss_export_sec_context and gss_import_sec_context. No secret is left in between.
void move_context(gss_ctx_id_t *context);
// Fails unless both contexts answer with the same 16 octets.
void expect_equal_keys(const struct handshake *handshake);
// Fails unless the acceptor's client name is displayed as `expected`.
void expect_client(const struct handshake *handshake, const char *expected);
// Sends one message each way and fails unless it arrives.
void expect_messages_pass(gss_ctx_id_t a, gss_ctx_id_t b);

// ---- messages ----------------------------------------------------------------------------------

OM_uint32 wrap_octets(gss_ctx_id_t context, int conf, const void *data, size_t size,
                      int *conf_state, struct octets *token);
OM_uint32 unwrap_octets(gss_ctx_id_t context, const void *token, size_t size, int *conf_state,
                        struct octets *data);
OM_uint32 mic_octets(gss_ctx_id_t context, const void *data, size_t size, struct octets *mic);
OM_uint32 verify_octets(gss_ctx_id_t context, const void *data, size_t size, const void *mic,
                        size_t mic_size);

// ---- programs ----------------------------------------------------------------------------------

// Temporary folder, environment, and the check that the mechanism is loaded at all; end_program
// removes the folder. False, with a line on stderr, when there is nothing to test.
bool begin_program(void);
void end_program(void);
// Runs `body` between the two; its exit status, or 1 without it.
int run_in_environment(int (*body)(void *argument), void *argument);
// Runs the suites as a program, with the exit status of it.
typedef Suite *suite_maker(void);
int run_suite(suite_maker *maker);
// Runs one test in this very process, silently and in the environment as it is: for probes.
int run_probe(const TTest *test);

#endif  // TESTS_GSS_SUPPORT_H_
