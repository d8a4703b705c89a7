// SPDX-License-Identifier: MIT
#include "login.h"

#include <errno.h>
#include <gssapi/gssapi_ext.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

static const OM_uint32 kRequestFlags = GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG |
                                       GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG;

// How a server says that name or password is wrong: in words; or, by mod_auth_gssapi, as the number
// of GSS_S_FAILURE, while the minor status has a number of that process inside SPNEGO.
static const char *const kLogonFailure[] = {"logon failure: unknown user or wrong password",
                                            "851968/"};

// ---- end ---------------------------------------------------------------------------------------

// A reset, so that no port waits for packets that come late.
static void release(struct login *login) {
  const struct linger now = {1, 0};
  OM_uint32 minor;
  gss_delete_sec_context(&minor, &login->context, GSS_C_NO_BUFFER);
  gss_release_cred(&minor, &login->cred);
  free(login->received);
  login->received = NULL;
  if (login->fd < 0) return;
  setsockopt(login->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(login->fd);
  login->fd = -1;
}

static void end(struct login *login, enum outcome outcome, const char *what, const char *detail) {
  login->outcome = outcome;
  snprintf(login->text, sizeof login->text, "%s%s, %s: %s %.500s", login->account->name,
           login->wrong ? " (wrong password)" : "", login->spnego ? "SPNEGO" : "NTLM", what,
           detail);
  release(login);
}

void login_fail(struct login *login, const char *what) { end(login, kFailed, what, ""); }

static void fail_by_gss(struct login *login, const char *call, OM_uint32 major, OM_uint32 minor) {
  char text[512];
  status_text(text, sizeof text, major, minor, login->spnego ? &oid_spnego : &oid_ntlm);
  end(login, kFailed, call, text);
}

static bool is_logon_failure(const char *text) {
  for (size_t i = 0; i < sizeof kLogonFailure / sizeof kLogonFailure[0]; ++i) {
    if (strstr(text, kLogonFailure[i]) != NULL) return true;
  }
  return false;
}

// What both mean depends on whether the password of the account held while the login went on.
static void end_refused(struct login *login, const char *text) {
  const bool certain = !login->account->changes || moment_holds(&login->moment);
  if (!is_logon_failure(text) || (certain && !login->wrong)) {
    end(login, kFailed, "refused:", text);
  } else {
    end(login, certain ? kRefusedRightly : kDuringChange, "", "");
  }
}

static void end_granted(struct login *login) {
  const bool certain = !login->account->changes || moment_holds(&login->moment);
  if (certain && login->wrong) {
    end(login, kWrongPasswordTaken, "logged in", "");
  } else {
    end(login, certain ? kLoggedIn : kDuringChange, "", "");
  }
}

// ---- steps -------------------------------------------------------------------------------------

static bool is_over(const struct login *login) { return login->fd < 0; }

static void initiate(struct login *login, const struct login_parameters *parameters,
                     gss_buffer_t input) {
  OM_uint32 minor, ignored, flags = 0;
  gss_buffer_desc output = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major =
      gss_init_sec_context(&minor, login->cred, &login->context, parameters->target,
                           login->spnego ? &oid_spnego : &oid_ntlm, kRequestFlags, GSS_C_INDEFINITE,
                           GSS_C_NO_CHANNEL_BINDINGS, input, NULL, &output, &flags, NULL);
  if (GSS_ERROR(major)) {
    fail_by_gss(login, "gss_init_sec_context:", major, minor);
    return;
  }
  login->open = major == GSS_S_COMPLETE;
  const bool sent =
      output.length == 0 || login->transport->send_token(login->fd, &output, login->spnego);
  login->tokens += output.length != 0;
  gss_release_buffer(&ignored, &output);
  if (!sent) login_fail(login, "the server takes no token");
}

// The user whom the server found.
static void compare_user(struct login *login, const char *user) {
  if (login->seconds == 0) login->seconds = seconds_now() - login->start;
  if (strcmp(user, login->account->name) != 0) {
    end(login, kWrongUser, "greeted as", user);
  } else if (login->asks == 0) {
    end_granted(login);
  } else {
    --login->asks;
    if (!login->transport->ask(login->fd)) login_fail(login, "the server takes no question");
  }
}

static void take_greeting(struct login *login, gss_buffer_t message) {
  OM_uint32 minor, ignored;
  gss_buffer_desc plain = GSS_C_EMPTY_BUFFER;
  char text[512];
  int conf = 0;
  const OM_uint32 major = gss_unwrap(&minor, login->context, message, &plain, &conf, NULL);
  if (GSS_ERROR(major)) {
    fail_by_gss(login, "gss_unwrap:", major, minor);
    return;
  }
  snprintf(text, sizeof text, "%.*s", (int)plain.length, (const char *)plain.value);
  gss_release_buffer(&ignored, &plain);
  if (conf == 0 || strncmp(text, GREETING, strlen(GREETING)) != 0) {
    end(login, kFailed, "no greeting:", text);
  } else {
    compare_user(login, text + strlen(GREETING));
  }
}

static void take_granted(struct login *login, const struct login_parameters *parameters,
                         struct reply *reply) {
  if (!login->open && reply->token.length != 0) initiate(login, parameters, &reply->token);
  if (is_over(login)) return;
  if (!login->open) {
    login_fail(login, "the server is ready, the context is not");
  } else {
    compare_user(login, reply->text);
  }
}

// NTLM has two tokens of the initiator: after the second one, a web server's token with the status
// 401 is a refusal too.
static void take(struct login *login, const struct login_parameters *parameters,
                 struct reply *reply) {
  if (reply->kind == kGranted) {
    take_granted(login, parameters, reply);
  } else if (reply->kind == kRefused || (reply->text[0] != '\0' && login->tokens >= 2)) {
    end_refused(login, reply->text);
  } else if (reply->kind == kBroken) {
    end(login, kFailed, "no reply:", reply->text);
  } else if (login->open) {
    take_greeting(login, &reply->token);
  } else {
    initiate(login, parameters, &reply->token);
  }
}

// Takes the replies that are there, up to a gate.
static void take_replies(struct login *login, const struct login_parameters *parameters) {
  while (!is_over(login) && !login->held) {
    struct reply reply = {.kind = kIncomplete};
    login->transport->take_reply(login->received, login->size, &reply);
    if (reply.kind == kIncomplete) {
      if (login->size == kReceiveRoom) login_fail(login, "the reply is too long");
      return;
    }
    if (login->gate == kBeforeAuthenticate && reply.kind == kToken) {
      login->held = true;
      return;
    }
    take(login, parameters, &reply);
    if (is_over(login)) return;
    login->size -= reply.used;
    memmove(login->received, login->received + reply.used, login->size);
  }
}

static void receive(struct login *login, const struct login_parameters *parameters) {
  const ssize_t got = recv(login->fd, login->received + login->size, kReceiveRoom - login->size, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) {
    login_fail(login, got == 0 ? "the server closed" : strerror(errno));
    return;
  }
  login->size += (size_t)got;
  take_replies(login, parameters);
}

static void connected(struct login *login, const struct login_parameters *parameters) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(login->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  login->connected = error == 0;
  if (error != 0) {
    login_fail(login, strerror(error));
  } else if (login->gate == kBeforeNegotiate) {
    login->held = true;
  } else {
    initiate(login, parameters, GSS_C_NO_BUFFER);
  }
}

bool login_step(struct login *login, const struct login_parameters *parameters) {
  if (!login->connected) {
    connected(login, parameters);
  } else if (login->held) {
    login_fail(login, "the server does not wait");
  } else {
    receive(login, parameters);
  }
  return is_over(login);
}

bool login_pass(struct login *login, const struct login_parameters *parameters, enum gate gate) {
  login->gate = gate;
  login->held = false;
  login->start = seconds_now();
  if (login->tokens == 0) {
    initiate(login, parameters, GSS_C_NO_BUFFER);
  } else {
    take_replies(login, parameters);
  }
  return is_over(login);
}

// ---- begin -------------------------------------------------------------------------------------

static OM_uint32 acquire(struct login *login, OM_uint32 *minor) {
  char text[kPasswordRoom];
  OM_uint32 ignored;
  gss_name_t name = GSS_C_NO_NAME;
  gss_OID_set_desc mech = {1, login->spnego ? &oid_spnego : &oid_ntlm}, ntlm = {1, &oid_ntlm};
  gss_buffer_desc user = {strlen(login->account->name), login->account->name};
  OM_uint32 major = gss_import_name(minor, &user, GSS_C_NT_USER_NAME, &name);
  if (GSS_ERROR(major)) return major;
  account_password(login->account, &login->moment, login->wrong, text);
  gss_buffer_desc password = {strlen(text), text};
  major = gss_acquire_cred_with_password(minor, name, &password, GSS_C_INDEFINITE, &mech,
                                         GSS_C_INITIATE, &login->cred, NULL, NULL);
  gss_release_name(&ignored, &name);
  if (GSS_ERROR(major) || !login->spnego) return major;
  return gss_set_neg_mechs(minor, login->cred, &ntlm);
}

static void start_connection(struct login *login, const struct login_parameters *parameters) {
  const int yes = 1;
  login->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (login->fd < 0) die("socket: %m");
  setsockopt(login->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (connect(login->fd, (const struct sockaddr *)&parameters->server, sizeof parameters->server) !=
          0 &&
      errno != EINPROGRESS) {
    login_fail(login, strerror(errno));
  }
}

void login_begin(struct login *login, const struct login_parameters *parameters) {
  OM_uint32 minor;
  login->fd = -1;
  login->cred = GSS_C_NO_CREDENTIAL;
  login->context = GSS_C_NO_CONTEXT;
  login->connected = login->open = login->held = false;
  login->tokens = 0;
  login->size = 0;
  login->seconds = 0;
  login->received = must_allocate(kReceiveRoom);
  login->moment = moment_now();
  const OM_uint32 major = acquire(login, &minor);
  login->start = seconds_now();
  if (GSS_ERROR(major)) {
    fail_by_gss(login, "gss_acquire_cred_with_password:", major, minor);
  } else {
    start_connection(login, parameters);
  }
}
