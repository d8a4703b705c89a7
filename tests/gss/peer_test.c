// SPDX-License-Identifier: MIT
// Our acceptor against clients, and our initiator against servers, that break the rules one at a
// time or follow them in an unusual way. The other end is mini_ntlm.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mini_ntlm.h"

// ---- the other end itself, against published values --------------------------------------------

static struct octets from_hex(const char *hex) {
  struct octets octets = octets_copy(NULL, 0);
  for (; hex[0] != '\0'; hex += 2) {
    unsigned value;
    ck_assert_int_eq(sscanf(hex, "%2x", &value), 1);
    const uint8_t octet = (uint8_t)value;
    octets_append(&octets, &octet, 1);
  }
  return octets;
}

// [MS-NLMP] 4.2.4: User, Domain, Password.
static const char kPublishedChallenge[] =
    "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef0000000000000000240024004400"
    "0000060070170000000f53006500720076006500720002000c0044006f006d00610069006e0001000c0053006500"
    "720076006500720000000000";
static const char kPublishedAuthenticate[] =
    "4e544c4d5353500003000000180018006c00000054005400840000000c000c00480000000800080054000000100010"
    "005c00000010001000d8000000358288e20501280a0000000f44006f006d00610069006e0055007300650072004300"
    "4f004d005000550054004500520086c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa68cd0ab851e51c96aa"
    "bc927bebef6a1c01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c0044006f006d006100"
    "69006e0001000c005300650072007600650072000000000000000000c5dad2544fc9799094ce1ce90bc9d03e";

START_TEST(published_authenticate_is_right) {
  uint8_t ntowfv2[16];
  struct octets expected = from_hex("0c868a403bfd7a93a3001ef22ef02e3f");
  mini_ntowfv2("User", "Domain", "Password", ntowfv2);
  ck_assert_mem_eq(ntowfv2, expected.data, 16);
  struct octets challenge = from_hex(kPublishedChallenge);
  struct octets authenticate = from_hex(kPublishedAuthenticate);
  struct octets none = octets_copy(NULL, 0);
  const struct mini_verdict verdict =
      mini_check(&none, &challenge, &authenticate, "User", "Domain", "Password");
  ck_assert(verdict.proof_right);
  for (int i = 0; i < 16; ++i) ck_assert_uint_eq(verdict.exported_key[i], 0x55);
  ck_assert(
      !mini_check(&none, &challenge, &authenticate, "User", "Domain", "password").proof_right);
  octets_free(&expected);
  octets_free(&challenge);
  octets_free(&authenticate);
  octets_free(&none);
}
END_TEST

START_TEST(published_sealed_message_is_right) {
  uint8_t key[16];
  memset(key, 0x55, sizeof key);
  struct octets plain = from_hex("50006c00610069006e007400650078007400");
  struct octets expected =
      from_hex("010000007fb38ec5c55d49760000000054e50165bf1936dc996020c1811b0f06fb5f");
  struct octets token = mini_first_wrap(key, true, plain.data, plain.size);
  ck_assert(octets_equal(&token, &expected));
  octets_free(&plain);
  octets_free(&expected);
  octets_free(&token);
}
END_TEST

// ---- a client of ours against the module's acceptor --------------------------------------------

struct login {
  struct handshake h;  // only its acceptor's half
  struct octets negotiate, challenge, authenticate;
};

static void login_begin(struct login *login, struct octets negotiate) {
  memset(login, 0, sizeof *login);
  login->h.acceptor_cred = acquire_acceptor(accounts_file(), &oid_ntlm);
  login->negotiate = negotiate;
  acceptor_step(&login->h, &login->negotiate, &login->challenge);
}

static void login_begin_usual(struct login *login) {
  login_begin(login, mini_negotiate(MINI_PROTECTED, 40));
  ck_assert_uint_eq(login->h.acceptor.major, GSS_S_CONTINUE_NEEDED);
}

static bool login_end(struct login *login, struct octets authenticate) {
  struct octets none;
  login->authenticate = authenticate;
  acceptor_step(&login->h, &login->authenticate, &none);
  octets_free(&none);
  return is_complete(&login->h.acceptor);
}

static void login_close(struct login *login) {
  octets_free(&login->negotiate);
  octets_free(&login->challenge);
  octets_free(&login->authenticate);
  handshake_reset(&login->h);
  release_cred(&login->h.acceptor_cred);
}

// NEGOTIATE of these flags and this size, AUTHENTICATE of this client.
static bool try_login(struct login *login, uint32_t flags, size_t size,
                      struct mini_client *client) {
  login_begin(login, mini_negotiate(flags, size));
  if (login->h.acceptor.major != GSS_S_CONTINUE_NEEDED) return false;
  return login_end(login, mini_authenticate(client, &login->negotiate, &login->challenge));
}

static const char *acceptor_text(const struct login *login) {
  return status_text(login->h.acceptor.major, login->h.acceptor.minor);
}

static void expect_login(struct mini_client *client, uint32_t flags, size_t size) {
  struct login login;
  uint8_t key[16];
  ck_assert_msg(try_login(&login, flags, size, client), "%s", acceptor_text(&login));
  expect_client(&login.h, TEST_NAME);
  const bool has_key = session_key(login.h.acceptor.context, key);
  ck_assert(has_key || (flags & (NTLM_SIGN | NTLM_SEAL)) == 0);
  if (has_key) ck_assert_mem_eq(key, client->exported_key, 16);
  login_close(&login);
}

static void expect_refusal(struct mini_client *client, uint32_t flags, size_t size,
                           OM_uint32 status, const char *what) {
  struct login login;
  ck_assert_msg(!try_login(&login, flags, size, client), "%s: accepted", what);
  ck_assert_msg(status == 0 || GSS_ROUTINE_ERROR(login.h.acceptor.major) == status, "%s: %s", what,
                acceptor_text(&login));
  ck_assert_msg(GSS_ERROR(login.h.acceptor.major), "%s: %s", what, acceptor_text(&login));
  ck_assert_ptr_null(login.h.client_name);
  ck_assert_uint_gt(strlen(minor_text(login.h.acceptor.minor)), 5);
  login_close(&login);
}

START_TEST(well_behaved_clients) {
  struct mini_client with_mic = mini_client_default(), without = mini_client_without_mic();
  expect_login(&with_mic, MINI_PROTECTED, 40);
  expect_login(&without, MINI_PROTECTED, 32);
  expect_login(&with_mic, MINI_OFFER, 40);
  expect_login(&without, MINI_OFFER, 32);
}
END_TEST

// ---- leniency on input (3.6), one test each ----------------------------------------------------

// N340, P20.
START_TEST(n340_short_negotiate) {
  for (size_t size = 16; size <= 40; ++size) {
    struct mini_client client = mini_client_default();
    expect_login(&client, MINI_PROTECTED, size);
  }
}
END_TEST

START_TEST(negotiate_too_short) {
  for (size_t size = 8; size < 16; ++size) {
    struct login login;
    login_begin(&login, mini_negotiate(MINI_PROTECTED, size));
    EXPECT_STATUS(GSS_S_DEFECTIVE_TOKEN, login.h.acceptor.major, login.h.acceptor.minor);
    login_close(&login);
  }
}
END_TEST

// P20: 38 octets, an OEM domain behind a header of 32.
START_TEST(n340_negotiate_with_oem_domain) {
  struct mini_client client = mini_client_default();
  struct login login;
  struct octets negotiate = mini_negotiate(MINI_PROTECTED | 0x1000, 32);
  const struct field field = {6, 6, 32};
  field_put(negotiate.data, kNegotiateDomain, field);
  octets_append(&negotiate, "DOMAIN", 6);
  login_begin(&login, negotiate);
  ck_assert_msg(login_end(&login, mini_authenticate(&client, &login.negotiate, &login.challenge)),
                "%s", acceptor_text(&login));
  login_close(&login);
}
END_TEST

