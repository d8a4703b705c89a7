// SPDX-License-Identifier: MIT
#include "calls.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

// ---- two ways to call --------------------------------------------------------------------------

struct api api;

void *api_symbol(const char *name) {
  void *address = dlsym(api.handle, name);
  // No ck_assert: where it holds it allocates, and the call before may still be under test.
  if (address == NULL) ck_abort_msg("%s is not exported", name);
  if (api.looked_up != NULL) api.looked_up(name);
  return address;
}

void use_api(bool direct) {
  api.direct = direct;
  api.name = direct ? "module" : "mechglue";
  api.handle = direct ? dlopen(module_path(), RTLD_NOW | RTLD_LOCAL)
                      : dlopen("libgssapi_krb5.so.2", RTLD_NOW | RTLD_NOLOAD);
  ck_assert_msg(api.handle != NULL, "%s", dlerror());
}

// ---- handles of each stage ---------------------------------------------------------------------

gss_name_t make_name(const char *text, gss_OID type) {
  OM_uint32 minor;
  gss_name_t name = GSS_C_NO_NAME;
  gss_buffer_desc buffer = buffer_of_text(text);
  EXPECT_COMPLETE(CALL(gss_import_name)(&minor, &buffer, type, &name), 0);
  return name;
}

static gss_cred_id_t make_acceptor(void) {
  OM_uint32 minor;
  gss_OID_set_desc mechs = {1, &oid_ntlm};
  gss_key_value_element_desc element = {"ntlmssp_keyfile", accounts_file()};
  gss_key_value_set_desc store = {1, &element};
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  EXPECT_COMPLETE(CALL(gss_acquire_cred_from)(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechs,
                                              GSS_C_ACCEPT, &store, &cred, NULL, NULL),
                  0);
  return cred;
}

static gss_cred_id_t make_initiator(gss_name_t user, const char *password) {
  OM_uint32 minor;
  gss_OID_set_desc mechs = {1, &oid_ntlm};
  gss_buffer_desc secret = buffer_of_text(password);
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  EXPECT_COMPLETE(CALL_SPI(acquire_cred_with_password)(&minor, user, &secret, GSS_C_INDEFINITE,
                                                       &mechs, GSS_C_INITIATE, &cred, NULL, NULL),
                  0);
  return cred;
}

OM_uint32 init_step(struct things *t, gss_cred_id_t cred, gss_ctx_id_t *context, gss_buffer_t in,
                    gss_buffer_t out) {
  OM_uint32 minor;
  return CALL(gss_init_sec_context)(&minor, cred, context, t->target, &oid_ntlm, kUsualFlags, 0,
                                    NULL, in, NULL, out, NULL, NULL);
}

OM_uint32 accept_step(struct things *t, gss_ctx_id_t *context, gss_buffer_t in, gss_buffer_t out) {
  OM_uint32 minor, flags;
  gss_OID mech;
  return CALL(gss_accept_sec_context)(&minor, context, t->acceptor, in, NULL, NULL, &mech, out,
                                      &flags, NULL, NULL);
}

void drop_buffer(gss_buffer_t buffer) {
  free(buffer->value);
  buffer->value = NULL;
  buffer->length = 0;
}

// Brings an acceptor's context to the stage; `other` becomes the initiator's.
static void make_contexts(struct things *t, enum stage stage) {
  gss_buffer_desc challenge = GSS_C_EMPTY_BUFFER, last = GSS_C_EMPTY_BUFFER;
  gss_buffer_desc none = GSS_C_EMPTY_BUFFER;
  gss_cred_id_t cred = stage == kFailed ? make_initiator(t->user, "wrong") : t->initiator;
  OM_uint32 minor;
  EXPECT_COMPLETE(init_step(t, cred, &t->other, GSS_C_NO_BUFFER, &t->negotiate), 0);
  if (stage != kNew) EXPECT_COMPLETE(accept_step(t, &t->context, &t->negotiate, &challenge), 0);
  if (stage == kOpen || stage == kFailed) {
    EXPECT_COMPLETE(init_step(t, cred, &t->other, &challenge, &last), 0);
    const OM_uint32 major = accept_step(t, &t->context, &last, &none);
    ck_assert_int_eq(GSS_ERROR(major) != 0, stage == kFailed);
  }
  drop_buffer(&challenge);
  drop_buffer(&last);
  drop_buffer(&none);
  if (cred != t->initiator) CALL(gss_release_cred)(&minor, &cred);
}

