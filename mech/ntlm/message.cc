// SPDX-License-Identifier: MIT
#include "ntlm/message.h"

namespace gss_sspi::ntlm {

Error TakeHeader(Reader *reader, MessageType type) {
  const ByteView signature = reader->Bytes(sizeof kSignature);
  const uint32_t message_type = reader->U32();
  if (reader->failed() || !Equal(signature, kSignature)) {
    return Fail(Status::kDefectiveToken, "not an NTLM message");
  }
  if (message_type == static_cast<uint32_t>(type)) return kSuccess;
  return Fail(Status::kUnexpectedToken, "expected message type %u, got %u",
              static_cast<unsigned>(type), static_cast<unsigned>(message_type));
}

void PutHeader(Writer *writer, MessageType type) {
  writer->Bytes(kSignature);
  writer->U32(static_cast<uint32_t>(type));
}

FieldDescriptor TakeDescriptor(Reader *reader) {
  FieldDescriptor descriptor;
  descriptor.length = reader->U16();
  reader->U16();  // MaxLen: to be ignored, and real peers differ (N343).
  descriptor.offset = reader->U32();
  return descriptor;
}

Result<ByteView> FieldOf(ByteView message, FieldDescriptor descriptor, size_t header_size,
                         const char *message_name, const char *field_name) {
  if (descriptor.length == 0) return ByteView();
  const uint64_t end = uint64_t{descriptor.offset} + descriptor.length;
  if (descriptor.offset < header_size || end > message.size()) {
    return Fail(Status::kDefectiveToken, "%s: %s lies outside of the message's payload",
                message_name, field_name);
  }
  return message.subspan(descriptor.offset, descriptor.length);
}

}  // namespace gss_sspi::ntlm
