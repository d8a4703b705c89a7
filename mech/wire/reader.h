// SPDX-License-Identifier: MIT
// A view of little-endian input that shrinks as it is read. Reading past the end makes it fail for
// good and gives zeroes, so a parser is a straight list of fields and one check at the end.
#ifndef GSS_SSPI_WIRE_READER_H_
#define GSS_SSPI_WIRE_READER_H_

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"

namespace gss_sspi {

class Reader {
 public:
  explicit Reader(ByteView input) : rest_(input) {}

  uint8_t U8() { return static_cast<uint8_t>(Number(1)); }
  uint16_t U16() { return static_cast<uint16_t>(Number(2)); }
  uint32_t U32() { return static_cast<uint32_t>(Number(4)); }
  uint64_t U64() { return Number(8); }

  // The next `size` octets, or an empty view when there are fewer.
  ByteView Bytes(size_t size) {
    if (size > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const ByteView taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  // The next N octets as an array-sized view; zeroes when there are fewer.
  template <size_t N>
  std::span<const uint8_t, N> Array() {
    static constexpr uint8_t kZeroes[N] = {};
    const ByteView taken = Bytes(N);
    return std::span<const uint8_t, N>(taken.size() == N ? taken.data() : kZeroes, N);
  }
  void Skip(size_t size) { Bytes(size); }

  ByteView rest() const { return rest_; }
  bool failed() const { return failed_; }
  bool ok() const { return !failed_; }

 private:
  uint64_t Number(size_t size) {
    const ByteView octets = Bytes(size);
    uint64_t value = 0;
    for (size_t i = octets.size(); i > 0; --i) value = value << 8 | octets[i - 1];
    return value;
  }

  ByteView rest_;
  bool failed_ = false;
};

}  // namespace gss_sspi

#endif  // GSS_SSPI_WIRE_READER_H_