// P21, N333: OEM and no UNICODE.
START_TEST(oem_dialogue) {
  struct mini_client client = mini_client_default();
  struct login login;
  const uint32_t offer = (MINI_PROTECTED & ~NTLM_UNICODE) | NTLM_OEM;
  client.oem = true;
  ck_assert_msg(try_login(&login, offer, 32, &client), "%s", acceptor_text(&login));
  const uint32_t answer = get32(login.challenge.data + kChallengeFlags);
  ck_assert_uint_eq(answer & (NTLM_UNICODE | NTLM_OEM), NTLM_OEM);
  expect_client(&login.h, TEST_NAME);
  struct octets target = field_octets(&login.challenge, kChallengeTargetName);
  ck_assert_uint_gt(target.size, 0);
  for (size_t i = 0; i < target.size; ++i) ck_assert_uint_ne(target.data[i], 0);
  octets_free(&target);
  login_close(&login);
}
END_TEST

START_TEST(unicode_is_taken_when_both_are_offered) {
  struct mini_client client = mini_client_default();
  struct login login;
  ck_assert(try_login(&login, MINI_PROTECTED | NTLM_OEM, 32, &client));
  const uint32_t answer = get32(login.challenge.data + kChallengeFlags);
  ck_assert_uint_eq(answer & (NTLM_UNICODE | NTLM_OEM), NTLM_UNICODE);
  login_close(&login);
}
END_TEST

START_TEST(neither_unicode_nor_oem_is_refused) {
  struct login login;
  login_begin(&login, mini_negotiate(MINI_PROTECTED & ~NTLM_UNICODE, 32));
  ck_assert(GSS_ERROR(login.h.acceptor.major));
  login_close(&login);
}
END_TEST

// P24: TargetInfo although it was not asked for.
START_TEST(target_info_is_always_sent) {
  struct mini_client client = mini_client_default();
  struct login login;
  const uint32_t offer = MINI_PROTECTED & ~(NTLM_TARGET_INFO | NTLM_REQUEST_TARGET);
  ck_assert_msg(try_login(&login, offer, 32, &client), "%s", acceptor_text(&login));
  ck_assert_uint_gt(field_get(login.challenge.data, kChallengeTargetInfo).length, 0);
  login_close(&login);
}
END_TEST

// N343: AUTHENTICATE without Version or MIC field.
START_TEST(n343_short_authenticate_header) {
  static const size_t kHeaders[] = {64, 72};
  for (size_t i = 0; i < 2; ++i) {
    struct mini_client client = mini_client_without_mic();
    client.header = kHeaders[i];
    if (kHeaders[i] == 72) client.clear_flags = 0;
    expect_login(&client, MINI_PROTECTED, 32);
  }
}
END_TEST

START_TEST(n343_any_order_and_gaps) {
  static const size_t kGaps[] = {0, 1, 2, 7, 100};
  for (size_t i = 0; i < sizeof kGaps / sizeof kGaps[0]; ++i) {
    for (int reverse = 0; reverse < 2; ++reverse) {
      for (int mic = 0; mic < 2; ++mic) {
        struct mini_client client = mic != 0 ? mini_client_default() : mini_client_without_mic();
        client.reverse_order = reverse != 0;
        client.gap = kGaps[i];
        expect_login(&client, MINI_PROTECTED, 40);
      }
    }
  }
}
END_TEST

static void raise_maxima(struct octets *message) {
  static const size_t kFields[] = {kAuthLm,   kAuthNt,          kAuthDomain,
                                   kAuthUser, kAuthWorkstation, kAuthSessionKey};
  for (size_t i = 0; i < sizeof kFields / sizeof kFields[0]; ++i) {
    struct field field = field_get(message->data, kFields[i]);
    field.maximum = (uint16_t)(field.maximum + 77 * (i + 1));
    field_put(message->data, kFields[i], field);
  }
}

START_TEST(n343_maxlen_other_than_len) {
  struct mini_client client = mini_client_without_mic();
  client.edit_message = raise_maxima;
  expect_login(&client, MINI_PROTECTED, 40);
}
END_TEST

// N344: WinPR.
START_TEST(n344_padding_after_eol) {
  static const size_t kPaddings[] = {1, 2, 4, 8, 100};
  for (size_t i = 0; i < sizeof kPaddings / sizeof kPaddings[0]; ++i) {
    struct mini_client client = mini_client_default();
    client.padding = kPaddings[i];
    expect_login(&client, MINI_PROTECTED, 40);
  }
}
END_TEST

// N346: trailing octets only where a MIC covers them.
START_TEST(n346_trailing_octets_of_authenticate) {
  struct mini_client covered = mini_client_default(), bare = mini_client_without_mic();
  covered.trailing = bare.trailing = 5;
  expect_login(&covered, MINI_PROTECTED, 40);
  expect_refusal(&bare, MINI_PROTECTED, 40, GSS_S_DEFECTIVE_TOKEN, "trailing octets without MIC");
}
END_TEST

START_TEST(n346_trailing_octets_of_negotiate) {
  for (int mic = 0; mic < 2; ++mic) {
    struct mini_client client = mic != 0 ? mini_client_default() : mini_client_without_mic();
    struct login login;
    struct octets negotiate = mini_negotiate(MINI_PROTECTED, 40);
    octets_append(&negotiate, "trailing", 8);
    login_begin(&login, negotiate);
    ck_assert_uint_eq(login.h.acceptor.major, GSS_S_CONTINUE_NEEDED);
    const bool accepted =
        login_end(&login, mini_authenticate(&client, &login.negotiate, &login.challenge));
    ck_assert_msg(accepted == (mic != 0), "mic %d: %s", mic, acceptor_text(&login));
    login_close(&login);
  }
}
END_TEST

// N318: the MIC at 64, with the VERSION flag clear and the payload at 80. It must hold there too.
START_TEST(n318_mic_at_64) {
  struct mini_client client = mini_client_default();
  client.header = 80;
  client.clear_flags = NTLM_VERSION;
  expect_login(&client, MINI_PROTECTED, 40);
  for (size_t i = 1; i <= 16; ++i) {
    client.mic_damage = i;
    expect_refusal(&client, MINI_PROTECTED, 40, 0, "damaged MIC at 64");
  }
}
END_TEST

START_TEST(n318_mic_at_64_with_version_flag_is_refused) {
  struct mini_client client = mini_client_default();
  client.header = 80;
  client.add_flags = NTLM_VERSION;
  expect_refusal(&client, MINI_PROTECTED, 40, 0, "VERSION flag and a payload at 80");
}
END_TEST

// N318: VERSION clear but the eight octets are there, as in Chromium.
START_TEST(mic_at_72_without_version_flag) {
  struct mini_client client = mini_client_default();
  client.clear_flags = NTLM_VERSION;
  expect_login(&client, MINI_PROTECTED, 40);
}
END_TEST

// N324.
START_TEST(n324_lm_field_beside_ntlmv2) {
  static const enum mini_lm kForms[] = {kLmZero24, kLmEmpty, kLmv2};
  for (size_t i = 0; i < 3; ++i) {
    struct mini_client client = mini_client_default();
    client.lm = kForms[i];
    expect_login(&client, MINI_PROTECTED, 40);
  }
}
END_TEST

// N328: all zero means none, and does not count as bound.
static void add_zero_bindings(struct octets *list) {
  static const uint8_t kZeros[16];
  av_add(list, kAvChannelBindings, kZeros, sizeof kZeros);
}

