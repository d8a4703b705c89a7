// SPDX-License-Identifier: MIT
// N721: each allocation of each entry point of the module fails, one at a time and together with
// all that come after it, first those of the module itself and then those of the libraries it calls
// as well. The entry points are called directly, so a status is the module's own: GSS_S_FAILURE, or
// what it is without a failure. Nothing is lost, and the handles can be used and deleted.
#include <dlfcn.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../gss/calls.h"
#include "../gss/faults.h"
#include "strength.h"

#ifdef FAULTS_ARE_IMPOSSIBLE
int main(void) {
  puts("1..0 # SKIP " FAULTS_ARE_IMPOSSIBLE);
  return 0;
}
#else

// ---- which call is hit -------------------------------------------------------------------------

// Only the entry point under test counts and fails; what a row does beside it goes well.
static const char *target;

static void looked_up(const char *name) { fault_plan.armed = strcmp(name, target) == 0; }
static OM_uint32 done(OM_uint32 major) {
  fault_plan.armed = false;
  return major;
}

static OM_uint32 minor;

// ---- logins ------------------------------------------------------------------------------------

static OM_uint32 finish_login(struct things *t, gss_ctx_id_t *initiator, gss_ctx_id_t *acceptor) {
  gss_buffer_desc first = GSS_C_EMPTY_BUFFER, second = GSS_C_EMPTY_BUFFER;
  gss_buffer_desc third = GSS_C_EMPTY_BUFFER, none = GSS_C_EMPTY_BUFFER;
  gss_name_t client = GSS_C_NO_NAME;
  gss_OID mech;
  OM_uint32 flags;
  OM_uint32 major = init_step(t, t->initiator, initiator, GSS_C_NO_BUFFER, &first);
  if (!GSS_ERROR(major)) major = accept_step(t, acceptor, &first, &second);
  if (!GSS_ERROR(major)) major = init_step(t, t->initiator, initiator, &second, &third);
  if (!GSS_ERROR(major)) {
    major = CALL(gss_accept_sec_context)(&minor, acceptor, t->acceptor, &third, NULL, &client,
                                         &mech, &none, &flags, NULL, NULL);
  }
  done(major);
  if (client != NULL) CALL(gss_release_name)(&minor, &client);
  drop_buffer(&first);
  drop_buffer(&second);
  drop_buffer(&third);
  drop_buffer(&none);
  return major;
}

static OM_uint32 whole_login(struct things *t, unsigned absent) {
  (void)absent;
  gss_ctx_id_t initiator = GSS_C_NO_CONTEXT, acceptor = GSS_C_NO_CONTEXT;
  const OM_uint32 major = finish_login(t, &initiator, &acceptor);
  if (initiator != NULL) CALL(gss_delete_sec_context)(&minor, &initiator, GSS_C_NO_BUFFER);
  if (acceptor != NULL) CALL(gss_delete_sec_context)(&minor, &acceptor, GSS_C_NO_BUFFER);
  return major;
}

// ---- messages ----------------------------------------------------------------------------------

static OM_uint32 verify_good_mic(struct things *t, unsigned absent) {
  gss_buffer_desc text = buffer_of_text("text"), mic = GSS_C_EMPTY_BUFFER;
  (void)absent;
  EXPECT_COMPLETE(CALL(gss_unwrap)(&minor, t->context, &t->wrap_token, &mic, NULL, NULL), 0);
  drop_buffer(&mic);
  EXPECT_COMPLETE(CALL(gss_get_mic)(&minor, t->other, 0, &text, &mic), 0);
  const OM_uint32 major = done(CALL(gss_verify_mic)(&minor, t->context, &text, &mic, NULL));
  // The good MIC is good as long as it was not accepted.
  target = "";
  if (GSS_ERROR(major)) {
    EXPECT_COMPLETE(CALL(gss_verify_mic)(&minor, t->context, &text, &mic, NULL), 0);
  }
  drop_buffer(&mic);
  return major;
}

