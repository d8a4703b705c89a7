// SPDX-License-Identifier: MIT
// Names (4.1), and what the mechanism says about itself.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ntlm_fields.h"

static gss_name_t mech_name(const char *text, gss_OID type) {
  OM_uint32 minor;
  gss_name_t name;
  const OM_uint32 major = make_mech_name(&minor, text, strlen(text), type, &name);
  EXPECT_COMPLETE(major, minor);
  return name;
}

static gss_name_t user(const char *text) { return mech_name(text, GSS_C_NT_USER_NAME); }

static bool names_equal(gss_name_t a, gss_name_t b) {
  OM_uint32 minor;
  int equal = -1;
  const OM_uint32 major = gss_compare_name(&minor, a, b, &equal);
  EXPECT_COMPLETE(major, minor);
  ck_assert_int_ge(equal, 0);
  return equal != 0;
}

static bool users_equal(const char *a, const char *b) {
  gss_name_t left = user(a), right = user(b);
  const bool equal = names_equal(left, right), reverse = names_equal(right, left);
  ck_assert_int_eq(equal, reverse);
  release_name(&left);
  release_name(&right);
  return equal;
}

// Makes a policy of one setting that of this process. Each is another file, so that it counts at
// once.
static void use_policy(const char *key, const char *value) {
  static int count;
  char name[20], text[200];
  snprintf(name, sizeof name, "policy%d", ++count);
  snprintf(text, sizeof text, "[ntlm]\n  %s = %s\n", key, value);
  setenv("GSS_SSPI_CONFIG", write_file(name, text, 0600), 1);
}

// ---- forms of user names (N401 to N407) --------------------------------------------------------

static const struct form {
  const char *text;
  const char *user;
  const char *domain;
  const char *shown;  // null: only that it can be read back
} kForms[] = {
    {"foo", "foo", "", "foo"},                                                               // N401
    {"BAR\\foo", "foo", "BAR", "BAR\\foo"},                                                  // N402
    {"bar.example.com\\foo", "foo", "bar.example.com", "bar.example.com\\foo"},              // N402
    {"foo@BAR", "foo", "BAR", "BAR\\foo"},                                                   // N403
    {"foo@bar.example.com", "foo@bar.example.com", "", "foo@bar.example.com"},               // N404
    {"\\foo@bar", "foo@bar", "", NULL},                                                      // N404
    {"foo\\@bar.example.com", "foo@bar.example.com", "", "foo@bar.example.com"},             // N404
    {"BAR\\foo@bar.example.com", "foo@bar.example.com", "BAR", "BAR\\foo@bar.example.com"},  // N405
    {"foo\\@bar.example.com@BAR", "foo@bar.example.com", "BAR",
     "BAR\\foo@bar.example.com"},  // N405
    {"DOM\\a b", "a b", "DOM", "DOM\\a b"},
    {"DOM\\a:b", "a:b", "DOM", "DOM\\a:b"},
};
enum { kFormCount = sizeof kForms / sizeof kForms[0] };

START_TEST(display_form) {
  const struct form *form = &kForms[_i];
  gss_name_t name = user(form->text);
  char *shown = display_name(name);
  if (form->shown != NULL) ck_assert_str_eq(shown, form->shown);
  free(shown);
  release_name(&name);
}
END_TEST

// N407: import(display(x)) == x.
START_TEST(display_form_reads_back) {
  gss_name_t name = user(kForms[_i].text);
  char *shown = display_name(name);
  gss_name_t again = user(shown);
  char *shown_again = display_name(again);
  ck_assert(names_equal(name, again));
  ck_assert_str_eq(shown, shown_again);
  free(shown);
  free(shown_again);
  release_name(&name);
  release_name(&again);
}
END_TEST

// What goes over the wire.
START_TEST(user_and_domain_in_the_message) {
  const struct form *form = &kForms[_i];
  struct handshake h;
  handshake_open(&h, kRaw);
  release_cred(&h.initiator_cred);
  h.initiator_cred = acquire_with_password(form->text, "whatever", &oid_ntlm);
  handshake_run(&h);
  EXPECT_COMPLETE(h.initiator.major, h.initiator.minor);
  char *name = field_text(&h.token[2], kAuthUser), *domain = field_text(&h.token[2], kAuthDomain);
  ck_assert_str_eq(name, form->user);
  ck_assert_str_eq(domain, form->domain);
  free(name);
  free(domain);
  handshake_close(&h);
}
END_TEST

