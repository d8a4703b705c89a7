// SPDX-License-Identifier: MIT
// What an initiator makes of pairs that a server sent can be read by an acceptor: the server's
// pairs as they came, and only the initiator's own words where the initiator has the word (N320).
// The first octets of the input, where the proof stands, choose what it says.
#include "ntlm/ntlmv2_response.h"

#include "core/utf16.h"
#include "fuzz.h"
#include "policy/policy.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::ntlm;  // NOLINT

constexpr AvId kOfServer[] = {AvId::kNbComputerName, AvId::kNbDomainName, AvId::kDnsComputerName,
                              AvId::kDnsDomainName,  AvId::kDnsTreeName,  AvId::kTimestamp};
constexpr std::string_view kTargets[] = {"", "HTTP/h", "cifs/\xc3\xa4.example",
                                         "x/\xf0\x9f\x98\x80"};

bool IsOfInitiator(uint16_t id) { return id == 6 || id == 8 || id == 9 || id == 10; }

size_t PairsOf(const AvPairs &pairs, bool without_initiators) {
  size_t count = 0;
  ForEachAvPair(pairs.raw(), [&](uint16_t id, ByteView) {
    if (!without_initiators || !IsOfInitiator(id)) ++count;
  });
  return count;
}

bool IsTarget(ByteView value, std::string_view target) {
  fuzz::Bytes utf16(Utf16LengthOf(target));
  Utf8ToUtf16(target, utf16);
  return Equal(value, utf16);
}

void CheckMade(const Ntlmv2Response &made, const ClientChallenge &from) {
  GSS_SSPI_REQUIRE(made.timestamp == from.timestamp);
  for (const AvId id : kOfServer) {
    const auto sent = from.server_pairs.Find(id);
    const auto copied = made.av_pairs.Find(id);
    GSS_SSPI_REQUIRE(sent.has_value() == copied.has_value());
    GSS_SSPI_REQUIRE(!sent || Equal(*sent, *copied));
  }
  const uint32_t flags =
      (from.server_pairs.flags() & kAvFlagConstrained) | (from.with_mic ? kAvFlagMicPresent : 0);
  GSS_SSPI_REQUIRE(made.av_pairs.flags() == flags);
  const auto target = made.av_pairs.Find(AvId::kTargetName);
  GSS_SSPI_REQUIRE(target && IsTarget(*target, from.target_name));
  const auto bindings = made.av_pairs.Find(AvId::kChannelBindings);
  GSS_SSPI_REQUIRE(bindings.has_value() == from.channel_bindings.has_value());
  GSS_SSPI_REQUIRE(!bindings || Equal(*bindings, *from.channel_bindings));
  GSS_SSPI_REQUIRE(!made.av_pairs.Find(AvId::kSingleHost));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const ByteView input(data, size);
  const auto parsed = Ntlmv2Response::Parse(input);
  if (!parsed) return 0;
  GSS_SSPI_REQUIRE(parsed->proof.size() == kNtProofStrSize);
  GSS_SSPI_REQUIRE(parsed->proof.data() == data && parsed->temp.size() == size - kNtProofStrSize);
  fuzz::Visit(input, parsed->temp);
  fuzz::Visit(input, parsed->av_pairs.raw());
  fuzz::Reach();

  ClientChallenge client{parsed->timestamp,
                         parsed->proof.first<kClientChallengeSize>(),
                         parsed->av_pairs,
                         kTargets[data[0] & 3],
                         {}};
  client.with_mic = (data[0] & 4) != 0;
  if ((data[0] & 8) != 0) client.channel_bindings.emplace().fill(data[1]);
  fuzz::Bytes built(client.ResponseSize());
  client.Build(built);
  const auto made = Ntlmv2Response::Parse(built);
  // N804: with the initiator's own pairs there may be one too many.
  const size_t own = client.channel_bindings ? 4 : 3;  // with MsvAvEOL
  GSS_SSPI_REQUIRE(static_cast<bool>(made) ==
                   (PairsOf(parsed->av_pairs, true) + own <= Limits::kAvPairs));
  if (made) CheckMade(*made, client);
  return 0;
}