static OM_uint32 iov_with_own_header(struct things *t, unsigned absent) {
  uint8_t room[20] = "in place";
  gss_iov_buffer_desc iov[2];
  (void)absent;
  memset(iov, 0, sizeof iov);
  iov[0].type = GSS_IOV_BUFFER_TYPE_HEADER | GSS_IOV_BUFFER_FLAG_ALLOCATE;
  iov[1].type = GSS_IOV_BUFFER_TYPE_DATA;
  iov[1].buffer = buffer_of(room, sizeof room);
  const OM_uint32 major = done(CALL(gss_wrap_iov)(&minor, t->context, 1, 0, NULL, iov, 2));
  gss_release_iov_buffer(&minor, iov, 2);
  return major;
}

static OM_uint32 mic_with_own_buffer(struct things *t, unsigned absent) {
  gss_iov_buffer_desc iov[2];
  (void)absent;
  memset(iov, 0, sizeof iov);
  iov[0].type = GSS_IOV_BUFFER_TYPE_DATA;
  iov[0].buffer = buffer_of_text("text");
  iov[1].type = GSS_IOV_BUFFER_TYPE_MIC_TOKEN | GSS_IOV_BUFFER_FLAG_ALLOCATE;
  const OM_uint32 major = done(CALL(gss_get_mic_iov)(&minor, t->context, 0, iov, 2));
  gss_release_iov_buffer(&minor, iov, 2);
  return major;
}

static OM_uint32 unwrap_stream(struct things *t, unsigned absent) {
  gss_iov_buffer_desc iov[2];
  (void)absent;
  memset(iov, 0, sizeof iov);
  iov[0].type = GSS_IOV_BUFFER_TYPE_STREAM;
  iov[0].buffer = t->wrap_token;
  iov[1].type = GSS_IOV_BUFFER_TYPE_DATA | GSS_IOV_BUFFER_FLAG_ALLOCATE;
  const OM_uint32 major = done(CALL(gss_unwrap_iov)(&minor, t->context, NULL, NULL, iov, 2));
  gss_release_iov_buffer(&minor, iov, 2);
  return major;
}

static OM_uint32 process_token(struct things *t, unsigned absent) {
  (void)absent;
  return done(CALL(gss_process_context_token)(&minor, t->context, &t->wrap_token));
}

// ---- contexts ----------------------------------------------------------------------------------

static OM_uint32 context_by_oids(struct things *t, unsigned absent) {
  static gss_OID const kOids[] = {&oid_session_key, &oid_sasl_ssf, &oid_require_mic};
  OM_uint32 first_error = GSS_S_COMPLETE;
  (void)absent;
  for (size_t i = 0; i < sizeof kOids / sizeof kOids[0]; ++i) {
    gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
    const OM_uint32 major =
        done(CALL(gss_inquire_sec_context_by_oid)(&minor, t->context, kOids[i], &set));
    if (GSS_ERROR(major) && first_error == GSS_S_COMPLETE) first_error = major;
    gss_release_buffer_set(&minor, &set);
  }
  return first_error;
}

static OM_uint32 initiator_inquired(struct things *t, unsigned absent) {
  gss_name_t from = GSS_C_NO_NAME, to = GSS_C_NO_NAME;
  (void)absent;
  const OM_uint32 major =
      done(CALL(gss_inquire_context)(&minor, t->other, &from, &to, NULL, NULL, NULL, NULL, NULL));
  if (from != NULL) CALL(gss_release_name)(&minor, &from);
  if (to != NULL) CALL(gss_release_name)(&minor, &to);
  return major;
}

static OM_uint32 context_by_mech(struct things *t, unsigned absent) {
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  (void)absent;
  EXPECT_COMPLETE(CALL(gss_export_sec_context)(&minor, &t->other, &t->context_token), 0);
  import_by_mech_call *import =
      (import_by_mech_call *)api_symbol("gssspi_import_sec_context_by_mech");
  const OM_uint32 major = done(import(&minor, &oid_ntlm, &t->context_token, &context));
  if (context != NULL) CALL(gss_delete_sec_context)(&minor, &context, GSS_C_NO_BUFFER);
  return major;
}

// ---- credentials -------------------------------------------------------------------------------

static OM_uint32 acquire_by(struct things *t, gss_cred_usage_t usage, const char *key,
                            const char *value) {
  gss_OID_set_desc mechs = {1, &oid_ntlm};
  gss_key_value_element_desc element = {key, value};
  gss_key_value_set_desc store = {1, &element};
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  const OM_uint32 major = done(CALL(gss_acquire_cred_from)(
      &minor, usage == GSS_C_ACCEPT ? NULL : t->user, 0, &mechs, usage, &store, &cred, NULL, NULL));
  if (cred != NULL) CALL(gss_release_cred)(&minor, &cred);
  return major;
}

