// SPDX-License-Identifier: MIT
// N721: each allocation of the module fails once, in every export that allocates. The result is
// GSS_S_FAILURE or an unchanged success; nothing is lost, nothing crashes, handles can be deleted,
// and the next call works. malloc(3) is replaced in this program; allocations of the host never
// fail.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "support.h"

#ifdef FAULTS_ARE_IMPOSSIBLE
int main(void) {
  puts("SKIP: " FAULTS_ARE_IMPOSSIBLE);
  return 77;
}
#else

// ---- what is run -------------------------------------------------------------------------------

// The first error of a scenario; the rest of a chain is then left out.
static OM_uint32 first_error;
static bool went_well(OM_uint32 major) {
  if (GSS_ERROR(major) && first_error == GSS_S_COMPLETE) first_error = major;
  return !GSS_ERROR(major);
}

static OM_uint32 acquire_both(struct handshake *h, gss_OID mech) {
  OM_uint32 minor, major;
  const struct store_entry file[] = {{"ntlmssp_keyfile", accounts_file()}, {NULL, NULL}};
  memset(h, 0, sizeof *h);
  h->mech = mech;
  h->request_flags = kUsualFlags;
  h->target = import_service("HTTP@server.example.com");
  major = try_acquire_with_password(&minor, TEST_NAME, TEST_PASSWORD, mech, GSS_C_INITIATE,
                                    &h->initiator_cred);
  if (GSS_ERROR(major)) return major;
  return try_acquire(&minor, NULL, GSS_C_ACCEPT, mech, file, &h->acceptor_cred);
}

static OM_uint32 show_and_release(gss_name_t name) {
  OM_uint32 minor;
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = gss_display_name(&minor, name, &text, NULL);
  gss_release_buffer(&minor, &text);
  return major;
}

static void run_handshake(gss_OID mech) {
  struct handshake h;
  if (went_well(acquire_both(&h, mech))) {
    const bool established = handshake_run(&h);
    ck_assert(established || GSS_ERROR(h.initiator.major) || GSS_ERROR(h.acceptor.major));
    if (went_well(h.initiator.major) && went_well(h.acceptor.major)) {
      went_well(show_and_release(h.client_name));
    }
  }
  handshake_close(&h);
}

static void scenario_handshake(void) { run_handshake(&oid_ntlm); }
static void scenario_spnego(void) { run_handshake(&oid_spnego); }

static bool open_quietly(struct handshake *h) {
  return went_well(acquire_both(h, &oid_ntlm)) &&
         (handshake_run(h) ||
          (went_well(h->initiator.major) && went_well(h->acceptor.major) && false));
}

static OM_uint32 wrap_and_unwrap(struct handshake *h) {
  struct octets token = {NULL, 0}, data = {NULL, 0};
  OM_uint32 major = wrap_octets(h->initiator.context, 1, "message", 7, NULL, &token);
  if (!GSS_ERROR(major)) {
    major = unwrap_octets(h->acceptor.context, token.data, token.size, NULL, &data);
    if (GSS_ERROR(major)) {  // the good token is good again
      octets_free(&data);
      ck_assert_uint_eq(unwrap_octets(h->acceptor.context, token.data, token.size, NULL, &data),
                        GSS_S_COMPLETE);
    }
    ck_assert_uint_eq(data.size, 7);
    ck_assert_mem_eq(data.data, "message", 7);
  }
  octets_free(&token);
  octets_free(&data);
  return major;
}

static OM_uint32 mic_and_verify(struct handshake *h) {
  struct octets mic = {NULL, 0};
  gss_ctx_id_t to = h->acceptor.context;
  OM_uint32 major = mic_octets(h->initiator.context, "message", 7, &mic);
  if (!GSS_ERROR(major)) {
    major = verify_octets(to, "message", 7, mic.data, mic.size);
    if (GSS_ERROR(major)) EXPECT_COMPLETE(verify_octets(to, "message", 7, mic.data, mic.size), 0);
  }
  octets_free(&mic);
  return major;
}

