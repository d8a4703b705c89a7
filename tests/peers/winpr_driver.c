// SPDX-License-Identifier: MIT
// One end of a security context through WinPR's SSPI, package NTLM. WinPR leaves the search for an
// account's password to a callback, so the accounts are read from the same file as everybody's.
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <winpr/ntlm.h>
#include <winpr/sspi.h>

#include "peer_protocol.h"

enum { kTokenRoom = 1 << 16, kSignatureSize = 16, kTextRoom = 4096 };

struct wide {
  UINT16 *data;
  UINT32 units;
};

static SecurityFunctionTableW *sspi;
static UINT16 package_name[] = {'N', 'T', 'L', 'M', 0};

static struct {
  bool acceptor;
  bool open;
  CredHandle cred;
  CtxtHandle context;
  PCtxtHandle current;  // null before the first step
  SEC_WINNT_AUTH_IDENTITY identity;
  struct wide target;
  ULONG request_flags;
  ULONG flags;
  SecBuffer bindings;
  const char *accounts;
  char initiator[2 * kTextRoom];  // whom the accounts' file was searched for
} end;

// ISC_REQ_*; WinPR asks nothing of an acceptor but ASC_REQ_CONFIDENTIALITY.
static const struct {
  const char *word;
  ULONG flag;
} kFlagWords[] = {
    {"integ", ISC_REQ_INTEGRITY},      {"conf", ISC_REQ_CONFIDENTIALITY},
    {"replay", ISC_REQ_REPLAY_DETECT}, {"sequence", ISC_REQ_SEQUENCE_DETECT},
    {"datagram", ISC_REQ_DATAGRAM},
};
enum { kFlagWordCount = sizeof kFlagWords / sizeof *kFlagWords };

static void answer_failed(const char *call, SECURITY_STATUS status) {
  const bool missing = status == SEC_E_UNSUPPORTED_FUNCTION;
  answer_text(missing ? "unsupported" : "failed", "%s: %s", call, GetSecurityStatusString(status));
}

// ---- text --------------------------------------------------------------------------------------

static size_t convert(const char *from, const char *to, const void *text, size_t size, void *room,
                      size_t room_size) {
  iconv_t converter = iconv_open(to, from);
  char *in = (char *)(uintptr_t)text, *out = room;
  size_t left = room_size;
  if (size != 0) iconv(converter, &in, &size, &out, &left);
  iconv_close(converter);
  return room_size - left;
}

// From malloc(3), followed by a NUL; lives as long as the process.
static struct wide wide_of(const char *text) {
  const size_t room = 2 * strlen(text) + 2;
  struct wide wide = {calloc(1, room), 0};
  wide.units = (UINT32)(convert("UTF-8", "UTF-16LE", text, strlen(text), wide.data, room) / 2);
  return wide;
}

static void text_of(const UINT16 *data, UINT32 units, char *room) {
  room[convert("UTF-16LE", "UTF-8", data, (size_t)units * 2, room, kTextRoom - 1)] = '\0';
}

// ---- accounts ----------------------------------------------------------------------------------

// The password of the first line "DOMAIN:user:password" with this user and domain.
static bool find_password(const char *user, const char *domain, char *password) {
  char line[kTextRoom];
  FILE *file = fopen(end.accounts, "re");
  bool found = false;
  while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    char *line_user = strchr(line, ':'), *line_password;
    if (line_user == NULL || (line_password = strchr(line_user + 1, ':')) == NULL) continue;
    *line_user++ = *line_password++ = '\0';
    found = strcmp(line, domain) == 0 && strcasecmp(line_user, user) == 0;
    if (found) strcpy(password, line_password);
  }
  if (file != NULL) fclose(file);
  return found;
}

// psPeerComputeNtlmHash: gives the NTOWFv2 of the identity that the AUTHENTICATE names.
static SECURITY_STATUS give_hash(void *client, const SEC_WINNT_AUTH_IDENTITY *identity,
                                 const SecBuffer *proof, const BYTE *key, const BYTE *mic,
                                 const SecBuffer *mic_value, BYTE *hash) {
  (void)client, (void)proof, (void)key, (void)mic, (void)mic_value;
  char user[kTextRoom], domain[kTextRoom], password[kTextRoom];
  text_of(identity->User, identity->UserLength, user);
  text_of(identity->Domain, identity->DomainLength, domain);
  snprintf(end.initiator, sizeof end.initiator, "%s%s%s", domain, *domain != '\0' ? "\\" : "",
           user);
  if (!find_password(user, domain, password)) return SEC_E_LOGON_DENIED;
  const struct wide wide = wide_of(password);
  const bool made = NTOWFv2W(wide.data, wide.units * 2, identity->User, identity->UserLength * 2,
                             identity->Domain, identity->DomainLength * 2, hash);
  return made;
}

