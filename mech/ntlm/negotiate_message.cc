// SPDX-License-Identifier: MIT
#include "ntlm/negotiate_message.h"

#include <algorithm>

#include "ntlm/message.h"
#include "policy/policy.h"

namespace gss_sspi::ntlm {
namespace {

constexpr char kName[] = "NEGOTIATE";
constexpr size_t kFixedPart = 16;        // up to NegotiateFlags
constexpr size_t kWithDescriptors = 32;  // and both descriptors
constexpr size_t kDescriptor = 8;

}  // namespace

Result<NegotiateMessage> NegotiateMessage::Parse(ByteView message) {
  if (message.size() > Limits::kNegotiateMessage) {
    return Fail(Status::kTokenTooLarge, "%s: longer than %zu octets", kName,
                Limits::kNegotiateMessage);
  }
  Reader reader(message);
  if (Error error = TakeHeader(&reader, MessageType::kNegotiate)) return error;
  NegotiateMessage parsed;
  parsed.negotiate_flags = reader.U32();
  if (reader.failed()) return Fail(Status::kDefectiveToken, "%s: cut off", kName);

  // From here on a short message is a message without these fields (N340).
  size_t header_end = kFixedPart;
  size_t payload_end = 0;
  ByteView previous;
  for (const char *field : {"DomainName", "Workstation"}) {
    if (reader.rest().size() < kDescriptor) break;
    const FieldDescriptor descriptor = TakeDescriptor(&reader);
    const auto octets = FieldOf(message, descriptor, kWithDescriptors, kName, field);
    if (!octets) return octets.error();
    if (Overlap(previous, *octets)) {
      return Fail(Status::kDefectiveToken, "%s: DomainName and Workstation overlap", kName);
    }
    previous = *octets;
    header_end += kDescriptor;
    if (descriptor.length != 0) {
      payload_end = std::max(payload_end, size_t{descriptor.offset} + descriptor.length);
    }
  }
  if (message.size() >= kSize) header_end = kSize;
  parsed.trailing_octets = std::max(header_end, payload_end) < message.size();
  return parsed;
}

void NegotiateMessage::Build(std::span<uint8_t, kSize> out) const {
  Writer writer(out);
  PutHeader(&writer, MessageType::kNegotiate);
  writer.U32(negotiate_flags);
  PayloadLayout layout(kSize);
  layout.PutDescriptor(&writer, 0);  // DomainName
  layout.PutDescriptor(&writer, 0);  // Workstation
  writer.Bytes(kOurVersion);
}

}  // namespace gss_sspi::ntlm
