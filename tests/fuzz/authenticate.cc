// SPDX-License-Identifier: MIT
// The parts of an AUTHENTICATE lie in it and apart from each other and from its MIC, and what is
// built of them says the same.
#include "fuzz.h"
#include "ntlm/authenticate_message.h"

namespace {

using namespace gss_sspi;  // NOLINT
using ntlm::AuthenticateMessage;

constexpr ByteView AuthenticateMessage::*kFields[] = {
    &AuthenticateMessage::domain_name,           &AuthenticateMessage::user_name,
    &AuthenticateMessage::workstation,           &AuthenticateMessage::lm_challenge_response,
    &AuthenticateMessage::nt_challenge_response, &AuthenticateMessage::encrypted_random_session_key,
};
constexpr size_t kFixedPart = 64;

void CheckPlaces(ByteView input, const AuthenticateMessage &message) {
  const ByteView fixed = input.first(kFixedPart);
  const ByteView mic =
      message.mic_offset == 0 ? ByteView() : input.subspan(message.mic_offset, ntlm::kMicSize);
  GSS_SSPI_REQUIRE(!ntlm::Overlap(mic, fixed));
  for (const auto field : kFields) {
    const ByteView value = message.*field;
    fuzz::Visit(input, value);
    GSS_SSPI_REQUIRE(!ntlm::Overlap(value, fixed) && !ntlm::Overlap(value, mic));
    for (const auto other : kFields) {
      GSS_SSPI_REQUIRE(field == other || !ntlm::Overlap(value, message.*other));
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const ByteView input(data, size);
  const auto parsed = AuthenticateMessage::Parse(input);
  if (!parsed) return 0;
  GSS_SSPI_REQUIRE(parsed->mic_offset == 0 || parsed->mic_offset + ntlm::kMicSize <= size);
  CheckPlaces(input, *parsed);
  if (parsed->mic_offset != 0 && !parsed->nt_challenge_response.empty()) fuzz::Reach();
  fuzz::Bytes built(parsed->BuiltSize());
  parsed->Build(built);
  const auto again = AuthenticateMessage::Parse(built);
  GSS_SSPI_REQUIRE(again && again->negotiate_flags == parsed->negotiate_flags);
  GSS_SSPI_REQUIRE(again->mic_offset == AuthenticateMessage::kMicOffset && !again->trailing_octets);
  for (const auto field : kFields) GSS_SSPI_REQUIRE(Equal((*again).*field, (*parsed).*field));
  return 0;
}
