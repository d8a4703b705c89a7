// SPDX-License-Identifier: MIT
#include "ntlm/initiator.h"

#include "core/utf16.h"
#include "ntlm/authenticate_message.h"
#include "ntlm/challenge_message.h"
#include "ntlm/oem.h"
#include "ntlm/responses.h"
#include "ntlm/session_keys.h"
#include "ntlm/time_skew.h"
#include "policy/policy.h"

namespace gss_sspi::ntlm {
namespace {

// N302.
constexpr Flags kAlwaysOffered = kUnicode | kRequestTarget | kNtlm | kAlwaysSign |
                                 kExtendedSessionSecurity | kTargetInfo | kVersion | k128 | k56;

Flags FlagsToOffer(Flags protection) {
  Flags flags = kAlwaysOffered | (protection & kIdentify);
  if ((protection & (kSign | kSeal)) != 0) flags |= kSign | kKeyExch;
  return flags | (protection & kSeal);
}

struct NamedFlag {
  Flags flag;
  const char *name;
};

// N305, N306: what was asked for must be agreed, and be strong enough.
Error CheckAgreedProtection(Flags agreed, Flags asked) {
  static constexpr NamedFlag kProtections[] = {{kSign, "signing (INTEG, NTLMSSP_NEGOTIATE_SIGN)"},
                                               {kSeal, "sealing (CONF, NTLMSSP_NEGOTIATE_SEAL)"}};
  for (const NamedFlag &protection : kProtections) {
    if ((asked & ~agreed & protection.flag) != 0) {
      return Fail(Status::kProtectionNotAgreed, "the server does not grant %s", protection.name);
    }
  }
  static constexpr NamedFlag kStrengths[] = {
      {kExtendedSessionSecurity, "extended session security"}, {k128, "128-bit keys"}};
  for (const NamedFlag &strength : kStrengths) {
    if ((agreed & (kSign | kSeal)) != 0 && (agreed & strength.flag) == 0) {
      return Fail(Status::kStrengthRefused, "the server does not grant %s", strength.name);
    }
  }
  return kSuccess;
}

// N329 and [MS-NLMP] 3.1.5.1.2.
Error CheckServerNames(const AvPairs &pairs, Flags asked) {
  if ((asked & (kSign | kSeal)) == 0) return kSuccess;
  if (pairs.Find(AvId::kNbComputerName) && pairs.Find(AvId::kNbDomainName)) return kSuccess;
  return Fail(Status::kProtectionNotAgreed,
              "protection was asked for, but the CHALLENGE lacks the server's NetBIOS names");
}

// What a CHALLENGE comes to.
struct ServerAnswer {
  ServerChallenge challenge;
  AvPairs pairs;  // none when it has no TargetInfo
  Flags agreed = 0;
};

Result<ServerAnswer> ReadChallenge(ByteView token, Flags offered) {
  if (token.size() > Limits::kToken) return Status::kTokenTooLarge;
  const auto challenge = ChallengeMessage::Parse(token);
  if (!challenge) return challenge.error();
  ServerAnswer answer{challenge->server_challenge, {}, 0};
  // N342: a server that sets both means Unicode.
  const bool unicode = (challenge->negotiate_flags & kUnicode) != 0;
  answer.agreed = challenge->negotiate_flags & (unicode ? offered : offered | kOem);
  if ((answer.agreed & (kUnicode | kOem)) == 0) {
    return Fail(Status::kDefectiveToken, "CHALLENGE: neither UNICODE nor OEM is set");
  }
  if (!challenge->target_info.empty()) {
    auto pairs = AvPairs::Parse(challenge->target_info, "CHALLENGE");
    if (!pairs) return pairs.error();
    answer.pairs = *pairs;
  }
  const Flags asked = offered & (kSign | kSeal);
  if (Error error = CheckAgreedProtection(answer.agreed, asked)) return error;
  if (Error error = CheckServerNames(answer.pairs, asked)) return error;
  return answer;
}

// The text of an AUTHENTICATE in the character set that was agreed.
struct MessageText {
  Buffer oem;
  ByteView domain, user, workstation;
};

Result<MessageText> TextFor(Flags flags, const InitiatorCredential &credential) {
  MessageText text;
  text.domain = credential.domain();
  text.user = credential.user();
  text.workstation = credential.workstation();
  if ((flags & kUnicode) != 0) return text;
  if (!text.oem.Resize((text.domain.size() + text.user.size() + text.workstation.size()) / 2)) {
    return Status::kNoMemory;
  }
  Writer writer(text.oem.span());
  for (ByteView *field : {&text.domain, &text.user, &text.workstation}) {
    const MutableBytes place = writer.Take(field->size() / 2);
    if (!Utf16ToOem(*field, place)) {
      return Fail(Status::kBadText, "the server speaks no Unicode, and a name is not ASCII");
    }
    *field = place;
  }
  return text;
}

// All of AUTHENTICATE but the MIC.
Error BuildAuthenticate(Flags agreed, const InitiatorCredential &credential, ByteView response,
                        ByteView encrypted_key, Buffer *token) {
  const auto text = TextFor(agreed, credential);
  if (!text) return text.error();
  // N324: no LMv2 response, 24 zeroes in its place.
  static constexpr uint8_t kNoLmResponse[24] = {};
  AuthenticateMessage message;
  message.negotiate_flags = agreed | kVersion;
  message.domain_name = text->domain;
  message.user_name = text->user;
  message.workstation = text->workstation;
  message.lm_challenge_response = kNoLmResponse;
  message.nt_challenge_response = response;
  message.encrypted_random_session_key = encrypted_key;
  if (!token->Resize(message.BuiltSize())) return Status::kNoMemory;
  message.Build(token->span());
  return kSuccess;
}

}  // namespace

Error Initiator::Negotiate(Flags protection, std::span<uint8_t, NegotiateMessage::kSize> out) {
  if (stage_ != Stage::kStart) return Fail(Status::kUnexpectedToken, "NEGOTIATE was sent already");
  offered_ = FlagsToOffer(protection);
  NegotiateMessage message;
  message.negotiate_flags = offered_;
  message.Build(out);
  stage_ = Stage::kAwaitsChallenge;
  return kSuccess;
}

Result<Agreement> Initiator::Authenticate(ByteView challenge_token, const InitiatorRequest &request,
                                          const InitiatorCredential &credential,
                                          const Environment &environment,
                                          Buffer *authenticate_token) {
  if (stage_ != Stage::kAwaitsChallenge) {
    return Fail(Status::kUnexpectedToken, "no CHALLENGE is expected");
  }
  stage_ = Stage::kOver;
  const auto answer = ReadChallenge(challenge_token, offered_);
  if (!answer) return answer.error();

  // One draw for the ClientChallenge and the random session key.
  Secret<kClientChallengeSize + ExportedSessionKey::kSize> random;
  if (Error error = environment.random(random.span())) return error;
  // N323: the server's time if it tells it, else ours.
  const FileTime now = environment.now();
  const FileTime timestamp = answer->pairs.timestamp().value_or(now);
  if (Error error = CheckTimeSkew(timestamp, now)) return error;

  Buffer response;
  const ClientChallenge temp{timestamp, random.view().first<kClientChallengeSize>(), answer->pairs,
                             request.target_name, request.channel_bindings};
  const size_t response_size = temp.ResponseSize();
  if (response_size > UINT16_MAX) return Fail(Status::kTokenTooLarge, "the response is too long");
  if (!response.Resize(response_size)) return Status::kNoMemory;
  temp.Build(response.span());
  auto base_key = credential.AnswerV2(answer->challenge, response.span());
  if (!base_key) return base_key.error();

  Agreement agreement;
  agreement.flags = answer->agreed;
  std::array<uint8_t, ExportedSessionKey::kSize> encrypted_key;
  ByteView sent_key;
  if (SendsSessionKey(agreement.flags)) {
    Copy(agreement.session_key.span(), random.view().last<ExportedSessionKey::kSize>());
    ExchangeKey(*base_key, agreement.session_key.view(), encrypted_key);
    sent_key = encrypted_key;
  } else {
    Copy(agreement.session_key.span(), base_key->view());
  }
  if (Error error = BuildAuthenticate(agreement.flags, credential, response.view(), sent_key,
                                      authenticate_token)) {
    return error;
  }
  // The NEGOTIATE that was sent follows from its flags, so it need not be kept.
  std::array<uint8_t, NegotiateMessage::kSize> negotiate_token;
  NegotiateMessage{offered_, false}.Build(negotiate_token);
  const Mic mic = ComputeMic(agreement.session_key, negotiate_token, challenge_token,
                             authenticate_token->view(), AuthenticateMessage::kMicOffset);
  Copy(authenticate_token->span().subspan(AuthenticateMessage::kMicOffset), mic);
  return agreement;
}

}  // namespace gss_sspi::ntlm
