// SPDX-License-Identifier: MIT
#include "crypto/hmac_md5.h"

#include "crypto/md5_rounds.h"

namespace gss_sspi::crypto {

namespace {

// MD5 over the one block K XOR pad. The pads are made word by word as the steps use them: a padded
// key never lies in memory.
[[gnu::noinline]] Md5State AfterPad(const uint8_t *key, uint32_t pad) {
  Md5State state;
  const HmacPadWords words = {
      {LoadWord(key), LoadWord(key + 4), LoadWord(key + 8), LoadWord(key + 12)}, pad};
  Md5Steps(kMd5InitialState, state, words, Md5NothingBetween{});
  return state;
}

}  // namespace

HmacMd5Key::HmacMd5Key(std::span<const uint8_t, kKeySize> key)
    : inner_(AfterPad(key.data(), 0x36363636)), outer_(AfterPad(key.data(), 0x5c5c5c5c)) {}

Md5State HmacMd5Key::Outer(const Md5State &inner_digest) const {
  Md5State state;
  Md5Steps(outer_, state, HmacOuterWords{inner_digest}, Md5NothingBetween{});
  return state;
}

}  // namespace gss_sspi::crypto
