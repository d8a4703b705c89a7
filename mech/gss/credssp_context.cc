// SPDX-License-Identifier: MIT
// Contexts of CredSSP: RFC 2744 5.1, 5.7, 5.9, 5.12, 5.14, 5.19, 5.21 and MIT's options.
#include "credssp/tls_facts.h"
#include "gss/credssp/buffers.h"
#include "gss/credssp/handles.h"
#include "gss/credssp/oids.h"
#include "gss/entry.h"

namespace gss_sspi::gss {
namespace {

using credssp::Exchange;

// C38: what a seed holds behind length and OID, which libgssapi takes off.
constexpr std::string_view kSeed = "seed";

struct LegOutputs {
  gss_buffer_t token;
  OM_uint32 *flags;
  OM_uint32 *time;
};

// The context of a handle, or a new one, which `created` then owns.
Result<CredsspContext *> ContextOrNew(gss_ctx_id_t handle, Owned<CredsspContext> *created) {
  if (handle != GSS_C_NO_CONTEXT) {
    CredsspContext *context = ContextOf(handle);
    if (context == nullptr) return Status::kNoContext;
    return context;
  }
  *created = Make<CredsspContext>();
  if (!*created) return Status::kNoMemory;
  return created->get();
}

// The end of a leg. A context made by this call becomes the caller's as the last act, and only when
// the leg went well; a token is given in any case (C45).
Outcome FinishLeg(Error error, const CredsspContext::Facts &facts, GrowingBuffer *token,
                  Owned<CredsspContext> *created, gss_ctx_id_t *handle, const LegOutputs &out) {
  Buffer octets = token->Take();
  Give(&octets, out.token);
  if (error) return error;
  Set(out.flags, facts.flags);
  Set(out.time, facts.lifetime);
  if (*created) *handle = Handle(std::move(*created));
  return Outcome::Major(facts.stage == CredsspContext::Stage::kOpen ? GSS_S_COMPLETE
                                                                    : GSS_S_CONTINUE_NEEDED);
}

Outcome Initiate(gss_const_cred_id_t credential_handle, gss_ctx_id_t *handle,
                 gss_const_name_t target_name, OM_uint32 request_flags,
                 gss_channel_bindings_t bindings, ByteView input, gss_OID *mechanism,
                 const LegOutputs &out) {
  if (handle == nullptr || out.token == GSS_C_NO_BUFFER) return Status::kNullArgument;
  // C36: programs that try every mechanism come here; they cost nothing.
  if (credential_handle == GSS_C_NO_CREDENTIAL) {
    return Fail(Status::kCredsspNoCredential, "acquire one for CredSSP, and give it to each call");
  }
  CredsspCredential *credential = CredentialOf(credential_handle);
  if (credential == nullptr) return Status::kDefectiveCredential;
  Owned<CredsspContext> created;
  const auto context = ContextOrNew(*handle, &created);
  if (!context) return context.error();
  GrowingBuffer token;
  CredsspContext::Facts facts;
  const Error error = (*context)->Initiate(
      {credential, NameOf(target_name), request_flags, bindings}, input, &token, &facts);
  Set(mechanism, &kCredsspMechanism);
  return FinishLeg(error, facts, &token, &created, handle, out);
}

struct AcceptOutputs {
  gss_name_t *source_name;
  gss_OID *mechanism;
  gss_cred_id_t *delegated;
};

// What only the last leg gives. C71: with the OID of the mechanism inside libgssapi hands the
// delegated credential over as it is, the host's own.
Error GiveAccepted(CredsspContext *context, const CredsspContext::Facts &facts,
                   const AcceptOutputs &out) {
  if (facts.stage != CredsspContext::Stage::kOpen) return kSuccess;
  if (out.source_name != nullptr) {
    auto name = context->InitiatorName();
    if (!name) return name.error();
    *out.source_name = Handle(std::move(*name));
  }
  if (out.delegated == nullptr || (facts.flags & GSS_C_DELEG_FLAG) == 0) return kSuccess;
  HostCredential delegated = context->MakeDelegated();
  if (!delegated) return kSuccess;
  Set(out.mechanism, facts.inner_mechanism);
  *out.delegated = delegated.Release();
  return kSuccess;
}

Outcome Accept(gss_const_cred_id_t credential_handle, gss_ctx_id_t *handle, ByteView input,
               gss_channel_bindings_t bindings, const AcceptOutputs &accepted,
               const LegOutputs &out) {
  if (handle == nullptr || out.token == GSS_C_NO_BUFFER) return Status::kNullArgument;
  if (credential_handle == GSS_C_NO_CREDENTIAL) {
    return Fail(Status::kCredsspNoCredential, "acquire one for CredSSP, and give it to each call");
  }
  CredsspCredential *credential = CredentialOf(credential_handle);
  if (credential == nullptr) return Status::kDefectiveCredential;
  Owned<CredsspContext> created;
  const auto context = ContextOrNew(*handle, &created);
  if (!context) return context.error();
  GrowingBuffer token;
  CredsspContext::Facts facts;
  Error error = (*context)->Accept(credential, bindings, input, &token, &facts);
  if (!error) {
    error = GiveAccepted(*context, facts, accepted);
    if (error) (*context)->Abandon();
  }
  return FinishLeg(error, facts, &token, &created, handle, out);
}

Outcome ImportContext(gss_buffer_t token, gss_ctx_id_t *handle) {
  if (handle == nullptr || token == GSS_C_NO_BUFFER) return Status::kNullArgument;
  if (AsText(ViewOf(token)) != kSeed) {
    return Fail(Status::kCredsspDefectiveToken, "contexts of CredSSP cannot be moved (C49)");
  }
  auto context = Make<CredsspContext>();
  if (!context) return Status::kNoMemory;
  *handle = Handle(std::move(context));
  return kSuccess;
}

// ---- options -----------------------------------------------------------------------------------

constexpr std::string_view Option(const char *octets) {
  return {octets, GSS_CREDSSP_OPTION_LENGTH};
}

Error GiveNumber(uint32_t number, gss_buffer_set_t *to) {
  return GiveBuffer({reinterpret_cast<const uint8_t *>(&number), sizeof number}, to);
}
Error GiveResult(const Result<Buffer> &octets, gss_buffer_set_t *to) {
  return octets ? GiveBuffer(octets->view(), to) : octets.error();
}

// The TLS stream of a context of which the handshake is done.
Result<SSL *> StreamOf(CredsspContext *context) {
  Exchange *exchange = context->exchange();
  if (exchange == nullptr || exchange->tls() == nullptr || !exchange->pipe().is_established()) {
    return Fail(Status::kCredsspUnavailable, "there is no TLS stream of ours, or not yet");
  }
  return exchange->tls();
}
template <typename Body>
Error WithTls(CredsspContext *context, const Body &body) {
  const auto stream = StreamOf(context);
  return stream ? body(*stream) : stream.error();
}

Error GiveStatus(CredsspContext *context, gss_buffer_set_t *to) {
  if (Error error = GiveNumber(context->peer_error(), to)) return error;
  const bool waits = context->stage() == CredsspContext::Stage::kHalfOpen;
  return GiveBuffer(AsBytes(waits ? context->exchange()->awaited() : ""), to);
}

Error GiveVersion(CredsspContext *context, gss_buffer_set_t *to) {
  const uint32_t version = context->exchange() ? context->exchange()->peer().version() : 0;
  return version != 0 ? GiveNumber(version, to) : Error(Status::kCredsspUnavailable);
}

Error GiveInner(CredsspContext *context, gss_buffer_set_t *to) {
  gss_const_OID mechanism = context->inner().mechanism();
  if (mechanism == GSS_C_NO_OID) return Status::kCredsspUnavailable;
  return GiveBuffer({static_cast<const uint8_t *>(mechanism->elements), mechanism->length}, to);
}

Error GiveTls(CredsspContext *context, gss_buffer_set_t *to) {
  return WithTls(context, [&](SSL *ssl) -> Error {
    if (Error error = GiveBuffer(AsBytes(SSL_get_version(ssl)), to)) return error;
    return GiveBuffer(AsBytes(SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl))), to);
  });
}

