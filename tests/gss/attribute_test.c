// SPDX-License-Identifier: MIT
// Attributes of names (N434, N138, N139): RFC 6680 through mechglue.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mini_ntlm.h"

#define ATTR "urn:gss-sspi:ntlm:"

static gss_name_t mech_name(const char *text, gss_OID type) {
  OM_uint32 minor;
  gss_name_t name;
  const OM_uint32 major = make_mech_name(&minor, text, strlen(text), type, &name);
  EXPECT_COMPLETE(major, minor);
  return name;
}

// ---- reading -----------------------------------------------------------------------------------

struct value {
  OM_uint32 major;
  int authenticated, complete, more;
  char text[200];
};

static struct value get_value(gss_name_t name, const char *attribute, int more) {
  struct value value = {.authenticated = -1, .complete = -1, .more = more};
  gss_buffer_desc wanted = buffer_of_text(attribute);
  gss_buffer_desc octets = GSS_C_EMPTY_BUFFER, shown = GSS_C_EMPTY_BUFFER;
  OM_uint32 minor;
  value.major = gss_get_name_attribute(&minor, name, &wanted, &value.authenticated, &value.complete,
                                       &octets, &shown, &value.more);
  if (value.major == GSS_S_COMPLETE) {
    ck_assert_uint_lt(octets.length, sizeof value.text);
    ck_assert_uint_eq(octets.length, shown.length);
    if (octets.length != 0) {
      ck_assert_mem_eq(octets.value, shown.value, shown.length);
      ck_assert_int_eq(((const char *)octets.value)[octets.length], '\0');
      memcpy(value.text, octets.value, octets.length);
    }
  } else {
    ck_assert_ptr_null(octets.value);
    ck_assert_ptr_null(shown.value);
    ck_assert_int_eq(value.more, 0);  // N167
  }
  gss_release_buffer(&minor, &octets);
  gss_release_buffer(&minor, &shown);
  return value;
}

static void expect_value(gss_name_t name, const char *attribute, const char *text,
                         bool authenticated) {
  const struct value value = get_value(name, attribute, -1);
  EXPECT_COMPLETE(value.major, 0);
  ck_assert_str_eq(value.text, text);
  ck_assert_int_eq(value.authenticated, authenticated);
  ck_assert_int_eq(value.complete, 1);
  ck_assert_int_eq(value.more, 0);
}

static void expect_no_value(gss_name_t name, const char *attribute) {
  EXPECT_STATUS(GSS_S_UNAVAILABLE, get_value(name, attribute, -1).major, 0);
}

// The names of all attributes, each with a blank behind it.
static void expect_attributes(gss_name_t name, const char *expected) {
  char list[400] = "";
  OM_uint32 minor;
  int is_mn = -1;
  gss_OID mech = GSS_C_NO_OID;
  gss_buffer_set_t attributes = GSS_C_NO_BUFFER_SET;
  EXPECT_COMPLETE(gss_inquire_name(&minor, name, &is_mn, &mech, &attributes), 0);
  ck_assert_int_eq(is_mn, 1);
  ck_assert_uint_eq(mech->length, oid_ntlm.length);
  ck_assert_mem_eq(mech->elements, oid_ntlm.elements, mech->length);
  ck_assert_ptr_nonnull(attributes);
  for (size_t i = 0; i < attributes->count; ++i) {
    const size_t used = strlen(list);
    snprintf(list + used, sizeof list - used, "%.*s ", (int)attributes->elements[i].length,
             (const char *)attributes->elements[i].value);
  }
  ck_assert_str_eq(list, expected);
  gss_release_buffer_set(&minor, &attributes);
  gss_release_oid(&minor, &mech);
  EXPECT_COMPLETE(gss_inquire_name(&minor, name, NULL, NULL, NULL), 0);
}

static gss_name_t duplicated(gss_name_t name) {
  OM_uint32 minor;
  gss_name_t copy = GSS_C_NO_NAME;
  EXPECT_COMPLETE(gss_duplicate_name(&minor, name, &copy), 0);
  return copy;
}