static OM_uint32 acceptor_of_a_file(struct things *t, unsigned absent) {
  (void)absent;
  return acquire_by(t, GSS_C_ACCEPT, "ntlmssp_keyfile", accounts_file());
}

static OM_uint32 both_of_a_file(struct things *t, unsigned absent) {
  (void)absent;
  return acquire_by(t, GSS_C_BOTH, "ntlmssp_keyfile", accounts_file());
}

static OM_uint32 initiator_of_a_hash(struct things *t, unsigned absent) {
  (void)absent;
  return acquire_by(t, GSS_C_INITIATE, "ntlmssp_nthash", "A87F3A337D73085C45F9416BE5787D86");
}

static OM_uint32 unknown_key_of_a_store(struct things *t, unsigned absent) {
  (void)absent;
  return acquire_by(t, GSS_C_INITIATE, "ntlmssp_nowhere", "x");
}

static OM_uint32 acceptor_exported(struct things *t, unsigned absent) {
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  (void)absent;
  const OM_uint32 major = done(CALL(gss_export_cred)(&minor, t->acceptor, &token));
  drop_buffer(&token);
  return major;
}

static OM_uint32 acceptor_imported(struct things *t, unsigned absent) {
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  (void)absent;
  EXPECT_COMPLETE(CALL(gss_export_cred)(&minor, t->acceptor, &token), 0);
  const OM_uint32 major = done(CALL(gss_import_cred)(&minor, &token, &cred));
  if (cred != NULL) CALL(gss_release_cred)(&minor, &cred);
  drop_buffer(&token);
  return major;
}

static OM_uint32 cred_by_mech(struct things *t, unsigned absent) {
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  (void)absent;
  import_by_mech_call *import = (import_by_mech_call *)api_symbol("gssspi_import_cred_by_mech");
  const OM_uint32 major = done(import(&minor, &oid_ntlm, &t->cred_token, &cred));
  if (cred != NULL) CALL(gss_release_cred)(&minor, &cred);
  return major;
}

static OM_uint32 flags_of_a_cred(struct things *t, unsigned absent) {
  uint32_t flags = 0xa2888205u;
  gss_buffer_desc value = buffer_of(&flags, sizeof flags);
  (void)absent;
  return done(CALL_SPI(set_cred_option)(&minor, &t->initiator, &oid_neg_flags, &value));
}

// The login goes into the session keyring of this very process.
static OM_uint32 store_in_keyring(struct things *t, bool into) {
  gss_key_value_set_desc none = {0, NULL};
  gss_OID_set stored = GSS_C_NO_OID_SET;
  gss_cred_usage_t usage;
  const OM_uint32 major =
      into ? done(CALL(gss_store_cred_into)(&minor, t->initiator, GSS_C_INITIATE, &oid_ntlm, 1, 1,
                                            &none, &stored, &usage))
           : done(CALL(gss_store_cred)(&minor, t->initiator, GSS_C_INITIATE, &oid_ntlm, 1, 1,
                                       &stored, &usage));
  gss_release_oid_set(&minor, &stored);
  return major;
}

static OM_uint32 store_cred(struct things *t, unsigned absent) {
  (void)absent;
  return store_in_keyring(t, false);
}

static OM_uint32 store_cred_into(struct things *t, unsigned absent) {
  (void)absent;
  return store_in_keyring(t, true);
}

static OM_uint32 cred_of_keyring(struct things *t, unsigned absent) {
  gss_OID_set_desc mechs = {1, &oid_ntlm};
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  (void)absent;
  unsetenv("NTLM_USER_FILE");
  store_in_keyring(t, false);
  const OM_uint32 major =
      done(CALL(gss_acquire_cred)(&minor, t->user, 0, &mechs, GSS_C_INITIATE, &cred, NULL, NULL));
  if (cred != NULL) CALL(gss_release_cred)(&minor, &cred);
  return major;
}

// ---- names -------------------------------------------------------------------------------------