// D4, the other way.
START_TEST(upn_that_policy_splits) {
  static const struct form kSplit[] = {
      {"foo@bar.example.com", "foo", "bar.example.com", "bar.example.com\\foo"},
      {"foo\\@bar.example.com", "foo@bar.example.com", "", "foo\\@bar.example.com"},
      {"foo@BAR", "foo", "BAR", "BAR\\foo"},
  };
  gss_name_t whole = user("foo@bar.example.com");
  char *shown = display_name(whole);
  ck_assert_str_eq(shown, "foo@bar.example.com");
  free(shown);
  use_policy("split_upn", "yes");
  for (size_t i = 0; i < sizeof kSplit / sizeof kSplit[0]; ++i) {
    gss_name_t name = user(kSplit[i].text);
    shown = display_name(name);
    ck_assert_str_eq(shown, kSplit[i].shown);
    gss_name_t again = user(shown);
    ck_assert(names_equal(name, again));
    ck_assert_int_eq(names_equal(name, whole), i == 1);
    free(shown);
    release_name(&again);
    release_name(&name);
  }
  release_name(&whole);
}
END_TEST

// N810: nobody knows how to take such a name, so nobody does.
START_TEST(upn_and_a_wrong_policy) {
  OM_uint32 minor;
  gss_name_t name;
  use_policy("split_upn", "perhaps");
  const char *text = _i == 0 ? "foo@bar.example.com" : "BAR\\foo";
  const OM_uint32 major = make_mech_name(&minor, text, strlen(text), GSS_C_NT_USER_NAME, &name);
  if (_i == 0) {
    EXPECT_STATUS(GSS_S_FAILURE, major, minor);
    EXPECT_TEXT(minor_text(minor), "split_upn");
  } else {
    EXPECT_COMPLETE(major, minor);
  }
  release_name(&name);
}
END_TEST

START_TEST(null_name_type_is_a_user) {
  gss_name_t typed = user("BAR\\foo"), untyped = mech_name("BAR\\foo", GSS_C_NO_OID);
  ck_assert(names_equal(typed, untyped));
  release_name(&typed);
  release_name(&untyped);
}
END_TEST

// N406, N804, N332.
static const struct bad_form {
  const char *text;
  size_t size;
} kBadForms[] = {
#define BAD(text) \
  { text, sizeof text - 1 }
    BAD(""),
    BAD("\\"),
    BAD("BAR\\"),
    BAD("@foo"),
    BAD("DOM\\foo\\@bar"),
    BAD("foo@bar\\@baz"),
    BAD("foo\0bar"),
    BAD("foo\0"),
    BAD("BAR\\foo\0"),
    BAD("B\0R\\foo"),
    BAD("\xff"),
    BAD("foo\x80"),
    BAD("fo\xc3"),   // cut
    BAD("fo\xc3("),  // no continuation
    BAD("\xc0\xaf"
        "foo"),  // overlong
    BAD("\xe0\x80\xaf"
        "foo"),  // overlong
    BAD("\xf0\x80\x80\xaf"
        "foo"),              // overlong
    BAD("foo\xed\xa0\x80"),  // lone surrogate
    BAD("foo\xed\xbf\xbf"),
    BAD("foo\xed\xa0\x80\xed\xb0\x80"),  // CESU-8
    BAD("foo\xf4\x90\x80\x80"),          // beyond U+10FFFF
    BAD("foo\xf8\x88\x80\x80\x80"),
    BAD("D\xff\\foo"),
#undef BAD
};
enum { kBadFormCount = sizeof kBadForms / sizeof kBadForms[0] };

START_TEST(bad_forms) {
  OM_uint32 minor;
  gss_name_t name;
  const OM_uint32 major =
      make_mech_name(&minor, kBadForms[_i].text, kBadForms[_i].size, GSS_C_NT_USER_NAME, &name);
  ck_assert_ptr_null(name);
  EXPECT_STATUS(GSS_S_BAD_NAME, major, minor);
}
END_TEST

// ---- lengths (N804) ----------------------------------------------------------------------------

static OM_uint32 import_repeated(const char *head, const char *unit, size_t count,
                                 const char *tail) {
  OM_uint32 minor;
  gss_name_t name;
  const size_t each = strlen(unit);
  struct octets text = {malloc(strlen(head) + count * each + strlen(tail)), 0};
  ck_assert_ptr_nonnull(text.data);
  for (size_t i = 0; i < count + 2; ++i) {
    const char *piece = i == 0 ? head : i <= count ? unit : tail;
    memcpy(text.data + text.size, piece, strlen(piece));
    text.size += strlen(piece);
  }
  const OM_uint32 major = make_mech_name(&minor, text.data, text.size, GSS_C_NT_USER_NAME, &name);
  release_name(&name);
  octets_free(&text);
  return major;
}

