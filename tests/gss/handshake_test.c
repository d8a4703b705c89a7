// SPDX-License-Identifier: MIT
// Logins: who is accepted, who is not, and what both sides then say about the context.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mini_ntlm.h"

// ---- identity ----------------------------------------------------------------------------------

START_TEST(right_password_is_accepted) {
  struct handshake h;
  handshake_open(&h, (enum carrier)_i);
  handshake_establish(&h);
  expect_client(&h, TEST_NAME);
  expect_equal_keys(&h);
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  handshake_close(&h);
}
END_TEST

// N209: three tokens of raw NTLM, and one more for SPNEGO's mechListMIC.
START_TEST(number_of_tokens) {
  static const int kTokens[kCarriers] = {3, 4, 4};
  struct handshake h;
  handshake_open(&h, (enum carrier)_i);
  handshake_establish(&h);
  int tokens = 0;
  for (int leg = 0; leg < kMaxLegs; ++leg) tokens += h.token[leg].size != 0;
  ck_assert_int_eq(tokens, kTokens[_i]);
  handshake_close(&h);
}
END_TEST

START_TEST(mechanism_is_named) {
  struct handshake h;
  OM_uint32 minor;
  gss_OID mech = GSS_C_NO_OID;
  handshake_open(&h, (enum carrier)_i);
  handshake_establish(&h);
  const OM_uint32 major =
      gss_inquire_context(&minor, h.acceptor.context, NULL, NULL, NULL, &mech, NULL, NULL, NULL);
  EXPECT_COMPLETE(major, minor);
  ck_assert_msg(mech->length == oid_ntlm.length &&
                    memcmp(mech->elements, oid_ntlm.elements, mech->length) == 0,
                "not NTLM");
  handshake_close(&h);
}
END_TEST

// The initiator's name and password, and whether the acceptor's accounts hold them.
static const struct login {
  const char *name;
  const char *password;
  const char *client;  // null: refused
} kLogins[] = {
    {"DOM\\alice", TEST_PASSWORD, "DOM\\alice"},
    {"DOM\\alice", "Passw0rd-alicf", NULL},
    {"DOM\\alice", "passw0rd-alice", NULL},
    {"DOM\\alice", "a-different-password", NULL},
    {"DOM\\alice", "x", NULL},
    {"OTHER\\alice", "a-different-password", "OTHER\\alice"},
    {"OTHER\\alice", TEST_PASSWORD, NULL},
    {"DOM\\nobody", TEST_PASSWORD, NULL},
    {"NOWHERE\\alice", TEST_PASSWORD, NULL},
    {"DOM\\bob", "Passw0rd:with:colons", "DOM\\bob"},
    {"DOM\\bob", "Passw0rd", NULL},
    {"alice@DOM", TEST_PASSWORD, "DOM\\alice"},
    {"DOM\\ALICE", TEST_PASSWORD, "DOM\\alice"},
    {"DOM\\zo\xc3\xab", "p\xc3\xa4$sw\xc3\xb6rd\xe2\x82\xac", "DOM\\zo\xc3\xab"},
    {"DOM\\ZO\xc3\x8b", "p\xc3\xa4$sw\xc3\xb6rd\xe2\x82\xac", "DOM\\zo\xc3\xab"},
    {"DOM\\zo\xc3\xab", "pa$sword\xe2\x82\xac", NULL},
};
enum { kLoginCount = sizeof kLogins / sizeof kLogins[0] };

static void take_initiator(struct handshake *h, enum carrier carrier, const char *name,
                           const char *password) {
  release_cred(&h->initiator_cred);
  h->initiator_cred = acquire_with_password(name, password, h->mech);
  if (carrier == kSpnegoCut) cut_to_ntlm(h->initiator_cred);
}

static gss_name_t user_mech_name(const char *text) {
  OM_uint32 minor;
  gss_name_t name;
  const OM_uint32 major = make_mech_name(&minor, text, strlen(text), GSS_C_NT_USER_NAME, &name);
  EXPECT_COMPLETE(major, minor);
  return name;
}

static bool same_name_without_case(const char *a, const char *b) {
  OM_uint32 minor;
  int equal = 0;
  gss_name_t left = user_mech_name(a), right = user_mech_name(b);
  const OM_uint32 major = gss_compare_name(&minor, left, right, &equal);
  EXPECT_COMPLETE(major, minor);
  release_name(&left);
  release_name(&right);
  return equal != 0;
}

START_TEST(logins) {
  const struct login *row = &kLogins[_i];
  for (int carrier = 0; carrier < kCarriers; ++carrier) {
    struct handshake h;
    handshake_open(&h, (enum carrier)carrier);
    take_initiator(&h, (enum carrier)carrier, row->name, row->password);
    const bool established = handshake_run(&h);
    ck_assert_msg(established == (row->client != NULL), "%s, %s: %s",
                  carrier_name((enum carrier)carrier), row->name,
                  status_text(h.acceptor.major, h.acceptor.minor));
    if (established) {
      char *client = display_name(h.client_name);
      ck_assert_msg(same_name_without_case(client, row->client), "%s is not %s", client,
                    row->client);
      free(client);
    } else {
      EXPECT_STATUS(GSS_S_FAILURE, h.acceptor.major, h.acceptor.minor);
      ck_assert_ptr_null(h.client_name);
    }
    handshake_close(&h);
  }
}
END_TEST

static OM_uint32 minor_of_refusal(enum carrier carrier, const char *name, const char *password,
                                  char *text, size_t room) {
  struct handshake h;
  handshake_open(&h, carrier);
  take_initiator(&h, carrier, name, password);
  ck_assert(!handshake_run(&h));
  EXPECT_STATUS(GSS_S_FAILURE, h.acceptor.major, h.acceptor.minor);
  const OM_uint32 minor = h.acceptor.minor;
  snprintf(text, room, "%s", minor_text(minor));
  handshake_close(&h);
  return minor;
}

// N443: one minor code, so that the two cannot be told apart from outside.
START_TEST(unknown_user_looks_like_wrong_password) {
  char text[2][1024];
  const OM_uint32 wrong =
      minor_of_refusal((enum carrier)_i, "DOM\\alice", "wrong", text[0], sizeof text[0]);
  const OM_uint32 unknown =
      minor_of_refusal((enum carrier)_i, "DOM\\nobody", "wrong", text[1], sizeof text[1]);
  ck_assert_uint_ne(wrong, 0);
  ck_assert_uint_eq(wrong, unknown);
}
END_TEST

