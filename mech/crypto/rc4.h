// SPDX-License-Identifier: MIT
// RC4, the stream cipher of NTLM session security.
#ifndef GSS_SSPI_CRYPTO_RC4_H_
#define GSS_SSPI_CRYPTO_RC4_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "core/bytes.h"
#include "core/secret.h"

namespace gss_sspi::crypto {

// One key stream and the place reached in it. As secret as its key.
class Rc4 {
 public:
  static constexpr size_t kMaxKeySize = 256;
  static constexpr size_t kSavedSize = 256 + 2;

  Rc4() = default;  // No key yet; Apply then copies.
  explicit Rc4(ByteView key) { SetKey(key); }
  Rc4(Rc4 &&other) noexcept { *this = std::move(other); }
  Rc4 &operator=(Rc4 &&other) noexcept {
    if (this != &other) {
      permutation_ = other.permutation_;
      x_ = other.x_;
      y_ = other.y_;
      other.Clear();
    }
    return *this;
  }
  Rc4(const Rc4 &) = delete;
  Rc4 &operator=(const Rc4 &) = delete;
  ~Rc4() { Clear(); }

  // Starts the key stream of a key of 1 to 256 octets at its beginning.
  void SetKey(ByteView key);
  // As SetKey for two keys of 16 octets, in little more than the time of one: the two schedules do
  // not wait for each other.
  static void SetKeys(Rc4 &first, std::span<const uint8_t, 16> first_key, Rc4 &second,
                      std::span<const uint8_t, 16> second_key);

  // Encrypts or decrypts n octets. `out` is `in` or does not overlap it.
  void Apply(const uint8_t *in, uint8_t *out, size_t n);
  void Apply(MutableBytes data) { Apply(data.data(), data.data(), data.size()); }

  // Goes back by n octets of key stream, at most as many as were taken since the key was set.
  void Rewind(size_t n);

  // The state as octets, and back. Load refuses, and changes nothing, if it sees that the octets
  // are no RC4 state.
  void Save(std::span<uint8_t, kSavedSize> to) const;
  [[nodiscard]] bool Load(std::span<const uint8_t, kSavedSize> from);

 private:
  friend class Rc4Run;

  void Clear() {
    Wipe(permutation_.data(), sizeof permutation_);
    x_ = y_ = 0;
  }

  std::array<uint8_t, 256> permutation_{};
  uint8_t x_ = 0;
  uint8_t y_ = 0;
};

// The generator with its two indices in registers, for the inner loops of this folder. The Rc4 is
// up to date again when the run ends.
class Rc4Run {
 public:
  [[gnu::always_inline]] explicit Rc4Run(Rc4 &rc4)
      : rc4_(rc4), permutation_(rc4.permutation_.data()), x_(rc4.x_), y_(rc4.y_) {}
  Rc4Run(const Rc4Run &) = delete;
  Rc4Run &operator=(const Rc4Run &) = delete;
  [[gnu::always_inline]] ~Rc4Run() {
    rc4_.x_ = x_;
    rc4_.y_ = y_;
  }

  // The next octet of key stream.
  [[gnu::always_inline]] uint8_t Next() {
    const uint8_t at_x = permutation_[++x_];
    y_ = static_cast<uint8_t>(y_ + at_x);
    const uint8_t at_y = permutation_[y_];
    permutation_[y_] = at_x;
    permutation_[x_] = at_y;
    return permutation_[static_cast<uint8_t>(at_x + at_y)];
  }

  // Undoes Next.
  [[gnu::always_inline]] void Back() {
    const uint8_t at_y = permutation_[x_];
    const uint8_t at_x = permutation_[y_];
    permutation_[x_] = at_x;
    permutation_[y_] = at_y;
    y_ = static_cast<uint8_t>(y_ - at_x);
    --x_;
  }

 private:
  Rc4 &rc4_;
  uint8_t *permutation_;
  uint8_t x_;
  uint8_t y_;
};

}  // namespace gss_sspi::crypto

#endif  // GSS_SSPI_CRYPTO_RC4_H_