static OM_uint32 wrap_iov_allocating(struct handshake *h) {
  OM_uint32 minor;
  uint8_t data[30] = "in place";
  gss_iov_buffer_desc iov[2];
  gss_ctx_id_t to = h->initiator.context;
  memset(iov, 0, sizeof iov);
  iov[0].type = GSS_IOV_BUFFER_TYPE_HEADER | GSS_IOV_BUFFER_FLAG_ALLOCATE;
  iov[1].type = GSS_IOV_BUFFER_TYPE_DATA;
  iov[1].buffer = buffer_of(data, sizeof data);
  OM_uint32 major = gss_wrap_iov(&minor, h->acceptor.context, 1, 0, NULL, iov, 2);
  if (!GSS_ERROR(major)) {
    major = gss_unwrap_iov(&minor, to, NULL, NULL, iov, 2);
    if (GSS_ERROR(major)) EXPECT_COMPLETE(gss_unwrap_iov(&minor, to, NULL, NULL, iov, 2), 0);
  }
  ck_assert_str_eq((char *)data, "in place");
  gss_release_iov_buffer(&minor, iov, 2);
  return major;
}

// After each failure the pair must still be in step.
static void scenario_messages(void) {
  struct handshake h;
  if (open_quietly(&h)) {
    went_well(wrap_and_unwrap(&h));
    went_well(mic_and_verify(&h));
    went_well(wrap_iov_allocating(&h));
    // Neither counted nor failed: only a look at the pair.
    fault_plan.armed = false;
    expect_messages_pass(h.initiator.context, h.acceptor.context);
    fault_plan.armed = true;
  }
  handshake_close(&h);
}

static OM_uint32 inquire_all(gss_ctx_id_t context) {
  OM_uint32 minor;
  gss_name_t source = GSS_C_NO_NAME, target = GSS_C_NO_NAME;
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  OM_uint32 major =
      gss_inquire_context(&minor, context, &source, &target, NULL, NULL, NULL, NULL, NULL);
  release_name(&source);
  release_name(&target);
  if (!GSS_ERROR(major)) {
    major = gss_inquire_sec_context_by_oid(&minor, context, &oid_session_key, &set);
  }
  gss_release_buffer_set(&minor, &set);
  return major;
}

// A failed export leaves the context to the caller.
static OM_uint32 move(gss_ctx_id_t *context) {
  OM_uint32 minor;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  OM_uint32 major = gss_export_sec_context(&minor, context, &token);
  if (GSS_ERROR(major)) {
    ck_assert_ptr_nonnull(*context);
    ck_assert_ptr_null(token.value);
    return major;
  }
  ck_assert_ptr_null(*context);
  major = gss_import_sec_context(&minor, &token, context);
  if (GSS_ERROR(major)) ck_assert_ptr_null(*context);
  gss_release_buffer(&minor, &token);
  return major;
}

static void scenario_contexts(void) {
  struct handshake h;
  if (open_quietly(&h) && went_well(inquire_all(h.initiator.context)) &&
      went_well(inquire_all(h.acceptor.context)) && went_well(move(&h.initiator.context)) &&
      went_well(move(&h.acceptor.context))) {
    went_well(inquire_all(h.acceptor.context));
  }
  handshake_close(&h);
}

static OM_uint32 copy_name(gss_name_t name) {
  OM_uint32 minor;
  gss_name_t copy = GSS_C_NO_NAME, again = GSS_C_NO_NAME;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  int equal = 0;
  OM_uint32 major = gss_duplicate_name(&minor, name, &copy);
  if (!GSS_ERROR(major)) major = gss_export_name(&minor, name, &token);
  if (!GSS_ERROR(major)) {
    major = gss_import_name(&minor, &token, GSS_C_NT_EXPORT_NAME, &again);
  }
  if (!GSS_ERROR(major)) major = gss_compare_name(&minor, copy, again, &equal);
  if (!GSS_ERROR(major)) ck_assert_int_ne(equal, 0);
  gss_release_buffer(&minor, &token);
  release_name(&copy);
  release_name(&again);
  return major;
}