// N443: the text names the user and the source, and no secret.
START_TEST(refusal_names_user_and_source) {
  char text[1024];
  minor_of_refusal(kRaw, "DOM\\alice", "wrong-password-of-a-test", text, sizeof text);
  EXPECT_TEXT(text, "DOM\\alice");
  EXPECT_TEXT(text, accounts_file());
  ck_assert_ptr_null(strstr(text, "wrong-password-of-a-test"));
  ck_assert_ptr_null(strstr(text, TEST_PASSWORD));
}
END_TEST

// N418: one credential for both roles.
START_TEST(one_credential_for_both_roles) {
  struct handshake h;
  handshake_open(&h, kRaw);
  const struct store_entry store[] = {{"ntlmssp_keyfile", accounts_file()}, {NULL, NULL}};
  release_cred(&h.initiator_cred);
  release_cred(&h.acceptor_cred);
  gss_cred_id_t both = acquire(TEST_NAME, GSS_C_BOTH, &oid_ntlm, store);
  h.initiator_cred = h.acceptor_cred = both;
  handshake_establish(&h);
  expect_client(&h, TEST_NAME);
  h.acceptor_cred = GSS_C_NO_CREDENTIAL;
  handshake_close(&h);
}
END_TEST

// N415, N430: no credential given at all; the file comes from the environment.
START_TEST(default_credentials) {
  const char *file = write_file("default", TEST_DOMAIN ":" TEST_USER ":" TEST_PASSWORD "\n", 0600);
  setenv("NTLM_USER_FILE", file, 1);
  struct handshake h;
  handshake_open(&h, (enum carrier)_i);
  release_cred(&h.initiator_cred);
  release_cred(&h.acceptor_cred);
  handshake_establish(&h);
  expect_client(&h, TEST_NAME);
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  handshake_close(&h);
}
END_TEST

// N440, N201: no source at all. The text names each source that was tried.
START_TEST(no_credential_is_said_at_once) {
  OM_uint32 minor;
  gss_cred_id_t cred;
  const OM_uint32 major = try_acquire(&minor, NULL, GSS_C_INITIATE, &oid_ntlm, NULL, &cred);
  EXPECT_STATUS(GSS_S_NO_CRED, major, minor);
  ck_assert_ptr_null(cred);
  EXPECT_TEXT(minor_text(minor), "NTLM_USER_FILE");
}
END_TEST

START_TEST(init_without_credential_leaves_no_context) {
  struct handshake h;
  struct octets token;
  handshake_open(&h, (enum carrier)_i);
  release_cred(&h.initiator_cred);
  initiator_step(&h, NULL, &token);
  EXPECT_STATUS(GSS_S_NO_CRED, h.initiator.major, h.initiator.minor);
  ck_assert_ptr_null(h.initiator.context);
  octets_free(&token);
  handshake_close(&h);
}
END_TEST

// N706.
START_TEST(credential_of_the_other_role) {
  struct handshake h;
  struct octets token, answer;
  handshake_open(&h, kRaw);
  gss_cred_id_t initiator = h.initiator_cred;
  initiator_step(&h, NULL, &token);
  h.initiator_cred = h.acceptor_cred;
  h.acceptor_cred = initiator;
  acceptor_step(&h, &token, &answer);
  EXPECT_STATUS(GSS_S_NO_CRED, h.acceptor.major, h.acceptor.minor);
  ck_assert_ptr_null(h.acceptor.context);
  handshake_reset(&h);
  octets_free(&token);
  octets_free(&answer);
  initiator_step(&h, NULL, &token);
  EXPECT_STATUS(GSS_S_NO_CRED, h.initiator.major, h.initiator.minor);
  ck_assert_ptr_null(h.initiator.context);
  octets_free(&token);
  handshake_close(&h);
}
END_TEST

// ---- flags -------------------------------------------------------------------------------------

static const OM_uint32 kFlags[] = {
    GSS_C_INTEG_FLAG,  GSS_C_CONF_FLAG,     GSS_C_REPLAY_FLAG, GSS_C_SEQUENCE_FLAG,
    GSS_C_MUTUAL_FLAG, GSS_C_IDENTIFY_FLAG, GSS_C_DELEG_FLAG,  GSS_C_DCE_STYLE,
};
enum { kFlagCount = sizeof kFlags / sizeof kFlags[0] };

static bool mic_works(const struct handshake *h) {
  static const char kText[] = "signed";
  struct octets mic;
  bool works = mic_octets(h->initiator.context, kText, sizeof kText, &mic) == GSS_S_COMPLETE;
  if (works) {
    const char changed[] = "Signed";
    ck_assert_msg(
        GSS_ERROR(verify_octets(h->acceptor.context, changed, sizeof changed, mic.data, mic.size)),
        "a changed octet passes verify_mic");
    works = verify_octets(h->acceptor.context, kText, sizeof kText, mic.data, mic.size) ==
            GSS_S_COMPLETE;
  }
  octets_free(&mic);
  return works;
}

static bool sealing_works(const struct handshake *h) {
  static const char kText[] = "a text that must not be readable";
  struct octets token, data;
  int sent = 0, received = 0;
  if (GSS_ERROR(wrap_octets(h->initiator.context, 1, kText, sizeof kText, &sent, &token))) {
    octets_free(&token);
    return false;
  }
  const bool readable = memmem(token.data, token.size, kText, sizeof kText) != NULL;
  token.data[token.size - 1] ^= 1;
  ck_assert_msg(GSS_ERROR(unwrap_octets(h->acceptor.context, token.data, token.size, NULL, &data)),
                "a changed octet passes unwrap");
  octets_free(&data);
  token.data[token.size - 1] ^= 1;
  ck_assert_uint_eq(unwrap_octets(h->acceptor.context, token.data, token.size, &received, &data),
                    GSS_S_COMPLETE);
  ck_assert_int_eq(sent, received);
  octets_free(&token);
  octets_free(&data);
  return sent != 0 && !readable;
}

static bool replay_is_noticed(const struct handshake *h) {
  static const char kText[] = "once";
  struct octets mic;
  if (GSS_ERROR(mic_octets(h->initiator.context, kText, sizeof kText, &mic))) {
    octets_free(&mic);
    return false;
  }
  verify_octets(h->acceptor.context, kText, sizeof kText, mic.data, mic.size);
  const OM_uint32 major =
      verify_octets(h->acceptor.context, kText, sizeof kText, mic.data, mic.size);
  octets_free(&mic);
  return GSS_ERROR(major) && (major & GSS_S_DUPLICATE_TOKEN) != 0;
}

