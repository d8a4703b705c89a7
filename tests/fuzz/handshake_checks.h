// SPDX-License-Identifier: MIT
// What both handshake targets share: what an input can choose, and a second, plain judgement of
// what an acceptor has taken, by one who knows the secret.
#ifndef GSS_SSPI_TESTS_FUZZ_HANDSHAKE_CHECKS_H_
#define GSS_SSPI_TESTS_FUZZ_HANDSHAKE_CHECKS_H_

#include <algorithm>

#include "core/utf16.h"
#include "cred/nobody.h"
#include "fuzz.h"
#include "ntlm/acceptor.h"
#include "ntlm/initiator.h"
#include "ntlm/oem.h"
#include "ntlm/session_keys.h"
#include "ntlm/time_skew.h"

namespace gss_sspi::fuzz {

inline constexpr ntlm::Flags kProtections[] = {
    0,           ntlm::kSign,     ntlm::kSign | ntlm::kSeal,
    ntlm::kSeal, ntlm::kIdentify, ntlm::kSign | ntlm::kIdentify,
};
inline constexpr ntlm::Flags kMinimums[] = {
    ntlm::kMinimumStrength,
    0,
    ntlm::k128,
    ntlm::kExtendedSessionSecurity,
    ntlm::k56,
    ntlm::kMinimumStrength | ntlm::kSign,
    ntlm::kMinimumStrength | ntlm::kSeal,
};
inline constexpr std::string_view kSpns[] = {"", "HTTP/server.example.com",
                                             "cifs/\xc3\xa4.example.com"};
inline constexpr ntlm::Flags kProtecting = ntlm::kSign | ntlm::kSeal;

// Octets of an input choose all that program and administrator can choose, for both ends.
struct Choices {
  explicit Choices(Input *input) {
    const uint8_t levels = input->Choice();
    policy.initiator_level = static_cast<LmLevel>((levels & 0xf) % (kMaxLmLevel + 1));
    policy.acceptor_level = static_cast<LmLevel>((levels >> 4) % (kMaxLmLevel + 1));
    const uint8_t minimums = input->Choice();
    policy.initiator_minimum = kMinimums[(minimums & 0xf) % std::size(kMinimums)];
    policy.acceptor_minimum = kMinimums[(minimums >> 4) % std::size(kMinimums)];
    const uint8_t rules = input->Choice();
    policy.send_mic = static_cast<SendMic>((rules & 3) % 3);
    policy.require_mic = static_cast<RequireMic>((rules >> 2 & 3) % 3);
    policy.require_bindings = static_cast<RequireBindings>((rules >> 4 & 3) % 3);
    policy.accept_anonymous = (rules & 0x40) != 0;
    policy.anonymous_session_key = (rules & 0x80) != 0;
    const uint8_t kind = input->Choice();
    datagram = (kind & 1) != 0;
    anonymous = (kind & 2) != 0;
    client_has_lm = (kind & 4) != 0;
    server_has_lm = (kind & 8) != 0;
    request.target_name = kSpns[(kind >> 4 & 3) % std::size(kSpns)];
    policy.always_identify = (kind & 0x80) != 0;
    const uint8_t bindings = input->Choice();
    request.channel_bindings = BindingsOf(bindings & 3);
    acceptance.channel_bindings = BindingsOf(bindings >> 2 & 3);
    offer.protection = kProtections[(bindings >> 4 & 7) % std::size(kProtections)];
    // N420: the program's own flags.
    if ((bindings & 0x80) != 0) offer.instead = Reader(input->Octets<4>()).U32();
  }

  const ntlm::InitiatorCredential &credential() const {
    static const cred::Nobody nobody;
    if (anonymous) return nobody;
    return Credential(client_has_lm);
  }
  const ntlm::AcceptorVerifier &verifier() const { return Verifier(server_has_lm); }

  Policy policy;
  ntlm::InitiatorOffer offer;
  ntlm::InitiatorRequest request;
  ntlm::AcceptorRequest acceptance;
  bool datagram = false;
  bool anonymous = false;
  bool client_has_lm = false;
  bool server_has_lm = false;

