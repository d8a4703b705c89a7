// SPDX-License-Identifier: MIT
// Tells what the environment of this process does to the NTLM mechanism, one "key=value" a line:
// the mechanism itself, the default credential of DOM\alice, a login and the names in its
// CHALLENGE. Knows nothing of its own but what mechglue and the module do.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "ntlm_fields.h"

static void print_mechanism(void) {
  OM_uint32 minor;
  int present = 0;
  gss_OID_set mechs = GSS_C_NO_OID_SET;
  gss_indicate_mechs(&minor, &mechs);
  gss_test_oid_set_member(&minor, &oid_ntlm, mechs, &present);
  gss_release_oid_set(&minor, &mechs);
  printf("mechanism=%s\n", present ? "yes" : "no");
}

static bool print_status(const char *key, OM_uint32 major, OM_uint32 minor) {
  printf("%s=%s%s%s\n", key, major_name(major), GSS_ERROR(major) ? ": " : "",
         GSS_ERROR(major) ? minor_text(minor) : "");
  return !GSS_ERROR(major);
}

static void print_default_credential(void) {
  OM_uint32 minor;
  gss_cred_id_t cred;
  const OM_uint32 major = try_acquire(&minor, "DOM\\alice", GSS_C_INITIATE, &oid_ntlm, NULL, &cred);
  print_status("default", major, minor);
  release_cred(&cred);
}

static void print_names(const struct octets *challenge) {
  struct octets list = field_octets(challenge, kChallengeTargetInfo);
  char *computer = av_text(&list, kAvNbComputerName), *domain = av_text(&list, kAvNbDomainName);
  printf("computer=%s\ndomain=%s\n", computer != NULL ? computer : "(none)",
         domain != NULL ? domain : "(none)");
  free(computer);
  free(domain);
  octets_free(&list);
}

static void print_login(void) {
  OM_uint32 minor;
  gss_cred_id_t cred;
  struct handshake h = {.mech = &oid_ntlm, .request_flags = kUsualFlags};
  const OM_uint32 major =
      try_acquire_with_password(&minor, "DOM\\alice", "secret", &oid_ntlm, GSS_C_BOTH, &cred);
  if (!print_status("acquire", major, minor)) return;
  h.initiator_cred = h.acceptor_cred = cred;
  h.target = import_service("HTTP@server.example.com");
  printf("login=%s\n", handshake_run(&h) ? "yes" : "no");
  if (h.token[1].size != 0) print_names(&h.token[1]);
  handshake_reset(&h);
  release_name(&h.target);
  release_cred(&cred);
}

START_TEST(probe) {
  printf("secure=%s\n", getauxval(AT_SECURE) != 0 ? "yes" : "no");
  print_mechanism();
  print_default_credential();
  print_login();
}
END_TEST

int main(void) { return run_probe(probe); }
