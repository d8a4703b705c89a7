// SPDX-License-Identifier: MIT
// N449, N805: no log and no status text holds a password, hash, key or response, in whatever form.
// Logins of every kind are made with a log on, right and wrong ones; then log and texts are
// searched for everything that must not be there, as it is, in UTF-16, hexadecimal and base64.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../gss/mini_v1.h"
#include "endure.h"

// ---- what must not be found --------------------------------------------------------------------

static const char kPassword[] = "Geheim+Wort/42";
static const char kWrongPassword[] = "anders=Wort?77";

struct secret {
  char name[48];
  struct octets octets;
};

enum { kMaxSecrets = 400 };
static struct secret secrets[kMaxSecrets];
static unsigned secret_count;

static void add_secret(const char *name, const void *data, size_t size) {
  ck_assert_uint_lt(secret_count, kMaxSecrets);
  struct secret *secret = &secrets[secret_count++];
  snprintf(secret->name, sizeof secret->name, "%s", name);
  secret->octets = octets_copy(data, size);
}

static void add_account_secrets(const char *password) {
  uint8_t key[16];
  struct octets units = utf16_of(password);
  add_secret("password", password, strlen(password));
  add_secret("password in UTF-16", units.data, units.size);
  octets_free(&units);
  mini_nt_hash(password, key);
  add_secret("NT hash", key, sizeof key);
  mini_md4(key, sizeof key, key);
  add_secret("session base key of NTLMv1", key, sizeof key);
  mini_lm_hash(password, key);
  add_secret("LM hash", key, sizeof key);
  mini_ntowfv2(TEST_USER, TEST_DOMAIN, password, key);
  add_secret("NTOWFv2", key, sizeof key);
}

static void add_part(const char *name, const struct octets *message, size_t at, size_t size) {
  struct octets field = field_octets(message, at);
  if (field.size >= 8) add_secret(name, field.data, field.size < size ? field.size : size);
  octets_free(&field);
}

// What a login shows on the wire and must not show elsewhere, and the keys it made.
static void add_login_secrets(const struct handshake *h, const char *password) {
  static const char *const kKeys[] = {"client's signing key", "server's signing key",
                                      "client's sealing key", "server's sealing key"};
  struct octets message[3];
  uint8_t key[16];
  if (h->token[2].size == 0) return;
  for (int i = 0; i < 3; ++i) {
    message[i] = copy_message(&h->token[i], (uint32_t)(kTypeNegotiate + i));
  }
  add_secret("server challenge", message[1].data + kChallengeServerChallenge, 8);
  add_part("LM response", &message[2], kAuthLm, 24);
  add_part("NT response", &message[2], kAuthNt, 16);
  add_part("encrypted session key", &message[2], kAuthSessionKey, 16);
  const struct mini_seen seen =
      mini_look(&message[0], &message[1], &message[2], TEST_USER, TEST_DOMAIN, password);
  add_secret("exported session key", seen.exported_key, 16);
  for (enum mini_key which = kClientSign; which <= kServerSeal; ++which) {
    mini_message_key(seen.exported_key, which, key);
    add_secret(kKeys[which], key, sizeof key);
  }
  for (int i = 0; i < 3; ++i) octets_free(&message[i]);
}

// ---- forms -------------------------------------------------------------------------------------

enum form { kPlain, kSmallHex, kCapitalHex, kBase64, kBase64After1, kBase64After2, kPlantedForms };
static const char *const kFormNames[kPlantedForms] = {
    "as it is",  "in small hexadecimal digits", "in capital hexadecimal digits",
    "in base64", "in base64 behind one octet",  "in base64 behind two octets"};

static struct octets hex_of(const struct octets *data, const char *digits) {
  struct octets text = octets_copy(NULL, 0);
  for (size_t i = 0; i < data->size; ++i) {
    const char pair[2] = {digits[data->data[i] >> 4], digits[data->data[i] & 15]};
    octets_append(&text, pair, sizeof pair);
  }
  return text;
}

// The characters of base64 that depend on nothing but the data, where `before` octets of something
// else come first.
static struct octets base64_of(const struct octets *data, size_t before) {
  static const char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  struct octets text = octets_copy(NULL, 0);
  const size_t end = 8 * (before + data->size);
  for (size_t bit = 0; bit + 6 <= end; bit += 6) {
    if (bit < 8 * before) continue;
    unsigned value = 0;
    for (size_t i = bit; i < bit + 6; ++i) {
      value = value << 1 | (data->data[i / 8 - before] >> (7 - i % 8) & 1u);
    }
    octets_append(&text, &kDigits[value], 1);
  }
  return text;
}