// N717, N308: each flag alone and in pairs; a flag is set if and only if its service works.
static void check_flags(enum carrier carrier, OM_uint32 request) {
  const OM_uint32 protected = kMessageFlags & ~(OM_uint32)GSS_C_CONF_FLAG;
  struct handshake h;
  handshake_open(&h, carrier);
  h.request_flags = request;
  handshake_establish(&h);
  const OM_uint32 got = h.initiator.flags;
  ck_assert_msg((h.acceptor.flags & kMessageFlags) == (got & kMessageFlags),
                "request %x: initiator %x, acceptor %x", request, got, h.acceptor.flags);
  ck_assert_uint_eq(got & (GSS_C_MUTUAL_FLAG | GSS_C_DELEG_FLAG | GSS_C_ANON_FLAG), 0);
  ck_assert_uint_eq(h.acceptor.flags & (GSS_C_MUTUAL_FLAG | GSS_C_DELEG_FLAG | GSS_C_ANON_FLAG), 0);
  // SPNEGO keeps PROT_READY to itself.
  const OM_uint32 open = carrier == kRaw ? kOpenFlags : GSS_C_TRANS_FLAG;
  ck_assert_uint_eq(got & open, open);
  ck_assert_uint_eq(h.acceptor.flags & open, open);
  ck_assert_msg((request & kMessageFlags & ~got) == 0, "request %x: only %x", request, got);
  ck_assert_uint_eq(got & GSS_C_IDENTIFY_FLAG, request & GSS_C_IDENTIFY_FLAG);
  ck_assert_uint_eq(h.acceptor.flags & GSS_C_IDENTIFY_FLAG, request & GSS_C_IDENTIFY_FLAG);
  ck_assert_uint_eq(got & GSS_C_DCE_STYLE, request & GSS_C_DCE_STYLE);
  if ((got & GSS_C_INTEG_FLAG) != 0) ck_assert_uint_eq(got & protected, protected);
  if ((got & GSS_C_INTEG_FLAG) == 0) ck_assert_uint_eq(got & protected, 0);
  ck_assert_msg(((got & GSS_C_CONF_FLAG) != 0) == sealing_works(&h), "request %x: CONF", request);
  ck_assert_msg(((got & GSS_C_INTEG_FLAG) != 0) == mic_works(&h), "request %x: INTEG", request);
  ck_assert_msg(((got & GSS_C_REPLAY_FLAG) != 0) == replay_is_noticed(&h), "request %x: REPLAY",
                request);
  handshake_close(&h);
}

START_TEST(flags_raw) {
  for (int j = 0; j < kFlagCount; ++j) check_flags(kRaw, kFlags[_i] | kFlags[j]);
}
END_TEST

// DCE_STYLE changes SPNEGO's own legs, so it stays out.
START_TEST(flags_in_spnego) {
  if (kFlags[_i] == GSS_C_DCE_STYLE) return;
  for (int j = 0; j < kFlagCount; ++j) {
    if (kFlags[j] != GSS_C_DCE_STYLE) check_flags(kSpnegoCut, kFlags[_i] | kFlags[j]);
  }
}
END_TEST

START_TEST(no_flag_no_protection) { check_flags(kRaw, 0); }
END_TEST

// N310, N419: values of LM_COMPAT_LEVEL, and whether both sides of one process can log in with
// them. Level 0 is another matter: it has no extended session security, which protection needs
// (N305).
static const struct level {
  const char *value;
  bool usable;
} kLevels[] = {{"3", true},  {"4", true},   {"5", true},  {"1", true},   {"2", true},
               {"6", false}, {"-1", false}, {"x", false}, {"3x", false}, {"33", false}};
enum { kLevelCount = sizeof kLevels / sizeof kLevels[0] };

START_TEST(lm_compat_level) {
  const struct level *row = &kLevels[_i];
  setenv("LM_COMPAT_LEVEL", row->value, 1);
  OM_uint32 minor;
  gss_cred_id_t cred;
  OM_uint32 major =
      try_acquire_with_password(&minor, TEST_NAME, TEST_PASSWORD, &oid_ntlm, GSS_C_INITIATE, &cred);
  if (!GSS_ERROR(major)) {
    struct handshake h;
    handshake_open(&h, kRaw);
    release_cred(&h.initiator_cred);
    h.initiator_cred = cred;
    const bool established = handshake_run(&h);
    ck_assert_msg(established == row->usable, "LM_COMPAT_LEVEL=%s", row->value);
    handshake_close(&h);
  } else {
    ck_assert_msg(!row->usable, "LM_COMPAT_LEVEL=%s: %s", row->value, status_text(major, minor));
    EXPECT_TEXT(minor_text(minor), "LM_COMPAT_LEVEL");
  }
}
END_TEST

// ---- what SPNEGO, SASL and SMB ask -------------------------------------------------------------

static uint32_t sasl_ssf(gss_ctx_id_t context) {
  OM_uint32 minor;
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  const OM_uint32 major = gss_inquire_sec_context_by_oid(&minor, context, &oid_sasl_ssf, &set);
  EXPECT_COMPLETE(major, minor);
  ck_assert_uint_eq(set->count, 1);
  ck_assert_uint_eq(set->elements[0].length, 4);
  const uint8_t *p = set->elements[0].value;
  const uint32_t ssf = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
  gss_release_buffer_set(&minor, &set);
  return ssf;
}

// N207, big-endian.
START_TEST(sasl_ssf_by_flags) {
  static const struct {
    OM_uint32 flags;
    uint32_t ssf;
  } kRows[] = {{kUsualFlags, 64}, {kSignFlags, 1}, {0, 0}};
  struct handshake h;
  handshake_open(&h, kRaw);
  h.request_flags = kRows[_i].flags;
  handshake_establish(&h);
  ck_assert_uint_eq(sasl_ssf(h.initiator.context), kRows[_i].ssf);
  ck_assert_uint_eq(sasl_ssf(h.acceptor.context), kRows[_i].ssf);
  handshake_close(&h);
}
END_TEST

static OM_uint32 agreed_flags(gss_ctx_id_t context, uint32_t *flags) {
  OM_uint32 minor;
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  const OM_uint32 major = gss_inquire_sec_context_by_oid(&minor, context, &oid_neg_flags, &set);
  if (major == GSS_S_COMPLETE) {
    ck_assert_uint_eq(set->count, 1);
    ck_assert_uint_eq(set->elements[0].length, sizeof *flags);
    memcpy(flags, set->elements[0].value, sizeof *flags);
  }
  gss_release_buffer_set(&minor, &set);
  return major;
}

