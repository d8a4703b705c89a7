// SPDX-License-Identifier: MIT
// LmCompatibilityLevel 0 to 5 in both roles (N310 to N312, N701): which answers the acceptor takes
// and the initiator sends, the keys they lead to, and that no cell takes an answer which was made
// without the account's secret. levels.golden is section 3.2 of the requirements, written by hand.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mini_v1.h"

enum { kLevels = 6 };

// ---- the other end itself, against published values --------------------------------------------

static void expect_hex(const void *data, const char *hex) {
  const uint8_t *octets = data;
  for (size_t i = 0; hex[2 * i] != '\0'; ++i) {
    unsigned value;
    ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &value), 1);
    ck_assert_msg(octets[i] == value, "octet %zu is %02x, not as in %s", i, octets[i], hex);
  }
}

static const uint8_t kPublishedChallenge[8] = {1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};

// [MS-NLMP] 4.2.2.
START_TEST(published_ntlmv1_is_right) {
  uint8_t lm[16], nt[16], lm_response[24], nt_response[24], key[16];
  mini_lm_hash("Password", lm);
  mini_nt_hash("Password", nt);
  expect_hex(lm, "e52cac67419a9a224a3b108f3fa6cb6d");
  expect_hex(nt, "a4f49c406510bdcab6824ee7c30fd852");
  mini_v1_response(lm, kPublishedChallenge, lm_response);
  mini_v1_response(nt, kPublishedChallenge, nt_response);
  expect_hex(lm_response, "98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13");
  expect_hex(nt_response, "67c43011f30298a2ad35ece64f16331c44bdbed927841f94");
  mini_v1_exchange_key(0, kFormV1, "Password", lm_response, kPublishedChallenge, key);
  expect_hex(key, "d87262b0cde4b1cb7499becccdf10784");
  mini_v1_exchange_key(NTLM_LM_KEY, kFormV1, "Password", lm_response, kPublishedChallenge, key);
  expect_hex(key, "b09e379f7fbecb1eaf0afdcb0383c8a0");
  mini_v1_exchange_key(NTLM_NON_NT_KEY, kFormV1, "Password", lm_response, kPublishedChallenge, key);
  expect_hex(key, "e52cac67419a9a220000000000000000");
}
END_TEST

// [MS-NLMP] 4.2.3.
START_TEST(published_ess_is_right) {
  uint8_t nt[16], digest[8], response[24], key[16];
  uint8_t lm_field[24] = {0};
  memset(lm_field, 0xaa, 8);
  mini_nt_hash("Password", nt);
  mini_ess_challenge(kPublishedChallenge, lm_field, digest);
  mini_v1_response(nt, digest, response);
  expect_hex(response, "7537f803ae367128ca458204bde7caf81e97ed2683267232");
  mini_v1_exchange_key(NTLM_ESS, kFormV1Ess, "Password", lm_field, kPublishedChallenge, key);
  expect_hex(key, "eb93429a8bd952f8b89c55b87f475edc");
}
END_TEST

// "The NTLM Authentication Protocol and Security Support Provider".
START_TEST(davenport_is_right) {
  uint8_t lm[16], nt[16], key[16], response[24], digest[8];
  const uint8_t nonce[8] = {0xff, 0xff, 0xff, 0x00, 0x11, 0x22, 0x33, 0x44};
  mini_lm_hash("SecREt01", lm);
  mini_nt_hash("SecREt01", nt);
  mini_v1_response(lm, kPublishedChallenge, response);
  expect_hex(response, "c337cd5cbd44fc9782a667af6d427c6de67c20c2d3e77c56");
  mini_v1_response(nt, kPublishedChallenge, response);
  expect_hex(response, "25a98c1c31e81847466b29b2df4680f39958fb8c213a9cc6");
  mini_ess_challenge(kPublishedChallenge, nonce, digest);
  expect_hex(digest, "beac9a1bc5a9867c");
  mini_v1_response(nt, digest, response);
  expect_hex(response, "10d550832d12b2ccb79d5ad1f4eed3df82aca4c3681dd455");
  mini_ntowfv2("user", "DOMAIN", "SecREt01", key);
  mini_lmv2_response(key, kPublishedChallenge, nonce, response);
  expect_hex(response, "d6e6152ea25d03b7c6ba6629c2d6aaf0ffffff0011223344");
}
END_TEST