Error GiveCertificate(CredsspContext *context, gss_buffer_set_t *to) {
  return WithTls(context, [&](SSL *ssl) {
    return GiveResult(credssp::DerOf(credssp::ServerCertificate(ssl)), to);
  });
}

// Also where it has ended the handshake. Before one, OpenSSL says "good".
Error GiveVerdict(CredsspContext *context, gss_buffer_set_t *to) {
  const Exchange *exchange = context->exchange();
  const SSL *ssl = exchange != nullptr && context->initiates() ? exchange->tls() : nullptr;
  if (ssl == nullptr) return Status::kCredsspUnavailable;
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict == X509_V_OK && !exchange->pipe().is_established())
    return Status::kCredsspUnavailable;
  if (Error error = GiveNumber(static_cast<uint32_t>(verdict), to)) return error;
  return GiveBuffer(AsBytes(X509_verify_cert_error_string(verdict)), to);
}

Error GiveProof(CredsspContext *context, gss_buffer_set_t *to) {
  if (!context->initiates() || context->stage() != CredsspContext::Stage::kOpen) {
    return Status::kCredsspUnavailable;
  }
  uint32_t proof = 0;
  if (context->inner().is_mutual()) proof |= GSS_CREDSSP_PROOF_INNER;
  if (context->certificate_is_proof()) proof |= GSS_CREDSSP_PROOF_CERTIFICATE;
  return GiveNumber(proof, to);
}

