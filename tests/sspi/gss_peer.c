// SPDX-License-Identifier: MIT
#include "gss_peer.h"

#include <string.h>

static gss_OID_desc kNtlm = {10, (void *)(uintptr_t) "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"};
static gss_OID_desc kKerberos = {9, (void *)(uintptr_t) "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"};
static gss_OID_desc kSpnego = {6, (void *)(uintptr_t) "\x2b\x06\x01\x05\x05\x02"};

static gss_OID mech_of(const struct lane *lane) {
  if (is_negotiate(lane)) return &kSpnego;
  return is_ntlm(lane) ? &kNtlm : &kKerberos;
}

void expect_good(OM_uint32 major, OM_uint32 minor, const char *what) {
  if (!GSS_ERROR(major)) return;
  OM_uint32 unused = 0, more = 0;
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  gss_display_status(&unused, minor, GSS_C_MECH_CODE, GSS_C_NO_OID, &more, &text);
  ck_abort_msg("%s: %08x, %.*s", what, major, (int)text.length, (const char *)text.value);
}

static gss_name_t name_of(const char *text, gss_OID type) {
  OM_uint32 minor = 0;
  gss_buffer_desc buffer = {strlen(text), (void *)(uintptr_t)text};
  gss_name_t name = GSS_C_NO_NAME;
  expect_good(gss_import_name(&minor, &buffer, type, &name), minor, "name");
  return name;
}

static gss_cred_id_t gss_client(const struct lane *lane) {
  gss_OID_set_desc mechs = {1, mech_of(lane)};
  const char *user = is_ntlm(lane) ? SSPI_DOMAIN "\\" SSPI_USER : SSPI_USER "@" SSPI_DOMAIN;
  gss_name_t name = name_of(user, GSS_C_NT_USER_NAME);
  const bool plain_ntlm = is_ntlm(lane) && is_negotiate(lane);
  gss_key_value_element_desc element = {plain_ntlm ? "ntlmssp_password" : "password",
                                        SSPI_PASSWORD};
  gss_key_value_set_desc store = {1, &element};
  gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
  OM_uint32 minor = 0;
  expect_good(gss_acquire_cred_from(&minor, name, GSS_C_INDEFINITE, &mechs, GSS_C_INITIATE, &store,
                                    &credential, NULL, NULL),
              minor, "gss_acquire_cred_from");
  gss_release_name(&minor, &name);
  return credential;
}

static gss_buffer_desc octets_of(struct leg *leg) {
  return (gss_buffer_desc){leg->size, leg->token};
}
static void take(struct leg *leg, gss_buffer_t token) {
  OM_uint32 minor = 0;
  ck_assert_uint_le(token->length, sizeof leg->token);
  if (token->length != 0) memcpy(leg->token, token->value, token->length);
  leg->size = (ULONG)token->length;
  gss_release_buffer(&minor, token);
}

void sspi_initiates(const struct lane *lane, struct mixed *mixed) {
  static struct leg to_peer, from_peer;
  mixed->credential = client_of(lane);
  const ULONG flags = kProtect | ISC_REQ_MUTUAL_AUTH | (mixed->dce ? ISC_REQ_USE_DCE_STYLE : 0U);
  SECURITY_STATUS status =
      client_leg(&mixed->credential, NULL, &mixed->context, flags, NULL, &to_peer);
  OM_uint32 major = GSS_S_CONTINUE_NEEDED, minor = 0;
  while (to_peer.size != 0) {
    ck_assert_int_ge(status, 0);
    gss_buffer_desc in = octets_of(&to_peer), out = GSS_C_EMPTY_BUFFER;
    major = gss_accept_sec_context(&minor, &mixed->peer, GSS_C_NO_CREDENTIAL, &in,
                                   GSS_C_NO_CHANNEL_BINDINGS, NULL, NULL, &out, NULL, NULL, NULL);
    expect_good(major, minor, "gss_accept_sec_context");
    take(&from_peer, &out);
    if (from_peer.size == 0) break;
    status = client_leg(NULL, &mixed->context, NULL, flags, &from_peer, &to_peer);
  }
  EXPECT(SEC_E_OK, status);
  ck_assert_uint_eq(major, GSS_S_COMPLETE);
}

void gss_initiates(const struct lane *lane, struct mixed *mixed) {
  static struct leg to_sspi, from_sspi;
  mixed->credential = server_of(lane);
  gss_cred_id_t credential = gss_client(lane);
  gss_name_t target = name_of("HTTP@www.demo.test", GSS_C_NT_HOSTBASED_SERVICE);
  const OM_uint32 flags = GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG | GSS_C_REPLAY_FLAG |
                          GSS_C_SEQUENCE_FLAG | GSS_C_MUTUAL_FLAG |
                          (mixed->dce ? GSS_C_DCE_STYLE : 0U);
  SECURITY_STATUS status = SEC_I_CONTINUE_NEEDED;
  OM_uint32 major = GSS_S_COMPLETE, minor = 0;
  bool first = true;
  from_sspi.size = 0;
  do {
    gss_buffer_desc in = octets_of(&from_sspi), out = GSS_C_EMPTY_BUFFER;
    major = gss_init_sec_context(&minor, credential, &mixed->peer, target, mech_of(lane), flags, 0,
                                 GSS_C_NO_CHANNEL_BINDINGS, &in, NULL, &out, NULL, NULL);
    expect_good(major, minor, "gss_init_sec_context");
    take(&to_sspi, &out);
    if (to_sspi.size == 0) break;
    status = server_leg(&mixed->credential, first ? NULL : &mixed->context, &mixed->context,
                        mixed->dce ? ASC_REQ_USE_DCE_STYLE : 0, &to_sspi, &from_sspi);
    ck_assert_msg(status >= 0, "%s: %s", lane->name, SspiLastErrorText());
    first = false;
  } while (from_sspi.size != 0);
  EXPECT(SEC_E_OK, status);
  ck_assert_uint_eq(major, GSS_S_COMPLETE);
  gss_release_name(&minor, &target);
  gss_release_cred(&minor, &credential);
}

void forget(struct mixed *mixed) {
  OM_uint32 minor = 0;
  EXPECT(SEC_E_OK, DeleteSecurityContext(&mixed->context));
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&mixed->credential));
  gss_delete_sec_context(&minor, &mixed->peer, GSS_C_NO_BUFFER);
}
