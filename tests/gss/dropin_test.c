// SPDX-License-Identifier: MIT
// A program for gss-ntlmssp, with our module: every constant of its public header in use. It
// includes that header and those of the GSSAPI, and none of ours (N501, N502).
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_ntlmssp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ntlm_fields.h"

#define OID_OF(name) \
  { name##_OID_LENGTH, (void *)(uintptr_t)name##_OID_STRING }
static gss_OID_desc mech = OID_OF(GSS_NTLMSSP);
static gss_OID_desc set_seq_num = OID_OF(GSS_NTLMSSP_SET_SEQ_NUM);
static gss_OID_desc require_mic = OID_OF(GSS_SPNEGO_REQUIRE_MIC);
static gss_OID_desc reset_crypto = OID_OF(GSS_NTLMSSP_RESET_CRYPTO);
static gss_OID_desc debug_file = OID_OF(GSS_NTLMSSP_DEBUG);
static gss_OID_desc neg_flags = OID_OF(GSS_NTLMSSP_NEG_FLAGS);

// ---- helpers -----------------------------------------------------------------------------------

// A call that must succeed and says why not in `minor`.
#define MUST(call)                  \
  do {                              \
    const OM_uint32 major = (call); \
    EXPECT_COMPLETE(major, minor);  \
  } while (0)

static char *text_of_file(const char *path) {
  static char text[1 << 16];
  FILE *file = fopen(path, "r");
  if (file == NULL) return NULL;
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  return text;
}

// A login with these credentials, which it releases; fails unless it succeeds as `client`.
static void expect_login(gss_cred_id_t initiator, gss_cred_id_t acceptor, const char *client) {
  struct handshake h;
  handshake_open(&h, kRaw);
  release_cred(&h.initiator_cred);
  release_cred(&h.acceptor_cred);
  h.initiator_cred = initiator;
  h.acceptor_cred = acceptor;
  handshake_establish(&h);
  expect_client(&h, client);
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  handshake_close(&h);
}

static OM_uint32 set_context_option(gss_ctx_id_t *context, gss_OID option, uint32_t number,
                                    size_t size, OM_uint32 *minor) {
  const uint32_t padded[2] = {number, 0};
  gss_buffer_desc value = buffer_of(padded, size);
  return gss_set_sec_context_option(minor, context, option, &value);
}

static OM_uint32 set_flags(gss_cred_id_t *cred, uint32_t flags, size_t size, OM_uint32 *minor) {
  const uint32_t padded[2] = {flags, 0};
  gss_buffer_desc value = buffer_of(padded, size);
  return gss_set_cred_option(minor, cred, &neg_flags, &value);
}

// The flags of the first message that this handshake's initiator sends.
static uint32_t offered_flags(struct handshake *h) {
  struct octets token;
  initiator_step(h, NULL, &token);
  ck_assert_uint_eq(h->initiator.major, GSS_S_CONTINUE_NEEDED);
  const uint32_t flags = get32(token.data + kNegotiateFlags);
  octets_free(&token);
  handshake_reset(h);
  return flags;
}

// ---- the mechanism -----------------------------------------------------------------------------

START_TEST(base_oid) {
  // Each option is the base OID and one arc more.
  gss_OID_desc base = OID_OF(GSS_NTLMSSP_BASE);
  const gss_OID options[] = {&set_seq_num, &require_mic, &reset_crypto, &debug_file, &neg_flags};
  for (size_t i = 0; i < sizeof options / sizeof *options; ++i) {
    ck_assert_uint_eq(options[i]->length, base.length + 1);
    ck_assert_mem_eq(options[i]->elements, base.elements, base.length);
    ck_assert_uint_eq(((const uint8_t *)options[i]->elements)[base.length], i + 1);
  }
}
END_TEST

START_TEST(mechanism_is_there) {
  OM_uint32 minor;
  int present = 0;
  gss_OID_set mechs = GSS_C_NO_OID_SET;
  MUST(gss_indicate_mechs(&minor, &mechs));
  gss_test_oid_set_member(&minor, &mech, mechs, &present);
  ck_assert(present);
  gss_release_oid_set(&minor, &mechs);
}
END_TEST

START_TEST(sasl_name) {
  OM_uint32 minor;
  gss_buffer_desc sasl = GSS_C_EMPTY_BUFFER, name = GSS_C_EMPTY_BUFFER;
  gss_buffer_desc description = GSS_C_EMPTY_BUFFER;
  MUST(gss_inquire_saslname_for_mech(&minor, &mech, &sasl, &name, &description));
  ck_assert_uint_eq(sasl.length, strlen("GS2-NTLM"));
  ck_assert_mem_eq(sasl.value, "GS2-NTLM", sasl.length);
  ck_assert_uint_eq(name.length, strlen("NTLM"));
  ck_assert_mem_eq(name.value, "NTLM", name.length);
  ck_assert_uint_gt(description.length, 0);
  gss_OID found = GSS_C_NO_OID;
  MUST(gss_inquire_mech_for_saslname(&minor, &sasl, &found));
  ck_assert(gss_oid_equal(found, &mech));
  gss_release_buffer(&minor, &sasl);
  gss_release_buffer(&minor, &name);
  gss_release_buffer(&minor, &description);
}
END_TEST

// RFC 5587. What gss-ntlmssp says of itself, less what N185 leaves out.
START_TEST(attributes) {
  OM_uint32 minor;
  gss_OID_set has = GSS_C_NO_OID_SET, known = GSS_C_NO_OID_SET;
  MUST(gss_inquire_attrs_for_mech(&minor, &mech, &has, &known));
  const gss_const_OID wanted[] = {GSS_C_MA_MECH_CONCRETE, GSS_C_MA_AUTH_INIT, GSS_C_MA_INTEG_PROT,
                                  GSS_C_MA_CONF_PROT,     GSS_C_MA_MIC,       GSS_C_MA_WRAP,
                                  GSS_C_MA_OOS_DET,       GSS_C_MA_CBINDINGS, GSS_C_MA_CTX_TRANS};
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; ++i) {
    int in_has = 0, in_known = 0;
    gss_OID oid = (gss_OID)(uintptr_t)wanted[i];
    gss_test_oid_set_member(&minor, oid, has, &in_has);
    gss_test_oid_set_member(&minor, oid, known, &in_known);
    ck_assert_msg(in_has && in_known, "attribute %zu", i);
  }
  gss_release_oid_set(&minor, &has);
  gss_release_oid_set(&minor, &known);

  // And a mechanism is found by its attributes.
  gss_OID_set desired = GSS_C_NO_OID_SET, found = GSS_C_NO_OID_SET;
  int present = 0;
  gss_create_empty_oid_set(&minor, &desired);
  gss_add_oid_set_member(&minor, (gss_OID)(uintptr_t)GSS_C_MA_CBINDINGS, &desired);
  MUST(gss_indicate_mechs_by_attrs(&minor, desired, NULL, NULL, &found));
  gss_test_oid_set_member(&minor, &mech, found, &present);
  ck_assert(present);
  gss_release_oid_set(&minor, &desired);
  gss_release_oid_set(&minor, &found);
}
END_TEST

