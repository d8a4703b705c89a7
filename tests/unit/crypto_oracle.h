// SPDX-License-Identifier: MIT
// libcrypto as the oracle of the crypto tests, and octets to feed both sides with.
#ifndef GSS_SSPI_TESTS_CRYPTO_ORACLE_H_
#define GSS_SSPI_TESTS_CRYPTO_ORACLE_H_

#include <check.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <vector>

#include "core/bytes.h"

namespace gss_sspi::test {

using Bytes = std::vector<uint8_t>;

inline constexpr char kNoLegacyProvider[] =
    "OpenSSL's legacy provider cannot be loaded (package libssl3: ossl-modules/legacy.so)";

// libcrypto with its providers in a library context of our own.
class Oracle {
 public:
  Oracle()
      : context_(OSSL_LIB_CTX_new()),
        default_(OSSL_PROVIDER_load(context_, "default")),
        legacy_(OSSL_PROVIDER_load(context_, "legacy")),
        hmac_(EVP_MAC_fetch(context_, "HMAC", nullptr)) {}
  Oracle(const Oracle &) = delete;
  Oracle &operator=(const Oracle &) = delete;
  ~Oracle() {
    EVP_MAC_free(hmac_);
    if (legacy_ != nullptr) OSSL_PROVIDER_unload(legacy_);
    if (default_ != nullptr) OSSL_PROVIDER_unload(default_);
    OSSL_LIB_CTX_free(context_);
  }

  // MD4, RC4 and DES need it.
  bool has_legacy() const { return legacy_ != nullptr; }

  Bytes Digest(const char *name, ByteView data) const {
    EVP_MD *md = EVP_MD_fetch(context_, name, nullptr);
    ck_assert_ptr_nonnull(md);
    Bytes digest(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    ck_assert_int_eq(EVP_Digest(data.data(), data.size(), digest.data(), &size, md, nullptr), 1);
    EVP_MD_free(md);
    digest.resize(size);
    return digest;
  }

  Bytes HmacMd5(ByteView key, ByteView data) const {
    EVP_MAC_CTX *mac = EVP_MAC_CTX_new(hmac_);
    char digest_name[] = "MD5";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
        OSSL_PARAM_construct_end()};
    Bytes digest(16);
    size_t size = 0;
    ck_assert_int_eq(EVP_MAC_init(mac, key.data(), key.size(), params), 1);
    ck_assert_int_eq(EVP_MAC_update(mac, data.data(), data.size()), 1);
    ck_assert_int_eq(EVP_MAC_final(mac, digest.data(), &size, digest.size()), 1);
    ck_assert_uint_eq(size, digest.size());
    EVP_MAC_CTX_free(mac);
    return digest;
  }

  // `data` encrypted as one piece.
  Bytes Cipher(const char *name, ByteView key, ByteView data) const {
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(context_, name, nullptr);
    ck_assert_ptr_nonnull(cipher);
    EVP_CIPHER_CTX *state = EVP_CIPHER_CTX_new();
    Bytes out(data.size() + EVP_MAX_BLOCK_LENGTH);
    int size = 0;
    ck_assert_int_eq(EVP_EncryptInit_ex2(state, cipher, nullptr, nullptr, nullptr), 1);
    ck_assert_int_eq(EVP_CIPHER_CTX_set_key_length(state, static_cast<int>(key.size())), 1);
    ck_assert_int_eq(EVP_EncryptInit_ex2(state, nullptr, key.data(), nullptr, nullptr), 1);
    ck_assert_int_eq(EVP_CIPHER_CTX_set_padding(state, 0), 1);
    ck_assert_int_eq(
        EVP_EncryptUpdate(state, out.data(), &size, data.data(), static_cast<int>(data.size())), 1);
    ck_assert_uint_eq(static_cast<size_t>(size), data.size());
    EVP_CIPHER_CTX_free(state);
    EVP_CIPHER_free(cipher);
    out.resize(data.size());
    return out;
  }

  // The first octets of the RC4 key stream.
  Bytes Rc4Stream(ByteView key, size_t size) const { return Cipher("RC4", key, Bytes(size)); }

 private:
  OSSL_LIB_CTX *context_;
  OSSL_PROVIDER *default_;
  OSSL_PROVIDER *legacy_;
  EVP_MAC *hmac_;
};

// The same octets in every run (SplitMix64). Each test starts its own with a printed seed.
class Octets {
 public:
  explicit Octets(const char *test, uint64_t seed = 0x67737373'7069'4e54) : state_(seed) {
    std::printf("%s: seed %#llx\n", test, static_cast<unsigned long long>(seed));
    std::fflush(stdout);
  }

  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // A number from 0 to `limit` - 1.
  size_t Below(size_t limit) { return static_cast<size_t>(Next() % limit); }
  void Fill(MutableBytes bytes) {
    for (uint8_t &octet : bytes) octet = static_cast<uint8_t>(Next());
  }
  Bytes Take(size_t size) {
    Bytes bytes(size);
    Fill(bytes);
    return bytes;
  }

 private:
  uint64_t state_;
};

// Octets at a given distance from a 16-octet boundary, between guards that show a write beside
// them.
class AlignedBytes {
 public:
  AlignedBytes(size_t alignment, ByteView content) : AlignedBytes(alignment, content.size()) {
    Copy(span(), content);
  }
  AlignedBytes(size_t alignment, size_t size) : memory_(size + 4 * kGuard, 0xa5), size_(size) {
    ck_assert_uint_le(size, PTRDIFF_MAX / 2);  // So the compiler sees that no sum overflows.
    const size_t address = reinterpret_cast<uintptr_t>(memory_.data()) % kGuard;
    start_ = 2 * kGuard - address + alignment;
  }

  uint8_t *data() { return memory_.data() + start_; }
  MutableBytes span() { return {data(), size_}; }
  ByteView view() const { return {memory_.data() + start_, size_}; }
  bool GuardsHold() const {
    const auto is_guard = [](uint8_t octet) { return octet == 0xa5; };
    return std::all_of(memory_.data(), memory_.data() + start_, is_guard) &&
           std::all_of(memory_.data() + start_ + size_, memory_.data() + memory_.size(), is_guard);
  }

 private:
  static constexpr size_t kGuard = 16;
  Bytes memory_;
  size_t size_;
  size_t start_;
};

inline Bytes Unhex(std::string_view hex) {
  const auto value = [](char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  };
  Bytes bytes(hex.size() / 2);
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<uint8_t>(value(hex[2 * i]) << 4 | value(hex[2 * i + 1]));
  }
  return bytes;
}

template <size_t N>
std::array<uint8_t, N> UnhexArray(std::string_view hex) {
  const Bytes bytes = Unhex(hex);
  ck_assert_uint_eq(bytes.size(), N);
  std::array<uint8_t, N> array{};
  std::copy(bytes.begin(), bytes.end(), array.begin());
  return array;
}

inline Bytes Concatenate(std::initializer_list<ByteView> parts) {
  Bytes all;
  for (const ByteView part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// Cuts `data` into parts of random lengths, among them empty ones.
inline std::vector<ByteView> Split(Octets &octets, ByteView data, size_t longest) {
  std::vector<ByteView> parts;
  while (!data.empty()) {
    const size_t size = std::min(octets.Below(longest + 1), data.size());
    parts.push_back(data.first(size));
    data = data.subspan(size);
  }
  parts.push_back(data);
  return parts;
}

}  // namespace gss_sspi::test

#endif  // GSS_SSPI_TESTS_CRYPTO_ORACLE_H_
