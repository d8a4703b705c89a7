// SPDX-License-Identifier: MIT
// An SSH server with libssh that lets in whoever logs in by gssapi-with-mic and owns the account
// that he asks for. It runs nothing: the answer to each command says who the server sees.
//
//   ssh_server ADDRESS PORT HOST-KEY builtin PRINCIPAL=ACCOUNT...
//   ssh_server ADDRESS PORT HOST-KEY calls
//
// builtin: libssh calls the GSSAPI, and gives the principal as text only; so who owns which account
// is among the arguments. calls: this program calls the GSSAPI in the callbacks of libssh, and
// gss_authorize_localname says who owns an account. (With gssapi_select_oid as a third callback
// libssh 0.10.6 forgets the account, and reads from NULL when the MIC comes.)
#include <gssapi/gssapi_ext.h>
#include <libssh/callbacks.h>
#include <libssh/server.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kPollMilliseconds = 100, kMaxText = 512 };

struct login {
  ssh_channel channel;
  struct ssh_channel_callbacks_struct channel_callbacks;
  char seen[kMaxText];  // principal, mechanism and account
  gss_ctx_id_t context;
  gss_name_t principal;
  gss_OID mech;
  char **owners;
};

static void die(const char *what, const char *why) {
  fprintf(stderr, "ssh_server: %s: %s\n", what, why);
  exit(1);
}

static void print_status(const char *call, OM_uint32 major, OM_uint32 minor, gss_OID mech) {
  const OM_uint32 codes[] = {major, minor};
  const int kinds[] = {GSS_C_GSS_CODE, GSS_C_MECH_CODE};
  printf("%s:", call);
  for (int i = 0; i < 2; ++i) {
    OM_uint32 ignored, more = 0;
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    gss_display_status(&ignored, codes[i], kinds[i], mech, &more, &text);
    printf(" %.*s;", (int)text.length, (const char *)text.value);
    gss_release_buffer(&ignored, &text);
  }
  printf("\n");
}

static void forget(struct login *login) {
  OM_uint32 minor;
  gss_release_name(&minor, &login->principal);
  gss_delete_sec_context(&minor, &login->context, GSS_C_NO_BUFFER);
}

// ---- the GSSAPI, without libssh's own calls ----------------------------------------------------

static int accept_token(ssh_session session, ssh_string token, ssh_string *answer, void *user) {
  struct login *login = user;
  gss_buffer_desc in = {ssh_string_len(token), ssh_string_data(token)}, out = GSS_C_EMPTY_BUFFER;
  OM_uint32 minor, ignored;
  (void)session;
  gss_release_name(&ignored, &login->principal);
  const OM_uint32 major = gss_accept_sec_context(&minor, &login->context, GSS_C_NO_CREDENTIAL, &in,
                                                 GSS_C_NO_CHANNEL_BINDINGS, &login->principal,
                                                 &login->mech, &out, NULL, NULL, NULL);
  if (GSS_ERROR(major)) {
    print_status("gss_accept_sec_context", major, minor, login->mech);
    forget(login);
    return SSH_ERROR;
  }
  *answer = ssh_string_new(out.length);
  ssh_string_fill(*answer, out.value, out.length);
  gss_release_buffer(&ignored, &out);
  return SSH_OK;
}

static int verify_mic(ssh_session session, ssh_string mic, void *message, size_t size, void *user) {
  struct login *login = user;
  gss_buffer_desc text = {size, message}, token = {ssh_string_len(mic), ssh_string_data(mic)};
  OM_uint32 minor;
  (void)session;
  const OM_uint32 major = gss_verify_mic(&minor, login->context, &text, &token, NULL);
  if (major == GSS_S_COMPLETE) return SSH_OK;
  print_status("gss_verify_mic", major, minor, login->mech);
  return SSH_ERROR;
}

// ---- who may log in ----------------------------------------------------------------------------

static bool owns(gss_name_t principal, const char *account) {
  gss_buffer_desc text = {strlen(account), (void *)account};
  gss_name_t name;
  OM_uint32 minor;
  if (gss_import_name(&minor, &text, GSS_C_NT_USER_NAME, &name) != GSS_S_COMPLETE) return false;
  const bool owner = gss_authorize_localname(&minor, principal, name) == GSS_S_COMPLETE;
  gss_release_name(&minor, &name);
  return owner;
}

static bool is_listed(char **owners, const char *principal, const char *account) {
  char row[kMaxText];
  snprintf(row, sizeof row, "%s=%s", principal, account);
  while (*owners && strcmp(*owners, row) != 0) ++owners;
  return *owners != NULL;
}