START_TEST(zero_bindings_are_no_bindings) {
  struct gss_channel_bindings_struct bindings;
  struct mini_client client = mini_client_default();
  struct login login;
  memset(&bindings, 0, sizeof bindings);
  bindings.application_data = buffer_of_text("tls-server-end-point:X");
  client.edit_av = add_zero_bindings;
  login_begin(&login, mini_negotiate(MINI_PROTECTED, 40));
  login.h.acceptor_bindings = &bindings;
  ck_assert_msg(login_end(&login, mini_authenticate(&client, &login.negotiate, &login.challenge)),
                "%s", acceptor_text(&login));
  ck_assert_uint_eq(login.h.acceptor.flags & GSS_C_CHANNEL_BOUND_FLAG, 0);
  login_close(&login);
}
END_TEST

// ---- the MIC (3.3) -----------------------------------------------------------------------------

START_TEST(n317_damaged_mic) {
  for (size_t i = 1; i <= 16; ++i) {
    struct mini_client client = mini_client_default();
    client.mic_damage = i;
    expect_refusal(&client, MINI_PROTECTED, 40, 0, "damaged MIC");
  }
}
END_TEST

START_TEST(n317_announced_but_missing) {
  static const size_t kHeaders[] = {64, 72, 80, 88};
  for (size_t i = 0; i < 4; ++i) {
    struct mini_client client = mini_client_default();
    client.mic = false;
    client.mic_flag_only = true;
    client.header = kHeaders[i];
    if (kHeaders[i] == 64 || kHeaders[i] == 80) client.clear_flags = NTLM_VERSION;
    expect_refusal(&client, MINI_PROTECTED, 40, 0, "MIC announced and not there");
  }
}
END_TEST

// ---- the proof (N701) --------------------------------------------------------------------------

START_TEST(proof_without_the_secret) {
  static const enum mini_proof kProofs[] = {kProofOfWrongPassword, kProofZero, kProofOnes};
  for (size_t i = 0; i < 3; ++i) {
    for (int mic = 0; mic < 2; ++mic) {
      struct mini_client client = mic != 0 ? mini_client_default() : mini_client_without_mic();
      client.proof = kProofs[i];
      expect_refusal(&client, MINI_PROTECTED, 40, GSS_S_FAILURE, "a proof without the secret");
    }
  }
}
END_TEST

static const struct stranger {
  const char *user, *domain, *password;
} kStrangers[] = {
    {"nobody", TEST_DOMAIN, TEST_PASSWORD},
    {"alice", "ELSEWHERE", TEST_PASSWORD},
    {"alice", TEST_DOMAIN, ""},
    {"", TEST_DOMAIN, ""},
    {"", TEST_DOMAIN, TEST_PASSWORD},
    {"", "", ""},
    {"nobody", TEST_DOMAIN, ""},
    {"bob", TEST_DOMAIN, TEST_PASSWORD},
    {"alice", "OTHER", TEST_PASSWORD},
};
enum { kStrangerCount = sizeof kStrangers / sizeof kStrangers[0] };

START_TEST(strangers) {
  for (int mic = 0; mic < 2; ++mic) {
    struct mini_client client = mic != 0 ? mini_client_default() : mini_client_without_mic();
    client.user = kStrangers[_i].user;
    client.domain = kStrangers[_i].domain;
    client.password = kStrangers[_i].password;
    expect_refusal(&client, MINI_PROTECTED, 40, 0, client.user);
  }
}
END_TEST

// The answer to yesterday's challenge.
START_TEST(replayed_authenticate) {
  struct mini_client client = mini_client_without_mic();
  struct login first, second;
  ck_assert(try_login(&first, MINI_PROTECTED, 32, &client));
  login_begin(&second, mini_negotiate(MINI_PROTECTED, 32));
  ck_assert(!login_end(&second, octets_copy(first.authenticate.data, first.authenticate.size)));
  login_close(&first);
  login_close(&second);
}
END_TEST

// Answers of other lengths: none, LM only, NTLMv1, one octet short of a response.
static size_t response_size;
static void cut_response(struct octets *nt) {
  if (response_size < nt->size) nt->size = response_size;
}

START_TEST(response_of_another_length) {
  for (response_size = 0; response_size < 60; ++response_size) {
    struct mini_client client = mini_client_without_mic();
    client.edit_response = cut_response;
    client.lm = response_size % 2 != 0 ? kLmv2 : kLmZero24;
    expect_refusal(&client, MINI_PROTECTED, 32, 0, "a cut response");
  }
}
END_TEST

// An LMv2-only answer is off at every level (N310).
START_TEST(lmv2_alone_is_refused) {
  struct mini_client client = mini_client_without_mic();
  client.lm = kLmv2;
  client.edit_response = cut_response;
  response_size = 0;
  expect_refusal(&client, MINI_PROTECTED, 32, 0, "LMv2 alone");
}
END_TEST

// N352: anonymous in its usual form; refused unless the policy permits it.
static void make_anonymous(struct octets *message) {
  static const size_t kEmpty[] = {kAuthNt, kAuthUser, kAuthDomain, kAuthSessionKey};
  for (size_t i = 0; i < 4; ++i) {
    struct field field = field_get(message->data, kEmpty[i]);
    field.length = field.maximum = 0;
    field_put(message->data, kEmpty[i], field);
  }
  struct field lm = field_get(message->data, kAuthLm);
  lm.length = lm.maximum = 1;
  field_put(message->data, kAuthLm, lm);
  put32(message->data + kAuthFlags, get32(message->data + kAuthFlags) | NTLM_ANONYMOUS);
}

START_TEST(anonymous_is_refused) {
  struct mini_client client = mini_client_without_mic();
  client.edit_message = make_anonymous;
  client.add_flags = NTLM_ANONYMOUS;
  expect_refusal(&client, MINI_OFFER, 32, 0, "anonymous");
  expect_refusal(&client, MINI_OFFER | NTLM_ANONYMOUS, 32, 0, "anonymous, offered");
}
END_TEST

// ---- flags (N304, N305) ------------------------------------------------------------------------

static const struct flag_row {
  const char *name;
  uint32_t flag;
} kAgreed[] = {
    {"UNICODE", NTLM_UNICODE},   {"ESS", NTLM_ESS}, {"SIGN", NTLM_SIGN}, {"SEAL", NTLM_SEAL},
    {"KEY_EXCH", NTLM_KEY_EXCH}, {"128", NTLM_128}, {"56", NTLM_56}};
enum { kAgreedCount = sizeof kAgreed / sizeof kAgreed[0] };

START_TEST(n304_flag_left_out_of_authenticate) {
  for (int mic = 0; mic < 2; ++mic) {
    struct mini_client client = mic != 0 ? mini_client_default() : mini_client_without_mic();
    client.clear_flags |= kAgreed[_i].flag;
    client.oem = kAgreed[_i].flag == NTLM_UNICODE;
    expect_refusal(&client, MINI_PROTECTED, 40, GSS_S_DEFECTIVE_TOKEN, kAgreed[_i].name);
  }
}
END_TEST

START_TEST(n304_flag_added_to_authenticate) {
  static const struct flag_row kAdded[] = {
      {"SIGN", NTLM_SIGN},     {"SEAL", NTLM_SEAL},         {"KEY_EXCH", NTLM_KEY_EXCH},
      {"LM_KEY", NTLM_LM_KEY}, {"DATAGRAM", NTLM_DATAGRAM}, {"IDENTIFY", NTLM_IDENTIFY}};
  for (size_t i = 0; i < sizeof kAdded / sizeof kAdded[0]; ++i) {
    struct mini_client client = mini_client_without_mic();
    client.add_flags = kAdded[i].flag;
    expect_refusal(&client, MINI_OFFER, 32, GSS_S_DEFECTIVE_TOKEN, kAdded[i].name);
  }
}
END_TEST

