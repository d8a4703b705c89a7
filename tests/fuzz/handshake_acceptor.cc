// SPDX-License-Identifier: MIT
// Both legs of an acceptor. Its messages are the fuzzer's own, or those of our initiator with
// octets changed on the way; then the input may ask that flags, proof, session key and MIC be made
// right, so that a fuzzer gets behind each of them: it knows the password.
#include "handshake_checks.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::ntlm;  // NOLINT

// Bits of the first octet.
constexpr uint8_t kOwnInitiator = 1, kRightFlags = 2, kRightProof = 4, kRightMic = 8;
constexpr size_t kFlagsOffset = 60;

MutableBytes PlaceOf(fuzz::Bytes *token, ByteView view) {
  return MutableBytes(*token).subspan(static_cast<size_t>(view.data() - token->data()),
                                      view.size());
}

bool HasRoomForProof(const AuthenticateMessage &message) {
  const size_t lm = message.lm_challenge_response.size();
  const size_t nt = message.nt_challenge_response.size();
  const auto is_ascii = [](ByteView text) {
    return std::all_of(text.begin(), text.end(), [](uint8_t c) { return c >= 0x20 && c < 0x7f; });
  };
  if ((message.negotiate_flags & kUnicode) == 0 &&
      !(is_ascii(message.user_name) && is_ascii(message.domain_name))) {
    return false;
  }
  if (message.user_name.size() > 2 * Limits::kUser) return false;
  return nt > kV1ResponseSize || (nt == kV1ResponseSize && lm == kV1ResponseSize) ||
         (nt == 0 && lm == kV1ResponseSize);
}

void MakeRight(uint8_t what, const fuzz::Exchange &exchange, const fuzz::Choices &choices,
               fuzz::Bytes *token) {
  const auto sent = ChallengeMessage::Parse(exchange.challenge);
  GSS_SSPI_REQUIRE(sent);
  if ((what & kRightFlags) != 0 && token->size() >= kFlagsOffset + 4) {
    Writer(MutableBytes(*token).subspan(kFlagsOffset, 4)).U32(sent->negotiate_flags);
  }
  const auto message = AuthenticateMessage::Parse(*token);
  if (!message || !HasRoomForProof(*message)) return;
  auto proof = fuzz::ProofOf(*message, sent->server_challenge, choices.server_has_lm);
  const ResponseForm form = fuzz::FormOf(*message);
  if ((what & kRightProof) != 0) {
    Copy(PlaceOf(token, form == ResponseForm::kLmOnly ? message->lm_challenge_response
                                                      : message->nt_challenge_response),
         proof.right);
  }
  if ((what & kRightMic) == 0 || message->mic_offset == 0 || form != ResponseForm::kNtlmV2) return;
  ExportedSessionKey key(proof.keys.session_base_key.view());
  const ByteView encrypted = message->encrypted_random_session_key;
  if (SendsSessionKey(message->negotiate_flags & sent->negotiate_flags) &&
      encrypted.size() == key.kSize) {
    ExchangeKey(KeyExchangeKey(proof.keys.session_base_key.view()), encrypted.first<16>(),
                key.span());
  }
  const Mic mic =
      ComputeMic(key, exchange.negotiate, exchange.challenge, *token, message->mic_offset);
  Copy(MutableBytes(*token).subspan(message->mic_offset, kMicSize), mic);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::Input input(data, size);
  const uint8_t what = input.Choice();
  const fuzz::Choices choices(&input);
  fuzz::Exchange exchange(choices);
  const bool own = (what & kOwnInitiator) != 0;
  bool changed = false;
  if (own) {
    exchange.Begin();
    changed = fuzz::Change(&input, &exchange.negotiate);
  } else if (!choices.datagram) {
    const ByteView negotiate = input.Part();
    exchange.negotiate.assign(negotiate.begin(), negotiate.end());
  }
  if (!exchange.Challenge()) return 0;

  fuzz::Bytes token;
  std::optional<Authentication> made;
  if (own) {
    auto done = exchange.Authenticate(exchange.challenge, &token);
    if (!done) return 0;
    made.emplace(std::move(*done));
    changed |= fuzz::Change(&input, &token);
  } else {
    token.assign(input.rest().begin(), input.rest().end());
  }
  const bool forged = (what & (kRightFlags | kRightProof | kRightMic)) != 0;
  if (forged) MakeRight(what, exchange, choices, &token);

  auto accepted = exchange.Accept(token);
  if (!accepted) {
    GSS_SSPI_REQUIRE(!own || changed || forged || fuzz::IsMatterOfPolicy(accepted.error().status));
    return 0;
  }
  fuzz::JudgeAcceptance(choices, exchange, token, *accepted);
  if (accepted->anonymous) return 0;
  // Nobody gets in who does not know the secret; and where there is a MIC, nothing is changed.
  GSS_SSPI_REQUIRE(own || (what & kRightProof) != 0);
  GSS_SSPI_REQUIRE(!own || forged || !changed || !made->has_mic);
  if (own && !changed && !forged) {
    fuzz::CheckSession(std::move(made->agreement), std::move(accepted->agreement));
  }
  return 0;
}
