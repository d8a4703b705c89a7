// SPDX-License-Identifier: MIT
// Legs of InitializeSecurityContext and AcceptSecurityContext: flags, buffers and the other
// parameters.
#include <stdlib.h>
#include <string.h>

#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void *text_of(const char *text) { return (void *)(uintptr_t)text; }

// Everything that a leg can be given, and what it answered.
struct call {
  bool accepts;
  bool wide;
  CredHandle *credential;
  CtxtHandle *context, *new_context;
  ULONG flags, reserved1, reserved2, drep;
  SecBufferDesc *input, *output;
  ULONG attributes;
  TimeStamp expiry;
};

static SECURITY_STATUS make(struct call *call) {
  call->attributes = 0xDEADBEEF;
  call->expiry.LowPart = 0xDEADBEEF;
  call->expiry.HighPart = 0x0DEADBEE;
  if (call->accepts) {
    return AcceptSecurityContext(call->credential, call->context, call->input, call->flags,
                                 call->drep, call->new_context, call->output, &call->attributes,
                                 &call->expiry);
  }
  if (call->wide) {
    return InitializeSecurityContextW(call->credential, call->context, wide(SSPI_TARGET),
                                      call->flags, call->reserved1, call->drep, call->input,
                                      call->reserved2, call->new_context, call->output,
                                      &call->attributes, &call->expiry);
  }
  return InitializeSecurityContextA(call->credential, call->context, text_of(SSPI_TARGET),
                                    call->flags, call->reserved1, call->drep, call->input,
                                    call->reserved2, call->new_context, call->output,
                                    &call->attributes, &call->expiry);
}

static bool is_zero(const TimeStamp *stamp) { return stamp->LowPart == 0 && stamp->HighPart == 0; }

// L9.
static void expect_cleared(const struct call *call) {
  ck_assert_uint_eq(call->attributes, 0);
  ck_assert(is_zero(&call->expiry));
}
static void expect_written(const struct call *call) {
  ck_assert_uint_ne(call->attributes, 0xDEADBEEF);
  ck_assert_uint_ne(call->expiry.LowPart, 0xDEADBEEF);
  ck_assert(!is_zero(&call->expiry));
}

// Two parties that are logged in leg by leg, with whatever a test makes of each call.
struct parties {
  CredHandle credential[2];
  CtxtHandle context[2];
  int legs[2];
};
static void begin(struct parties *parties, const struct lane *lane) {
  *parties = (struct parties){.credential = {client_of(lane), server_of(lane)}};
}
static void end(struct parties *parties) {
  for (int i = 0; i < 2; ++i) {
    if (parties->legs[i] != 0) EXPECT(SEC_E_OK, DeleteSecurityContext(&parties->context[i]));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&parties->credential[i]));
  }
}
static struct call call_of(struct parties *parties, int side, ULONG flags, SecBufferDesc *input,
                           SecBufferDesc *output) {
  const bool first = parties->legs[side]++ == 0;
  return (struct call){.accepts = side == 1,
                       .credential = &parties->credential[side],
                       .context = first ? NULL : &parties->context[side],
                       .new_context = &parties->context[side],
                       .flags = flags,
                       .drep = SECURITY_NATIVE_DREP,
                       .input = input,
                       .output = output};
}

// Runs a whole login with the legs of `step`, which gets the side and the peer's token.
typedef SECURITY_STATUS step_function(struct parties *parties, int side, const SecBuffer *in,
                                      SecBuffer *out);
static SECURITY_STATUS exchange(struct parties *parties, step_function *step) {
  SECURITY_STATUS status[2] = {SEC_I_CONTINUE_NEEDED, SEC_I_CONTINUE_NEEDED};
  SecBuffer token = {0, SECBUFFER_TOKEN, NULL};
  for (int side = 0;; side = !side) {
    SecBuffer out = {0, SECBUFFER_TOKEN, NULL};
    status[side] = step(parties, side, parties->legs[side] + side == 0 ? NULL : &token, &out);
    if (FAILED(status[side])) return status[side];
    if (out.cbBuffer == 0) break;
    token = out;
  }
  ck_assert_int_eq(status[0], SEC_E_OK);
  return status[1];
}

static unsigned char room[2][48000];

