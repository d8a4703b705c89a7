/* SPDX-License-Identifier: MIT */
/* CredSSP by plain GSSAPI: both ends of a login on loopback, whose octets are a TLS stream, and one
 * message each way. Speaks with credssp_sspi as well.
 *
 *   credssp_gssapi accept PORT               prints the port, who came, and whom he delegated
 *   credssp_gssapi connect PORT USER TEXT    the password is in CREDSSP_PASSWORD
 *
 * cc credssp_gssapi.c -lgssapi_krb5; gss_credssp.so and gss_ntlm.so stand in mech.d, and
 * NTLM_USER_FILE names the accounts of the acceptor. */
#include <arpa/inet.h>
#include <gssapi/gssapi_credssp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static gss_OID_desc credssp = {GSS_CREDSSP_OID_LENGTH, (void *)GSS_CREDSSP_OID_STRING};

static void check(const char *call, OM_uint32 major, OM_uint32 minor) {
  OM_uint32 ignored, more = 0;
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  if (!GSS_ERROR(major)) return;
  gss_display_status(&ignored, minor, GSS_C_MECH_CODE, &credssp, &more, &text);
  fprintf(stderr, "%s: %.*s\n", call, (int)text.length, (char *)text.value);
  exit(1);
}

static gss_cred_id_t acquire(const char *user) {
  OM_uint32 major, minor;
  gss_cred_id_t credential;
  gss_OID_set_desc wanted = {1, &credssp};
  gss_key_value_element_desc key = {GSS_CREDSSP_CS_PASSWORD, getenv("CREDSSP_PASSWORD")};
  gss_key_value_set_desc store = {1, &key};
  gss_buffer_desc text = {user != NULL ? strlen(user) : 0, (void *)user};
  gss_name_t name = GSS_C_NO_NAME;
  if (user != NULL) {
    major = gss_import_name(&minor, &text, GSS_C_NT_USER_NAME, &name);
    check("gss_import_name", major, minor);
  }
  major = gss_acquire_cred_from(&minor, name, GSS_C_INDEFINITE, &wanted,
                                user != NULL ? GSS_C_INITIATE : GSS_C_ACCEPT,
                                user != NULL ? &store : NULL, &credential, NULL, NULL);
  check("gss_acquire_cred_from", major, minor);
  gss_release_name(&minor, &name);
  return credential;
}

/* Some octets of the stream: the mechanism takes them in pieces of any size. */
static gss_buffer_desc receive_some(int s) {
  static char octets[20000];
  const ssize_t size = recv(s, octets, sizeof octets, 0);
  if (size > 0) return (gss_buffer_desc){(size_t)size, octets};
  fprintf(stderr, "the other side has gone\n");
  exit(1);
}

static void send_all(int s, gss_buffer_t octets) {
  OM_uint32 minor;
  if (octets->length != 0 && send(s, octets->value, octets->length, 0) != (ssize_t)octets->length) {
    exit(1);
  }
  gss_release_buffer(&minor, octets);
}

/* Legs until the context is complete. An acceptor's begins as a seed, because the first octets of
 * TLS do not say which mechanism they are for. */
static gss_ctx_id_t log_in(int s, const char *user) {
  OM_uint32 major = GSS_S_CONTINUE_NEEDED, minor, ignored;
  gss_buffer_desc service = {17, (void *)"TERMSRV@localhost"}, in = GSS_C_EMPTY_BUFFER, out;
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  gss_name_t target;
  gss_cred_id_t credential = acquire(user);
  check("gss_import_name", gss_import_name(&minor, &service, GSS_C_NT_HOSTBASED_SERVICE, &target),
        0);
  if (user == NULL) check("gss_credssp_begin", gss_credssp_begin(&minor, &context), 0);
  while (major == GSS_S_CONTINUE_NEEDED) {
    if (user == NULL) in = receive_some(s);
    major = user == NULL
                ? gss_accept_sec_context(&minor, &context, credential, &in, NULL, NULL, NULL, &out,
                                         NULL, NULL, NULL)
                : gss_init_sec_context(&minor, credential, &context, target, &credssp,
                                       GSS_C_DELEG_FLAG, 0, NULL, &in, NULL, &out, NULL, NULL);
    send_all(s, &out); /* on failure as well: the peer shall learn why */
    check("login", major, minor);
    if (user != NULL && major == GSS_S_CONTINUE_NEEDED) in = receive_some(s);
  }
  gss_release_name(&ignored, &target);
  gss_release_cred(&ignored, &credential);
  return context;
}

