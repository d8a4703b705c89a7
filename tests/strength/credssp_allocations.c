// SPDX-License-Identifier: MIT
// N721 for CredSSP: each allocation of each entry point fails, one at a time, first those of the
// module itself and then those of OpenSSL and of the mechanism inside as well. Those of libgssapi
// do not fail: its SPNEGO reads a null pointer when some do (1.20.1, gss_acquire_cred_from). The
// entry points are called directly, so a status is the module's own: an error, or what it is
// without a failure. Nothing of the module's is lost, the handles can be deleted, and the
// credentials are good for the next login.
#include <dlfcn.h>
#include <gssapi/gssapi_credssp.h>
#include <gssapi/gssapi_ntlm_ext.h>
#include <link.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../gss/faults.h"
#include "strength.h"

#ifdef FAULTS_ARE_IMPOSSIBLE
int main(void) {
  puts("1..0 # SKIP " FAULTS_ARE_IMPOSSIBLE);
  return 0;
}
#else

static OM_uint32 minor;

// ---- the module --------------------------------------------------------------------------------

static void *module;
static void *symbol(const char *name) {
  void *address = dlsym(module, name);
  if (address == NULL) ck_abort_msg("%s is not exported", name);
  return address;
}
#define CALL(name) ((__typeof__(&name))symbol(#name))

static gss_OID_desc oid_credssp = {GSS_CREDSSP_OID_LENGTH, GSS_CREDSSP_OID_STRING};

// The code of the libraries whose allocations fail as well.
static const char *const kLibraries[] = {"/libcrypto.so", "/libssl.so", "/gss_ntlm.so"};
enum { kLibraryCount = sizeof kLibraries / sizeof kLibraries[0] };
static struct code { uintptr_t start, end; } codes[kLibraryCount];

static int find_library(struct dl_phdr_info *info, size_t size, void *unused) {
  (void)size;
  (void)unused;
  for (int i = 0; i < kLibraryCount; ++i) {
    if (strstr(info->dlpi_name, kLibraries[i]) == NULL) continue;
    for (int j = 0; j < info->dlpi_phnum; ++j) {
      const ElfW(Phdr) *segment = &info->dlpi_phdr[j];
      if (segment->p_type != PT_LOAD || (segment->p_flags & PF_X) == 0) continue;
      codes[i].start = info->dlpi_addr + segment->p_vaddr;
      codes[i].end = codes[i].start + segment->p_memsz;
    }
  }
  return 0;
}

static bool is_of_library(const void *caller) {
  for (int i = 0; i < kLibraryCount; ++i) {
    if ((uintptr_t)caller >= codes[i].start && (uintptr_t)caller < codes[i].end) return true;
  }
  return false;
}

// Only what is between these two counts and fails.
static void arm(void) { fault_plan.armed = true; }
static OM_uint32 done(OM_uint32 major) {
  fault_plan.armed = false;
  return major;
}

static void drop(gss_buffer_t buffer) {
  free(buffer->value);
  buffer->value = NULL;
  buffer->length = 0;
}
static void drop_name(gss_name_t *name) {
  if (*name != GSS_C_NO_NAME) CALL(gss_release_name)(&minor, name);
}

// ---- credentials -------------------------------------------------------------------------------

struct ends {
  gss_cred_id_t initiator, acceptor;
  gss_name_t target, user;
};

static gss_name_t make_name(const char *text, gss_OID type) {
  gss_name_t name = GSS_C_NO_NAME;
  gss_buffer_desc buffer = buffer_of_text(text);
  EXPECT_COMPLETE(CALL(gss_import_name)(&minor, &buffer, type, &name), 0);
  return name;
}

