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
  InitiatorRequest request;
  if ((choice & 1) != 0) request.protection |= kSign;
  if ((choice & 2) != 0) request.protection |= kSign | kSeal;
  if ((choice & 4) != 0) request.protection |= kIdentify;
  if ((choice & 8) != 0) request.target_name = "HTTP/server.example.com";
  if ((choice & 16) != 0) request.channel_bindings.emplace();
  Initiator initiator;
  std::array<uint8_t, NegotiateMessage::kSize> negotiate{};
  GSS_SSPI_REQUIRE(!initiator.Negotiate(request.protection, negotiate));
  Buffer token;
  const auto agreed =
      initiator.Authenticate(input.rest(), request, fuzz::Credential(), fuzz::kEnvironment, &token);
  if (!agreed) return 0;
  const Flags asked = request.protection & (kSign | kSeal);
  GSS_SSPI_REQUIRE((agreed->flags & asked) == asked);
  GSS_SSPI_REQUIRE(asked == 0 || (agreed->flags & kMinimumStrength) == kMinimumStrength);
  const auto message = AuthenticateMessage::Parse(token.view());
  GSS_SSPI_REQUIRE(message && message->mic_offset == AuthenticateMessage::kMicOffset);
  return 0;
}
