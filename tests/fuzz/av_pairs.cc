// SPDX-License-Identifier: MIT
// A list is taken exactly when [MS-NLMP] 2.2.2.1 and the limits say so, as a second reading in
// plain words does, and written out again it is the same list.
#include "ntlm/av_pairs.h"

#include "fuzz.h"
#include "policy/policy.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::ntlm;  // NOLINT

// The same list, read without a Reader.
struct Plain {
  bool good = false;
  std::array<std::optional<ByteView>, kAvIdCount> first;
  size_t end = 0;  // where MsvAvEOL begins
};

size_t WantedSize(unsigned id) {
  if (id == 6) return 4;
  if (id == 7) return 8;
  return id == 10 ? 16 : 0;
}

Plain ReadPlainly(ByteView list) {
  Plain plain;
  size_t at = 0;
  for (size_t count = 0; count < Limits::kAvPairs; ++count) {
    if (list.size() - at < 4) return plain;
    const unsigned id = list[at] + 256U * list[at + 1];
    const size_t length = list[at + 2] + 256U * list[at + 3];
    if (list.size() - at - 4 < length) return plain;
    if (id == 0) {
      plain.good = length == 0;
      plain.end = at;
      return plain;
    }
    if (WantedSize(id) != 0 && WantedSize(id) != length) return plain;
    if (id < kAvIdCount && !plain.first[id]) plain.first[id] = list.subspan(at + 4, length);
    at += 4 + length;
  }
  return plain;
}

void CheckWrittenAgain(const AvPairs &pairs) {
  fuzz::Bytes written(pairs.raw().size() + kAvHeaderSize);
  Writer writer(written);
  ForEachAvPair(pairs.raw(), [&](uint16_t id, ByteView pair) {
    PutAvPair(&writer, static_cast<AvId>(id), pair.subspan(kAvHeaderSize));
  });
  PutAvHeader(&writer, AvId::kEol, 0);
  GSS_SSPI_REQUIRE(writer.complete());
  const auto again = AvPairs::Parse(written, "fuzz");
  GSS_SSPI_REQUIRE(again && Equal(again->raw(), pairs.raw()));
  GSS_SSPI_REQUIRE(again->flags() == pairs.flags() && again->timestamp() == pairs.timestamp());
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const ByteView input(data, size);
  const auto parsed = AvPairs::Parse(input, "fuzz");
  const Plain plain = ReadPlainly(input);
  GSS_SSPI_REQUIRE(static_cast<bool>(parsed) == plain.good);
  if (!parsed) return 0;
  fuzz::Visit(input, parsed->raw());
  GSS_SSPI_REQUIRE(parsed->raw().size() == plain.end);
  for (size_t id = 0; id < kAvIdCount; ++id) {
    const auto value = parsed->Find(static_cast<AvId>(id));
    GSS_SSPI_REQUIRE(value.has_value() == plain.first[id].has_value());
    if (!value) continue;
    fuzz::Visit(input, *value);
    GSS_SSPI_REQUIRE(value->size() == plain.first[id]->size());
    GSS_SSPI_REQUIRE(value->empty() || value->data() == plain.first[id]->data());
  }
  if (parsed->timestamp()) fuzz::Reach();
  CheckWrittenAgain(*parsed);
  return 0;
}