static gss_buffer_desc exported(gss_name_t name) {
  OM_uint32 minor;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  EXPECT_COMPLETE(gss_export_name_composite(&minor, name, &token), 0);
  return token;
}

static gss_name_t imported(const void *token, size_t size, gss_OID type) {
  OM_uint32 minor;
  gss_buffer_desc buffer = buffer_of(token, size);
  gss_name_t name = GSS_C_NO_NAME, mech = GSS_C_NO_NAME;
  OM_uint32 major = gss_import_name(&minor, &buffer, type, &name);
  EXPECT_COMPLETE(major, minor);
  major = gss_canonicalize_name(&minor, name, &oid_ntlm, &mech);
  EXPECT_COMPLETE(major, minor);
  release_name(&name);
  return mech;
}

// ---- names that nobody has verified
// --------------------------------------------------------------

START_TEST(user_and_domain) {
  gss_name_t name = mech_name("DOM\\alice", GSS_C_NT_USER_NAME);
  expect_attributes(name, ATTR "user " ATTR "domain ");
  expect_value(name, ATTR "user", "alice", false);
  expect_value(name, ATTR "domain", "DOM", false);
  release_name(&name);
  name = mech_name("alice@dom.example.com", GSS_C_NT_USER_NAME);
  expect_attributes(name, ATTR "user ");
  expect_value(name, ATTR "user", "alice@dom.example.com", false);
  expect_no_value(name, ATTR "domain");
  release_name(&name);
}
END_TEST

START_TEST(names_without_attributes) {
  static const char *const kTexts[] = {"HTTP@server.example.com", "x"};
  gss_OID types[] = {GSS_C_NT_HOSTBASED_SERVICE, GSS_C_NT_ANONYMOUS};
  gss_name_t name = mech_name(kTexts[_i], types[_i]);
  expect_attributes(name, "");
  expect_no_value(name, ATTR "user");
  release_name(&name);
}
END_TEST

START_TEST(unknown_attributes) {
  static const char *const kUnknown[] = {"",
                                         "user",
                                         ATTR,
                                         ATTR "use",
                                         ATTR "users",
                                         "URN:gss-sspi:ntlm:user",
                                         "local-login-user",
                                         "urn:gssntlmssp:sids"};
  gss_name_t name = mech_name("DOM\\alice", GSS_C_NT_USER_NAME);
  for (size_t i = 0; i < sizeof kUnknown / sizeof kUnknown[0]; ++i) {
    expect_no_value(name, kUnknown[i]);
  }
  release_name(&name);
}
END_TEST

// *more that was never given out.
START_TEST(wrong_more) {
  static const int kWrong[] = {0, 2, 3, 0x7fffffff};
  gss_name_t name = mech_name("DOM\\alice", GSS_C_NT_USER_NAME);
  for (size_t i = 0; i < sizeof kWrong / sizeof kWrong[0]; ++i) {
    EXPECT_STATUS(GSS_S_UNAVAILABLE, get_value(name, ATTR "user", kWrong[i]).major, 0);
  }
  EXPECT_COMPLETE(get_value(name, ATTR "user", -2147483647 - 1).major, 0);
  release_name(&name);
}
END_TEST

START_TEST(outputs_may_be_absent) {
  OM_uint32 minor;
  int more = -1;
  gss_buffer_desc wanted = buffer_of_text(ATTR "user");
  gss_name_t name = mech_name("DOM\\alice", GSS_C_NT_USER_NAME);
  EXPECT_COMPLETE(gss_get_name_attribute(&minor, name, &wanted, NULL, NULL, NULL, NULL, &more), 0);
  ck_assert_int_eq(more, 0);
  release_name(&name);
}
END_TEST

// ---- what cannot be done
// -------------------------------------------------------------------------