// Tokens that the open context will take, and that its copies come from.
static void make_tokens(struct things *t) {
  OM_uint32 minor;
  gss_buffer_desc text = buffer_of_text("text");
  EXPECT_COMPLETE(CALL(gss_wrap)(&minor, t->other, 1, 0, &text, NULL, &t->wrap_token), 0);
  EXPECT_COMPLETE(CALL(gss_export_name)(&minor, t->user, &t->name_token), 0);
  EXPECT_COMPLETE(CALL(gss_export_cred)(&minor, t->initiator, &t->cred_token), 0);
}

void things_open(struct things *t, enum stage stage) {
  memset(t, 0, sizeof *t);
  t->user = make_name(TEST_NAME, GSS_C_NT_USER_NAME);
  t->target = make_name("HTTP@server.example.com", GSS_C_NT_HOSTBASED_SERVICE);
  if (!api.direct) {  // mechglue exports mechanism names only
    OM_uint32 minor;
    gss_name_t canonical = GSS_C_NO_NAME;
    EXPECT_COMPLETE(gss_canonicalize_name(&minor, t->user, &oid_ntlm, &canonical), 0);
    gss_release_name(&minor, &t->user);
    t->user = canonical;
  }
  t->initiator = make_initiator(t->user, TEST_PASSWORD);
  t->acceptor = make_acceptor();
  make_contexts(t, stage);
  if (stage == kOpen) make_tokens(t);
}

void things_close(struct things *t) {
  OM_uint32 minor;
  if (t->context != NULL) CALL(gss_delete_sec_context)(&minor, &t->context, GSS_C_NO_BUFFER);
  if (t->other != NULL) CALL(gss_delete_sec_context)(&minor, &t->other, GSS_C_NO_BUFFER);
  if (t->user != NULL) CALL(gss_release_name)(&minor, &t->user);
  if (t->target != NULL) CALL(gss_release_name)(&minor, &t->target);
  if (t->initiator != NULL) CALL(gss_release_cred)(&minor, &t->initiator);
  if (t->acceptor != NULL) CALL(gss_release_cred)(&minor, &t->acceptor);
  drop_buffer(&t->negotiate);
  drop_buffer(&t->wrap_token);
  drop_buffer(&t->mic_token);
  drop_buffer(&t->name_token);
  drop_buffer(&t->context_token);
  drop_buffer(&t->cred_token);
}

// ---- the exports -------------------------------------------------------------------------------

// Argument n is left out when bit n of `absent` is set; bit 0 is minor_status.
#define ARG(n, value) ((absent >> (n)&1) != 0 ? NULL : (value))

static OM_uint32 minor_room;

#define MINOR ARG(0, &minor_room)

static OM_uint32 call_acquire_cred(struct things *t, unsigned absent) {
  gss_OID_set_desc mechs = {1, &oid_ntlm};
  gss_OID_set actual = GSS_C_NO_OID_SET;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  OM_uint32 time, minor;
  setenv("NTLM_USER_FILE", accounts_file(), 1);
  const OM_uint32 major = CALL(gss_acquire_cred)(MINOR, ARG(1, t->user), 0, &mechs, GSS_C_INITIATE,
                                                 ARG(2, &cred), ARG(3, &actual), ARG(4, &time));
  if (cred != NULL) CALL(gss_release_cred)(&minor, &cred);
  if (actual != NULL) gss_release_oid_set(&minor, &actual);
  return major;
}

static OM_uint32 call_acquire_cred_from(struct things *t, unsigned absent) {
  gss_OID_set_desc mechs = {1, &oid_ntlm};
  gss_OID_set actual = GSS_C_NO_OID_SET;
  gss_key_value_element_desc element = {"ntlmssp_password", "x"};
  gss_key_value_set_desc store = {1, &element};
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  OM_uint32 time, minor;
  setenv("NTLM_USER_FILE", accounts_file(), 1);
  const OM_uint32 major = CALL(gss_acquire_cred_from)(
      MINOR, ARG(1, t->user), 0, &mechs, (absent & 2) != 0 ? GSS_C_ACCEPT : GSS_C_INITIATE,
      (absent & 2) != 0 ? NULL : ARG(5, &store), ARG(2, &cred), ARG(3, &actual), ARG(4, &time));
  if (cred != NULL) CALL(gss_release_cred)(&minor, &cred);
  if (actual != NULL) gss_release_oid_set(&minor, &actual);
  return major;
}

