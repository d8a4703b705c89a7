// SPDX-License-Identifier: MIT
// Both legs of an acceptor. The input may ask that proof, flags and MIC of its AUTHENTICATE be made
// right, so that a fuzzer gets behind them: it knows the password.
#include "fuzz.h"
#include "ntlm/acceptor.h"
#include "ntlm/challenge_message.h"
#include "ntlm/responses.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::ntlm;  // NOLINT

constexpr uint8_t kMakeRight = 1;
constexpr size_t kFlagsOffset = 60;

MutableBytes PlaceOf(fuzz::Bytes *token, ByteView view) {
  return MutableBytes(*token).subspan(static_cast<size_t>(view.data() - token->data()),
                                      view.size());
}

void MakeRight(ByteView negotiate, ByteView challenge, fuzz::Bytes *token) {
  const auto sent = ChallengeMessage::Parse(challenge);
  GSS_SSPI_REQUIRE(sent);
  if (token->size() < kFlagsOffset + 4) return;
  Writer(MutableBytes(*token).subspan(kFlagsOffset, 4)).U32(sent->negotiate_flags);
  const auto message = AuthenticateMessage::Parse(*token);
  if (!message || message->nt_challenge_response.size() <= kNtProofStrSize) return;
  const ByteView response = message->nt_challenge_response;
  auto base_key = fuzz::Credential().AnswerV2(sent->server_challenge, PlaceOf(token, response));
  GSS_SSPI_REQUIRE(base_key);
  if (message->mic_offset == 0) return;
  ExportedSessionKey key;
  Copy(key.span(), base_key->view());
  const ByteView encrypted = message->encrypted_random_session_key;
  if (SendsSessionKey(sent->negotiate_flags) && encrypted.size() == key.kSize) {
    ExchangeKey(KeyExchangeKey(base_key->view()), encrypted.first<16>(), key.span());
  }
  const Mic mic = ComputeMic(key, negotiate, challenge, *token, message->mic_offset);
  Copy(MutableBytes(*token).subspan(message->mic_offset, kMicSize), mic);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::Input input(data, size);
  const uint8_t choice = input.Choice();
  Policy policy;
  policy.require_mic = static_cast<RequireMic>((choice >> 1) % 3);
  policy.require_bindings = static_cast<RequireBindings>((choice >> 3) % 3);
  if ((choice & 0x40) != 0) policy.acceptor_level = 0;
  if ((choice & 0x40) != 0) policy.acceptor_minimum = 0;
  policy.accept_anonymous = (choice & 0x80) != 0;
  const ByteView negotiate = input.Part();
  Acceptor acceptor;
  Buffer challenge;
  if (acceptor.Challenge(negotiate, fuzz::Names(), fuzz::kEnvironment, policy, &challenge))
    return 0;
  const ByteView rest = input.rest();
  fuzz::Bytes token(rest.begin(), rest.end());
  if ((choice & kMakeRight) != 0) MakeRight(negotiate, challenge.view(), &token);
  AcceptorRequest request;
  if ((choice & 0x20) != 0) request.channel_bindings.emplace();
  const auto accepted =
      acceptor.Authenticate(token, request, fuzz::Verifier(), fuzz::kEnvironment, policy);
  const auto again =
      acceptor.Authenticate(token, request, fuzz::Verifier(), fuzz::kEnvironment, policy);
  GSS_SSPI_REQUIRE(!again);  // N433
  if (!accepted) return 0;
  if (accepted->anonymous) {
    GSS_SSPI_REQUIRE(policy.accept_anonymous && accepted->initiator.user().empty());
    GSS_SSPI_REQUIRE((accepted->agreement.flags & (kSign | kSeal)) == 0);
    return 0;
  }
  GSS_SSPI_REQUIRE(accepted->initiator.user() == "User");
  GSS_SSPI_REQUIRE(accepted->initiator.domain() == "Domain");
  return 0;
}