START_TEST(names_are_immutable) {
  OM_uint32 minor;
  gss_any_t any = (gss_any_t)&minor;
  gss_buffer_desc user = buffer_of_text(ATTR "user"), root = buffer_of_text("root");
  gss_buffer_desc login = buffer_of_text("local-login-user");
  gss_name_t name = mech_name("DOM\\alice", GSS_C_NT_USER_NAME);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, gss_set_name_attribute(&minor, name, 1, &user, &root), 0);
  EXPECT_TEXT(minor_text(minor), "cannot be changed");
  EXPECT_STATUS(GSS_S_UNAVAILABLE, gss_set_name_attribute(&minor, name, 1, &login, &root), 0);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, gss_delete_name_attribute(&minor, name, &user), 0);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, gss_map_name_to_any(&minor, name, 1, &user, &any), 0);
  ck_assert_ptr_null(any);
  EXPECT_STATUS(GSS_S_UNAVAILABLE, gss_release_any_name_mapping(&minor, name, &user, &any), 0);
  expect_value(name, ATTR "user", "alice", false);
  ck_assert(!gss_userok(name, "root"));
  release_name(&name);
}
END_TEST

// ---- the name of a verified user
// -----------------------------------------------------------------

START_TEST(verified_user) {
  struct handshake h;
  handshake_open(&h, (enum carrier)_i);
  handshake_establish(&h);
  expect_value(h.client_name, ATTR "user", TEST_USER, true);
  expect_value(h.client_name, ATTR "domain", TEST_DOMAIN, true);
  gss_name_t copy = duplicated(h.client_name);
  expect_value(copy, ATTR "user", TEST_USER, true);
  release_name(&copy);

  // The way that a name takes through anybody's hands does not keep it verified (RFC 6680 7.8).
  gss_buffer_desc token = exported(h.client_name);
  copy = imported(token.value, token.length, GSS_C_NT_COMPOSITE_EXPORT);
  expect_value(copy, ATTR "user", TEST_USER, false);
  expect_value(copy, ATTR "domain", TEST_DOMAIN, false);
  release_name(&copy);
  OM_uint32 minor;
  gss_release_buffer(&minor, &token);
  handshake_close(&h);
}
END_TEST

// An exported context is as good as the session key in it.
START_TEST(verified_user_of_an_imported_context) {
  OM_uint32 minor;
  gss_name_t source = GSS_C_NO_NAME;
  struct handshake h;
  handshake_open(&h, (enum carrier)_i);
  handshake_establish(&h);
  move_context(&h.acceptor.context);
  EXPECT_COMPLETE(
      gss_inquire_context(&minor, h.acceptor.context, &source, NULL, NULL, NULL, NULL, NULL, NULL),
      0);
  expect_value(source, ATTR "user", TEST_USER, true);
  expect_value(source, ATTR "domain", TEST_DOMAIN, true);
  release_name(&source);
  handshake_close(&h);
}
END_TEST

// What the initiator calls itself is not verified by it.
START_TEST(own_name_of_an_initiator) {
  OM_uint32 minor;
  gss_name_t source = GSS_C_NO_NAME;
  struct handshake h;
  handshake_open(&h, kRaw);
  handshake_establish(&h);
  EXPECT_COMPLETE(
      gss_inquire_context(&minor, h.initiator.context, &source, NULL, NULL, NULL, NULL, NULL, NULL),
      0);
  expect_value(source, ATTR "user", TEST_USER, false);
  release_name(&source);
  handshake_close(&h);
}
END_TEST

// ---- whom the client meant (N326) --------------------------------------------------------------

#define TARGET ATTR "target"

