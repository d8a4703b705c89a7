// SPDX-License-Identifier: MIT
// An initiator that is given any CHALLENGE: what it answers can be read, and is never weaker than
// what was asked for (N305, N306).
#include "fuzz.h"
#include "ntlm/authenticate_message.h"
#include "ntlm/initiator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace gss_sspi;        // NOLINT
  using namespace gss_sspi::ntlm;  // NOLINT
  fuzz::Input input(data, size);
  const uint8_t choice = input.Choice();
  InitiatorOffer offer;
  InitiatorRequest request;
  Policy policy;
  if ((choice & 1) != 0) offer.protection |= kSign;
  if ((choice & 2) != 0) offer.protection |= kSign | kSeal;
  if ((choice & 4) != 0) offer.protection |= kIdentify;
  if ((choice & 8) != 0) request.target_name = "HTTP/server.example.com";
  if ((choice & 16) != 0) request.channel_bindings.emplace();
  // Of 8 values 4 are the default level, and then the strength is the default one too.
  if ((choice & 128) != 0) policy.initiator_level = (choice >> 5) & 3;
  if (policy.initiator_level < kNtlmV2Level) policy.initiator_minimum = 0;
  Initiator initiator;
  std::array<uint8_t, NegotiateMessage::kSize> negotiate{};
  GSS_SSPI_REQUIRE(!initiator.Negotiate(offer, policy, negotiate));
  Buffer token;
  const auto agreed = initiator.Authenticate(input.rest(), request, fuzz::Credential(),
                                             fuzz::kEnvironment, policy, &token);
  if (!agreed) return 0;
  const Flags asked = offer.protection & (kSign | kSeal);
  const Flags flags = agreed->agreement.flags;
  GSS_SSPI_REQUIRE((flags & asked) == asked);
  GSS_SSPI_REQUIRE(asked == 0 || (flags & policy.initiator_minimum) == policy.initiator_minimum);
  const auto message = AuthenticateMessage::Parse(token.view());
  GSS_SSPI_REQUIRE(message && message->mic_offset == AuthenticateMessage::kMicOffset);
  return 0;
}