// N305, N713: whatever is stripped from NEGOTIATE, nothing weak is agreed to.
START_TEST(n305_weak_offers) {
  static const uint32_t kMissing[] = {NTLM_128, NTLM_ESS, NTLM_128 | NTLM_56, NTLM_128 | NTLM_ESS,
                                      NTLM_128 | NTLM_56 | NTLM_KEY_EXCH};
  for (size_t i = 0; i < sizeof kMissing / sizeof kMissing[0]; ++i) {
    struct mini_client client = mini_client_without_mic();
    expect_refusal(&client, MINI_PROTECTED & ~kMissing[i], 32, 0, "a weak offer");
  }
}
END_TEST

START_TEST(n305_weak_offer_without_protection_is_taken) {
  struct mini_client client = mini_client_without_mic();
  expect_login(&client, MINI_OFFER & ~NTLM_128, 32);
}
END_TEST

START_TEST(ntlm_must_be_offered_by_somebody) {
  struct login login;
  login_begin(&login, mini_negotiate(0, 32));
  ck_assert(GSS_ERROR(login.h.acceptor.major));
  login_close(&login);
}
END_TEST

// ---- session key field (N711) ------------------------------------------------------------------

static void check_session_key_field(uint32_t protection, int size) {
  const uint32_t offer = MINI_OFFER | protection;
  const bool needed =
      (protection & NTLM_KEY_EXCH) != 0 && (protection & (NTLM_SIGN | NTLM_SEAL)) != 0;
  struct mini_client client = mini_client_default();
  struct login login;
  uint8_t key[16];
  client.session_key_size = size;
  const bool accepted = try_login(&login, offer & ~client.clear_flags, 40, &client);
  if (size == (needed ? 16 : 0)) {
    ck_assert_msg(accepted, "%08x, %d octets: %s", protection, size, acceptor_text(&login));
  }
  if (needed && size != 16) ck_assert_msg(!accepted, "%08x, %d octets", protection, size);
  if (accepted) {
    expect_client(&login.h, TEST_NAME);
    if (session_key(login.h.acceptor.context, key)) ck_assert_mem_eq(key, client.exported_key, 16);
  }
  login_close(&login);
}

START_TEST(n711_session_key_field) {
  static const int kSizes[] = {0, 1, 15, 16, 17, 32};
  static const uint32_t kBits[] = {NTLM_KEY_EXCH, NTLM_SIGN, NTLM_SEAL};
  for (unsigned set = 0; set < 8; ++set) {
    uint32_t protection = 0;
    for (unsigned bit = 0; bit < 3; ++bit) protection |= (set >> bit & 1) != 0 ? kBits[bit] : 0;
    for (size_t i = 0; i < sizeof kSizes / sizeof kSizes[0]; ++i) {
      check_session_key_field(protection, kSizes[i]);
    }
  }
}
END_TEST

// ---- the echo check (N322) ---------------------------------------------------------------------

static enum av_id edited_id;
static bool edit_applied;
static void remove_pair(struct octets *list) { edit_applied = av_remove(list, edited_id); }

static void change_pair(struct octets *list) {
  uint16_t length;
  uint8_t *value = (uint8_t *)(uintptr_t)av_find(list->data, list->size, edited_id, &length);
  edit_applied = value != NULL && length > 0;
  if (edit_applied) value[length - 1] ^= edited_id == kAvTimestamp ? 0 : 1;
  if (edit_applied && edited_id == kAvTimestamp) value[0] ^= 1;
}

static void shorten_pair(struct octets *list) {
  uint16_t length;
  const uint8_t *value = av_find(list->data, list->size, edited_id, &length);
  edit_applied = value != NULL && length >= 2;
  if (!edit_applied) return;
  struct octets shorter = octets_copy(value, length - 2u);
  av_remove(list, edited_id);
  av_add(list, edited_id, shorter.data, shorter.size);
  octets_free(&shorter);
}

static void change_first_of_two(struct octets *list) {
  uint16_t length;
  const uint8_t *value = av_find(list->data, list->size, edited_id, &length);
  edit_applied = value != NULL && length > 0;
  if (!edit_applied) return;
  struct octets right = octets_copy(value, length);
  change_pair(list);
  av_add(list, edited_id, right.data, right.size);
  octets_free(&right);
}

typedef void av_edit(struct octets *list);
static av_edit *const kBadEdits[] = {remove_pair, change_pair, shorten_pair, change_first_of_two};

START_TEST(n322_echo_is_checked) {
  static const enum av_id kIds[] = {kAvNbComputerName, kAvNbDomainName, kAvDnsComputerName,
                                    kAvDnsDomainName,  kAvDnsTreeName,  kAvTimestamp};
  for (size_t i = 0; i < sizeof kIds / sizeof kIds[0]; ++i) {
    for (int mic = 0; mic < 2; ++mic) {
      struct mini_client client = mic != 0 ? mini_client_default() : mini_client_without_mic();
      struct login login;
      char what[80];
      edited_id = kIds[i];
      client.edit_av = kBadEdits[_i];
      const bool accepted = try_login(&login, MINI_PROTECTED, 40, &client);
      snprintf(what, sizeof what, "edit %d of pair %d, MIC %d", _i, (int)kIds[i], mic);
      if (edit_applied) ck_assert_msg(!accepted, "%s: accepted", what);
      if (!edit_applied) ck_assert_msg(accepted, "%s: %s", what, acceptor_text(&login));
      ck_assert_msg(edit_applied || kIds[i] == kAvDnsTreeName || kIds[i] == kAvDnsDomainName,
                    "%s: nothing was changed", what);
      login_close(&login);
    }
  }
}
END_TEST

static void move_to_the_end(struct octets *list) {
  uint16_t length;
  const uint8_t *value = av_find(list->data, list->size, edited_id, &length);
  struct octets copy = octets_copy(value, length);
  edit_applied = av_remove(list, edited_id);
  av_add(list, edited_id, copy.data, copy.size);
  octets_free(&copy);
}

static void repeat_with_other_value(struct octets *list) {
  av_add(list, edited_id, "x\0y", 4);
  edit_applied = true;
}

static void add_unknown(struct octets *list) {
  av_add(list, (enum av_id)0x7777, "whatever", 8);
  edit_applied = true;
}

// The order is free, the first of two counts, unknown pairs are nobody's business.
START_TEST(n322_harmless_edits) {
  static av_edit *const kEdits[] = {move_to_the_end, repeat_with_other_value, add_unknown};
  for (int mic = 0; mic < 2; ++mic) {
    struct mini_client client = mic != 0 ? mini_client_default() : mini_client_without_mic();
    edited_id = kAvNbComputerName;
    edit_applied = false;
    client.edit_av = kEdits[_i];
    expect_login(&client, MINI_PROTECTED, 40);
    ck_assert(edit_applied);
  }
}
END_TEST

// N713: each octet of the TargetInfo on its way to a client that sends no MIC. Its last four octets
// are the EOL pair, whose length field means nothing.
START_TEST(n713_changed_target_info) {
  struct login probe;
  login_begin_usual(&probe);
  const struct field info = field_get(probe.challenge.data, kChallengeTargetInfo);
  login_close(&probe);
  for (size_t at = info.offset; at + 4 < info.offset + info.length; ++at) {
    struct mini_client client = mini_client_without_mic();
    struct login login;
    login_begin_usual(&login);
    struct octets seen = octets_copy(login.challenge.data, login.challenge.size);
    seen.data[at] ^= 0x01;
    const bool accepted = login_end(&login, mini_authenticate(&client, &login.negotiate, &seen));
    ck_assert_msg(!accepted, "octet %zu of TargetInfo", at - info.offset);
    octets_free(&seen);
    login_close(&login);
  }
}
END_TEST

// ---- time (N323) -------------------------------------------------------------------------------

static const struct skew_row {
  int64_t hours;
  bool accepted;
} kSkews[] = {{0, true},   {1, true},    {-1, true},    {35, true},     {-35, true},
              {37, false}, {-37, false}, {1000, false}, {-1000, false}, {24 * 365 * 300, false}};
enum { kSkewCount = sizeof kSkews / sizeof kSkews[0] };