static OM_uint32 acquire_initiator(const struct ends *ends, gss_cred_id_t *cred) {
  gss_key_value_element_desc elements[] = {{GSS_CREDSSP_CS_PASSWORD, TEST_PASSWORD},
                                           {GSS_CREDSSP_CS_INNER, "ntlm"}};
  gss_key_value_set_desc store = {2, elements};
  gss_OID_set_desc mechs = {1, &oid_credssp};
  *cred = GSS_C_NO_CREDENTIAL;
  arm();
  return done(CALL(gss_acquire_cred_from)(&minor, ends->user, 0, &mechs, GSS_C_INITIATE, &store,
                                          cred, NULL, NULL));
}

static OM_uint32 acquire_acceptor_end(gss_cred_id_t *cred) {
  gss_key_value_element_desc element = {GSS_NTLMSSP_CS_KEYFILE, accounts_file()};
  gss_key_value_set_desc store = {1, &element};
  gss_OID_set_desc mechs = {1, &oid_credssp};
  *cred = GSS_C_NO_CREDENTIAL;
  arm();
  return done(CALL(gss_acquire_cred_from)(&minor, GSS_C_NO_NAME, 0, &mechs, GSS_C_ACCEPT, &store,
                                          cred, NULL, NULL));
}

static void open_credentials(struct ends *ends) {
  const long fail_at = fault_plan.fail_at, calls = fault_plan.calls;
  fault_plan.fail_at = -1;
  EXPECT_COMPLETE(acquire_initiator(ends, &ends->initiator), minor);
  EXPECT_COMPLETE(acquire_acceptor_end(&ends->acceptor), minor);
  fault_plan.fail_at = fail_at;
  fault_plan.calls = calls;
}
static void close_credentials(struct ends *ends) {
  CALL(gss_release_cred)(&minor, &ends->initiator);
  CALL(gss_release_cred)(&minor, &ends->acceptor);
}

// ---- one login, leg by leg ---------------------------------------------------------------------

enum { kLegs = 10, kNoLeg = -1 };

struct login {
  gss_ctx_id_t initiator, acceptor;
  gss_buffer_desc token;
  gss_name_t client;
  gss_cred_id_t delegated;
};

static OM_uint32 initiator_leg(const struct ends *ends, struct login *l, gss_buffer_t out,
                               bool armed) {
  gss_OID mech;
  OM_uint32 flags, time;
  if (armed) arm();
  return done(CALL(gss_init_sec_context)(&minor, ends->initiator, &l->initiator, ends->target,
                                         &oid_credssp, GSS_C_DELEG_FLAG, 0, NULL, &l->token, &mech,
                                         out, &flags, &time));
}

static OM_uint32 acceptor_leg(const struct ends *ends, struct login *l, gss_buffer_t out,
                              bool armed) {
  gss_OID mech;
  OM_uint32 flags, time;
  drop_name(&l->client);
  if (armed) arm();
  return done(CALL(gss_accept_sec_context)(&minor, &l->acceptor, ends->acceptor, &l->token, NULL,
                                           &l->client, &mech, out, &flags, &time, &l->delegated));
}

// Even legs are the initiator's.
static OM_uint32 run_leg(const struct ends *ends, struct login *l, int leg, bool armed) {
  gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major =
      leg % 2 == 0 ? initiator_leg(ends, l, &out, armed) : acceptor_leg(ends, l, &out, armed);
  drop(&l->token);
  l->token = out;
  return major;
}

static void close_login(struct login *l) {
  if (l->initiator != NULL) CALL(gss_delete_sec_context)(&minor, &l->initiator, GSS_C_NO_BUFFER);
  if (l->acceptor != NULL) CALL(gss_delete_sec_context)(&minor, &l->acceptor, GSS_C_NO_BUFFER);
  drop_name(&l->client);
  if (l->delegated != GSS_C_NO_CREDENTIAL) gss_release_cred(&minor, &l->delegated);
  drop(&l->token);
}

