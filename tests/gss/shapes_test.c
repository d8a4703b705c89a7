// SPDX-License-Identifier: MIT
// Names and lists of every length and shape (N703, N708, N709): within the limits of N804 they
// work, beyond them they are refused with a text; nothing crashes and nothing is left behind.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mini_ntlm.h"

static const size_t kLengths[] = {0, 1, 2, 254, 255, 256, 257, 511, 512, 513, 1024, 32767};
enum { kLengthCount = sizeof kLengths / sizeof kLengths[0] };

enum shape { kUser, kDomain, kWorkstation, kShapes };
static const size_t kLimits[kShapes] = {256, 255, 255};  // N804
static const char *const kShapeNames[kShapes] = {"user", "domain", "workstation"};

// A name without meaning; free(3) it.
static char *name_of(size_t length) {
  char *name = malloc(length + 1);
  ck_assert_ptr_nonnull(name);
  for (size_t i = 0; i < length; ++i) name[i] = (char)('a' + i % 26);
  name[length] = '\0';
  return name;
}

static bool fits(enum shape shape, size_t length) {
  return length <= kLimits[shape] && (shape != kUser || length > 0);
}

// ---- account files -----------------------------------------------------------------------------

enum format { kPasswordFormat, kHashFormat, kFormats };

// One account: with its domain, or for any.
static const char *account_file(enum format format, const char *domain, const char *user) {
  static unsigned serial;
  char name[32];
  char *text = malloc(strlen(domain) + strlen(user) + 256);
  ck_assert_ptr_nonnull(text);
  if (format == kPasswordFormat) {
    sprintf(text, "%s:%s:" TEST_PASSWORD "\n", domain, user);
  } else {
    struct octets units = utf16_of(TEST_PASSWORD);
    uint8_t hash[16];
    mini_md4(units.data, units.size, hash);
    octets_free(&units);
    char *at =
        text + sprintf(text, "%s%s%s:1000:%032d:", domain, domain[0] != '\0' ? "\\" : "", user, 0);
    for (size_t i = 0; i < sizeof hash; ++i) at += sprintf(at, "%02X", hash[i]);
    sprintf(at, ":[U          ]:LCT-5F000000:\n");
  }
  snprintf(name, sizeof name, "shape-%u", serial++);
  const char *path = write_file(name, text, 0600);
  free(text);
  return path;
}

// The acceptor of that account; of the usual accounts when the file is refused.
static gss_cred_id_t acceptor_of(const char *file) {
  OM_uint32 minor;
  gss_cred_id_t cred;
  const struct store_entry store[] = {{"ntlmssp_keyfile", file}, {NULL, NULL}};
  const OM_uint32 major = try_acquire(&minor, NULL, GSS_C_ACCEPT, &oid_ntlm, store, &cred);
  if (!GSS_ERROR(major)) return cred;
  ck_assert_uint_gt(strlen(minor_text(minor)), 5);
  return acquire_acceptor(accounts_file(), &oid_ntlm);
}

// ---- a client's names, seen by our acceptor ----------------------------------------------------

static void expect_verdict(const struct side *side, bool accepted, const char *what,
                           size_t length) {
  ck_assert_msg(is_complete(side) == accepted, "%s of %zu: %s", what, length,
                status_text(side->major, side->minor));
  if (accepted) return;
  ck_assert_msg(GSS_ERROR(side->major), "%s of %zu: neither accepted nor refused", what, length);
  ck_assert_uint_gt(strlen(minor_text(side->minor)), 5);
}

static void logon_with(enum shape shape, size_t length, enum format format, bool qualified) {
  struct handshake h = {.mech = &oid_ntlm};
  struct mini_client client = mini_client_default();
  struct octets negotiate = mini_negotiate(MINI_PROTECTED, 40), challenge, none;
  char *name = name_of(length);
  if (shape == kUser) client.user = name;
  if (shape == kDomain) client.domain = name;
  if (shape == kWorkstation) client.workstation = name;
  h.acceptor_cred = acceptor_of(account_file(format, qualified ? client.domain : "", client.user));
  acceptor_step(&h, &negotiate, &challenge);
  EXPECT_STATUS(GSS_S_COMPLETE, h.acceptor.major, h.acceptor.minor);
  struct octets authenticate = mini_authenticate(&client, &negotiate, &challenge);
  acceptor_step(&h, &authenticate, &none);
  expect_verdict(&h.acceptor, fits(shape, length), kShapeNames[shape], length);
  if (is_complete(&h.acceptor)) {
    uint8_t key[16];
    ck_assert(session_key(h.acceptor.context, key));
    ck_assert_mem_eq(key, client.exported_key, 16);
    char *shown = display_name(h.client_name);
    ck_assert_ptr_nonnull(strstr(shown, client.user));
    free(shown);
  }
  free(name);
  octets_free(&negotiate);
  octets_free(&challenge);
  octets_free(&authenticate);
  octets_free(&none);
  handshake_close(&h);
}

START_TEST(names_at_the_acceptor) {
  for (int shape = 0; shape < kShapes; ++shape) {
    for (int format = 0; format < kFormats; ++format) {
      logon_with((enum shape)shape, kLengths[_i], (enum format)format, true);
      logon_with((enum shape)shape, kLengths[_i], (enum format)format, false);
    }
  }
}
END_TEST

// ---- our own initiator's names, against our acceptor -------------------------------------------