static OM_uint32 call_acquire_cred_with_password(struct things *t, unsigned absent) {
  gss_OID_set_desc mechs = {1, &oid_ntlm};
  gss_OID_set actual = GSS_C_NO_OID_SET;
  gss_buffer_desc password = buffer_of_text("x");
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  OM_uint32 time, minor;
  const OM_uint32 major = CALL_SPI(acquire_cred_with_password)(
      MINOR, ARG(1, t->user), ARG(2, &password), 0, &mechs, GSS_C_INITIATE, ARG(3, &cred),
      ARG(4, &actual), ARG(5, &time));
  if (cred != NULL) CALL(gss_release_cred)(&minor, &cred);
  if (actual != NULL) gss_release_oid_set(&minor, &actual);
  return major;
}

static OM_uint32 call_release_cred(struct things *t, unsigned absent) {
  return CALL(gss_release_cred)(MINOR, ARG(1, &t->initiator));
}

static OM_uint32 call_init_sec_context(struct things *t, unsigned absent) {
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  gss_buffer_desc empty = GSS_C_EMPTY_BUFFER, out = GSS_C_EMPTY_BUFFER;
  gss_OID mech;
  OM_uint32 flags, time, minor;
  const OM_uint32 major = CALL(gss_init_sec_context)(
      MINOR, t->initiator, ARG(1, &context), ARG(2, t->target), &oid_ntlm, kUsualFlags, 0, NULL,
      ARG(3, &empty), ARG(4, &mech), ARG(5, &out), ARG(6, &flags), ARG(7, &time));
  drop_buffer(&out);
  if (context != NULL) CALL(gss_delete_sec_context)(&minor, &context, GSS_C_NO_BUFFER);
  return major;
}

static OM_uint32 call_accept_sec_context(struct things *t, unsigned absent) {
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
  gss_name_t client = GSS_C_NO_NAME;
  gss_cred_id_t delegated = GSS_C_NO_CREDENTIAL;
  gss_OID mech;
  OM_uint32 flags, time, minor;
  const OM_uint32 major = CALL(gss_accept_sec_context)(
      MINOR, ARG(1, &context), t->acceptor, ARG(2, &t->negotiate), NULL, ARG(3, &client),
      ARG(4, &mech), ARG(5, &out), ARG(6, &flags), ARG(7, &time), ARG(8, &delegated));
  drop_buffer(&out);
  if (context != NULL) CALL(gss_delete_sec_context)(&minor, &context, GSS_C_NO_BUFFER);
  return major;
}

static OM_uint32 call_delete_sec_context(struct things *t, unsigned absent) {
  gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = CALL(gss_delete_sec_context)(MINOR, ARG(1, &t->context), ARG(2, &out));
  drop_buffer(&out);
  return major;
}

static OM_uint32 call_import_name(struct things *t, unsigned absent) {
  (void)t;
  gss_buffer_desc text = buffer_of_text(TEST_NAME);
  gss_name_t name = GSS_C_NO_NAME;
  OM_uint32 minor;
  const OM_uint32 major =
      CALL(gss_import_name)(MINOR, ARG(1, &text), ARG(2, GSS_C_NT_USER_NAME), ARG(3, &name));
  if (name != NULL) CALL(gss_release_name)(&minor, &name);
  return major;
}

static OM_uint32 call_display_name(struct things *t, unsigned absent) {
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  gss_OID type;
  const OM_uint32 major =
      CALL(gss_display_name)(MINOR, ARG(1, t->user), ARG(2, &text), ARG(3, &type));
  drop_buffer(&text);
  return major;
}

static OM_uint32 call_release_name(struct things *t, unsigned absent) {
  return CALL(gss_release_name)(MINOR, ARG(1, &t->user));
}

static OM_uint32 call_duplicate_name(struct things *t, unsigned absent) {
  gss_name_t copy = GSS_C_NO_NAME;
  OM_uint32 minor;
  const OM_uint32 major = CALL(gss_duplicate_name)(MINOR, ARG(1, t->user), ARG(2, &copy));
  if (copy != NULL) CALL(gss_release_name)(&minor, &copy);
  return major;
}

static OM_uint32 call_compare_name(struct things *t, unsigned absent) {
  int equal;
  return CALL(gss_compare_name)(MINOR, ARG(1, t->user), ARG(2, t->user), ARG(3, &equal));
}

static OM_uint32 call_export_name(struct things *t, unsigned absent) {
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = CALL(gss_export_name)(MINOR, ARG(1, t->user), ARG(2, &token));
  drop_buffer(&token);
  return major;
}