static OM_uint32 import_as(const gss_buffer_desc *text, gss_OID type) {
  gss_buffer_desc copy = *text;
  gss_name_t name = GSS_C_NO_NAME;
  const OM_uint32 major = done(CALL(gss_import_name)(&minor, &copy, type, &name));
  if (name != NULL) CALL(gss_release_name)(&minor, &name);
  return major;
}

static OM_uint32 import_exported(struct things *t, unsigned absent) {
  (void)absent;
  return import_as(&t->name_token, GSS_C_NT_EXPORT_NAME);
}

static OM_uint32 import_service_name(struct things *t, unsigned absent) {
  const gss_buffer_desc text = buffer_of_text("HTTP@a.b");
  (void)t;
  (void)absent;
  return import_as(&text, GSS_C_NT_HOSTBASED_SERVICE);
}

static OM_uint32 import_anonymous(struct things *t, unsigned absent) {
  const gss_buffer_desc text = buffer_of_text("");
  (void)t;
  (void)absent;
  return import_as(&text, GSS_C_NT_ANONYMOUS);
}

static OM_uint32 import_uid(struct things *t, unsigned absent) {
  const gss_buffer_desc text = buffer_of_text("0");
  (void)t;
  (void)absent;
  return import_as(&text, GSS_C_NT_STRING_UID_NAME);
}

static OM_uint32 name_by_mech(struct things *t, unsigned absent) {
  gss_buffer_desc text = buffer_of_text(TEST_NAME);
  gss_name_t name = GSS_C_NO_NAME;
  (void)t;
  (void)absent;
  import_name_by_mech_call *import =
      (import_name_by_mech_call *)api_symbol("gssspi_import_name_by_mech");
  const OM_uint32 major = done(import(&minor, &oid_ntlm, &text, GSS_C_NT_USER_NAME, &name));
  if (name != NULL) CALL(gss_release_name)(&minor, &name);
  return major;
}

static OM_uint32 attribute_user(struct things *t, unsigned absent) {
  gss_buffer_desc key = buffer_of_text("urn:gss-sspi:ntlm:user");
  gss_buffer_desc value = GSS_C_EMPTY_BUFFER, shown = GSS_C_EMPTY_BUFFER;
  int more = -1;
  (void)absent;
  const OM_uint32 major =
      done(CALL(gss_get_name_attribute)(&minor, t->user, &key, NULL, NULL, &value, &shown, &more));
  drop_buffer(&value);
  drop_buffer(&shown);
  return major;
}

// More than one element, so the set of names has to grow.
static OM_uint32 name_of_several_attributes(struct things *t, unsigned absent) {
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  gss_buffer_set_t names = GSS_C_NO_BUFFER_SET;
  gss_name_t name = GSS_C_NO_NAME;
  struct octets attributes = {NULL, 0};
  (void)absent;
  put_attribute(&attributes, "urn:gssntlmssp:sids", "S-1-5-21-9-1000");
  put_attribute(&attributes, "urn:gss-sspi:ntlm:sid", "S-1-5-21-9-1000");
  EXPECT_COMPLETE(CALL(gss_export_name_composite)(&minor, t->user, &token), 0);
  struct octets made = composite_with(&token, &attributes);
  gss_buffer_desc text = buffer_of(made.data, made.size);
  EXPECT_COMPLETE(CALL(gss_import_name)(&minor, &text, GSS_C_NT_COMPOSITE_EXPORT, &name), 0);
  const OM_uint32 major = done(CALL(gss_inquire_name)(&minor, name, NULL, NULL, &names));
  gss_release_buffer_set(&minor, &names);
  CALL(gss_release_name)(&minor, &name);
  octets_free(&made);
  octets_free(&attributes);
  drop_buffer(&token);
  return major;
}

static OM_uint32 name_as_any(struct things *t, unsigned absent) {
  gss_buffer_desc key = buffer_of_text("urn:gss-sspi:ntlm:user");
  gss_any_t any = NULL;
  (void)absent;
  return done(CALL(gss_map_name_to_any)(&minor, t->user, 1, &key, &any));
}