// N502: what AUTHENTICATE says is what both contexts say, in the order of this host.
START_TEST(agreed_flags_are_told) {
  static const OM_uint32 kRequests[] = {kUsualFlags, kSignFlags, 0};
  const enum carrier carrier = (enum carrier)(_i % kCarriers);
  struct handshake h;
  uint32_t flags[2] = {0, 1};
  handshake_open(&h, carrier);
  h.request_flags = kRequests[_i / kCarriers];
  handshake_establish(&h);
  EXPECT_COMPLETE(agreed_flags(h.initiator.context, &flags[0]), 0);
  EXPECT_COMPLETE(agreed_flags(h.acceptor.context, &flags[1]), 0);
  ck_assert_uint_eq(flags[0], flags[1]);
  ck_assert_uint_ne(flags[0] & NTLM_ESS, 0);
  ck_assert_int_eq((flags[0] & NTLM_SEAL) != 0, (h.request_flags & GSS_C_CONF_FLAG) != 0);
  if (carrier == kRaw) {
    ck_assert_uint_eq(flags[0], get32(h.token[2].data + kAuthFlags) & flags[0]);
    ck_assert_int_eq((flags[0] & NTLM_SIGN) != 0, h.request_flags != 0);
  }
  handshake_close(&h);
}
END_TEST

START_TEST(agreed_flags_before_the_end) {
  struct handshake h;
  struct octets negotiate, challenge;
  uint32_t flags;
  handshake_open(&h, kRaw);
  initiator_step(&h, NULL, &negotiate);
  EXPECT_STATUS(GSS_S_NO_CONTEXT, agreed_flags(h.initiator.context, &flags), 0);
  acceptor_step(&h, &negotiate, &challenge);
  EXPECT_STATUS(GSS_S_NO_CONTEXT, agreed_flags(h.acceptor.context, &flags), 0);
  octets_free(&negotiate);
  octets_free(&challenge);
  handshake_close(&h);
}
END_TEST

static OM_uint32 require_mic(gss_ctx_id_t context, uint8_t *answer) {
  OM_uint32 minor;
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  const OM_uint32 major = gss_inquire_sec_context_by_oid(&minor, context, &oid_require_mic, &set);
  if (GSS_ERROR(major)) return major;
  ck_assert_uint_eq(set->count, 1);
  ck_assert_uint_eq(set->elements[0].length, 1);
  *answer = *(const uint8_t *)set->elements[0].value;
  gss_release_buffer_set(&minor, &set);
  return major;
}

static void ask_require_mic(struct handshake *h, int leg, struct octets *token) {
  (void)token;
  uint8_t *answers = h->hook_argument;
  if (leg % 2 != 0) return;
  const OM_uint32 major = require_mic(h->initiator.context, &answers[leg / 2]);
  EXPECT_COMPLETE(major, 0);
}

// N203: 0 until the AUTHENTICATE with its MIC is made.
START_TEST(require_mic_by_leg) {
  uint8_t answers[kMaxLegs] = {99, 99, 99};
  struct handshake h;
  handshake_open(&h, kRaw);
  h.hook = ask_require_mic;
  h.hook_argument = answers;
  handshake_establish(&h);
  ck_assert_uint_eq(answers[0], 0);
  ck_assert_uint_eq(answers[1], 1);
  handshake_close(&h);
}
END_TEST

static OM_uint32 reset_crypto(gss_ctx_id_t *context, const void *value, size_t size) {
  OM_uint32 minor;
  gss_buffer_desc buffer = buffer_of(value, size);
  return gss_set_sec_context_option(&minor, context, &oid_reset_crypto, &buffer);
}

static void reset_direction(gss_ctx_id_t *context, uint32_t receive) {
  EXPECT_COMPLETE(reset_crypto(context, &receive, sizeof receive), 0);
}

// N204: the RC4 state starts again, the number goes on.
START_TEST(reset_crypto_keeps_the_number) {
  static const char kText[] = "mechListMIC";
  struct handshake h;
  struct octets first, second, third;
  handshake_open(&h, kRaw);
  handshake_establish(&h);
  mic_octets(h.initiator.context, kText, sizeof kText, &first);
  ck_assert_uint_eq(get32(first.data + 12), 0);
  EXPECT_COMPLETE(verify_octets(h.acceptor.context, kText, sizeof kText, first.data, first.size),
                  0);
  reset_direction(&h.initiator.context, 0);
  reset_direction(&h.acceptor.context, 1);
  mic_octets(h.initiator.context, kText, sizeof kText, &second);
  ck_assert_uint_eq(get32(second.data + 12), 1);
  EXPECT_COMPLETE(verify_octets(h.acceptor.context, kText, sizeof kText, second.data, second.size),
                  0);

  // One side alone is out of step: the reset does something.
  reset_direction(&h.initiator.context, 0);
  mic_octets(h.initiator.context, kText, sizeof kText, &third);
  EXPECT_STATUS(GSS_S_BAD_SIG,
                verify_octets(h.acceptor.context, kText, sizeof kText, third.data, third.size), 0);
  octets_free(&first);
  octets_free(&second);
  octets_free(&third);
  handshake_close(&h);
}
END_TEST

START_TEST(reset_crypto_of_wrong_length_changes_nothing) {
  static const uint8_t kValue[8];
  static const size_t kSizes[] = {0, 1, 3, 5, 8};
  struct handshake h;
  handshake_open(&h, kRaw);
  handshake_establish(&h);
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  for (size_t i = 0; i < sizeof kSizes / sizeof kSizes[0]; ++i) {
    ck_assert_msg(GSS_ERROR(reset_crypto(&h.acceptor.context, kValue, kSizes[i])),
                  "%zu octets taken", kSizes[i]);
  }
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  handshake_close(&h);
}
END_TEST

START_TEST(unknown_options_are_unavailable) {
  struct handshake h;
  OM_uint32 minor;
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  gss_buffer_desc value = buffer_of("x", 1);
  handshake_open(&h, kRaw);
  handshake_establish(&h);
  OM_uint32 major = gss_inquire_sec_context_by_oid(&minor, h.initiator.context, &oid_unknown, &set);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, major, minor);
  major = gss_set_sec_context_option(&minor, &h.initiator.context, &oid_unknown, &value);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, major, minor);
  major = gss_set_cred_option(&minor, &h.initiator_cred, &oid_unknown, &value);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, major, minor);
  handshake_close(&h);
}
END_TEST

static void set_no_ci_flags(gss_cred_id_t *cred) {
  OM_uint32 minor;
  gss_buffer_desc empty = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = gss_set_cred_option(&minor, cred, &oid_no_ci_flags, &empty);
  EXPECT_COMPLETE(major, minor);
}

