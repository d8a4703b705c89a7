// SPDX-License-Identifier: MIT
#include "ntlm/initiator.h"

#include "core/utf16.h"
#include "ntlm/authenticate_message.h"
#include "ntlm/challenge_message.h"
#include "ntlm/oem.h"
#include "ntlm/responses.h"
#include "ntlm/session_keys.h"
#include "ntlm/strength.h"
#include "ntlm/time_skew.h"

namespace gss_sspi::ntlm {
namespace {

// N302.
constexpr Flags kUsuallyOffered = kUnicode | kRequestTarget | kNtlm | kAlwaysSign |
                                  kExtendedSessionSecurity | kTargetInfo | kVersion | k128 | k56;
constexpr Flags kNtlmV1WithoutEss = kLmKey;

Flags UsualFlags(LmLevel level) {
  return level == 0 ? (kUsuallyOffered & ~kExtendedSessionSecurity) | kNtlmV1WithoutEss
                    : kUsuallyOffered;
}

Flags FlagsToOffer(const InitiatorOffer &offer, Flags asked, const Policy &policy) {
  Flags flags = offer.instead.value_or(UsualFlags(policy.initiator_level)) | kVersion;
  // Which kind of exchange it is says the call that begins it.
  flags &= ~kDatagram;
  if ((flags & (kUnicode | kOem)) == 0) flags |= kUnicode;
  if ((asked & (kSign | kSeal)) != 0) flags |= kSign | kKeyExch;
  flags |= asked & kSeal;
  if (policy.always_identify) flags |= kIdentify;
  return flags | (offer.protection & kIdentify);
}

// N306: what was asked for must be agreed.
Error CheckAgreedProtection(Flags agreed, Flags asked) {
  struct Protection {
    Flags flag;
    const char *name;
  };
  static constexpr Protection kProtections[] = {{kSign, "signing (INTEG, NTLMSSP_NEGOTIATE_SIGN)"},
                                                {kSeal, "sealing (CONF, NTLMSSP_NEGOTIATE_SEAL)"}};
  for (const Protection &protection : kProtections) {
    if ((asked & ~agreed & protection.flag) != 0) {
      return Fail(Status::kProtectionNotAgreed, "the server does not grant %s", protection.name);
    }
  }
  return kSuccess;
}

// N305.
Error CheckStrength(Flags agreed, const Policy &policy) {
  const char *missing = MissingStrength(agreed, policy.initiator_minimum);
  if (missing == nullptr) return kSuccess;
  return Fail(Status::kStrengthRefused,
              "the server does not grant %s (initiator_minimum_security, NtlmMinClientSec)",
              missing);
}

// N329 and [MS-NLMP] 3.1.5.1.2, for NTLMv2.
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

Result<ServerAnswer> ReadChallenge(ByteView token, Flags offered, const Policy &policy) {
  if (token.size() > policy.max_token) return Status::kTokenTooLarge;
  const auto challenge = ChallengeMessage::Parse(token);
  if (!challenge) return challenge.error();
  ServerAnswer answer{challenge->server_challenge, {}, 0};
  // N342: a server that sets both means Unicode.
  const bool unicode = (challenge->negotiate_flags & kUnicode) != 0;
  answer.agreed = challenge->negotiate_flags & (unicode ? offered : offered | kOem);
  if ((answer.agreed & (kUnicode | kOem)) == 0) {
    return Fail(Status::kDefectiveToken, "CHALLENGE: neither UNICODE nor OEM is set");
  }
  if ((answer.agreed & kUnicode) != 0) answer.agreed &= ~kOem;
  // 2.2.2.5 G: extended session security has no LM key.
  if ((answer.agreed & kExtendedSessionSecurity) != 0) answer.agreed &= ~kLmKey;
  if (!challenge->target_info.empty()) {
    auto pairs = AvPairs::Parse(challenge->target_info, "CHALLENGE");
    if (!pairs) return pairs.error();
    answer.pairs = *pairs;
  }
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

// The proof of an AUTHENTICATE, whatever its form, and what the key is made of.
struct Responses {
  ResponseForm form = ResponseForm::kNtlmV2;
  Flags flags = 0;  // of AUTHENTICATE
  V1Response lm_octets{};
  V1Response v1_octets{};
  Buffer v2_octets;
  ByteView lm, nt;
  BaseKeys keys;
  bool wants_mic = false;
};

bool SendsMic(SendMic policy, const AvPairs &server_pairs) {
  switch (policy) {
    case SendMic::kAlways:
      return true;
    case SendMic::kWhenTimestamp:
      return server_pairs.timestamp().has_value();
    case SendMic::kNever:
      return false;
  }
  return true;
}

// [MS-NLMP] 3.3.2.
Error AnswerWithV2(const ServerAnswer &answer, const InitiatorRequest &request,
                   const InitiatorCredential &credential, ByteView client_challenge, FileTime now,
                   const Policy &policy, Responses *out) {
  // N323: the server's time if it tells it, else ours.
  const FileTime timestamp = answer.pairs.timestamp().value_or(now);
  if (Error error = CheckTimeSkew(timestamp, now)) return error;
  out->wants_mic = SendsMic(policy.send_mic, answer.pairs);
  const ClientChallenge temp{timestamp,
                             client_challenge.first<kClientChallengeSize>(),
                             answer.pairs,
                             request.target_name,
                             request.channel_bindings,
                             out->wants_mic};
  const size_t size = temp.ResponseSize();
  if (size > UINT16_MAX) return Fail(Status::kTokenTooLarge, "the response is too long");
  if (!out->v2_octets.Resize(size)) return Status::kNoMemory;
  temp.Build(out->v2_octets.span());
  auto base_key = credential.AnswerV2(answer.challenge, out->v2_octets.span());
  if (!base_key) return base_key.error();
  out->keys.session_base_key = std::move(*base_key);
  out->nt = out->v2_octets.view();
  out->lm = out->lm_octets;  // N324: no LMv2 response, 24 zeroes in its place
  return kSuccess;
}

// [MS-NLMP] 3.3.1, with and without extended session security; section 3.2 of the requirements.
Error AnswerWithV1(const ServerAnswer &answer, const InitiatorCredential &credential,
                   ByteView client_challenge, const Policy &policy, Responses *out) {
  const bool ess = (out->flags & kExtendedSessionSecurity) != 0;
  const auto nonce = client_challenge.first<kClientChallengeSize>();
  const auto digest = EssChallenge(answer.challenge, nonce);
  auto made = credential.AnswerV1(ess ? ServerChallenge(digest) : answer.challenge);
  if (!made) return made.error();
  out->v1_octets = made->nt;
  out->nt = out->v1_octets;
  out->keys = std::move(made->keys);
  out->lm = out->lm_octets;
  if (ess) {
    out->form = ResponseForm::kNtlmV1Ess;
    Copy(out->lm_octets, nonce);  // N311
    return kSuccess;
  }
  out->form = ResponseForm::kNtlmV1;
  // Level 2, and a password without LM hash: the NT response stands in both fields.
  const bool with_lm = made->lm.has_value() && policy.initiator_level <= 1;
  out->lm_octets = with_lm ? *made->lm : made->nt;
  if (!with_lm) out->flags &= ~kLmKey;
  return kSuccess;
}

// [MS-NLMP] 3.2.5.1.2: an empty user, no NT response, and one zero octet. The keys are zeroes.
void AnswerAsNobody(Responses *out) {
  out->flags |= kAnonymous;
  out->lm = ByteView(out->lm_octets).first(1);
}

Error MakeResponses(const ServerAnswer &answer, const InitiatorRequest &request,
                    const InitiatorCredential &credential, ByteView client_challenge, FileTime now,
                    const Policy &policy, Responses *out) {
  out->flags = answer.agreed;
  if (credential.anonymous()) {
    AnswerAsNobody(out);
    return kSuccess;
  }
  if (policy.initiator_level >= kNtlmV2Level) {
    return AnswerWithV2(answer, request, credential, client_challenge, now, policy, out);
  }
  return AnswerWithV1(answer, credential, client_challenge, policy, out);
}

// All of AUTHENTICATE but the MIC.
Error BuildAuthenticate(const InitiatorCredential &credential, const Responses &responses,
                        ByteView encrypted_key, Buffer *token) {
  const auto text = TextFor(responses.flags, credential);
  if (!text) return text.error();
  AuthenticateMessage message;
  message.negotiate_flags = responses.flags | kVersion;
  message.domain_name = text->domain;
  message.user_name = text->user;
  message.workstation = text->workstation;
  message.lm_challenge_response = responses.lm;
  message.nt_challenge_response = responses.nt;
  message.encrypted_random_session_key = encrypted_key;
  if (!token->Resize(message.BuiltSize())) return Status::kNoMemory;
  message.Build(token->span());
  return kSuccess;
}

// AUTHENTICATE without its MIC, and what it agrees on. The session key is `random_key` where one is
// sent, else the KeyExchangeKey ([MS-NLMP] 3.1.5.1.2).
Result<Agreement> MakeToken(const InitiatorCredential &credential, const Responses &responses,
                            ServerChallenge challenge,
                            std::span<const uint8_t, ExportedSessionKey::kSize> random_key,
                            Buffer *token) {
  const auto exchange_key =
      KXKEY(responses.flags, responses.form, responses.keys, responses.lm, challenge);
  if (!exchange_key) return exchange_key.error();
  Agreement agreement;
  agreement.flags = responses.flags;
  std::array<uint8_t, ExportedSessionKey::kSize> encrypted_key;
  ByteView sent_key;
  if (SendsSessionKey(responses.flags)) {
    Copy(agreement.session_key.span(), random_key);
    ExchangeKey(*exchange_key, random_key, encrypted_key);
    sent_key = encrypted_key;
  } else {
    Copy(agreement.session_key.span(), exchange_key->view());
  }
  if (Error error = BuildAuthenticate(credential, responses, sent_key, token)) return error;
  return agreement;
}

// What an AUTHENTICATE that another service has made comes to.
Result<Authentication> ReadMadeMessage(InitiatorCredential::MadeMessage *made, Flags asked,
                                       const Policy &policy, Buffer *token) {
  const auto message = AuthenticateMessage::Parse(made->authenticate.view());
  if (!message) return message.error();
  const Flags agreed = message->negotiate_flags;
  if (Error error = CheckAgreedProtection(agreed, asked)) return error;
  if (Error error = CheckStrength(agreed, policy)) return error;
  Authentication done;
  done.agreement.flags = agreed;
  done.agreement.session_key = std::move(made->session_key);
  const auto response = Ntlmv2Response::Parse(message->nt_challenge_response);
  done.has_mic = response && (response->av_pairs.flags() & kAvFlagMicPresent) != 0;
  *token = std::move(made->authenticate);
  return done;
}

}  // namespace

Error Initiator::Begin(const InitiatorOffer &offer, const Policy &policy, Flags kind) {
  if (stage_ != Stage::kStart) return Fail(Status::kUnexpectedToken, "NEGOTIATE was sent already");
  asked_ = (offer.protection | policy.initiator_minimum) & (kSign | kSeal);
  offered_ = FlagsToOffer(offer, asked_, policy) | kind;
  stage_ = Stage::kAwaitsChallenge;
  return kSuccess;
}

Error Initiator::Negotiate(const InitiatorOffer &offer, const Policy &policy,
                           std::span<uint8_t, NegotiateMessage::kSize> out) {
  if (Error error = Begin(offer, policy, 0)) return error;
  NegotiateMessage message;
  message.negotiate_flags = offered_;
  message.Build(out);
  return kSuccess;
}

Error Initiator::BeginDatagram(const InitiatorOffer &offer, const Policy &policy) {
  return Begin(offer, policy, kDatagram | kKeyExch);
}

Result<Authentication> Initiator::Authenticate(ByteView challenge_token,
                                               const InitiatorRequest &request,
                                               const InitiatorCredential &credential,
                                               const Environment &environment, const Policy &policy,
                                               Buffer *authenticate_token) {
  if (stage_ != Stage::kAwaitsChallenge) {
    return Fail(Status::kUnexpectedToken, "no CHALLENGE is expected");
  }
  stage_ = Stage::kOver;
  const bool datagram = (offered_ & kDatagram) != 0;
  const auto answer = ReadChallenge(challenge_token, offered_, policy);
  if (!answer) return answer.error();
  if (request.is_own_challenge != nullptr && request.is_own_challenge(answer->challenge)) {
    return Fail(Status::kRefusedByPolicy,
                "the server sent a challenge of this process (refuse_own_challenges)");
  }
  if (datagram && (answer->agreed & kDatagram) == 0) {
    return Fail(Status::kProtectionNotAgreed, "the server's CHALLENGE is not a connectionless one");
  }
  // The NEGOTIATE that was sent follows from its flags, so it need not be kept.
  std::array<uint8_t, NegotiateMessage::kSize> negotiate_octets;
  NegotiateMessage{offered_, false}.Build(negotiate_octets);
  const ByteView negotiate_token = datagram ? ByteView() : ByteView(negotiate_octets);

  auto made = credential.MakeMessage(negotiate_token, challenge_token);
  if (!made) return made.error();
  if (*made) return ReadMadeMessage(&**made, asked_, policy, authenticate_token);

  if (Error error = CheckAgreedProtection(answer->agreed, asked_)) return error;
  if (Error error = CheckStrength(answer->agreed, policy)) return error;
  if (policy.initiator_level >= kNtlmV2Level) {
    if (Error error = CheckServerNames(answer->pairs, asked_)) return error;
  }

  // One draw for the ClientChallenge and the random session key.
  Secret<kClientChallengeSize + ExportedSessionKey::kSize> random;
  if (Error error = environment.random(random.span())) return error;
  const ByteView client_challenge = random.view().first<kClientChallengeSize>();
  Responses responses;
  if (Error error = MakeResponses(*answer, request, credential, client_challenge, environment.now(),
                                  policy, &responses)) {
    return error;
  }
  auto made_token = MakeToken(credential, responses, answer->challenge,
                              random.view().last<ExportedSessionKey::kSize>(), authenticate_token);
  if (!made_token) return made_token.error();
  Authentication done;
  done.agreement = std::move(*made_token);
  done.has_mic = responses.wants_mic;
  if (!done.has_mic) return done;
  const Mic mic = ComputeMic(done.agreement.session_key, negotiate_token, challenge_token,
                             authenticate_token->view(), AuthenticateMessage::kMicOffset);
  Copy(authenticate_token->span().subspan(AuthenticateMessage::kMicOffset), mic);
  return done;
}

}  // namespace gss_sspi::ntlm