START_TEST(n323_clock_of_the_client) {
  const struct skew_row *row = &kSkews[_i];
  struct mini_client client = mini_client_default();
  client.skew = row->hours * MINI_HOUR;
  if (row->accepted) {
    expect_login(&client, MINI_PROTECTED, 40);
  } else {
    expect_refusal(&client, MINI_PROTECTED, 40, GSS_S_CONTEXT_EXPIRED, "a skewed client");
  }
}
END_TEST

// ---- descriptors (N707) ------------------------------------------------------------------------

static struct field swept;
static size_t swept_at;
static bool sweep_applied;
static void sweep_descriptor(struct octets *message) {
  struct field now = field_get(message->data, swept_at);
  sweep_applied = now.offset != swept.offset || now.length != swept.length;
  field_put(message->data, swept_at, swept);
}

enum { kSweepValues = 11 };
static void sweep_values(uint64_t header, uint64_t size, uint64_t values[kSweepValues]) {
  const uint64_t all[kSweepValues] = {0,        1,     header - 1, header,     size - 1,  size,
                                      size + 1, 32768, 65535,      0x80000000, 0xffffffff};
  memcpy(values, all, sizeof all);
}

static void sweep_authenticate_field(size_t at, const char *name) {
  struct mini_client probe = mini_client_without_mic();
  struct login first;
  uint64_t values[kSweepValues];
  ck_assert(try_login(&first, MINI_PROTECTED, 32, &probe));
  sweep_values(probe.header, first.authenticate.size, values);
  const size_t size = first.authenticate.size;
  login_close(&first);
  for (int i = 0; i < kSweepValues; ++i) {
    for (int j = 0; j < kSweepValues; ++j) {
      if (values[j] > 65535) continue;
      struct mini_client client = mini_client_without_mic();
      struct login login;
      swept_at = at;
      swept.offset = (uint32_t)values[i];
      swept.length = swept.maximum = (uint16_t)values[j];
      client.edit_message = sweep_descriptor;
      const bool accepted = try_login(&login, MINI_PROTECTED, 32, &client);
      const bool outside = swept.length != 0 && values[i] + values[j] > size;
      const bool header = swept.length != 0 && values[i] < client.header;
      ck_assert_msg(!accepted || !(outside || header) || !sweep_applied,
                    "%s: %u octets at %u accepted", name, swept.length, swept.offset);
      if (outside) EXPECT_STATUS(GSS_S_DEFECTIVE_TOKEN, login.h.acceptor.major, 0);
      if (accepted) expect_client(&login.h, TEST_NAME);
      login_close(&login);
    }
  }
}

START_TEST(n707_descriptors_of_authenticate) {
  static const struct {
    size_t at;
    const char *name;
  } kFields[] = {{kAuthLm, "LM"},
                 {kAuthNt, "NT"},
                 {kAuthDomain, "domain"},
                 {kAuthUser, "user"},
                 {kAuthWorkstation, "workstation"},
                 {kAuthSessionKey, "session key"}};
  sweep_authenticate_field(kFields[_i].at, kFields[_i].name);
}
END_TEST

// Two fields on the same octets.
static void overlap_user_and_domain(struct octets *message) {
  const struct field user = field_get(message->data, kAuthUser);
  field_put(message->data, kAuthDomain, user);
}
static void workstation_over_response(struct octets *message) {
  struct field nt = field_get(message->data, kAuthNt);
  nt.length = nt.maximum = 10;
  field_put(message->data, kAuthWorkstation, nt);
}
static void workstation_over_mic(struct octets *message) {
  const struct field field = {4, 4, kAuthMic};
  field_put(message->data, kAuthWorkstation, field);
}

START_TEST(n707_overlaps) {
  static void (*const kEdits[])(struct octets *) = {
      overlap_user_and_domain, workstation_over_response, workstation_over_mic};
  struct mini_client client = mini_client_without_mic();
  client.edit_message = kEdits[_i];
  if (_i == 2) {
    client.header = 88;
    client.clear_flags = 0;
    client.mic = true;
  }
  expect_refusal(&client, MINI_PROTECTED, 32, 0, "overlapping fields");
}
END_TEST

// ---- texts (N703, N708, N332) ------------------------------------------------------------------

static void odd_length(struct octets *message) {
  struct field field = field_get(message->data, swept_at);
  field.length = (uint16_t)(field.length - 1);
  field_put(message->data, swept_at, field);
}

START_TEST(n708_odd_count_of_octets) {
  static const size_t kFields[] = {kAuthUser, kAuthDomain, kAuthWorkstation};
  struct mini_client client = mini_client_without_mic();
  swept_at = kFields[_i];
  client.edit_message = odd_length;
  expect_refusal(&client, MINI_PROTECTED, 32, GSS_S_DEFECTIVE_TOKEN, "an odd count");
}
END_TEST

static uint16_t lone_unit;
static void write_lone_unit(struct octets *message) {
  put16(message->data + field_get(message->data, swept_at).offset, lone_unit);
}

START_TEST(n708_lone_surrogate) {
  static const uint16_t kUnits[] = {0xd800, 0xdbff, 0xdc00, 0xdfff, 0x0000};
  static const size_t kFields[] = {kAuthUser, kAuthDomain};
  for (size_t i = 0; i < sizeof kUnits / sizeof kUnits[0]; ++i) {
    struct mini_client client = mini_client_without_mic();
    lone_unit = kUnits[i];
    swept_at = kFields[_i];
    client.edit_message = write_lone_unit;
    expect_refusal(&client, MINI_PROTECTED, 32, 0, "a lone surrogate");
  }
}
END_TEST

static char *repeated(char c, size_t count) {
  char *text = malloc(count + 1);
  ck_assert_ptr_nonnull(text);
  memset(text, c, count);
  text[count] = '\0';
  return text;
}

static void check_long_text(size_t count, int which) {
  static const size_t kLimits[] = {256, 255, 255};
  char *text = repeated('u', count);
  struct mini_client client = mini_client_without_mic();
  struct login login;
  if (which == 0) client.user = text;
  if (which == 1) client.domain = text;
  if (which == 2) client.workstation = text;
  char accounts[600];
  snprintf(accounts, sizeof accounts, "%.255s:%.256s:%s\n", client.domain, client.user,
           TEST_PASSWORD);
  const char *path = write_file("long", accounts, 0600);
  memset(&login, 0, sizeof login);
  login.h.acceptor_cred = acquire_acceptor(path, &oid_ntlm);
  login.negotiate = mini_negotiate(MINI_PROTECTED, 32);
  acceptor_step(&login.h, &login.negotiate, &login.challenge);
  const bool accepted =
      login_end(&login, mini_authenticate(&client, &login.negotiate, &login.challenge));
  ck_assert_msg(accepted == (count <= kLimits[which] && (count > 0 || which == 2)),
                "field %d of %zu units: %s", which, count, acceptor_text(&login));
  login_close(&login);
  free(text);
}

// N703, N804: user 256, domain 255, workstation 255 units.
START_TEST(n703_long_names) {
  static const size_t kCounts[] = {1, 2, 255, 256, 257, 511, 512, 513, 1024, 20000};
  for (size_t i = 0; i < sizeof kCounts / sizeof kCounts[0]; ++i) check_long_text(kCounts[i], _i);
}
END_TEST

// ---- the size of a token (N804) ----------------------------------------------------------------

static bool negotiate_of_size_is_taken(size_t size) {
  struct mini_client client = mini_client_default();
  struct login login;
  struct octets negotiate = mini_negotiate(MINI_PROTECTED, 40);
  uint8_t *zeros = calloc(1, size);
  octets_append(&negotiate, zeros, size - 40);
  login_begin(&login, negotiate);
  bool taken = login.h.acceptor.major == GSS_S_CONTINUE_NEEDED;
  if (!taken) EXPECT_STATUS(GSS_S_DEFECTIVE_TOKEN, login.h.acceptor.major, login.h.acceptor.minor);
  taken =
      taken && login_end(&login, mini_authenticate(&client, &login.negotiate, &login.challenge));
  login_close(&login);
  free(zeros);
  return taken;
}

