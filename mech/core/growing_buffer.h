// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_CORE_GROWING_BUFFER_H_
#define GSS_SSPI_CORE_GROWING_BUFFER_H_

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/bytes.h"

namespace gss_sspi {

// Octets that come piece by piece, and leave at the front or all at once. Not for secrets.
class GrowingBuffer {
 public:
  GrowingBuffer() = default;
  GrowingBuffer(const GrowingBuffer &) = delete;
  GrowingBuffer &operator=(const GrowingBuffer &) = delete;
  ~GrowingBuffer() { std::free(data_); }

  // Makes sure of room for `more` octets behind those that are there. False without memory; all is
  // then as it was.
  [[nodiscard]] bool Reserve(size_t more) {
    if (more <= capacity_ - size_) return true;
    if (more > SIZE_MAX / 2 - size_) return false;
    // Exact at first, then twofold: most have one piece, long ones are not copied for each.
    const size_t wanted = std::max(size_ + more, size_ != 0 ? 2 * size_ : 0);
    auto *moved = static_cast<uint8_t *>(std::realloc(data_, wanted));
    if (moved == nullptr) return false;
    data_ = moved;
    capacity_ = wanted;
    return true;
  }
  [[nodiscard]] bool Append(ByteView octets) {
    if (!Reserve(octets.size())) return false;
    Copy(Room(), octets);
    size_ += octets.size();
    return true;
  }
  // The room behind the octets, and how much of it has been filled.
  MutableBytes Room() { return {data_ + size_, capacity_ - size_}; }
  void Filled(size_t size) { size_ += size; }

  // Drops octets at the front, at most all.
  void DropFront(size_t size) {
    size_ -= size;
    if (size_ != 0) std::memmove(data_, data_ + size, size_);
  }
  // Frees the memory as well.
  void Clear() { Take().Clear(); }
  // All octets, which this then has no more.
  Buffer Take() {
    capacity_ = 0;
    return Buffer::Adopt(std::exchange(data_, nullptr), std::exchange(size_, 0));
  }

  ByteView view() const { return {data_, size_}; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  uint8_t *data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace gss_sspi

#endif  // GSS_SSPI_CORE_GROWING_BUFFER_H_
