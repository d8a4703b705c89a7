// SPDX-License-Identifier: MIT
// Prints what becomes of names whose case is a matter of the language: the transcript must be the
// same in every locale (N330, N332, N720). The first line is what tells the locales apart.
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "support.h"

static const struct user {
  const char *text, *other_case;
} kUsers[] = {
    {"\xc4\xb0I\xc4\xb1i", "\xc4\xb0i\xc4\xb1I"},              // dotted I, I, dotless i, i
    {"zo\xc3\xab", "ZO\xc3\x8b"},                              // zoë
    {"stra\xc3\x9f\x65", "STRA\xc3\x9f\x45"},                  // eszett stays
    {"\xcf\x83\xce\xb1\xcf\x82", "\xce\xa3\xce\x91\xcf\x82"},  // sigma, alpha, final sigma
    {"info", "INFO"},
};
enum { kUserCount = sizeof kUsers / sizeof kUsers[0] };

static void print_hex(const char *key, const void *data, size_t size) {
  printf("%s=", key);
  for (size_t i = 0; i < size; ++i) printf("%02x", ((const uint8_t *)data)[i]);
  printf("\n");
}

static gss_name_t mech_name(const char *text) {
  OM_uint32 minor;
  gss_name_t name;
  const OM_uint32 major = make_mech_name(&minor, text, strlen(text), GSS_C_NT_USER_NAME, &name);
  printf("import=%s\n", major_name(major));
  return name;
}

static void print_name(const struct user *user) {
  OM_uint32 minor;
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  gss_name_t name = mech_name(user->text), other = mech_name(user->other_case);
  gss_display_name(&minor, name, &text, NULL);
  print_hex("display", text.value, text.length);
  gss_release_buffer(&minor, &text);
  gss_export_name(&minor, name, &text);
  print_hex("export", text.value, text.length);
  gss_release_buffer(&minor, &text);
  for (size_t i = 0; i < kUserCount; ++i) {
    int equal[2] = {-1, -1};
    gss_name_t third = mech_name(kUsers[i].other_case);
    gss_compare_name(&minor, name, third, &equal[0]);
    gss_compare_name(&minor, other, third, &equal[1]);
    printf("equal=%d %d\n", equal[0], equal[1]);
    release_name(&third);
  }
  release_name(&name);
  release_name(&other);
}

static void print_login(const char *file, const char *user, const char *password) {
  OM_uint32 minor;
  struct handshake h = {.mech = &oid_ntlm, .request_flags = kUsualFlags};
  const OM_uint32 major = try_acquire_with_password(&minor, user, password, &oid_ntlm,
                                                    GSS_C_INITIATE, &h.initiator_cred);
  h.acceptor_cred = acquire_acceptor(file, &oid_ntlm);
  h.target = import_service("HTTP@server.example.com");
  printf("acquire=%s login=%s\n", major_name(major), handshake_run(&h) ? "yes" : "no");
  if (h.client_name != GSS_C_NO_NAME) {
    char *shown = display_name(h.client_name);
    print_hex("client", shown, strlen(shown));
    free(shown);
  }
  printf("text=%s\n", minor_text(h.acceptor.minor));
  handshake_close(&h);
}

// The script's, so that the path is the same for all.
static const char *accounts(void) {
  const char *path = getenv("PROBE_FILE");
  ck_assert_ptr_nonnull(path);
  FILE *file = fopen(path, "w");
  ck_assert_ptr_nonnull(file);
  for (size_t i = 0; i < kUserCount; ++i) fprintf(file, "DOM:%s:secret-%zu\n", kUsers[i].text, i);
  fclose(file);
  return path;
}

START_TEST(probe) {
  ck_assert_ptr_nonnull(setlocale(LC_ALL, ""));
  printf("locale: towupper(i)=%04x towupper(e diaeresis)=%04x decimal=%s\n",
         (unsigned)towupper(L'i'), (unsigned)towupper(0xeb), localeconv()->decimal_point);
  setenv("NETBIOS_COMPUTER_NAME", "SERVER", 1);
  setenv("NETBIOS_DOMAIN_NAME", "DOM", 1);
  const char *file = accounts();
  for (size_t i = 0; i < kUserCount; ++i) {
    char user[64], password[32];
    print_name(&kUsers[i]);
    snprintf(password, sizeof password, "secret-%zu", i);
    snprintf(user, sizeof user, "DOM\\%s", kUsers[i].text);
    print_login(file, user, password);
    print_login(file, user, "wrong");
    snprintf(user, sizeof user, "dom\\%s", kUsers[i].other_case);
    print_login(file, user, password);
  }
}
END_TEST

int main(void) { return run_probe(probe); }
