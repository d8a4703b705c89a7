// SPDX-License-Identifier: MIT
// MD5 reads plaintext. When a part is sealed in place, RC4 must come after MD5; when a part is
// unsealed, before it. Both run over the same part at the same time with a distance between them:
//
//   Seal:    [ encrypted | being encrypted | hashed ... | being hashed | plaintext ]
//   Unseal:  [ hashed | being hashed | decrypted ... | being decrypted | ciphertext ]
//
// What a sealed part has left to encrypt at its end is done between the steps of the last blocks.
#include "crypto/md5_rc4.h"

#include <algorithm>

#include "crypto/md5_rounds.h"

namespace gss_sspi::crypto {

namespace {

// Octets of RC4 that are encrypted at once, after as many steps of MD5.
constexpr size_t kGroup = 8;

// RC4 over 64 octets, one between any two steps of MD5.
struct Rc4Block {
  Rc4Run &run;
  const uint8_t *in;
  uint8_t *out;
  uint64_t stream = 0;

  template <size_t kStep>
  [[gnu::always_inline]] void After() {
    stream |= static_cast<uint64_t>(run.Next()) << (8 * (kStep % kGroup));
    if constexpr (kStep % kGroup == kGroup - 1) {
      uint64_t data;
      std::memcpy(&data, in + kStep - (kGroup - 1), sizeof data);
      data ^= stream;
      std::memcpy(out + kStep - (kGroup - 1), &data, sizeof data);
      stream = 0;
    }
  }
};

// Eight octets of key stream, one after every eighth step.
struct Rc4Octets {
  Rc4Run &run;
  uint64_t stream = 0;

