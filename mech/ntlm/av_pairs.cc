// SPDX-License-Identifier: MIT
#include "ntlm/av_pairs.h"

#include "policy/policy.h"
#include "wire/reader.h"

namespace gss_sspi::ntlm {
namespace {

// The value lengths [MS-NLMP] 2.2.2.1 fixes; zero where any will do.
constexpr size_t FixedLength(uint16_t id) {
  switch (static_cast<AvId>(id)) {
    case AvId::kFlags:
      return 4;
    case AvId::kTimestamp:
      return 8;
    case AvId::kChannelBindings:
      return kChannelBindingsSize;
    default:
      return 0;
  }
}

}  // namespace

Result<AvPairs> AvPairs::Parse(ByteView octets, const char *message_name) {
  AvPairs pairs;
  Reader reader(octets);
  for (size_t count = 0; count < Limits::kAvPairs; ++count) {
    const uint16_t id = reader.U16();
    const uint16_t length = reader.U16();
    const ByteView value = reader.Bytes(length);
    if (reader.failed()) {
      return Fail(Status::kDefectiveToken, "%s: the AV_PAIR list is cut off", message_name);
    }
    if (id == static_cast<uint16_t>(AvId::kEol)) {
      if (length != 0) {
        return Fail(Status::kDefectiveToken, "%s: MsvAvEOL is not empty", message_name);
      }
      pairs.raw_ = octets.first(octets.size() - reader.rest().size() - kAvHeaderSize);
      return pairs;
    }
    if (FixedLength(id) != 0 && length != FixedLength(id)) {
      return Fail(Status::kDefectiveToken, "%s: AV_PAIR %u has a wrong length", message_name, id);
    }
    if (id < kAvIdCount && !pairs.values_[id]) pairs.values_[id] = value;
  }
  return Fail(Status::kDefectiveToken, "%s: more than %zu AV_PAIRs", message_name,
              Limits::kAvPairs);
}

uint32_t AvPairs::flags() const {
  const auto value = Find(AvId::kFlags);
  return value ? Reader(*value).U32() : 0;
}

std::optional<FileTime> AvPairs::timestamp() const {
  const auto value = Find(AvId::kTimestamp);
  if (!value) return std::nullopt;
  return Reader(*value).U64();
}

void PutAvHeader(Writer *writer, AvId id, size_t length) {
  writer->U16(static_cast<uint16_t>(id));
  writer->U16(static_cast<uint16_t>(length));
}

void PutAvPair(Writer *writer, AvId id, ByteView value) {
  PutAvHeader(writer, id, value.size());
  writer->Bytes(value);
}

}  // namespace gss_sspi::ntlm