// ---- credential store --------------------------------------------------------------------------

static gss_cred_id_t key_file_acceptor(const char *path) {
  const struct store_entry store[] = {{GSS_NTLMSSP_CS_KEYFILE, path}, {NULL, NULL}};
  return acquire(NULL, GSS_C_ACCEPT, &mech, store);
}

START_TEST(store_password) {
  const struct store_entry store[] = {{GSS_NTLMSSP_CS_PASSWORD, TEST_PASSWORD}, {NULL, NULL}};
  expect_login(acquire(TEST_NAME, GSS_C_INITIATE, &mech, store), key_file_acceptor(accounts_file()),
               TEST_NAME);
}
END_TEST

START_TEST(store_domain) {
  const struct store_entry store[] = {
      {GSS_NTLMSSP_CS_PASSWORD, TEST_PASSWORD}, {GSS_NTLMSSP_CS_DOMAIN, TEST_DOMAIN}, {NULL, NULL}};
  expect_login(acquire(TEST_USER, GSS_C_INITIATE, &mech, store), key_file_acceptor(accounts_file()),
               TEST_NAME);
}
END_TEST

// The hash of "Passw0rd" logs in where the password is known, and the other way round.
#define HASHED_PASSWORD "Passw0rd"
#define HASH_OF_IT "A87F3A337D73085C45F9416BE5787D86"
static const char kSmbPasswd[] =
    TEST_USER ":1000:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:" HASH_OF_IT ":[U          ]:LCT-00000000:\n";