// A context that has failed is there still, but for one that its first leg would have made (C45);
// it takes no further token, and gives no name and no credential.
static void expect_failed(const struct ends *ends, struct login *l, int leg) {
  const gss_ctx_id_t context = leg % 2 == 0 ? l->initiator : l->acceptor;
  ck_assert_ptr_null(l->client);
  ck_assert_ptr_null(l->delegated);
  if (leg < 2) {
    ck_assert_ptr_null(context);
    return;
  }
  ck_assert_ptr_nonnull(context);
  const OM_uint32 again = run_leg(ends, l, leg, false);
  ck_assert_uint_eq(GSS_ROUTINE_ERROR(again), GSS_S_NO_CONTEXT);
}

// The module's text of the last failure.
static const char *last_text(void) {
  static char text[600];
  gss_buffer_desc shown = GSS_C_EMPTY_BUFFER;
  OM_uint32 ignored, more = 0;
  CALL(gss_display_status)(&ignored, minor, GSS_C_MECH_CODE, &oid_credssp, &more, &shown);
  snprintf(text, sizeof text, "%.*s", (int)shown.length, (const char *)shown.value);
  drop(&shown);
  return text;
}

// The login until `armed`, or all of it.
static OM_uint32 run_login(const struct ends *ends, struct login *l, int armed) {
  OM_uint32 major = GSS_S_COMPLETE;
  memset(l, 0, sizeof *l);
  for (int leg = 0; leg < kLegs; ++leg) {
    major = run_leg(ends, l, leg, leg == armed);
    if (leg == armed) {
      if (GSS_ERROR(major)) expect_failed(ends, l, leg);
      return major;
    }
    ck_assert_msg(!GSS_ERROR(major), "leg %d: status %08x, %s", leg, major, last_text());
  }
  ck_assert_uint_eq(major, GSS_S_COMPLETE);
  return major;
}

// ---- what else is called -----------------------------------------------------------------------

struct row {
  const char *name;
  int leg;     // of a login; else a call, of an open context where it needs one
  bool fresh;  // with credentials that nobody has used, so without an SSL_CTX
  OM_uint32 (*call)(struct ends *ends, struct login *open);
};

static OM_uint32 call_initiator(struct ends *ends, struct login *open) {
  gss_cred_id_t cred;
  (void)open;
  const OM_uint32 major = acquire_initiator(ends, &cred);
  ck_assert(!GSS_ERROR(major) || cred == GSS_C_NO_CREDENTIAL);
  if (cred != NULL) CALL(gss_release_cred)(&minor, &cred);
  return major;
}

static OM_uint32 call_acceptor(struct ends *ends, struct login *open) {
  gss_cred_id_t cred;
  (void)ends;
  (void)open;
  const OM_uint32 major = acquire_acceptor_end(&cred);
  ck_assert(!GSS_ERROR(major) || cred == GSS_C_NO_CREDENTIAL);
  if (cred != NULL) CALL(gss_release_cred)(&minor, &cred);
  return major;
}

static OM_uint32 call_with_password(struct ends *ends, struct login *open) {
  gss_buffer_desc password = buffer_of_text(TEST_PASSWORD);
  gss_OID_set_desc mechs = {1, &oid_credssp};
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  (void)open;
  __typeof__(&gss_acquire_cred_with_password) call =
      (__typeof__(call))symbol("gssspi_acquire_cred_with_password");
  arm();
  const OM_uint32 major =
      done(call(&minor, ends->user, &password, 0, &mechs, GSS_C_INITIATE, &cred, NULL, NULL));
  if (cred != NULL) CALL(gss_release_cred)(&minor, &cred);
  return major;
}

static OM_uint32 call_inquire_cred(struct ends *ends, struct login *open) {
  gss_name_t name = GSS_C_NO_NAME;
  gss_OID_set mechs = GSS_C_NO_OID_SET;
  OM_uint32 time;
  gss_cred_usage_t usage;
  (void)open;
  arm();
  const OM_uint32 major =
      done(CALL(gss_inquire_cred)(&minor, ends->initiator, &name, &time, &usage, &mechs));
  drop_name(&name);
  gss_release_oid_set(&minor, &mechs);
  return major;
}