 private:
  // None; those of no bindings, which are zeroes; two others.
  static std::optional<ntlm::ChannelBindingsHash> BindingsOf(int choice) {
    if (choice == 0) return std::nullopt;
    ntlm::ChannelBindingsHash hash{};
    hash.fill(static_cast<uint8_t>(choice - 1));
    return hash;
  }
};

// Octets that are changed on the way: places of two octets each, and what is flipped there.
inline bool Change(Input *input, Bytes *token) {
  const Bytes before = *token;
  for (size_t count = input->Choice() % 8; count > 0 && !token->empty(); --count) {
    const size_t place = input->Choice() | size_t{input->Choice()} << 8;
    (*token)[place % token->size()] ^= input->Choice();
  }
  return *token != before;
}

// Both legs of an initiator, and what an acceptor makes of the first one.
class Exchange {
 public:
  explicit Exchange(const Choices &choices) : choices_(choices) {}

  // The initiator's first leg; a connectionless exchange has none.
  void Begin() {
    if (choices_.datagram) {
      GSS_SSPI_REQUIRE(!initiator.BeginDatagram(choices_.offer, choices_.policy));
      return;
    }
    negotiate.resize(ntlm::NegotiateMessage::kSize);
    GSS_SSPI_REQUIRE(
        !initiator.Negotiate(choices_.offer, choices_.policy,
                             MutableBytes(negotiate).first<ntlm::NegotiateMessage::kSize>()));
  }
  bool Challenge() {
    Buffer token;
    const Error error =
        choices_.datagram
            ? acceptor.ChallengeDatagram(Names(), kEnvironment, choices_.policy, &token)
            : acceptor.Challenge(negotiate, Names(), kEnvironment, choices_.policy, &token);
    challenge.assign(token.view().begin(), token.view().end());
    return !error;
  }
  // The initiator's second leg: there is one as well.
  Result<ntlm::Authentication> Authenticate(ByteView challenge_token, Bytes *token) {
    const auto attempt = [&](Buffer *out) {
      return initiator.Authenticate(challenge_token, choices_.request, choices_.credential(),
                                    kEnvironment, choices_.policy, out);
    };
    Buffer made, none;
    auto done = attempt(&made);
    GSS_SSPI_REQUIRE(!attempt(&none));
    token->assign(made.view().begin(), made.view().end());
    return done;
  }
  Result<ntlm::Acceptance> Accept(ByteView token) {
    auto accepted = acceptor.Authenticate(token, choices_.acceptance, choices_.verifier(),
                                          kEnvironment, choices_.policy);
    // N433: there is one attempt.
    GSS_SSPI_REQUIRE(!acceptor.Authenticate(token, choices_.acceptance, choices_.verifier(),
                                            kEnvironment, choices_.policy));
    return accepted;
  }

  ntlm::Initiator initiator;
  ntlm::Acceptor acceptor;
  Bytes negotiate, challenge;

