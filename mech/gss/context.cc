// SPDX-License-Identifier: MIT
#include "gss/context.h"

#include "core/environment.h"
#include "core/log.h"
#include "gss/channel_bindings.h"
#include "gss/mit_gssapi.h"
#include "gss/name_codec.h"

namespace gss_sspi::gss {
namespace {

constexpr uint8_t kExportVersion = 1;

// N502: GSS_C_DATAGRAM_FLAG of gssapi_ntlmssp.h.
constexpr OM_uint32 kDatagramFlag = 0x10000;

// N302: which protection the request flags of RFC 2744 mean.
struct RequestRow {
  OM_uint32 request;
  ntlm::Flags protection;
};
constexpr RequestRow kRequests[] = {
    {GSS_C_INTEG_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG, ntlm::kSign},
    {GSS_C_CONF_FLAG, ntlm::kSign | ntlm::kSeal},
    {GSS_C_IDENTIFY_FLAG, ntlm::kIdentify},
};

// N308: what of the negotiated flags callers are told.
struct AnswerRow {
  ntlm::Flags negotiated;
  OM_uint32 answer;
};
constexpr AnswerRow kAnswers[] = {
    {ntlm::kSign, GSS_C_INTEG_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG},
    {ntlm::kSeal, GSS_C_CONF_FLAG},
    {ntlm::kIdentify, GSS_C_IDENTIFY_FLAG},
};

ntlm::Flags ProtectionFor(OM_uint32 request_flags) {
  ntlm::Flags protection = 0;
  for (const RequestRow &row : kRequests) {
    if ((request_flags & row.request) != 0) protection |= row.protection;
  }
  return protection;
}

// What is refused rather than granted in part: the caller relies on it.
Error CheckRequest(OM_uint32 request_flags) {
  if ((request_flags & GSS_C_ANON_FLAG) != 0) {
    return Fail(Status::kNotSupported, "anonymous authentication (GSS_C_ANON_FLAG)");
  }
  if ((request_flags & kDatagramFlag) != 0) {
    return Fail(Status::kNotSupported, "connectionless authentication (GSS_C_DATAGRAM_FLAG)");
  }
  return kSuccess;
}

}  // namespace

Result<Owned<Context>> Context::Initiating(Ref<Credential> credential, const Name &target,
                                           OM_uint32 request_flags) {
  auto target_name = target.Duplicate();
  if (!target_name) return target_name.error();
  Owned<Context> context = Make<Context>(true, request_flags);
  if (!context) return Status::kNoMemory;
  context->credential_ = std::move(credential);
  context->acceptor_name_ = std::move(*target_name);
  return context;
}

Result<Owned<Context>> Context::Accepting(Ref<Credential> credential) {
  Owned<Context> context = Make<Context>(false, 0U);
  if (!context) return Status::kNoMemory;
  context->credential_ = std::move(credential);
  return context;
}

Error Context::NotOpen() const {
  return Error{stage_ == Stage::kFailed ? Status::kContextFailed : Status::kContextNotOpen};
}

void Context::Open(ntlm::Agreement agreement, bool channel_bound) {
  flags_ = GSS_C_PROT_READY_FLAG | GSS_C_TRANS_FLAG | (request_flags_ & GSS_C_DCE_STYLE);
  for (const AnswerRow &row : kAnswers) {
    if ((agreement.flags & row.negotiated) != 0) flags_ |= row.answer;
  }
  if (channel_bound) flags_ |= GSS_C_CHANNEL_BOUND_FLAG;
  session_.Start(std::move(agreement), initiates_ ? ntlm::Sender::kClient : ntlm::Sender::kServer);
  stage_ = Stage::kOpen;
}

Error Context::Initiate(ByteView input, gss_channel_bindings_t bindings, Buffer *output) {
  const MutexLock lock(mutex_);
  if (stage_ == Stage::kFailed || !initiates_) return Status::kContextFailed;
  if (stage_ == Stage::kOpen) return Fail(Status::kUnexpectedToken, "the context is established");
  const Error error = InitiateLeg(input, bindings, output);
  if (error) {
    stage_ = Stage::kFailed;
    LogFailure("initiate", error);
  }
  return error;
}

Error Context::InitiateLeg(ByteView input, gss_channel_bindings_t bindings, Buffer *output) {
  if (input.empty()) {
    if (Error error = CheckRequest(request_flags_)) return error;
    if (!output->Resize(ntlm::NegotiateMessage::kSize)) return Status::kNoMemory;
    return initiator_.Negotiate(ProtectionFor(request_flags_),
                                output->span().first<ntlm::NegotiateMessage::kSize>());
  }
  ntlm::InitiatorRequest request;
  request.target_name = acceptor_name_->TargetName();
  request.channel_bindings = HashOf(bindings);
  auto agreement = initiator_.Authenticate(input, request, *credential_->initiator(),
                                           SystemEnvironment(), output);
  if (!agreement) return agreement.error();
  Open(std::move(*agreement), false);
  return kSuccess;
}

Error Context::Accept(ByteView input, gss_channel_bindings_t bindings, Buffer *output) {
  const MutexLock lock(mutex_);
  if (stage_ == Stage::kFailed || initiates_) return Status::kContextFailed;
  if (stage_ == Stage::kOpen) return Fail(Status::kUnexpectedToken, "the context is established");
  const Error error = AcceptLeg(input, bindings, output);
  if (error) {
    stage_ = Stage::kFailed;
    LogFailure("accept", error);
  }
  return error;
}

Error Context::AcceptLeg(ByteView input, gss_channel_bindings_t bindings, Buffer *output) {
  const Credential::AcceptorSide &side = *credential_->acceptor();
  if (!acceptor_.started()) {
    return acceptor_.Challenge(input, side.names, SystemEnvironment(), output);
  }
  auto accepted = acceptor_.Authenticate(input, {HashOf(bindings)}, side.verifier,
                                         SystemEnvironment(), credential_->policy());
  if (!accepted) return accepted.error();
  auto name = Name::OfUser(accepted->initiator.domain(), accepted->initiator.user());
  if (!name) return name.error();
  initiator_name_ = std::move(*name);
  Open(std::move(accepted->agreement), accepted->channel_bound);
  return kSuccess;
}

Error Context::GetFacts(bool with_names, Facts *facts) {
  const MutexLock lock(mutex_);
  if (stage_ == Stage::kFailed) return NotOpen();
  facts->stage = stage_;
  facts->initiates = initiates_;
  facts->sends_mic = initiates_ && stage_ == Stage::kOpen;
  facts->flags = flags_;
  if (!with_names) return kSuccess;
  struct Side {
    const Name *own;
    bool ours;
    Owned<Name> *copy;
  };
  const Side sides[] = {{initiator_name_.get(), initiates_, &facts->initiator},
                        {acceptor_name_.get(), !initiates_, &facts->acceptor}};
  for (const Side &side : sides) {
    const Name *name = side.own;
    if (name == nullptr && side.ours && credential_) name = &credential_->name();
    if (name == nullptr) continue;
    auto copy = name->Duplicate();
    if (!copy) return copy.error();
    *side.copy = std::move(*copy);
  }
  return kSuccess;
}

Result<Buffer> Context::Export() {
  Facts facts;
  if (Error error = GetFacts(true, &facts)) return error;
  const MutexLock lock(mutex_);
  if (stage_ != Stage::kOpen) return NotOpen();
  Secret<ntlm::Session::kSavedSize> saved;
  session_.Save(saved.span());
  const auto fields = [&](auto &sink) {
    sink.U8(kExportVersion);
    sink.U8(initiates_ ? 1 : 0);
    sink.U32(flags_);
    sink.U32(session_.flags());
    sink.Bytes(session_.session_key().view());
    sink.Bytes(saved.view());
    PutName(sink, *facts.initiator);
    PutName(sink, *facts.acceptor);
  };
  Buffer octets;
  if (!Serialize(fields, &octets)) return Status::kNoMemory;
  return octets;
}

Result<Owned<Context>> Context::Import(ByteView octets) {
  Reader reader(octets);
  const uint8_t version = reader.U8();
  const uint8_t initiates = reader.U8();
  const OM_uint32 flags = reader.U32();
  ntlm::Agreement agreement;
  agreement.flags = reader.U32();
  Copy(agreement.session_key.span(), reader.Array<16>());
  const auto saved = reader.Array<ntlm::Session::kSavedSize>();
  if (reader.failed() || version != kExportVersion || initiates > 1) {
    return Fail(Status::kDefectiveToken, "not a context that this version exported");
  }
  auto initiator = TakeName(&reader);
  if (!initiator) return initiator.error();
  auto acceptor = TakeName(&reader);
  if (!acceptor) return acceptor.error();
  if (!reader.rest().empty())
    return Fail(Status::kDefectiveToken, "an exported context is too long");

  Owned<Context> context = Make<Context>(initiates == 1, flags & GSS_C_DCE_STYLE);
  if (!context) return Status::kNoMemory;
  context->Open(std::move(agreement), (flags & GSS_C_CHANNEL_BOUND_FLAG) != 0);
  if (context->flags_ != flags || !context->session_.Load(saved)) {
    return Fail(Status::kDefectiveToken, "an exported context contradicts itself");
  }
  context->initiator_name_ = std::move(*initiator);
  context->acceptor_name_ = std::move(*acceptor);
  return context;
}

}  // namespace gss_sspi::gss
