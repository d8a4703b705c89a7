// SPDX-License-Identifier: MIT
// Lists of gss_iov_buffer_desc: which buffer is what, and the parts of a message they make.
#ifndef GSS_SSPI_GSS_IOV_H_
#define GSS_SSPI_GSS_IOV_H_

#include <span>

#include "core/bytes.h"
#include "core/result.h"
#include "gss/mit_gssapi.h"
#include "ntlm/session.h"

namespace gss_sspi::gss {

using IovList = std::span<gss_iov_buffer_desc>;

inline OM_uint32 TypeOf(const gss_iov_buffer_desc &buffer) {
  return GSS_IOV_BUFFER_TYPE(buffer.type);
}

// The only buffer of a type, or null when there is none, or more than one.
gss_iov_buffer_desc *OnlyBuffer(IovList list, OM_uint32 type);

// Makes the buffer of a signature 16 octets long: its memory is the caller's, or is allocated where
// the caller asked for that.
Error PrepareSignature(gss_iov_buffer_desc *buffer);

// Empties padding and trailer, which NTLM does not have.
void EmptyUnusedBuffers(IovList list);

// Gives back what PrepareSignature allocated, after an error.
void DropAllocation(gss_iov_buffer_desc *buffer);

// The parts that DATA and SIGN_ONLY buffers make, in order. DATA is sealed in place, or only
// signed. Takes no memory for lists of ordinary length.
class IovParts {
 public:
  IovParts() = default;
  IovParts(const IovParts &) = delete;
  IovParts &operator=(const IovParts &) = delete;

  Error Collect(IovList list, bool seal);
  std::span<const ntlm::MessagePart> view() const { return {parts_, count_}; }

 private:
  static constexpr size_t kUsualCount = 16;

  ntlm::MessagePart usual_[kUsualCount];
  Buffer more_;
  ntlm::MessagePart *parts_ = usual_;
  size_t count_ = 0;
};

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_IOV_H_