// tests/vectors: ntlm_mic_nlmp_4_2 (published) and ntlm_session_keys_computed.
static const struct message_case {
  uint32_t flags;
  const char *data;
  size_t size;
  const char *wrap;
  bool fives;  // the key of [MS-NLMP] 4.2, else 01 to 10
} kMessageCases[] = {
    {0x62028233, "P\0l\0a\0i\0n\0t\0e\0x\0t", 18,
     "010000000000000009dcd1df2e459d3656fe04d861f9319af0d7238a2e3b4d457fb8", true},
    {0xe28a8233, "P\0l\0a\0i\0n\0t\0e\0x\0t", 18,
     "010000007fb38ec5c55d49760000000054e50165bf1936dc996020c1811b0f06fb5f", true},
    {0x60080030, "alpha", 5, "010000003c510aeaef43fd080000000044198336b9", false},
    {0x20080030, "alpha", 5, "0100000017b5a66f4372d5d00000000044198336b9", false},
    {0xc0080030, "alpha", 5, "0100000059f8671d0eb27b8000000000c7209c7ae1", false},
    {0x40080030, "alpha", 5, "0100000095fe84edec5b1fad00000000c42189870b", false},
    {0x20000030, "alpha", 5, "0100000000000000f911791de41b9752fbabbcf201", false},
    {0x800000b0, "alpha", 5, "0100000000000000d4b958bd9a1c00d06260f79e19", false},
    {0x000000b0, "alpha", 5, "0100000000000000303669eccc8affc38dd36c85f8", false},
};

START_TEST(published_messages_are_right) {
  const struct message_case *c = &kMessageCases[_i];
  uint8_t key[16];
  for (uint8_t i = 0; i < sizeof key; ++i) key[i] = c->fives ? 0x55 : (uint8_t)(i + 1);
  struct mini_session *session = mini_session_open(c->flags, key);
  struct octets token = mini_wrap(session, true, c->data, c->size);
  ck_assert_uint_eq(token.size, 16 + c->size);
  expect_hex(token.data, c->wrap);
  mini_session_close(session);
  octets_free(&token);
}
END_TEST

// ---- settings ----------------------------------------------------------------------------------

static const char *const kSettings[] = {"LM_COMPAT_LEVEL", "policy file"};

// Sets this level for a role; everything else of the policy is `more`.
static void set_level(size_t setting, const char *role, int level, const char *more) {
  static unsigned serial;
  char text[512], name[32];
  snprintf(text, sizeof text, "%d", level);
  setenv("LM_COMPAT_LEVEL", text, 1);
  if (setting == 1) unsetenv("LM_COMPAT_LEVEL");
  snprintf(text, sizeof text, "[ntlm]\n  use_winbind = no\n%s", more);
  if (setting == 1) {
    const size_t used = strlen(text);
    snprintf(text + used, sizeof text - used, "  %s_lm_level = %d\n", role, level);
  }
  snprintf(name, sizeof name, "sspi-%u.conf", serial++);
  setenv("GSS_SSPI_CONFIG", write_file(name, text, 0644), 1);
}

static void set_domain_name(bool set) {
  if (set) {
    setenv("NETBIOS_DOMAIN_NAME", TEST_DOMAIN, 1);
  } else {
    unsetenv("NETBIOS_DOMAIN_NAME");
  }
}

// ---- our acceptor ------------------------------------------------------------------------------

enum source { kTextFile, kHashFile, kExplicit, kSources };
static const char *const kSourceNames[kSources] = {"passwords", "hashes", "explicit credential"};

