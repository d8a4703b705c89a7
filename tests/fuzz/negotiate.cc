// SPDX-License-Identifier: MIT
// What is built of a NEGOTIATE says the same.
#include "fuzz.h"
#include "ntlm/negotiate_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace gss_sspi;  // NOLINT
  using ntlm::NegotiateMessage;
  const ByteView input(data, size);
  const auto parsed = NegotiateMessage::Parse(input);
  if (!parsed) return 0;
  fuzz::Reach();
  GSS_SSPI_REQUIRE(size >= 16 && size <= Limits::kNegotiateMessage);
  std::array<uint8_t, NegotiateMessage::kSize> built{};
  parsed->Build(built);
  // Signature, type and flags are at the front of both.
  GSS_SSPI_REQUIRE(Equal(input.first(16), ByteView(built).first(16)));
  const auto again = NegotiateMessage::Parse(built);
  GSS_SSPI_REQUIRE(again && again->negotiate_flags == parsed->negotiate_flags);
  GSS_SSPI_REQUIRE(!again->trailing_octets);
  // N346: octets behind a whole message belong to nothing.
  if (size >= NegotiateMessage::kSize && size < Limits::kNegotiateMessage) {
    fuzz::Bytes longer(input.begin(), input.end());
    longer.push_back(0);
    const auto more = NegotiateMessage::Parse(longer);
    GSS_SSPI_REQUIRE(more && more->trailing_octets);
  }
  return 0;
}