Error GiveDelegated(CredsspContext *context, gss_buffer_set_t *to) {
  if (context->initiates() || context->stage() != CredsspContext::Stage::kOpen) {
    return Status::kCredsspUnavailable;
  }
  const auto &given = context->exchange()->credentials();
  if (Error error = GiveNumber(static_cast<uint32_t>(given.type), to)) return error;
  if (given.type != credssp::CredentialType::kPassword) return kSuccess;
  for (const SecretBytes *text : {&given.domain_name, &given.user_name, &given.password}) {
    if (Error error = GiveBuffer(text->view(), to)) return error;
  }
  return kSuccess;
}

Error GiveUniqueBinding(CredsspContext *context, gss_buffer_set_t *to) {
  return WithTls(context, [&](SSL *ssl) { return GiveResult(credssp::UniqueBinding(ssl), to); });
}
Error GiveEndPointBinding(CredsspContext *context, gss_buffer_set_t *to) {
  return WithTls(context, [&](SSL *ssl) { return GiveResult(credssp::EndPointBinding(ssl), to); });
}

// C48.
Error GiveSessionKey(CredsspContext *context, gss_buffer_set_t *to) {
  return WithTls(context, [&](SSL *ssl) -> Error {
    Secret<kSessionKeySize> key;
    if (Error error = credssp::Export(ssl, kSessionKeyLabel, {}, key.span())) return error;
    return GiveBuffer(key.view(), to);
  });
}

Error GiveClose(CredsspContext *context, gss_buffer_set_t *to) {
  return WithTls(context, [&](SSL *) -> Error {
    GrowingBuffer record;
    if (Error error = context->exchange()->Close(&record)) return error;
    return GiveBuffer(record.view(), to);
  });
}

// C45. libgssapi's gss_unwrap refuses the empty token that would ask for this.
Error GivePending(CredsspContext *context, gss_buffer_set_t *to) {
  if (context->stage() != CredsspContext::Stage::kOpen) return Status::kContextNotOpen;
  GrowingBuffer message;
  if (Error error = context->exchange()->Pending(&message)) return error;
  return GiveBuffer(message.view(), to);
}