START_TEST(longest_names) {
  static const struct {
    const char *head, *unit;
    size_t most;
    const char *tail;
  } kRows[] = {
      {"", "a", 256, ""},
      {"D\\", "a", 256, ""},
      {"D\\", "\xc3\xab", 256, ""},          // one unit each
      {"D\\", "\xe2\x82\xac", 256, ""},      // one unit each
      {"D\\", "\xf0\x9f\x98\x80", 128, ""},  // two units each
      {"", "d", 255, "\\a"},
      {"", "\xf0\x9f\x98\x80", 127, "\\a"},
  };
  for (size_t i = 0; i < sizeof kRows / sizeof kRows[0]; ++i) {
    const size_t most = kRows[i].most;
    const char *head = kRows[i].head, *unit = kRows[i].unit, *tail = kRows[i].tail;
    EXPECT_COMPLETE(import_repeated(head, unit, most - 1, tail), 0);
    EXPECT_COMPLETE(import_repeated(head, unit, most, tail), 0);
    EXPECT_STATUS(GSS_S_BAD_NAME, import_repeated(head, unit, most + 1, tail), 0);
    EXPECT_STATUS(GSS_S_BAD_NAME, import_repeated(head, unit, 100000, tail), 0);
  }
}
END_TEST

START_TEST(longest_name_logs_in) {
  enum { kLongest = 256 };
  char name[kLongest + 1], line[2 * kLongest], full[2 * kLongest];
  memset(name, 'n', kLongest);
  name[kLongest] = '\0';
  snprintf(line, sizeof line, "DOM:%s:pw\n", name);
  snprintf(full, sizeof full, "DOM\\%s", name);
  struct handshake h;
  handshake_open(&h, kRaw);
  release_cred(&h.initiator_cred);
  release_cred(&h.acceptor_cred);
  h.initiator_cred = acquire_with_password(full, "pw", &oid_ntlm);
  h.acceptor_cred = acquire_acceptor(write_file("longest", line, 0600), &oid_ntlm);
  handshake_establish(&h);
  expect_client(&h, full);
  handshake_close(&h);
}
END_TEST

// ---- comparison (N409, N330, N332) -------------------------------------------------------------

static const struct pair {
  const char *a, *b;
  bool equal;
} kPairs[] = {
    {"DOM\\alice", "DOM\\alice", true},
    {"DOM\\alice", "dom\\ALICE", true},
    {"DOM\\alice", "alice@DOM", true},
    {"DOM\\alice", "DOM\\alic", false},
    {"DOM\\alice", "DOM\\alicE2", false},
    {"DOM\\alice", "DON\\alice", false},
    {"alice", "ALICE", true},
    {"alice", "DOM\\alice", false},
    {"DOM\\zo\xc3\xab", "DOM\\ZO\xc3\x8b", true},
    {"DOM\\\xc3\xa4\xc3\xb6\xc3\xbc", "DOM\\\xc3\x84\xc3\x96\xc3\x9c", true},
    {"DOM\\stra\xc3\x9f"
     "e",
     "DOM\\STRA\xc3\x9f"
     "E",
     true},
    {"DOM\\stra\xc3\x9f"
     "e",
     "DOM\\STRASSE", false},
    {"DOM\\\xd0\xb6", "DOM\\\xd0\x96", true},   // Cyrillic
    {"DOM\\\xcf\x83", "DOM\\\xce\xa3", true},   // sigma
    {"DOM\\\xc4\xb1", "DOM\\i", false},         // dotless i, D3
    {"DOM\\\xc2\xb5", "DOM\\\xce\x9c", false},  // micro sign, D3
    {"DOM\\i", "DOM\\\xc4\xb0", false},         // I with dot
    {"DOM\\\xf0\x9f\x98\x80", "DOM\\\xf0\x9f\x98\x80", true},
    {"DOM\\\xf0\x90\x90\xa8", "DOM\\\xf0\x90\x90\x80", false},  // surrogates pass through
    {"foo@bar.example.com", "FOO@BAR.EXAMPLE.COM", true},
    {"foo@bar.example.com", "bar.example.com\\foo", false},
};
enum { kPairCount = sizeof kPairs / sizeof kPairs[0] };

START_TEST(comparison) {
  ck_assert_msg(users_equal(kPairs[_i].a, kPairs[_i].b) == kPairs[_i].equal, "%s and %s",
                kPairs[_i].a, kPairs[_i].b);
}
END_TEST