// A NEGOTIATE is kept until its MIC is checked, so that it has a narrower limit (N826).
START_TEST(n804_limit_of_negotiate) {
  ck_assert(negotiate_of_size_is_taken(600));
  ck_assert(negotiate_of_size_is_taken(1024));
  ck_assert(!negotiate_of_size_is_taken(65537));
  ck_assert(!negotiate_of_size_is_taken(1000000));
}
END_TEST

static bool authenticate_of_size_is_taken(size_t size) {
  struct mini_client client = mini_client_default();
  struct login login;
  ck_assert_msg(try_login(&login, MINI_PROTECTED, 40, &client), "%s", acceptor_text(&login));
  ck_assert_uint_lt(login.authenticate.size, size);
  client.trailing = size - login.authenticate.size;
  login_close(&login);
  const bool taken = try_login(&login, MINI_PROTECTED, 40, &client);
  ck_assert_uint_eq(login.authenticate.size, size);
  if (!taken) EXPECT_STATUS(GSS_S_DEFECTIVE_TOKEN, login.h.acceptor.major, login.h.acceptor.minor);
  login_close(&login);
  return taken;
}

START_TEST(n804_limit_of_authenticate) {
  ck_assert(authenticate_of_size_is_taken(4096));
  ck_assert(authenticate_of_size_is_taken(65536));
  ck_assert(!authenticate_of_size_is_taken(65537));
  ck_assert(!authenticate_of_size_is_taken(1000000));
}
END_TEST

// ---- our initiator against a server ------------------------------------------------------------

struct visit {
  struct handshake h;
  struct octets negotiate, challenge, authenticate;
};

// Runs our initiator against this server and gives its last status.
static OM_uint32 visit_server(struct visit *visit, const struct mini_server *server,
                              OM_uint32 request_flags) {
  memset(visit, 0, sizeof *visit);
  handshake_open(&visit->h, kRaw);
  visit->h.request_flags = request_flags;
  initiator_step(&visit->h, NULL, &visit->negotiate);
  visit->challenge = mini_challenge(server);
  return initiator_step(&visit->h, &visit->challenge, &visit->authenticate);
}

static void visit_close(struct visit *visit) {
  octets_free(&visit->negotiate);
  octets_free(&visit->challenge);
  octets_free(&visit->authenticate);
  handshake_close(&visit->h);
}

static void expect_visit(const struct mini_server *server, OM_uint32 request_flags) {
  struct visit visit;
  uint8_t key[16];
  const OM_uint32 major = visit_server(&visit, server, request_flags);
  EXPECT_COMPLETE(major, visit.h.initiator.minor);
  const struct mini_verdict verdict =
      mini_check(&visit.negotiate, &visit.challenge, &visit.authenticate, TEST_USER, TEST_DOMAIN,
                 TEST_PASSWORD);
  ck_assert(verdict.proof_right);
  ck_assert(verdict.mic_announced);
  ck_assert(verdict.mic_right);
  // N304; VERSION is always sent (N301).
  const uint32_t granted = get32(visit.challenge.data + kChallengeFlags) | NTLM_VERSION;
  ck_assert_uint_eq(verdict.flags & ~granted, 0);
  if (session_key(visit.h.initiator.context, key)) ck_assert_mem_eq(key, verdict.exported_key, 16);
  visit_close(&visit);
}

static void expect_visit_fails(const struct mini_server *server, OM_uint32 request_flags,
                               OM_uint32 status, const char *word) {
  struct visit visit;
  const OM_uint32 major = visit_server(&visit, server, request_flags);
  ck_assert_msg(GSS_ERROR(major), "the initiator went on");
  if (status != 0) EXPECT_STATUS(status, major, visit.h.initiator.minor);
  ck_assert_uint_eq(visit.authenticate.size, 0);
  if (word != NULL) EXPECT_TEXT(minor_text(visit.h.initiator.minor), word);
  visit_close(&visit);
}

START_TEST(usual_server) {
  struct mini_server server = mini_server_default();
  expect_visit(&server, kUsualFlags);
  server.flags = MINI_OFFER | NTLM_TARGET_TYPE_SERVER;
  expect_visit(&server, 0);
}
END_TEST

// N341, P23: a header of 48 octets, with and without the VERSION flag.
START_TEST(n341_challenge_without_version) {
  struct mini_server server = mini_server_default();
  server.header = 48;
  expect_visit(&server, kUsualFlags);
  server.flags &= ~NTLM_VERSION;
  expect_visit(&server, kUsualFlags);
}
END_TEST

// N341, N329: no TargetInfo at all; only where no protection was asked for.
START_TEST(n341_challenge_without_target_info) {
  struct mini_server server = mini_server_default();
  server.no_target_info = true;
  server.flags = MINI_OFFER;
  static const size_t kHeaders[] = {32, 48, 56};
  for (size_t i = 0; i < 3; ++i) {
    server.header = kHeaders[i];
    expect_visit(&server, 0);
    server.flags |= NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCH;
    expect_visit_fails(&server, kUsualFlags, 0, NULL);
    server.flags = MINI_OFFER;
  }
}
END_TEST

START_TEST(n329_challenge_without_names) {
  struct mini_server server = mini_server_default();
  server.no_names = true;
  expect_visit_fails(&server, kUsualFlags, 0, NULL);
}
END_TEST

// N342, P22.
START_TEST(n342_unicode_and_oem) {
  struct mini_server server = mini_server_default();
  server.flags |= NTLM_OEM;
  struct visit visit;
  EXPECT_COMPLETE(visit_server(&visit, &server, kUsualFlags), visit.h.initiator.minor);
  ck_assert_uint_eq(get32(visit.authenticate.data + kAuthFlags) & (NTLM_UNICODE | NTLM_OEM),
                    NTLM_UNICODE);
  char *user = field_text(&visit.authenticate, kAuthUser);
  ck_assert_str_eq(user, TEST_USER);
  free(user);
  visit_close(&visit);
}
END_TEST

// N344, N316: a MIC also where no timestamp was offered; padding after EOL.
START_TEST(n344_no_timestamp_and_padding) {
  struct mini_server server = mini_server_default();
  server.no_timestamp = true;
  expect_visit(&server, kUsualFlags);
  server.padding = 8;
  expect_visit(&server, kUsualFlags);
  server.no_timestamp = false;
  expect_visit(&server, kUsualFlags);
}
END_TEST

// N315: over the octets as received.
START_TEST(n315_trailing_octets_of_challenge) {
  struct mini_server server = mini_server_default();
  server.trailing = 9;
  expect_visit(&server, kUsualFlags);
}
END_TEST

static OM_uint32 status_for_challenge_of_size(size_t size) {
  struct mini_server server = mini_server_default();
  struct visit visit;
  struct octets usual = mini_challenge(&server);
  server.trailing = size - usual.size;
  const OM_uint32 major = visit_server(&visit, &server, kUsualFlags);
  ck_assert_uint_eq(visit.challenge.size, size);
  octets_free(&usual);
  visit_close(&visit);
  return major;
}

START_TEST(n804_limit_of_challenge) {
  EXPECT_COMPLETE(status_for_challenge_of_size(4096), 0);
  EXPECT_COMPLETE(status_for_challenge_of_size(65536), 0);
  EXPECT_STATUS(GSS_S_DEFECTIVE_TOKEN, status_for_challenge_of_size(65537), 0);
  EXPECT_STATUS(GSS_S_DEFECTIVE_TOKEN, status_for_challenge_of_size(1000000), 0);
}
END_TEST

