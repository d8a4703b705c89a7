// SPDX-License-Identifier: MIT
// The parts of a CHALLENGE lie in it and apart from each other, and what is built of them says the
// same.
#include "fuzz.h"
#include "ntlm/challenge_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace gss_sspi;  // NOLINT
  using ntlm::ChallengeMessage;
  const ByteView input(data, size);
  const auto parsed = ChallengeMessage::Parse(input);
  if (!parsed) return 0;
  fuzz::Visit(input, parsed->target_name);
  fuzz::Visit(input, parsed->target_info);
  fuzz::Visit(input, parsed->server_challenge);
  GSS_SSPI_REQUIRE(!ntlm::Overlap(parsed->target_name, parsed->target_info));
  GSS_SSPI_REQUIRE(!ntlm::Overlap(parsed->target_name, parsed->server_challenge));
  GSS_SSPI_REQUIRE(!ntlm::Overlap(parsed->target_info, parsed->server_challenge));
  const bool has_info = (parsed->negotiate_flags & ntlm::kTargetInfo) != 0;
  GSS_SSPI_REQUIRE(has_info || parsed->target_info.empty());
  GSS_SSPI_REQUIRE(parsed->target_info.size() <= Limits::kTargetInfo);
  if (!parsed->target_name.empty() && !parsed->target_info.empty()) fuzz::Reach();
  fuzz::Bytes built(parsed->BuiltSize());
  parsed->Build(built);
  const auto again = ChallengeMessage::Parse(built);
  GSS_SSPI_REQUIRE(again && again->negotiate_flags == parsed->negotiate_flags);
  GSS_SSPI_REQUIRE(Equal(again->target_name, parsed->target_name));
  GSS_SSPI_REQUIRE(Equal(again->target_info, parsed->target_info));
  GSS_SSPI_REQUIRE(Equal(again->server_challenge, parsed->server_challenge));
  return 0;
}