static OM_uint32 call_inquire_names_for_mech(struct things *t, unsigned absent) {
  (void)t;
  gss_OID_set types = GSS_C_NO_OID_SET;
  OM_uint32 minor;
  const OM_uint32 major =
      CALL(gss_inquire_names_for_mech)(MINOR, ARG(1, &oid_ntlm), ARG(2, &types));
  if (types != NULL) gss_release_oid_set(&minor, &types);
  return major;
}

static OM_uint32 call_inquire_context(struct things *t, unsigned absent) {
  gss_name_t from = GSS_C_NO_NAME, to = GSS_C_NO_NAME;
  gss_OID mech;
  OM_uint32 time, flags, minor;
  int local, open;
  const OM_uint32 major = CALL(gss_inquire_context)(MINOR, ARG(1, t->context), ARG(2, &from),
                                                    ARG(3, &to), ARG(4, &time), ARG(5, &mech),
                                                    ARG(6, &flags), ARG(7, &local), ARG(8, &open));
  if (from != NULL) CALL(gss_release_name)(&minor, &from);
  if (to != NULL) CALL(gss_release_name)(&minor, &to);
  return major;
}

static OM_uint32 call_context_time(struct things *t, unsigned absent) {
  OM_uint32 time;
  return CALL(gss_context_time)(MINOR, ARG(1, t->context), ARG(2, &time));
}

static OM_uint32 call_get_mic(struct things *t, unsigned absent) {
  gss_buffer_desc text = buffer_of_text("text"), mic = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major =
      CALL(gss_get_mic)(MINOR, ARG(1, t->context), 0, ARG(2, &text), ARG(3, &mic));
  drop_buffer(&mic);
  return major;
}

static OM_uint32 call_verify_mic(struct things *t, unsigned absent) {
  gss_buffer_desc text = buffer_of_text("text"), mic = buffer_of("0123456789abcdef", 16);
  gss_qop_t qop;
  return CALL(gss_verify_mic)(MINOR, ARG(1, t->context), ARG(2, &text), ARG(3, &mic), ARG(4, &qop));
}

static OM_uint32 call_wrap(struct things *t, unsigned absent) {
  gss_buffer_desc text = buffer_of_text("text"), token = GSS_C_EMPTY_BUFFER;
  int conf_state;
  const OM_uint32 major = CALL(gss_wrap)(MINOR, ARG(1, t->context), 1, 0, ARG(2, &text),
                                         ARG(3, &conf_state), ARG(4, &token));
  drop_buffer(&token);
  return major;
}

static OM_uint32 call_unwrap(struct things *t, unsigned absent) {
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER, token = buffer_of("0123456789abcdef0123", 20);
  if (t->wrap_token.value != NULL) token = t->wrap_token;
  gss_qop_t qop;
  int conf_state;
  const OM_uint32 major = CALL(gss_unwrap)(MINOR, ARG(1, t->context), ARG(2, &token), ARG(3, &text),
                                           ARG(4, &conf_state), ARG(5, &qop));
  drop_buffer(&text);
  return major;
}

static OM_uint32 call_wrap_size_limit(struct things *t, unsigned absent) {
  OM_uint32 limit;
  return CALL(gss_wrap_size_limit)(MINOR, ARG(1, t->context), 1, 0, 1000, ARG(2, &limit));
}

static uint8_t iov_room[64];
static void make_iov(gss_iov_buffer_desc iov[2], OM_uint32 first) {
  iov[0].type = first;
  iov[0].buffer = buffer_of(iov_room, 16);
  iov[1].type = GSS_IOV_BUFFER_TYPE_DATA;
  iov[1].buffer = buffer_of(iov_room + 16, 20);
}

static OM_uint32 call_wrap_iov(struct things *t, unsigned absent) {
  gss_iov_buffer_desc iov[2];
  int conf_state;
  make_iov(iov, GSS_IOV_BUFFER_TYPE_HEADER);
  return CALL(gss_wrap_iov)(MINOR, ARG(1, t->context), 1, 0, ARG(2, &conf_state), ARG(3, iov), 2);
}

static OM_uint32 call_unwrap_iov(struct things *t, unsigned absent) {
  gss_iov_buffer_desc iov[2];
  int conf_state;
  gss_qop_t qop;
  make_iov(iov, GSS_IOV_BUFFER_TYPE_HEADER);
  return CALL(gss_unwrap_iov)(MINOR, ARG(1, t->context), ARG(2, &conf_state), ARG(3, &qop),
                              ARG(4, iov), 2);
}