START_TEST(user_is_not_a_service) {
  gss_name_t person = user("HTTP"), service = mech_name("HTTP@a", GSS_C_NT_HOSTBASED_SERVICE);
  ck_assert(!names_equal(person, service));
  release_name(&person);
  release_name(&service);
}
END_TEST

// ---- copies ------------------------------------------------------------------------------------

static gss_name_t exported_and_imported(gss_name_t name) {
  OM_uint32 minor;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  gss_name_t again = GSS_C_NO_NAME;
  OM_uint32 major = gss_export_name(&minor, name, &token);
  EXPECT_COMPLETE(major, minor);
  const uint8_t *octets = token.value;
  ck_assert_uint_gt(token.length, 20);
  ck_assert_uint_eq(octets[0], 0x04);
  ck_assert_uint_eq(octets[1], 0x01);
  ck_assert_mem_eq(octets + 6, oid_ntlm.elements, oid_ntlm.length);
  major = gss_import_name(&minor, &token, GSS_C_NT_EXPORT_NAME, &again);
  EXPECT_COMPLETE(major, minor);
  gss_release_buffer(&minor, &token);
  return again;
}

static gss_name_t duplicated(gss_name_t name) {
  OM_uint32 minor;
  gss_name_t again = GSS_C_NO_NAME;
  const OM_uint32 major = gss_duplicate_name(&minor, name, &again);
  EXPECT_COMPLETE(major, minor);
  return again;
}

static gss_name_t canonical(gss_name_t name) {
  OM_uint32 minor;
  gss_name_t again = GSS_C_NO_NAME;
  const OM_uint32 major = gss_canonicalize_name(&minor, name, &oid_ntlm, &again);
  EXPECT_COMPLETE(major, minor);
  return again;
}

static void expect_copies(gss_name_t name) {
  static gss_name_t (*const kCopies[])(gss_name_t) = {exported_and_imported, duplicated, canonical};
  char *shown = display_name(name);
  for (size_t i = 0; i < 3; ++i) {
    gss_name_t copy = kCopies[i](name);
    char *shown_copy = display_name(copy);
    ck_assert(names_equal(name, copy));
    ck_assert_str_eq(shown, shown_copy);
    free(shown_copy);
    release_name(&copy);
  }
  free(shown);
}

START_TEST(copies_of_users) {
  gss_name_t name = user(kForms[_i].text);
  expect_copies(name);
  release_name(&name);
}
END_TEST

START_TEST(copies_of_services) {
  static const char *const kServices[] = {"HTTP@server.example.com", "HTTP", "@"};
  gss_name_t name = mech_name(kServices[_i], GSS_C_NT_HOSTBASED_SERVICE);
  expect_copies(name);
  release_name(&name);
}
END_TEST

START_TEST(damaged_export_tokens) {
  OM_uint32 minor;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  gss_name_t name = user("DOM\\alice"), again;
  EXPECT_COMPLETE(gss_export_name(&minor, name, &token), 0);
  for (size_t size = 0; size < token.length; ++size) {
    gss_buffer_desc cut = buffer_of(guarded_copy(token.value, size), size);
    again = GSS_C_NO_NAME;
    ck_assert_msg(GSS_ERROR(gss_import_name(&minor, &cut, GSS_C_NT_EXPORT_NAME, &again)),
                  "%zu octets taken", size);
    ck_assert_ptr_null(again);
  }
  for (size_t bit = 0; bit < token.length * 8; ++bit) {
    uint8_t *copy = guarded_copy(token.value, token.length);
    copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    gss_buffer_desc changed = buffer_of(copy, token.length);
    again = GSS_C_NO_NAME;
    if (!GSS_ERROR(gss_import_name(&minor, &changed, GSS_C_NT_EXPORT_NAME, &again))) {
      gss_name_t other = GSS_C_NO_NAME;
      if (gss_canonicalize_name(&minor, again, &oid_ntlm, &other) == GSS_S_COMPLETE) {
        char *shown = display_name(other);
        free(shown);
      }
      release_name(&other);
    }
    release_name(&again);
  }
  gss_release_buffer(&minor, &token);
  release_name(&name);
}
END_TEST

// ---- services and other types (N408, N410) -----------------------------------------------------

