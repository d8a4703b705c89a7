// SPDX-License-Identifier: MIT
#include "fuzz.h"
#include "ntlm/authenticate_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace gss_sspi;  // NOLINT
  using ntlm::AuthenticateMessage;
  const ByteView input(data, size);
  const auto parsed = AuthenticateMessage::Parse(input);
  if (!parsed) return 0;
  GSS_SSPI_REQUIRE(parsed->mic_offset == 0 || parsed->mic_offset + ntlm::kMicSize <= size);
  fuzz::Bytes built(parsed->BuiltSize());
  parsed->Build(built);
  const auto again = AuthenticateMessage::Parse(built);
  GSS_SSPI_REQUIRE(again);
  for (const auto field :
       {&AuthenticateMessage::domain_name, &AuthenticateMessage::user_name,
        &AuthenticateMessage::workstation, &AuthenticateMessage::lm_challenge_response,
        &AuthenticateMessage::nt_challenge_response,
        &AuthenticateMessage::encrypted_random_session_key}) {
    fuzz::Visit(input, (*parsed).*field);
    GSS_SSPI_REQUIRE(Equal((*again).*field, (*parsed).*field));
  }
  return 0;
}
