// SPDX-License-Identifier: MIT
// Views of octets, and the one owning octet buffer of the modules.
//
// The loadable modules are built without exceptions and without libstdc++, so nothing here throws:
// what allocates says whether it could.
#ifndef GSS_SSPI_CORE_BYTES_H_
#define GSS_SSPI_CORE_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace gss_sspi {

using ByteView = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

inline ByteView AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

inline std::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

inline bool Equal(ByteView a, ByteView b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

// memcpy that takes an empty view with a null pointer. `to` must have room for all of `from`.
inline void Copy(MutableBytes to, ByteView from) {
  if (!from.empty()) std::memcpy(to.data(), from.data(), from.size());
}

// Octets on the heap of malloc(3), so that a gss_buffer_desc may take them over. Not for secrets:
// those live in SecretBytes.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer &&other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Buffer &operator=(Buffer &&other) noexcept {
    if (this != &other) {
      std::free(data_);
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;
  ~Buffer() { std::free(data_); }

  // Takes over `size` octets of malloc(3)'s heap.
  static Buffer Adopt(uint8_t *data, size_t size) {
    Buffer buffer;
    buffer.data_ = data;
    buffer.size_ = size;
    return buffer;
  }

  // Makes room for `size` octets, whose values are then undefined, and drops the old ones.
  // False when there is no memory; the buffer is then empty.
  [[nodiscard]] bool Resize(size_t size) {
    std::free(data_);
    data_ = static_cast<uint8_t *>(std::malloc(size != 0 ? size : 1));
    size_ = data_ != nullptr ? size : 0;
    return data_ != nullptr;
  }
  [[nodiscard]] bool Assign(ByteView from) {
    if (!Resize(from.size())) return false;
    Copy(span(), from);
    return true;
  }

  // Ends the octets after `size`, which is at most size().
  void Shrink(size_t size) { size_ = size; }

  // Gives the octets to the caller, who frees them with free(3).
  uint8_t *Release() {
    size_ = 0;
    return std::exchange(data_, nullptr);
  }
  void Clear() { *this = Buffer(); }

  uint8_t *data() { return data_; }
  const uint8_t *data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  MutableBytes span() { return {data_, size_}; }
  ByteView view() const { return {data_, size_}; }

 private:
  uint8_t *data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace gss_sspi

#endif  // GSS_SSPI_CORE_BYTES_H_