// P27, N307: KEY_EXCH without SIGN and SEAL.
START_TEST(n307_no_session_key_without_protection) {
  struct mini_server server = mini_server_default();
  server.flags = MINI_OFFER;
  expect_visit(&server, 0);
}
END_TEST

// N306: what was asked for and not agreed to is named.
START_TEST(n306_protection_not_granted) {
  struct mini_server server = mini_server_default();
  server.flags = (MINI_OFFER | NTLM_TARGET_TYPE_SERVER);
  expect_visit_fails(&server, GSS_C_INTEG_FLAG, 0, "SIGN");
  expect_visit_fails(&server, kSignFlags, 0, "SIGN");
  server.flags |= NTLM_SIGN | NTLM_KEY_EXCH;
  expect_visit_fails(&server, kUsualFlags, 0, "SEAL");
  expect_visit(&server, kSignFlags);
}
END_TEST

// P28: nothing asked for, nothing granted.
START_TEST(p28_no_sign_and_none_asked) {
  struct mini_server server = mini_server_default();
  server.flags = MINI_OFFER & ~NTLM_ALWAYS_SIGN;
  struct visit visit;
  EXPECT_COMPLETE(visit_server(&visit, &server, GSS_C_MUTUAL_FLAG), visit.h.initiator.minor);
  ck_assert_uint_eq(visit.h.initiator.flags & (kMessageFlags | GSS_C_MUTUAL_FLAG), 0);
  visit_close(&visit);
}
END_TEST

// N363: without ALWAYS_SIGN there is not even the constant.
START_TEST(n363_no_always_sign_no_dummy) {
  struct mini_server server = mini_server_default();
  server.flags = MINI_OFFER & ~NTLM_ALWAYS_SIGN;
  struct visit visit;
  struct octets mic;
  EXPECT_COMPLETE(visit_server(&visit, &server, 0), visit.h.initiator.minor);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, mic_octets(visit.h.initiator.context, "x", 1, &mic), 0);
  octets_free(&mic);
  visit_close(&visit);
}
END_TEST

// N305 on our side.
START_TEST(n305_weak_server) {
  static const uint32_t kMissing[] = {NTLM_128, NTLM_ESS, NTLM_128 | NTLM_56, NTLM_128 | NTLM_ESS};
  for (size_t i = 0; i < sizeof kMissing / sizeof kMissing[0]; ++i) {
    struct mini_server server = mini_server_default();
    server.flags &= ~kMissing[i];
    expect_visit_fails(&server, kUsualFlags, 0, NULL);
  }
}
END_TEST

// A server that grants what was not offered.
START_TEST(challenge_adds_flags) {
  static const uint32_t kAdded[] = {NTLM_LM_KEY, NTLM_DATAGRAM, NTLM_SIGN, NTLM_SEAL,
                                    NTLM_IDENTIFY};
  for (size_t i = 0; i < sizeof kAdded / sizeof kAdded[0]; ++i) {
    struct mini_server server = mini_server_default();
    server.flags = MINI_OFFER | kAdded[i];
    struct visit visit;
    const OM_uint32 major = visit_server(&visit, &server, 0);
    if (!GSS_ERROR(major)) {
      ck_assert_uint_eq(get32(visit.authenticate.data + kAuthFlags) & kAdded[i], 0);
      ck_assert_uint_eq(visit.h.initiator.flags & kMessageFlags, 0);
    }
    visit_close(&visit);
  }
}
END_TEST

// N323 on our side.
START_TEST(n323_clock_of_the_server) {
  const struct skew_row *row = &kSkews[_i];
  struct mini_server server = mini_server_default();
  server.skew = row->hours * MINI_HOUR;
  if (row->accepted) {
    expect_visit(&server, kUsualFlags);
  } else {
    expect_visit_fails(&server, kUsualFlags, GSS_S_CONTEXT_EXPIRED, NULL);
  }
}
END_TEST

// N320, N714: what a server may not slip into our proof.
static void inject_pairs(struct octets *list) {
  uint8_t flags[4], host[48] = {0}, hash[16];
  put32(flags, 0xffffffff);
  memset(hash, 0xcc, sizeof hash);
  put32(host, sizeof host);
  av_add(list, kAvFlags, flags, sizeof flags);
  av_add(list, kAvSingleHost, host, sizeof host);
  av_add(list, kAvTargetName, "c\0i\0f\0s\0/\0e\0v\0i\0l\0", 18);
  av_add(list, kAvChannelBindings, hash, sizeof hash);
  av_add(list, (enum av_id)0x00ff, "unknown!", 8);
}

START_TEST(n714_injected_pairs_are_not_carried_over) {
  struct mini_server server = mini_server_default();
  struct visit visit;
  uint16_t length;
  server.edit_av = inject_pairs;
  EXPECT_COMPLETE(visit_server(&visit, &server, kUsualFlags), visit.h.initiator.minor);
  struct octets list = response_av_pairs(&visit.authenticate);
  const uint8_t *flags = av_find(list.data, list.size, kAvFlags, &length);
  ck_assert_ptr_nonnull(flags);
  ck_assert_uint_eq(get32(flags) & ~3u, 0);
  ck_assert_uint_eq(get32(flags) & 2u, 2);
  ck_assert_ptr_null(av_find(list.data, list.size, kAvSingleHost, &length));
  ck_assert_ptr_null(av_find(list.data, list.size, kAvChannelBindings, &length));
  char *spn = av_text(&list, kAvTargetName);
  ck_assert_str_eq(spn, "HTTP/server.example.com");
  ck_assert_ptr_nonnull(av_find(list.data, list.size, (enum av_id)0x00ff, &length));
  free(spn);
  octets_free(&list);
  visit_close(&visit);
}
END_TEST

// N709: AV lists of any shape. Never a crash; and the proof still holds if the initiator goes on.
static struct octets odd_list;
static void use_odd_list(struct octets *list) {
  octets_free(list);
  *list = octets_copy(odd_list.data, odd_list.size);
}

static void visit_with_odd_list(OM_uint32 flags) {
  struct mini_server server = mini_server_default();
  struct visit visit;
  server.no_timestamp = true;
  server.edit_av = use_odd_list;
  if (flags == 0) server.flags = MINI_OFFER;
  const OM_uint32 major = visit_server(&visit, &server, flags);
  if (!GSS_ERROR(major)) {
    ck_assert(mini_check(&visit.negotiate, &visit.challenge, &visit.authenticate, TEST_USER,
                         TEST_DOMAIN, TEST_PASSWORD)
                  .proof_right);
  } else {
    ck_assert_uint_eq(visit.authenticate.size, 0);
  }
  visit_close(&visit);
}

START_TEST(n709_each_pair_of_each_length) {
  for (uint16_t id = 0; id <= 12; ++id) {
    for (uint16_t length = 0; length <= 20; ++length) {
      uint8_t pair[4 + 20 + 4] = {0};
      put16(pair, id);
      put16(pair + 2, length);
      odd_list = octets_copy(pair, 4u + length + 4);
      visit_with_odd_list(kUsualFlags);
      visit_with_odd_list(0);
      odd_list.size = 4u + length;  // no EOL
      visit_with_odd_list(0);
      odd_list.size = 3u + length;  // the value is cut
      visit_with_odd_list(0);
      octets_free(&odd_list);
    }
  }
}
END_TEST

START_TEST(n709_pairs_beyond_the_list) {
  static const uint16_t kLengths[] = {1, 2, 3, 4, 255, 32767, 32768, 65535};
  for (size_t i = 0; i < sizeof kLengths / sizeof kLengths[0]; ++i) {
    uint8_t pair[4];
    put16(pair, kAvNbComputerName);
    put16(pair + 2, kLengths[i]);
    odd_list = octets_copy(pair, sizeof pair);
    struct mini_server server = mini_server_default();
    server.no_timestamp = true;
    server.edit_av = use_odd_list;
    expect_visit_fails(&server, kUsualFlags, GSS_S_DEFECTIVE_TOKEN, NULL);
    octets_free(&odd_list);
  }
}
END_TEST

