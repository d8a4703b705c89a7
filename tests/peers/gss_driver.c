// SPDX-License-Identifier: MIT
// One end of a security context through the host's mechglue. GSS_MECH_CONFIG says which NTLM
// mechanism that is; this program knows none by name.
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_ntlmssp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer_protocol.h"

static gss_OID_desc oid_ntlm = {GSS_NTLMSSP_OID_LENGTH, (void *)GSS_NTLMSSP_OID_STRING};
static gss_OID_desc oid_spnego = {6, "\x2b\x06\x01\x05\x05\x02"};
static gss_OID_desc oid_session_key = {11, "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x05\x05"};
static gss_OID_desc oid_neg_flags = {GSS_NTLMSSP_NEG_FLAGS_OID_LENGTH,
                                     (void *)GSS_NTLMSSP_NEG_FLAGS_OID_STRING};
static gss_OID_desc oid_set_seq_num = {GSS_NTLMSSP_SET_SEQ_NUM_OID_LENGTH,
                                       (void *)GSS_NTLMSSP_SET_SEQ_NUM_OID_STRING};

static struct {
  bool acceptor;
  gss_OID mech;
  gss_cred_id_t cred;
  gss_name_t target;
  gss_name_t initiator;
  gss_ctx_id_t context;
  OM_uint32 request_flags;
  OM_uint32 flags;
  struct gss_channel_bindings_struct bindings;
  gss_channel_bindings_t use_bindings;
} end;

// The words of the option "flags" and of the answer to the command of the same name.
static const struct {
  const char *word;
  OM_uint32 flag;
} kFlagWords[] = {
    {"integ", GSS_C_INTEG_FLAG},       {"conf", GSS_C_CONF_FLAG},
    {"replay", GSS_C_REPLAY_FLAG},     {"sequence", GSS_C_SEQUENCE_FLAG},
    {"mutual", GSS_C_MUTUAL_FLAG},     {"bound", GSS_C_CHANNEL_BOUND_FLAG},
    {"datagram", GSS_C_DATAGRAM_FLAG}, {"anon", GSS_C_ANON_FLAG},
};
enum { kFlagWordCount = sizeof kFlagWords / sizeof *kFlagWords };

static size_t append_status(char *room, size_t used, size_t size, OM_uint32 code, int kind) {
  OM_uint32 minor, more = 0;
  do {
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    if (gss_display_status(&minor, code, kind, end.mech, &more, &text) != GSS_S_COMPLETE) break;
    used += (size_t)snprintf(room + used, size - used, ": %.*s", (int)text.length,
                             (const char *)text.value);
    if (used >= size) used = size - 1;
    gss_release_buffer(&minor, &text);
  } while (more != 0);
  return used;
}

static void answer_failed(const char *call, OM_uint32 major, OM_uint32 minor) {
  char text[2048];
  size_t used = (size_t)snprintf(text, sizeof text, "%s %08x", call, major);
  used = append_status(text, used, sizeof text, major, GSS_C_GSS_CODE);
  append_status(text, used, sizeof text, minor, GSS_C_MECH_CODE);
  answer_text((major & 0xffff0000u) == GSS_S_UNAVAILABLE ? "unsupported" : "failed", "%s", text);
}

// Answers with the buffer of a call and releases it.
static void answer_buffer(const char *call, OM_uint32 major, OM_uint32 minor, gss_buffer_t buffer) {
  if (GSS_ERROR(major)) {
    answer_failed(call, major, minor);
  } else {
    answer("ok", buffer->value, buffer->length);
  }
  gss_release_buffer(&minor, buffer);
}

static gss_buffer_desc buffer_of(const struct field *field) {
  const gss_buffer_desc buffer = {field->size, field->data};
  return buffer;
}

// ---- start -------------------------------------------------------------------------------------