START_TEST(service_is_shown_as_it_came) {
  gss_name_t name = mech_name("HTTP@server.example.com", GSS_C_NT_HOSTBASED_SERVICE);
  OM_uint32 minor;
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  gss_OID type = GSS_C_NO_OID;
  EXPECT_COMPLETE(gss_display_name(&minor, name, &text, &type), 0);
  gss_name_t again = GSS_C_NO_NAME;
  ck_assert_ptr_nonnull(memmem(text.value, text.length, "server.example.com", 18));
  ck_assert_ptr_nonnull(memmem(text.value, text.length, "HTTP", 4));
  const OM_uint32 major = make_mech_name(&minor, text.value, text.length, type, &again);
  EXPECT_COMPLETE(major, minor);
  ck_assert(names_equal(name, again));
  gss_release_buffer(&minor, &text);
  release_name(&name);
  release_name(&again);
}
END_TEST

START_TEST(services_are_compared_without_case) {
  gss_name_t a = mech_name("HTTP@server.example.com", GSS_C_NT_HOSTBASED_SERVICE);
  gss_name_t b = mech_name("http@SERVER.example.com", GSS_C_NT_HOSTBASED_SERVICE);
  gss_name_t c = mech_name("ldap@server.example.com", GSS_C_NT_HOSTBASED_SERVICE);
  ck_assert(names_equal(a, b));
  ck_assert(!names_equal(a, c));
  release_name(&a);
  release_name(&b);
  release_name(&c);
}
END_TEST

// N166: the type is one that the host knows and may free.
START_TEST(type_of_a_shown_name) {
  OM_uint32 minor;
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  gss_OID type = GSS_C_NO_OID;
  gss_name_t name = user("DOM\\alice");
  EXPECT_COMPLETE(gss_display_name(&minor, name, &text, &type), 0);
  ck_assert_ptr_nonnull(type);
  ck_assert_uint_eq(type->length, GSS_C_NT_USER_NAME->length);
  ck_assert_mem_eq(type->elements, GSS_C_NT_USER_NAME->elements, type->length);
  EXPECT_COMPLETE(gss_release_oid(&minor, &type), 0);
  gss_release_buffer(&minor, &text);
  release_name(&name);
}
END_TEST

START_TEST(uid_names) {
  OM_uint32 minor;
  gss_name_t name;
  uid_t root = 0, nobody_has_this = 0x7ffffff0;
  OM_uint32 major = make_mech_name(&minor, &root, sizeof root, GSS_C_NT_MACHINE_UID_NAME, &name);
  EXPECT_COMPLETE(major, minor);
  char *shown = display_name(name);
  ck_assert_str_eq(shown, "root");
  free(shown);
  release_name(&name);
  major = make_mech_name(&minor, "0", 1, GSS_C_NT_STRING_UID_NAME, &name);
  EXPECT_COMPLETE(major, minor);
  release_name(&name);
  major = make_mech_name(&minor, &nobody_has_this, sizeof nobody_has_this,
                         GSS_C_NT_MACHINE_UID_NAME, &name);
  EXPECT_STATUS(GSS_S_BAD_NAME, major, minor);
  major = make_mech_name(&minor, "2147483632", 10, GSS_C_NT_STRING_UID_NAME, &name);
  EXPECT_STATUS(GSS_S_BAD_NAME, major, minor);
  major = make_mech_name(&minor, "12x", 3, GSS_C_NT_STRING_UID_NAME, &name);
  EXPECT_STATUS(GSS_S_BAD_NAME, major, minor);
  major = make_mech_name(&minor, "xyz", 3, GSS_C_NT_MACHINE_UID_NAME, &name);
  EXPECT_STATUS(GSS_S_BAD_NAME, major, minor);
}
END_TEST

START_TEST(unknown_name_type) {
  OM_uint32 minor;
  gss_name_t name;
  const OM_uint32 major = make_mech_name(&minor, "x", 1, &oid_unknown, &name);
  EXPECT_STATUS(GSS_S_BAD_NAMETYPE, major, minor);
}
END_TEST

// N411. This host is SERVER, and a member of TEST_DOMAIN, by the environment.
static const struct local_row {
  const char *name;
  const char *local;   // null: nobody
  const char *listed;  // what local_domains of the policy lists; null for no policy
} kLocals[] = {{"root", "root", NULL},
               {"SERVER\\root", "root", NULL},
               {"server\\root", "root", NULL},
               {TEST_DOMAIN "\\root", NULL, NULL},
               {TEST_DOMAIN "\\root", "root", TEST_DOMAIN},
               {TEST_DOMAIN "\\root", "root", "x dom"},
               {TEST_DOMAIN "\\root", NULL, "dom2"},
               {"SOMEWHERE\\root", NULL, NULL},
               {"SOMEWHERE\\root", NULL, TEST_DOMAIN},
               {"root@dom.example.com", NULL, NULL},
               {"root@dom.example.com", NULL, TEST_DOMAIN},
               {"root@dom.example.com", "root", "dom.example.com"},
               {"no-such-account-here", NULL, NULL},
               {"SERVER\\no-such-account-here", NULL, NULL}};