 private:
  const Choices &choices_;
};

inline ntlm::ResponseForm FormOf(const ntlm::AuthenticateMessage &message) {
  if (message.nt_challenge_response.size() > ntlm::kV1ResponseSize) {
    return ntlm::ResponseForm::kNtlmV2;
  }
  if (message.nt_challenge_response.empty()) return ntlm::ResponseForm::kLmOnly;
  return (message.negotiate_flags & ntlm::kExtendedSessionSecurity) != 0
             ? ntlm::ResponseForm::kNtlmV1Ess
             : ntlm::ResponseForm::kNtlmV1;
}

inline Bytes Utf16Of(const ntlm::AuthenticateMessage &message, ByteView text) {
  if ((message.negotiate_flags & ntlm::kUnicode) != 0) return {text.begin(), text.end()};
  Bytes utf16(2 * text.size());
  GSS_SSPI_REQUIRE(ntlm::OemToUtf16(text, utf16));
  return utf16;
}

// [MS-NLMP] 3.3: what the account's secrets answer to the challenge, in the form that the message
// has: the response that is the proof, and the key that goes with it. `right` receives what the
// proof must be.
struct Proof {
  Bytes right;
  ntlm::BaseKeys keys;
};

inline Proof ProofOf(const ntlm::AuthenticateMessage &message, ntlm::ServerChallenge challenge,
                     bool with_lm) {
  Proof proof;
  const ntlm::NtHash nt = Hash();
  const ntlm::LmHash lm = HashOfLm();
  const auto keep = [&](const auto &octets) { proof.right.assign(octets.begin(), octets.end()); };
  switch (FormOf(message)) {
    case ntlm::ResponseForm::kNtlmV2: {
      const auto key = ntlm::NTOWFv2(nt, Utf16Of(message, message.user_name),
                                     Utf16Of(message, message.domain_name));
      const auto proven = ntlm::ComputeNtProofStr(
          key, challenge, message.nt_challenge_response.subspan(ntlm::kNtProofStrSize));
      proof.keys.session_base_key = ntlm::ComputeSessionBaseKey(key, proven);
      keep(proven);
      break;
    }
    case ntlm::ResponseForm::kNtlmV1:
      keep(ntlm::ComputeV1Response(nt.view(), challenge));
      proof.keys = ntlm::V1BaseKeys(nt, with_lm ? &lm : nullptr);
      break;
    case ntlm::ResponseForm::kNtlmV1Ess:
      keep(ntlm::ComputeV1Response(
          nt.view(),
          ntlm::EssChallenge(challenge,
                             message.lm_challenge_response.first<ntlm::kClientChallengeSize>())));
      proof.keys = ntlm::V1BaseKeys(nt, with_lm ? &lm : nullptr);
      break;
    case ntlm::ResponseForm::kLmOnly:
      keep(ntlm::ComputeV1Response(lm.view(), challenge));
      proof.keys = ntlm::LmBaseKeys(lm);
      break;
  }
  return proof;
}

inline void RequireStrength(ntlm::Flags flags, ntlm::Flags minimum) {
  GSS_SSPI_REQUIRE((minimum & kProtecting & ~flags) == 0);
  GSS_SSPI_REQUIRE((flags & kProtecting) == 0 || (minimum & ~flags) == 0);
}

// N317 to N328, of an NTLMv2 answer that was taken.
inline void JudgePairs(const Choices &choices, const Exchange &exchange, ByteView token,
                       const ntlm::AuthenticateMessage &message, const ntlm::ChallengeMessage &sent,
                       const ntlm::Acceptance &accepted) {
  const Policy &policy = choices.policy;
  const auto response = ntlm::Ntlmv2Response::Parse(message.nt_challenge_response);
  GSS_SSPI_REQUIRE(response);
  const ntlm::AvPairs &pairs = response->av_pairs;
  const bool has_mic = (pairs.flags() & ntlm::kAvFlagMicPresent) != 0;
  if (has_mic) {
    const auto mic = ntlm::ComputeMic(accepted.agreement.session_key, exchange.negotiate,
                                      exchange.challenge, token, message.mic_offset);
    GSS_SSPI_REQUIRE(message.mic_offset != 0);
    GSS_SSPI_REQUIRE(Equal(mic, token.subspan(message.mic_offset, ntlm::kMicSize)));
  }
  GSS_SSPI_REQUIRE(has_mic || policy.require_mic != RequireMic::kAlways);
  GSS_SSPI_REQUIRE(has_mic || policy.require_mic != RequireMic::kWhenTimestamp ||
                   !pairs.timestamp());
  const auto own = ntlm::AvPairs::Parse(sent.target_info, "CHALLENGE");
  GSS_SSPI_REQUIRE(own);
  ntlm::ForEachAvPair(own->raw(), [&](uint16_t id, ByteView pair) {
    const auto repeated = pairs.Find(static_cast<ntlm::AvId>(id));
    GSS_SSPI_REQUIRE(repeated && Equal(*repeated, pair.subspan(ntlm::kAvHeaderSize)));
  });
  GSS_SSPI_REQUIRE(!ntlm::CheckTimeSkew(response->timestamp, kTime));

  const auto theirs = pairs.Find(ntlm::AvId::kChannelBindings);
  const auto &ours = choices.acceptance.channel_bindings;
  const bool given = theirs && std::any_of(theirs->begin(), theirs->end(),
                                           [](uint8_t octet) { return octet != 0; });
  const bool looked_at = policy.require_bindings != RequireBindings::kNever && ours && given;
  GSS_SSPI_REQUIRE(accepted.channel_bound == looked_at);
  GSS_SSPI_REQUIRE(!looked_at || Equal(*theirs, *ours));
  GSS_SSPI_REQUIRE(looked_at || policy.require_bindings != RequireBindings::kAlways);

  // The target is told only when the client vouches for it.
  const auto &attributes = accepted.initiator.attributes;
  const std::string_view target =
      attributes ? attributes->Find(ntlm::attribute::kTarget) : std::string_view();
  const auto meant = pairs.Find(ntlm::AvId::kTargetName);
  const bool told = meant && !meant->empty() && (pairs.flags() & ntlm::kAvFlagUntrustedSpn) == 0 &&
                    Utf8LengthOf(*meant) <= UINT16_MAX;
  GSS_SSPI_REQUIRE(target.size() == (told ? Utf8LengthOf(*meant) : 0));
}

// What an acceptor has taken is what its policy allows, proven by the secret.
inline void JudgeAcceptance(const Choices &choices, const Exchange &exchange, ByteView token,
                            const ntlm::Acceptance &accepted) {
  const Policy &policy = choices.policy;
  const auto message = ntlm::AuthenticateMessage::Parse(token);
  const auto sent = ntlm::ChallengeMessage::Parse(exchange.challenge);
  GSS_SSPI_REQUIRE(message && sent);
  const ntlm::Flags flags = accepted.agreement.flags;
  GSS_SSPI_REQUIRE((flags & ~sent->negotiate_flags) == 0);
  if (accepted.anonymous) {
    GSS_SSPI_REQUIRE(policy.accept_anonymous && accepted.initiator.user().empty());
    GSS_SSPI_REQUIRE(message->user_name.empty() && message->nt_challenge_response.empty());
    GSS_SSPI_REQUIRE(policy.anonymous_session_key || (flags & kProtecting) == 0);
    GSS_SSPI_REQUIRE(!accepted.channel_bound && !accepted.initiator.attributes);
    return;
  }
  GSS_SSPI_REQUIRE(accepted.initiator.user() == "User");
  GSS_SSPI_REQUIRE(accepted.initiator.domain() == "Domain");
  RequireStrength(flags, policy.acceptor_minimum);
  const ntlm::ResponseForm form = FormOf(*message);
  const LmLevel highest = form == ntlm::ResponseForm::kNtlmV2   ? kMaxLmLevel
                          : form == ntlm::ResponseForm::kLmOnly ? 1
                                                                : 2;
  GSS_SSPI_REQUIRE(policy.acceptor_level <= highest);
  GSS_SSPI_REQUIRE(form != ntlm::ResponseForm::kLmOnly || choices.server_has_lm);
  const Proof proof = ProofOf(*message, sent->server_challenge, choices.server_has_lm);
  const ByteView response = form == ntlm::ResponseForm::kLmOnly ? message->lm_challenge_response
                                                                : message->nt_challenge_response;
  GSS_SSPI_REQUIRE(Equal(response.first(proof.right.size()), proof.right));
  if (form == ntlm::ResponseForm::kNtlmV2) {
    JudgePairs(choices, exchange, token, *message, *sent, accepted);
  } else {
    GSS_SSPI_REQUIRE(policy.require_mic != RequireMic::kAlways);
    GSS_SSPI_REQUIRE(policy.require_bindings != RequireBindings::kAlways);
    GSS_SSPI_REQUIRE(!accepted.channel_bound);
  }
}

// Statuses for which an acceptor may refuse what nobody has changed: they are all matters of
// policy.
inline bool IsMatterOfPolicy(Status status) {
  constexpr Status kMatters[] = {Status::kResponseRefused, Status::kMicMissing,
                                 Status::kBindingsAbsent, Status::kBindingsDiffer,
                                 Status::kStrengthRefused};
  return std::find(std::begin(kMatters), std::end(kMatters), status) != std::end(kMatters);
}

// Both ends have one session: what one protects the other takes.
inline void CheckSession(ntlm::Agreement client, ntlm::Agreement server) {
  constexpr ntlm::Flags kShared = ntlm::kAgreedFlags | ntlm::kDatagram | ntlm::kLmKey;
  GSS_SSPI_REQUIRE(((client.flags ^ server.flags) & kShared) == 0);
  GSS_SSPI_REQUIRE(Equal(client.session_key.view(), server.session_key.view()));
  ntlm::Session ends[2];
  ends[0].Start(std::move(client), ntlm::Sender::kClient);
  ends[1].Start(std::move(server), ntlm::Sender::kServer);
  if (!ends[0].CanSign()) return;
  for (const int from : {0, 1, 0}) {
    uint8_t octets[] = {'o', 'c', 't', 'e', 't', 's'};
    const ntlm::MessagePart part{octets, ends[0].CanSeal() ? octets : nullptr, sizeof octets};
    ntlm::MessageSignature signature;
    GSS_SSPI_REQUIRE(!ends[from].Protect({&part, 1}, &signature));
    GSS_SSPI_REQUIRE(!ends[1 - from].Verify({&part, 1}, signature));
    GSS_SSPI_REQUIRE(octets[0] == 'o' && octets[5] == 's');
  }
  Reach();
}

}  // namespace gss_sspi::fuzz

#endif  // GSS_SSPI_TESTS_FUZZ_HANDSHAKE_CHECKS_H_