// S25, S28, S68, S69, S74, S79: both roles; the memory outlives context and credential. S66, S67,
// S70, R12: the TOKEN buffer is found by its type, which stays, and other buffers stay as they are.
static unsigned char *allocated[16];
static size_t allocations;
static SECURITY_STATUS allocating(struct parties *parties, int side, const SecBuffer *in,
                                  SecBuffer *out) {
  SecBuffer input = in != NULL ? *in : (SecBuffer){0, SECBUFFER_TOKEN, NULL};
  SecBuffer list[] = {{5, SECBUFFER_EMPTY, room[0]},
                      {0, SECBUFFER_TOKEN | SECBUFFER_READONLY_WITH_CHECKSUM, NULL},
                      {7, SECBUFFER_DATA, room[1]}};
  SecBufferDesc inputs = {SECBUFFER_VERSION, 1, &input};
  SecBufferDesc outputs = {SECBUFFER_VERSION, COUNT(list), list};
  struct call call = call_of(parties, side, ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_MUTUAL_AUTH,
                             in != NULL ? &inputs : NULL, &outputs);
  const SECURITY_STATUS status = make(&call);
  if (FAILED(status)) return status;
  expect_written(&call);
  ck_assert_uint_ne(call.attributes & ISC_RET_ALLOCATED_MEMORY, 0);
  ck_assert_uint_eq(list[0].cbBuffer, 5);
  ck_assert_uint_eq(list[2].cbBuffer, 7);
  ck_assert_ptr_eq(list[2].pvBuffer, room[1]);
  ck_assert_uint_eq(list[1].BufferType, SECBUFFER_TOKEN | SECBUFFER_READONLY_WITH_CHECKSUM);
  ck_assert_int_eq(list[1].cbBuffer != 0, list[1].pvBuffer != NULL);
  if (list[1].pvBuffer != NULL) allocated[allocations++] = list[1].pvBuffer;
  *out = (SecBuffer){list[1].cbBuffer, SECBUFFER_TOKEN, list[1].pvBuffer};
  return status;
}
START_TEST(the_package_allocates) {
  FOR_EACH_LANE(lane) {
    struct parties parties;
    begin(&parties, lane);
    allocations = 0;
    EXPECT(SEC_E_OK, exchange(&parties, allocating));
    ck_assert_uint_ge(allocations, 2);
    end(&parties);
    for (size_t i = 0; i < allocations; ++i) {
      allocated[i][0] ^= 1;
      EXPECT(SEC_E_OK, FreeContextBuffer(allocated[i]));
    }
  }
}
END_TEST

// S92, S134, S135, L8: what does not fit is kept, the size stays, and the same call with room gives
// it. R7: then the size shrinks to that of the token. On a first call there is no handle yet, so
// nothing is kept.
static SECURITY_STATUS tight(struct parties *parties, int side, const SecBuffer *in,
                             SecBuffer *out) {
  SecBuffer input = in != NULL ? *in : (SecBuffer){0, SECBUFFER_TOKEN, NULL};
  SecBufferDesc inputs = {SECBUFFER_VERSION, 1, &input};
  SecBufferDesc *const given = in != NULL ? &inputs : NULL;
  SecBuffer token = {0, SECBUFFER_TOKEN, room[side]};
  SecBuffer data = {sizeof room[side], SECBUFFER_DATA, room[side]};
  SecBuffer hollow = {sizeof room[side], SECBUFFER_TOKEN, NULL};
  SecBufferDesc small = {SECBUFFER_VERSION, 1, &token};
  SecBufferDesc other = {SECBUFFER_VERSION, 1, &data};
  SecBufferDesc nothing = {SECBUFFER_VERSION, 0, NULL};
  SecBufferDesc memoryless = {SECBUFFER_VERSION, 1, &hollow};
  const bool first = parties->legs[side] == 0;
  struct call call = call_of(parties, side, ISC_REQ_MUTUAL_AUTH, given, NULL);
  if (first) parties->context[side] = (CtxtHandle){7, 9};
  SecBufferDesc *const lists[] = {NULL, &small, &other, &nothing, &small};
  const ULONG sizes[] = {0, 0, 0, 0, 3};
  SECURITY_STATUS status = SEC_E_OK;
  memset(room[side], 0x5A, sizeof room[side]);
  for (size_t i = 0; i < COUNT(lists); ++i) {
    token.cbBuffer = sizes[i];
    call.output = lists[i];
    status = make(&call);
    if (status == SEC_E_OK) break;  // a last leg without a token
    EXPECT(SEC_E_BUFFER_TOO_SMALL, status);
    expect_cleared(&call);
    ck_assert_uint_eq(token.cbBuffer, sizes[i]);
    ck_assert_uint_eq(data.cbBuffer, sizeof room[side]);
    ck_assert_uint_eq(room[side][0], 0x5A);
    if (first) ck_assert_uint_eq(parties->context[side].dwLower, 7);
  }
  if (status == SEC_E_OK) return status;
  call.output = &memoryless;
  EXPECT(SEC_E_INTERNAL_ERROR, make(&call));
  expect_cleared(&call);
  token.cbBuffer = sizeof room[side];
  call.output = &small;
  status = make(&call);
  if (FAILED(status)) return status;
  expect_written(&call);
  ck_assert_uint_lt(token.cbBuffer, sizeof room[side]);
  ck_assert_uint_eq(token.BufferType, SECBUFFER_TOKEN);
  ck_assert_uint_eq(room[side][token.cbBuffer], 0x5A);
  *out = token;
  return status;
}
START_TEST(buffers_too_small) {
  FOR_EACH_LANE(lane) {
    struct parties parties;
    begin(&parties, lane);
    EXPECT(SEC_E_OK, exchange(&parties, tight));
    end(&parties);
  }
}
END_TEST