  template <size_t kStep>
  [[gnu::always_inline]] void After() {
    if constexpr (kStep % 8 == 0) stream |= static_cast<uint64_t>(run.Next()) << kStep;
  }
};

// MD5 over `count` blocks at `hashed` and RC4 over as many octets from `in` to `out`.
[[gnu::noinline]] void Md5Rc4Blocks(Md5State &state, const uint8_t *hashed, Rc4 &rc4,
                                    const uint8_t *in, uint8_t *out, size_t count) {
  Rc4Run run(rc4);
  Md5State work = state;
  for (; count != 0; --count) {
    Md5Steps(work, work, Md5BlockWords{hashed}, Rc4Block{run, in, out});
    hashed += kMd5BlockSize;
    in += kMd5BlockSize;
    out += kMd5BlockSize;
  }
  state = work;
}

template <size_t... kIndex>
[[gnu::always_inline]] inline void Md5StepsRc4Groups(Md5State &work, const uint8_t *hashed,
                                                     Rc4Block block, size_t groups,
                                                     std::index_sequence<kIndex...>) {
  constexpr std::make_index_sequence<kGroup> kSteps;
  ((kIndex < groups ? Md5UnrolledSteps<kIndex * kGroup>(work, Md5BlockWords{hashed}, block, kSteps)
                    : Md5UnrolledSteps<kIndex * kGroup>(work, Md5BlockWords{hashed},
                                                        Md5NothingBetween{}, kSteps)),
   ...);
}

// MD5 over one block and RC4 over `groups` groups, at most eight.
[[gnu::noinline]] void Md5BlockRc4Groups(Md5State &state, const uint8_t *hashed, Rc4 &rc4,
                                         const uint8_t *in, uint8_t *out, size_t groups) {
  Rc4Run run(rc4);
  Md5State work = {state[0], state[1], state[2], state[3]};
  Md5StepsRc4Groups(work, hashed, Rc4Block{run, in, out}, groups,
                    std::make_index_sequence<kMd5BlockSize / kGroup>());
  state = Md5Sum(state, work);
}

// True if RC4, in place and `distance` octets behind MD5, never changes a word that MD5 still
// reads. A word is last read in the fourth round, at step 48 + i where i is 7 i = word modulo 16.
constexpr bool IsSafeDistance(size_t distance) {
  for (size_t i = 0; i < 16; ++i) {
    const size_t word_end = distance + 4 * (7 * i % 16 + 1);
    for (size_t group = 0; group < kMd5BlockSize; group += kGroup) {
      const bool overlaps = group < word_end && word_end - 4 < group + kGroup;
      if (overlaps && group + kGroup - 1 < 48 + i) return false;
    }
  }
  return true;
}

constexpr size_t kSafeDistance = 48;
static_assert([] {
  for (size_t distance = kSafeDistance; distance <= 2 * kMd5BlockSize; ++distance) {
    if (!IsSafeDistance(distance)) return false;
  }
  return !IsSafeDistance(0);
}());

}  // namespace

// Completes the waiting block; the part goes on at the address returned.
const uint8_t *MessageCipher::FillBlock(const uint8_t *data) {
  const size_t room = kMd5BlockSize - waiting_;
  std::memcpy(block_ + waiting_, data, room);
  return data + room;
}

void MessageCipher::HashBlock() {
  const size_t groups = std::min(pending_, kMd5BlockSize) / kGroup;
  if (groups == 0) {
    Md5Blocks(state_, block_, 1);
  } else {
    Md5BlockRc4Groups(state_, block_, rc4_, pending_in_, pending_out_, groups);
    Encrypted(groups * kGroup);
  }
  waiting_ = 0;
}

void MessageCipher::EncryptPending() {
  rc4_.Apply(pending_in_, pending_out_, pending_);
  pending_ = 0;
}

void MessageCipher::SignBlocks(const uint8_t *data, size_t n) {
  const uint8_t *const end = data + n;
  length_ += n;
  data = FillBlock(data);
  HashBlock();
  const size_t count = static_cast<size_t>(end - data) / kMd5BlockSize;
  Md5Blocks(state_, data, count);
  data += count * kMd5BlockSize;
  length_ -= static_cast<size_t>(end - data);
  Append(data, static_cast<size_t>(end - data));
}

// The whole part is pending: RC4 begins when MD5 has passed the part's first octets.
void MessageCipher::SealBlocks() {
  const uint8_t *data = pending_in_;
  const uint8_t *const end = data + pending_;
  length_ += pending_;
  data = FillBlock(data);
  Md5Blocks(state_, block_, 1);
  waiting_ = 0;
  size_t count = static_cast<size_t>(end - data) / kMd5BlockSize;
  if (count != 0 && static_cast<size_t>(data - pending_in_) < kSafeDistance) {
    Md5Blocks(state_, data, 1);
    data += kMd5BlockSize;
    --count;
  }
  if (count != 0) {
    Md5Rc4Blocks(state_, data, rc4_, pending_in_, pending_out_, count);
    data += count * kMd5BlockSize;
    Encrypted(count * kMd5BlockSize);
  }
  length_ -= static_cast<size_t>(end - data);
  Append(data, static_cast<size_t>(end - data));
}

// RC4 is one block ahead of MD5.
void MessageCipher::UnsealBlocks(const uint8_t *in, uint8_t *out, size_t n) {
  const size_t room = kMd5BlockSize - waiting_;
  length_ += n;
  rc4_.Apply(in, out, room);
  const uint8_t *data = FillBlock(out);
  pending_in_ = in + room;
  pending_out_ = out + room;
  pending_ = n - room;
  const uint8_t *const end = data + pending_;

  HashBlock();
  if (const size_t count = pending_ / kMd5BlockSize; count != 0) {
    Md5Rc4Blocks(state_, data, rc4_, pending_in_, pending_out_, count);
    data += count * kMd5BlockSize;
    Encrypted(count * kMd5BlockSize);
  }
  // Of the block ahead the first octets are decrypted.
  EncryptPending();
  if (static_cast<size_t>(end - data) >= kMd5BlockSize) {
    Md5Blocks(state_, data, 1);
    data += kMd5BlockSize;
  }
  length_ -= static_cast<size_t>(end - data);
  Append(data, static_cast<size_t>(end - data));
}

// RFC 1321 3.1 and 3.2.
void MessageCipher::HashLastBlocks() {
  block_[waiting_++] = 0x80;
  if (waiting_ > kMd5LengthOffset) {
    std::memset(block_ + waiting_, 0, kMd5BlockSize - waiting_);
    HashBlock();
  }
  std::memset(block_ + waiting_, 0, kMd5LengthOffset - waiting_);
  const uint64_t bits = length_ * 8;
  std::memcpy(block_ + kMd5LengthOffset, &bits, sizeof bits);
  HashBlock();
  if (pending_ != 0) EncryptPending();
}

void MessageCipher::Finish(std::span<uint8_t, kMd5DigestSize> mac) {
  HashLastBlocks();
  const Md5State outer = key_.Outer(state_);
  std::memcpy(mac.data(), outer.data(), mac.size());
}

void MessageCipher::FinishEncrypted(std::span<uint8_t, kChecksumSize> checksum) {
  HashLastBlocks();
  Rc4Run run(rc4_);
  Rc4Octets octets{run};
  Md5State outer;
  Md5Steps(key_.outer(), outer, HmacOuterWords{state_}, octets);
  uint64_t first;
  std::memcpy(&first, outer.data(), sizeof first);
  first ^= octets.stream;
  std::memcpy(checksum.data(), &first, sizeof first);
}

}  // namespace gss_sspi::crypto