static OM_uint32 import_one(const char *text, gss_OID type) {
  gss_name_t name = GSS_C_NO_NAME;
  gss_buffer_desc buffer = buffer_of_text(text);
  arm();
  const OM_uint32 major = done(CALL(gss_import_name)(&minor, &buffer, type, &name));
  ck_assert(!GSS_ERROR(major) || name == GSS_C_NO_NAME);
  drop_name(&name);
  return major;
}
static OM_uint32 call_import_service(struct ends *ends, struct login *open) {
  (void)ends;
  (void)open;
  return import_one("TERMSRV@a.b", GSS_C_NT_HOSTBASED_SERVICE);
}
static OM_uint32 call_import_user(struct ends *ends, struct login *open) {
  (void)ends;
  (void)open;
  return import_one("DOM\\u", GSS_C_NT_USER_NAME);
}

static OM_uint32 call_display_name(struct ends *ends, struct login *open) {
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  (void)open;
  arm();
  const OM_uint32 major = done(CALL(gss_display_name)(&minor, ends->target, &text, NULL));
  drop(&text);
  return major;
}

static OM_uint32 call_duplicate_name(struct ends *ends, struct login *open) {
  gss_name_t name = GSS_C_NO_NAME;
  (void)open;
  arm();
  const OM_uint32 major = done(CALL(gss_duplicate_name)(&minor, ends->target, &name));
  drop_name(&name);
  return major;
}

static OM_uint32 call_compare_name(struct ends *ends, struct login *open) {
  int equal = -1;
  (void)open;
  arm();
  return done(CALL(gss_compare_name)(&minor, ends->target, ends->target, &equal));
}

static OM_uint32 call_export_name(struct ends *ends, struct login *open) {
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  (void)open;
  arm();
  const OM_uint32 major = done(CALL(gss_export_name)(&minor, ends->user, &token));
  drop(&token);
  return major;
}

static OM_uint32 call_localname(struct ends *ends, struct login *open) {
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  (void)ends;
  arm();
  const OM_uint32 major = done(CALL(gss_localname)(&minor, open->client, &oid_credssp, &text));
  drop(&text);
  return major;
}

static OM_uint32 call_indicate_mechs(struct ends *ends, struct login *open) {
  gss_OID_set set = GSS_C_NO_OID_SET;
  (void)ends;
  (void)open;
  arm();
  const OM_uint32 major = done(CALL(gss_indicate_mechs)(&minor, &set));
  gss_release_oid_set(&minor, &set);
  return major;
}

static OM_uint32 call_attributes(struct ends *ends, struct login *open) {
  gss_OID_set set = GSS_C_NO_OID_SET, known = GSS_C_NO_OID_SET;
  (void)ends;
  (void)open;
  arm();
  const OM_uint32 major =
      done(CALL(gss_inquire_attrs_for_mech)(&minor, &oid_credssp, &set, &known));
  gss_release_oid_set(&minor, &set);
  gss_release_oid_set(&minor, &known);
  return major;
}

static OM_uint32 call_names(struct ends *ends, struct login *open) {
  gss_OID_set set = GSS_C_NO_OID_SET;
  (void)ends;
  (void)open;
  arm();
  const OM_uint32 major = done(CALL(gss_inquire_names_for_mech)(&minor, &oid_credssp, &set));
  gss_release_oid_set(&minor, &set);
  return major;
}

static OM_uint32 call_status(struct ends *ends, struct login *open) {
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  OM_uint32 more = 0;
  (void)ends;
  (void)open;
  arm();
  const OM_uint32 major =
      done(CALL(gss_display_status)(&minor, 1, GSS_C_MECH_CODE, &oid_credssp, &more, &text));
  drop(&text);
  return major;
}

// ---- of an open context ------------------------------------------------------------------------

