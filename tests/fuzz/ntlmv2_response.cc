// SPDX-License-Identifier: MIT
#include "ntlm/ntlmv2_response.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace gss_sspi;  // NOLINT
  const ByteView input(data, size);
  const auto parsed = ntlm::Ntlmv2Response::Parse(input);
  if (!parsed) return 0;
  GSS_SSPI_REQUIRE(parsed->proof.size() == ntlm::kNtProofStrSize);
  fuzz::Visit(input, parsed->temp);
  // What an initiator makes of these pairs can be read by an acceptor.
  const std::array<uint8_t, ntlm::kClientChallengeSize> challenge{};
  const ntlm::ClientChallenge client{parsed->timestamp, challenge, parsed->av_pairs, "HTTP/h", {}};
  fuzz::Bytes built(client.ResponseSize());
  client.Build(built);
  const auto again = ntlm::Ntlmv2Response::Parse(built);
  // N804: with the initiator's own pairs there may be one too many.
  if (again) GSS_SSPI_REQUIRE(again->timestamp == parsed->timestamp);
  return 0;
}