static OM_uint32 any_released(struct things *t, unsigned absent) {
  gss_buffer_desc key = buffer_of_text("urn:gss-sspi:ntlm:user");
  gss_any_t any = NULL;
  (void)absent;
  return done(CALL(gss_release_any_name_mapping)(&minor, t->user, &key, &any));
}

static OM_uint32 authorize_root(struct things *t, unsigned absent) {
  gss_buffer_desc root = buffer_of_text("root");
  gss_name_t name = make_name("root", GSS_C_NT_USER_NAME);
  (void)t;
  (void)absent;
  authorize_localname_call *authorize =
      (authorize_localname_call *)api_symbol("gssspi_authorize_localname");
  const OM_uint32 major = done(authorize(&minor, name, &root, GSS_C_NT_USER_NAME));
  CALL(gss_release_name)(&minor, &name);
  return major;
}

// ---- the mechanism -----------------------------------------------------------------------------

static OM_uint32 mechs_indicated(struct things *t, unsigned absent) {
  gss_OID_set set = GSS_C_NO_OID_SET;
  (void)t;
  (void)absent;
  const OM_uint32 major = done(CALL(gss_indicate_mechs)(&minor, &set));
  gss_release_oid_set(&minor, &set);
  return major;
}

static OM_uint32 oid_released(struct things *t, unsigned absent) {
  gss_OID oid = &oid_unknown;
  (void)t;
  (void)absent;
  release_oid_call *release = (release_oid_call *)api_symbol("gss_internal_release_oid");
  return done(release(&minor, &oid));
}

static OM_uint32 debug_file(struct things *t, unsigned absent) {
  static gss_OID_desc oid_debug = {11, "\x2b\x06\x01\x04\x01\xb7\x7d\x85\x0f\x01\x04"};
  gss_buffer_desc path = buffer_of_text("");
  (void)t;
  (void)absent;
  return done(CALL(gssspi_mech_invoke)(&minor, &oid_ntlm, &oid_debug, &path));
}

// ---- rows --------------------------------------------------------------------------------------

// Beside the table of usual calls.
static const struct row {
  const char *target;
  const char *what;
  OM_uint32 (*call)(struct things *t, unsigned absent);
  enum { kFine = 0, kRefused = 1, kKeyring = 2 } kind;
} kMoreRows[] = {
    {"gss_init_sec_context", "both legs", whole_login, kFine},
    {"gss_accept_sec_context", "both legs", whole_login, kFine},
    {"gss_verify_mic", "a good MIC", verify_good_mic, kFine},
    {"gss_wrap_iov", "allocating", iov_with_own_header, kFine},
    {"gss_get_mic_iov", "allocating", mic_with_own_buffer, kFine},
    {"gss_unwrap_iov", "a stream, allocating", unwrap_stream, kFine},
    {"gss_process_context_token", "", process_token, kRefused},
    {"gss_inquire_sec_context_by_oid", "several OIDs", context_by_oids, kFine},
    {"gss_inquire_context", "the initiator's", initiator_inquired, kFine},
    {"gssspi_import_sec_context_by_mech", "", context_by_mech, kFine},
    {"gss_acquire_cred_from", "acceptor of a file", acceptor_of_a_file, kFine},
    {"gss_acquire_cred_from", "both roles", both_of_a_file, kFine},
    {"gss_acquire_cred_from", "a hash", initiator_of_a_hash, kFine},
    {"gss_acquire_cred_from", "an unknown key", unknown_key_of_a_store, kRefused},
    {"gss_export_cred", "acceptor", acceptor_exported, kFine},
    {"gss_import_cred", "acceptor", acceptor_imported, kFine},
    {"gssspi_import_cred_by_mech", "", cred_by_mech, kFine},
    {"gssspi_set_cred_option", "flags", flags_of_a_cred, kFine},
    {"gss_store_cred", "", store_cred, kKeyring},
    {"gss_store_cred_into", "", store_cred_into, kKeyring},
    {"gss_acquire_cred", "a login in the keyring", cred_of_keyring, kKeyring},
    {"gss_import_name", "an exported name", import_exported, kFine},
    {"gss_import_name", "a service", import_service_name, kFine},
    {"gss_import_name", "anonymous", import_anonymous, kFine},
    {"gss_import_name", "a user ID", import_uid, kFine},
    {"gssspi_import_name_by_mech", "", name_by_mech, kFine},
    {"gss_get_name_attribute", "the user", attribute_user, kFine},
    {"gss_inquire_name", "several attributes", name_of_several_attributes, kFine},
    {"gss_map_name_to_any", "", name_as_any, kRefused},
    {"gss_release_any_name_mapping", "", any_released, kRefused},
    {"gssspi_authorize_localname", "", authorize_root, kFine},
    {"gss_indicate_mechs", "", mechs_indicated, kFine},
    {"gss_internal_release_oid", "", oid_released, kFine},
    {"gssspi_mech_invoke", "the debug file", debug_file, kFine},
};
enum { kMoreCount = sizeof kMoreRows / sizeof kMoreRows[0] };