static const char *hash_file(void) {
  static const struct {
    const char *user, *password;
  } kUsers[] = {{TEST_USER, TEST_PASSWORD}, {"bob", "Passw0rd:with:colons"}};
  char text[512] = "";
  for (size_t i = 0; i < 2; ++i) {
    uint8_t lm[16], nt[16];
    size_t used = strlen(text);
    mini_lm_hash(kUsers[i].password, lm);
    mini_nt_hash(kUsers[i].password, nt);
    used += (size_t)snprintf(text + used, sizeof text - used,
                             TEST_DOMAIN "\\%s:%zu:", kUsers[i].user, 1000 + i);
    for (size_t k = 0; k < 16; ++k, used += 2) snprintf(text + used, 3, "%02X", lm[k]);
    text[used++] = ':';
    for (size_t k = 0; k < 16; ++k, used += 2) snprintf(text + used, 3, "%02X", nt[k]);
    snprintf(text + used, sizeof text - used, ":[U          ]:LCT-5F000000:\n");
  }
  return write_file("hashes", text, 0600);
}

static bool acquire_source(enum source source, gss_cred_id_t *cred) {
  OM_uint32 minor, major;
  if (source == kExplicit) {
    major =
        try_acquire_with_password(&minor, TEST_NAME, TEST_PASSWORD, &oid_ntlm, GSS_C_BOTH, cred);
  } else {
    const struct store_entry store[] = {
        {"ntlmssp_keyfile", source == kTextFile ? accounts_file() : hash_file()}, {NULL, NULL}};
    major = try_acquire(&minor, NULL, GSS_C_ACCEPT, &oid_ntlm, store, cred);
  }
  return !GSS_ERROR(major);
}

struct logon {
  struct handshake h;  // its acceptor's half
  struct octets negotiate, challenge, authenticate;
};

// The acceptor's verdict on this answer to a NEGOTIATE of these flags.
static bool logon_run(struct logon *logon, gss_cred_id_t cred, uint32_t offer,
                      struct mini_answer *answer) {
  struct octets none;
  memset(logon, 0, sizeof *logon);
  logon->h.acceptor_cred = cred;
  logon->negotiate = mini_negotiate(offer, 32);
  acceptor_step(&logon->h, &logon->negotiate, &logon->challenge);
  EXPECT_STATUS(GSS_S_COMPLETE, logon->h.acceptor.major, logon->h.acceptor.minor);
  logon->authenticate = mini_answer_message(answer, &logon->negotiate, &logon->challenge);
  acceptor_step(&logon->h, &logon->authenticate, &none);
  octets_free(&none);
  return is_complete(&logon->h.acceptor);
}

static void logon_close(struct logon *logon) {
  octets_free(&logon->negotiate);
  octets_free(&logon->challenge);
  octets_free(&logon->authenticate);
  handshake_reset(&logon->h);
}

static uint32_t offer_of(enum mini_form form) {
  const bool ess = form != kFormLm && form != kFormV1;
  return ess ? MINI_OFFER : MINI_OFFER & ~NTLM_ESS;
}

static const char *const kFormNames[kForms] = {"LM",   "NTLMv1", "NTLMv1 with ESS",
                                               "LMv2", "NTLMv2", "NTLMv2 with MIC"};

// ---- answers made without the secret -----------------------------------------------------------

static void zero_fields(struct octets *lm, struct octets *nt, const uint8_t challenge[8]) {
  (void)challenge;
  memset(lm->data, 0, lm->size);
  memset(nt->data, 0, nt->size < 16 ? nt->size : nt->size == 24 ? 24 : 16);
}

static void fill_with_challenge(struct octets *field, const uint8_t challenge[8]) {
  const size_t size = field->size <= 24 ? field->size : 16;
  for (size_t i = 0; i < size; ++i) field->data[i] = challenge[i % 8];
}

static void copy_challenge(struct octets *lm, struct octets *nt, const uint8_t challenge[8]) {
  fill_with_challenge(lm, challenge);
  fill_with_challenge(nt, challenge);
}

static void copy_challenge_to_nt(struct octets *lm, struct octets *nt, const uint8_t challenge[8]) {
  fill_with_challenge(nt->size != 0 ? nt : lm, challenge);
}