static OM_uint32 call_seed(struct ends *ends, struct login *open) {
  // libgssapi takes length and OID off.
  gss_buffer_desc seed = buffer_of_text("seed");
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  (void)ends;
  (void)open;
  arm();
  const OM_uint32 major = done(CALL(gss_import_sec_context)(&minor, &seed, &context));
  ck_assert(!GSS_ERROR(major) || context == GSS_C_NO_CONTEXT);
  if (context != NULL) CALL(gss_delete_sec_context)(&minor, &context, GSS_C_NO_BUFFER);
  return major;
}

static OM_uint32 call_wrap(struct ends *ends, struct login *open) {
  static uint8_t data[20000];
  gss_buffer_desc message = buffer_of(data, sizeof data), token = GSS_C_EMPTY_BUFFER;
  (void)ends;
  arm();
  const OM_uint32 major =
      done(CALL(gss_wrap)(&minor, open->initiator, 1, 0, &message, NULL, &token));
  drop(&token);
  return major;
}

static OM_uint32 call_unwrap(struct ends *ends, struct login *open) {
  static uint8_t data[20000];
  gss_buffer_desc message = buffer_of(data, sizeof data), token = GSS_C_EMPTY_BUFFER;
  gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
  (void)ends;
  EXPECT_COMPLETE(CALL(gss_wrap)(&minor, open->initiator, 1, 0, &message, NULL, &token), 0);
  arm();
  const OM_uint32 major = done(CALL(gss_unwrap)(&minor, open->acceptor, &token, &out, NULL, NULL));
  drop(&token);
  drop(&out);
  return major;
}

// The first part of a record is kept.
static OM_uint32 call_unwrap_part(struct ends *ends, struct login *open) {
  gss_buffer_desc message = buffer_of_text("message"), token = GSS_C_EMPTY_BUFFER;
  gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
  (void)ends;
  EXPECT_COMPLETE(CALL(gss_wrap)(&minor, open->initiator, 1, 0, &message, NULL, &token), 0);
  token.length = 7;
  arm();
  const OM_uint32 major = done(CALL(gss_unwrap)(&minor, open->acceptor, &token, &out, NULL, NULL));
  drop(&token);
  drop(&out);
  return major;
}

static OM_uint32 call_wrap_iov(struct ends *ends, struct login *open) {
  uint8_t room[20] = "in place";
  gss_iov_buffer_desc iov[3];
  (void)ends;
  memset(iov, 0, sizeof iov);
  iov[0].type = GSS_IOV_BUFFER_TYPE_HEADER | GSS_IOV_BUFFER_FLAG_ALLOCATE;
  iov[1].type = GSS_IOV_BUFFER_TYPE_DATA;
  iov[1].buffer = buffer_of(room, sizeof room);
  iov[2].type = GSS_IOV_BUFFER_TYPE_TRAILER | GSS_IOV_BUFFER_FLAG_ALLOCATE;
  arm();
  const OM_uint32 major = done(CALL(gss_wrap_iov)(&minor, open->initiator, 1, 0, NULL, iov, 3));
  gss_release_iov_buffer(&minor, iov, 3);
  return major;
}

static OM_uint32 call_prf(struct ends *ends, struct login *open) {
  gss_buffer_desc label = buffer_of_text("label"), out = GSS_C_EMPTY_BUFFER;
  (void)ends;
  arm();
  const OM_uint32 major =
      done(CALL(gss_pseudo_random)(&minor, open->initiator, GSS_C_PRF_KEY_FULL, &label, 100, &out));
  drop(&out);
  return major;
}

static OM_uint32 call_inquire(struct ends *ends, struct login *open) {
  gss_name_t from = GSS_C_NO_NAME, to = GSS_C_NO_NAME;
  (void)ends;
  arm();
  const OM_uint32 major = done(
      CALL(gss_inquire_context)(&minor, open->initiator, &from, &to, NULL, NULL, NULL, NULL, NULL));
  drop_name(&from);
  drop_name(&to);
  return major;
}

