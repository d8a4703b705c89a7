// SPDX-License-Identifier: MIT
// The inner loop of the product: the HMAC-MD5 and the RC4 of one protected message in one pass.
//
// Every step of MD5 waits for the one before and leaves the processor half idle. The octets of RC4
// are therefore made between the steps of MD5 wherever both have work; see md5_rc4.cc for the order
// that makes this possible in place.
#ifndef GSS_SSPI_CRYPTO_MD5_RC4_H_
#define GSS_SSPI_CRYPTO_MD5_RC4_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "core/bytes.h"
#include "crypto/hmac_md5.h"
#include "crypto/md5.h"
#include "crypto/rc4.h"

namespace gss_sspi::crypto {

// [MS-NLMP] 3.4.3 and 3.4.4.2: HMAC_MD5(SigningKey, ConcatenationOf(SeqNum, Message)) and
// RC4(Handle, Message) for a message in any number of parts, of any lengths, in any order. One of
// the Finish functions must end it. Key, Rc4 and the parts given to Seal must outlive it.
class MessageCipher {
 public:
  static constexpr size_t kChecksumSize = 8;

  MessageCipher(const HmacMd5Key &key, Rc4 &rc4, uint32_t sequence)
      : key_(key), rc4_(rc4), state_(key.inner()) {
    static_assert(std::endian::native == std::endian::little, "SeqNum is little-endian");
    std::memcpy(block_, &sequence, sizeof sequence);
  }
  MessageCipher(const MessageCipher &) = delete;
  MessageCipher &operator=(const MessageCipher &) = delete;

  // A part that is covered by the checksum only.
  void Sign(ByteView covered) {
    if (covered.size() < kMd5BlockSize - waiting_) {
      Append(covered.data(), covered.size());
    } else {
      SignBlocks(covered.data(), covered.size());
    }
  }

  // A part to be encrypted. `out` is `in` or does not overlap it. The end of `out` may be written
  // as late as in Finish: until then leave both alone.
  void Seal(const uint8_t *in, uint8_t *out, size_t n) {
    if (pending_ != 0) EncryptPending();
    pending_in_ = in;
    pending_out_ = out;
    pending_ = n;
    if (n < kMd5BlockSize - waiting_) {
      Append(in, n);
    } else {
      SealBlocks();
    }
  }

  // A part to be decrypted. `out` is `in` or does not overlap it, and is complete on return.
  void Unseal(const uint8_t *in, uint8_t *out, size_t n) {
    if (pending_ != 0) EncryptPending();
    if (n < kMd5BlockSize - waiting_) {
      rc4_.Apply(in, out, n);
      Append(out, n);
    } else {
      UnsealBlocks(in, out, n);
    }
  }

  // The HMAC.
  void Finish(std::span<uint8_t, kMd5DigestSize> mac);

  // The first eight octets of the HMAC, encrypted with the next eight octets of key stream:
  // [MS-NLMP] 3.4.4.2 with NTLMSSP_NEGOTIATE_KEY_EXCH. Takes hardly longer than Finish.
  void FinishEncrypted(std::span<uint8_t, kChecksumSize> checksum);

 private:
  void Append(const uint8_t *data, size_t n) {
    if (n != 0) std::memcpy(block_ + waiting_, data, n);
    waiting_ += n;
    length_ += n;
  }
  const uint8_t *FillBlock(const uint8_t *data);
  void HashBlock();
  void HashLastBlocks();
  void SignBlocks(const uint8_t *data, size_t n);
  void SealBlocks();
  void UnsealBlocks(const uint8_t *in, uint8_t *out, size_t n);
  void EncryptPending();
  void Encrypted(size_t n) {
    pending_in_ += n;
    pending_out_ += n;
    pending_ -= n;
  }

  const HmacMd5Key &key_;
  Rc4 &rc4_;
  // Octets of the last part given to Seal that were hashed but are not yet encrypted.
  const uint8_t *pending_in_ = nullptr;
  uint8_t *pending_out_ = nullptr;
  size_t pending_ = 0;
  uint64_t length_ = kMd5BlockSize + sizeof(uint32_t);  // K XOR ipad and SeqNum.
  size_t waiting_ = sizeof(uint32_t);                   // Octets in block_, less than a block.
  Md5State state_;
  alignas(16) uint8_t block_[kMd5BlockSize];
};

}  // namespace gss_sspi::crypto

#endif  // GSS_SSPI_CRYPTO_MD5_RC4_H_
