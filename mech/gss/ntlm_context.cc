// SPDX-License-Identifier: MIT
// Contexts: RFC 2744 5.1, 5.7, 5.9, 5.12, 5.14, 5.19, 5.21 and MIT's options.
#include "gss/entry.h"
#include "gss/handles.h"
#include "gss/oids.h"

namespace gss_sspi::gss {
namespace {

// The owner a context gets of a credential that can do what it needs.
Result<Ref<Credential>> TakeCredential(gss_const_cred_id_t handle, gss_cred_usage_t usage) {
  if (handle == GSS_C_NO_CREDENTIAL) return Credential::Acquire(nullptr, usage, {});
  Credential *credential = CredentialOf(handle);
  if (credential == nullptr) return Status::kDefectiveCredential;
  const bool fits = usage == GSS_C_INITIATE ? credential->initiator() != nullptr
                                            : credential->verifier() != nullptr;
  if (!fits) return Status::kWrongCredentialUsage;  // N706
  return credential->ForLogon();
}

// N352: who asks for an anonymous context needs no account.
Result<Ref<Credential>> TakeInitiator(gss_const_cred_id_t handle, OM_uint32 request_flags) {
  if ((request_flags & GSS_C_ANON_FLAG) != 0) return Credential::Nobody();
  return TakeCredential(handle, GSS_C_INITIATE);
}

// The context of a handle, or a new one.
template <typename MakeNew>
Result<Context *> ContextOrNew(gss_ctx_id_t handle, Owned<Context> *created, MakeNew make) {
  if (handle != GSS_C_NO_CONTEXT) {
    Context *context = ContextOf(handle);
    if (context == nullptr) return Status::kNoContext;
    return context;
  }
  auto made = make();
  if (!made) return made.error();
  *created = std::move(*made);
  return created->get();
}

struct LegOutputs {
  gss_buffer_t token;
  OM_uint32 *flags;
  OM_uint32 *time;
};

// The end of a leg that went well. A context made by this call becomes the caller's as the last act
// (N163: an error before leaves the handle null).
Outcome FinishLeg(const Context::Facts &facts, Buffer *token, Owned<Context> *created,
                  gss_ctx_id_t *handle, const LegOutputs &out) {
  Give(token, out.token);
  Set(out.flags, facts.flags);
  Set<OM_uint32>(out.time, GSS_C_INDEFINITE);  // N512
  if (*created) *handle = Handle(std::move(*created));
  return Outcome::Major(facts.stage == Context::Stage::kOpen ? GSS_S_COMPLETE
                                                             : GSS_S_CONTINUE_NEEDED);
}

Outcome Initiate(gss_const_cred_id_t credential_handle, gss_ctx_id_t *handle,
                 gss_const_name_t target_name, OM_uint32 request_flags,
                 gss_channel_bindings_t bindings, ByteView input, const LegOutputs &out) {
  if (handle == nullptr || out.token == GSS_C_NO_BUFFER) return Status::kNullArgument;
  Owned<Context> created;
  const auto context = ContextOrNew(*handle, &created, [&]() -> Result<Owned<Context>> {
    const Name *target = NameOf(target_name);
    if (target == nullptr) return Fail(Status::kBadName, "no target name was given");
    if (!input.empty())
      return Fail(Status::kUnexpectedToken, "the first call of an initiator has none");
    auto credential = TakeInitiator(credential_handle, request_flags);
    if (!credential) return credential.error();
    return Context::Initiating(std::move(*credential), *target, request_flags);
  });
  if (!context) return context.error();
  Buffer token;
  Context::Facts facts;
  if (Error error = (*context)->Initiate(input, bindings, &token, &facts)) return error;
  return FinishLeg(facts, &token, &created, handle, out);
}

Outcome Accept(gss_const_cred_id_t credential_handle, gss_ctx_id_t *handle, ByteView input,
               gss_channel_bindings_t bindings, gss_name_t *source_name, const LegOutputs &out) {
  if (handle == nullptr || out.token == GSS_C_NO_BUFFER) return Status::kNullArgument;
  Owned<Context> created;
  const auto context = ContextOrNew(*handle, &created, [&]() -> Result<Owned<Context>> {
    auto credential = TakeCredential(credential_handle, GSS_C_ACCEPT);
    if (!credential) return credential.error();
    return Context::Accepting(std::move(*credential));
  });
  if (!context) return context.error();
  if ((*context)->NeedsCredential()) {
    auto credential = TakeCredential(credential_handle, GSS_C_ACCEPT);
    if (!credential) return credential.error();
    (*context)->GiveCredential(std::move(*credential));
  }
  Buffer token;
  Context::Facts facts;
  facts.wants_initiator = source_name != nullptr;
  if (Error error = (*context)->Accept(input, bindings, &token, &facts)) return error;
  if (source_name != nullptr && facts.stage == Context::Stage::kOpen) {
    *source_name = Handle(std::move(facts.initiator));
  }
  return FinishLeg(facts, &token, &created, handle, out);
}

// RFC 5587-less answers of one buffer.
Error GiveBuffer(ByteView octets, gss_buffer_set_t *to) {
  OM_uint32 minor = 0;
  if (*to == GSS_C_NO_BUFFER_SET && gss_create_empty_buffer_set(&minor, to) != GSS_S_COMPLETE) {
    return Status::kNoMemory;
  }
  gss_buffer_desc buffer{octets.size(), const_cast<uint8_t *>(octets.data())};
  if (gss_add_buffer_set_member(&minor, &buffer, to) == GSS_S_COMPLETE) return kSuccess;
  gss_release_buffer_set(&minor, to);
  return Status::kNoMemory;
}

// N203.
Outcome InquireRequireMic(Context *context, gss_buffer_set_t *to) {
  Context::Facts facts;
  if (Error error = context->GetFacts(&facts)) return error;
  const uint8_t answer = facts.sends_mic ? 1 : 0;
  return GiveBuffer({&answer, 1}, to);
}

// N208. Nobody's key is known to everybody (N352).
Outcome InquireSessionKey(Context *context, gss_buffer_set_t *to) {
  Context::Facts facts;
  if (Error error = context->GetFacts(&facts)) return error;
  const bool anonymous = (facts.flags & GSS_C_ANON_FLAG) != 0;
  return context->WithSession([&](ntlm::Session &session) -> Error {
    if (anonymous && !session.CanSign()) return Status::kNoProtection;
    return GiveBuffer(session.session_key().view(), to);
  });
}

// N207: strength in bits, big-endian.
Outcome InquireSaslSsf(Context *context, gss_buffer_set_t *to) {
  return context->WithSession([&](ntlm::Session &session) {
    uint8_t strength = session.CanSign() ? 1 : 0;
    if (session.CanSeal()) {
      strength = (session.flags() & ntlm::k128) != 0  ? 64
                 : (session.flags() & ntlm::k56) != 0 ? 56
                                                      : 40;
    }
    const uint8_t octets[] = {0, 0, 0, strength};
    return GiveBuffer(octets, to);
  });
}

// N502: as negotiated, in the order of this host.
Outcome InquireNegotiateFlags(Context *context, gss_buffer_set_t *to) {
  return context->WithSession([&](ntlm::Session &session) {
    const uint32_t flags = session.flags();
    return GiveBuffer({reinterpret_cast<const uint8_t *>(&flags), sizeof flags}, to);
  });
}

struct InquiryRow {
  std::string_view oid;
  Outcome (*inquire)(Context *, gss_buffer_set_t *);
};
constexpr InquiryRow kInquiries[] = {{oid::kRequireMic, InquireRequireMic},
                                     {oid::kSspiSessionKey, InquireSessionKey},
                                     {oid::kSaslSsf, InquireSaslSsf},
                                     {oid::kNegotiateFlags, InquireNegotiateFlags}};

// An option whose value is a number of four octets in the order of this host.
Result<uint32_t> NumberOf(ByteView value) {
  uint32_t number = 0;
  if (value.size() != sizeof number) {
    return Fail(Status::kNullArgument, "the value is not four octets long");
  }
  std::memcpy(&number, value.data(), sizeof number);
  return number;
}

// N204: 1 is the receiving side, 0 the sending one.
Error ResetCrypto(ntlm::Session &session, uint32_t receiving) {
  session.ResetSealing(receiving != 0);
  return kSuccess;
}

// N351, N502.
Error SetSequenceNumber(ntlm::Session &session, uint32_t number) {
  if (!session.IsDatagram()) {
    return Fail(Status::kUnavailable, "only a datagram context takes a sequence number");
  }
  session.SetSequenceNumber(number);
  return kSuccess;
}

struct OptionRow {
  std::string_view oid;
  Error (*set)(ntlm::Session &, uint32_t);
};
constexpr OptionRow kOptions[] = {{oid::kResetCrypto, ResetCrypto},
                                  {oid::kSetSequenceNumber, SetSequenceNumber}};

Outcome SetOption(Context *context, gss_const_OID option, ByteView value) {
  for (const OptionRow &row : kOptions) {
    if (!Is(option, row.oid)) continue;
    const auto number = NumberOf(value);
    if (!number) return number.error();
    return context->WithSession([&](ntlm::Session &session) { return row.set(session, *number); });
  }
  return Status::kUnavailable;
}

// N151: what is imported to begin a connectionless exchange.
constexpr std::string_view kDatagramSeed(GSS_NTLM_DATAGRAM_SEED, GSS_NTLM_DATAGRAM_SEED_LENGTH);

Outcome ImportContext(gss_buffer_t token, gss_ctx_id_t *output) {
  if (output == nullptr || token == GSS_C_NO_BUFFER) return Status::kNullArgument;
  const bool is_seed = Equal(ViewOf(token), AsBytes(kDatagramSeed));
  auto context = is_seed ? Context::AcceptingDatagram() : Context::Import(ViewOf(token));
  if (!context) return context.error();
  *output = Handle(std::move(*context));
  return kSuccess;
}

}  // namespace
}  // namespace gss_sspi::gss