// Only an existing context takes the callback, so it is set behind the CHALLENGE.
static SECURITY_STATUS set_hash_callback(void) {
  // The attribute is the function itself, not the place of a pointer to it.
  return sspi->SetContextAttributesW(&end.context, SECPKG_ATTR_AUTH_NTLM_HASH_CB,
                                     (void *)(uintptr_t)give_hash, sizeof(void *));
}

// ---- start -------------------------------------------------------------------------------------

static void set_identity(const struct options *options) {
  const struct wide user = wide_of(option_text(options, kUser));
  const struct wide domain = wide_of(option_text(options, kDomain));
  const struct wide password = wide_of(option_text(options, kPassword));
  end.identity = (SEC_WINNT_AUTH_IDENTITY){user.data,
                                           user.units,
                                           domain.data,
                                           domain.units,
                                           password.data,
                                           password.units,
                                           SEC_WINNT_AUTH_IDENTITY_UNICODE};
}

// SEC_CHANNEL_BINDINGS followed by the application data.
static void set_bindings(const struct options *options) {
  const struct field *data = &options->value[kBindings];
  SEC_CHANNEL_BINDINGS *head = calloc(1, sizeof *head + data->size);
  head->cbApplicationDataLength = (UINT32)data->size;
  head->dwApplicationDataOffset = sizeof *head;
  memcpy(head + 1, data->data, data->size);
  end.bindings.BufferType = SECBUFFER_CHANNEL_BINDINGS;
  end.bindings.cbBuffer = (ULONG)(sizeof *head + data->size);
  end.bindings.pvBuffer = head;
}

static void start(const struct options *options) {
  end.acceptor = strcmp(option_text(options, kRole), "acceptor") == 0;
  if (strcmp(option_text(options, kCarrier), "spnego") == 0) {
    answer_text("unsupported", "WinPR 2's Negotiate sends NTLM without SPNEGO");
    return;
  }
  if (has_option(options, kNegFlags)) {
    answer_text("unsupported", "WinPR has no switch for single NEGOTIATE flags");
    return;
  }
  end.accounts = option_text(options, kAccounts);
  end.target = wide_of(option_text(options, kTarget));
  for (UINT32 i = 0; i < end.target.units; ++i) {
    if (end.target.data[i] == '@') end.target.data[i] = '/';
  }
  for (size_t i = 0; i < kFlagWordCount; ++i) {
    if (option_holds_word(options, kFlags, kFlagWords[i].word)) {
      end.request_flags |= kFlagWords[i].flag;
    }
  }
  if (has_option(options, kBindings)) set_bindings(options);
  if (!end.acceptor) set_identity(options);
  const SECURITY_STATUS status = sspi->AcquireCredentialsHandleW(
      NULL, package_name, end.acceptor ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND, NULL,
      end.acceptor ? NULL : &end.identity, NULL, NULL, &end.cred, NULL);
  if (status == SEC_E_OK) {
    answer("ok", NULL, 0);
  } else {
    answer_failed("AcquireCredentialsHandle", status);
  }
}

// ---- handshake ---------------------------------------------------------------------------------

static SECURITY_STATUS take_step(SecBufferDesc *input, SecBufferDesc *output) {
  if (!end.acceptor) {
    return sspi->InitializeSecurityContextW(&end.cred, end.current, end.target.data,
                                            end.request_flags, 0, SECURITY_NATIVE_DREP, input, 0,
                                            &end.context, output, &end.flags, NULL);
  }
  if (end.current != NULL) {
    const SECURITY_STATUS status = set_hash_callback();
    if (status != SEC_E_OK) return status;
  }
  return sspi->AcceptSecurityContext(&end.cred, end.current, input, ASC_REQ_CONFIDENTIALITY,
                                     SECURITY_NATIVE_DREP, &end.context, output, &end.flags, NULL);
}

static void step(const struct field *token) {
  static uint8_t room[kTokenRoom];
  SecBuffer in[2] = {{(ULONG)token->size, SECBUFFER_TOKEN, token->data}, end.bindings};
  SecBuffer out = {sizeof room, SECBUFFER_TOKEN, room};
  SecBufferDesc input = {SECBUFFER_VERSION, end.bindings.pvBuffer != NULL ? 2 : 1, in};
  SecBufferDesc output = {SECBUFFER_VERSION, 1, &out};
  // Without input WinPR begins; it takes bindings together with the CHALLENGE.
  const bool first = token->size == 0;
  SECURITY_STATUS status = take_step(first ? NULL : &input, &output);
  end.current = &end.context;
  if (status == SEC_I_COMPLETE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE) {
    const SECURITY_STATUS completed = sspi->CompleteAuthToken(&end.context, &output);
    if (completed != SEC_E_OK) {
      answer_failed("CompleteAuthToken", completed);
      return;
    }
    status = status == SEC_I_COMPLETE_NEEDED ? SEC_E_OK : SEC_I_CONTINUE_NEEDED;
  }
  if (status != SEC_E_OK && status != SEC_I_CONTINUE_NEEDED) {
    answer_failed("step", status);
    return;
  }
  // An initiator's AUTHENTICATE is its last message; WinPR waits for one more that NTLM does not
  // have.
  const bool done = status == SEC_E_OK || (!end.acceptor && !first);
  end.open = done;
  const bool empty = out.cbBuffer == sizeof room;
  answer(done ? "complete" : "continue", room, empty ? 0 : out.cbBuffer);
}

