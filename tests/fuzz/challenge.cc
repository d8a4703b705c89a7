// SPDX-License-Identifier: MIT
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
  fuzz::Bytes built(parsed->BuiltSize());
  parsed->Build(built);
  const auto again = ChallengeMessage::Parse(built);
  GSS_SSPI_REQUIRE(again && Equal(again->target_name, parsed->target_name));
  GSS_SSPI_REQUIRE(Equal(again->server_challenge, parsed->server_challenge));
  return 0;
}