static void login_with(enum shape shape, size_t length, enum format format) {
  OM_uint32 minor;
  struct handshake h = {.mech = &oid_ntlm, .request_flags = kUsualFlags};
  char *name = name_of(length);
  const char *user = shape == kUser ? name : TEST_USER;
  const char *domain = shape == kDomain ? name : TEST_DOMAIN;
  setenv("NETBIOS_COMPUTER_NAME", shape == kWorkstation && length > 0 ? name : "SERVER", 1);
  const char *file = account_file(format, domain, user);
  char *full = malloc(strlen(user) + strlen(domain) + 2);
  ck_assert_ptr_nonnull(full);
  sprintf(full, "%s%s%s", domain, domain[0] != '\0' ? "\\" : "", user);

  // By a password, and out of the file.
  for (int way = 0; way < 2; ++way) {
    const struct store_entry store[] = {
        {way == 0 ? "ntlmssp_password" : "ntlmssp_keyfile", way == 0 ? TEST_PASSWORD : file},
        {NULL, NULL}};
    const OM_uint32 major =
        try_acquire(&minor, full, GSS_C_INITIATE, &oid_ntlm, store, &h.initiator_cred);
    if (GSS_ERROR(major)) {
      ck_assert_msg(!fits(shape, length), "%s of %zu: %s", kShapeNames[shape], length,
                    status_text(major, minor));
      ck_assert_uint_gt(strlen(minor_text(minor)), 5);
      continue;
    }
    h.acceptor_cred = acceptor_of(file);
    h.target = import_service("HTTP@server.example.com");
    const bool complete = handshake_run(&h);
    ck_assert_msg(complete || !fits(shape, length), "%s of %zu: %s", kShapeNames[shape], length,
                  status_text(h.acceptor.major, h.acceptor.minor));
    if (complete) expect_messages_pass(h.initiator.context, h.acceptor.context);
    handshake_close(&h);
  }
  setenv("NETBIOS_COMPUTER_NAME", "SERVER", 1);
  free(full);
  free(name);
}

START_TEST(names_at_the_initiator) {
  for (int shape = 0; shape < kShapes; ++shape) {
    for (int format = 0; format < kFormats; ++format) {
      login_with((enum shape)shape, kLengths[_i], (enum format)format);
    }
  }
}
END_TEST

// ---- lists of AV pairs (N709) ------------------------------------------------------------------

static struct {
  enum av_id id;
  size_t length;
} pair;

static void replace_pair(struct octets *list) {
  uint8_t value[32];
  fill_pattern(value, sizeof value, (uint32_t)pair.length);
  av_remove(list, pair.id);
  if (pair.id != kAvEol) {
    av_add(list, pair.id, value, pair.length);
    return;
  }
  put16(list->data + list->size - 2, (uint16_t)pair.length);  // an end with a length
}

static void cut_list(struct octets *list) {
  if (pair.length < list->size) list->size = pair.length;
}

static void end_initiator(struct handshake *h, void (*edit)(struct octets *list)) {
  struct mini_server server = mini_server_default();
  struct octets negotiate, authenticate;
  server.edit_av = edit;
  initiator_step(h, NULL, &negotiate);
  struct octets challenge = mini_challenge(&server);
  initiator_step(h, &challenge, &authenticate);
  expect_verdict(&h->initiator, is_complete(&h->initiator), "pair", pair.length);
  octets_free(&negotiate);
  octets_free(&challenge);
  octets_free(&authenticate);
  handshake_reset(h);
}

static void end_acceptor(struct handshake *h, void (*edit)(struct octets *list)) {
  struct mini_client client = mini_client_default();
  struct octets negotiate = mini_negotiate(MINI_PROTECTED, 40), challenge, none;
  client.edit_av = edit;
  acceptor_step(h, &negotiate, &challenge);
  struct octets authenticate = mini_authenticate(&client, &negotiate, &challenge);
  acceptor_step(h, &authenticate, &none);
  expect_verdict(&h->acceptor, is_complete(&h->acceptor), "pair", pair.length);
  octets_free(&negotiate);
  octets_free(&challenge);
  octets_free(&authenticate);
  octets_free(&none);
  handshake_reset(h);
}

START_TEST(pairs_of_every_length) {
  struct handshake h;
  handshake_open(&h, kRaw);
  pair.id = (enum av_id)_i;
  for (pair.length = 0; pair.length <= 18; ++pair.length) {
    end_initiator(&h, replace_pair);
    end_acceptor(&h, replace_pair);
  }
  handshake_close(&h);
}
END_TEST

START_TEST(lists_cut_at_every_octet) {
  struct handshake h;
  handshake_open(&h, kRaw);
  for (pair.length = 0; pair.length < 200; ++pair.length) {
    end_initiator(&h, cut_list);
    end_acceptor(&h, cut_list);
  }
  // The context of a good handshake is none the worse.
  handshake_establish(&h);
  handshake_close(&h);
}
END_TEST

static Suite *shapes_suite(void) {
  Suite *suite = suite_create("shapes");
  TCase *names = tcase_create("names");
  tcase_set_timeout(names, 60);
  tcase_add_loop_test(names, names_at_the_acceptor, 0, kLengthCount);
  tcase_add_loop_test(names, names_at_the_initiator, 0, kLengthCount);
  suite_add_tcase(suite, names);

  TCase *lists = tcase_create("lists");
  tcase_set_timeout(lists, 60);
  tcase_add_loop_test(lists, pairs_of_every_length, kAvEol, kAvChannelBindings + 2);
  tcase_add_test(lists, lists_cut_at_every_octet);
  suite_add_tcase(suite, lists);
  return suite;
}

int main(void) { return run_suite(shapes_suite); }