static struct octets in_form(const struct octets *data, enum form form) {
  switch (form) {
    case kSmallHex:
      return hex_of(data, "0123456789abcdef");
    case kCapitalHex:
      return hex_of(data, "0123456789ABCDEF");
    case kBase64:
    case kBase64After1:
    case kBase64After2:
      return base64_of(data, (size_t)(form - kBase64));
    default:
      return octets_copy(data->data, data->size);
  }
}

// The first secret that `text` holds, and its form; null when it holds none.
static const struct secret *find_secret(const struct octets *text, enum form *form) {
  for (unsigned i = 0; i < secret_count; ++i) {
    for (*form = kPlain; *form < kPlantedForms; ++*form) {
      struct octets needle = in_form(&secrets[i].octets, *form);
      const bool found = memmem(text->data, text->size, needle.data, needle.size) != NULL;
      octets_free(&needle);
      if (found) return &secrets[i];
    }
  }
  return NULL;
}

// ---- what is searched --------------------------------------------------------------------------

static const char *log_path;
static struct octets texts;  // of statuses
static unsigned events, status_count;

static void keep_text(OM_uint32 major, OM_uint32 minor) {
  if (major == GSS_S_COMPLETE || major == GSS_S_CONTINUE_NEEDED) return;
  const char *text = status_text(major, minor);
  octets_append(&texts, text, strlen(text));
  octets_append(&texts, "\n", 1);
  ++status_count;
}

static struct octets read_log(void) {
  struct octets text = octets_copy(NULL, 0);
  char room[4096];
  FILE *file = fopen(log_path, "r");
  if (file == NULL) return text;
  for (size_t got; (got = fread(room, 1, sizeof room, file)) != 0;) {
    octets_append(&text, room, got);
  }
  fclose(file);
  return text;
}

// ---- logins ------------------------------------------------------------------------------------

enum source { kCall, kStore, kHash, kFile };

static const struct kind {
  const char *name;
  enum carrier carrier;
  enum source source;
  const char *password;
  const char *policy;
  bool succeeds;
} kKinds[] = {
    {"right password", kRaw, kCall, kPassword, "", true},
    {"right password in a store", kRaw, kStore, kPassword, "", true},
    {"right hash", kRaw, kHash, kPassword, "", true},
    {"account file", kRaw, kFile, kPassword, "", true},
    {"SPNEGO", kSpnegoCut, kCall, kPassword, "", true},
    {"wrong password", kRaw, kCall, kWrongPassword, "", false},
    {"wrong password in SPNEGO", kSpnegoCut, kCall, kWrongPassword, "", false},
    {"wrong hash", kRaw, kHash, kWrongPassword, "", false},
    {"NTLMv1", kRaw, kCall, kPassword,
     "initiator_lm_level = 0\nacceptor_lm_level = 0\ninitiator_minimum_security = none\n"
     "acceptor_minimum_security = none\n",
     true},
    {"NTLMv1 where it is refused", kRaw, kCall, kPassword,
     "initiator_lm_level = 1\ninitiator_minimum_security = none\n", false},
    {"audited", kRaw, kCall, kPassword,
     "outgoing = deny\noutgoing_audit_only = yes\nincoming = deny\nincoming_audit_only = yes\n",
     true},
    {"refused by the policy of the server", kRaw, kCall, kPassword, "incoming = deny\n", false},
    {"refused by the policy of the client", kRaw, kCall, kPassword, "outgoing = deny\n", false},
    {"another target name", kRaw, kCall, kPassword, "spn_check = require\n", false},
};
enum { kKindCount = sizeof kKinds / sizeof kKinds[0] };

static void use_policy(const char *lines) {
  static unsigned number;
  char name[32], text[512];
  snprintf(name, sizeof name, "policy%u", number++);
  snprintf(text, sizeof text, "[ntlm]\n%s", lines);
  setenv("GSS_SSPI_CONFIG", write_file(name, text, 0600), 1);
}

static const char *secret_file(void) {
  return write_file("secret-accounts", TEST_DOMAIN ":" TEST_USER ":Geheim+Wort/42\n", 0600);
}

