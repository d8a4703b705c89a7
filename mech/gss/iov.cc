// SPDX-License-Identifier: MIT
#include "gss/iov.h"

#include <cstdlib>
#include <new>

namespace gss_sspi::gss {
namespace {

bool IsCovered(OM_uint32 type) {
  return type == GSS_IOV_BUFFER_TYPE_DATA || type == GSS_IOV_BUFFER_TYPE_SIGN_ONLY;
}

}  // namespace

gss_iov_buffer_desc *OnlyBuffer(IovList list, OM_uint32 type) {
  gss_iov_buffer_desc *found = nullptr;
  for (gss_iov_buffer_desc &buffer : list) {
    if (TypeOf(buffer) != type) continue;
    if (found != nullptr) return nullptr;
    found = &buffer;
  }
  return found;
}

Error PrepareSignature(gss_iov_buffer_desc *buffer) {
  if (buffer == nullptr) return Fail(Status::kBadBuffers, "one buffer for the signature is needed");
  if ((buffer->type & GSS_IOV_BUFFER_FLAG_ALLOCATE) != 0) {
    buffer->buffer.value = std::malloc(ntlm::kMessageSignatureSize);
    if (buffer->buffer.value == nullptr) return Status::kNoMemory;
    buffer->type |= GSS_IOV_BUFFER_FLAG_ALLOCATED;
  } else if (buffer->buffer.value == nullptr ||
             buffer->buffer.length < ntlm::kMessageSignatureSize) {
    return Fail(Status::kBadBuffers, "the buffer for the signature is shorter than 16 octets");
  }
  buffer->buffer.length = ntlm::kMessageSignatureSize;
  return kSuccess;
}

void DropAllocation(gss_iov_buffer_desc *buffer) {
  if ((buffer->type & GSS_IOV_BUFFER_FLAG_ALLOCATED) == 0) return;
  std::free(buffer->buffer.value);
  buffer->buffer.value = nullptr;
  buffer->buffer.length = 0;
  buffer->type &= ~OM_uint32{GSS_IOV_BUFFER_FLAG_ALLOCATED};
}

void EmptyUnusedBuffers(IovList list) {
  for (gss_iov_buffer_desc &buffer : list) {
    const OM_uint32 type = TypeOf(buffer);
    if (type == GSS_IOV_BUFFER_TYPE_PADDING || type == GSS_IOV_BUFFER_TYPE_TRAILER) {
      buffer.buffer.length = 0;
    }
  }
}

Error IovParts::Collect(IovList list, bool seal) {
  if (list.size() > kUsualCount) {
    if (!more_.Resize(list.size() * sizeof(ntlm::MessagePart))) return Status::kNoMemory;
    parts_ = reinterpret_cast<ntlm::MessagePart *>(more_.data());
  }
  for (const gss_iov_buffer_desc &buffer : list) {
    if (!IsCovered(TypeOf(buffer)) || buffer.buffer.length == 0) continue;
    auto *octets = static_cast<uint8_t *>(buffer.buffer.value);
    if (octets == nullptr) return Fail(Status::kBadBuffers, "a buffer has a length, but no memory");
    const bool sealed = seal && TypeOf(buffer) == GSS_IOV_BUFFER_TYPE_DATA;
    new (&parts_[count_++])
        ntlm::MessagePart{octets, sealed ? octets : nullptr, buffer.buffer.length};
  }
  return kSuccess;
}

}  // namespace gss_sspi::gss