using namespace gss_sspi;       // NOLINT: the exports below have C names
using namespace gss_sspi::gss;  // NOLINT

GSS_SSPI_EXPORT OM_uint32 gss_init_sec_context(
    OM_uint32 *minor_status, gss_cred_id_t claimant_cred_handle, gss_ctx_id_t *context_handle,
    gss_name_t target_name, gss_OID /*mech_type*/, OM_uint32 req_flags, OM_uint32 /*time_req*/,
    gss_channel_bindings_t input_chan_bindings, gss_buffer_t input_token, gss_OID *actual_mech_type,
    gss_buffer_t output_token, OM_uint32 *ret_flags, OM_uint32 *time_rec) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(output_token);
    Clear(ret_flags);
    Clear(time_rec);
    Set(actual_mech_type, NtlmOid());
    return Initiate(claimant_cred_handle, context_handle, target_name, req_flags,
                    input_chan_bindings, ViewOf(input_token), {output_token, ret_flags, time_rec});
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_accept_sec_context(
    OM_uint32 *minor_status, gss_ctx_id_t *context_handle, gss_cred_id_t acceptor_cred_handle,
    gss_buffer_t input_token, gss_channel_bindings_t input_chan_bindings, gss_name_t *src_name,
    gss_OID *mech_type, gss_buffer_t output_token, OM_uint32 *ret_flags, OM_uint32 *time_rec,
    gss_cred_id_t *delegated_cred_handle) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(output_token);
    Clear(src_name);
    Clear(ret_flags);
    Clear(time_rec);
    Clear(delegated_cred_handle);  // N164: NTLM delegates nothing.
    Set(mech_type, NtlmOid());
    return Accept(acceptor_cred_handle, context_handle, ViewOf(input_token), input_chan_bindings,
                  src_name, {output_token, ret_flags, time_rec});
  });
}