static void acquire_both(struct handshake *h, const struct kind *kind, const char *file) {
  char hash[33];
  uint8_t octets[16];
  struct store_entry store[] = {{"ntlmssp_keyfile", file}, {NULL, NULL}};
  OM_uint32 minor, major;
  mini_nt_hash(kind->password, octets);
  for (int i = 0; i < 16; ++i) snprintf(hash + 2 * i, 3, "%02x", octets[i]);
  if (kind->source == kStore) store[0] = (struct store_entry){"ntlmssp_password", kind->password};
  if (kind->source == kHash) store[0] = (struct store_entry){"ntlmssp_nthash", hash};
  memset(h, 0, sizeof *h);
  h->mech = carrier_mech(kind->carrier);
  h->request_flags = kUsualFlags;
  h->target = import_service("HTTP@server.example.com");
  if (kind->source == kCall) {
    major = try_acquire_with_password(&minor, TEST_NAME, kind->password, h->mech, GSS_C_INITIATE,
                                      &h->initiator_cred);
  } else {
    major = try_acquire(&minor, TEST_NAME, GSS_C_INITIATE, h->mech, store, &h->initiator_cred);
  }
  keep_text(major, minor);
  h->acceptor_cred = acquire_acceptor(file, h->mech);
  if (kind->carrier != kSpnegoCut) return;
  cut_to_ntlm(h->initiator_cred);
  cut_to_ntlm(h->acceptor_cred);
}

static bool run_and_keep(struct handshake *h, const char *password) {
  const bool done = handshake_run(h);
  keep_text(h->initiator.major, h->initiator.minor);
  keep_text(h->acceptor.major, h->acceptor.minor);
  if (h->hook == NULL) add_login_secrets(h, password);
  ++events;
  return done;
}

static void log_in(const struct kind *kind) {
  struct handshake h;
  use_policy(kind->policy);
  acquire_both(&h, kind, secret_file());
  const bool done = run_and_keep(&h, kind->password);
  check(done == kind->succeeds, "%s: the login %s", kind->name,
        kind->succeeds ? "succeeds" : "fails");
  if (done) expect_messages_pass(h.initiator.context, h.acceptor.context);
  if (done) {
    // A message that is damaged, and one more token after the last.
    struct octets token, data;
    wrap_octets(h.initiator.context, 1, "message", 7, NULL, &token);
    token.data[token.size - 1] ^= 1;
    keep_text(unwrap_octets(h.acceptor.context, token.data, token.size, NULL, &data), 0);
    octets_free(&token);
    octets_free(&data);
    keep_text(acceptor_step(&h, &h.token[2], &data), h.acceptor.minor);
    octets_free(&data);
  }
  handshake_close(&h);
}

// ---- tokens that are not right -----------------------------------------------------------------

struct damage {
  int leg;
  size_t at;
  bool cut;
};

static void damage(struct handshake *h, int leg, struct octets *token) {
  const struct damage *plan = h->hook_argument;
  if (leg != plan->leg || plan->at >= token->size) return;
  if (plan->cut) {
    token->size = plan->at;
  } else {
    token->data[plan->at] ^= 0x81;
  }
}

static void malformed_tokens(void) {
  static const struct kind kRight = {"", kRaw, kCall, kPassword, "", true};
  struct handshake h;
  struct damage plan;
  const unsigned before = status_count;
  const size_t step = long_form ? 1 : 7;
  use_policy("");
  acquire_both(&h, &kRight, secret_file());
  // Of the answers to these tokens the keys differ; the account's secrets are the same.
  h.hook = damage;
  h.hook_argument = &plan;
  for (plan.leg = 0; plan.leg < 3; ++plan.leg) {
    for (int cut = 0; cut < 2; ++cut) {
      plan.cut = cut == 1;
      for (plan.at = 1; plan.at < 400; plan.at += step) {
        run_and_keep(&h, kPassword);
        handshake_reset(&h);
      }
    }
  }
  check(status_count > before + 50, "malformed tokens: %u texts", status_count - before);
  handshake_close(&h);
}

// ---- files and stores that are not right -------------------------------------------------------

// Each with a secret where something else should be.
static const struct bad_file {
  const char *name;
  const char *text;
  mode_t mode;
} kBadFiles[] = {
    {"a line of nothing but a password", "Geheim+Wort/42\n", 0600},
    {"a line without a user", TEST_DOMAIN ":Geheim+Wort/42\n", 0600},
    {"a password that is not UTF-8", TEST_DOMAIN ":" TEST_USER ":Geheim+Wort/42\xff\n", 0600},
    {"a line that others may read", TEST_DOMAIN ":" TEST_USER ":Geheim+Wort/42\n", 0644},
    {"a password as the name of a domain that is too long",
     "Geheim+Wort/42Geheim+Wort/42Geheim+Wort/42Geheim+Wort/42Geheim+Wort/42Geheim+Wort/42"
     "Geheim+Wort/42Geheim+Wort/42Geheim+Wort/42Geheim+Wort/42Geheim+Wort/42Geheim+Wort/42"
     "Geheim+Wort/42Geheim+Wort/42Geheim+Wort/42Geheim+Wort/42Geheim+Wort/42Geheim+Wort/42"
     "Geheim+Wort/42Geheim+Wort/42:" TEST_USER ":x\n",
     0600},
};