// Every option in turn; those that the context does not have fail with and without memory.
static OM_uint32 call_options(struct ends *ends, struct login *open) {
  OM_uint32 first = GSS_S_COMPLETE;
  (void)ends;
  for (char number = 2; number <= 14; ++number) {
    char octets[GSS_CREDSSP_OPTION_LENGTH];
    memcpy(octets, GSS_CREDSSP_OID_STRING, GSS_CREDSSP_OID_LENGTH);
    octets[GSS_CREDSSP_OID_LENGTH] = number;
    gss_OID_desc oid = {sizeof octets, octets};
    gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
    arm();
    const OM_uint32 major =
        done(CALL(gss_inquire_sec_context_by_oid)(&minor, open->acceptor, &oid, &set));
    if (GSS_ROUTINE_ERROR(major) == GSS_S_FAILURE) first = major;
    gss_release_buffer_set(&minor, &set);
  }
  return first;
}

static OM_uint32 call_set_key(struct ends *ends, struct login *open) {
  char octets[] = GSS_CREDSSP_SERVER_KEY_STRING;
  gss_OID_desc oid = {GSS_CREDSSP_OPTION_LENGTH, octets};
  gss_buffer_desc value = buffer_of_text("a public key"), seed = buffer_of_text("seed");
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  (void)ends;
  (void)open;
  EXPECT_COMPLETE(CALL(gss_import_sec_context)(&minor, &seed, &context), 0);
  arm();
  const OM_uint32 major = done(CALL(gss_set_sec_context_option)(&minor, &context, &oid, &value));
  CALL(gss_delete_sec_context)(&minor, &context, GSS_C_NO_BUFFER);
  return major;
}

static const struct row kRows[] = {
    {"gss_init_sec_context, ClientHello", 0, false, NULL},
    {"gss_accept_sec_context, ServerHello", 1, false, NULL},
    {"gss_init_sec_context, Finished", 2, false, NULL},
    {"gss_accept_sec_context, ticket", 3, false, NULL},
    {"gss_init_sec_context, first TSRequest", 4, false, NULL},
    {"gss_accept_sec_context, first TSRequest", 5, false, NULL},
    {"gss_init_sec_context, pubKeyAuth", 6, false, NULL},
    {"gss_accept_sec_context, pubKeyAuth", 7, false, NULL},
    {"gss_init_sec_context, authInfo", 8, false, NULL},
    {"gss_accept_sec_context, authInfo", 9, false, NULL},
    {"gss_init_sec_context, new credential", 0, true, NULL},
    {"gss_accept_sec_context, new credential", 1, true, NULL},
    {"gss_acquire_cred_from, initiator", kNoLeg, false, call_initiator},
    {"gss_acquire_cred_from, acceptor", kNoLeg, false, call_acceptor},
    {"gssspi_acquire_cred_with_password", kNoLeg, false, call_with_password},
    {"gss_inquire_cred", kNoLeg, false, call_inquire_cred},
    {"gss_import_name, service", kNoLeg, false, call_import_service},
    {"gss_import_name, user", kNoLeg, false, call_import_user},
    {"gss_display_name", kNoLeg, false, call_display_name},
    {"gss_duplicate_name", kNoLeg, false, call_duplicate_name},
    {"gss_compare_name", kNoLeg, false, call_compare_name},
    {"gss_export_name", kNoLeg, false, call_export_name},
    {"gss_localname", kNoLeg, false, call_localname},
    {"gss_indicate_mechs", kNoLeg, false, call_indicate_mechs},
    {"gss_inquire_attrs_for_mech", kNoLeg, false, call_attributes},
    {"gss_inquire_names_for_mech", kNoLeg, false, call_names},
    {"gss_display_status", kNoLeg, false, call_status},
    {"gss_import_sec_context", kNoLeg, false, call_seed},
    {"gss_wrap", kNoLeg, false, call_wrap},
    {"gss_unwrap", kNoLeg, false, call_unwrap},
    {"gss_unwrap, part of a record", kNoLeg, false, call_unwrap_part},
    {"gss_wrap_iov", kNoLeg, false, call_wrap_iov},
    {"gss_pseudo_random", kNoLeg, false, call_prf},
    {"gss_inquire_context", kNoLeg, false, call_inquire},
    {"gss_inquire_sec_context_by_oid", kNoLeg, false, call_options},
    {"gss_set_sec_context_option", kNoLeg, false, call_set_key},
};
enum { kRowCount = sizeof kRows / sizeof kRows[0] };