static void replace(struct octets *field, const struct octets *value) {
  struct octets copy = octets_copy(value->data, value->size);
  octets_free(field);
  *field = copy;
}

static const uint8_t kZeros[24];
static struct octets zeros(void) { return octets_copy(kZeros, sizeof kZeros); }

static void nt_in_lm_field(struct octets *lm, struct octets *nt, const uint8_t challenge[8]) {
  (void)challenge;
  replace(lm, nt);
  octets_free(nt);
  *nt = zeros();
}

static void nt_in_lm_field_alone(struct octets *lm, struct octets *nt, const uint8_t challenge[8]) {
  (void)challenge;
  replace(lm, nt);
  octets_free(nt);
  *nt = octets_copy(NULL, 0);
}

static void lm_in_nt_field(struct octets *lm, struct octets *nt, const uint8_t challenge[8]) {
  (void)challenge;
  replace(nt, lm);
}

static void swapped(struct octets *lm, struct octets *nt, const uint8_t challenge[8]) {
  (void)challenge;
  const struct octets other = *lm;
  *lm = *nt;
  *nt = other;
}

static void no_responses(struct octets *lm, struct octets *nt, const uint8_t challenge[8]) {
  (void)challenge;
  octets_free(lm);
  octets_free(nt);
  *lm = octets_copy(NULL, 0);
  *nt = octets_copy(NULL, 0);
}

static void last_octet_changed(struct octets *lm, struct octets *nt, const uint8_t challenge[8]) {
  (void)challenge;
  struct octets *field = nt->size != 0 ? nt : lm;
  field->data[field->size == 24 ? 23 : 15] ^= 1;
}

static const struct wrong {
  const char *name;
  const char *user, *password;
  void (*edit)(struct octets *lm, struct octets *nt, const uint8_t challenge[8]);
} kWrong[] = {
    {"a wrong password", TEST_USER, "not the password", NULL},
    {"a password of another case", TEST_USER, "passw0rd-alicE", NULL},
    {"an empty password", TEST_USER, "", NULL},
    {"another user's password", TEST_USER, "Passw0rd:with:colons", NULL},
    {"the own password for another user", "bob", TEST_PASSWORD, NULL},
    {"an unknown user", "nobody", TEST_PASSWORD, NULL},
    {"an unknown user and an empty password", "nobody", "", NULL},
    {"zeros", TEST_USER, TEST_PASSWORD, zero_fields},
    {"the server's challenge", TEST_USER, TEST_PASSWORD, copy_challenge},
    {"the server's challenge as NT response", TEST_USER, TEST_PASSWORD, copy_challenge_to_nt},
    {"the NT response in the LM field", TEST_USER, TEST_PASSWORD, nt_in_lm_field},
    {"the NT response in the LM field alone", TEST_USER, TEST_PASSWORD, nt_in_lm_field_alone},
    {"the LM response in the NT field", TEST_USER, TEST_PASSWORD, lm_in_nt_field},
    {"the responses swapped", TEST_USER, TEST_PASSWORD, swapped},
    {"no responses", TEST_USER, TEST_PASSWORD, no_responses},
    {"the last octet of the proof changed", TEST_USER, TEST_PASSWORD, last_octet_changed},
};

// An LM response does not tell the case of a password.
static bool is_right_after_all(const struct wrong *wrong, enum mini_form form) {
  return form == kFormLm && strcmp(wrong->password, "passw0rd-alicE") == 0;
}

static void expect_wrong_refused(gss_cred_id_t cred, enum mini_form form, const char *where) {
  for (size_t i = 0; i < sizeof kWrong / sizeof kWrong[0]; ++i) {
    if (is_right_after_all(&kWrong[i], form)) continue;
    struct logon logon;
    struct mini_answer answer = mini_answer_of(form);
    answer.user = kWrong[i].user;
    answer.password = kWrong[i].password;
    answer.edit = kWrong[i].edit;
    ck_assert_msg(!logon_run(&logon, cred, offer_of(form), &answer), "%s, %s: %s was accepted",
                  where, kFormNames[form], kWrong[i].name);
    ck_assert_msg(GSS_ERROR(logon.h.acceptor.major), "%s: neither refused nor accepted", where);
    ck_assert_ptr_null(logon.h.client_name);
    logon_close(&logon);
  }
}