static void bad_files(void) {
  enum { kCount = sizeof kBadFiles / sizeof kBadFiles[0] };
  use_policy("");
  for (int i = 0; i < kCount; ++i) {
    OM_uint32 minor;
    gss_cred_id_t cred;
    const struct store_entry store[] = {
        {"ntlmssp_keyfile", write_file("bad-accounts", kBadFiles[i].text, kBadFiles[i].mode)},
        {NULL, NULL}};
    const OM_uint32 major = try_acquire(&minor, TEST_NAME, GSS_C_INITIATE, &oid_ntlm, store, &cred);
    keep_text(major, minor);
    ++events;
    check(GSS_ERROR(major), "account file: %s is refused", kBadFiles[i].name);
    release_cred(&cred);
  }
}

static void bad_stores(void) {
  static const struct store_entry kStores[][2] = {
      {{"ntlmssp_nthash", "Geheim+Wort/42"}, {NULL, NULL}},
      {{"ntlmssp_passwort", "Geheim+Wort/42"}, {NULL, NULL}},
      {{"ntlmssp_password", "Geheim+Wort/42\xff"}, {NULL, NULL}},
  };
  for (size_t i = 0; i < sizeof kStores / sizeof kStores[0]; ++i) {
    OM_uint32 minor;
    gss_cred_id_t cred;
    const OM_uint32 major =
        try_acquire(&minor, TEST_NAME, GSS_C_INITIATE, &oid_ntlm, kStores[i], &cred);
    keep_text(major, minor);
    ++events;
    check(GSS_ERROR(major), "credential store: %s with a wrong value is refused",
          kStores[i][0].key);
    release_cred(&cred);
  }
}

// ---- the search --------------------------------------------------------------------------------

// Each secret in each form is found when it is there; and a text without one is clean.
static void check_search(void) {
  unsigned found = 0;
  enum form form;
  for (unsigned i = 0; i < secret_count; ++i) {
    for (enum form planted = kPlain; planted < kPlantedForms; ++planted) {
      struct octets text = octets_copy("[1] a line: ", 12), needle;
      needle = in_form(&secrets[i].octets, planted);
      octets_append(&text, needle.data, needle.size);
      octets_append(&text, " and its end\n", 13);
      found += find_secret(&text, &form) != NULL ? 1 : 0;
      octets_free(&text);
      octets_free(&needle);
    }
  }
  check(secret_count > 0 && found == secret_count * kPlantedForms,
        "each of %u secrets, planted in each of %d forms, is found", secret_count, kPlantedForms);
  static const char kClean[] = "[1] a line: " TEST_NAME " and its end\n";
  struct octets clean = octets_copy(kClean, sizeof kClean - 1);
  check(find_secret(&clean, &form) == NULL, "a line without a secret is clean");
  octets_free(&clean);
}

static void check_clean(const char *what, const struct octets *text) {
  enum form form;
  const struct secret *secret = find_secret(text, &form);
  check(secret == NULL, "%s: no secret%s%s%s%s", what, secret != NULL ? ", but " : "",
        secret != NULL ? secret->name : "", secret != NULL ? " " : "",
        secret != NULL ? kFormNames[form] : "");
}

START_TEST(secrets_log) {
  log_path = strdup(temp_path("log"));
  setenv("GSSNTLMSSP_DEBUG", log_path, 1);
  texts = octets_copy(NULL, 0);
  add_account_secrets(kPassword);
  add_account_secrets(kWrongPassword);
  for (int i = 0; i < kKindCount; ++i) log_in(&kKinds[i]);
  malformed_tokens();
  bad_files();
  bad_stores();

  struct octets log = read_log();
  figure("secrets_log_secrets", secret_count, "secrets");
  figure("secrets_log_events", events, "calls and logins");
  figure("secrets_log_octets", (double)log.size, "octets");
  figure("secrets_log_texts", status_count, "texts");
  check_search();
  if (log.size == 0) {
    skip("the log has no secret", "the module writes no log here");
  } else {
    check(memmem(log.data, log.size, TEST_USER, strlen(TEST_USER)) != NULL,
          "the log tells of the logins");
    check_clean("the log", &log);
  }
  check_clean("the status texts", &texts);
  octets_free(&log);
}
END_TEST

int main(int argc, char **argv) { return endure_main(argc, argv, secrets_log); }