// The export behind a row of kCalls.
static const char *export_of(const char *name) {
  static const char *const kSpi[][2] = {
      {"gss_acquire_cred_with_password", "gssspi_acquire_cred_with_password"},
      {"gss_set_cred_option", "gssspi_set_cred_option"},
  };
  for (size_t i = 0; i < sizeof kSpi / sizeof kSpi[0]; ++i) {
    if (strcmp(name, kSpi[i][0]) == 0) return kSpi[i][1];
  }
  return name;
}

static struct row row_at(size_t index) {
  if (index >= kCallCount) return kMoreRows[index - kCallCount];
  const struct row row = {export_of(kCalls[index].name), "", kCalls[index].call,
                          kCalls[index].refused ? kRefused : kFine};
  return row;
}

// ---- one row -----------------------------------------------------------------------------------

struct run {
  OM_uint32 major;
  long calls, failed;
};

static struct run run_row(const struct row *row, long fail_at) {
  struct things t;
  struct run run;
  target = "";
  fault_plan.armed = false;
  faults_new_configuration();
  things_open(&t, kOpen);
  target = row->target;
  faults_begin(fail_at);
  run.major = row->call(&t, 0);
  fault_plan.armed = false;
  target = "";
  run.calls = faults_end();
  run.failed = fault_plan.failed;
  things_close(&t);
  return run;
}

// What a thread keeps for the text of its last error, and whatever a library keeps.
static struct run warm_up(const struct row *row) {
  const struct row refused = {"", "", call_named("gss_verify_mic")->call, kRefused};
  run_row(row, -1);
  run_row(&refused, -1);
  return run_row(row, -1);
}

// Without memory glibc says that there is no such account, and keeps what it has read of its own
// configuration.
static bool asks_the_host(const struct row *row) {
  return fault_plan.everybody &&
         (strcmp(row->target, "gss_localname") == 0 ||
          strcmp(row->target, "gssspi_authorize_localname") == 0 || row->call == import_uid);
}

struct blocks {
  long ours, others;
};

static struct blocks blocks_now(void) {
  const struct blocks blocks = {faults_alive(), faults_alive_of_others()};
  return blocks;
}

static void fail_one(const struct row *row, long index, OM_uint32 usual, struct blocks before) {
  strength_attempt();
  const struct run run = run_row(row, index);
  const struct blocks after = blocks_now();
  const OM_uint32 routine = GSS_ROUTINE_ERROR(run.major);
  const bool host = asks_the_host(row);
  ck_assert_msg(run.failed >= 1, "%s %s: allocation %ld did not come", row->target, row->what,
                index);
  ck_assert_msg(routine == GSS_S_FAILURE || run.major == usual || (host && GSS_ERROR(run.major)),
                "%s %s, allocation %ld: status %08x", row->target, row->what, index, run.major);
  ck_assert_msg(after.ours == before.ours && (host || after.others == before.others),
                "%s %s, allocation %ld: %ld blocks lost, and %ld of libraries", row->target,
                row->what, index, after.ours - before.ours, after.others - before.others);
}

static long fail_each(const struct row *row) {
  const struct run usual = warm_up(row);
  const struct blocks before = blocks_now();
  const struct run again = run_row(row, -1);
  const struct blocks after = blocks_now();
  ck_assert_msg((GSS_ERROR(usual.major) != 0) == (row->kind == kRefused), "%s %s: status %08x",
                row->target, row->what, usual.major);
  ck_assert_msg(after.ours == before.ours && after.others == before.others,
                "%s %s: blocks lost without any failure", row->target, row->what);
  ck_assert_int_eq(again.calls, usual.calls);
  for (long index = 0; index < usual.calls; ++index) fail_one(row, index, usual.major, before);
  ck_assert_uint_eq(run_row(row, -1).major, usual.major);
  return usual.calls;
}

