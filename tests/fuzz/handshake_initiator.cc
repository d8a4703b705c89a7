// SPDX-License-Identifier: MIT
// An initiator that is given any CHALLENGE, or that of our acceptor with octets changed on the way.
// What it answers is what it was told to, never weaker than what was asked for (N305, N306); and
// our acceptor takes an answer with a MIC only if nothing was changed.
#include "core/utf16.h"
#include "handshake_checks.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::ntlm;  // NOLINT

constexpr uint8_t kOwnAcceptor = 1;

// An NTLMv2 answer: the server's pairs as they came, and our own ones.
void CheckPairs(const fuzz::Choices &choices, const ChallengeMessage &challenge,
                const Ntlmv2Response &response, bool has_mic) {
  AvPairs sent;
  if (!challenge.target_info.empty()) {
    const auto parsed = AvPairs::Parse(challenge.target_info, "CHALLENGE");
    GSS_SSPI_REQUIRE(parsed);
    sent = *parsed;
  }
  for (const AvId id : {AvId::kNbComputerName, AvId::kNbDomainName, AvId::kDnsComputerName,
                        AvId::kDnsDomainName, AvId::kDnsTreeName, AvId::kTimestamp}) {
    const auto theirs = sent.Find(id);
    const auto repeated = response.av_pairs.Find(id);
    GSS_SSPI_REQUIRE(theirs.has_value() == repeated.has_value());
    GSS_SSPI_REQUIRE(!theirs || Equal(*theirs, *repeated));
  }
  GSS_SSPI_REQUIRE(((response.av_pairs.flags() & kAvFlagMicPresent) != 0) == has_mic);
  GSS_SSPI_REQUIRE(response.timestamp == sent.timestamp().value_or(fuzz::kTime));
  const auto &bindings = choices.request.channel_bindings;
  const auto bound = response.av_pairs.Find(AvId::kChannelBindings);
  GSS_SSPI_REQUIRE(bound.has_value() == bindings.has_value());
  GSS_SSPI_REQUIRE(!bound || Equal(*bound, *bindings));
  fuzz::Bytes spn(Utf16LengthOf(choices.request.target_name));
  Utf8ToUtf16(choices.request.target_name, spn);
  const auto target = response.av_pairs.Find(AvId::kTargetName);
  GSS_SSPI_REQUIRE(target && Equal(*target, spn));
}

// What an LM and an NTLMv1 response may be made of, by level (section 3.2 of the requirements).
void CheckV1(const fuzz::Choices &choices, const AuthenticateMessage &message) {
  const ByteView lm = message.lm_challenge_response;
  const ByteView nt = message.nt_challenge_response;
  GSS_SSPI_REQUIRE(lm.size() == kV1ResponseSize && nt.size() == kV1ResponseSize);
  const bool ess = (message.negotiate_flags & kExtendedSessionSecurity) != 0;
  const bool may_have_lm = choices.policy.initiator_level <= 1 && choices.client_has_lm;
  GSS_SSPI_REQUIRE(ess || may_have_lm || Equal(lm, nt));
  const ByteView behind = lm.subspan(kClientChallengeSize);
  GSS_SSPI_REQUIRE(
      !ess || std::all_of(behind.begin(), behind.end(), [](uint8_t octet) { return octet == 0; }));
}

void CheckKeys(const fuzz::Choices &choices, const ChallengeMessage &challenge,
               const AuthenticateMessage &message, const fuzz::Proof &proof,
               const Agreement &agreement) {
  const auto exchange_key = KXKEY(message.negotiate_flags, fuzz::FormOf(message), proof.keys,
                                  message.lm_challenge_response, challenge.server_challenge);
  GSS_SSPI_REQUIRE(exchange_key || !choices.client_has_lm);
  if (!exchange_key) return;
  ExportedSessionKey key(exchange_key->view());
  const ByteView encrypted = message.encrypted_random_session_key;
  GSS_SSPI_REQUIRE(SendsSessionKey(message.negotiate_flags) == !encrypted.empty());
  if (!encrypted.empty()) ExchangeKey(*exchange_key, encrypted.first<16>(), key.span());
  GSS_SSPI_REQUIRE(Equal(key.view(), agreement.session_key.view()));
}

