// SPDX-License-Identifier: MIT
#include "ntlm/av_pairs.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace gss_sspi;  // NOLINT
  const ByteView input(data, size);
  const auto parsed = ntlm::AvPairs::Parse(input, "fuzz");
  if (!parsed) return 0;
  fuzz::Visit(input, parsed->raw());
  size_t walked = 0;
  ntlm::ForEachAvPair(parsed->raw(), [&](uint16_t, ByteView pair) { walked += pair.size(); });
  GSS_SSPI_REQUIRE(walked == parsed->raw().size());
  for (size_t id = 0; id < ntlm::kAvIdCount; ++id) {
    const auto value = parsed->Find(static_cast<ntlm::AvId>(id));
    if (value) fuzz::Visit(input, *value);
  }
  static_cast<void>(parsed->flags());
  static_cast<void>(parsed->timestamp());
  return 0;
}