// C118. No names is an answer as well.
Error GiveCertificateRequest(CredsspContext *context, gss_buffer_set_t *to) {
  const Exchange *exchange = context->exchange();
  if (exchange == nullptr || !exchange->pipe().has_stopped()) return Status::kCredsspUnavailable;
  OM_uint32 minor = 0;
  if (Host()->gss_create_empty_buffer_set(&minor, to) != GSS_S_COMPLETE) return Status::kNoMemory;
  const STACK_OF(X509_NAME) *names = SSL_get0_peer_CA_list(exchange->tls());
  for (int i = 0; i < sk_X509_NAME_num(names); ++i) {
    const unsigned char *der = nullptr;
    size_t size = 0;
    if (X509_NAME_get0_der(sk_X509_NAME_value(names, i), &der, &size) != 1) continue;
    if (Error error = GiveBuffer({der, size}, to)) return error;
  }
  return kSuccess;
}

struct InquiryRow {
  std::string_view oid;
  Error (*give)(CredsspContext *, gss_buffer_set_t *);
};
constexpr InquiryRow kInquiries[] = {
    {Option(GSS_CREDSSP_STATUS_STRING), GiveStatus},
    {Option(GSS_CREDSSP_VERSION_STRING), GiveVersion},
    {Option(GSS_CREDSSP_INNER_STRING), GiveInner},
    {Option(GSS_CREDSSP_TLS_STRING), GiveTls},
    {Option(GSS_CREDSSP_CERTIFICATE_STRING), GiveCertificate},
    {Option(GSS_CREDSSP_VERDICT_STRING), GiveVerdict},
    {Option(GSS_CREDSSP_PROOF_STRING), GiveProof},
    {Option(GSS_CREDSSP_DELEGATED_STRING), GiveDelegated},
    {Option(GSS_CREDSSP_UNIQUE_BINDING_STRING), GiveUniqueBinding},
    {Option(GSS_CREDSSP_END_POINT_BINDING_STRING), GiveEndPointBinding},
    {Option(GSS_CREDSSP_CLOSE_STRING), GiveClose},
    {Option(GSS_CREDSSP_PENDING_STRING), GivePending},
    {Option(GSS_CREDSSP_CERTIFICATE_REQUEST_STRING), GiveCertificateRequest},
    {oid::kSspiSessionKey, GiveSessionKey},
};

// An option that says so to a context that has not begun.
template <void (CredsspContext::*kTell)()>
Error TellSeed(CredsspContext *context, ByteView /*value*/) {
  if (context->stage() != CredsspContext::Stage::kSeed) {
    return Fail(Status::kCredsspUnavailable, "it is for a context that has not begun");
  }
  (context->*kTell)();
  return kSuccess;
}

struct OptionRow {
  std::string_view oid;
  Error (*set)(CredsspContext *, ByteView);
};
constexpr OptionRow kOptions[] = {
    {Option(GSS_CREDSSP_SERVER_KEY_STRING),
     [](CredsspContext *context, ByteView value) { return context->SetServerKey(value); }},
    {Option(GSS_CREDSSP_REQUIRE_PROOF_STRING), TellSeed<&CredsspContext::RequireProof>},
    {Option(GSS_CREDSSP_CERTIFICATE_REQUEST_STRING), TellSeed<&CredsspContext::StopForCertificate>},
};

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
    Clear(actual_mech_type);
    return Initiate(claimant_cred_handle, context_handle, target_name, req_flags,
                    input_chan_bindings, ViewOf(input_token), actual_mech_type,
                    {output_token, ret_flags, time_rec});
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
    Clear(delegated_cred_handle);
    Set(mech_type, &kCredsspMechanism);
    return Accept(acceptor_cred_handle, context_handle, ViewOf(input_token), input_chan_bindings,
                  {src_name, mech_type, delegated_cred_handle},
                  {output_token, ret_flags, time_rec});
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_delete_sec_context(OM_uint32 *minor_status,
                                                 gss_ctx_id_t *context_handle,
                                                 gss_buffer_t output_token) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(output_token);
    if (context_handle == nullptr) return kSuccess;
    CredsspContext *context = ContextOf(*context_handle);
    *context_handle = GSS_C_NO_CONTEXT;
    if (context != nullptr) Deleter()(context);
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_process_context_token(OM_uint32 *minor_status,
                                                    gss_ctx_id_t context_handle,
                                                    gss_buffer_t /*token_buffer*/) {
  return Guard(minor_status, [&]() -> Outcome {
    if (ContextOf(context_handle) == nullptr) return Status::kNoContext;
    return Fail(Status::kCredsspUnexpectedToken, "CredSSP has no context tokens");
  });
}