void CheckAnswer(const fuzz::Choices &choices, const fuzz::Exchange &exchange, ByteView challenge,
                 ByteView token, const Authentication &made) {
  const auto sent = ChallengeMessage::Parse(challenge);
  const auto message = AuthenticateMessage::Parse(token);
  GSS_SSPI_REQUIRE(sent && message);
  GSS_SSPI_REQUIRE(message->mic_offset == AuthenticateMessage::kMicOffset);
  GSS_SSPI_REQUIRE(!message->trailing_octets);
  const Flags flags = made.agreement.flags;
  const Flags asked =
      (choices.offer.protection | choices.policy.initiator_minimum) & fuzz::kProtecting;
  GSS_SSPI_REQUIRE((asked & ~flags) == 0);
  fuzz::RequireStrength(flags, choices.policy.initiator_minimum);
  GSS_SSPI_REQUIRE((flags & ~(sent->negotiate_flags | kAnonymous)) == 0);
  if (choices.anonymous) {
    GSS_SSPI_REQUIRE(message->user_name.empty() && message->nt_challenge_response.empty());
    GSS_SSPI_REQUIRE(message->domain_name.empty() && !made.has_mic);
    return;
  }
  const fuzz::Proof proof = fuzz::ProofOf(*message, sent->server_challenge, choices.client_has_lm);
  GSS_SSPI_REQUIRE(Equal(message->nt_challenge_response.first(proof.right.size()), proof.right));
  CheckKeys(choices, *sent, *message, proof, made.agreement);
  if (choices.policy.initiator_level < kNtlmV2Level) return CheckV1(choices, *message);
  // From level 3 on there is nothing that could be attacked as an LM or NTLMv1 response (N324).
  const auto response = Ntlmv2Response::Parse(message->nt_challenge_response);
  const ByteView lm = message->lm_challenge_response;
  GSS_SSPI_REQUIRE(std::all_of(lm.begin(), lm.end(), [](uint8_t octet) { return octet == 0; }));
  // N804: with our own pairs there may be one too many for an acceptor.
  if (!response) return;
  CheckPairs(choices, *sent, *response, made.has_mic);
  if (!made.has_mic) return;
  const Mic mic = ComputeMic(made.agreement.session_key, exchange.negotiate, challenge, token,
                             AuthenticateMessage::kMicOffset);
  GSS_SSPI_REQUIRE(Equal(mic, token.subspan(AuthenticateMessage::kMicOffset, kMicSize)));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::Input input(data, size);
  const uint8_t what = input.Choice();
  const fuzz::Choices choices(&input);
  fuzz::Exchange exchange(choices);
  exchange.Begin();
  const bool own = (what & kOwnAcceptor) != 0;
  if (own && !exchange.Challenge()) return 0;
  fuzz::Bytes challenge = exchange.challenge;
  bool changed = false;
  if (own) {
    changed = fuzz::Change(&input, &challenge);
  } else {
    challenge.assign(input.rest().begin(), input.rest().end());
  }
  fuzz::Bytes token;
  auto made = exchange.Authenticate(challenge, &token);
  if (!made) return 0;
  CheckAnswer(choices, exchange, challenge, token, *made);
  if (!own) return 0;

  auto accepted = exchange.Accept(token);
  if (!accepted) {
    GSS_SSPI_REQUIRE(changed || fuzz::IsMatterOfPolicy(accepted.error().status));
    return 0;
  }
  fuzz::JudgeAcceptance(choices, exchange, token, *accepted);
  if (accepted->anonymous) return 0;
  GSS_SSPI_REQUIRE(!changed || !made->has_mic);
  if (!changed) fuzz::CheckSession(std::move(made->agreement), std::move(accepted->agreement));
  return 0;
}
