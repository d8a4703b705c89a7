// SPDX-License-Identifier: MIT
// Little-endian output into memory of known size. Writing past the end writes nothing and makes it
// fail for good: one check at the end.
#ifndef GSS_SSPI_WIRE_WRITER_H_
#define GSS_SSPI_WIRE_WRITER_H_

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"

namespace gss_sspi {

class Writer {
 public:
  explicit Writer(MutableBytes output) : output_(output) {}

  void U8(uint8_t value) { Number(value, 1); }
  void U16(uint16_t value) { Number(value, 2); }
  void U32(uint32_t value) { Number(value, 4); }
  void U64(uint64_t value) { Number(value, 8); }
  void Bytes(ByteView octets) { Copy(Take(octets.size()), octets); }
  void Zeroes(size_t size) {
    const MutableBytes place = Take(size);
    if (!place.empty()) std::memset(place.data(), 0, place.size());
  }
  // The next `size` octets for the caller to fill; empty when they do not fit.
  MutableBytes Take(size_t size) {
    if (size > output_.size() - written_) {
      failed_ = true;
      return {};
    }
    const MutableBytes place = output_.subspan(written_, size);
    written_ += size;
    return place;
  }

  size_t written() const { return written_; }
  bool failed() const { return failed_; }
  // All of the memory was filled, and nothing more was written.
  bool complete() const { return !failed_ && written_ == output_.size(); }

 private:
  void Number(uint64_t value, size_t size) {
    for (uint8_t &octet : Take(size)) {
      octet = static_cast<uint8_t>(value);
      value >>= 8;
    }
  }

  MutableBytes output_;
  size_t written_ = 0;
  bool failed_ = false;
};

}  // namespace gss_sspi

#endif  // GSS_SSPI_WIRE_WRITER_H_