static OM_uint32 call_wrap_iov_length(struct things *t, unsigned absent) {
  gss_iov_buffer_desc iov[2];
  int conf_state;
  make_iov(iov, GSS_IOV_BUFFER_TYPE_HEADER);
  return CALL(gss_wrap_iov_length)(MINOR, ARG(1, t->context), 1, 0, ARG(2, &conf_state),
                                   ARG(3, iov), 2);
}

static OM_uint32 call_get_mic_iov(struct things *t, unsigned absent) {
  gss_iov_buffer_desc iov[2];
  make_iov(iov, GSS_IOV_BUFFER_TYPE_MIC_TOKEN);
  return CALL(gss_get_mic_iov)(MINOR, ARG(1, t->context), 0, ARG(2, iov), 2);
}

static OM_uint32 call_verify_mic_iov(struct things *t, unsigned absent) {
  gss_iov_buffer_desc iov[2];
  gss_qop_t qop;
  make_iov(iov, GSS_IOV_BUFFER_TYPE_MIC_TOKEN);
  return CALL(gss_verify_mic_iov)(MINOR, ARG(1, t->context), ARG(2, &qop), ARG(3, iov), 2);
}

static OM_uint32 call_get_mic_iov_length(struct things *t, unsigned absent) {
  gss_iov_buffer_desc iov[2];
  make_iov(iov, GSS_IOV_BUFFER_TYPE_MIC_TOKEN);
  return CALL(gss_get_mic_iov_length)(MINOR, ARG(1, t->context), 0, ARG(2, iov), 2);
}

static OM_uint32 call_display_status(struct things *t, unsigned absent) {
  OM_uint32 code = 0;
  gss_buffer_desc bad = buffer_of_text("0123456789abcdef"), message = GSS_C_EMPTY_BUFFER;
  CALL(gss_verify_mic)(&code, t->context, &message, &bad, NULL);
  ck_assert_uint_ne(code, 0);
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  OM_uint32 more = 0;
  const OM_uint32 major = CALL(gss_display_status)(MINOR, code, GSS_C_MECH_CODE, ARG(1, &oid_ntlm),
                                                   ARG(2, &more), ARG(3, &text));
  drop_buffer(&text);
  return major;
}

static OM_uint32 call_inquire_cred(struct things *t, unsigned absent) {
  gss_name_t name = GSS_C_NO_NAME;
  OM_uint32 time, minor;
  gss_cred_usage_t usage;
  gss_OID_set mechs = GSS_C_NO_OID_SET;
  const OM_uint32 major = CALL(gss_inquire_cred)(MINOR, t->initiator, ARG(1, &name), ARG(2, &time),
                                                 ARG(3, &usage), ARG(4, &mechs));
  if (name != NULL) CALL(gss_release_name)(&minor, &name);
  if (mechs != NULL) gss_release_oid_set(&minor, &mechs);
  return major;
}

static OM_uint32 call_inquire_cred_by_mech(struct things *t, unsigned absent) {
  gss_name_t name = GSS_C_NO_NAME;
  OM_uint32 first, second, minor;
  gss_cred_usage_t usage;
  const OM_uint32 major =
      CALL(gss_inquire_cred_by_mech)(MINOR, t->initiator, &oid_ntlm, ARG(1, &name), ARG(2, &first),
                                     ARG(3, &second), ARG(4, &usage));
  if (name != NULL) CALL(gss_release_name)(&minor, &name);
  return major;
}

static OM_uint32 call_set_cred_option(struct things *t, unsigned absent) {
  gss_buffer_desc value = GSS_C_EMPTY_BUFFER;
  return CALL_SPI(set_cred_option)(MINOR, ARG(1, &t->initiator), ARG(2, &oid_no_ci_flags),
                                   ARG(3, &value));
}

static OM_uint32 call_inquire_sec_context_by_oid(struct things *t, unsigned absent) {
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  OM_uint32 minor;
  const OM_uint32 major = CALL(gss_inquire_sec_context_by_oid)(MINOR, ARG(1, t->context),
                                                               ARG(2, &oid_sasl_ssf), ARG(3, &set));
  if (set != NULL) gss_release_buffer_set(&minor, &set);
  return major;
}

