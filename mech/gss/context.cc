// SPDX-License-Identifier: MIT
#include "gss/context.h"

#include "core/environment.h"
#include "core/log.h"
#include "cred/own_challenges.h"
#include "gss/channel_bindings.h"
#include "gss/decisions.h"
#include "gss/mit_gssapi.h"
#include "gss/name_codec.h"

namespace gss_sspi::gss {
namespace {

constexpr uint8_t kExportVersion = 2;

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
    {ntlm::kDatagram, GSS_C_DATAGRAM_FLAG},
};

// What SIGN brings along.
constexpr OM_uint32 kOrder = GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG;

// What the negotiated flags do not say, and callers are told.
constexpr OM_uint32 kFurtherFlags = GSS_C_CHANNEL_BOUND_FLAG | GSS_C_ANON_FLAG;

ntlm::Flags ProtectionFor(OM_uint32 request_flags) {
  ntlm::Flags protection = 0;
  for (const RequestRow &row : kRequests) {
    if ((request_flags & row.request) != 0) protection |= row.protection;
  }
  return protection;
}

// N352: nobody's messages cannot be protected. Integrity is left out, as the answer's flags say,
// because SPNEGO asks for it always; who asks for secrecy must not get less.
Result<ntlm::Flags> ProtectionForNobody(ntlm::Flags protection, const Policy &policy) {
  if (policy.anonymous_session_key) return protection;
  if ((protection & ntlm::kSeal) != 0) {
    return Fail(Status::kProtectionNotAgreed,
                "an anonymous context has no confidentiality (anonymous_session_key)");
  }
  return protection & ~ntlm::kSign;
}

// The SPN that the client meant; empty for none.
std::string_view TargetOf(const ntlm::Identity &initiator) {
  return initiator.attributes ? initiator.attributes->Find(ntlm::attribute::kTarget)
                              : std::string_view();
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

Result<Owned<Context>> Context::AcceptingDatagram() {
  Owned<Context> context = Make<Context>(false, 0U);
  if (!context) return Status::kNoMemory;
  context->datagram_ = true;
  return context;
}

bool Context::NeedsCredential() {
  if (!datagram_) return false;
  const MutexLock lock(mutex_);
  return stage_ == Stage::kHalfOpen && !initiates_ && !credential_;
}

void Context::GiveCredential(Ref<Credential> credential) {
  const MutexLock lock(mutex_);
  if (!credential_) credential_ = std::move(credential);
}

Error Context::NotOpen() const {
  return Error{stage_ == Stage::kFailed ? Status::kContextFailed : Status::kContextNotOpen};
}

void Context::Open(ntlm::Agreement agreement, OM_uint32 further_flags) {
  flags_ = GSS_C_PROT_READY_FLAG | GSS_C_TRANS_FLAG | (request_flags_ & GSS_C_DCE_STYLE);
  for (const AnswerRow &row : kAnswers) {
    if ((agreement.flags & row.negotiated) != 0) flags_ |= row.answer;
  }
  // Datagrams may be lost, repeated and reordered (N351).
  if ((flags_ & GSS_C_DATAGRAM_FLAG) != 0) flags_ &= ~kOrder;
  flags_ |= further_flags;
  session_.Start(std::move(agreement), initiates_ ? ntlm::Sender::kClient : ntlm::Sender::kServer);
  stage_ = Stage::kOpen;
}

Error Context::Initiate(ByteView input, gss_channel_bindings_t bindings, Buffer *output,
                        Facts *facts) {
  const MutexLock lock(mutex_);
  if (stage_ == Stage::kFailed || !initiates_) return Status::kContextFailed;
  if (stage_ == Stage::kOpen) return Fail(Status::kUnexpectedToken, "the context is established");
  Error error = InitiateLeg(input, bindings, output);
  if (!error) error = FillFacts(facts);
  if (error) {
    stage_ = Stage::kFailed;
    LogFailure("initiate", error);
  }
  return error;
}

// The first leg.
Error Context::BeginInitiating(Buffer *output) {
  const Policy &policy = credential_->policy();
  if (Error error = CheckOutgoing(policy, acceptor_name_->TargetName())) return error;
  ntlm::InitiatorOffer offer;
  // Cyrus SASL asks for SEQUENCE also where it wants no layer; alone that must not mean SIGN, which
  // domain controllers refuse over TLS.
  offer.protection =
      ProtectionFor(credential_->forgoes_protection() ? request_flags_ & ~kOrder : request_flags_);
  offer.instead = credential_->offer_instead();
  if (credential_->initiator()->anonymous()) {
    const auto less = ProtectionForNobody(offer.protection, policy);
    if (!less) return less.error();
    offer.protection = *less;
  }
  if ((request_flags_ & GSS_C_DATAGRAM_FLAG) != 0) return initiator_.BeginDatagram(offer, policy);
  if (!output->Resize(ntlm::NegotiateMessage::kSize)) return Status::kNoMemory;
  return initiator_.Negotiate(offer, policy, output->span().first<ntlm::NegotiateMessage::kSize>());
}

Error Context::InitiateLeg(ByteView input, gss_channel_bindings_t bindings, Buffer *output) {
  if (input.empty()) return BeginInitiating(output);
  ntlm::InitiatorRequest request;
  request.target_name = acceptor_name_->TargetName();
  request.channel_bindings = HashOf(bindings);
  const ntlm::InitiatorCredential &credential = *credential_->initiator();
  if (credential_->policy().refuse_own_challenges && !credential_->is_explicit()) {
    request.is_own_challenge = cred::IsOwnChallenge;
  }
  auto done = initiator_.Authenticate(input, request, credential, SystemEnvironment(),
                                      credential_->policy(), output);
  if (!done) return done.error();
  sends_mic_ = done->has_mic;
  Open(std::move(done->agreement), credential.anonymous() ? GSS_C_ANON_FLAG : 0);
  return kSuccess;
}

Error Context::Accept(ByteView input, gss_channel_bindings_t bindings, Buffer *output,
                      Facts *facts) {
  const MutexLock lock(mutex_);
  if (stage_ == Stage::kFailed || initiates_) return Status::kContextFailed;
  if (stage_ == Stage::kOpen) return Fail(Status::kUnexpectedToken, "the context is established");
  Error error = AcceptLeg(input, bindings, output);
  if (!error) error = FillFacts(facts);
  if (error) {
    stage_ = Stage::kFailed;
    LogFailure("accept", error);
  }
  return error;
}

// The first leg.
Error Context::BeginAccepting(ByteView input, Buffer *output) {
  const Policy &policy = credential_->policy();
  const ntlm::ServerNames &names = credential_->server_names();
  if (datagram_ && !input.empty()) {
    return Fail(Status::kUnexpectedToken, "a connectionless exchange begins with an empty token");
  }
  if (!credential_->verifier()->TellsLmKeys()) acceptor_.ForgoLmKeys();
  if (Error error = datagram_
                        ? acceptor_.ChallengeDatagram(names, SystemEnvironment(), policy, output)
                        : acceptor_.Challenge(input, names, SystemEnvironment(), policy, output)) {
    return error;
  }
  if (policy.refuse_own_challenges) cred::RememberOwnChallenge(acceptor_.server_challenge());
  return kSuccess;
}

Error Context::AcceptLeg(ByteView input, gss_channel_bindings_t bindings, Buffer *output) {
  if (!credential_) return Status::kNoCredential;
  const Policy &policy = credential_->policy();
  if (!acceptor_.started()) return BeginAccepting(input, output);
  ntlm::AcceptorRequest request;
  request.channel_bindings = HashOf(bindings);
  auto accepted =
      acceptor_.Authenticate(input, request, *credential_->verifier(), SystemEnvironment(), policy);
  if (!accepted) return accepted.error();
  if (Error error =
          CheckIncoming(policy, accepted->initiator.domain(), accepted->initiator.user())) {
    return error;
  }
  if (ChecksSpn(policy)) {
    if (Error error = CheckSpn(*credential_, TargetOf(accepted->initiator))) return error;
  }
  auto name = accepted->anonymous
                  ? Name::Anonymous()
                  : Name::OfUser(accepted->initiator.domain(), accepted->initiator.user());
  if (!name) return name.error();
  (*name)->SetAttributes(std::move(accepted->initiator.attributes));
  initiator_name_ = std::move(*name);
  Open(std::move(accepted->agreement), (accepted->channel_bound ? GSS_C_CHANNEL_BOUND_FLAG : 0) |
                                           (accepted->anonymous ? GSS_C_ANON_FLAG : 0));
  return kSuccess;
}

const Name *Context::initiator_name() const {
  if (initiator_name_ || !initiates_ || !credential_) return initiator_name_.get();
  return &credential_->name();
}

const Name *Context::acceptor_name() const {
  if (acceptor_name_ || initiates_ || !credential_) return acceptor_name_.get();
  return &credential_->name();
}

Error Context::FillFacts(Facts *facts) const {
  facts->stage = stage_;
  facts->initiates = initiates_;
  facts->sends_mic = sends_mic_;
  facts->flags = flags_;
  struct Copy {
    bool wanted;
    const Name *name;
    Owned<Name> *to;
  };
  const Copy copies[] = {{facts->wants_initiator, initiator_name(), &facts->initiator},
                         {facts->wants_acceptor, acceptor_name(), &facts->acceptor}};
  for (const Copy &copy : copies) {
    if (!copy.wanted || copy.name == nullptr) continue;
    auto made = copy.name->Duplicate();
    if (!made) return made.error();
    *copy.to = std::move(*made);
  }
  return kSuccess;
}

Error Context::GetFacts(Facts *facts) {
  const MutexLock lock(mutex_);
  if (stage_ == Stage::kFailed) return NotOpen();
  return FillFacts(facts);
}

Result<Buffer> Context::Export() {
  const MutexLock lock(mutex_);
  if (stage_ != Stage::kOpen) return NotOpen();
  const auto fields = [&](auto &sink) {
    sink.U8(kExportVersion);
    sink.U8(initiates_ ? 1 : 0);
    sink.U32(flags_);
    sink.U32(session_.flags());
    sink.Bytes(session_.session_key().view());
    session_.Save(sink);
    PutName(sink, *initiator_name());
    PutAttributes(sink, *initiator_name());
    PutName(sink, *acceptor_name());
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
  if (reader.failed() || version != kExportVersion || initiates > 1) {
    return Fail(Status::kDefectiveToken, "not a context that this version exported");
  }
  Owned<Context> context = Make<Context>(initiates == 1, flags & GSS_C_DCE_STYLE);
  if (!context) return Status::kNoMemory;
  context->Open(std::move(agreement), flags & kFurtherFlags);
  if (context->flags_ != flags || !context->session_.Load(&reader)) {
    return Fail(Status::kDefectiveToken, "an exported context contradicts itself");
  }
  auto initiator = TakeName(&reader);
  if (!initiator) return initiator.error();
  if (Error error = TakeAttributes(&reader, initiator->get())) return error;
  auto acceptor = TakeName(&reader);
  if (!acceptor) return acceptor.error();
  if (!reader.rest().empty())
    return Fail(Status::kDefectiveToken, "an exported context is too long");
  context->initiator_name_ = std::move(*initiator);
  context->acceptor_name_ = std::move(*acceptor);
  return context;
}

}  // namespace gss_sspi::gss
