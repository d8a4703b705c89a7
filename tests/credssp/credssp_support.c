// SPDX-License-Identifier: MIT
#include "credssp_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

gss_OID_desc oid_credssp = {GSS_CREDSSP_OID_LENGTH, (char *)GSS_CREDSSP_OID_STRING};
gss_OID_desc oid_krb5 = {9, (char *)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"};

gss_OID_desc option(int number) {
  static char octets[16][GSS_CREDSSP_OPTION_LENGTH];
  memcpy(octets[number], GSS_CREDSSP_OID_STRING, GSS_CREDSSP_OID_LENGTH);
  octets[number][GSS_CREDSSP_OID_LENGTH] = (char)number;
  return (gss_OID_desc){GSS_CREDSSP_OPTION_LENGTH, octets[number]};
}

OM_uint32 try_acquire_credssp(OM_uint32 *minor, const char *user, gss_cred_usage_t usage,
                              const struct credssp_key *keys, enum credssp_end end,
                              gss_cred_id_t *cred) {
  struct store_entry store[24];
  size_t count = 0;
  for (; keys != NULL && keys->key != NULL; ++keys) {
    if (keys->end != kBothEnds && keys->end != end) continue;
    store[count++] = (struct store_entry){keys->key, keys->value};
  }
  store[count] = (struct store_entry){NULL, NULL};
  return try_acquire(minor, user, usage, &oid_credssp, store, cred);
}

void seed_context(gss_ctx_id_t *context) {
  OM_uint32 minor;
  *context = GSS_C_NO_CONTEXT;
  const OM_uint32 major = gss_credssp_begin(&minor, context);
  EXPECT_COMPLETE(major, minor);
}

void login_open_as(struct credssp_login *login, const char *user, const char *password,
                   const struct credssp_key *keys) {
  struct credssp_key all[24];
  size_t count = 0;
  OM_uint32 minor;
  memset(login, 0, sizeof *login);
  if (password != NULL) {
    all[count++] = (struct credssp_key){GSS_CREDSSP_CS_PASSWORD, password, kInitiatorEnd};
  }
  all[count++] = (struct credssp_key){GSS_NTLMSSP_CS_KEYFILE, accounts_file(), kAcceptorEnd};
  for (; keys != NULL && keys->key != NULL; ++keys) all[count++] = *keys;
  all[count].key = NULL;
  OM_uint32 major = try_acquire_credssp(&minor, user, GSS_C_INITIATE, all, kInitiatorEnd,
                                        &login->initiator.credential);
  EXPECT_COMPLETE(major, minor);
  major = try_acquire_credssp(&minor, NULL, GSS_C_ACCEPT, all, kAcceptorEnd,
                              &login->acceptor.credential);
  EXPECT_COMPLETE(major, minor);
  login->target = import_service("TERMSRV@server.example.com");
  login->request_flags = GSS_C_DELEG_FLAG | GSS_C_MUTUAL_FLAG;
}

void login_open(struct credssp_login *login, const struct credssp_key *keys) {
  login_open_as(login, TEST_NAME, TEST_PASSWORD, keys);
}

static void take_token(gss_buffer_t from, struct octets *to) {
  OM_uint32 minor;
  *to = octets_copy(from->value, from->value != NULL ? from->length : 0);
  if (from->value != NULL) gss_release_buffer(&minor, from);
}

static void end_leg(struct credssp_side *side) {
  ++side->steps;
  snprintf(side->text, sizeof side->text, "%s",
           GSS_ERROR(side->major) ? minor_text_of(side->minor) : "");
}

static void initiator_leg(struct credssp_login *login, const struct octets *input,
                          struct octets *output) {
  struct credssp_side *side = &login->initiator;
  gss_buffer_desc in = GSS_C_EMPTY_BUFFER, out = GSS_C_EMPTY_BUFFER;
  if (input != NULL) in = buffer_of(guarded_copy(input->data, input->size), input->size);
  side->major =
      gss_init_sec_context(&side->minor, side->credential, &side->context, login->target,
                           &oid_credssp, login->request_flags, GSS_C_INDEFINITE, side->bindings,
                           &in, &side->mech, &out, &side->flags, &side->lifetime);
  end_leg(side);
  take_token(&out, output);
}

static void acceptor_leg(struct credssp_login *login, const struct octets *input,
                         struct octets *output) {
  struct credssp_side *side = &login->acceptor;
  gss_buffer_desc in = buffer_of(guarded_copy(input->data, input->size), input->size);
  gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
  if (side->context == GSS_C_NO_CONTEXT) seed_context(&side->context);
  release_name(&login->client);
  side->major =
      gss_accept_sec_context(&side->minor, &side->context, side->credential, &in, side->bindings,
                             &login->client, &side->mech, &out, &side->flags, &side->lifetime,
                             login->wants_delegated ? &login->delegated : NULL);
  end_leg(side);
  take_token(&out, output);
}

static bool waits(const struct credssp_side *side) {
  return side->steps == 0 || side->major == GSS_S_CONTINUE_NEEDED;
}

static bool complete(const struct credssp_side *side) {
  return side->steps != 0 && side->major == GSS_S_COMPLETE;
}

bool login_run(struct credssp_login *login) {
  struct octets token = {NULL, 0};
  for (int leg = 0; leg < 2 * kMostSteps; ++leg) {
    struct credssp_side *side = leg % 2 == 0 ? &login->initiator : &login->acceptor;
    struct octets answer = {NULL, 0};
    if (!waits(side)) break;
    if (leg % 2 == 0) {
      initiator_leg(login, leg == 0 ? NULL : &token, &answer);
    } else {
      acceptor_leg(login, &token, &answer);
    }
    octets_free(&token);
    token = answer;
    login->sizes[leg] = token.size;
    login->legs = leg + 1;
    if (GSS_ERROR(side->major)) {
      // What it still has to say goes to the other side (C45).
      if (token.size != 0) {
        struct octets last = {NULL, 0};
        if (leg % 2 == 0 && waits(&login->acceptor)) acceptor_leg(login, &token, &last);
        if (leg % 2 == 1 && waits(&login->initiator)) initiator_leg(login, &token, &last);
        octets_free(&last);
      }
      break;
    }
    if (login->hook != NULL) login->hook(login, leg, &token);
  }
  octets_free(&token);
  return complete(&login->initiator) && complete(&login->acceptor);
}

void login_establish(struct credssp_login *login) {
  login_run(login);
  EXPECT_COMPLETE(login->initiator.major, login->initiator.minor);
  EXPECT_COMPLETE(login->acceptor.major, login->acceptor.minor);
  ck_assert_msg(complete(&login->initiator) && complete(&login->acceptor),
                "the login ended before both sides were complete");
}

static void reset_side(struct credssp_side *side) {
  OM_uint32 minor;
  const gss_cred_id_t credential = side->credential;
  gss_delete_sec_context(&minor, &side->context, GSS_C_NO_BUFFER);
  memset(side, 0, sizeof *side);
  side->credential = credential;
}

void login_reset(struct credssp_login *login) {
  reset_side(&login->initiator);
  reset_side(&login->acceptor);
  release_name(&login->client);
  if (login->delegated != GSS_C_NO_CREDENTIAL) release_cred(&login->delegated);
  login->legs = 0;
}

void login_close(struct credssp_login *login) {
  login_reset(login);
  release_name(&login->target);
  release_cred(&login->initiator.credential);
  release_cred(&login->acceptor.credential);
}

OM_uint32 ask(gss_ctx_id_t context, int number, OM_uint32 *minor, gss_buffer_set_t *set) {
  gss_OID_desc oid = option(number);
  *set = GSS_C_NO_BUFFER_SET;
  return gss_inquire_sec_context_by_oid(minor, context, &oid, set);
}

bool member_is(gss_ctx_id_t context, int number, size_t member, const void *octets, size_t size) {
  OM_uint32 minor;
  gss_buffer_set_t set;
  const OM_uint32 major = ask(context, number, &minor, &set);
  EXPECT_COMPLETE(major, minor);
  ck_assert_uint_gt(set->count, member);
  const bool same = set->elements[member].length == size &&
                    (size == 0 || memcmp(set->elements[member].value, octets, size) == 0);
  gss_release_buffer_set(&minor, &set);
  return same;
}

// support.c asks for the texts of NTLM.
const char *minor_text_of(OM_uint32 minor) {
  static _Thread_local char text[1024];
  OM_uint32 ignored, more = 0;
  gss_buffer_desc shown = GSS_C_EMPTY_BUFFER;
  gss_display_status(&ignored, minor, GSS_C_MECH_CODE, &oid_credssp, &more, &shown);
  snprintf(text, sizeof text, "%.*s", (int)shown.length, (const char *)shown.value);
  gss_release_buffer(&ignored, &shown);
  return text;
}