static OM_uint32 call_set_sec_context_option(struct things *t, unsigned absent) {
  uint32_t direction = 0;
  gss_buffer_desc value = buffer_of(&direction, sizeof direction);
  return CALL(gss_set_sec_context_option)(MINOR, ARG(1, &t->context), ARG(2, &oid_reset_crypto),
                                          ARG(3, &value));
}

static OM_uint32 call_export_sec_context(struct things *t, unsigned absent) {
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = CALL(gss_export_sec_context)(MINOR, ARG(1, &t->context), ARG(2, &token));
  drop_buffer(&token);
  return major;
}

static OM_uint32 call_import_sec_context(struct things *t, unsigned absent) {
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  OM_uint32 minor;
  if (t->context_token.value == NULL && t->other != NULL) {
    EXPECT_COMPLETE(CALL(gss_export_sec_context)(&minor, &t->other, &t->context_token), 0);
  }
  const OM_uint32 major =
      CALL(gss_import_sec_context)(MINOR, ARG(1, &t->context_token), ARG(2, &context));
  if (context != NULL) CALL(gss_delete_sec_context)(&minor, &context, GSS_C_NO_BUFFER);
  return major;
}

static OM_uint32 call_export_cred(struct things *t, unsigned absent) {
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = CALL(gss_export_cred)(MINOR, ARG(1, t->initiator), ARG(2, &token));
  drop_buffer(&token);
  return major;
}

static OM_uint32 call_import_cred(struct things *t, unsigned absent) {
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  OM_uint32 minor;
  const OM_uint32 major = CALL(gss_import_cred)(MINOR, ARG(1, &t->cred_token), ARG(2, &cred));
  if (cred != NULL) CALL(gss_release_cred)(&minor, &cred);
  return major;
}

static OM_uint32 call_localname(struct things *t, unsigned absent) {
  gss_buffer_desc local = GSS_C_EMPTY_BUFFER;
  OM_uint32 minor;
  gss_name_t name = make_name("root", GSS_C_NT_USER_NAME);
  (void)t;
  const OM_uint32 major =
      CALL(gss_localname)(MINOR, ARG(1, name), ARG(2, &oid_ntlm), ARG(3, &local));
  drop_buffer(&local);
  CALL(gss_release_name)(&minor, &name);
  return major;
}

static OM_uint32 call_inquire_attrs_for_mech(struct things *t, unsigned absent) {
  (void)t;
  gss_OID_set present = GSS_C_NO_OID_SET, known = GSS_C_NO_OID_SET;
  OM_uint32 minor;
  const OM_uint32 major =
      CALL(gss_inquire_attrs_for_mech)(MINOR, ARG(1, &oid_ntlm), ARG(2, &present), ARG(3, &known));
  if (present != NULL) gss_release_oid_set(&minor, &present);
  if (known != NULL) gss_release_oid_set(&minor, &known);
  return major;
}

static OM_uint32 call_inquire_saslname_for_mech(struct things *t, unsigned absent) {
  (void)t;
  gss_buffer_desc a = GSS_C_EMPTY_BUFFER, b = GSS_C_EMPTY_BUFFER, c = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = CALL(gss_inquire_saslname_for_mech)(MINOR, ARG(1, &oid_ntlm), ARG(2, &a),
                                                              ARG(3, &b), ARG(4, &c));
  drop_buffer(&a);
  drop_buffer(&b);
  drop_buffer(&c);
  return major;
}

static OM_uint32 call_inquire_mech_for_saslname(struct things *t, unsigned absent) {
  (void)t;
  gss_buffer_desc name = buffer_of_text("GS2-NTLM");
  gss_OID mech;
  return CALL(gss_inquire_mech_for_saslname)(MINOR, ARG(1, &name), ARG(2, &mech));
}

static OM_uint32 call_pseudo_random(struct things *t, unsigned absent) {
  gss_buffer_desc seed = buffer_of_text("seed"), out = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = CALL(gss_pseudo_random)(MINOR, ARG(1, t->context), GSS_C_PRF_KEY_FULL,
                                                  ARG(2, &seed), 20, ARG(3, &out));
  drop_buffer(&out);
  return major;
}

static OM_uint32 call_inquire_cred_by_oid(struct things *t, unsigned absent) {
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  OM_uint32 minor;
  const OM_uint32 major = CALL(gss_inquire_cred_by_oid)(MINOR, ARG(1, t->initiator),
                                                        ARG(2, &oid_unknown), ARG(3, &set));
  if (set != GSS_C_NO_BUFFER_SET) gss_release_buffer_set(&minor, &set);
  return major;
}