static int login_done(ssh_session session, const char *account, const char *principal, void *user) {
  struct login *login = user;
  bool good;
  (void)session;
  if (login->principal) {
    OM_uint32 minor;
    gss_buffer_desc name = GSS_C_EMPTY_BUFFER, mech = GSS_C_EMPTY_BUFFER;
    gss_display_name(&minor, login->principal, &name, NULL);
    gss_oid_to_str(&minor, login->mech, &mech);
    good = owns(login->principal, account);
    snprintf(login->seen, sizeof login->seen, "%.*s by %.*s as %s", (int)name.length,
             (const char *)name.value, (int)mech.length, (const char *)mech.value, account);
    gss_release_buffer(&minor, &name);
    gss_release_buffer(&minor, &mech);
  } else {
    good = is_listed(login->owners, principal, account);
    snprintf(login->seen, sizeof login->seen, "%s as %s", principal, account);
  }
  printf("%s: %s\n", good ? "login" : "not the owner of the account", login->seen);
  return good ? SSH_AUTH_SUCCESS : SSH_AUTH_DENIED;
}

// ---- sessions ----------------------------------------------------------------------------------

static int on_command(ssh_session session, ssh_channel channel, const char *command, void *user) {
  struct login *login = user;
  (void)session, (void)command;
  ssh_channel_write(channel, login->seen, (uint32_t)strlen(login->seen));
  ssh_channel_write(channel, "\n", 1);
  ssh_channel_request_send_exit_status(channel, 0);
  ssh_channel_send_eof(channel);
  ssh_channel_close(channel);
  return SSH_OK;
}

static ssh_channel on_channel(ssh_session session, void *user) {
  struct login *login = user;
  login->channel = ssh_channel_new(session);
  login->channel_callbacks = (struct ssh_channel_callbacks_struct){
      .userdata = login, .channel_exec_request_function = on_command};
  ssh_callbacks_init(&login->channel_callbacks);
  ssh_set_channel_callbacks(login->channel, &login->channel_callbacks);
  return login->channel;
}

static void serve(ssh_session session, bool own_calls, char **owners) {
  struct login login = {.owners = owners};
  struct ssh_server_callbacks_struct callbacks = {
      .userdata = &login,
      .auth_gssapi_mic_function = login_done,
      .channel_open_request_session_function = on_channel,
      .gssapi_accept_sec_ctx_function = own_calls ? accept_token : NULL,
      .gssapi_verify_mic_function = own_calls ? verify_mic : NULL};
  ssh_callbacks_init(&callbacks);
  ssh_set_server_callbacks(session, &callbacks);
  ssh_set_auth_methods(session, SSH_AUTH_METHOD_GSSAPI_MIC);
  ssh_event event = ssh_event_new();
  if (ssh_handle_key_exchange(session) == SSH_OK) {
    ssh_event_add_session(event, session);
    // The client ends it.
    while (ssh_is_connected(session) && ssh_event_dopoll(event, kPollMilliseconds) != SSH_ERROR) {
    }
    ssh_event_remove_session(event, session);
  }
  ssh_event_free(event);
  ssh_disconnect(session);
  forget(&login);
}

int main(int argc, char **argv) {
  if (argc < 5)
    die("usage", "ssh_server ADDRESS PORT HOST-KEY builtin|calls [PRINCIPAL=ACCOUNT...]");
  const bool own_calls = strcmp(argv[4], "calls") == 0;
  setvbuf(stdout, NULL, _IOLBF, 0);
  ssh_set_log_level(SSH_LOG_PROTOCOL);
  ssh_bind listener = ssh_bind_new();
  ssh_bind_options_set(listener, SSH_BIND_OPTIONS_BINDADDR, argv[1]);
  ssh_bind_options_set(listener, SSH_BIND_OPTIONS_BINDPORT_STR, argv[2]);
  ssh_bind_options_set(listener, SSH_BIND_OPTIONS_HOSTKEY, argv[3]);
  if (ssh_bind_listen(listener) != SSH_OK) die("ssh_bind_listen", ssh_get_error(listener));
  for (;;) {
    ssh_session session = ssh_new();
    if (ssh_bind_accept(listener, session) == SSH_OK) {
      serve(session, own_calls, argv + 5);
    } else {
      printf("ssh_bind_accept: %s\n", ssh_get_error(listener));
    }
    ssh_free(session);
  }
}
