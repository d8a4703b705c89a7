// SPDX-License-Identifier: MIT
// CredSSP through the real mechglue, with the account of bench/run and delegation.
#include <gssapi/gssapi_credssp.h>
#include <gssapi/gssapi_ntlm_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls_ends.h"

struct Ends {
  gss_ctx_id_t initiator, acceptor;
};

static gss_OID_desc mechanism = {GSS_CREDSSP_OID_LENGTH, (char *)GSS_CREDSSP_OID_STRING};
static gss_cred_id_t initiator_credential, acceptor_credential;
static gss_name_t target;

static void Check(const char *call, OM_uint32 major, OM_uint32 minor) {
  OM_uint32 ignored, more = 0;
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  if (!GSS_ERROR(major)) return;
  gss_display_status(&ignored, minor, GSS_C_MECH_CODE, &mechanism, &more, &text);
  fprintf(stderr, "credsspbench: %s: %08x %.*s\n", call, major, (int)text.length,
          (char *)text.value);
  exit(1);
}

static gss_name_t ImportName(const char *text, gss_OID type) {
  OM_uint32 minor;
  gss_name_t name;
  gss_buffer_desc buffer = {strlen(text), (char *)text};
  Check("gss_import_name", gss_import_name(&minor, &buffer, type, &name), 0);
  return name;
}

static gss_cred_id_t Acquire(const char *user, gss_cred_usage_t usage, const char *version) {
  OM_uint32 minor;
  gss_cred_id_t credential;
  gss_OID_set_desc mechanisms = {1, &mechanism};
  gss_key_value_element_desc keys[] = {{GSS_CREDSSP_CS_TLS_MIN, version},
                                       {GSS_CREDSSP_CS_TLS_MAX, version},
                                       {GSS_CREDSSP_CS_PASSWORD, "Passw0rd-bench"}};
  const gss_key_value_set_desc store = {usage == GSS_C_INITIATE ? 3 : 2, keys};
  gss_name_t name = user ? ImportName(user, GSS_C_NT_USER_NAME) : GSS_C_NO_NAME;
  const OM_uint32 major = gss_acquire_cred_from(&minor, name, GSS_C_INDEFINITE, &mechanisms, usage,
                                                &store, &credential, NULL, NULL);
  Check("gss_acquire_cred_from", major, minor);
  gss_release_name(&minor, &name);
  return credential;
}

void Prepare(int minor_version) {
  OM_uint32 minor;
  const char *version = minor_version == 3 ? "1.3" : "1.2";
  if (!target) target = ImportName("TERMSRV@localhost", GSS_C_NT_HOSTBASED_SERVICE);
  gss_release_cred(&minor, &initiator_credential);
  gss_release_cred(&minor, &acceptor_credential);
  initiator_credential = Acquire("BENCH\\bench", GSS_C_INITIATE, version);
  acceptor_credential = Acquire(NULL, GSS_C_ACCEPT, version);
}

struct Ends *Connect(void) {
  struct Ends *ends = malloc(sizeof *ends);
  gss_buffer_desc to_acceptor = GSS_C_EMPTY_BUFFER, to_initiator = GSS_C_EMPTY_BUFFER;
  OM_uint32 minor, ignored, initiator = GSS_S_CONTINUE_NEEDED, acceptor = GSS_S_CONTINUE_NEEDED;
  ends->initiator = GSS_C_NO_CONTEXT;
  Check("gss_import_sec_context", gss_credssp_begin(&minor, &ends->acceptor), 0);
  while (initiator == GSS_S_CONTINUE_NEEDED || acceptor == GSS_S_CONTINUE_NEEDED) {
    initiator = gss_init_sec_context(&minor, initiator_credential, &ends->initiator, target,
                                     &mechanism, GSS_C_DELEG_FLAG, 0, NULL, &to_initiator, NULL,
                                     &to_acceptor, NULL, NULL);
    Check("gss_init_sec_context", initiator, minor);
    gss_release_buffer(&ignored, &to_initiator);
    acceptor = gss_accept_sec_context(&minor, &ends->acceptor, acceptor_credential, &to_acceptor,
                                      NULL, NULL, NULL, &to_initiator, NULL, NULL, NULL);
    Check("gss_accept_sec_context", acceptor, minor);
    gss_release_buffer(&ignored, &to_acceptor);
  }
  return ends;
}

void Disconnect(struct Ends *ends) {
  OM_uint32 minor;
  gss_delete_sec_context(&minor, &ends->initiator, GSS_C_NO_BUFFER);
  gss_delete_sec_context(&minor, &ends->acceptor, GSS_C_NO_BUFFER);
  free(ends);
}

enum { kHeader, kData, kTrailer, kIovCount };

static void Pass(gss_ctx_id_t from, gss_ctx_id_t to, uint8_t *data, size_t size) {
  static uint8_t header[64], trailer[64];
  OM_uint32 minor;
  gss_iov_buffer_desc iov[kIovCount] = {{GSS_IOV_BUFFER_TYPE_HEADER, {sizeof header, header}},
                                        {GSS_IOV_BUFFER_TYPE_DATA, {size, data}},
                                        {GSS_IOV_BUFFER_TYPE_TRAILER, {sizeof trailer, trailer}}};
  Check("gss_wrap_iov", gss_wrap_iov(&minor, from, 1, GSS_C_QOP_DEFAULT, NULL, iov, kIovCount), 0);
  Check("gss_unwrap_iov", gss_unwrap_iov(&minor, to, NULL, NULL, iov, kIovCount), 0);
}

void PassRecord(struct Ends *ends, uint8_t *data, size_t size) {
  Pass(ends->initiator, ends->acceptor, data, size);
}

void PassBack(struct Ends *ends, uint8_t *data, size_t size) {
  Pass(ends->acceptor, ends->initiator, data, size);
}