// N206: SPNEGO then adds no INTEG. What Cyrus SASL asks for with maxssf=0 asks for no protection.
static void forgo_protection(enum carrier carrier, OM_uint32 request_flags) {
  struct handshake h;
  handshake_open(&h, carrier);
  set_no_ci_flags(&h.initiator_cred);
  h.request_flags = request_flags;
  handshake_establish(&h);
  ck_assert_uint_eq(h.initiator.flags & kMessageFlags, 0);
  struct octets message = copy_message(&h.token[0], kTypeNegotiate);
  const uint32_t offered = get32(message.data + kNegotiateFlags);
  ck_assert_uint_eq(offered & (NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCH), 0);
  ck_assert_uint_eq(sasl_ssf(h.initiator.context), 0);
  octets_free(&message);
  handshake_close(&h);
}

START_TEST(no_ci_flags) {
  forgo_protection((enum carrier)_i, 0);
  forgo_protection((enum carrier)_i, GSS_C_MUTUAL_FLAG | GSS_C_SEQUENCE_FLAG);
  forgo_protection((enum carrier)_i, GSS_C_REPLAY_FLAG);
}
END_TEST

START_TEST(no_ci_flags_gives_way_to_a_request) {
  struct handshake h;
  handshake_open(&h, kRaw);
  set_no_ci_flags(&h.initiator_cred);
  h.request_flags = GSS_C_INTEG_FLAG;
  handshake_establish(&h);
  ck_assert_uint_ne(h.initiator.flags & GSS_C_INTEG_FLAG, 0);
  handshake_close(&h);
}
END_TEST

static void ask_session_key(struct handshake *h, int leg, struct octets *token) {
  (void)token;
  uint8_t key[16];
  const struct side *side = leg % 2 == 0 ? &h->initiator : &h->acceptor;
  if (side->major != GSS_S_COMPLETE) ck_assert(!session_key(side->context, key));
}

// N208. Inside SPNEGO the inner context may be open before the outer one.
START_TEST(no_session_key_before_the_end) {
  struct handshake h;
  handshake_open(&h, kRaw);
  h.hook = ask_session_key;
  handshake_establish(&h);
  expect_equal_keys(&h);
  handshake_close(&h);
}
END_TEST

// INTEG alone leads to KEY_EXCH, as SMB signing needs it.
START_TEST(each_login_has_its_own_key) {
  struct handshake h;
  uint8_t first[16], second[16];
  handshake_open(&h, kRaw);
  h.request_flags = GSS_C_INTEG_FLAG;
  handshake_establish(&h);
  ck_assert(session_key(h.initiator.context, first));
  handshake_reset(&h);
  handshake_establish(&h);
  ck_assert(session_key(h.initiator.context, second));
  ck_assert_mem_ne(first, second, 16);
  handshake_close(&h);
}
END_TEST

// ---- channel bindings --------------------------------------------------------------------------

static struct gss_channel_bindings_struct bindings(const char *data, OM_uint32 type,
                                                   const char *address) {
  struct gss_channel_bindings_struct result;
  memset(&result, 0, sizeof result);
  result.application_data = buffer_of_text(data);
  result.initiator_addrtype = type;
  result.initiator_address = buffer_of_text(address);
  return result;
}

struct binding {
  bool given;
  const char *data;
  OM_uint32 type;
  const char *address;
};

// N328 with its default: when supplied. `bound` is CHANNEL_BOUND on the acceptor.
static const struct binding_row {
  struct binding initiator, acceptor;
  OM_uint32 status;
  bool bound;
} kBindings[] = {
    {{false, "", 0, ""}, {false, "", 0, ""}, GSS_S_COMPLETE, false},
    {{true, "tls-server-end-point:A", 0, ""},
     {true, "tls-server-end-point:A", 0, ""},
     GSS_S_COMPLETE,
     true},
    {{true, "tls-server-end-point:A", 0, ""},
     {true, "tls-server-end-point:B", 0, ""},
     GSS_S_BAD_BINDINGS,
     false},
    {{true, "tls-server-end-point:A", 0, ""},
     {true, "tls-server-end-point:AA", 0, ""},
     GSS_S_BAD_BINDINGS,
     false},
    {{true, "tls-server-end-point:A", 0, ""}, {false, "", 0, ""}, GSS_S_COMPLETE, false},
    {{false, "", 0, ""}, {true, "tls-server-end-point:A", 0, ""}, GSS_S_COMPLETE, false},
    {{true, "A", GSS_C_AF_INET, "\x7f\x01\x01\x01"},
     {true, "A", GSS_C_AF_INET, "\x7f\x01\x01\x01"},
     GSS_S_COMPLETE,
     true},
    {{true, "A", GSS_C_AF_INET, "\x7f\x01\x01\x01"},
     {true, "A", GSS_C_AF_INET, "\x7f\x01\x01\x02"},
     GSS_S_BAD_BINDINGS,
     false},
    {{true, "A", GSS_C_AF_INET, "\x7f\x01\x01\x01"}, {true, "A", 0, ""}, GSS_S_BAD_BINDINGS, false},
    {{true, "", 0, ""}, {true, "", 0, ""}, GSS_S_COMPLETE, true},
};
enum { kBindingCount = sizeof kBindings / sizeof kBindings[0] };

static void check_bindings(enum carrier carrier, const struct binding_row *row) {
  struct gss_channel_bindings_struct ours =
      bindings(row->initiator.data, row->initiator.type, row->initiator.address);
  struct gss_channel_bindings_struct theirs =
      bindings(row->acceptor.data, row->acceptor.type, row->acceptor.address);
  struct handshake h;
  handshake_open(&h, carrier);
  if (row->initiator.given) h.initiator_bindings = &ours;
  if (row->acceptor.given) h.acceptor_bindings = &theirs;
  handshake_run(&h);
  EXPECT_STATUS(row->status, h.acceptor.major, h.acceptor.minor);
  if (row->status == GSS_S_COMPLETE) {
    ck_assert_int_eq((h.acceptor.flags & GSS_C_CHANNEL_BOUND_FLAG) != 0, row->bound);
    expect_equal_keys(&h);
  } else {
    EXPECT_TEXT(minor_text(h.acceptor.minor), "binding");
  }
  handshake_close(&h);
}

START_TEST(channel_bindings) {
  for (int carrier = 0; carrier < kCarriers; ++carrier) {
    check_bindings((enum carrier)carrier, &kBindings[_i]);
  }
}
END_TEST

// RFC 4121 4.1.1.2: type, length and data of both addresses, then the application data.
static void append_binding_part(struct octets *flat, uint32_t type, bool with_type,
                                const gss_buffer_t value) {
  uint8_t word[4];
  put32(word, type);
  if (with_type) octets_append(flat, word, sizeof word);
  put32(word, (uint32_t)value->length);
  octets_append(flat, word, sizeof word);
  octets_append(flat, value->value, value->length);
}