// R3, S80, S82: the optional parameters may be NULL on any leg of either role.
static SECURITY_STATUS terse(struct parties *parties, int side, const SecBuffer *in,
                             SecBuffer *out) {
  SecBuffer input = in != NULL ? *in : (SecBuffer){0, SECBUFFER_TOKEN, NULL};
  SecBufferDesc inputs = {SECBUFFER_VERSION, 1, &input};
  SecBuffer token = {sizeof room[side], SECBUFFER_TOKEN, room[side]};
  SecBufferDesc outputs = {SECBUFFER_VERSION, 1, &token};
  const bool first = parties->legs[side]++ == 0;
  CredHandle *credential = first ? &parties->credential[side] : NULL;
  CtxtHandle *context = first ? NULL : &parties->context[side];
  CtxtHandle *new_context = first ? &parties->context[side] : NULL;
  const SECURITY_STATUS status =
      side == 0 ? InitializeSecurityContextA(credential, context, text_of(SSPI_TARGET),
                                             ISC_REQ_MUTUAL_AUTH, 0, 0, in != NULL ? &inputs : NULL,
                                             0, new_context, &outputs, NULL, NULL)
                : AcceptSecurityContext(credential, context, &inputs, 0, 0, new_context, &outputs,
                                        NULL, NULL);
  *out = token;
  return status;
}
START_TEST(null_for_what_is_optional) {
  FOR_EACH_LANE(lane) {
    struct parties parties;
    begin(&parties, lane);
    EXPECT(SEC_E_OK, exchange(&parties, terse));
    end(&parties);
  }
}
END_TEST

// One first leg of a client; the token is in room[0].
static SECURITY_STATUS first_leg(const struct lane *lane, struct call *call, ULONG *size) {
  struct parties parties;
  begin(&parties, lane);
  SecBuffer token = {sizeof room[0], SECBUFFER_TOKEN, room[0]};
  SecBufferDesc output = {SECBUFFER_VERSION, 1, &token};
  call->credential = &parties.credential[0];
  call->context = NULL;
  call->new_context = &parties.context[0];
  call->output = &output;
  const SECURITY_STATUS status = make(call);
  parties.legs[0] = FAILED(status) ? 0 : 1;
  if (size != NULL) *size = token.cbBuffer;
  end(&parties);
  return status;
}

// S56, S57, L19.
START_TEST(reserved_parameters) {
  FOR_EACH_LANE(lane) {
    for (int wide_form = 0; wide_form < 2; ++wide_form) {
      for (ULONG which = 1; which < 4; ++which) {
        struct call call = {.wide = wide_form != 0, .reserved1 = which & 1, .reserved2 = which & 2};
        EXPECT(SEC_E_INVALID_PARAMETER, first_leg(lane, &call, NULL));
        expect_cleared(&call);
      }
    }
  }
}
END_TEST

// S4, S5, S58: A and W forms, both data representations, give the same token. NTLM's first token is
// a constant; those of Kerberos hold times and keys of their own, so about the same size.
START_TEST(equal_tokens) {
  static unsigned char before[48000];
  FOR_EACH_LANE(lane) {
    ULONG size = 0;
    for (int i = 0; i < 4; ++i) {
      struct call call = {.wide = i % 2 != 0,
                          .drep = i / 2 != 0 ? SECURITY_NATIVE_DREP : SECURITY_NETWORK_DREP,
                          .flags = kProtect};
      ULONG now = 0;
      ck_assert_int_ge(first_leg(lane, &call, &now), 0);
      if (i > 0 && is_ntlm(lane)) {
        ck_assert_uint_eq(now, size);
        ck_assert_int_eq(memcmp(before, room[0], size), 0);
      } else if (i > 0) {
        ck_assert_int_le(abs((int)now - (int)size), 64);
      }
      size = now;
      memcpy(before, room[0], size);
    }
  }
}
END_TEST

// S44, S59, R1, 8.3: no input, no buffers, an empty TOKEN, something else: all the same on a first
// leg.
START_TEST(first_legs_without_a_token) {
  FOR_EACH_LANE(lane) {
    SecBuffer lists[][2] = {{{0, SECBUFFER_TOKEN, NULL}, {0, SECBUFFER_EMPTY, NULL}},
                            {{0, SECBUFFER_TOKEN, room[1]}, {0, SECBUFFER_EMPTY, NULL}},
                            {{9, SECBUFFER_DATA, room[1]}, {9, SECBUFFER_PKG_PARAMS, room[1]}}};
    SecBufferDesc inputs[] = {{SECBUFFER_VERSION, 0, NULL},
                              {SECBUFFER_VERSION, 0, lists[0]},
                              {SECBUFFER_VERSION, 2, lists[0]},
                              {77, 2, lists[1]},
                              {SECBUFFER_VERSION, 2, lists[2]}};
    for (size_t i = 0; i < COUNT(inputs); ++i) {
      struct call call = {.input = &inputs[i], .flags = ISC_REQ_USE_SUPPLIED_CREDS};
      ULONG size = 0;
      ck_assert_int_ge(first_leg(lane, &call, &size), 0);
      ck_assert_uint_gt(size, 16);
      expect_written(&call);
    }
    SecBufferDesc malformed = {SECBUFFER_VERSION, 3, NULL};
    struct call call = {.input = &malformed};
    EXPECT(SEC_E_INVALID_TOKEN, first_leg(lane, &call, NULL));
    expect_cleared(&call);
  }
}
END_TEST