START_TEST(target_of_a_client) {
  static const struct {
    const char *target;
    const char *value;  // null: none
  } kRows[] = {{"HTTP@server.example.com", "HTTP/server.example.com"},
               {"a-long-service@a-host-with-a-name-of-many-more-characters-than-usual."
                "and-a-domain-with-a-long-name.of-an-organisation-with-a-long-name.example.com",
                "a-long-service/a-host-with-a-name-of-many-more-characters-than-usual."
                "and-a-domain-with-a-long-name.of-an-organisation-with-a-long-name.example.com"},
               {"@", NULL}};
  struct handshake h;
  handshake_open(&h, (enum carrier)(_i % kCarriers));
  release_name(&h.target);
  h.target = import_service(kRows[_i / kCarriers].target);
  handshake_establish(&h);
  const char *value = kRows[_i / kCarriers].value;
  if (value == NULL) {
    expect_no_value(h.client_name, TARGET);
  } else {
    if (_i % kCarriers == kRaw) {
      expect_attributes(h.client_name,
                        ATTR "user " ATTR "domain " ATTR "workstation " ATTR "target ");
    }
    expect_value(h.client_name, TARGET, value, true);

    OM_uint32 minor;
    gss_buffer_desc token = exported(h.client_name);
    gss_name_t copy = imported(token.value, token.length, GSS_C_NT_COMPOSITE_EXPORT);
    expect_value(copy, TARGET, value, false);
    release_name(&copy);
    gss_release_buffer(&minor, &token);
    EXPECT_COMPLETE(gss_export_sec_context(&minor, &h.acceptor.context, &token), 0);
    EXPECT_COMPLETE(gss_import_sec_context(&minor, &token, &h.acceptor.context), 0);
    EXPECT_COMPLETE(
        gss_inquire_context(&minor, h.acceptor.context, &copy, NULL, NULL, NULL, NULL, NULL, NULL),
        0);
    expect_value(copy, TARGET, value, true);
    release_name(&copy);
    gss_release_buffer(&minor, &token);
  }
  handshake_close(&h);
}
END_TEST

static void add_flags(struct octets *list, uint8_t flags) {
  const uint8_t value[4] = {flags};
  av_remove(list, kAvFlags);
  av_add(list, kAvFlags, value, sizeof value);
}
static void add_text(struct octets *list, const char *text) {
  struct octets units = utf16_of(text);
  av_add(list, kAvTargetName, units.data, units.size);
  octets_free(&units);
}
static void nothing(struct octets *list) { (void)list; }
static void no_text(struct octets *list) { add_text(list, ""); }
static void usual(struct octets *list) { add_text(list, "cifs/x"); }
static void of_two(struct octets *list) {
  add_text(list, "cifs/x");
  add_text(list, "cifs/y");
}
// Bit 4: the client had it from a source that it does not trust.
static void untrusted(struct octets *list) {
  add_flags(list, 4);
  add_text(list, "cifs/x");
}
static void odd_size(struct octets *list) { av_add(list, kAvTargetName, "c\0i", 3); }
static void lone_surrogate(struct octets *list) { av_add(list, kAvTargetName, "c\0\0\xd8", 4); }
static void with_nul(struct octets *list) { av_add(list, kAvTargetName, "c\0\0\0x", 6); }
static void long_text(struct octets *list) {
  char text[9001];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  add_text(list, text);
}
// Three octets each in UTF-8: more than an attribute holds.
static void too_long(struct octets *list) {
  static uint8_t units[50000];
  memset(units, 0x30, sizeof units);
  av_add(list, kAvTargetName, units, sizeof units);
}

static const struct target_row {
  void (*edit)(struct octets *list);
  int size;           // of the value; -1: none
  const char *value;  // null: not looked at
} kTargetRows[] = {
    {nothing, -1, NULL},     {no_text, -1, NULL},  {usual, 6, "cifs/x"}, {of_two, 6, "cifs/x"},
    {untrusted, -1, NULL},   {odd_size, -1, NULL}, {with_nul, -1, NULL}, {lone_surrogate, -1, NULL},
    {long_text, 9000, NULL}, {too_long, -1, NULL},
};
enum { kTargetRowCount = sizeof kTargetRows / sizeof kTargetRows[0] };