static bool right_answer_is_accepted(gss_cred_id_t cred, enum mini_form form) {
  struct logon logon;
  struct mini_answer answer = mini_answer_of(form);
  const bool accepted = logon_run(&logon, cred, offer_of(form), &answer);
  if (accepted) expect_client(&logon.h, TEST_NAME);
  if (!accepted) ck_assert_uint_gt(strlen(minor_text(logon.h.acceptor.minor)), 5);
  logon_close(&logon);
  return accepted;
}

static void golden_acceptor(struct golden *golden, enum source source, size_t setting,
                            bool domain_name) {
  set_domain_name(domain_name);
  golden_line(golden, "\n[acceptor, %s, level by %s, domain name %s]", kSourceNames[source],
              kSettings[setting], domain_name ? "set" : "not set");
  for (int level = 0; level < kLevels; ++level) {
    char line[256] = "", where[64];
    gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
    set_level(setting, "acceptor", level, "");
    const bool acquired = acquire_source(source, &cred);
    snprintf(where, sizeof where, "%s, level %d", kSourceNames[source], level);
    for (int form = 0; acquired && form < kForms; ++form) {
      const bool accepted = right_answer_is_accepted(cred, (enum mini_form)form);
      const size_t used = strlen(line);
      snprintf(line + used, sizeof line - used, "%s%s %s", form != 0 ? ", " : "", kFormNames[form],
               accepted ? "yes" : "no");
      expect_wrong_refused(cred, (enum mini_form)form, where);
    }
    golden_line(golden, "%d: %s", level, acquired ? line : "no credential");
    release_cred(&cred);
  }
  set_domain_name(true);
}

// ---- our initiator -----------------------------------------------------------------------------

static const struct offer {
  const char *name;
  uint32_t flags;
} kOffers[] = {
    {"ESS", MINI_OFFER},
    {"no ESS", MINI_OFFER & ~NTLM_ESS},
    {"no ESS, LM_KEY", (MINI_OFFER & ~NTLM_ESS) | NTLM_LM_KEY},
    {"ESS, LM_KEY", MINI_OFFER | NTLM_LM_KEY},
};

static void answer_of_initiator(struct handshake *h, const struct mini_server *server,
                                const char *name, char *line, size_t room) {
  struct octets negotiate, challenge, authenticate;
  initiator_step(h, NULL, &negotiate);
  challenge = mini_challenge(server);
  initiator_step(h, &challenge, &authenticate);
  if (GSS_ERROR(h->initiator.major)) {
    snprintf(line, room, "%s: refused", name);
  } else {
    const struct mini_seen seen =
        mini_look(&negotiate, &challenge, &authenticate, TEST_USER, TEST_DOMAIN, TEST_PASSWORD);
    snprintf(line, room, "%s: %s, LM field: %s%s%s", name, seen.form, seen.lm,
             (seen.flags & NTLM_ESS) != 0 ? ", ESS" : "",
             (seen.flags & NTLM_LM_KEY) != 0 ? ", LM_KEY" : "");
  }
  octets_free(&negotiate);
  octets_free(&challenge);
  octets_free(&authenticate);
}

static gss_cred_id_t initiator_of(bool with_password) {
  OM_uint32 minor;
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  char text[33];
  uint8_t nt[16];
  mini_nt_hash(TEST_PASSWORD, nt);
  for (size_t i = 0; i < 16; ++i) snprintf(text + 2 * i, 3, "%02x", nt[i]);
  const struct store_entry store[] = {
      {with_password ? "ntlmssp_password" : "ntlmssp_nthash", with_password ? TEST_PASSWORD : text},
      {NULL, NULL}};
  try_acquire(&minor, TEST_NAME, GSS_C_INITIATE, &oid_ntlm, store, &cred);
  return cred;
}