START_TEST(store_nt_hash) {
  const struct store_entry store[] = {{GSS_NTLMSSP_CS_NTHASH, HASH_OF_IT}, {NULL, NULL}};
  const char *path = write_file("known", TEST_DOMAIN ":" TEST_USER ":" HASHED_PASSWORD "\n", 0600);
  expect_login(acquire(TEST_NAME, GSS_C_INITIATE, &mech, store), key_file_acceptor(path),
               TEST_NAME);
}
END_TEST

START_TEST(store_key_file) {
  const struct store_entry store[] = {{GSS_NTLMSSP_CS_KEYFILE, accounts_file()}, {NULL, NULL}};
  expect_login(acquire(TEST_NAME, GSS_C_INITIATE, &mech, store), key_file_acceptor(accounts_file()),
               TEST_NAME);
}
END_TEST

START_TEST(store_key_misspelt) {
  const struct store_entry store[] = {
      {GSS_NTLMSSP_CS_PASSWORD, TEST_PASSWORD}, {"ntlmssp_passwort", TEST_PASSWORD}, {NULL, NULL}};
  OM_uint32 minor;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  const OM_uint32 major = try_acquire(&minor, TEST_NAME, GSS_C_INITIATE, &mech, store, &cred);
  ck_assert(GSS_ERROR(major));
  ck_assert_ptr_null(cred);
  EXPECT_TEXT(minor_text(minor), "ntlmssp_passwort");
}
END_TEST

// ---- files and environment ---------------------------------------------------------------------

// Both formats, by the variable, for both ends.
static void expect_file_serves(const char *text, const char *user, const char *password,
                               const char *client) {
  const char *path = write_file("either_format", text, 0600);
  setenv("NTLM_USER_FILE", path, 1);
  expect_login(acquire_with_password(user, password, &mech),
               acquire(NULL, GSS_C_ACCEPT, &mech, NULL), client);
  expect_login(acquire(user, GSS_C_INITIATE, &mech, NULL), key_file_acceptor(path), client);
  unsetenv("NTLM_USER_FILE");
}

START_TEST(file_of_passwords) {
  expect_file_serves(kAccounts, TEST_NAME, TEST_PASSWORD, TEST_NAME);
}
END_TEST

START_TEST(file_of_smbpasswd) {
  expect_file_serves(kSmbPasswd, TEST_USER, HASHED_PASSWORD, TEST_USER);
}
END_TEST

START_TEST(file_default_initiator) {
  // The first account of the file is the default credential.
  setenv("NTLM_USER_FILE",
         write_file("one", TEST_DOMAIN ":" TEST_USER ":" TEST_PASSWORD "\n", 0600), 1);
  expect_login(acquire(NULL, GSS_C_INITIATE, &mech, NULL), acquire(NULL, GSS_C_ACCEPT, &mech, NULL),
               TEST_NAME);
}
END_TEST

START_TEST(netbios_names) {
  setenv("NETBIOS_COMPUTER_NAME", "BOX", 1);
  setenv("NETBIOS_DOMAIN_NAME", "GROUP", 1);
  struct handshake h;
  handshake_open(&h, kRaw);
  handshake_establish(&h);
  struct octets challenge = copy_message(&h.token[1], kTypeChallenge);
  struct octets info = field_octets(&challenge, kChallengeTargetInfo);
  char *computer = av_text(&info, kAvNbComputerName), *domain = av_text(&info, kAvNbDomainName);
  ck_assert_str_eq(computer, "BOX");
  ck_assert_str_eq(domain, "GROUP");
  struct octets answer = copy_message(&h.token[2], kTypeAuthenticate);
  char *workstation = field_text(&answer, kAuthWorkstation);
  ck_assert_str_eq(workstation, "BOX");
  free(computer);
  free(domain);
  free(workstation);
  octets_free(&challenge);
  octets_free(&info);
  octets_free(&answer);
  handshake_close(&h);
}
END_TEST

static const struct {
  const char *level;
  bool usable;
} kLevels[] = {{"3", true}, {"5", true}, {"6", false}, {"three", false}};

START_TEST(lm_compat_level) {
  setenv("LM_COMPAT_LEVEL", kLevels[_i].level, 1);
  OM_uint32 minor;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  const OM_uint32 major =
      try_acquire_with_password(&minor, TEST_NAME, TEST_PASSWORD, &mech, GSS_C_INITIATE, &cred);
  if (kLevels[_i].usable) {
    EXPECT_COMPLETE(major, minor);
    expect_login(cred, key_file_acceptor(accounts_file()), TEST_NAME);
  } else if (!GSS_ERROR(major)) {
    struct handshake h;
    handshake_open(&h, kRaw);
    ck_assert(!handshake_run(&h));
    handshake_close(&h);
    release_cred(&cred);
  }
}
END_TEST

