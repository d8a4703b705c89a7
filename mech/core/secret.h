// SPDX-License-Identifier: MIT
// Octets that nobody but their owner may see: wiped when they end, never copied by accident, never
// printed, compared in constant time.
#ifndef GSS_SSPI_CORE_SECRET_H_
#define GSS_SSPI_CORE_SECRET_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "core/bytes.h"

namespace gss_sspi {

// Overwrites memory in a way the compiler keeps.
inline void Wipe(void *data, size_t size) {
  if (size != 0) explicit_bzero(data, size);
}

// Clears the vector registers that compiled code moves keys through. Whoever saves registers next
// writes them to memory: the dynamic loader, on the stack, when a function is called for the first
// time; a signal.
inline void WipeVectorRegisters() {
#if defined(__x86_64__)
  asm volatile(
      "pxor %%xmm0, %%xmm0\n\tpxor %%xmm1, %%xmm1\n\tpxor %%xmm2, %%xmm2\n\t"
      "pxor %%xmm3, %%xmm3\n\tpxor %%xmm4, %%xmm4\n\tpxor %%xmm5, %%xmm5\n\t"
      "pxor %%xmm6, %%xmm6\n\tpxor %%xmm7, %%xmm7\n\tpxor %%xmm8, %%xmm8\n\t"
      "pxor %%xmm9, %%xmm9\n\tpxor %%xmm10, %%xmm10\n\tpxor %%xmm11, %%xmm11\n\t"
      "pxor %%xmm12, %%xmm12\n\tpxor %%xmm13, %%xmm13\n\tpxor %%xmm14, %%xmm14\n\t"
      "pxor %%xmm15, %%xmm15" ::
          : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
            "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
#endif
}

// True when both hold the same octets. Takes the same time wherever they differ; the length is not
// a secret.
inline bool ConstantTimeEqual(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

// N secret octets in place. Derive a named type from it for each kind of key, so that one kind
// cannot be passed for another.
template <size_t N>
class Secret {
 public:
  static constexpr size_t kSize = N;

  Secret() = default;
  explicit Secret(std::span<const uint8_t, N> octets) { Copy(octets_, octets); }
  Secret(Secret &&other) noexcept : octets_(other.octets_) { Wipe(other.octets_.data(), N); }
  Secret &operator=(Secret &&other) noexcept {
    if (this != &other) {
      octets_ = other.octets_;
      Wipe(other.octets_.data(), N);
    }
    return *this;
  }
  Secret(const Secret &) = delete;
  Secret &operator=(const Secret &) = delete;
  ~Secret() { Wipe(octets_.data(), N); }

  std::span<const uint8_t, N> view() const { return octets_; }
  std::span<uint8_t, N> span() { return octets_; }

 private:
  std::array<uint8_t, N> octets_{};
};

// Secret octets on the heap.
class SecretBytes {
 public:
  SecretBytes() = default;
  SecretBytes(SecretBytes &&other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  SecretBytes &operator=(SecretBytes &&other) noexcept {
    if (this != &other) {
      Clear();
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  SecretBytes(const SecretBytes &) = delete;
  SecretBytes &operator=(const SecretBytes &) = delete;
  ~SecretBytes() { Clear(); }

  // As Buffer::Resize; what was there before is wiped.
  [[nodiscard]] bool Resize(size_t size) {
    Clear();
    data_ = static_cast<uint8_t *>(std::malloc(size != 0 ? size : 1));
    size_ = data_ != nullptr ? size : 0;
    return data_ != nullptr;
  }
  // Ends the bytes after `size`, which is at most size(); the rest is wiped.
  void Shrink(size_t size) {
    Wipe(data_ + size, size_ - size);
    size_ = size;
  }
  void Clear() {
    if (data_ != nullptr) Wipe(data_, size_);
    std::free(data_);
    data_ = nullptr;
    size_ = 0;
  }

  size_t size() const { return size_; }
  MutableBytes span() { return {data_, size_}; }
  ByteView view() const { return {data_, size_}; }

 private:
  uint8_t *data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace gss_sspi

#endif  // GSS_SSPI_CORE_SECRET_H_
