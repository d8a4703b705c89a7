// SPDX-License-Identifier: MIT
#include "fuzz.h"
#include "ntlm/negotiate_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using gss_sspi::ntlm::NegotiateMessage;
  const auto parsed = NegotiateMessage::Parse({data, size});
  if (!parsed) return 0;
  std::array<uint8_t, NegotiateMessage::kSize> built{};
  parsed->Build(built);
  const auto again = NegotiateMessage::Parse(built);
  GSS_SSPI_REQUIRE(again && again->negotiate_flags == parsed->negotiate_flags);
  return 0;
}