enum { kLocalCount = sizeof kLocals / sizeof kLocals[0] };

START_TEST(local_names) {
  const struct local_row *row = &kLocals[_i];
  OM_uint32 minor;
  if (row->listed != NULL) use_policy("local_domains", row->listed);
  gss_buffer_desc local = GSS_C_EMPTY_BUFFER;
  gss_name_t name = user(row->name);
  const OM_uint32 major = gss_localname(&minor, name, &oid_ntlm, &local);
  if (row->local == NULL) {
    ck_assert_msg(GSS_ERROR(major), "%s is %.*s", row->name, (int)local.length,
                  (char *)local.value);
    EXPECT_TEXT(minor_text(minor), row->name);
  } else {
    EXPECT_COMPLETE(major, minor);
    ck_assert_uint_eq(local.length, strlen(row->local));
    ck_assert_mem_eq(local.value, row->local, local.length);
    gss_release_buffer(&minor, &local);
  }
  ck_assert_int_eq(gss_userok(name, "root"), row->local != NULL);
  release_name(&name);
}
END_TEST

// ---- the mechanism -----------------------------------------------------------------------------

static bool set_holds(gss_OID_set set, gss_const_OID oid) {
  OM_uint32 minor;
  int present = 0;
  gss_test_oid_set_member(&minor, (gss_OID)(uintptr_t)oid, set, &present);
  return present != 0;
}

START_TEST(name_types_of_the_mechanism) {
  OM_uint32 minor;
  gss_OID_set types = GSS_C_NO_OID_SET;
  const OM_uint32 major = gss_inquire_names_for_mech(&minor, &oid_ntlm, &types);
  EXPECT_COMPLETE(major, minor);
  ck_assert(set_holds(types, GSS_C_NT_USER_NAME));
  ck_assert(set_holds(types, GSS_C_NT_HOSTBASED_SERVICE));
  ck_assert(set_holds(types, GSS_C_NT_EXPORT_NAME));
  gss_release_oid_set(&minor, &types);
}
END_TEST

START_TEST(mechanisms_of_a_name) {
  OM_uint32 minor;
  gss_OID_set mechs = GSS_C_NO_OID_SET;
  gss_name_t name = import_user("DOM\\alice");
  const OM_uint32 major = gss_inquire_mechs_for_name(&minor, name, &mechs);
  EXPECT_COMPLETE(major, minor);
  ck_assert(set_holds(mechs, &oid_ntlm));
  gss_release_oid_set(&minor, &mechs);
  release_name(&name);
}
END_TEST

// N185, N186.
START_TEST(attributes_of_the_mechanism) {
  gss_const_OID present[] = {GSS_C_MA_MECH_CONCRETE, GSS_C_MA_AUTH_INIT, GSS_C_MA_INTEG_PROT,
                             GSS_C_MA_CONF_PROT,     GSS_C_MA_MIC,       GSS_C_MA_WRAP,
                             GSS_C_MA_REPLAY_DET,    GSS_C_MA_OOS_DET,   GSS_C_MA_CBINDINGS,
                             GSS_C_MA_CTX_TRANS};
  gss_const_OID absent[] = {GSS_C_MA_AUTH_TARG, GSS_C_MA_NOT_DFLT_MECH, GSS_C_MA_DEPRECATED,
                            GSS_C_MA_MECH_NEGO, GSS_C_MA_DELEG_CRED};
  OM_uint32 minor;
  gss_OID_set attributes = GSS_C_NO_OID_SET, known = GSS_C_NO_OID_SET;
  const OM_uint32 major = gss_inquire_attrs_for_mech(&minor, &oid_ntlm, &attributes, &known);
  EXPECT_COMPLETE(major, minor);
  for (size_t i = 0; i < sizeof present / sizeof present[0]; ++i) {
    ck_assert_msg(set_holds(attributes, present[i]), "attribute %zu is missing", i);
    ck_assert_msg(set_holds(known, present[i]), "attribute %zu is not known", i);
  }
  for (size_t i = 0; i < sizeof absent / sizeof absent[0]; ++i) {
    ck_assert_msg(!set_holds(attributes, absent[i]), "attribute %zu is wrong", i);
  }
  gss_release_oid_set(&minor, &attributes);
  gss_release_oid_set(&minor, &known);
}
END_TEST

