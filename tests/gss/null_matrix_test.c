// SPDX-License-Identifier: MIT
// Every export with each of its pointers absent in turn (N161, N705), through mechglue and directly
// in the module, where mechglue's own checks do not help; and every call on contexts of every
// stage.
#include <stdio.h>
#include <string.h>

#include "calls.h"

static OM_uint32 call_once(const struct call *row, enum stage stage, unsigned absent) {
  struct things t;
  if (!api.direct) absent &= ~row->host_needs;
  things_open(&t, stage);
  const OM_uint32 major = row->call(&t, absent);
  things_close(&t);
  return major;
}

// All arguments given: the row itself does what it should.
static void expect_usual_result(const struct call *row, OM_uint32 major) {
  ck_assert_msg((GSS_ERROR(major) != 0) == row->refused, "%s, %s: %s", api.name, row->name,
                status_text(major, 0));
}

static bool may_ignore_absence(const char *name) {
  static const char *const kNames[] = {"gss_release_cred", "gss_release_name",
                                       "gss_delete_sec_context", "gss_set_cred_option",
                                       "gss_verify_mic"};
  for (size_t i = 0; i < sizeof kNames / sizeof kNames[0]; ++i) {
    if (strcmp(name, kNames[i]) == 0) return true;
  }
  return false;
}

static void check_row(const struct call *row) {
  fprintf(stderr, "# %s %s\n", api.name, row->name);
  expect_usual_result(row, call_once(row, kOpen, 0));
  for (unsigned n = 0; n < row->arguments; ++n) {
    const OM_uint32 major = call_once(row, kOpen, BIT(n));
    if ((row->optional & BIT(n)) != 0 && api.direct) {
      expect_usual_result(row, major);
    } else if (n != 0 && (row->optional & BIT(n)) == 0 && api.direct) {
      ck_assert_msg(GSS_ERROR(major) || may_ignore_absence(row->name),
                    "%s, %s: argument %u left out: success", api.name, row->name, n);
    }
  }
  // All that may be left out at once, and simply all.
  const OM_uint32 least = call_once(row, kOpen, row->optional);
  if (api.direct) expect_usual_result(row, least);
  call_once(row, kOpen, BIT(row->arguments) - 1);
  call_once(row, kOpen, (BIT(row->arguments) - 1) & ~BIT(0));
}

START_TEST(through_mechglue) {
  use_api(false);
  check_row(&kCalls[_i]);
}
END_TEST

START_TEST(in_the_module) {
  use_api(true);
  check_row(&kCalls[_i]);
}
END_TEST

// ---- stages (N705) -----------------------------------------------------------------------------

// What each call on a context gives at each stage; the golden table.
enum answer { kFine, kNoContext, kUnavailable, kAny };
static const struct stage_row {
  const char *name;
  enum answer at[kStages];
} kStageRows[] = {
    {"gss_inquire_context", {kNoContext, kAny, kFine, kAny}},
    {"gss_context_time", {kNoContext, kNoContext, kFine, kNoContext}},
    {"gss_get_mic", {kNoContext, kNoContext, kFine, kNoContext}},
    {"gss_verify_mic", {kNoContext, kNoContext, kAny, kNoContext}},
    {"gss_wrap", {kNoContext, kNoContext, kFine, kNoContext}},
    {"gss_unwrap", {kNoContext, kNoContext, kFine, kNoContext}},
    {"gss_wrap_size_limit", {kNoContext, kNoContext, kFine, kNoContext}},
    {"gss_wrap_iov", {kNoContext, kNoContext, kFine, kNoContext}},
    {"gss_unwrap_iov", {kNoContext, kNoContext, kAny, kNoContext}},
    {"gss_wrap_iov_length", {kNoContext, kNoContext, kFine, kNoContext}},
    {"gss_get_mic_iov", {kNoContext, kNoContext, kFine, kNoContext}},
    {"gss_verify_mic_iov", {kNoContext, kNoContext, kAny, kNoContext}},
    {"gss_get_mic_iov_length", {kNoContext, kNoContext, kFine, kNoContext}},
    {"gss_inquire_sec_context_by_oid", {kNoContext, kAny, kFine, kNoContext}},
    {"gss_set_sec_context_option", {kAny, kAny, kFine, kAny}},
    {"gss_export_sec_context", {kNoContext, kNoContext, kFine, kNoContext}},
    {"gss_pseudo_random", {kNoContext, kUnavailable, kFine, kNoContext}},
    {"gss_delete_sec_context", {kAny, kFine, kFine, kFine}},
};
enum { kStageRowCount = sizeof kStageRows / sizeof kStageRows[0] };

static const char *const kStageNames[kStages] = {"new", "half open", "open", "failed"};

static void check_stages(const struct stage_row *row) {
  for (int stage = 0; stage < kStages; ++stage) {
    struct things t;
    things_open(&t, (enum stage)stage);
    if (stage == kOpen && strcmp(row->name, "gss_unwrap") == 0)
      ck_assert_ptr_nonnull(t.wrap_token.value);
    const OM_uint32 major = call_named(row->name)->call(&t, 0);
    things_close(&t);
    const char *where = kStageNames[stage];
    switch (row->at[stage]) {
      case kFine:
        ck_assert_msg(!GSS_ERROR(major), "%s, %s, %s: %s", api.name, row->name, where,
                      status_text(major, 0));
        break;
      case kNoContext:
        ck_assert_msg(GSS_ROUTINE_ERROR(major) == GSS_S_NO_CONTEXT, "%s, %s, %s: %s", api.name,
                      row->name, where, status_text(major, 0));
        break;
      case kUnavailable:
        ck_assert_msg(GSS_ROUTINE_ERROR(major) == GSS_S_UNAVAILABLE, "%s, %s, %s: %s", api.name,
                      row->name, where, status_text(major, 0));
        break;
      case kAny:
        break;
    }
  }
}