// C52: that of the mechanism inside.
GSS_SSPI_EXPORT OM_uint32 gss_context_time(OM_uint32 *minor_status, gss_ctx_id_t context_handle,
                                           OM_uint32 *time_rec) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(time_rec);
    CredsspContext *context = ContextOf(context_handle);
    if (context == nullptr) return Status::kNoContext;
    CredsspContext::Facts facts;
    context->GetFacts(&facts);
    if (facts.stage != CredsspContext::Stage::kOpen) return Status::kContextNotOpen;
    if (facts.lifetime == 0) return Outcome::Major(GSS_S_CONTEXT_EXPIRED);
    Set(time_rec, facts.lifetime);
    return kSuccess;
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
    Set(mech_type, &kCredsspMechanism);
    CredsspContext *context = ContextOf(context_handle);
    if (context == nullptr) return Status::kNoContext;
    auto initiator = context->InitiatorName();
    if (!initiator) return initiator.error();
    auto acceptor = context->AcceptorName();
    if (!acceptor) return acceptor.error();
    CredsspContext::Facts facts;
    context->GetFacts(&facts);
    if (src_name != nullptr) *src_name = Handle(std::move(*initiator));
    if (targ_name != nullptr) *targ_name = Handle(std::move(*acceptor));
    Set(lifetime_rec, facts.lifetime);
    Set(ctx_flags, facts.flags);
    Set(locally_initiated, facts.initiates ? 1 : 0);
    Set(open, facts.stage == CredsspContext::Stage::kOpen ? 1 : 0);
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_inquire_sec_context_by_oid(OM_uint32 *minor_status,
                                                         const gss_ctx_id_t context_handle,
                                                         const gss_OID desired_object,
                                                         gss_buffer_set_t *data_set) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(data_set);
    CredsspContext *context = ContextOf(context_handle);
    if (context == nullptr) return Status::kNoContext;
    if (data_set == nullptr) return Status::kNullArgument;
    for (const InquiryRow &row : kInquiries) {
      if (!Is(desired_object, row.oid)) continue;
      const Error error =
          context->WithLock([&](CredsspContext *locked) { return row.give(locked, data_set); });
      if (error) DropBuffers(data_set);
      return error;
    }
    return Status::kCredsspUnavailable;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_set_sec_context_option(OM_uint32 *minor_status,
                                                     gss_ctx_id_t *context_handle,
                                                     const gss_OID desired_object,
                                                     const gss_buffer_t value) {
  return Guard(minor_status, [&]() -> Outcome {
    CredsspContext *context = context_handle != nullptr ? ContextOf(*context_handle) : nullptr;
    if (context == nullptr) return Status::kNoContext;
    for (const OptionRow &row : kOptions) {
      if (!Is(desired_object, row.oid)) continue;
      return context->WithLock(
          [&](CredsspContext *locked) { return row.set(locked, ViewOf(value)); });
    }
    return Status::kCredsspUnavailable;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_export_sec_context(OM_uint32 *minor_status,
                                                 gss_ctx_id_t *context_handle,
                                                 gss_buffer_t interprocess_token) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(interprocess_token);
    if (context_handle == nullptr || ContextOf(*context_handle) == nullptr) {
      return Status::kNoContext;
    }
    return Fail(Status::kCredsspUnavailable, "contexts cannot be moved (C49)");
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