START_TEST(channel_bindings_hash_in_the_message) {
  struct gss_channel_bindings_struct b = bindings("data", GSS_C_AF_INET, "\x7f\x01\x01\x01");
  b.acceptor_addrtype = GSS_C_AF_INET;
  b.acceptor_address = buffer_of("\x7f\x01\x01\x02", 4);
  struct octets flat = octets_copy(NULL, 0);
  append_binding_part(&flat, b.initiator_addrtype, true, &b.initiator_address);
  append_binding_part(&flat, b.acceptor_addrtype, true, &b.acceptor_address);
  append_binding_part(&flat, 0, false, &b.application_data);
  uint8_t expected[16];
  mini_md5(flat.data, flat.size, expected);

  struct handshake h;
  handshake_open(&h, kRaw);
  h.initiator_bindings = h.acceptor_bindings = &b;
  handshake_establish(&h);
  struct octets list = response_av_pairs(&h.token[2]);
  uint16_t length = 0;
  const uint8_t *hash = av_find(list.data, list.size, kAvChannelBindings, &length);
  ck_assert_ptr_nonnull(hash);
  ck_assert_uint_eq(length, 16);
  ck_assert_mem_eq(hash, expected, 16);
  octets_free(&list);
  octets_free(&flat);
  handshake_close(&h);
}
END_TEST

// N327: no bindings, no pair.
START_TEST(no_bindings_no_pair) {
  struct handshake h;
  uint16_t length;
  handshake_open(&h, kRaw);
  handshake_establish(&h);
  struct octets list = response_av_pairs(&h.token[2]);
  ck_assert_ptr_null(av_find(list.data, list.size, kAvChannelBindings, &length));
  octets_free(&list);
  handshake_close(&h);
}
END_TEST

// ---- the messages themselves -------------------------------------------------------------------

struct messages {
  struct octets negotiate, challenge, authenticate;
};

static struct messages messages_of(enum carrier carrier, OM_uint32 request_flags) {
  struct handshake h;
  handshake_open(&h, carrier);
  h.request_flags = request_flags;
  handshake_establish(&h);
  struct messages m = {copy_message(&h.token[0], kTypeNegotiate),
                       copy_message(&h.token[1], kTypeChallenge),
                       copy_message(&h.token[2], kTypeAuthenticate)};
  handshake_close(&h);
  return m;
}

static void messages_free(struct messages *m) {
  octets_free(&m->negotiate);
  octets_free(&m->challenge);
  octets_free(&m->authenticate);
}

// N301.
START_TEST(version_is_sent) {
  struct messages m = messages_of((enum carrier)_i, kUsualFlags);
  const struct {
    const struct octets *message;
    size_t flags, version;
  } rows[] = {{&m.negotiate, kNegotiateFlags, kNegotiateVersion},
              {&m.challenge, kChallengeFlags, kChallengeVersion},
              {&m.authenticate, kAuthFlags, kAuthVersion}};
  for (size_t i = 0; i < 3; ++i) {
    const uint8_t *data = rows[i].message->data;
    ck_assert_uint_ne(get32(data + rows[i].flags) & NTLM_VERSION, 0);
    ck_assert_uint_ge(rows[i].message->size, rows[i].version + 8);
    ck_assert_uint_eq(data[rows[i].version + 7], 15);
  }
  messages_free(&m);
}
END_TEST

// N302: what is offered for each request.
START_TEST(offered_flags) {
  static const uint32_t kAlways = MINI_OFFER | NTLM_VERSION;
  static const struct {
    OM_uint32 request;
    uint32_t more;
  } kRows[] = {{0, 0},
               {GSS_C_MUTUAL_FLAG, 0},
               {GSS_C_INTEG_FLAG, NTLM_SIGN | NTLM_KEY_EXCH},
               {GSS_C_REPLAY_FLAG, NTLM_SIGN | NTLM_KEY_EXCH},
               {GSS_C_SEQUENCE_FLAG, NTLM_SIGN | NTLM_KEY_EXCH},
               {GSS_C_CONF_FLAG, NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCH},
               {GSS_C_IDENTIFY_FLAG, NTLM_IDENTIFY}};
  for (size_t i = 0; i < sizeof kRows / sizeof kRows[0]; ++i) {
    struct messages m = messages_of(kRaw, kRows[i].request);
    ck_assert_uint_eq(get32(m.negotiate.data + kNegotiateFlags), kAlways | kRows[i].more);
    messages_free(&m);
  }
}
END_TEST

// N304, N303: nothing is answered that was not offered.
START_TEST(answers_are_subsets) {
  static const uint32_t kAdded =
      NTLM_TARGET_TYPE_DOMAIN | NTLM_TARGET_TYPE_SERVER | NTLM_TARGET_INFO | NTLM_VERSION;
  struct messages m = messages_of((enum carrier)_i, kUsualFlags);
  const uint32_t offer = get32(m.negotiate.data + kNegotiateFlags);
  const uint32_t answer = get32(m.challenge.data + kChallengeFlags);
  const uint32_t last = get32(m.authenticate.data + kAuthFlags);
  ck_assert_uint_eq(answer & ~(offer | kAdded), 0);
  ck_assert_uint_eq(last & ~answer, 0);
  messages_free(&m);
}
END_TEST

// N303, N605.
START_TEST(target_info_of_the_challenge) {
  struct messages m = messages_of((enum carrier)_i, kUsualFlags);
  struct octets list = field_octets(&m.challenge, kChallengeTargetInfo);
  uint16_t length;
  char *computer = av_text(&list, kAvNbComputerName), *domain = av_text(&list, kAvNbDomainName);
  ck_assert_str_eq(computer, "SERVER");
  ck_assert_str_eq(domain, TEST_DOMAIN);
  ck_assert_ptr_nonnull(av_find(list.data, list.size, kAvDnsComputerName, &length));
  ck_assert_ptr_nonnull(av_find(list.data, list.size, kAvDnsDomainName, &length));
  const uint8_t *stamp = av_find(list.data, list.size, kAvTimestamp, &length);
  ck_assert_ptr_nonnull(stamp);
  ck_assert_uint_eq(length, 8);
  const int64_t age = (int64_t)(mini_now() - get64(stamp));
  ck_assert_int_lt(age, MINI_HOUR / 60);
  ck_assert_int_gt(age, -MINI_HOUR / 60);
  ck_assert_ptr_null(av_find(list.data, list.size, kAvFlags, &length));
  free(computer);
  free(domain);
  octets_free(&list);
  messages_free(&m);
}
END_TEST