START_TEST(stages_through_mechglue) {
  use_api(false);
  check_stages(&kStageRows[_i]);
}
END_TEST

START_TEST(stages_in_the_module) {
  use_api(true);
  check_stages(&kStageRows[_i]);
}
END_TEST

// ---- the seven names of N106, called as mechglue calls them ------------------------------------

START_TEST(release_oid_compares_pointers_only) {
  use_api(true);
  OM_uint32 minor;
  release_oid_call *release = (release_oid_call *)api_symbol("gss_internal_release_oid");
  gss_OID foreign = &oid_unknown;
  ck_assert_uint_eq(release(&minor, &foreign), GSS_S_CONTINUE_NEEDED);
  ck_assert_ptr_eq(foreign, &oid_unknown);
  gss_OID none = GSS_C_NO_OID;
  release(&minor, &none);
  release(&minor, NULL);
  release(NULL, &foreign);
}
END_TEST

START_TEST(unguarded_names_are_there) {
  static const char *const kNames[] = {"gss_internal_release_oid",
                                       "gssspi_authorize_localname",
                                       "gssspi_set_cred_option",
                                       "gssspi_acquire_cred_with_password",
                                       "gssspi_import_sec_context_by_mech",
                                       "gssspi_import_name_by_mech",
                                       "gssspi_import_cred_by_mech"};
  use_api(true);
  for (size_t i = 0; i < sizeof kNames / sizeof kNames[0]; ++i) api_symbol(kNames[i]);
}
END_TEST

START_TEST(import_by_mech_without_arguments) {
  use_api(true);
  OM_uint32 minor;
  void *result = NULL;
  gss_name_t name = GSS_C_NO_NAME;
  gss_buffer_desc text = buffer_of_text(TEST_NAME);
  import_by_mech_call *const functions[] = {
      (import_by_mech_call *)api_symbol("gssspi_import_sec_context_by_mech"),
      (import_by_mech_call *)api_symbol("gssspi_import_cred_by_mech")};
  for (size_t i = 0; i < 2; ++i) {
    ck_assert(GSS_ERROR(functions[i](NULL, NULL, NULL, NULL)));
    ck_assert(GSS_ERROR(functions[i](&minor, &oid_ntlm, NULL, &result)));
    ck_assert(GSS_ERROR(functions[i](&minor, &oid_ntlm, &text, &result)));
    ck_assert_ptr_null(result);
  }
  import_name_by_mech_call *import_name_of_mech =
      (import_name_by_mech_call *)api_symbol("gssspi_import_name_by_mech");
  ck_assert(GSS_ERROR(import_name_of_mech(NULL, NULL, NULL, NULL, NULL)));
  const OM_uint32 major = import_name_of_mech(&minor, &oid_ntlm, &text, GSS_C_NT_USER_NAME, &name);
  if (!GSS_ERROR(major)) CALL(gss_release_name)(&minor, &name);
}
END_TEST

START_TEST(authorize_localname_without_arguments) {
  use_api(true);
  OM_uint32 minor;
  gss_name_t name = make_name("root", GSS_C_NT_USER_NAME);
  gss_buffer_desc user = buffer_of_text("root"), other = buffer_of_text("daemon");
  authorize_localname_call *authorize =
      (authorize_localname_call *)api_symbol("gssspi_authorize_localname");
  ck_assert(GSS_ERROR(authorize(NULL, NULL, NULL, NULL)));
  ck_assert(GSS_ERROR(authorize(&minor, name, NULL, GSS_C_NT_USER_NAME)));
  ck_assert(GSS_ERROR(authorize(&minor, NULL, &user, GSS_C_NT_USER_NAME)));
  ck_assert(GSS_ERROR(authorize(&minor, name, &other, GSS_C_NT_USER_NAME)));
  CALL(gss_release_name)(&minor, &name);
}
END_TEST

static Suite *null_matrix_suite(void) {
  Suite *suite = suite_create("null matrix");
  TCase *rows = tcase_create("absent arguments");
  tcase_set_timeout(rows, 60);
  tcase_add_loop_test(rows, through_mechglue, 0, (int)kCallCount);
  tcase_add_loop_test(rows, in_the_module, 0, (int)kCallCount);
  suite_add_tcase(suite, rows);

  TCase *stages = tcase_create("stages");
  tcase_add_loop_test(stages, stages_through_mechglue, 0, kStageRowCount);
  tcase_add_loop_test(stages, stages_in_the_module, 0, kStageRowCount);
  suite_add_tcase(suite, stages);

  TCase *unguarded = tcase_create("unguarded names");
  tcase_add_test(unguarded, release_oid_compares_pointers_only);
  tcase_add_test(unguarded, unguarded_names_are_there);
  tcase_add_test(unguarded, import_by_mech_without_arguments);
  tcase_add_test(unguarded, authorize_localname_without_arguments);
  suite_add_tcase(suite, unguarded);
  return suite;
}

int main(void) { return run_suite(null_matrix_suite); }