// N114: never fails.
GSS_SSPI_EXPORT OM_uint32 gss_delete_sec_context(OM_uint32 *minor_status,
                                                 gss_ctx_id_t *context_handle,
                                                 gss_buffer_t output_token) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(output_token);
    if (context_handle == nullptr) return kSuccess;
    Context *context = ContextOf(*context_handle);
    *context_handle = GSS_C_NO_CONTEXT;
    if (context != nullptr) Deleter()(context);
    return kSuccess;
  });
}

// NTLM has no tokens of this kind (N140).
GSS_SSPI_EXPORT OM_uint32 gss_process_context_token(OM_uint32 *minor_status,
                                                    gss_ctx_id_t context_handle,
                                                    gss_buffer_t /*token_buffer*/) {
  return Guard(minor_status, [&]() -> Outcome {
    if (ContextOf(context_handle) == nullptr) return Status::kNoContext;
    return Fail(Status::kUnexpectedToken, "NTLM has no context tokens");
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_context_time(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                           OM_uint32 *time_rec) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(time_rec);
    Context *context = ContextOf(context_handle);
    if (context == nullptr) return Status::kNoContext;
    return context->WithSession([&](ntlm::Session &) -> Error {
      Set<OM_uint32>(time_rec, GSS_C_INDEFINITE);
      return kSuccess;
    });
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_inquire_context(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                              gss_name_t *src_name, gss_name_t *targ_name,
                                              OM_uint32 *lifetime_rec, gss_OID *mech_type,
                                              OM_uint32 *ctx_flags, int *locally_initiated,
                                              int *open) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(src_name);
    Clear(targ_name);
    Clear(lifetime_rec);
    Clear(ctx_flags);
    Clear(locally_initiated);
    Clear(open);
    Set(mech_type, NtlmOid());
    Context *context = ContextOf(context_handle);
    if (context == nullptr) return Status::kNoContext;
    Context::Facts facts;
    facts.wants_initiator = src_name != nullptr;
    facts.wants_acceptor = targ_name != nullptr;
    if (Error error = context->GetFacts(&facts)) return error;
    if (src_name != nullptr) *src_name = Handle(std::move(facts.initiator));
    if (targ_name != nullptr) *targ_name = Handle(std::move(facts.acceptor));
    Set<OM_uint32>(lifetime_rec, GSS_C_INDEFINITE);
    Set(ctx_flags, facts.flags);
    Set(locally_initiated, facts.initiates ? 1 : 0);
    Set(open, facts.stage == Context::Stage::kOpen ? 1 : 0);
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_inquire_sec_context_by_oid(OM_uint32 *minor_status,
                                                         const gss_ctx_id_t context_handle,
                                                         const gss_OID desired_object,
                                                         gss_buffer_set_t *data_set) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(data_set);
    Context *context = ContextOf(context_handle);
    if (context == nullptr) return Status::kNoContext;
    if (data_set == nullptr) return Status::kNullArgument;
    for (const InquiryRow &row : kInquiries) {
      if (Is(desired_object, row.oid)) return row.inquire(context, data_set);
    }
    return Status::kUnavailable;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_set_sec_context_option(OM_uint32 *minor_status,
                                                     gss_ctx_id_t *context_handle,
                                                     const gss_OID desired_object,
                                                     const gss_buffer_t value) {
  return Guard(minor_status, [&]() -> Outcome {
    Context *context = context_handle != nullptr ? ContextOf(*context_handle) : nullptr;
    if (context == nullptr) return Status::kNoContext;
    return SetOption(context, desired_object, ViewOf(value));
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_export_sec_context(OM_uint32 *minor_status,
                                                 gss_ctx_id_t *context_handle,
                                                 gss_buffer_t interprocess_token) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(interprocess_token);
    Context *context = context_handle != nullptr ? ContextOf(*context_handle) : nullptr;
    if (context == nullptr) return Status::kNoContext;
    if (interprocess_token == GSS_C_NO_BUFFER) return Status::kNullArgument;
    auto octets = context->Export();
    if (!octets) return octets.error();
    Give(&*octets, interprocess_token);
    Deleter()(context);
    *context_handle = GSS_C_NO_CONTEXT;
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_import_sec_context(OM_uint32 *minor_status,
                                                 gss_buffer_t interprocess_token,
                                                 gss_ctx_id_t *context_handle) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(context_handle);
    return ImportContext(interprocess_token, context_handle);
  });
}

GSS_SSPI_EXPORT OM_uint32 gssspi_import_sec_context_by_mech(OM_uint32 *minor_status,
                                                            gss_OID /*mech_type*/,
                                                            gss_buffer_t interprocess_token,
                                                            gss_ctx_id_t *context_handle) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(context_handle);
    return ImportContext(interprocess_token, context_handle);
  });
}
