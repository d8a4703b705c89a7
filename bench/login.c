// SPDX-License-Identifier: MIT
#include "login.h"

#include <gssapi/gssapi_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

gss_OID_desc kNtlmMechanism = {10, "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"};

static const OM_uint32 kRequestFlags = GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG |
                                       GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG;

static void PrintStatus(OM_uint32 code, int type) {
  OM_uint32 minor, more = 0;
  gss_buffer_desc text;
  do {
    if (gss_display_status(&minor, code, type, &kNtlmMechanism, &more, &text)) return;
    fprintf(stderr, "  %.*s\n", (int)text.length, (char *)text.value);
    gss_release_buffer(&minor, &text);
  } while (more);
}

void CheckGss(const char *call, OM_uint32 major, OM_uint32 minor) {
  if (!GSS_ERROR(major)) return;
  fprintf(stderr, "gssbench: %s: major 0x%08x minor %u\n", call, major, minor);
  PrintStatus(major, GSS_C_GSS_CODE);
  PrintStatus(minor, GSS_C_MECH_CODE);
  exit(1);
}

static gss_name_t ImportName(const char *text, gss_OID type) {
  OM_uint32 minor;
  gss_name_t name = GSS_C_NO_NAME;
  char copy[256];
  gss_buffer_desc buffer = {strlen(text), copy};
  snprintf(copy, sizeof copy, "%s", text);
  const OM_uint32 major = gss_import_name(&minor, &buffer, type, &name);
  CheckGss("gss_import_name", major, minor);
  return name;
}

gss_cred_id_t AcquireAcceptor(void) {
  OM_uint32 minor;
  gss_OID_set_desc mechs = {1, &kNtlmMechanism};
  gss_cred_id_t cred;
  const OM_uint32 major = gss_acquire_cred(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechs,
                                           GSS_C_ACCEPT, &cred, NULL, NULL);
  CheckGss("gss_acquire_cred, acceptor", major, minor);
  return cred;
}

void AcquireLogin(struct Login *login, const char *user) {
  OM_uint32 minor;
  gss_OID_set_desc mechs = {1, &kNtlmMechanism};
  gss_name_t name = ImportName(user, GSS_C_NT_USER_NAME);
  const OM_uint32 major = gss_acquire_cred(&minor, name, GSS_C_INDEFINITE, &mechs, GSS_C_INITIATE,
                                           &login->initiator, NULL, NULL);
  CheckGss("gss_acquire_cred, initiator", major, minor);
  gss_release_name(&minor, &name);
  login->acceptor = AcquireAcceptor();
  login->target = ImportName("host@localhost", GSS_C_NT_HOSTBASED_SERVICE);
}

void ReleaseLogin(struct Login *login) {
  OM_uint32 minor;
  gss_release_cred(&minor, &login->initiator);
  gss_release_cred(&minor, &login->acceptor);
  gss_release_name(&minor, &login->target);
}

static OM_uint32 Initiate(const struct Login *login, gss_ctx_id_t *context, gss_buffer_t in,
                          gss_buffer_t out) {
  OM_uint32 minor, ignored, flags;
  const OM_uint32 major = gss_init_sec_context(
      &minor, login->initiator, context, login->target, &kNtlmMechanism, kRequestFlags, 0,
      GSS_C_NO_CHANNEL_BINDINGS, in, NULL, out, &flags, NULL);
  CheckGss("gss_init_sec_context", major, minor);
  gss_release_buffer(&ignored, in);
  return major;
}

static OM_uint32 Accept(const struct Login *login, gss_ctx_id_t *context, gss_buffer_t in,
                        gss_buffer_t out) {
  OM_uint32 minor, ignored, flags;
  gss_name_t source = GSS_C_NO_NAME;
  const OM_uint32 major =
      gss_accept_sec_context(&minor, context, login->acceptor, in, GSS_C_NO_CHANNEL_BINDINGS,
                             &source, NULL, out, &flags, NULL, NULL);
  CheckGss("gss_accept_sec_context", major, minor);
  gss_release_buffer(&ignored, in);
  gss_release_name(&ignored, &source);
  return major;
}

// With `seconds` the time of the acceptor's calls is added up there.
static void Run(const struct Login *login, struct ContextPair *pair, double *seconds) {
  OM_uint32 initiator = GSS_S_CONTINUE_NEEDED, acceptor = GSS_S_CONTINUE_NEEDED;
  gss_buffer_desc to_acceptor = GSS_C_EMPTY_BUFFER, to_initiator = GSS_C_EMPTY_BUFFER;
  pair->initiator = pair->acceptor = GSS_C_NO_CONTEXT;
  do {
    if (initiator == GSS_S_CONTINUE_NEEDED)
      initiator = Initiate(login, &pair->initiator, &to_initiator, &to_acceptor);
    if (to_acceptor.length == 0) break;
    const double start = seconds ? Seconds() : 0;
    if (acceptor == GSS_S_CONTINUE_NEEDED)
      acceptor = Accept(login, &pair->acceptor, &to_acceptor, &to_initiator);
    if (seconds) *seconds += Seconds() - start;
  } while (to_initiator.length > 0);
  if (initiator == GSS_S_COMPLETE && acceptor == GSS_S_COMPLETE) return;
  fprintf(stderr, "gssbench: login not complete: initiator 0x%x, acceptor 0x%x\n", initiator,
          acceptor);
  exit(1);
}

void Handshake(const struct Login *login, struct ContextPair *pair) { Run(login, pair, NULL); }

double HandshakeTimed(const struct Login *login, struct ContextPair *pair) {
  double seconds = 0;
  Run(login, pair, &seconds);
  return seconds;
}

void DropPair(struct ContextPair *pair) {
  OM_uint32 minor;
  gss_delete_sec_context(&minor, &pair->initiator, GSS_C_NO_BUFFER);
  gss_delete_sec_context(&minor, &pair->acceptor, GSS_C_NO_BUFFER);
}