// ---- all rows ----------------------------------------------------------------------------------

static void prepare(void) {
  faults_find_module(module_path());
  use_api(true);
  api.looked_up = looked_up;
  accounts_file();
  // Account files are read in every run too.
  setenv("GSS_SSPI_CONFIG", write_file("fault.conf", "[ntlm]\n  keep_user_files = no\n", 0600), 1);
}

// The next name of the list that the ABI test compares with our module.
enum { kNameRoom = 200 };
static bool next_export(FILE *list, char name[kNameRoom]) {
  while (fgets(name, kNameRoom, list) != NULL) {
    name[strcspn(name, "\n")] = '\0';
    if (name[0] != '#' && name[0] != '\0') return true;
  }
  return false;
}

// Another module has other entry points, and its calls take other handles.
static bool is_our_module(void) {
  char name[kNameRoom];
  bool all = true;
  FILE *list = fopen(EXPORTS, "r");
  ck_assert_ptr_nonnull(list);
  while (all && next_export(list, name)) all = dlsym(api.handle, name) != NULL;
  fclose(list);
  if (!all) strength_skip("the module has no %s", name);
  return all;
}

static bool has_keyring(void) {
  return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) > 0 &&
         syscall(SYS_add_key, "user", "gss-sspi allocations", "x", 1, KEY_SPEC_SESSION_KEYRING) > 0;
}

static void fail_all(const char *whose, bool everybody, bool lasting) {
  char name[120];
  long sum = 0;
  int allocating = 0;
  prepare();
  if (!is_our_module()) return;
  const bool keyring = has_keyring();
  fault_plan.everybody = everybody;
  fault_plan.lasting = lasting;
  for (size_t i = 0; i < kCallCount + kMoreCount; ++i) {
    const struct row row = row_at(i);
    if (row.kind == kKeyring && !keyring) {
      note("%s %s: left out, there is no session keyring", row.target, row.what);
      continue;
    }
    const long count = fail_each(&row);
    snprintf(name, sizeof name, "%s, %s%s%s", whose, row.target, *row.what != '\0' ? ", " : "",
             row.what);
    if (!lasting) figure(name, (double)count, "allocations failed");
    sum += count;
    allocating += count != 0 ? 1 : 0;
  }
  snprintf(name, sizeof name, "%s, all", whose);
  figure(name, (double)sum, "allocations failed");
  ck_assert_int_gt(allocating, 20);
}

START_TEST(one_of_the_module) { fail_all("of the module", false, false); }
END_TEST

START_TEST(lasting_of_the_module) { fail_all("of the module and all after it", false, true); }
END_TEST

START_TEST(one_of_anybody) { fail_all("of anybody", true, false); }
END_TEST

START_TEST(lasting_of_anybody) { fail_all("of anybody and all after it", true, true); }
END_TEST

static bool has_row(const char *name) {
  for (size_t i = 0; i < kCallCount + kMoreCount; ++i) {
    if (strcmp(row_at(i).target, name) == 0) return true;
  }
  return false;
}

START_TEST(each_export_has_a_row) {
  char name[kNameRoom];
  int count = 0;
  FILE *list = fopen(EXPORTS, "r");
  ck_assert_ptr_nonnull(list);
  for (; next_export(list, name); ++count) {
    ck_assert_msg(has_row(name), "%s is not called here", name);
  }
  fclose(list);
  figure("entry points called", count, "exports");
  ck_assert_int_gt(count, 50);
}
END_TEST

int main(int argc, char **argv) {
  const struct strength_check checks[] = {
      {"each export is called", each_export_has_a_row},
      {"each allocation of the module fails", one_of_the_module},
      {"each allocation of the module and all after it fail", lasting_of_the_module},
      {"each allocation in a call fails, whoever makes it", one_of_anybody},
      {"each allocation in a call and all after it fail", lasting_of_anybody},
  };
  return strength_main(argc, argv, checks, sizeof checks / sizeof checks[0]);
}
#endif