static void golden_initiator(struct golden *golden, size_t setting, bool with_password) {
  golden_line(golden, "\n[initiator, %s, level by %s]", with_password ? "password" : "NT hash",
              kSettings[setting]);
  for (int level = 0; level < kLevels; ++level) {
    set_level(setting, "initiator", level, "");
    for (size_t i = 0; i < sizeof kOffers / sizeof kOffers[0]; ++i) {
      char line[256] = "no credential";
      struct handshake h = {.mech = &oid_ntlm};
      struct mini_server server = mini_server_default();
      server.flags = kOffers[i].flags | NTLM_TARGET_TYPE_SERVER;
      h.initiator_cred = initiator_of(with_password);
      h.target = import_service("HTTP@server.example.com");
      if (h.initiator_cred != GSS_C_NO_CREDENTIAL) {
        answer_of_initiator(&h, &server, kOffers[i].name, line, sizeof line);
      }
      golden_line(golden, "%d, %s", level, line);
      handshake_close(&h);
    }
  }
}

START_TEST(levels_roles_forms) {
  struct golden *golden = golden_begin("levels.golden");
  golden_line(golden, "# Levels, roles and answers: the table of requirement 3.2; levels_test.c.");
  for (int source = 0; source < kSources; ++source) {
    for (size_t setting = 0; setting < 2; ++setting) {
      golden_acceptor(golden, (enum source)source, setting, true);
      golden_acceptor(golden, (enum source)source, setting, false);
    }
  }
  for (size_t setting = 0; setting < 2; ++setting) {
    golden_initiator(golden, setting, true);
    golden_initiator(golden, setting, false);
  }
  golden_end(golden);
}
END_TEST

// ---- keys and messages (N312) ------------------------------------------------------------------

// Strength, ESS, LM_KEY, KEY_EXCH and SEAL, each on and off.
enum { kStrengths = 3, kSwitches = 16, kKeyCases = kStrengths * kSwitches };
static const char kNoMinimum[] =
    "  acceptor_minimum_security = none\n  initiator_minimum_security = none\n";

static uint32_t key_case_flags(int number) {
  static const uint32_t kStrength[kStrengths] = {0, NTLM_56, NTLM_128 | NTLM_56};
  static const uint32_t kSwitch[4] = {NTLM_ESS, NTLM_LM_KEY, NTLM_KEY_EXCH, NTLM_SEAL};
  uint32_t flags = (MINI_OFFER & ~(NTLM_ESS | NTLM_128 | NTLM_56)) | NTLM_SIGN;
  flags |= kStrength[number / kSwitches];
  for (int i = 0; i < 4; ++i) flags |= (number >> i & 1) != 0 ? kSwitch[i] : 0;
  return flags;
}

// Messages both ways, in turn and twice in one direction: without ESS they share one stream.
static void expect_messages(gss_ctx_id_t context, bool ours_is_client, uint32_t flags,
                            const uint8_t key[16], const char *where) {
  static const bool kFromPeer[] = {true, false, false, true, true, false};
  struct mini_session *session = mini_session_open(flags, key);
  for (size_t i = 0; i < sizeof kFromPeer; ++i) {
    char text[32];
    const int size = snprintf(text, sizeof text, "message %zu", i);
    const bool from_client = kFromPeer[i] != ours_is_client;
    const bool seal = (flags & NTLM_SEAL) != 0;
    struct octets token, data = {NULL, 0};
    OM_uint32 major;
    bool right = true;
    if (kFromPeer[i]) {
      token = seal ? mini_wrap(session, from_client, text, (size_t)size)
                   : mini_mic(session, from_client, text, (size_t)size);
      major = seal ? unwrap_octets(context, token.data, token.size, NULL, &data)
                   : verify_octets(context, text, (size_t)size, token.data, token.size);
      if (seal) right = data.size == (size_t)size && memcmp(data.data, text, data.size) == 0;
    } else {
      major = seal ? wrap_octets(context, 1, text, (size_t)size, NULL, &token)
                   : mic_octets(context, text, (size_t)size, &token);
      if (seal) {
        right = mini_unwrap(session, from_client, &token, &data);
      } else {
        struct octets mic = mini_mic(session, from_client, text, (size_t)size);
        right = octets_equal(&mic, &token);
        octets_free(&mic);
      }
    }
    ck_assert_msg(!GSS_ERROR(major) && right, "%s: message %zu from %s: %s", where, i,
                  kFromPeer[i] ? "the peer" : "us",
                  GSS_ERROR(major) ? status_text(major, 0) : "not what it should be");
    octets_free(&token);
    octets_free(&data);
  }
  mini_session_close(session);
}

