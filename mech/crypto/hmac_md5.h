// SPDX-License-Identifier: MIT
// HMAC-MD5 (RFC 2104) with a key of 16 octets, the only length MS-NLMP has.
#ifndef GSS_SSPI_CRYPTO_HMAC_MD5_H_
#define GSS_SSPI_CRYPTO_HMAC_MD5_H_

#include <cstdint>
#include <span>

#include "core/bytes.h"
#include "core/secret.h"
#include "crypto/md5.h"

namespace gss_sspi::crypto {

// A key as MD5 leaves it after K XOR ipad and after K XOR opad (RFC 2104 section 4), so that a
// message costs only its own blocks and one more. As secret as the key.
class HmacMd5Key {
 public:
  static constexpr size_t kKeySize = 16;

  HmacMd5Key() = default;
  explicit HmacMd5Key(std::span<const uint8_t, kKeySize> key);
  HmacMd5Key(HmacMd5Key &&other) noexcept : inner_(other.inner_), outer_(other.outer_) {
    other.Clear();
  }
  HmacMd5Key &operator=(HmacMd5Key &&other) noexcept {
    if (this != &other) {
      inner_ = other.inner_;
      outer_ = other.outer_;
      other.Clear();
    }
    return *this;
  }
  HmacMd5Key(const HmacMd5Key &) = delete;
  HmacMd5Key &operator=(const HmacMd5Key &) = delete;
  ~HmacMd5Key() { Clear(); }

  // Both states as octets of this host, and back.
  static constexpr size_t kSavedSize = 2 * sizeof(Md5State);
  void Save(std::span<uint8_t, kSavedSize> to) const {
    std::memcpy(to.data(), inner_.data(), sizeof inner_);
    std::memcpy(to.data() + sizeof inner_, outer_.data(), sizeof outer_);
  }
  void Load(std::span<const uint8_t, kSavedSize> from) {
    std::memcpy(inner_.data(), from.data(), sizeof inner_);
    std::memcpy(outer_.data(), from.data() + sizeof inner_, sizeof outer_);
  }

  const Md5State &inner() const { return inner_; }
  const Md5State &outer() const { return outer_; }

  // From the state of the inner hash at its end to that of the whole HMAC.
  [[nodiscard]] Md5State Outer(const Md5State &inner_digest) const;

 private:
  void Clear() {
    Wipe(inner_.data(), sizeof inner_);
    Wipe(outer_.data(), sizeof outer_);
  }

  Md5State inner_{};
  Md5State outer_{};
};

// HMAC-MD5 of octets that come in parts. The key must outlive it.
class HmacMd5 {
 public:
  explicit HmacMd5(const HmacMd5Key &key) : key_(key), inner_(key.inner(), kMd5BlockSize) {}

  void Update(ByteView data) { inner_.Update(data); }
  // Ends the message. The object can then only be destroyed.
  [[nodiscard]] Md5Digest Finish() { return ToDigest(key_.Outer(inner_.FinishState())); }

 private:
  const HmacMd5Key &key_;
  Md5 inner_;
};

// [MS-NLMP] 6 HMAC_MD5(K, M) of all parts one after the other.
template <typename... Parts>
[[nodiscard]] Md5Digest HmacMd5Of(const HmacMd5Key &key, const Parts &...parts) {
  HmacMd5 hmac(key);
  (hmac.Update(parts), ...);
  return hmac.Finish();
}

}  // namespace gss_sspi::crypto

#endif  // GSS_SSPI_CRYPTO_HMAC_MD5_H_