// S59: a server that begins sends the hints of SPNEGO; the client goes on from them.
START_TEST(servers_that_begin) {
  static struct leg hints, to_server, to_client;
  FOR_EACH_LANE(lane) {
    CredHandle client = client_of(lane), server = server_of(lane);
    CtxtHandle accepted = {7, 9}, context;
    const SECURITY_STATUS status = server_leg(&server, NULL, &accepted, 0, NULL, &hints);
    if (!is_negotiate(lane)) {
      EXPECT(SEC_E_INVALID_TOKEN, status);
      ck_assert_uint_eq(accepted.dwLower, 7);
    } else {
      EXPECT(SEC_I_CONTINUE_NEEDED, status);
      ck_assert_uint_gt(hints.size, 0);
      SECURITY_STATUS initiated = client_leg(&client, NULL, &context, 0, &hints, &to_server);
      SECURITY_STATUS served = SEC_I_CONTINUE_NEEDED;
      while (served == SEC_I_CONTINUE_NEEDED) {
        ck_assert_int_ge(initiated, 0);
        served = server_leg(&server, &accepted, NULL, 0, &to_server, &to_client);
        ck_assert_int_ge(served, 0);
        if (to_client.size == 0) break;
        initiated = client_leg(&client, &context, NULL, 0, &to_client, &to_server);
      }
      EXPECT(SEC_E_OK, initiated);
      EXPECT(SEC_E_OK, served);
      EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
      EXPECT(SEC_E_OK, DeleteSecurityContext(&accepted));
    }
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&server));
  }
}
END_TEST

// S42, S43, S45, S53, S99, L5: each request bit by itself, and all of them. What is no refusal is
// no failure.
START_TEST(request_bits) {
  FOR_EACH_LANE(lane) {
    for (int bit = 0; bit <= 32; ++bit) {
      const ULONG flags = bit == 32 ? ~0U : 1U << bit;
      const ULONG refused =
          ISC_REQ_PROMPT_FOR_CREDS | (strcmp(lane->package, "NTLM") == 0 ? ISC_REQ_DELEGATE : 0U);
      // What needs another exchange than that of two parties who agree on nothing.
      const ULONG special = ISC_REQ_USE_DCE_STYLE | ISC_REQ_DATAGRAM | ISC_REQ_NULL_SESSION;
      struct parties parties;
      begin(&parties, lane);
      struct pair pair = {.client_credential = parties.credential[0],
                          .server_credential = parties.credential[1]};
      if ((flags & (refused | special | ISC_REQ_ALLOCATE_MEMORY)) != 0) {
        struct call call = {.flags = flags & ~(ULONG)ISC_REQ_ALLOCATE_MEMORY};
        const SECURITY_STATUS status = first_leg(lane, &call, NULL);
        if ((flags & refused) != 0) {
          EXPECT(SEC_E_UNSUPPORTED_FUNCTION, status);
          expect_cleared(&call);
        } else if ((flags & ISC_REQ_NULL_SESSION) == 0) {
          ck_assert_msg(!FAILED(status), "%s: %08x gives %08x: %s", lane->name, flags,
                        (unsigned)status, SspiLastErrorText());
        }
      } else {
        EXPECT(SEC_E_OK, try_log_in(&pair, flags, 0));
        ck_assert_uint_eq(pair.client_flags & ISC_RET_DELEGATE, 0);
        EXPECT(SEC_E_OK, DeleteSecurityContext(&pair.client));
        EXPECT(SEC_E_OK, DeleteSecurityContext(&pair.server));
      }
      end(&parties);
    }
    // All that is not refused at once.
    struct call call = {.flags = ~(ULONG)(ISC_REQ_PROMPT_FOR_CREDS | ISC_REQ_DELEGATE |
                                          ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_NULL_SESSION)};
    const SECURITY_STATUS status = first_leg(lane, &call, NULL);
    ck_assert_msg(!FAILED(status), "%s: %08x: %s", lane->name, (unsigned)status,
                  SspiLastErrorText());
  }
}
END_TEST

// S45, S53, S54: each request bit of a server by itself, and all of them, for a client that gives
// what may be demanded. DCE style and NTLM's datagrams are for both sides to agree on.
START_TEST(request_bits_of_servers) {
  FOR_EACH_LANE(lane) {
    for (int bit = 0; bit <= 32; ++bit) {
      const ULONG all = bit == 32 ? ~0U : 1U << bit;
      const ULONG flags = all & ~(ULONG)(ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_USE_DCE_STYLE);
      struct pair *pair = log_in(lane, kProtect, flags);
      const ULONG told = ASC_RET_INTEGRITY | ASC_RET_CONFIDENTIALITY;
      ck_assert_uint_eq(pair->server_flags & told, told);
      ck_assert_uint_eq(pair->server_flags & (ASC_RET_DELEGATE | ASC_RET_NULL_SESSION), 0);
      log_out(pair);
    }
  }
}
END_TEST