// ---- one row -----------------------------------------------------------------------------------

struct run {
  OM_uint32 major;
  long calls, failed;
};

static struct run run_row(const struct row *row, struct ends *shared, long fail_at) {
  struct ends ends = *shared;
  struct login login;
  struct run run;
  if (row->fresh) open_credentials(&ends);
  if (row->leg == kNoLeg) {
    run_login(&ends, &login, kNoLeg);
    faults_begin(fail_at);
    run.major = row->call(&ends, &login);
  } else {
    faults_begin(fail_at);
    run.major = run_login(&ends, &login, row->leg);
  }
  run.calls = faults_end();
  run.failed = fault_plan.failed;
  close_login(&login);
  if (row->fresh) close_credentials(&ends);
  return run;
}

struct blocks {
  long ours, others;
};
static struct blocks blocks_now(void) {
  const struct blocks blocks = {faults_alive(), faults_alive_of_others()};
  return blocks;
}

// Each allocation in turn, or each `stride`th. Returns how many failed.
static long fail_each(const struct row *row, struct ends *ends, long stride) {
  long count = 0, kept = 0;
  run_row(row, ends, -1);
  run_row(row, ends, -1);
  const struct run usual = run_row(row, ends, -1);
  for (long index = 0; index < usual.calls; index += stride) {
    strength_attempt();
    const struct blocks before = blocks_now();
    const struct run run = run_row(row, ends, index);
    const struct blocks after = blocks_now();
    ck_assert_msg(GSS_ERROR(run.major) || run.major == usual.major,
                  "%s, allocation %ld: status %08x", row->name, index, run.major);
    // OpenSSL does not make the same number of allocations each time.
    count += run.failed != 0 ? 1 : 0;
    ck_assert_msg(after.ours == before.ours, "%s, allocation %ld: %ld blocks lost", row->name,
                  index, after.ours - before.ours);
    kept += after.others - before.others;
  }
  ck_assert_uint_eq(run_row(row, ends, -1).major, usual.major);
  if (kept != 0) note("%s: libraries keep %ld blocks", row->name, kept);
  return count;
}

// ---- the checks --------------------------------------------------------------------------------

static void prepare(struct ends *ends) {
  char path[4096];
  snprintf(path, sizeof path, "%s", module_path());
  char *name = strrchr(path, '/');
  snprintf(name, sizeof path - (size_t)(name - path), "/gss_credssp.so");
  module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  ck_assert_msg(module != NULL, "%s", dlerror());
  faults_find_module(path);
  dl_iterate_phdr(find_library, NULL);
  for (int i = 0; i < kLibraryCount; ++i) {
    ck_assert_msg(codes[i].start != 0, "%s is not loaded", kLibraries[i]);
  }
  fault_plan.counts = is_of_library;
  fault_plan.armed = false;
  memset(ends, 0, sizeof *ends);
  ends->target = make_name("TERMSRV@server.example.com", GSS_C_NT_HOSTBASED_SERVICE);
  ends->user = make_name(TEST_NAME, GSS_C_NT_USER_NAME);
  accounts_file();
  // What a thread keeps for the text of its last error.
  gss_buffer_desc no_seed = buffer_of_text("no seed");
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  EXPECT_STATUS(GSS_S_DEFECTIVE_TOKEN, CALL(gss_import_sec_context)(&minor, &no_seed, &context), 0);
  // Account files are read in every run too.
  setenv("GSS_SSPI_CONFIG", write_file("fault.conf", "[ntlm]\n  keep_user_files = no\n", 0600), 1);
}