// N316, P25: the MIC always, at 72.
START_TEST(mic_is_always_sent) {
  static const OM_uint32 kRequests[] = {0, kSignFlags, kUsualFlags};
  for (size_t i = 0; i < 3; ++i) {
    struct messages m = messages_of((enum carrier)_i, kRequests[i]);
    const struct mini_verdict verdict = mini_check(&m.negotiate, &m.challenge, &m.authenticate,
                                                   TEST_USER, TEST_DOMAIN, TEST_PASSWORD);
    ck_assert(verdict.proof_right);
    ck_assert(verdict.mic_announced);
    ck_assert(verdict.mic_right);
    messages_free(&m);
  }
}
END_TEST

// P26: domain, user, workstation, LM, NT, session key, without gaps.
START_TEST(payload_order) {
  static const size_t kOrder[] = {kAuthDomain, kAuthUser, kAuthWorkstation,
                                  kAuthLm,     kAuthNt,   kAuthSessionKey};
  struct messages m = messages_of((enum carrier)_i, kUsualFlags);
  size_t next = kAuthPayload;
  for (size_t i = 0; i < sizeof kOrder / sizeof kOrder[0]; ++i) {
    const struct field field = field_get(m.authenticate.data, kOrder[i]);
    ck_assert_uint_eq(field.offset, next);
    ck_assert_uint_eq(field.length, field.maximum);
    next += field.length;
  }
  ck_assert_uint_eq(next, m.authenticate.size);
  messages_free(&m);
}
END_TEST

// N324.
START_TEST(lm_field_is_zero) {
  static const uint8_t kZeros[24];
  struct messages m = messages_of((enum carrier)_i, kUsualFlags);
  struct octets lm = field_octets(&m.authenticate, kAuthLm);
  ck_assert_uint_eq(lm.size, sizeof kZeros);
  ck_assert_mem_eq(lm.data, kZeros, sizeof kZeros);
  octets_free(&lm);
  messages_free(&m);
}
END_TEST

// N307: no key without SIGN and SEAL.
START_TEST(session_key_field_by_flags) {
  static const struct {
    OM_uint32 request;
    uint16_t length;
  } kRows[] = {{0, 0}, {kSignFlags, 16}, {kUsualFlags, 16}};
  for (size_t i = 0; i < 3; ++i) {
    struct messages m = messages_of(kRaw, kRows[i].request);
    ck_assert_uint_eq(field_get(m.authenticate.data, kAuthSessionKey).length, kRows[i].length);
    messages_free(&m);
  }
}
END_TEST

// N325: the target as service/host; an empty pair when there is none.
static const struct target_row {
  const char *text;
  int type;  // 0 host based, 1 user, 2 krb5 principal
  const char *spn;
} kTargets[] = {
    {"HTTP@server.example.com", 0, "HTTP/server.example.com"},
    {"ldap@Server", 0, "ldap/Server"},
    {"HTTP/server.example.com", 1, "HTTP/server.example.com"},
    {"HTTP/server.example.com@REALM.EXAMPLE", 2, "HTTP/server.example.com"},
    {"HTTP/server.example.com", 2, "HTTP/server.example.com"},
    {"@", 0, ""},
};
enum { kTargetCount = sizeof kTargets / sizeof kTargets[0] };

START_TEST(target_name_pair) {
  const struct target_row *row = &kTargets[_i];
  gss_OID types[] = {GSS_C_NT_HOSTBASED_SERVICE, GSS_C_NT_USER_NAME, &oid_krb5_principal};
  struct handshake h;
  handshake_open(&h, kRaw);
  release_name(&h.target);
  h.target = import_name(row->text, types[row->type]);
  handshake_establish(&h);
  struct octets list = response_av_pairs(&h.token[2]);
  char *spn = av_text(&list, kAvTargetName);
  ck_assert_ptr_nonnull(spn);
  ck_assert_str_eq(spn, row->spn);
  free(spn);
  octets_free(&list);
  handshake_close(&h);
}
END_TEST

START_TEST(service_without_host_means_this_host) {
  struct handshake h;
  handshake_open(&h, kRaw);
  release_name(&h.target);
  h.target = import_service("HTTP");
  handshake_establish(&h);
  struct octets list = response_av_pairs(&h.token[2]);
  char *spn = av_text(&list, kAvTargetName);
  ck_assert_ptr_nonnull(spn);
  ck_assert_int_eq(strncmp(spn, "HTTP/", 5), 0);
  ck_assert_uint_gt(strlen(spn), 5);
  free(spn);
  octets_free(&list);
  handshake_close(&h);
}
END_TEST

// N323: the response carries the server's time.
START_TEST(response_has_the_servers_time) {
  struct messages m = messages_of((enum carrier)_i, kUsualFlags);
  struct octets sent = field_octets(&m.challenge, kChallengeTargetInfo);
  struct octets response = field_octets(&m.authenticate, kAuthNt);
  uint16_t length;
  const uint8_t *stamp = av_find(sent.data, sent.size, kAvTimestamp, &length);
  ck_assert_ptr_nonnull(stamp);
  ck_assert_uint_eq(get64(stamp), get64(response.data + kResponseTime));
  octets_free(&sent);
  octets_free(&response);
  messages_free(&m);
}
END_TEST

START_TEST(challenges_differ) {
  struct messages a = messages_of(kRaw, kUsualFlags), b = messages_of(kRaw, kUsualFlags);
  ck_assert_mem_ne(a.challenge.data + kChallengeServerChallenge,
                   b.challenge.data + kChallengeServerChallenge, 8);
  messages_free(&a);
  messages_free(&b);
}
END_TEST

// ---- stages ------------------------------------------------------------------------------------

// N433, N718: after a refusal the right message comes too late.
START_TEST(one_authenticate_per_context) {
  struct handshake h;
  struct octets negotiate, challenge, authenticate, none;
  handshake_open(&h, kRaw);
  initiator_step(&h, NULL, &negotiate);
  acceptor_step(&h, &negotiate, &challenge);
  initiator_step(&h, &challenge, &authenticate);
  struct octets damaged = octets_copy(authenticate.data, authenticate.size);
  damaged.data[kAuthMic] ^= 1;
  acceptor_step(&h, &damaged, &none);
  ck_assert(GSS_ERROR(h.acceptor.major));
  octets_free(&none);
  acceptor_step(&h, &authenticate, &none);
  ck_assert_msg(GSS_ERROR(h.acceptor.major), "a second AUTHENTICATE was taken");
  ck_assert_ptr_null(h.client_name);
  octets_free(&negotiate);
  octets_free(&challenge);
  octets_free(&authenticate);
  octets_free(&damaged);
  octets_free(&none);
  handshake_close(&h);
}
END_TEST