static OM_uint32 import(OM_uint32 *minor, const struct field *text, gss_OID type,
                        gss_name_t *name) {
  gss_buffer_desc buffer = buffer_of(text);
  return gss_import_name(minor, &buffer, type, name);
}

// The password goes through the credential store where there is a domain apart from the user,
// because no form of a name says "this user, in this domain" for a user with '@' or '\' in it.
static OM_uint32 acquire_initiator(OM_uint32 *minor, const struct options *options) {
  gss_name_t user = GSS_C_NO_NAME;
  gss_OID_set_desc mechs = {1, end.mech};
  OM_uint32 major = import(minor, &options->value[kUser], GSS_C_NT_USER_NAME, &user);
  if (GSS_ERROR(major)) return major;
  if (has_option(options, kDomain)) {
    gss_key_value_element_desc elements[2] = {
        {GSS_NTLMSSP_CS_PASSWORD, option_text(options, kPassword)},
        {GSS_NTLMSSP_CS_DOMAIN, option_text(options, kDomain)}};
    gss_key_value_set_desc store = {2, elements};
    major = gss_acquire_cred_from(minor, user, GSS_C_INDEFINITE, &mechs, GSS_C_INITIATE, &store,
                                  &end.cred, NULL, NULL);
  } else {
    gss_buffer_desc password = buffer_of(&options->value[kPassword]);
    major = gss_acquire_cred_with_password(minor, user, &password, GSS_C_INDEFINITE, &mechs,
                                           GSS_C_INITIATE, &end.cred, NULL, NULL);
  }
  OM_uint32 ignored;
  gss_release_name(&ignored, &user);
  return major;
}

static OM_uint32 acquire_acceptor(OM_uint32 *minor, const struct options *options) {
  gss_OID_set_desc mechs = {1, end.mech};
  setenv("NTLM_USER_FILE", option_text(options, kAccounts), 1);
  return gss_acquire_cred(minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechs, GSS_C_ACCEPT, &end.cred,
                          NULL, NULL);
}

static OM_uint32 set_neg_flags(OM_uint32 *minor, const struct options *options) {
  uint32_t flags = (uint32_t)strtoul(option_text(options, kNegFlags), NULL, 0);
  gss_buffer_desc value = {sizeof flags, &flags};
  return gss_set_cred_option(minor, &end.cred, &oid_neg_flags, &value);
}

static void start(const struct options *options) {
  OM_uint32 minor = 0;
  gss_OID_set_desc ntlm_only = {1, &oid_ntlm};
  end.acceptor = strcmp(option_text(options, kRole), "acceptor") == 0;
  end.mech = strcmp(option_text(options, kCarrier), "spnego") == 0 ? &oid_spnego : &oid_ntlm;
  OM_uint32 major =
      end.acceptor ? acquire_acceptor(&minor, options) : acquire_initiator(&minor, options);
  if (!GSS_ERROR(major) && has_option(options, kNegFlags)) major = set_neg_flags(&minor, options);
  if (!GSS_ERROR(major) && end.mech == &oid_spnego) {
    major = gss_set_neg_mechs(&minor, end.cred, &ntlm_only);
  }
  if (!GSS_ERROR(major) && has_option(options, kTarget)) {
    major = import(&minor, &options->value[kTarget], GSS_C_NT_HOSTBASED_SERVICE, &end.target);
  }
  for (size_t i = 0; i < kFlagWordCount; ++i) {
    if (option_holds_word(options, kFlags, kFlagWords[i].word)) {
      end.request_flags |= kFlagWords[i].flag;
    }
  }
  if (has_option(options, kBindings)) {
    end.bindings.application_data = buffer_of(&options->value[kBindings]);
    end.use_bindings = &end.bindings;
  }
  if (GSS_ERROR(major)) {
    answer_failed("start", major, minor);
  } else {
    answer("ok", NULL, 0);
  }
}

// ---- handshake ---------------------------------------------------------------------------------