// With and without a workstation, which is an attribute as well. The login goes on without what
// cannot be told.
START_TEST(target_of_other_clients) {
  const struct target_row *row = &kTargetRows[_i / 2];
  OM_uint32 minor;
  struct handshake h = {.acceptor_cred = acquire_acceptor(accounts_file(), &oid_ntlm)};
  struct octets negotiate = mini_negotiate(MINI_PROTECTED, 40), challenge, none;
  acceptor_step(&h, &negotiate, &challenge);
  struct mini_client client = mini_client_without_mic();
  client.edit_av = row->edit;
  if (_i % 2 != 0) client.workstation = "";
  struct octets authenticate = mini_authenticate(&client, &negotiate, &challenge);
  acceptor_step(&h, &authenticate, &none);
  ck_assert_msg(is_complete(&h.acceptor), "%s", status_text(h.acceptor.major, h.acceptor.minor));
  if (row->size < 0) {
    expect_no_value(h.client_name, TARGET);
  } else {
    gss_buffer_desc name = buffer_of_text(TARGET), value = GSS_C_EMPTY_BUFFER;
    int authenticated = 0, more = -1;
    EXPECT_COMPLETE(gss_get_name_attribute(&minor, h.client_name, &name, &authenticated, NULL,
                                           &value, NULL, &more),
                    0);
    ck_assert_int_eq(authenticated, 1);
    ck_assert_int_eq((int)value.length, row->size);
    if (row->value != NULL) ck_assert_mem_eq(value.value, row->value, value.length);
    gss_release_buffer(&minor, &value);
  }
  octets_free(&negotiate);
  octets_free(&challenge);
  octets_free(&authenticate);
  octets_free(&none);
  handshake_reset(&h);
  release_cred(&h.acceptor_cred);
}
END_TEST

// ---- composite names
// -----------------------------------------------------------------------------

static struct octets token_with(const struct octets *attributes) {
  OM_uint32 minor;
  gss_name_t name = mech_name("DOM\\alice", GSS_C_NT_USER_NAME);
  gss_buffer_desc token = exported(name);
  struct octets made = composite_with(&token, attributes);
  gss_release_buffer(&minor, &token);
  release_name(&name);
  return made;
}

START_TEST(composite_with_several_values) {
  gss_OID types[] = {GSS_C_NT_COMPOSITE_EXPORT, GSS_C_NT_EXPORT_NAME};
  struct octets attributes = {0};
  put_attribute(&attributes, "urn:gssntlmssp:sids", "S-1-5-21-9-1000,S-1-5-21-9-513");
  put_attribute(&attributes, ATTR "sid", "S-1-5-21-9-1000");
  put_attribute(&attributes, ATTR "group-sid", "S-1-5-21-9-513");
  put_attribute(&attributes, ATTR "group-sid", "S-1-5-32-544");
  put_attribute(&attributes, ATTR "group-sid", "");
  put_attribute(&attributes, ATTR "user", "root");  // not the name's
  struct octets token = token_with(&attributes);
  gss_name_t name = imported(token.data, token.size, types[_i]);
  // N434: names, and each once.
  expect_attributes(name,
                    ATTR "user " ATTR "domain urn:gssntlmssp:sids " ATTR "sid " ATTR "group-sid ");
  expect_value(name, "urn:gssntlmssp:sids", "S-1-5-21-9-1000,S-1-5-21-9-513", false);
  expect_value(name, ATTR "user", "alice", false);

  static const char *const kGroups[] = {"S-1-5-21-9-513", "S-1-5-32-544", ""};
  int more = -1;
  for (size_t i = 0; i < 3; ++i) {
    const struct value value = get_value(name, ATTR "group-sid", more);
    EXPECT_COMPLETE(value.major, 0);
    ck_assert_str_eq(value.text, kGroups[i]);
    ck_assert_int_eq(value.authenticated, 0);
    ck_assert_int_eq(value.more != 0, i < 2);
    more = value.more;
  }
  // Export and import once more gives the same.
  gss_buffer_desc again = exported(name);
  gss_name_t copy = imported(again.value, again.length, types[_i]);
  expect_value(copy, ATTR "sid", "S-1-5-21-9-1000", false);
  OM_uint32 minor;
  gss_release_buffer(&minor, &again);
  release_name(&copy);
  release_name(&name);
  octets_free(&token);
  octets_free(&attributes);
}
END_TEST