// Whatever writes the log, it names the event and holds no secret.
static void expect_log(const char *path) {
  const char *text = text_of_file(path);
  ck_assert_msg(text != NULL && *text != '\0', "nothing was written to %s", path);
  ck_assert_ptr_null(strstr(text, TEST_PASSWORD));
  ck_assert_ptr_null(strstr(text, "Looking-glass2"));
}

// A refused login, of which a log tells.
static void fail_login(void) {
  struct handshake h;
  handshake_open(&h, kRaw);
  release_cred(&h.initiator_cred);
  h.initiator_cred = acquire_with_password(TEST_NAME, "Looking-glass2", &mech);
  ck_assert(!handshake_run(&h));
  handshake_close(&h);
}

START_TEST(debug_variable) {
  const char *path = temp_path("variable.log");
  setenv("GSSNTLMSSP_DEBUG", path, 1);
  fail_login();
  expect_log(path);
}
END_TEST

START_TEST(winbind_variable) {
  // One connection for the process or one for each thread: without winbind there is none.
  setenv("GSSNTLMSSP_WB_TLS_CTX", _i == 0 ? "0" : "1", 1);
  expect_login(acquire_with_password(TEST_NAME, TEST_PASSWORD, &mech),
               key_file_acceptor(accounts_file()), TEST_NAME);
}
END_TEST

START_TEST(user_variables) {
  // They name the user of a cached logon, and there is no winbind here: no credential, and no
  // crash.
  setenv("NTLMUSER", TEST_NAME, 1);
  setenv("USER", TEST_USER, 1);
  OM_uint32 minor;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  const OM_uint32 major = try_acquire(&minor, NULL, GSS_C_INITIATE, &mech, NULL, &cred);
  EXPECT_STATUS(GSS_S_NO_CRED, major, minor);
}
END_TEST

// ---- what SPNEGO asks --------------------------------------------------------------------------

static uint8_t asked_require_mic(gss_ctx_id_t context) {
  OM_uint32 minor;
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  MUST(gss_inquire_sec_context_by_oid(&minor, context, &require_mic, &set));
  ck_assert_uint_eq(set->count, 1);
  ck_assert_uint_eq(set->elements[0].length, 1);
  const uint8_t answer = *(const uint8_t *)set->elements[0].value;
  gss_release_buffer_set(&minor, &set);
  return answer;
}

START_TEST(require_mic_after_each_leg) {
  struct handshake h;
  struct octets negotiate, challenge, answer;
  handshake_open(&h, kRaw);
  initiator_step(&h, NULL, &negotiate);
  ck_assert_uint_eq(asked_require_mic(h.initiator.context), 0);
  acceptor_step(&h, &negotiate, &challenge);
  initiator_step(&h, &challenge, &answer);
  ck_assert_uint_eq(asked_require_mic(h.initiator.context), 1);
  octets_free(&negotiate);
  octets_free(&challenge);
  octets_free(&answer);
  handshake_close(&h);
}
END_TEST

// Sends one message to the acceptor; true when it arrives.
static bool one_message_passes(struct handshake *h) {
  struct octets token, text = {NULL, 0};
  wrap_octets(h->initiator.context, 1, "text", 4, NULL, &token);
  const OM_uint32 major = unwrap_octets(h->acceptor.context, token.data, token.size, NULL, &text);
  octets_free(&token);
  octets_free(&text);
  return major == GSS_S_COMPLETE;
}