static bool is_default_mechanism(void) {
  OM_uint32 minor;
  gss_OID_set attributes = GSS_C_NO_OID_SET, known = GSS_C_NO_OID_SET;
  EXPECT_COMPLETE(gss_inquire_attrs_for_mech(&minor, &oid_ntlm, &attributes, &known), 0);
  const bool is_default = !set_holds(attributes, GSS_C_MA_NOT_DFLT_MECH);
  ck_assert(set_holds(attributes, GSS_C_MA_MECH_CONCRETE));
  ck_assert(set_holds(known, GSS_C_MA_NOT_DFLT_MECH));
  gss_release_oid_set(&minor, &attributes);
  gss_release_oid_set(&minor, &known);
  return is_default;
}

// N212, N136.
START_TEST(kept_out_of_negotiate) {
  ck_assert(is_default_mechanism());
  use_policy("offer_in_negotiate", "no");
  ck_assert(!is_default_mechanism());
  use_policy("offer_in_negotiate", "yes");
  ck_assert(is_default_mechanism());
  use_policy("offer_in_negotiate", "perhaps");
  ck_assert(is_default_mechanism());
}
END_TEST

static void expect_text_and_release(gss_buffer_t buffer, const char *expected) {
  OM_uint32 minor;
  ck_assert_uint_eq(buffer->length, strlen(expected));
  ck_assert_mem_eq(buffer->value, expected, buffer->length);
  gss_release_buffer(&minor, buffer);
}

// N502, N137.
START_TEST(sasl_names) {
  OM_uint32 minor;
  gss_buffer_desc sasl = GSS_C_EMPTY_BUFFER, name = GSS_C_EMPTY_BUFFER, about = GSS_C_EMPTY_BUFFER;
  OM_uint32 major = gss_inquire_saslname_for_mech(&minor, &oid_ntlm, &sasl, &name, &about);
  EXPECT_COMPLETE(major, minor);
  expect_text_and_release(&sasl, "GS2-NTLM");
  expect_text_and_release(&name, "NTLM");
  ck_assert_uint_gt(about.length, 4);
  gss_release_buffer(&minor, &about);
  gss_OID mech = GSS_C_NO_OID;
  gss_buffer_desc text = buffer_of_text("GS2-NTLM");
  major = gss_inquire_mech_for_saslname(&minor, &text, &mech);
  EXPECT_COMPLETE(major, minor);
  ck_assert_uint_eq(mech->length, oid_ntlm.length);
  ck_assert_mem_eq(mech->elements, oid_ntlm.elements, mech->length);
}
END_TEST

// ---- what NTLM does not have --------------------------------------------------------------------

// N144: there is nothing to impersonate with.
START_TEST(impersonation_is_unavailable) {
  OM_uint32 minor;
  gss_OID_set_desc mechs = {1, &oid_ntlm};
  gss_cred_id_t cred = acquire_with_password(TEST_NAME, TEST_PASSWORD, &oid_ntlm), got = NULL;
  gss_name_t other = user("DOM\\bob");
  OM_uint32 major = gss_acquire_cred_impersonate_name(&minor, cred, other, 0, &mechs,
                                                      GSS_C_INITIATE, &got, NULL, NULL);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, major, minor);
  major = gss_add_cred_impersonate_name(&minor, GSS_C_NO_CREDENTIAL, cred, other, &oid_ntlm,
                                        GSS_C_INITIATE, 0, 0, &got, NULL, NULL, NULL);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, major, minor);
  ck_assert_ptr_null(got);
  release_cred(&cred);
  release_name(&other);
}
END_TEST

START_TEST(credentials_asked_by_oid) {
  OM_uint32 minor;
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  gss_cred_id_t cred = acquire_with_password(TEST_NAME, TEST_PASSWORD, &oid_ntlm);
  const OM_uint32 major = gss_inquire_cred_by_oid(&minor, cred, &oid_unknown, &set);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, major, minor);
  ck_assert_ptr_null(set);
  release_cred(&cred);
}
END_TEST

// ---- gssspi_mech_invoke (N502) ------------------------------------------------------------------

static gss_OID_desc oid_debug = {11, "\x2b\x06\x01\x04\x01\xb7\x7d\x85\x0f\x01\x04"};

static long size_of(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 ? (long)status.st_size : -1;
}