static void expect_session(gss_ctx_id_t context, bool ours_is_client, uint32_t flags,
                           const uint8_t key[16], const char *where) {
  uint8_t ours[16];
  ck_assert_msg(session_key(context, ours), "%s: no session key", where);
  ck_assert_msg(memcmp(ours, key, 16) == 0, "%s: the session keys differ", where);
  expect_messages(context, ours_is_client, flags, key, where);
}

static const char *key_case_name(const char *side, enum mini_form form, uint32_t flags) {
  static char text[160];
  const char *bits = (flags & NTLM_128) != 0 ? "128" : (flags & NTLM_56) != 0 ? "56" : "40";
  snprintf(text, sizeof text, "%s, %s, %s bits%s%s%s%s", side, kFormNames[form], bits,
           (flags & NTLM_ESS) != 0 ? ", ESS" : "", (flags & NTLM_LM_KEY) != 0 ? ", LM_KEY" : "",
           (flags & NTLM_KEY_EXCH) != 0 ? ", KEY_EXCH" : "",
           (flags & NTLM_SEAL) != 0 ? ", SEAL" : "");
  return text;
}

START_TEST(keys_of_the_acceptor) {
  const uint32_t offer = key_case_flags(_i);
  gss_cred_id_t cred;
  unsigned tried = 0;
  set_level(1, "acceptor", 0, kNoMinimum);
  ck_assert(acquire_source(kTextFile, &cred));
  for (int form = 0; form < kForms; ++form) {
    const bool needs_ess = form == kFormV1Ess, forbids_ess = form == kFormV1 || form == kFormLm;
    if (form == kFormLmv2 || ((offer & NTLM_ESS) != 0 ? forbids_ess : needs_ess)) continue;
    struct logon logon;
    struct mini_answer answer = mini_answer_of((enum mini_form)form);
    const bool accepted = logon_run(&logon, cred, offer, &answer);
    const char *where = key_case_name("acceptor", (enum mini_form)form, answer.flags);
    ck_assert_msg(accepted, "%s: %s", where,
                  status_text(logon.h.acceptor.major, logon.h.acceptor.minor));
    // What was offered and can be had together is agreed.
    const uint32_t without = (offer & NTLM_ESS) != 0 ? NTLM_LM_KEY : 0;
    const uint32_t wanted = offer & (NTLM_ESS | NTLM_LM_KEY | NTLM_KEY_EXCH | NTLM_SEAL) & ~without;
    ck_assert_msg((answer.flags & wanted) == wanted, "%s: %08x of %08x", where, answer.flags,
                  offer);
    expect_session(logon.h.acceptor.context, false, answer.flags, answer.exported_key, where);
    logon_close(&logon);
    ++tried;
  }
  ck_assert_uint_ge(tried, 2);
  release_cred(&cred);
}
END_TEST