// Into a store that does not exist: the keyring of whoever runs the tests stays as it is.
static OM_uint32 call_store_cred_into(struct things *t, unsigned absent) {
  gss_key_value_element_desc element = {"ntlmssp_nowhere", "x"};
  gss_key_value_set_desc store = {1, &element};
  gss_OID_set stored = GSS_C_NO_OID_SET;
  gss_cred_usage_t usage;
  OM_uint32 minor;
  if ((absent & 4) != 0) return GSS_S_FAILURE;  // the default store
  const OM_uint32 major =
      CALL(gss_store_cred_into)(MINOR, ARG(1, t->initiator), GSS_C_INITIATE, &oid_ntlm, 1, 0,
                                ARG(2, &store), ARG(3, &stored), ARG(4, &usage));
  if (stored != GSS_C_NO_OID_SET) gss_release_oid_set(&minor, &stored);
  return major;
}

static OM_uint32 call_inquire_name(struct things *t, unsigned absent) {
  gss_buffer_set_t attributes = GSS_C_NO_BUFFER_SET;
  gss_OID mech = GSS_C_NO_OID;
  int is_mech_name;
  OM_uint32 minor;
  const OM_uint32 major = CALL(gss_inquire_name)(MINOR, ARG(1, t->user), ARG(2, &is_mech_name),
                                                 ARG(3, &mech), ARG(4, &attributes));
  gss_release_oid(&minor, &mech);
  if (attributes != GSS_C_NO_BUFFER_SET) gss_release_buffer_set(&minor, &attributes);
  return major;
}

static OM_uint32 call_get_name_attribute(struct things *t, unsigned absent) {
  gss_buffer_desc key = buffer_of_text("urn:nobody:nothing");
  gss_buffer_desc value = GSS_C_EMPTY_BUFFER, display = GSS_C_EMPTY_BUFFER;
  int authenticated, complete, more = -1;
  const OM_uint32 major = CALL(gss_get_name_attribute)(
      MINOR, ARG(1, t->user), ARG(2, &key), ARG(3, &authenticated), ARG(4, &complete),
      ARG(5, &value), ARG(6, &display), ARG(7, &more));
  drop_buffer(&value);
  drop_buffer(&display);
  return major;
}

static OM_uint32 call_set_name_attribute(struct things *t, unsigned absent) {
  gss_buffer_desc key = buffer_of_text("urn:nobody:nothing"), value = buffer_of_text("x");
  return CALL(gss_set_name_attribute)(MINOR, ARG(1, t->user), 1, ARG(2, &key), ARG(3, &value));
}

static OM_uint32 call_delete_name_attribute(struct things *t, unsigned absent) {
  gss_buffer_desc key = buffer_of_text("urn:nobody:nothing");
  return CALL(gss_delete_name_attribute)(MINOR, ARG(1, t->user), ARG(2, &key));
}

static OM_uint32 call_export_name_composite(struct things *t, unsigned absent) {
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = CALL(gss_export_name_composite)(MINOR, ARG(1, t->user), ARG(2, &token));
  drop_buffer(&token);
  return major;
}

static OM_uint32 call_mech_invoke(struct things *t, unsigned absent) {
  (void)t;
  gss_buffer_desc value = buffer_of_text("x");
  return CALL(gssspi_mech_invoke)(MINOR, ARG(1, &oid_ntlm), ARG(2, &oid_unknown), ARG(3, &value));
}