// S27, S28, S33, S37, S46, S48, S49: what is echoed, in the numbers of either side.
START_TEST(echoed_flags) {
  FOR_EACH_LANE(lane) {
    const ULONG asked =
        ISC_REQ_CONNECTION | ISC_REQ_STREAM | ISC_REQ_USE_SESSION_KEY | ISC_REQ_EXTENDED_ERROR;
    const ULONG asked_of_server = ASC_REQ_CONNECTION | ASC_REQ_STREAM | ASC_REQ_EXTENDED_ERROR;
    ck_assert_uint_eq(ASC_REQ_EXTENDED_ERROR, 0x8000);
    ck_assert_uint_eq(ASC_REQ_STREAM, 0x10000);
    struct pair *pair = log_in(lane, asked, asked_of_server);
    ck_assert_uint_eq(pair->client_flags & asked, asked);
    ck_assert_uint_eq(pair->server_flags & asked_of_server, asked_of_server);
    log_out(pair);
    pair = log_in(lane, 0, 0);
    ck_assert_uint_eq(pair->client_flags & asked, 0);
    ck_assert_uint_eq(pair->server_flags & asked_of_server, 0);
    log_out(pair);
  }
}
END_TEST

// S26, S29, S31, S32: what NTLM's NEGOTIATE_MESSAGE asks for: 0x10 is SIGN, 0x20 is SEAL.
START_TEST(flags_on_the_wire) {
  static const struct {
    ULONG request;
    ULONG wire;
  } kRows[] = {
      {0, 0},
      {ISC_REQ_CONNECTION, 0},
      {ISC_REQ_EXTENDED_ERROR, 0},
      {ISC_REQ_MUTUAL_AUTH, 0},
      {ISC_REQ_USE_DCE_STYLE, 0},
      {ISC_REQ_INTEGRITY, 0x10},
      {ISC_REQ_REPLAY_DETECT, 0x10},
      {ISC_REQ_SEQUENCE_DETECT, 0x10},
      {ISC_REQ_CONFIDENTIALITY, 0x30},
      {ISC_REQ_INTEGRITY | ISC_REQ_NO_INTEGRITY, 0},
  };
  const struct lane *lane = lanes()[0];
  for (size_t i = 0; i < COUNT(kRows); ++i) {
    struct call call = {.flags = kRows[i].request};
    EXPECT(SEC_I_CONTINUE_NEEDED, first_leg(lane, &call, NULL));
    ck_assert_int_eq(memcmp(room[0], "NTLMSSP", 8), 0);
    ck_assert_msg((room[0][12] & 0x30) == kRows[i].wire, "%08x: %02x", kRows[i].request,
                  room[0][12]);
  }
}
END_TEST

// S30, S31, S32, S36, S47, S50, S51, S52, S53, S54, S55, S76, S77, S78: what is agreed, and what a
// server that demands it does.
START_TEST(protection) {
  const ULONG isc = ISC_RET_INTEGRITY | ISC_RET_CONFIDENTIALITY;
  const ULONG asc = ASC_RET_INTEGRITY | ASC_RET_CONFIDENTIALITY;
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, ISC_REQ_CONFIDENTIALITY, 0);  // S55: the server asks nothing
    ck_assert_uint_eq(pair->client_flags & isc, isc);
    ck_assert_uint_eq(pair->server_flags & asc, asc);
    ck_assert_uint_eq(pair->client_flags & ISC_RET_MUTUAL_AUTH, 0);
    log_out(pair);
    static const ULONG kImplied[] = {ISC_REQ_REPLAY_DETECT, ISC_REQ_SEQUENCE_DETECT};
    for (int i = 0; i < 2; ++i) {
      pair = log_in(lane, kImplied[i], 0);
      ck_assert_uint_eq(pair->client_flags & kImplied[i], kImplied[i]);
      ck_assert_uint_ne(pair->client_flags & ISC_RET_INTEGRITY, 0);
      log_out(pair);
    }
    pair = log_in(lane, ISC_REQ_NO_INTEGRITY | kProtect, 0);
    ck_assert_msg((pair->client_flags & isc) == 0, "%s: %08x", lane->name, pair->client_flags);
    ck_assert_msg((pair->server_flags & asc) == 0, "%s: %08x", lane->name, pair->server_flags);
    log_out(pair);
    static const ULONG kDemands[] = {ASC_REQ_INTEGRITY, ASC_REQ_CONFIDENTIALITY,
                                     ASC_REQ_REPLAY_DETECT, ASC_REQ_SEQUENCE_DETECT};
    for (size_t i = 0; i < COUNT(kDemands); ++i) {
      pair = log_in(lane, kProtect, kDemands[i]);
      ck_assert_uint_eq(pair->server_flags & kDemands[i], kDemands[i]);
      log_out(pair);
      struct pair poor = {.client_credential = client_of(lane),
                          .server_credential = server_of(lane)};
      EXPECT(SEC_E_UNSUPPORTED_FUNCTION, try_log_in(&poor, ISC_REQ_NO_INTEGRITY, kDemands[i]));
      DeleteSecurityContext(&poor.client);
      DeleteSecurityContext(&poor.server);
      EXPECT(SEC_E_OK, FreeCredentialsHandle(&poor.client_credential));
      EXPECT(SEC_E_OK, FreeCredentialsHandle(&poor.server_credential));
    }
  }
}
END_TEST