START_TEST(token_after_the_end_is_refused) {
  struct handshake h;
  struct octets none;
  handshake_open(&h, kRaw);
  handshake_establish(&h);
  acceptor_step(&h, &h.token[2], &none);
  ck_assert(GSS_ERROR(h.acceptor.major));
  octets_free(&none);
  initiator_step(&h, &h.token[1], &none);
  ck_assert(GSS_ERROR(h.initiator.major));
  octets_free(&none);
  handshake_close(&h);
}
END_TEST

// Each message in a step that waits for another one.
START_TEST(messages_out_of_order) {
  struct messages m = messages_of(kRaw, kUsualFlags);
  const struct octets *wrong_first[] = {&m.challenge, &m.authenticate};
  for (size_t i = 0; i < 2; ++i) {
    struct handshake h;
    struct octets none;
    handshake_open(&h, kRaw);
    acceptor_step(&h, wrong_first[i], &none);
    EXPECT_STATUS(GSS_S_DEFECTIVE_TOKEN, h.acceptor.major, h.acceptor.minor);
    ck_assert_ptr_null(h.acceptor.context);
    octets_free(&none);
    handshake_close(&h);
  }
  const struct octets *wrong_second[] = {&m.negotiate, &m.authenticate};
  for (size_t i = 0; i < 2; ++i) {
    struct handshake h;
    struct octets token, none;
    handshake_open(&h, kRaw);
    initiator_step(&h, NULL, &token);
    initiator_step(&h, wrong_second[i], &none);
    EXPECT_STATUS(GSS_S_DEFECTIVE_TOKEN, h.initiator.major, h.initiator.minor);
    octets_free(&token);
    octets_free(&none);
    handshake_close(&h);
  }
  messages_free(&m);
}
END_TEST

// N163: the handle of a later failure stays until it is deleted, and is good for nothing else.
START_TEST(failed_context_stays_until_delete) {
  struct handshake h;
  struct octets data;
  uint8_t key[16];
  handshake_open(&h, kRaw);
  take_initiator(&h, kRaw, TEST_NAME, "wrong");
  ck_assert(!handshake_run(&h));
  if (h.acceptor.context != GSS_C_NO_CONTEXT) {
    EXPECT_STATUS(GSS_S_NO_CONTEXT, wrap_octets(h.acceptor.context, 1, "x", 1, NULL, &data), 0);
    octets_free(&data);
    EXPECT_STATUS(GSS_S_NO_CONTEXT, mic_octets(h.acceptor.context, "x", 1, &data), 0);
    octets_free(&data);
    ck_assert(!session_key(h.acceptor.context, key));
  }
  handshake_close(&h);
}
END_TEST

static Suite *handshake_suite(void) {
  Suite *suite = suite_create("handshake");
  TCase *identity = tcase_create("identity");
  tcase_set_timeout(identity, 60);
  tcase_add_loop_test(identity, right_password_is_accepted, 0, kCarriers);
  tcase_add_loop_test(identity, number_of_tokens, 0, kCarriers);
  tcase_add_loop_test(identity, mechanism_is_named, 0, kCarriers);
  tcase_add_loop_test(identity, logins, 0, kLoginCount);
  tcase_add_loop_test(identity, unknown_user_looks_like_wrong_password, 0, kCarriers);
  tcase_add_test(identity, refusal_names_user_and_source);
  tcase_add_test(identity, one_credential_for_both_roles);
  tcase_add_loop_test(identity, default_credentials, 0, kCarriers);
  tcase_add_test(identity, no_credential_is_said_at_once);
  tcase_add_loop_test(identity, init_without_credential_leaves_no_context, 0, kCarriers);
  tcase_add_test(identity, credential_of_the_other_role);
  suite_add_tcase(suite, identity);

  TCase *flags = tcase_create("flags");
  tcase_set_timeout(flags, 60);
  tcase_add_loop_test(flags, flags_raw, 0, kFlagCount);
  tcase_add_loop_test(flags, flags_in_spnego, 0, kFlagCount);
  tcase_add_test(flags, no_flag_no_protection);
  tcase_add_loop_test(flags, lm_compat_level, 0, kLevelCount);
  suite_add_tcase(suite, flags);

  TCase *options = tcase_create("options");
  tcase_add_loop_test(options, sasl_ssf_by_flags, 0, 3);
  tcase_add_loop_test(options, agreed_flags_are_told, 0, 3 * kCarriers);
  tcase_add_test(options, agreed_flags_before_the_end);
  tcase_add_test(options, require_mic_by_leg);
  tcase_add_test(options, reset_crypto_keeps_the_number);
  tcase_add_test(options, reset_crypto_of_wrong_length_changes_nothing);
  tcase_add_test(options, unknown_options_are_unavailable);
  tcase_add_loop_test(options, no_ci_flags, 0, kCarriers);
  tcase_add_test(options, no_ci_flags_gives_way_to_a_request);
  tcase_add_test(options, no_session_key_before_the_end);
  tcase_add_test(options, each_login_has_its_own_key);
  suite_add_tcase(suite, options);

  TCase *bound = tcase_create("channel bindings");
  tcase_add_loop_test(bound, channel_bindings, 0, kBindingCount);
  tcase_add_test(bound, channel_bindings_hash_in_the_message);
  tcase_add_test(bound, no_bindings_no_pair);
  suite_add_tcase(suite, bound);

  TCase *shape = tcase_create("messages");
  tcase_add_loop_test(shape, version_is_sent, 0, kCarriers);
  tcase_add_test(shape, offered_flags);
  tcase_add_loop_test(shape, answers_are_subsets, 0, kCarriers);
  tcase_add_loop_test(shape, target_info_of_the_challenge, 0, kCarriers);
  tcase_add_loop_test(shape, mic_is_always_sent, 0, kCarriers);
  tcase_add_loop_test(shape, payload_order, 0, kCarriers);
  tcase_add_loop_test(shape, lm_field_is_zero, 0, kCarriers);
  tcase_add_test(shape, session_key_field_by_flags);
  tcase_add_loop_test(shape, target_name_pair, 0, kTargetCount);
  tcase_add_test(shape, service_without_host_means_this_host);
  tcase_add_loop_test(shape, response_has_the_servers_time, 0, kCarriers);
  tcase_add_test(shape, challenges_differ);
  suite_add_tcase(suite, shape);

  TCase *stages = tcase_create("stages");
  tcase_add_test(stages, one_authenticate_per_context);
  tcase_add_test(stages, token_after_the_end_is_refused);
  tcase_add_test(stages, messages_out_of_order);
  tcase_add_test(stages, failed_context_stays_until_delete);
  suite_add_tcase(suite, stages);
  return suite;
}

int main(void) { return run_suite(handshake_suite); }