static void name(void) { answer("ok", end.initiator, strlen(end.initiator)); }

static void key(void) {
  SecPkgContext_SessionKey key = {0};
  const SECURITY_STATUS status =
      sspi->QueryContextAttributesW(&end.context, SECPKG_ATTR_SESSION_KEY, &key);
  if (status == SEC_E_OK) {
    answer("ok", key.SessionKey, key.SessionKeyLength);
  } else {
    answer_text("unsupported", "SECPKG_ATTR_SESSION_KEY: %s", GetSecurityStatusString(status));
  }
}

static void flags(void) { answer_text("unsupported", "WinPR returns what was asked"); }

// ---- messages ----------------------------------------------------------------------------------

// TOKEN and DATA behind each other, as the wire has them.
struct message {
  uint8_t *octets;
  SecBuffer buffer[2];
  SecBufferDesc desc;
};

static void message_make(struct message *message, const uint8_t *token, const uint8_t *data,
                         size_t size) {
  message->octets = calloc(1, kSignatureSize + size + 1);
  if (token != NULL) memcpy(message->octets, token, kSignatureSize);
  if (size != 0) memcpy(message->octets + kSignatureSize, data, size);
  message->buffer[0] = (SecBuffer){kSignatureSize, SECBUFFER_TOKEN, message->octets};
  message->buffer[1] = (SecBuffer){(ULONG)size, SECBUFFER_DATA, message->octets + kSignatureSize};
  message->desc = (SecBufferDesc){SECBUFFER_VERSION, 2, message->buffer};
}

static ULONG send_number, receive_number;

static void wrap(const struct field *text) {
  struct message message;
  message_make(&message, NULL, text->data, text->size);
  const SECURITY_STATUS status =
      sspi->EncryptMessage(&end.context, 0, &message.desc, send_number++);
  if (status == SEC_E_OK) {
    answer("ok", message.octets, kSignatureSize + text->size);
  } else {
    answer_failed("EncryptMessage", status);
  }
  free(message.octets);
}

static void unwrap(const struct field *token) {
  struct message message;
  ULONG protection = 0;
  if (token->size < kSignatureSize) {
    answer_text("failed", "shorter than a signature");
    return;
  }
  message_make(&message, token->data, token->data + kSignatureSize, token->size - kSignatureSize);
  const SECURITY_STATUS status =
      sspi->DecryptMessage(&end.context, &message.desc, receive_number++, &protection);
  if (status == SEC_E_OK) {
    answer("ok", message.octets + kSignatureSize, token->size - kSignatureSize);
  } else {
    answer_failed("DecryptMessage", status);
  }
  free(message.octets);
}

static void mic(const struct field *text) {
  struct message message;
  message_make(&message, NULL, text->data, text->size);
  const SECURITY_STATUS status = sspi->MakeSignature(&end.context, 0, &message.desc, send_number++);
  if (status == SEC_E_OK) {
    answer("ok", message.octets, kSignatureSize);
  } else {
    answer_failed("MakeSignature", status);
  }
  free(message.octets);
}

static void verify(const struct field *text, const struct field *mic) {
  struct message message;
  ULONG protection = 0;
  if (mic->size != kSignatureSize) {
    answer_text("failed", "not the size of a signature");
    return;
  }
  message_make(&message, mic->data, text->data, text->size);
  const SECURITY_STATUS status =
      sspi->VerifySignature(&end.context, &message.desc, receive_number++, &protection);
  if (status == SEC_E_OK) {
    answer("ok", NULL, 0);
  } else {
    answer_failed("VerifySignature", status);
  }
  free(message.octets);
}

static void seq(uint32_t number) {
  send_number = receive_number = number;
  answer("ok", NULL, 0);
}

int main(void) {
  static const struct driver driver = {start, step,   name, key,    flags,
                                       wrap,  unwrap, mic,  verify, seq};
  sspi = InitSecurityInterfaceExW(0);
  return serve(&driver);
}
