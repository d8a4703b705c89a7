// SPDX-License-Identifier: MIT
#include "ntlm/acceptor.h"

#include "core/utf16.h"
#include "ntlm/challenge_message.h"
#include "ntlm/negotiate_message.h"
#include "ntlm/oem.h"
#include "ntlm/responses.h"
#include "ntlm/session_keys.h"
#include "ntlm/time_skew.h"

namespace gss_sspi::ntlm {
namespace {

// What an initiator may have when it asks for it (N303).
constexpr Flags kGranted = kUnicode | kRequestTarget | kSign | kSeal | kNtlm | kAlwaysSign |
                           kExtendedSessionSecurity | kIdentify | k128 | kKeyExch | k56;

constexpr size_t kTimestampPairSize = kAvHeaderSize + 8;

Result<Flags> FlagsToAnswer(Flags offered, const ServerNames &names) {
  if ((offered & (kUnicode | kOem)) == 0) {
    return Fail(Status::kDefectiveToken, "NEGOTIATE: neither UNICODE nor OEM is set");
  }
  if ((offered & kDatagram) != 0) {
    return Fail(Status::kNotSupported, "NEGOTIATE: connectionless (DATAGRAM) authentication");
  }
  Flags flags = (offered & kGranted) | kNtlm | kTargetInfo | kVersion;
  if ((offered & kUnicode) == 0) flags |= kOem;
  // 2.2.2.5 H: with both set, Unicode is used. N305: no protection below the minimum strength.
  if ((flags & (kSign | kSeal)) != 0 && (flags & kMinimumStrength) != kMinimumStrength) {
    return Fail(Status::kStrengthRefused,
                "the client wants protection without %s; it must offer extended session security "
                "and 128-bit keys (NtlmMinServerSec 0x20080000)",
                (flags & k128) == 0 ? "128-bit keys" : "extended session security");
  }
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

// N310, N352: which kinds of answer are judged at all.
Error CheckFormOfResponse(const AuthenticateMessage &message) {
  if (message.user_name.empty() || (message.negotiate_flags & kAnonymous) != 0) {
    return Fail(Status::kResponseRefused, "anonymous logon is not permitted");
  }
  if (message.nt_challenge_response.empty()) {
    return Fail(Status::kResponseRefused,
                "the client sent an LM response only; NTLMv2 is required (the client's "
                "LmCompatibilityLevel must be 3 or higher)");
  }
  if (message.nt_challenge_response.size() == kV1ResponseSize) {
    return Fail(Status::kResponseRefused,
                "the client sent an NTLMv1 response; NTLMv2 is required (the client's "
                "LmCompatibilityLevel must be 3 or higher)");
  }
  return kSuccess;
}

// The session key: the initiator's own one, or the SessionBaseKey.
Result<ExportedSessionKey> SessionKeyOf(Flags flags, const AuthenticateMessage &message,
                                        const SessionBaseKey &base_key) {
  ExportedSessionKey key;
  if (!SendsSessionKey(flags)) {
    Copy(key.span(), base_key.view());
    return key;
  }
  const ByteView encrypted = message.encrypted_random_session_key;
  if (encrypted.size() != key.kSize) {
    return Fail(Status::kDefectiveToken,
                "AUTHENTICATE: EncryptedRandomSessionKey has %zu octets instead of 16",
                encrypted.size());
  }
  ExchangeKey(base_key, encrypted.first<16>(), key.span());
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
  if (!ours || policy == RequireBindings::kNever) return false;
  static constexpr ChannelBindingsHash kNone{};
  const auto theirs = pairs.Find(AvId::kChannelBindings);
  if (!theirs || Equal(*theirs, kNone)) {
    if (policy != RequireBindings::kAlways) return false;
    return Fail(Status::kBindingsAbsent, "policy: always");
  }
  if (!ConstantTimeEqual(*theirs, *ours)) return Status::kBindingsDiffer;
  return true;
}

}  // namespace

Error Acceptor::Challenge(ByteView negotiate_token, const ServerNames &names,
                          const Environment &environment, Buffer *challenge_token) {
  if (stage_ != Stage::kStart) return Fail(Status::kUnexpectedToken, "CHALLENGE was sent already");
  stage_ = Stage::kOver;
  const auto negotiate = NegotiateMessage::Parse(negotiate_token);
  if (!negotiate) return negotiate.error();
  auto flags = FlagsToAnswer(negotiate->negotiate_flags, names);
  if (!flags) return flags.error();

  std::array<uint8_t, kServerChallengeSize> server_challenge;
  if (Error error = environment.random(server_challenge)) return error;
  const ByteView target_name = names.target_name(*flags);
  const size_t info_size = names.av_pairs().size() + kTimestampPairSize + kAvHeaderSize;
  // TargetInfo is last, and is written in place behind the rest.
  ChallengeMessage challenge{*flags, target_name, server_challenge, {}};
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
  negotiate_has_trailing_octets_ = negotiate->trailing_octets;
  flags_ = *flags;
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

// [MS-NLMP] 3.2.5.1.2. The order matters: the proof first, then the MIC, and only then a look at
// what they protect.
Result<Acceptance> Acceptor::Judge(ByteView authenticate_token, const AcceptorRequest &request,
                                   const AcceptorVerifier &verifier, const Environment &environment,
                                   const Policy &policy) const {
  if (authenticate_token.size() > Limits::kToken) return Status::kTokenTooLarge;
  const auto message = AuthenticateMessage::Parse(authenticate_token);
  if (!message) return message.error();
  if (Error error = CheckFlags(message->negotiate_flags, flags_)) return error;
  if (Error error = CheckFormOfResponse(*message)) return error;
  const auto text = TextOfMessage(*message);
  if (!text) return text.error();
  const auto response = Ntlmv2Response::Parse(message->nt_challenge_response);
  if (!response) return response.error();

  const auto sent = ChallengeMessage::Parse(challenge());
  if (!sent) return sent.error();
  auto logon = verifier.Verify({text->user, text->domain, text->workstation, sent->server_challenge,
                                ResponseForm::kNtlmV2, message->lm_challenge_response,
                                message->nt_challenge_response});
  if (!logon) return logon.error();
  Acceptance acceptance;
  auto session_key = SessionKeyOf(flags_, *message, logon->keys.session_base_key);
  if (!session_key) return session_key.error();
  acceptance.agreement.flags = flags_;
  acceptance.agreement.session_key = std::move(*session_key);
  acceptance.initiator = std::move(logon->identity);

  if (Error error = CheckMic(authenticate_token, *message, *response,
                             acceptance.agreement.session_key, policy)) {
    return error;
  }
  const auto sent_pairs = AvPairs::Parse(sent->target_info, "CHALLENGE");
  if (!sent_pairs) return sent_pairs.error();
  if (Error error = CheckEcho(*sent_pairs, response->av_pairs)) return error;
  if (Error error = CheckTimeSkew(response->timestamp, environment.now())) return error;
  const auto bound =
      CheckBindings(response->av_pairs, request.channel_bindings, policy.require_bindings);
  if (!bound) return bound.error();
  acceptance.channel_bound = *bound;
  return acceptance;
}

// N317, N319, N346.
Error Acceptor::CheckMic(ByteView token, const AuthenticateMessage &message,
                         const Ntlmv2Response &response, const ExportedSessionKey &key,
                         const Policy &policy) const {
  if ((response.av_pairs.flags() & kAvFlagMicPresent) == 0) {
    if (MicIsRequired(response, policy.require_mic)) {
      return Fail(Status::kMicMissing, "policy requires one");
    }
    if (negotiate_has_trailing_octets_ || message.trailing_octets) {
      return Fail(Status::kDefectiveToken,
                  "octets behind the payload, and no MIC that covers them");
    }
    return kSuccess;
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