// L5, S43, S127: Negotiate leaves delegation out when it comes to NTLM.
START_TEST(ntlm_does_not_delegate) {
  FOR_EACH_LANE(lane) {
    if (!is_ntlm(lane)) continue;
    const ULONG flags = ISC_REQ_DELEGATE | ISC_REQ_MUTUAL_AUTH;
    if (is_negotiate(lane)) {
      struct pair *pair = log_in(lane, flags, 0);
      ck_assert_uint_eq(pair->client_flags & ISC_RET_DELEGATE, 0);
      ck_assert_uint_eq(pair->server_flags & ASC_RET_DELEGATE, 0);
      log_out(pair);
    } else {
      struct call call = {.flags = flags};
      EXPECT(SEC_E_UNSUPPORTED_FUNCTION, first_leg(lane, &call, NULL));
    }
  }
}
END_TEST

// Channel bindings as the TLS context gives them.
struct bindings {
  SEC_CHANNEL_BINDINGS header;
  char data[64];
};
static struct bindings bindings_of(const char *data) {
  struct bindings bindings = {
      .header = {.cbApplicationDataLength = (ULONG)strlen(data),
                 .dwApplicationDataOffset = offsetof(struct bindings, data)}};
  memcpy(bindings.data, data, strlen(data));
  return bindings;
}

static SecBuffer bindings_buffers[2];  // of each side; type EMPTY for none
static bool bindings_first;
static SECURITY_STATUS bound(struct parties *parties, int side, const SecBuffer *in,
                             SecBuffer *out) {
  SecBuffer token = in != NULL ? *in : (SecBuffer){0, SECBUFFER_TOKEN, NULL};
  SecBuffer list[2];
  list[bindings_first ? 1 : 0] = token;
  list[bindings_first ? 0 : 1] = bindings_buffers[side];
  SecBufferDesc input = {SECBUFFER_VERSION, 2, list};
  SecBuffer given = {sizeof room[side], SECBUFFER_TOKEN, room[side]};
  SecBufferDesc output = {SECBUFFER_VERSION, 1, &given};
  struct call call = call_of(parties, side, kProtect, &input, &output);
  const SECURITY_STATUS status = make(&call);
  if (FAILED(status) && call.context == NULL) parties->legs[side] = 0;
  *out = given;
  return status;
}

static SECURITY_STATUS log_in_bound(const struct lane *lane, SecBuffer client, SecBuffer server) {
  struct parties parties;
  begin(&parties, lane);
  bindings_buffers[0] = client;
  bindings_buffers[1] = server;
  const SECURITY_STATUS status = exchange(&parties, bound);
  end(&parties);
  return status;
}

// S60, S63, S64, S65, S142: equal, different, on one side only; before and behind TOKEN.
START_TEST(channel_bindings) {
  struct bindings one = bindings_of("tls-server-end-point:one");
  struct bindings two = bindings_of("tls-server-end-point:two");
  const SecBuffer none = {0, SECBUFFER_EMPTY, NULL};
  const SecBuffer first = {sizeof one, SECBUFFER_CHANNEL_BINDINGS, &one};
  const SecBuffer second = {sizeof two, SECBUFFER_CHANNEL_BINDINGS, &two};
  FOR_EACH_LANE(lane) {
    for (int order = 0; order < 2; ++order) {
      bindings_first = order != 0;
      EXPECT(SEC_E_OK, log_in_bound(lane, first, first));
      EXPECT(SEC_E_BAD_BINDINGS, log_in_bound(lane, first, second));
      EXPECT(SEC_E_OK, log_in_bound(lane, none, none));
      // A server without a channel does not look at the client's.
      EXPECT(SEC_E_OK, log_in_bound(lane, first, none));
      // A client that knows of no channel is let in, as on Windows.
      EXPECT(SEC_E_OK, log_in_bound(lane, none, first));
    }
  }
}
END_TEST

// S64, section 6.2: lengths and offsets are checked against the buffer.
START_TEST(malformed_channel_bindings) {
  struct bindings good = bindings_of("tls-server-end-point:one");
  struct {
    ULONG size;
    ULONG length, offset;
  } rows[] = {
      {4, 24, 32},  {31, 24, 32},         {40, 24, 32},         {96, 24, 97},
      {96, 65, 32}, {96, 0xFFFFFFFF, 32}, {96, 24, 0xFFFFFFFF}, {96, 0x80000000, 0x80000000},
  };
  const SecBuffer none = {0, SECBUFFER_EMPTY, NULL};
  bindings_first = false;
  FOR_EACH_LANE(lane) {
    for (size_t i = 0; i < COUNT(rows); ++i) {
      struct bindings bad = good;
      bad.header.cbApplicationDataLength = rows[i].length;
      bad.header.dwApplicationDataOffset = rows[i].offset;
      const SecBuffer buffer = {rows[i].size, SECBUFFER_CHANNEL_BINDINGS, &bad};
      EXPECT(SEC_E_INVALID_PARAMETER, log_in_bound(lane, buffer, none));
      EXPECT(SEC_E_INVALID_PARAMETER, log_in_bound(lane, none, buffer));
      bad = good;
      bad.header.cbInitiatorLength = rows[i].length;
      bad.header.dwInitiatorOffset = rows[i].offset;
      EXPECT(SEC_E_INVALID_PARAMETER, log_in_bound(lane, buffer, none));
    }
    const SecBuffer hollow = {96, SECBUFFER_CHANNEL_BINDINGS, NULL};
    EXPECT(SEC_E_INVALID_PARAMETER, log_in_bound(lane, hollow, none));
  }
}
END_TEST