START_TEST(n709_long_lists) {
  static const size_t kSizes[] = {1000, 16384, 16385, 40000, 65000};
  for (size_t i = 0; i < sizeof kSizes / sizeof kSizes[0]; ++i) {
    uint8_t *value = calloc(1, kSizes[i]);
    static const uint8_t kEol[4];
    odd_list = octets_copy(kEol, sizeof kEol);
    av_add(&odd_list, kAvNbDomainName, "D", 2);
    av_add(&odd_list, kAvNbComputerName, "S", 2);
    av_add(&odd_list, (enum av_id)0x1234, value, kSizes[i]);
    visit_with_odd_list(0);
    octets_free(&odd_list);
    free(value);
  }
}
END_TEST

// N707 on CHALLENGE.
START_TEST(n707_descriptors_of_challenge) {
  static const size_t kFields[] = {kChallengeTargetName, kChallengeTargetInfo};
  struct mini_server server = mini_server_default();
  struct octets usual = mini_challenge(&server);
  uint64_t values[kSweepValues];
  sweep_values(server.header, usual.size, values);
  for (int i = 0; i < kSweepValues * kSweepValues; ++i) {
    const uint64_t offset = values[i / kSweepValues], length = values[i % kSweepValues];
    if (length > 65535) continue;
    struct handshake h;
    struct octets negotiate, answer, changed = octets_copy(usual.data, usual.size);
    const struct field field = {(uint16_t)length, (uint16_t)length, (uint32_t)offset};
    field_put(changed.data, kFields[_i], field);
    handshake_open(&h, kRaw);
    initiator_step(&h, NULL, &negotiate);
    initiator_step(&h, &changed, &answer);
    if (length != 0 && (offset + length > usual.size || offset < 48)) {
      EXPECT_STATUS(GSS_S_DEFECTIVE_TOKEN, h.initiator.major, h.initiator.minor);
    }
    octets_free(&negotiate);
    octets_free(&answer);
    octets_free(&changed);
    handshake_close(&h);
  }
  octets_free(&usual);
}
END_TEST

static void add_acceptor_tests(Suite *suite) {
  TCase *own = tcase_create("the other end");
  tcase_add_test(own, published_authenticate_is_right);
  tcase_add_test(own, published_sealed_message_is_right);
  tcase_add_test(own, well_behaved_clients);
  suite_add_tcase(suite, own);

  TCase *lenient = tcase_create("leniency");
  tcase_set_timeout(lenient, 60);
  tcase_add_test(lenient, n340_short_negotiate);
  tcase_add_test(lenient, negotiate_too_short);
  tcase_add_test(lenient, n340_negotiate_with_oem_domain);
  tcase_add_test(lenient, oem_dialogue);
  tcase_add_test(lenient, unicode_is_taken_when_both_are_offered);
  tcase_add_test(lenient, neither_unicode_nor_oem_is_refused);
  tcase_add_test(lenient, target_info_is_always_sent);
  tcase_add_test(lenient, n343_short_authenticate_header);
  tcase_add_test(lenient, n343_any_order_and_gaps);
  tcase_add_test(lenient, n343_maxlen_other_than_len);
  tcase_add_test(lenient, n344_padding_after_eol);
  tcase_add_test(lenient, n346_trailing_octets_of_authenticate);
  tcase_add_test(lenient, n346_trailing_octets_of_negotiate);
  tcase_add_test(lenient, n318_mic_at_64);
  tcase_add_test(lenient, n318_mic_at_64_with_version_flag_is_refused);
  tcase_add_test(lenient, mic_at_72_without_version_flag);
  tcase_add_test(lenient, n324_lm_field_beside_ntlmv2);
  tcase_add_test(lenient, zero_bindings_are_no_bindings);
  suite_add_tcase(suite, lenient);

  TCase *proof = tcase_create("proof and MIC");
  tcase_set_timeout(proof, 60);
  tcase_add_test(proof, n317_damaged_mic);
  tcase_add_test(proof, n317_announced_but_missing);
  tcase_add_test(proof, proof_without_the_secret);
  tcase_add_loop_test(proof, strangers, 0, kStrangerCount);
  tcase_add_test(proof, replayed_authenticate);
  tcase_add_test(proof, response_of_another_length);
  tcase_add_test(proof, lmv2_alone_is_refused);
  tcase_add_test(proof, anonymous_is_refused);
  suite_add_tcase(suite, proof);

  TCase *flags = tcase_create("flags");
  tcase_add_loop_test(flags, n304_flag_left_out_of_authenticate, 0, kAgreedCount);
  tcase_add_test(flags, n304_flag_added_to_authenticate);
  tcase_add_test(flags, n305_weak_offers);
  tcase_add_test(flags, n305_weak_offer_without_protection_is_taken);
  tcase_add_test(flags, ntlm_must_be_offered_by_somebody);
  tcase_add_test(flags, n711_session_key_field);
  suite_add_tcase(suite, flags);

  TCase *fields = tcase_create("fields");
  tcase_set_timeout(fields, 60);
  tcase_add_loop_test(fields, n322_echo_is_checked, 0, sizeof kBadEdits / sizeof kBadEdits[0]);
  tcase_add_loop_test(fields, n322_harmless_edits, 0, 3);
  tcase_add_test(fields, n713_changed_target_info);
  tcase_add_loop_test(fields, n323_clock_of_the_client, 0, kSkewCount);
  tcase_add_loop_test(fields, n707_descriptors_of_authenticate, 0, 6);
  tcase_add_loop_test(fields, n707_overlaps, 0, 3);
  tcase_add_loop_test(fields, n708_odd_count_of_octets, 0, 3);
  tcase_add_loop_test(fields, n708_lone_surrogate, 0, 2);
  tcase_add_loop_test(fields, n703_long_names, 0, 3);
  tcase_add_test(fields, n804_limit_of_negotiate);
  tcase_add_test(fields, n804_limit_of_authenticate);
  suite_add_tcase(suite, fields);
}

static void add_initiator_tests(Suite *suite) {
  TCase *server = tcase_create("servers");
  tcase_set_timeout(server, 60);
  tcase_add_test(server, usual_server);
  tcase_add_test(server, n341_challenge_without_version);
  tcase_add_test(server, n341_challenge_without_target_info);
  tcase_add_test(server, n329_challenge_without_names);
  tcase_add_test(server, n342_unicode_and_oem);
  tcase_add_test(server, n344_no_timestamp_and_padding);
  tcase_add_test(server, n315_trailing_octets_of_challenge);
  tcase_add_test(server, n804_limit_of_challenge);
  tcase_add_test(server, n307_no_session_key_without_protection);
  tcase_add_test(server, n306_protection_not_granted);
  tcase_add_test(server, p28_no_sign_and_none_asked);
  tcase_add_test(server, n363_no_always_sign_no_dummy);
  tcase_add_test(server, n305_weak_server);
  tcase_add_test(server, challenge_adds_flags);
  tcase_add_loop_test(server, n323_clock_of_the_server, 0, kSkewCount);
  tcase_add_test(server, n714_injected_pairs_are_not_carried_over);
  tcase_add_test(server, n709_each_pair_of_each_length);
  tcase_add_test(server, n709_pairs_beyond_the_list);
  tcase_add_test(server, n709_long_lists);
  tcase_add_loop_test(server, n707_descriptors_of_challenge, 0, 2);
  suite_add_tcase(suite, server);
}

static Suite *peer_suite(void) {
  Suite *suite = suite_create("peer");
  add_acceptor_tests(suite);
  add_initiator_tests(suite);
  return suite;
}

int main(void) { return run_suite(peer_suite); }