static void expect_no_import(const struct octets *token) {
  OM_uint32 minor;
  gss_buffer_desc buffer = buffer_of(guarded_copy(token->data, token->size), token->size);
  gss_name_t name = GSS_C_NO_NAME;
  ck_assert(GSS_ERROR(gss_import_name(&minor, &buffer, GSS_C_NT_EXPORT_NAME, &name)));
  ck_assert_ptr_null(name);
}

// mechglue takes this attribute of an authenticated name for a local account.
START_TEST(composite_that_grants_a_login) {
  struct octets attributes = {0};
  put_attribute(&attributes, ATTR "sid", "S-1-5-21-9-1000");
  struct octets token = token_with(&attributes);
  gss_name_t name = imported(token.data, token.size, GSS_C_NT_EXPORT_NAME);
  release_name(&name);
  octets_free(&token);

  put_attribute(&attributes, "local-login-user", "root");
  token = token_with(&attributes);
  expect_no_import(&token);
  octets_free(&token);
  octets_free(&attributes);
}
END_TEST

START_TEST(damaged_composite_tokens) {
  struct octets attributes = {0};
  put_attribute(&attributes, ATTR "sid", "S-1-5-21-9-1000");
  put_attribute(&attributes, ATTR "group-sid", "S-1-5-32-544");
  struct octets token = token_with(&attributes);
  for (size_t size = 0; size < token.size; ++size) {
    const struct octets cut = {token.data, size};
    expect_no_import(&cut);
  }
  for (size_t bit = 0; bit < token.size * 8; ++bit) {
    OM_uint32 minor;
    uint8_t *copy = guarded_copy(token.data, token.size);
    copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    gss_buffer_desc buffer = buffer_of(copy, token.size);
    gss_name_t name = GSS_C_NO_NAME;
    if (gss_import_name(&minor, &buffer, GSS_C_NT_EXPORT_NAME, &name) == GSS_S_COMPLETE) {
      get_value(name, ATTR "sid", -1);
    }
    release_name(&name);
  }
  octets_free(&token);
  octets_free(&attributes);
}
END_TEST

static Suite *attribute_suite(void) {
  Suite *suite = suite_create("attribute");
  TCase *names = tcase_create("names");
  tcase_add_test(names, user_and_domain);
  tcase_add_loop_test(names, names_without_attributes, 0, 2);
  tcase_add_test(names, unknown_attributes);
  tcase_add_test(names, wrong_more);
  tcase_add_test(names, outputs_may_be_absent);
  tcase_add_test(names, names_are_immutable);
  suite_add_tcase(suite, names);

  TCase *contexts = tcase_create("contexts");
  tcase_add_loop_test(contexts, verified_user, 0, kCarriers);
  tcase_add_loop_test(contexts, verified_user_of_an_imported_context, 0, kCarriers);
  tcase_add_test(contexts, own_name_of_an_initiator);
  suite_add_tcase(suite, contexts);

  TCase *target = tcase_create("target");
  tcase_add_loop_test(target, target_of_a_client, 0, 3 * kCarriers);
  tcase_add_loop_test(target, target_of_other_clients, 0, 2 * kTargetRowCount);
  suite_add_tcase(suite, target);

  TCase *composite = tcase_create("composite");
  tcase_add_loop_test(composite, composite_with_several_values, 0, 2);
  tcase_add_test(composite, composite_that_grants_a_login);
  tcase_add_test(composite, damaged_composite_tokens);
  suite_add_tcase(suite, composite);
  return suite;
}

int main(void) { return run_suite(attribute_suite); }
