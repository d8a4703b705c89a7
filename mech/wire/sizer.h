// SPDX-License-Identifier: MIT
// Takes the calls of a Writer and only counts, so that one list of fields serves to find the size
// of a structure and to write it.
#ifndef GSS_SSPI_WIRE_SIZER_H_
#define GSS_SSPI_WIRE_SIZER_H_

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "wire/writer.h"

namespace gss_sspi {

class Sizer {
 public:
  void U8(uint8_t /*value*/) { size_ += 1; }
  void U16(uint16_t /*value*/) { size_ += 2; }
  void U32(uint32_t /*value*/) { size_ += 4; }
  void Bytes(ByteView octets) { size_ += octets.size(); }
  // Room for what is too much to be made twice. Empty here, where only its size counts.
  MutableBytes Take(size_t size) {
    size_ += size;
    return {};
  }
  size_t size() const { return size_; }

 private:
  size_t size_ = 0;
};

// Runs `fields`, a callable that takes a Sizer or a Writer, over memory of the size it needs. False
// when there is no memory.
template <typename Fields>
[[nodiscard]] bool Serialize(const Fields &fields, Buffer *out) {
  Sizer sizer;
  fields(sizer);
  if (!out->Resize(sizer.size())) return false;
  Writer writer(out->span());
  fields(writer);
  return true;
}

}  // namespace gss_sspi

#endif  // GSS_SSPI_WIRE_SIZER_H_
