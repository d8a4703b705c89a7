// SPDX-License-Identifier: MIT
// Tokens for a session whose key is known: what Verify takes is what the other side makes, and a
// refusal changes nothing (N366, N710).
#include "fuzz.h"
#include "ntlm/session.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::ntlm;  // NOLINT

Agreement AgreementOf(Flags flags) {
  Agreement agreement;
  agreement.flags = flags;
  static_cast<void>(fuzz::Random(agreement.session_key.span()));
  return agreement;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::Input input(data, size);
  const uint8_t choice = input.Choice();
  if (input.rest().size() < kMessageSignatureSize) return 0;
  const Flags flags =
      kSign | kSeal | kExtendedSessionSecurity | k128 | ((choice & 1) != 0 ? kKeyExch : 0);
  Session client, server;
  client.Start(AgreementOf(flags), Sender::kClient);
  server.Start(AgreementOf(flags), Sender::kServer);
  const auto signature = input.rest().first<kMessageSignatureSize>();
  const ByteView sealed = input.rest().subspan(kMessageSignatureSize);

  fuzz::Bytes octets(sealed.begin(), sealed.end());
  const auto split = static_cast<size_t>(choice >> 1) % (octets.size() + 1);
  const bool sign_only = (choice & 0x80) != 0;
  const auto parts_of = [&](fuzz::Bytes *of) {
    uint8_t *const tail = of->data() + split;
    return std::array<MessagePart, 2>{
        MessagePart{of->data(), of->data(), split},
        MessagePart{tail, sign_only ? nullptr : tail, of->size() - split}};
  };
  const auto parts = parts_of(&octets);
  const bool accepted = !server.Verify(parts, signature);
  MessageSignature made;
  if (accepted) {
    GSS_SSPI_REQUIRE(!client.Protect(parts, &made));
    GSS_SSPI_REQUIRE(Equal(made, signature) && Equal(octets, sealed));
    return 0;
  }
  GSS_SSPI_REQUIRE(Equal(octets, sealed));
  fuzz::Bytes good = octets;
  const auto good_parts = parts_of(&good);
  GSS_SSPI_REQUIRE(!client.Protect(good_parts, &made));
  GSS_SSPI_REQUIRE(!server.Verify(good_parts, made));
  GSS_SSPI_REQUIRE(good == octets);
  return 0;
}
