// SPDX-License-Identifier: MIT
// SecBufferDesc: finding buffers by type (S133), the token that comes in, the one that goes out,
// and channel bindings.
#ifndef GSS_SSPI_SSPI_SEC_BUFFERS_H_
#define GSS_SSPI_SSPI_SEC_BUFFERS_H_

#include <gssapi/gssapi.h>
#include <sspi.h>

#include <span>
#include <string_view>

#include "sspi_compat/gss.h"

namespace gss_sspi::sspi {

using BufferList = std::span<SecBuffer>;

// The buffers of a descriptor; none for a null one, or one without an array. ulVersion is not
// looked at.
inline BufferList BuffersOf(const SecBufferDesc *descriptor) {
  if (descriptor == nullptr || descriptor->pBuffers == nullptr) return {};
  return {descriptor->pBuffers, descriptor->cBuffers};
}

inline ULONG TypeOf(const SecBuffer &buffer) { return buffer.BufferType & ~SECBUFFER_ATTRMASK; }

// The first buffer of a type; null when there is none.
inline SecBuffer *FindBuffer(BufferList list, ULONG type) {
  for (SecBuffer &buffer : list) {
    if (TypeOf(buffer) == type) return &buffer;
  }
  return nullptr;
}

// True when the descriptor has a count and no array.
inline bool IsMalformed(const SecBufferDesc *descriptor) {
  return descriptor != nullptr && descriptor->cBuffers != 0 && descriptor->pBuffers == nullptr;
}

// The octets of the TOKEN buffer; empty when there is none.
gss_buffer_desc InputToken(const SecBufferDesc *input);

// SEC_CHANNEL_BINDINGS of a buffer of that type, checked against the buffer.
class ChannelBindings {
 public:
  SECURITY_STATUS Read(const SecBufferDesc *input);
  gss_channel_bindings_t get() { return present_ ? &bindings_ : GSS_C_NO_CHANNEL_BINDINGS; }

 private:
  gss_channel_bindings_struct bindings_{};
  bool present_ = false;
};

// Puts a token into the TOKEN buffer, or into memory of its own with `allocate`. On failure nothing
// is written (S134, S135); `token` keeps its octets.
SECURITY_STATUS GiveToken(std::string_view token, const SecBufferDesc *output, bool allocate);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_SEC_BUFFERS_H_