const struct call kCalls[] = {
    {"gss_acquire_cred", call_acquire_cred, 5, BIT(1) | BIT(3) | BIT(4), 0, false},
    {"gss_acquire_cred_from", call_acquire_cred_from, 6, BIT(1) | BIT(3) | BIT(4) | BIT(5), 0,
     false},
    {"gss_acquire_cred_with_password", call_acquire_cred_with_password, 6, BIT(4) | BIT(5), 0,
     false},
    {"gss_release_cred", call_release_cred, 2, 0, 0, false},
    {"gss_init_sec_context", call_init_sec_context, 8, BIT(3) | BIT(4) | BIT(6) | BIT(7), 0, false},
    {"gss_accept_sec_context", call_accept_sec_context, 9,
     BIT(3) | BIT(4) | BIT(6) | BIT(7) | BIT(8), 0, false},
    {"gss_delete_sec_context", call_delete_sec_context, 3, BIT(2), 0, false},
    {"gss_import_name", call_import_name, 4, BIT(2), 0, false},
    {"gss_display_name", call_display_name, 4, BIT(3), 0, false},
    {"gss_release_name", call_release_name, 2, 0, 0, false},
    {"gss_duplicate_name", call_duplicate_name, 3, 0, 0, false},
    {"gss_compare_name", call_compare_name, 4, BIT(3), 0, false},
    {"gss_export_name", call_export_name, 3, 0, 0, false},
    {"gss_inquire_names_for_mech", call_inquire_names_for_mech, 3, BIT(1), 0, false},
    {"gss_inquire_context", call_inquire_context, 9,
     BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8), 0, false},
    {"gss_context_time", call_context_time, 3, BIT(2), 0, false},
    {"gss_get_mic", call_get_mic, 4, BIT(2), 0, false},
    {"gss_verify_mic", call_verify_mic, 5, 0, 0, true},
    {"gss_wrap", call_wrap, 5, BIT(2) | BIT(3), 0, false},
    {"gss_unwrap", call_unwrap, 6, BIT(4) | BIT(5), 0, false},
    {"gss_wrap_size_limit", call_wrap_size_limit, 3, BIT(2), 0, false},
    {"gss_wrap_iov", call_wrap_iov, 4, BIT(2), 0, false},
    {"gss_unwrap_iov", call_unwrap_iov, 5, 0, 0, true},
    {"gss_wrap_iov_length", call_wrap_iov_length, 4, BIT(2), 0, false},
    {"gss_get_mic_iov", call_get_mic_iov, 3, 0, 0, false},
    {"gss_verify_mic_iov", call_verify_mic_iov, 4, 0, 0, true},
    {"gss_get_mic_iov_length", call_get_mic_iov_length, 3, 0, 0, false},
    {"gss_display_status", call_display_status, 4, BIT(1) | BIT(2), 0, false},
    {"gss_inquire_cred", call_inquire_cred, 5, BIT(1) | BIT(2) | BIT(3) | BIT(4), 0, false},
    {"gss_inquire_cred_by_mech", call_inquire_cred_by_mech, 5, BIT(1) | BIT(2) | BIT(3) | BIT(4), 0,
     false},
    {"gss_set_cred_option", call_set_cred_option, 4, 0, 0, false},
    {"gss_inquire_sec_context_by_oid", call_inquire_sec_context_by_oid, 4, 0, 0, false},
    {"gss_set_sec_context_option", call_set_sec_context_option, 4, 0, 0, false},
    {"gss_export_sec_context", call_export_sec_context, 3, 0, 0, false},
    {"gss_import_sec_context", call_import_sec_context, 3, 0, 0, false},
    {"gss_export_cred", call_export_cred, 3, 0, 0, false},
    {"gss_import_cred", call_import_cred, 3, 0, 0, false},
    {"gss_localname", call_localname, 4, BIT(2) | BIT(3), 0, false},
    {"gss_inquire_attrs_for_mech", call_inquire_attrs_for_mech, 4, BIT(1) | BIT(2) | BIT(3), 0,
     false},
    {"gss_inquire_saslname_for_mech", call_inquire_saslname_for_mech, 5,
     BIT(1) | BIT(2) | BIT(3) | BIT(4), 0, false},
    {"gss_inquire_mech_for_saslname", call_inquire_mech_for_saslname, 3, BIT(2), BIT(1), false},
    {"gss_pseudo_random", call_pseudo_random, 4, 0, 0, false},
    {"gss_inquire_cred_by_oid", call_inquire_cred_by_oid, 4, 0, 0, true},
    {"gss_store_cred_into", call_store_cred_into, 5, 0, 0, true},
    {"gss_inquire_name", call_inquire_name, 5, BIT(2) | BIT(3) | BIT(4), 0, false},
    {"gss_get_name_attribute", call_get_name_attribute, 8, 0, 0, true},
    {"gss_set_name_attribute", call_set_name_attribute, 4, 0, 0, true},
    {"gss_delete_name_attribute", call_delete_name_attribute, 3, 0, 0, true},
    {"gss_export_name_composite", call_export_name_composite, 3, 0, 0, false},
    {"gssspi_mech_invoke", call_mech_invoke, 4, 0, 0, true},
};
const size_t kCallCount = sizeof kCalls / sizeof kCalls[0];

const struct call *call_named(const char *name) {
  for (size_t i = 0; i < kCallCount; ++i) {
    if (strcmp(kCalls[i].name, name) == 0) return &kCalls[i];
  }
  ck_abort_msg("there is no %s", name);
}
