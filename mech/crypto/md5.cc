// SPDX-License-Identifier: MIT
#include "crypto/md5.h"

#include "crypto/md5_rounds.h"

namespace gss_sspi::crypto {

void Md5Blocks(Md5State &state, const uint8_t *blocks, size_t count) {
  Md5State work = state;
  for (; count != 0; --count, blocks += kMd5BlockSize) {
    Md5Steps(work, work, Md5BlockWords{blocks}, Md5NothingBetween{});
  }
  state = work;
}

void Md5::Update(ByteView data) {
  const size_t waiting = length_ % kMd5BlockSize;
  const size_t room = kMd5BlockSize - waiting;
  length_ += data.size();
  if (data.size() < room) {
    Copy(MutableBytes(block_).subspan(waiting), data);
    return;
  }
  if (waiting != 0) {
    Copy(MutableBytes(block_).subspan(waiting), data.first(room));
    Md5Blocks(state_, block_.data(), 1);
    data = data.subspan(room);
  }
  Md5Blocks(state_, data.data(), data.size() / kMd5BlockSize);
  Copy(block_, data.last(data.size() % kMd5BlockSize));
}

// RFC 1321 3.1 and 3.2.
Md5State Md5::FinishState() {
  size_t waiting = length_ % kMd5BlockSize;
  block_[waiting++] = 0x80;
  if (waiting > kMd5LengthOffset) {
    std::memset(block_.data() + waiting, 0, kMd5BlockSize - waiting);
    Md5Blocks(state_, block_.data(), 1);
    waiting = 0;
  }
  std::memset(block_.data() + waiting, 0, kMd5LengthOffset - waiting);
  const uint64_t bits = length_ * 8;
  std::memcpy(block_.data() + kMd5LengthOffset, &bits, sizeof bits);
  Md5Blocks(state_, block_.data(), 1);
  return state_;
}

}  // namespace gss_sspi::crypto