static void fail_to_log_in(void) {
  struct handshake h;
  handshake_open(&h, kRaw);
  release_cred(&h.initiator_cred);
  h.initiator_cred = acquire_with_password(TEST_NAME, "wrong", &oid_ntlm);
  ck_assert(!handshake_run(&h));
  handshake_close(&h);
}

START_TEST(log_file_by_invocation) {
  OM_uint32 minor;
  const char *path = temp_path(_i == 0 ? "log0" : "log1");
  // Some callers count the NUL.
  gss_buffer_desc value = buffer_of(path, strlen(path) + (size_t)_i), none = GSS_C_EMPTY_BUFFER;
  unsetenv("GSSNTLMSSP_DEBUG");
  fail_to_log_in();
  ck_assert_int_eq(size_of(path), -1);
  EXPECT_COMPLETE(gssspi_mech_invoke(&minor, &oid_ntlm, &oid_debug, &value), 0);
  fail_to_log_in();
  const long size = size_of(path);
  ck_assert_int_gt(size, 0);
  EXPECT_COMPLETE(gssspi_mech_invoke(&minor, &oid_ntlm, &oid_debug, &none), 0);
  fail_to_log_in();
  ck_assert_int_eq(size_of(path), size);
}
END_TEST

START_TEST(other_invocations) {
  OM_uint32 minor;
  char path[2000];
  memset(path, 'x', sizeof path);
  gss_buffer_desc value = buffer_of_text("x"), too_long = buffer_of(path, sizeof path);
  gss_buffer_desc two = buffer_of("a\0b", 3);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, gssspi_mech_invoke(&minor, &oid_ntlm, &oid_unknown, &value), 0);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, gssspi_mech_invoke(&minor, &oid_ntlm, GSS_C_NO_OID, &value), 0);
  EXPECT_STATUS(GSS_S_FAILURE, gssspi_mech_invoke(&minor, &oid_ntlm, &oid_debug, &too_long), 0);
  EXPECT_STATUS(GSS_S_FAILURE, gssspi_mech_invoke(&minor, &oid_ntlm, &oid_debug, &two), 0);
}
END_TEST

static Suite *name_suite(void) {
  Suite *suite = suite_create("name");
  TCase *forms = tcase_create("forms");
  tcase_add_loop_test(forms, display_form, 0, kFormCount);
  tcase_add_loop_test(forms, display_form_reads_back, 0, kFormCount);
  tcase_add_loop_test(forms, user_and_domain_in_the_message, 0, kFormCount);
  tcase_add_test(forms, upn_that_policy_splits);
  tcase_add_loop_test(forms, upn_and_a_wrong_policy, 0, 2);
  tcase_add_test(forms, null_name_type_is_a_user);
  tcase_add_loop_test(forms, bad_forms, 0, kBadFormCount);
  tcase_add_test(forms, longest_names);
  tcase_add_test(forms, longest_name_logs_in);
  suite_add_tcase(suite, forms);

  TCase *compare = tcase_create("comparison");
  tcase_add_loop_test(compare, comparison, 0, kPairCount);
  tcase_add_test(compare, user_is_not_a_service);
  suite_add_tcase(suite, compare);

  TCase *copies = tcase_create("copies");
  tcase_add_loop_test(copies, copies_of_users, 0, kFormCount);
  tcase_add_loop_test(copies, copies_of_services, 0, 3);
  tcase_add_test(copies, damaged_export_tokens);
  suite_add_tcase(suite, copies);

  TCase *types = tcase_create("other types");
  tcase_add_test(types, service_is_shown_as_it_came);
  tcase_add_test(types, services_are_compared_without_case);
  tcase_add_test(types, type_of_a_shown_name);
  tcase_add_test(types, uid_names);
  tcase_add_test(types, unknown_name_type);
  tcase_add_loop_test(types, local_names, 0, kLocalCount);
  suite_add_tcase(suite, types);

  TCase *mech = tcase_create("mechanism");
  tcase_add_test(mech, name_types_of_the_mechanism);
  tcase_add_test(mech, mechanisms_of_a_name);
  tcase_add_test(mech, attributes_of_the_mechanism);
  tcase_add_test(mech, kept_out_of_negotiate);
  tcase_add_test(mech, sasl_names);
  tcase_add_test(mech, impersonation_is_unavailable);
  tcase_add_test(mech, credentials_asked_by_oid);
  tcase_add_loop_test(mech, log_file_by_invocation, 0, 2);
  tcase_add_test(mech, other_invocations);
  suite_add_tcase(suite, mech);
  return suite;
}

int main(void) { return run_suite(name_suite); }