static void fail_all(const char *whose, bool everybody, bool lasting, long stride) {
  struct ends ends;
  char name[120];
  long sum = 0;
  prepare(&ends);
  fault_plan.everybody = everybody;
  fault_plan.lasting = lasting;
  open_credentials(&ends);
  for (size_t i = 0; i < kRowCount; ++i) {
    const long count = fail_each(&kRows[i], &ends, stride);
    snprintf(name, sizeof name, "%s, %s", whose, kRows[i].name);
    if (!lasting) figure(name, (double)count, "allocations failed");
    sum += count;
  }
  snprintf(name, sizeof name, "%s, all", whose);
  figure(name, (double)sum, "allocations failed");
  ck_assert_int_gt(sum, 100);
  close_credentials(&ends);
}

START_TEST(one_of_the_module) { fail_all("of the module", false, false, 1); }
END_TEST

START_TEST(lasting_of_the_module) { fail_all("of the module and all after it", false, true, 1); }
END_TEST

// Several thousand, of which the short form takes some.
START_TEST(one_of_all) { fail_all("of all", true, false, long_form ? 1 : 23); }
END_TEST

START_TEST(lasting_of_all) { fail_all("of all and all after it", true, true, long_form ? 1 : 23); }
END_TEST

// ---- the first login of a process --------------------------------------------------------------

// What we make once for the process, as OpenSSL's library context: a failure is not for ever. What
// OpenSSL makes once for itself is tried once, so it is there before.
enum { kDidNotCome = 77 };
static int first_login(long index) {
  struct ends ends;
  struct login login;
  prepare(&ends);
  int (*init_ssl)(uint64_t, const void *) = (__typeof__(init_ssl))symbol("OPENSSL_init_ssl");
  ck_assert_int_eq(init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL),
                   1);
  fault_plan.everybody = true;
  open_credentials(&ends);
  faults_begin(index);
  for (int leg = 0; leg < 2; ++leg) {
    memset(&login, 0, sizeof login);
    if (leg == 1) run_leg(&ends, &login, 0, false);
    run_leg(&ends, &login, leg, true);
    close_login(&login);
  }
  const bool came = fault_plan.failed != 0;
  faults_end();
  run_login(&ends, &login, kNoLeg);
  close_login(&login);
  return came ? 0 : kDidNotCome;
}

// The library context and its first fetch. Behind that OpenSSL loads the algorithms of each kind:
// one that had no memory stays away in that library context, whoever asks for it (3.0).
enum { kOwnAllocations = 300 };

START_TEST(first_login_of_a_process) {
  long count = 0;
  // Each in a process of its own.
  for (long index = 0; index < kOwnAllocations; index += long_form ? 1 : 7, ++count) {
    int status = 0;
    alarm(60);  // a key of RSA is made, and perhaps a second
    fflush(stdout);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) _exit(first_login(index));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status), "allocation %ld: signal %d", index, WTERMSIG(status));
    ck_assert_msg(WEXITSTATUS(status) != kDidNotCome, "allocation %ld did not come", index);
    ck_assert_msg(WEXITSTATUS(status) == 0, "allocation %ld: the second login fails", index);
  }
  figure("in the first login of a process", (double)count, "allocations failed");
}
END_TEST

int main(int argc, char **argv) {
  const struct strength_check checks[] = {
      {"each allocation of the module fails", one_of_the_module},
      {"each allocation of the module and all after it fail", lasting_of_the_module},
      {"each allocation of the module, OpenSSL and NTLM fails", one_of_all},
      {"each of these and all after it fail", lasting_of_all},
      {"the first login of a process fails, the second goes well", first_login_of_a_process},
  };
  return strength_main(argc, argv, checks, sizeof checks / sizeof checks[0]);
}
#endif