static gss_buffer_set_t answer_of(gss_ctx_id_t context, const char *option) {
  OM_uint32 minor;
  gss_OID_desc oid = {GSS_CREDSSP_OPTION_LENGTH, (void *)option};
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  const OM_uint32 major = gss_inquire_sec_context_by_oid(&minor, context, &oid, &set);
  check("gss_inquire_sec_context_by_oid", major, minor);
  return set;
}

static void print(const char *before, const gss_buffer_desc *text) {
  printf("%s%.*s", before, (int)text->length, (char *)text->value);
}

/* Prints the next message. A record may hold none: TLS has some of its own. */
static void print_message(int s, gss_ctx_id_t context) {
  OM_uint32 minor, ignored;
  /* What came in one piece with the end of the login is in the context already. */
  gss_buffer_set_t pending = answer_of(context, GSS_CREDSSP_PENDING_STRING);
  gss_buffer_desc message = GSS_C_EMPTY_BUFFER;
  int known = pending->elements[0].length != 0;
  if (known) print("", &pending->elements[0]);
  gss_release_buffer_set(&ignored, &pending);
  while (!known) {
    gss_buffer_desc in = receive_some(s);
    const OM_uint32 major = gss_unwrap(&minor, context, &in, &message, NULL, NULL);
    check("gss_unwrap", major, minor);
    known = message.length != 0;
    if (known) print("", &message);
    gss_release_buffer(&ignored, &message);
  }
  printf("\n");
}

static void send_message(int s, gss_ctx_id_t context, const char *text) {
  OM_uint32 minor;
  gss_buffer_desc message = {strlen(text), (void *)text}, out;
  const OM_uint32 major = gss_wrap(&minor, context, 1, 0, &message, NULL, &out);
  check("gss_wrap", major, minor);
  send_all(s, &out);
}

/* Who came, and whom he delegated: kind, domain, user and password, which is a secret. */
static void print_client(gss_ctx_id_t context) {
  OM_uint32 minor;
  gss_name_t client = GSS_C_NO_NAME;
  gss_buffer_desc name;
  gss_inquire_context(&minor, context, &client, NULL, NULL, NULL, NULL, NULL, NULL);
  check("gss_display_name", gss_display_name(&minor, client, &name, NULL), 0);
  gss_buffer_set_t delegated = answer_of(context, GSS_CREDSSP_DELEGATED_STRING);
  print("", &name);
  print(" by CREDSSP, delegates ", &delegated->elements[1]);
  print("\\", &delegated->elements[2]);
  printf(": ");
  explicit_bzero(delegated->elements[3].value, delegated->elements[3].length);
  gss_release_buffer_set(&minor, &delegated);
  gss_release_buffer(&minor, &name);
  gss_release_name(&minor, &client);
}

static int loopback(const char *port, int listens) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  const int s = socket(AF_INET, SOCK_STREAM, 0);
  address.sin_port = htons((uint16_t)atoi(port));
  if (!listens) return connect(s, (struct sockaddr *)&address, size) == 0 ? s : -1;
  if (bind(s, (struct sockaddr *)&address, size) != 0 || listen(s, 1) != 0) return -1;
  getsockname(s, (struct sockaddr *)&address, &size);
  printf("port %d\n", ntohs(address.sin_port));
  fflush(stdout);
  return accept(s, NULL, NULL);
}

int main(int argc, char **argv) {
  const int accepts = argc == 3 && strcmp(argv[1], "accept") == 0;
  OM_uint32 minor;
  if (!accepts && argc != 5) return fprintf(stderr, "usage: see the top of the source\n"), 2;
  const int s = loopback(argv[2], accepts);
  if (s < 0) return perror("socket"), 1;
  gss_ctx_id_t context = log_in(s, accepts ? NULL : argv[3]);
  if (accepts) print_client(context);
  if (!accepts) send_message(s, context, argv[4]);
  print_message(s, context);
  if (accepts) send_message(s, context, "thank you");
  gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
  return close(s);
}
