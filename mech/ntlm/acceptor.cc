// SPDX-License-Identifier: MIT
#include "ntlm/acceptor.h"

#include "core/utf16.h"
#include "ntlm/challenge_message.h"
#include "ntlm/negotiate_message.h"
#include "ntlm/oem.h"
#include "ntlm/responses.h"
#include "ntlm/session_keys.h"
#include "ntlm/strength.h"
#include "ntlm/time_skew.h"

namespace gss_sspi::ntlm {
namespace {

// What an initiator may have when it asks for it (N303).
constexpr Flags kGranted = kUnicode | kRequestTarget | kSign | kSeal | kNtlm | kAlwaysSign |
                           kExtendedSessionSecurity | kIdentify | k128 | kKeyExch | k56;

// The same when nothing was asked: the initiator of a connectionless exchange chooses (N350).
constexpr Flags kDatagramOffer = (kGranted & ~kIdentify) | kOem | kDatagram;

constexpr size_t kTimestampPairSize = kAvHeaderSize + 8;

// LM_KEY is of use to LM responses alone, and never beside extended session security (2.2.2.5 G).
bool GrantsLmKey(Flags flags, const Policy &policy) {
  return policy.acceptor_level <= 1 && (flags & kExtendedSessionSecurity) == 0;
}

// N305. kSign and kSeal of the minimum are required as such.
Error CheckMinimum(Flags flags, const Policy &policy) {
  const Flags unprotected = policy.acceptor_minimum & ~flags & (kSign | kSeal);
  const char *missing = (unprotected & kSeal) != 0 ? "sealing"
                        : (unprotected & kSign) != 0
                            ? "signing"
                            : MissingStrength(flags, policy.acceptor_minimum);
  if (missing == nullptr) return kSuccess;
  return Fail(Status::kStrengthRefused,
              "the client offers no %s, which is required here (acceptor_minimum_security, "
              "NtlmMinServerSec)",
              missing);
}

Result<Flags> FlagsToAnswer(Flags offered, const ServerNames &names, const Policy &policy) {
  if ((offered & (kUnicode | kOem)) == 0) {
    return Fail(Status::kDefectiveToken, "NEGOTIATE: neither UNICODE nor OEM is set");
  }
  if ((offered & kDatagram) != 0) {
    return Fail(Status::kUnexpectedToken,
                "NEGOTIATE: connectionless (DATAGRAM) exchanges have none");
  }
  Flags flags = (offered & kGranted) | kNtlm | kTargetInfo | kVersion;
  if (GrantsLmKey(flags, policy)) flags |= offered & kLmKey;
  // 2.2.2.5 H: with both set, Unicode is used.
  if ((offered & kUnicode) == 0) flags |= kOem;
  if (Error error = CheckMinimum(flags, policy)) return error;
  return flags | names.target_type();
}

// N304.
Error CheckFlags(Flags answered, Flags challenged) {
  const Flags changed =
      ((answered ^ challenged) & kAgreedFlags) | (answered & ~challenged & ~kMessageFlags);
  if (changed == 0) return kSuccess;
  return Fail(Status::kFlagsChanged, "AUTHENTICATE: flags 0x%08x after CHALLENGE with 0x%08x",
              answered, challenged);
}

// Without a NEGOTIATE the initiator chooses among what the CHALLENGE offers (N350).
Error CheckDatagramFlags(Flags answered, Flags challenged) {
  const Flags foreign = answered & ~challenged & ~kMessageFlags;
  if (foreign != 0 || (answered & kDatagram) == 0) {
    return Fail(Status::kFlagsChanged, "AUTHENTICATE: flags 0x%08x after a CHALLENGE with 0x%08x",
                answered, challenged);
  }
  if ((answered & (kUnicode | kOem)) != 0) return kSuccess;
  return Fail(Status::kDefectiveToken, "AUTHENTICATE: neither UNICODE nor OEM is set");
}

// The text of an AUTHENTICATE in UTF-16LE. What came as OEM is converted into `oem`.
struct ClaimText {
  Buffer oem;
  ByteView domain, user, workstation;
};

Error CheckText(ByteView text, size_t limit, const char *field) {
  if (text.size() > 2 * limit) {
    return Fail(Status::kDefectiveToken, "AUTHENTICATE: %s is longer than %zu characters", field,
                limit);
  }
  if (Utf8LengthOf(text) == kInvalidText) {
    return Fail(Status::kDefectiveToken, "AUTHENTICATE: %s is not well-formed UTF-16", field);
  }
  return kSuccess;
}

Result<ClaimText> TextOfMessage(const AuthenticateMessage &message) {
  ClaimText text;
  text.domain = message.domain_name;
  text.user = message.user_name;
  text.workstation = message.workstation;
  if ((message.negotiate_flags & kUnicode) == 0) {
    if (!text.oem.Resize(2 * (text.domain.size() + text.user.size() + text.workstation.size()))) {
      return Status::kNoMemory;
    }
    Writer writer(text.oem.span());
    for (ByteView *field : {&text.domain, &text.user, &text.workstation}) {
      const MutableBytes place = writer.Take(2 * field->size());
      if (!OemToUtf16(*field, place)) {
        return Fail(Status::kDefectiveToken, "AUTHENTICATE: OEM text is not ASCII");
      }
      *field = place;
    }
  }
  if (Error error = CheckText(text.user, Limits::kUser, "UserName")) return error;
  if (Error error = CheckText(text.domain, Limits::kDomain, "DomainName")) return error;
  if (Error error = CheckText(text.workstation, Limits::kWorkstation, "Workstation")) return error;
  return text;
}

// Nobody's answer: no user, no NT response, and at most one octet of LM response (N352).
bool IsAnonymous(const AuthenticateMessage &message) {
  return message.user_name.empty() && message.nt_challenge_response.empty() &&
         message.lm_challenge_response.size() <= 1;
}

struct FormRow {
  ResponseForm form;
  const char *name;
  LmLevel highest_level;  // at which the acceptor takes it (section 3.2 of the requirements)
};
constexpr FormRow kForms[] = {
    {ResponseForm::kLmOnly, "an LM response only", 1},
    {ResponseForm::kNtlmV1, "an NTLMv1 response", 2},
    {ResponseForm::kNtlmV1Ess, "an NTLMv1 response (with extended session security)", 2},
    {ResponseForm::kNtlmV2, "an NTLMv2 response", kMaxLmLevel},
};

Result<ResponseForm> FormOf(const AuthenticateMessage &message) {
  const size_t lm = message.lm_challenge_response.size();
  const size_t nt = message.nt_challenge_response.size();
  const bool ess = (message.negotiate_flags & kExtendedSessionSecurity) != 0;
  if (nt > kV1ResponseSize) return ResponseForm::kNtlmV2;
  if (nt == kV1ResponseSize) {
    if (!ess) return ResponseForm::kNtlmV1;
    if (lm == kV1ResponseSize) return ResponseForm::kNtlmV1Ess;
  }
  if (nt == 0 && lm == kV1ResponseSize) return ResponseForm::kLmOnly;
  return Fail(Status::kDefectiveToken,
              "AUTHENTICATE: responses of %zu and %zu octets are of no known form", lm, nt);
}

// N310, N352: which kinds of answer are judged at all.
Result<ResponseForm> PermittedForm(const AuthenticateMessage &message, const Policy &policy) {
  if (message.user_name.empty() || (message.negotiate_flags & kAnonymous) != 0) {
    return Fail(Status::kResponseRefused, "a response of an anonymous user");
  }
  const auto form = FormOf(message);
  if (!form) return form;
  for (const FormRow &row : kForms) {
    if (row.form != *form || policy.acceptor_level <= row.highest_level) continue;
    return Fail(Status::kResponseRefused,
                "the client sent %s; acceptor_lm_level %u takes NTLMv2%s (the client's "
                "LmCompatibilityLevel must be 3 or higher)",
                row.name, policy.acceptor_level, policy.acceptor_level == 2 ? " and NTLMv1" : "");
  }
  return form;
}

// What the forms without AV_PAIRs cannot have, and a policy may insist on.
Error RefuseWithoutPairs(const Policy &policy) {
  if (policy.require_mic == RequireMic::kAlways) {
    return Fail(Status::kMicMissing, "policy requires one, and NTLMv1 has none");
  }
  if (policy.require_bindings == RequireBindings::kAlways) {
    return Fail(Status::kBindingsAbsent, "policy: always, and NTLMv1 has none");
  }
  return kSuccess;
}

// The session key: the initiator's own one, or the KeyExchangeKey.
Result<ExportedSessionKey> SessionKeyOf(Flags flags, const AuthenticateMessage &message,
                                        const KeyExchangeKey &exchange_key) {
  ExportedSessionKey key;
  if (!SendsSessionKey(flags)) {
    Copy(key.span(), exchange_key.view());
    return key;
  }
  const ByteView encrypted = message.encrypted_random_session_key;
  if (encrypted.size() != key.kSize) {
    return Fail(Status::kDefectiveToken,
                "AUTHENTICATE: EncryptedRandomSessionKey has %zu octets instead of 16",
                encrypted.size());
  }
  ExchangeKey(exchange_key, encrypted.first<16>(), key.span());
  return key;
}

bool MicIsRequired(const Ntlmv2Response &response, RequireMic policy) {
  switch (policy) {
    case RequireMic::kAlways:
      return true;
    case RequireMic::kWhenTimestamp:
      return response.av_pairs.timestamp().has_value();
    case RequireMic::kIfFlagged:
      return false;
  }
  return true;
}

// N322: what the client repeats of our names and our time is what we sent.
Error CheckEcho(const AvPairs &sent, const AvPairs &repeated) {
  for (AvId id : {AvId::kNbComputerName, AvId::kNbDomainName, AvId::kDnsComputerName,
                  AvId::kDnsDomainName, AvId::kDnsTreeName, AvId::kTimestamp}) {
    const auto ours = sent.Find(id);
    const auto theirs = repeated.Find(id);
    if (ours.has_value() != theirs.has_value() || (ours && !Equal(*ours, *theirs))) {
      return Fail(Status::kTargetInfoChanged, "AUTHENTICATE: AV_PAIR %u is not as it was sent",
                  static_cast<unsigned>(id));
    }
  }
  return kSuccess;
}

// N328. True when both sides gave bindings and they are equal.
Result<bool> CheckBindings(const AvPairs &pairs, const std::optional<ChannelBindingsHash> &ours,
                           RequireBindings policy) {
  if (policy == RequireBindings::kNever) return false;
  if (!ours) {
    if (policy != RequireBindings::kAlways) return false;
    return Fail(Status::kBindingsAbsent, "policy: always, and this program gives none to compare");
  }
  static constexpr ChannelBindingsHash kNone{};
  const auto theirs = pairs.Find(AvId::kChannelBindings);
  if (!theirs || Equal(*theirs, kNone)) {
    if (policy != RequireBindings::kAlways) return false;
    return Fail(Status::kBindingsAbsent, "policy: always");
  }
  if (!ConstantTimeEqual(*theirs, *ours)) return Status::kBindingsDiffer;
  return true;
}

// N326: the SPN, as an attribute of the initiator. None when the client itself does not trust it,
// and none that is not text: such a one names no service.
Error AddTargetName(const AvPairs &pairs, Identity *initiator) {
  const auto name = pairs.Find(AvId::kTargetName);
  if (!name || name->empty() || (pairs.flags() & kAvFlagUntrustedSpn) != 0) return kSuccess;
  const size_t size = Utf8LengthOf(*name);
  if (size > UINT16_MAX) return kSuccess;
  if (!initiator->attributes) initiator->attributes = MakeShared<Attributes>();
  const auto write = [&](MutableBytes place) {
    Utf16ToUtf8(*name, {reinterpret_cast<char *>(place.data()), place.size()});
  };
  if (initiator->attributes && initiator->attributes->AddInPlace(attribute::kTarget, size, write)) {
    return kSuccess;
  }
  return Status::kNoMemory;
}

// N352. Nothing is proven, so nothing can be protected, unless the policy wants it so.
Result<Acceptance> AcceptNobody(Flags agreed, const AuthenticateMessage &message,
                                const Policy &policy) {
  if (!policy.accept_anonymous) {
    return Fail(Status::kResponseRefused, "anonymous logon is not permitted (accept_anonymous)");
  }
  if (Error error = RefuseWithoutPairs(policy)) return error;
  Acceptance acceptance;
  acceptance.anonymous = true;
  acceptance.agreement.flags =
      policy.anonymous_session_key ? agreed : agreed & ~(kSign | kSeal | kAlwaysSign);
  auto key = SessionKeyOf(agreed, message, KeyExchangeKey());
  if (!key) return key.error();
  acceptance.agreement.session_key = std::move(*key);
  return acceptance;
}

}  // namespace

Error Acceptor::Challenge(ByteView negotiate_token, const ServerNames &names,
                          const Environment &environment, const Policy &policy,
                          Buffer *challenge_token) {
  if (stage_ != Stage::kStart) return Fail(Status::kUnexpectedToken, "CHALLENGE was sent already");
  stage_ = Stage::kOver;
  const auto negotiate = NegotiateMessage::Parse(negotiate_token);
  if (!negotiate) return negotiate.error();
  const auto flags = FlagsToAnswer(negotiate->negotiate_flags, names, policy);
  if (!flags) return flags.error();
  negotiate_has_trailing_octets_ = negotiate->trailing_octets;
  return SendChallenge(*flags, negotiate_token, names, environment, challenge_token);
}

Error Acceptor::ChallengeDatagram(const ServerNames &names, const Environment &environment,
                                  const Policy &policy, Buffer *challenge_token) {
  if (stage_ != Stage::kStart) return Fail(Status::kUnexpectedToken, "CHALLENGE was sent already");
  stage_ = Stage::kOver;
  Flags flags = kDatagramOffer | kTargetInfo | kVersion | names.target_type();
  if (policy.acceptor_level <= 1) flags |= kLmKey;
  return SendChallenge(flags, {}, names, environment, challenge_token);
}

Error Acceptor::SendChallenge(Flags flags, ByteView negotiate_token, const ServerNames &names,
                              const Environment &environment, Buffer *challenge_token) {
  std::array<uint8_t, kServerChallengeSize> server_challenge;
  if (Error error = environment.random(server_challenge)) return error;
  if (!grants_lm_key_) flags &= ~kLmKey;
  const ByteView target_name = names.target_name(flags);
  const size_t info_size = names.av_pairs().size() + kTimestampPairSize + kAvHeaderSize;
  // TargetInfo is last, and is written in place behind the rest.
  ChallengeMessage challenge{flags, target_name, server_challenge, {}};
  const size_t info_offset = challenge.BuiltSize();
  if (!challenge_token->Resize(info_offset + info_size)) return Status::kNoMemory;
  const MutableBytes info = challenge_token->span().subspan(info_offset);
  Writer writer(info);
  writer.Bytes(names.av_pairs());
  PutAvHeader(&writer, AvId::kTimestamp, 8);
  writer.U64(environment.now());
  PutAvHeader(&writer, AvId::kEol, 0);
  challenge.target_info = info;
  challenge.Build(challenge_token->span());

  if (!transcript_.Resize(negotiate_token.size() + challenge_token->size()))
    return Status::kNoMemory;
  Copy(transcript_.span(), negotiate_token);
  Copy(transcript_.span().subspan(negotiate_token.size()), challenge_token->view());
  negotiate_size_ = negotiate_token.size();
  flags_ = flags;
  stage_ = Stage::kAwaitsAuthenticate;
  return kSuccess;
}

Result<Acceptance> Acceptor::Authenticate(ByteView authenticate_token,
                                          const AcceptorRequest &request,
                                          const AcceptorVerifier &verifier,
                                          const Environment &environment, const Policy &policy) {
  if (stage_ != Stage::kAwaitsAuthenticate) {
    return Fail(Status::kUnexpectedToken, "no AUTHENTICATE is expected");
  }
  stage_ = Stage::kOver;
  auto acceptance = Judge(authenticate_token, request, verifier, environment, policy);
  transcript_.Clear();
  return acceptance;
}

Result<Flags> Acceptor::AgreedFlags(const AuthenticateMessage &message,
                                    const Policy &policy) const {
  const Flags answered = message.negotiate_flags;
  const bool datagram = (flags_ & kDatagram) != 0;
  if (Error error =
          datagram ? CheckDatagramFlags(answered, flags_) : CheckFlags(answered, flags_)) {
    return error;
  }
  Flags agreed = answered & flags_;
  if (datagram) {
    if (!GrantsLmKey(agreed, policy)) agreed &= ~kLmKey;
    if (Error error = CheckMinimum(agreed, policy)) return error;
  }
  return agreed;
}

// [MS-NLMP] 3.2.5.1.2. The order matters: the proof first, then the MIC, and only then a look at
// what they protect.
Result<Acceptance> Acceptor::Judge(ByteView authenticate_token, const AcceptorRequest &request,
                                   const AcceptorVerifier &verifier, const Environment &environment,
                                   const Policy &policy) const {
  if (authenticate_token.size() > policy.max_token) return Status::kTokenTooLarge;
  const auto message = AuthenticateMessage::Parse(authenticate_token);
  if (!message) return message.error();
  const auto agreed = AgreedFlags(*message, policy);
  if (!agreed) return agreed.error();
  if (IsAnonymous(*message)) {
    if (Error error = RefuseUncoveredOctets(*message)) return error;
    return AcceptNobody(*agreed, *message, policy);
  }
  const auto form = PermittedForm(*message, policy);
  if (!form) return form.error();
  const auto text = TextOfMessage(*message);
  if (!text) return text.error();
  Ntlmv2Response response;
  if (*form == ResponseForm::kNtlmV2) {
    const auto parsed = Ntlmv2Response::Parse(message->nt_challenge_response);
    if (!parsed) return parsed.error();
    response = *parsed;
  }

  const auto sent = ChallengeMessage::Parse(challenge());
  if (!sent) return sent.error();
  auto logon =
      verifier.Verify({text->user, text->domain, text->workstation, sent->server_challenge, *form,
                       message->lm_challenge_response, message->nt_challenge_response});
  if (!logon) return logon.error();
  const auto exchange_key =
      KXKEY(*agreed, *form, logon->keys, message->lm_challenge_response, sent->server_challenge);
  if (!exchange_key) return exchange_key.error();
  auto session_key = SessionKeyOf(*agreed, *message, *exchange_key);
  if (!session_key) return session_key.error();
  Acceptance acceptance;
  acceptance.agreement.flags = *agreed;
  acceptance.agreement.session_key = std::move(*session_key);
  acceptance.initiator = std::move(logon->identity);

  Error error = *form == ResponseForm::kNtlmV2
                    ? JudgeV2(authenticate_token, *message, response, *sent, request, environment,
                              policy, &acceptance)
                    : RefuseWithoutPairs(policy);
  if (!error && *form != ResponseForm::kNtlmV2) error = RefuseUncoveredOctets(*message);
  if (error) return error;
  return acceptance;
}

// What only NTLMv2 carries beside the proof.
Error Acceptor::JudgeV2(ByteView token, const AuthenticateMessage &message,
                        const Ntlmv2Response &response, const ChallengeMessage &sent,
                        const AcceptorRequest &request, const Environment &environment,
                        const Policy &policy, Acceptance *acceptance) const {
  if (Error error = CheckMic(token, message, response, acceptance->agreement.session_key, policy)) {
    return error;
  }
  const auto sent_pairs = AvPairs::Parse(sent.target_info, "CHALLENGE");
  if (!sent_pairs) return sent_pairs.error();
  if (Error error = CheckEcho(*sent_pairs, response.av_pairs)) return error;
  if (Error error = CheckTimeSkew(response.timestamp, environment.now())) return error;
  const auto bound =
      CheckBindings(response.av_pairs, request.channel_bindings, policy.require_bindings);
  if (!bound) return bound.error();
  acceptance->channel_bound = *bound;
  return AddTargetName(response.av_pairs, &acceptance->initiator);
}

// N346: octets that no field names are taken only when a MIC covers them.
Error Acceptor::RefuseUncoveredOctets(const AuthenticateMessage &message) const {
  if (!negotiate_has_trailing_octets_ && !message.trailing_octets) return kSuccess;
  return Fail(Status::kDefectiveToken, "octets behind the payload, and no MIC that covers them");
}

// N317, N319.
Error Acceptor::CheckMic(ByteView token, const AuthenticateMessage &message,
                         const Ntlmv2Response &response, const ExportedSessionKey &key,
                         const Policy &policy) const {
  if ((response.av_pairs.flags() & kAvFlagMicPresent) == 0) {
    if (MicIsRequired(response, policy.require_mic)) {
      return Fail(Status::kMicMissing, "policy requires one");
    }
    return RefuseUncoveredOctets(message);
  }
  if (message.mic_offset == 0) {
    return Fail(Status::kMicMissing,
                "MsvAvFlags announces one, but the message has no room for it");
  }
  const Mic expected = ComputeMic(key, negotiate(), challenge(), token, message.mic_offset);
  if (!ConstantTimeEqual(expected, token.subspan(message.mic_offset, kMicSize))) {
    return Status::kMicWrong;
  }
  return kSuccess;
}

}  // namespace gss_sspi::ntlm