static void step(const struct field *token) {
  OM_uint32 minor = 0, major;
  gss_buffer_desc input = buffer_of(token), output = GSS_C_EMPTY_BUFFER;
  if (end.acceptor) {
    major = gss_accept_sec_context(&minor, &end.context, end.cred, &input, end.use_bindings,
                                   &end.initiator, NULL, &output, &end.flags, NULL, NULL);
  } else {
    major = gss_init_sec_context(&minor, end.cred, &end.context, end.target, end.mech,
                                 end.request_flags, GSS_C_INDEFINITE, end.use_bindings,
                                 token->size != 0 ? &input : GSS_C_NO_BUFFER, NULL, &output,
                                 &end.flags, NULL);
  }
  if (GSS_ERROR(major)) {
    answer_failed("step", major, minor);
  } else {
    answer(major & GSS_S_CONTINUE_NEEDED ? "continue" : "complete", output.value, output.length);
  }
  gss_release_buffer(&minor, &output);
}

static void name(void) {
  OM_uint32 minor = 0;
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = gss_display_name(&minor, end.initiator, &text, NULL);
  answer_buffer("gss_display_name", major, minor, &text);
}

static void key(void) {
  OM_uint32 minor = 0;
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  const OM_uint32 major =
      gss_inquire_sec_context_by_oid(&minor, end.context, &oid_session_key, &set);
  if (GSS_ERROR(major) || set == GSS_C_NO_BUFFER_SET || set->count == 0) {
    answer_failed("session key", major, minor);
  } else {
    answer("ok", set->elements[0].value, set->elements[0].length);
  }
  gss_release_buffer_set(&minor, &set);
}

static void flags(void) {
  char text[256] = "";
  for (size_t i = 0; i < kFlagWordCount; ++i) {
    if ((end.flags & kFlagWords[i].flag) == 0) continue;
    if (text[0] != '\0') strcat(text, " ");
    strcat(text, kFlagWords[i].word);
  }
  answer_text("ok", "%s", text);
}

// ---- messages ----------------------------------------------------------------------------------

static void wrap(const struct field *text) {
  OM_uint32 minor = 0;
  gss_buffer_desc input = buffer_of(text), output = GSS_C_EMPTY_BUFFER;
  const int conf = (end.flags & GSS_C_CONF_FLAG) != 0;
  const OM_uint32 major =
      gss_wrap(&minor, end.context, conf, GSS_C_QOP_DEFAULT, &input, NULL, &output);
  answer_buffer("gss_wrap", major, minor, &output);
}

static void unwrap(const struct field *token) {
  OM_uint32 minor = 0;
  gss_buffer_desc input = buffer_of(token), output = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = gss_unwrap(&minor, end.context, &input, &output, NULL, NULL);
  answer_buffer("gss_unwrap", major, minor, &output);
}

static void mic(const struct field *text) {
  OM_uint32 minor = 0;
  gss_buffer_desc input = buffer_of(text), output = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = gss_get_mic(&minor, end.context, GSS_C_QOP_DEFAULT, &input, &output);
  answer_buffer("gss_get_mic", major, minor, &output);
}

static void verify(const struct field *text, const struct field *mic) {
  OM_uint32 minor = 0;
  gss_buffer_desc input = buffer_of(text), token = buffer_of(mic), none = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = gss_verify_mic(&minor, end.context, &input, &token, NULL);
  answer_buffer("gss_verify_mic", major, minor, &none);
}

static void seq(uint32_t number) {
  OM_uint32 minor = 0;
  gss_buffer_desc value = {sizeof number, &number}, none = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major =
      gss_set_sec_context_option(&minor, &end.context, &oid_set_seq_num, &value);
  answer_buffer("set sequence number", major, minor, &none);
}

int main(void) {
  static const struct driver driver = {start, step,   name, key,    flags,
                                       wrap,  unwrap, mic,  verify, seq};
  return serve(&driver);
}