START_TEST(reset_of_the_ciphers) {
  struct handshake h;
  OM_uint32 minor;
  handshake_open(&h, kRaw);
  handshake_establish(&h);
  ck_assert(one_message_passes(&h));
  // One end alone: the streams differ. The other end too: they agree again, numbers went on.
  MUST(set_context_option(&h.initiator.context, &reset_crypto, 0, 4, &minor));
  struct octets token, text = {NULL, 0};
  wrap_octets(h.initiator.context, 1, "text", 4, NULL, &token);
  ck_assert_uint_ne(unwrap_octets(h.acceptor.context, token.data, token.size, NULL, &text),
                    GSS_S_COMPLETE);
  octets_free(&text);
  MUST(set_context_option(&h.acceptor.context, &reset_crypto, 1, 4, &minor));
  EXPECT_COMPLETE(unwrap_octets(h.acceptor.context, token.data, token.size, NULL, &text), 0);
  octets_free(&token);
  octets_free(&text);
  ck_assert(one_message_passes(&h));
  // A value of another size is refused and changes nothing.
  ck_assert(GSS_ERROR(set_context_option(&h.initiator.context, &reset_crypto, 0, 3, &minor)));
  ck_assert(GSS_ERROR(set_context_option(&h.initiator.context, &reset_crypto, 0, 5, &minor)));
  ck_assert(one_message_passes(&h));
  handshake_close(&h);
}
END_TEST

// ---- options of NEGOTIATE, of datagrams, of the log ---------------------------------------------

START_TEST(flags_of_the_program) {
  struct handshake h;
  OM_uint32 minor;
  handshake_open(&h, kRaw);
  h.request_flags = 0;
  const uint32_t usual = offered_flags(&h);
  ck_assert((usual & NTLM_56) != 0);
  MUST(set_flags(&h.initiator_cred, usual & ~NTLM_56, 4, &minor));
  ck_assert_uint_eq(offered_flags(&h), usual & ~NTLM_56);
  handshake_establish(&h);
  handshake_reset(&h);
  // No value: the defaults again.
  MUST(set_flags(&h.initiator_cred, 0, 0, &minor));
  ck_assert_uint_eq(offered_flags(&h), usual);
  ck_assert(GSS_ERROR(set_flags(&h.initiator_cred, usual, 3, &minor)));
  ck_assert(GSS_ERROR(set_flags(&h.initiator_cred, usual, 8, &minor)));
  ck_assert_uint_eq(offered_flags(&h), usual);
  handshake_close(&h);
}
END_TEST

START_TEST(number_on_a_stream) {
  struct handshake h;
  OM_uint32 minor;
  handshake_open(&h, kRaw);
  handshake_establish(&h);
  ck_assert(one_message_passes(&h));
  ck_assert(GSS_ERROR(set_context_option(&h.initiator.context, &set_seq_num, 7, 4, &minor)));
  ck_assert(one_message_passes(&h));
  handshake_close(&h);
}
END_TEST

// An acceptor that begins with CHALLENGE. The header has no name for this: libgssapi gives no empty
// first token to a mechanism, so the context is imported, as OID and seed.
static gss_ctx_id_t datagram_acceptor(void) {
  static const char kToken[] = "\0\0\0\x0a" GSS_NTLMSSP_OID_STRING "\x4e\x44\x47\x01";
  gss_buffer_desc token = buffer_of(kToken, sizeof kToken - 1);
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  OM_uint32 minor;
  MUST(gss_import_sec_context(&minor, &token, &context));
  return context;
}

static void establish_datagram(struct handshake *h) {
  struct octets nothing = {NULL, 0}, challenge, answer, empty;
  handshake_open(h, kRaw);
  h->request_flags = GSS_C_DATAGRAM_FLAG | GSS_C_INTEG_FLAG | GSS_C_CONF_FLAG;
  initiator_step(h, NULL, &empty);
  ck_assert_uint_eq(h->initiator.major, GSS_S_CONTINUE_NEEDED);
  ck_assert_uint_eq(empty.size, 0);
  octets_free(&empty);
  h->acceptor.context = datagram_acceptor();
  acceptor_step(h, &nothing, &challenge);
  ck_assert_uint_eq(h->acceptor.major, GSS_S_CONTINUE_NEEDED);
  initiator_step(h, &challenge, &answer);
  EXPECT_COMPLETE(h->initiator.major, h->initiator.minor);
  acceptor_step(h, &answer, &empty);
  EXPECT_COMPLETE(h->acceptor.major, h->acceptor.minor);
  octets_free(&challenge);
  octets_free(&answer);
  octets_free(&empty);
}