static OM_uint32 local_name(gss_name_t name) {
  OM_uint32 minor;
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = gss_localname(&minor, name, &oid_ntlm, &text);
  gss_release_buffer(&minor, &text);
  return major;
}

static void use_name(const char *text, gss_OID type, OM_uint32 (*use)(gss_name_t)) {
  OM_uint32 minor;
  gss_name_t name = GSS_C_NO_NAME;
  if (went_well(make_mech_name(&minor, text, strlen(text), type, &name)) &&
      went_well(show_and_release(name))) {
    went_well(use(name));
  }
  release_name(&name);
}

static void scenario_names(void) {
  use_name(TEST_NAME, GSS_C_NT_USER_NAME, copy_name);
  use_name("HTTP@a.b", GSS_C_NT_HOSTBASED_SERVICE, copy_name);
}

static void scenario_local_name(void) { use_name("root", GSS_C_NT_USER_NAME, local_name); }

static OM_uint32 copy_cred(gss_cred_id_t cred) {
  OM_uint32 minor;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  gss_cred_id_t copy = GSS_C_NO_CREDENTIAL;
  OM_uint32 major = gss_export_cred(&minor, cred, &token);
  if (!GSS_ERROR(major)) {
    major = gss_import_cred(&minor, &token, &copy);
    if (GSS_ERROR(major)) ck_assert_ptr_null(copy);
  }
  gss_release_buffer(&minor, &token);
  release_cred(&copy);
  return major;
}

static OM_uint32 inquire_cred(gss_cred_id_t cred) {
  OM_uint32 minor;
  gss_name_t name = GSS_C_NO_NAME;
  const OM_uint32 major = gss_inquire_cred(&minor, cred, &name, NULL, NULL, NULL);
  release_name(&name);
  return major;
}

static void use_cred(const char *user, gss_cred_usage_t usage, const struct store_entry *store) {
  OM_uint32 minor;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  if (went_well(try_acquire(&minor, user, usage, &oid_ntlm, store, &cred)) &&
      went_well(inquire_cred(cred))) {
    went_well(copy_cred(cred));
  }
  release_cred(&cred);
}

static void scenario_creds(void) {
  const struct store_entry file[] = {{"ntlmssp_keyfile", accounts_file()}, {NULL, NULL}};
  const struct store_entry hash[] = {{"ntlmssp_nthash", "A87F3A337D73085C45F9416BE5787D86"},
                                     {NULL, NULL}};
  use_cred(TEST_NAME, GSS_C_BOTH, file);
  use_cred(TEST_NAME, GSS_C_INITIATE, hash);
  use_cred(NULL, GSS_C_ACCEPT, file);
}

// Errors and their texts, out of memory.
static void scenario_refusals(void) {
  OM_uint32 minor;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  const struct store_entry file[] = {{"ntlmssp_keyfile", accounts_file()}, {NULL, NULL}};
  ck_assert(GSS_ERROR(try_acquire(&minor, "DOM\\nobody", GSS_C_INITIATE, &oid_ntlm, file, &cred)));
  ck_assert_ptr_null(cred);
  minor_text(minor);
  struct handshake h;
  if (went_well(acquire_both(&h, &oid_ntlm))) {
    release_cred(&h.initiator_cred);
    if (went_well(try_acquire_with_password(&minor, TEST_NAME, "wrong", &oid_ntlm, GSS_C_INITIATE,
                                            &h.initiator_cred))) {
      ck_assert(!handshake_run(&h));
      minor_text(h.acceptor.minor);
    }
  }
  handshake_close(&h);
}