// S28, L9: a refusal with a token for the peer, when that was asked for: KRB-ERROR.
START_TEST(errors_with_a_token) {
  static struct leg first;
  FOR_EACH_LANE(lane) {
    for (int asked = 0; asked < 3; ++asked) {
      struct parties parties;
      begin(&parties, lane);
      ck_assert_int_ge(client_leg(&parties.credential[0], NULL, &parties.context[0],
                                  ISC_REQ_MUTUAL_AUTH, NULL, &first),
                       0);
      parties.legs[0] = 1;
      first.token[first.size - 1] ^= 1;
      SecBuffer in = {first.size, SECBUFFER_TOKEN, first.token};
      SecBuffer out = {sizeof room[1], SECBUFFER_TOKEN, room[1]};
      SecBufferDesc input = {SECBUFFER_VERSION, 1, &in};
      SecBufferDesc output = {SECBUFFER_VERSION, 1, &out};
      static const ULONG kFlags[] = {0, ASC_REQ_EXTENDED_ERROR,
                                     ASC_REQ_EXTENDED_ERROR | ASC_REQ_ALLOCATE_MEMORY};
      struct call call = call_of(&parties, 1, kFlags[asked], &input, &output);
      const SECURITY_STATUS status = make(&call);
      parties.legs[1] = FAILED(status) ? 0 : 1;
      ck_assert(is_zero(&call.expiry) == FAILED(status));
      if (strcmp(lane->package, "Kerberos") == 0) {
        ck_assert(FAILED(status));
        const ULONG told[] = {0, ASC_RET_EXTENDED_ERROR,
                              ASC_RET_EXTENDED_ERROR | ASC_RET_ALLOCATED_MEMORY};
        ck_assert_uint_eq(call.attributes, told[asked]);
        if (asked != 0) {
          ck_assert_uint_gt(out.cbBuffer, 20);
          ck_assert_uint_lt(out.cbBuffer, 1000);
          // The client learns that it was refused.
          in = (SecBuffer){out.cbBuffer, SECBUFFER_TOKEN, out.pvBuffer};
          SecBuffer reply = {sizeof room[0], SECBUFFER_TOKEN, room[0]};
          SecBufferDesc replies = {SECBUFFER_VERSION, 1, &reply};
          struct call refused = call_of(&parties, 0, ISC_REQ_MUTUAL_AUTH, &input, &replies);
          ck_assert(FAILED(make(&refused)));
          expect_cleared(&refused);
        }
        if (asked == 2) EXPECT(SEC_E_OK, FreeContextBuffer(out.pvBuffer));
      }
      end(&parties);
    }
  }
}
END_TEST

// S71, S72, S73, S80, S108, S109: sizes tell whether there is a token, on every leg; the last may
// need sending.
START_TEST(legs_tell_whether_to_send) {
  FOR_EACH_LANE(lane) {
    struct parties parties;
    begin(&parties, lane);
    static struct leg to_server, to_client;
    EXPECT(SEC_I_CONTINUE_NEEDED, client_leg(&parties.credential[0], NULL, &parties.context[0],
                                             ISC_REQ_MUTUAL_AUTH, NULL, &to_server));
    ck_assert_uint_gt(to_server.size, 0);
    const SECURITY_STATUS served =
        server_leg(&parties.credential[1], NULL, &parties.context[1], 0, &to_server, &to_client);
    parties.legs[0] = parties.legs[1] = 1;
    ck_assert_uint_gt(to_client.size, 0);  // Kerberos: with SEC_E_OK
    ck_assert_int_eq(served == SEC_E_OK, !is_ntlm(lane));
    const SECURITY_STATUS status =
        client_leg(NULL, &parties.context[0], NULL, ISC_REQ_MUTUAL_AUTH, &to_client, &to_server);
    ck_assert_int_ge(status, 0);
    ck_assert_int_eq(to_server.size != 0, is_ntlm(lane));
    if (to_server.size != 0) {
      ck_assert_int_ge(server_leg(NULL, &parties.context[1], NULL, 0, &to_server, &to_client), 0);
    }
    end(&parties);
  }
}
END_TEST

// S14, S35, section 6.1: without MUTUAL_AUTH Kerberos needs one leg; in DCE style three.
START_TEST(numbers_of_legs) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, 0, 0);
    if (strcmp(lane->package, "Kerberos") == 0) ck_assert_int_eq(pair->client_legs, 1);
    if (strcmp(lane->package, "NTLM") == 0) ck_assert_int_eq(pair->client_legs, 2);
    log_out(pair);
    if (strcmp(lane->package, "Kerberos") != 0) continue;
    pair =
        log_in(lane, ISC_REQ_USE_DCE_STYLE | ISC_REQ_MUTUAL_AUTH | kProtect, ASC_REQ_USE_DCE_STYLE);
    ck_assert_int_eq(pair->client_legs, 2);
    ck_assert_int_eq(pair->server_legs, 2);
    ck_assert_uint_ne(pair->client_flags & ISC_RET_USED_DCE_STYLE, 0);
    ck_assert_uint_ne(pair->server_flags & ASC_RET_USED_DCE_STYLE, 0);
    log_out(pair);
  }
}
END_TEST