START_TEST(keys_of_the_initiator) {
  const uint32_t granted = key_case_flags(_i);
  for (int level = 0; level < kLevels; ++level) {
    struct handshake h = {.mech = &oid_ntlm};
    struct mini_server server = mini_server_default();
    struct octets negotiate, challenge, authenticate;
    char where[160];
    set_level(1, "initiator", level, kNoMinimum);
    h.initiator_cred = initiator_of(true);
    h.target = import_service("HTTP@server.example.com");
    h.request_flags = (granted & NTLM_SEAL) != 0 ? kUsualFlags : kSignFlags;
    initiator_step(&h, NULL, &negotiate);
    server.flags = granted | NTLM_TARGET_TYPE_SERVER;
    challenge = mini_challenge(&server);
    initiator_step(&h, &challenge, &authenticate);
    EXPECT_STATUS(GSS_S_COMPLETE, h.initiator.major, h.initiator.minor);
    const struct mini_seen seen =
        mini_look(&negotiate, &challenge, &authenticate, TEST_USER, TEST_DOMAIN, TEST_PASSWORD);
    snprintf(where, sizeof where, "level %d, %s", level,
             key_case_name("initiator", level < 3 ? kFormV1 : kFormV2, seen.flags));
    ck_assert_str_ne(seen.form, "no right response");
    ck_assert_msg((seen.flags & ~granted &
                   (NTLM_ESS | NTLM_LM_KEY | NTLM_KEY_EXCH | NTLM_SEAL | NTLM_128 | NTLM_56)) == 0,
                  "%s: more than was granted", where);
    expect_session(h.initiator.context, true, seen.flags, seen.exported_key, where);
    octets_free(&negotiate);
    octets_free(&challenge);
    octets_free(&authenticate);
    handshake_close(&h);
  }
}
END_TEST

// N305: without a word of the policy, protected messages need ESS and 128 bits at every level.
START_TEST(weak_sessions_are_refused) {
  for (int number = 0; number < kKeyCases; ++number) {
    const uint32_t offer = key_case_flags(number);
    const bool strong = (offer & NTLM_ESS) != 0 && (offer & NTLM_128) != 0;
    const enum mini_form form = (offer & NTLM_ESS) != 0 ? kFormV1Ess : kFormV1;
    gss_cred_id_t cred;
    struct logon logon = {.h = {.mech = &oid_ntlm}};
    set_level(1, "acceptor", 0, "");
    ck_assert(acquire_source(kTextFile, &cred));
    logon.h.acceptor_cred = cred;
    logon.negotiate = mini_negotiate(offer, 32);
    acceptor_step(&logon.h, &logon.negotiate, &logon.challenge);
    if (!GSS_ERROR(logon.h.acceptor.major)) {
      struct octets none;
      struct mini_answer answer = mini_answer_of(form);
      logon.authenticate = mini_answer_message(&answer, &logon.negotiate, &logon.challenge);
      acceptor_step(&logon.h, &logon.authenticate, &none);
      octets_free(&none);
    }
    ck_assert_msg(strong == is_complete(&logon.h.acceptor), "%s: %s",
                  key_case_name("acceptor", form, offer),
                  status_text(logon.h.acceptor.major, logon.h.acceptor.minor));
    logon_close(&logon);
    release_cred(&cred);
  }
}
END_TEST

static Suite *levels_suite(void) {
  Suite *suite = suite_create("levels");
  TCase *peer = tcase_create("the other end");
  tcase_add_test(peer, published_ntlmv1_is_right);
  tcase_add_test(peer, published_ess_is_right);
  tcase_add_test(peer, davenport_is_right);
  tcase_add_loop_test(peer, published_messages_are_right, 0,
                      sizeof kMessageCases / sizeof kMessageCases[0]);
  suite_add_tcase(suite, peer);

  TCase *levels = tcase_create("levels");
  tcase_set_timeout(levels, 120);
  tcase_add_test(levels, levels_roles_forms);
  suite_add_tcase(suite, levels);

  TCase *keys = tcase_create("keys");
  tcase_add_loop_test(keys, keys_of_the_acceptor, 0, kKeyCases);
  tcase_add_loop_test(keys, keys_of_the_initiator, 0, kKeyCases);
  tcase_add_test(keys, weak_sessions_are_refused);
  suite_add_tcase(suite, keys);
  return suite;
}

int main(void) { return run_suite(levels_suite); }