START_TEST(number_of_a_datagram) {
  struct handshake h;
  OM_uint32 minor;
  establish_datagram(&h);
  ck_assert((h.initiator.flags & GSS_C_DATAGRAM_FLAG) != 0);
  ck_assert((h.acceptor.flags & GSS_C_DATAGRAM_FLAG) != 0);
  expect_client(&h, TEST_NAME);
  // Numbers in any order; a wrong one is noticed, the right one still opens the message.
  static const uint32_t kNumbers[] = {7, 3, 0xfffffffe, 7};
  for (size_t i = 0; i < sizeof kNumbers / sizeof *kNumbers; ++i) {
    const uint32_t number = kNumbers[i];
    struct octets token, text = {NULL, 0};
    MUST(set_context_option(&h.initiator.context, &set_seq_num, number, 4, &minor));
    wrap_octets(h.initiator.context, 1, "datagram", 8, NULL, &token);
    EXPECT_COMPLETE(set_context_option(&h.acceptor.context, &set_seq_num, number + 1, 4, &minor),
                    minor);
    EXPECT_STATUS(GSS_S_BAD_SIG,
                  unwrap_octets(h.acceptor.context, token.data, token.size, NULL, &text), 0);
    octets_free(&text);
    MUST(set_context_option(&h.acceptor.context, &set_seq_num, number, 4, &minor));
    EXPECT_COMPLETE(unwrap_octets(h.acceptor.context, token.data, token.size, NULL, &text), 0);
    ck_assert_mem_eq(text.data, "datagram", 8);
    octets_free(&token);
    octets_free(&text);
  }
  ck_assert(GSS_ERROR(set_context_option(&h.initiator.context, &set_seq_num, 1, 3, &minor)));
  handshake_close(&h);
}
END_TEST

START_TEST(debug_by_invocation) {
  OM_uint32 minor;
  const char *path = temp_path("invoked.log");
  gss_buffer_desc value = buffer_of_text(path);
  EXPECT_COMPLETE(gssspi_mech_invoke(&minor, &mech, &debug_file, &value), minor);
  fail_login();
  expect_log(path);
  // gss-ntlmssp's users count the NUL as well.
  path = temp_path("counted.log");
  value = buffer_of(path, strlen(path) + 1);
  EXPECT_COMPLETE(gssspi_mech_invoke(&minor, &mech, &debug_file, &value), minor);
  fail_login();
  expect_log(path);
}
END_TEST

START_TEST(invocation_of_nothing) {
  OM_uint32 minor;
  gss_buffer_desc value = buffer_of_text("x");
  ck_assert(GSS_ERROR(gssspi_mech_invoke(&minor, &mech, &oid_unknown, &value)));
}
END_TEST

// ---- suite -------------------------------------------------------------------------------------

static Suite *make_suite(void) {
  Suite *suite = suite_create("dropin");

  TCase *header = tcase_create("mechanism");
  tcase_add_test(header, base_oid);
  tcase_add_test(header, mechanism_is_there);
  tcase_add_test(header, sasl_name);
  tcase_add_test(header, attributes);
  suite_add_tcase(suite, header);

  TCase *store = tcase_create("credential store");
  tcase_add_test(store, store_password);
  tcase_add_test(store, store_domain);
  tcase_add_test(store, store_nt_hash);
  tcase_add_test(store, store_key_file);
  tcase_add_test(store, store_key_misspelt);
  suite_add_tcase(suite, store);

  TCase *surroundings = tcase_create("files and environment");
  tcase_add_test(surroundings, file_of_passwords);
  tcase_add_test(surroundings, file_of_smbpasswd);
  tcase_add_test(surroundings, file_default_initiator);
  tcase_add_test(surroundings, netbios_names);
  tcase_add_loop_test(surroundings, lm_compat_level, 0, sizeof kLevels / sizeof *kLevels);
  tcase_add_test(surroundings, debug_variable);
  tcase_add_loop_test(surroundings, winbind_variable, 0, 2);
  tcase_add_test(surroundings, user_variables);
  suite_add_tcase(suite, surroundings);

  TCase *spnego = tcase_create("what SPNEGO asks");
  tcase_add_test(spnego, require_mic_after_each_leg);
  tcase_add_test(spnego, reset_of_the_ciphers);
  suite_add_tcase(suite, spnego);

  TCase *options = tcase_create("NEG_FLAGS, SET_SEQ_NUM, datagram, DEBUG");
  tcase_add_test(options, flags_of_the_program);
  tcase_add_test(options, number_on_a_stream);
  tcase_add_test(options, number_of_a_datagram);
  tcase_add_test(options, debug_by_invocation);
  tcase_add_test(options, invocation_of_nothing);
  suite_add_tcase(suite, options);

  return suite;
}

int main(void) { return run_suite(make_suite); }