static SECURITY_STATUS log_in_to(const struct lane *lane, const char *target) {
  CredHandle client = client_of(lane);
  CtxtHandle context;
  SecBuffer out = {sizeof room[0], SECBUFFER_TOKEN, room[0]};
  SecBufferDesc output = {SECBUFFER_VERSION, 1, &out};
  const SECURITY_STATUS status = InitializeSecurityContextA(&client, NULL, text_of(target), 0, 0, 0,
                                                            NULL, 0, &context, &output, NULL, NULL);
  if (!FAILED(status)) EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
  return status;
}

// S20: NTLM does without a target, Kerberos does not; text that is none is no target.
START_TEST(targets) {
  FOR_EACH_LANE(lane) {
    const bool kerberos = strcmp(lane->package, "Kerberos") == 0;
    const char *const none[] = {NULL, ""};
    for (int i = 0; i < 2; ++i) {
      const SECURITY_STATUS status = log_in_to(lane, none[i]);
      if (kerberos) EXPECT(SEC_E_TARGET_UNKNOWN, status);
      if (is_ntlm(lane)) ck_assert_int_ge(status, 0);
    }
    EXPECT(SEC_E_TARGET_UNKNOWN, log_in_to(lane, "HTTP/\xFF\xFE"));
    ck_assert_int_ge(log_in_to(lane, SSPI_TARGET), 0);
    if (!kerberos) continue;
    ck_assert_int_ge(log_in_to(lane, SSPI_TARGET "@" SSPI_DOMAIN), 0);
    // The port is a part of the name, as in MSSQLSvc/host:port.
    EXPECT(SEC_E_TARGET_UNKNOWN, log_in_to(lane, SSPI_TARGET ":8080"));
  }
}
END_TEST

// S94, 8.3: any octets as a token, on first and later legs of both roles.
START_TEST(octets_that_are_no_token) {
  static struct leg first, answer, junk, out;
  unsigned seed = 20260701;
  FOR_EACH_LANE(lane) {
    CredHandle client = client_of(lane), server = server_of(lane);
    for (int round = 0; round < 200; ++round) {
      CtxtHandle context, accepted = {7, 9};
      ck_assert_int_ge(client_leg(&client, NULL, &context, ISC_REQ_MUTUAL_AUTH, NULL, &first), 0);
      // Random octets, or a token with some of them changed.
      junk = first;
      const int changes = round % 4 == 0 ? (int)junk.size : 1 + round % 3;
      for (int i = 0; i < changes; ++i) {
        junk.token[(unsigned)rand_r(&seed) % junk.size] = (unsigned char)rand_r(&seed);
      }
      if (round % 5 == 0) junk.size = (ULONG)rand_r(&seed) % junk.size;
      const SECURITY_STATUS status = server_leg(&server, NULL, &accepted, 0, &junk, &answer);
      if (FAILED(status)) {
        ck_assert_uint_eq(accepted.dwLower, 7);
        ck_assert_uint_eq(answer.attributes, 0);
      } else {
        EXPECT(SEC_E_OK, DeleteSecurityContext(&accepted));
      }
      (void)client_leg(&client, &context, NULL, ISC_REQ_MUTUAL_AUTH, &junk, &out);
      EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
    }
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&server));
  }
}
END_TEST

// S85, S86, S122, L10.
START_TEST(nothing_to_complete) {
  static struct leg first;
  FOR_EACH_LANE(lane) {
    CredHandle client = client_of(lane);
    CtxtHandle context;
    EXPECT(SEC_I_CONTINUE_NEEDED,
           client_leg(&client, NULL, &context, ISC_REQ_MUTUAL_AUTH, NULL, &first));
    SecBuffer token = {first.size, SECBUFFER_TOKEN, first.token};
    SecBufferDesc list = {SECBUFFER_VERSION, 1, &token};
    EXPECT(SEC_E_OK, CompleteAuthToken(&context, &list));
    EXPECT(SEC_E_OK, CompleteAuthToken(&context, NULL));
    EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("sspi leg");
  TCase *tests = tcase_create("leg");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, the_package_allocates);
  tcase_add_test(tests, buffers_too_small);
  tcase_add_test(tests, null_for_what_is_optional);
  tcase_add_test(tests, reserved_parameters);
  tcase_add_test(tests, equal_tokens);
  tcase_add_test(tests, first_legs_without_a_token);
  tcase_add_test(tests, servers_that_begin);
  tcase_add_test(tests, request_bits);
  tcase_add_test(tests, request_bits_of_servers);
  tcase_add_test(tests, echoed_flags);
  tcase_add_test(tests, flags_on_the_wire);
  tcase_add_test(tests, protection);
  tcase_add_test(tests, ntlm_does_not_delegate);
  tcase_add_test(tests, channel_bindings);
  tcase_add_test(tests, malformed_channel_bindings);
  tcase_add_test(tests, errors_with_a_token);
  tcase_add_test(tests, legs_tell_whether_to_send);
  tcase_add_test(tests, numbers_of_legs);
  tcase_add_test(tests, targets);
  tcase_add_test(tests, octets_that_are_no_token);
  tcase_add_test(tests, nothing_to_complete);
  suite_add_tcase(suite, tests);
  return run_sspi_suite(suite);
}