// The mechanism about itself.
static void scenario_mechanism(void) {
  OM_uint32 minor;
  gss_OID_set a = GSS_C_NO_OID_SET, b = GSS_C_NO_OID_SET, types = GSS_C_NO_OID_SET;
  gss_buffer_desc s[3] = {GSS_C_EMPTY_BUFFER, GSS_C_EMPTY_BUFFER, GSS_C_EMPTY_BUFFER};
  went_well(gss_inquire_attrs_for_mech(&minor, &oid_ntlm, &a, &b));
  went_well(gss_inquire_names_for_mech(&minor, &oid_ntlm, &types));
  went_well(gss_inquire_saslname_for_mech(&minor, &oid_ntlm, &s[0], &s[1], &s[2]));
  gss_release_oid_set(&minor, &a);
  gss_release_oid_set(&minor, &b);
  gss_release_oid_set(&minor, &types);
  for (int i = 0; i < 3; ++i) gss_release_buffer(&minor, &s[i]);
}

#define kAnyError 0xffffffffu

static const struct scenario {
  const char *name;
  void (*run)(void);
  // What the host makes of GSS_S_FAILURE: it imports a name, or goes another way to a local name.
  OM_uint32 also;
} kScenarios[] = {
    {"handshake", scenario_handshake, GSS_S_BAD_NAME},
    {"SPNEGO", scenario_spnego, kAnyError},
    {"messages", scenario_messages, GSS_S_BAD_NAME},
    {"contexts", scenario_contexts, GSS_S_BAD_NAME},
    {"names", scenario_names, GSS_S_FAILURE},
    {"local name", scenario_local_name, GSS_S_UNAVAILABLE},
    {"credentials", scenario_creds, GSS_S_BAD_NAME},
    {"refusals", scenario_refusals, kAnyError},
    {"mechanism", scenario_mechanism, GSS_S_FAILURE},
};
enum { kScenarioCount = sizeof kScenarios / sizeof kScenarios[0] };

// Runs it with this plan and gives the number of allocations it made.
static long run_with(const struct scenario *scenario, long fail_at) {
  faults_new_configuration();
  faults_begin(fail_at);
  first_error = GSS_S_COMPLETE;
  scenario->run();
  return faults_end();
}

START_TEST(each_allocation_fails) {
  const struct scenario *scenario = &kScenarios[_i];
  faults_find_module(module_path());
  accounts_file();
  // Account files are read in every run too.
  setenv("GSS_SSPI_CONFIG", write_file("fault.conf", "[ntlm]\n  keep_user_files = no\n", 0600), 1);
  run_with(scenario, -1);
  EXPECT_COMPLETE(first_error, 0);
  scenario_refusals();  // whatever a thread keeps for the text of its last error
  const long before = faults_alive();
  const long calls = run_with(scenario, -1);
  ck_assert_msg(faults_alive() == before, "%s: %ld blocks lost without any failure", scenario->name,
                faults_alive() - before);
  ck_assert_msg(calls > 0, "%s: no allocation of the module was seen", scenario->name);
  for (long index = 0; index < calls; ++index) {
    run_with(scenario, index);
    ck_assert_msg(fault_plan.failed == 1, "%s: allocation %ld did not come", scenario->name, index);
    ck_assert_msg(faults_alive() == before, "%s, allocation %ld: %ld blocks lost", scenario->name,
                  index, faults_alive() - before);
    if (scenario->also != kAnyError && GSS_ERROR(first_error)) {
      const OM_uint32 routine = GSS_ROUTINE_ERROR(first_error);
      ck_assert_msg(routine == GSS_S_FAILURE || routine == scenario->also, "%s, allocation %ld: %s",
                    scenario->name, index, status_text(first_error, 0));
    }
  }
  run_with(scenario, -1);
  EXPECT_COMPLETE(first_error, 0);
  ck_assert_int_eq(faults_alive(), before);
}
END_TEST

static Suite *fault_suite(void) {
  Suite *suite = suite_create("fault");
  TCase *faults = tcase_create("allocations");
  tcase_set_timeout(faults, 120);
  tcase_add_loop_test(faults, each_allocation_fails, 0, kScenarioCount);
  suite_add_tcase(suite, faults);
  return suite;
}

int main(void) { return run_suite(fault_suite); }
#endif
