// SPDX-License-Identifier: MIT
// What the tests of the NTLM parts share: text and octets, vectors, and a world without chance.
#ifndef GSS_SSPI_TESTS_NTLM_SUPPORT_H_
#define GSS_SSPI_TESTS_NTLM_SUPPORT_H_

// Before check.h, which defines fail() as a macro.
#include <memory>
#include <string>

#include "../vectors/vectors.h"
#include "check_main.h"
#include "core/environment.h"
#include "core/utf16.h"
#include "cred/account_credential.h"
#include "cred/account_verifier.h"
#include "cred/nt_hash.h"
#include "crypto_oracle.h"
#include "ntlm/responses.h"
#include "ntlm/server_names.h"

namespace gss_sspi::test {

inline std::string Hex(ByteView bytes) {
  std::string hex;
  for (const uint8_t octet : bytes) {
    hex += "0123456789abcdef"[octet >> 4];
    hex += "0123456789abcdef"[octet & 15];
  }
  return hex;
}

inline std::string Text(std::string_view view) { return std::string(view); }

// The octets of a vector.
inline Bytes BytesVector(std::string_view path) { return Unhex(TextVector(path)); }

template <size_t N>
std::array<uint8_t, N> ArrayVector(std::string_view path) {
  return UnhexArray<N>(TextVector(path));
}

// Fails unless the octets are those of the vector.
inline void ExpectVector(ByteView got, const std::string &path) {
  ck_assert_msg(Hex(got) == TextVector(path), "%s: got %s", path.c_str(), Hex(got).c_str());
}

inline Bytes Utf16(std::string_view utf8) {
  const size_t size = Utf16LengthOf(utf8);
  ck_assert_msg(size != kInvalidText, "not UTF-8");
  Bytes utf16(size);
  Utf8ToUtf16(utf8, utf16);
  return utf16;
}

// A copy on the heap that ends where the octets end, so that a sanitizer sees every read behind
// them.
class ExactCopy {
 public:
  explicit ExactCopy(ByteView octets)
      : data_(std::make_unique<uint8_t[]>(octets.size())), size_(octets.size()) {
    Copy({data_.get(), size_}, octets);
  }
  ByteView view() const { return {data_.get(), size_}; }

 private:
  std::unique_ptr<uint8_t[]> data_;
  size_t size_;
};

inline ntlm::NtHash HashOfPassword(std::string_view password) {
  auto hash = cred::NtHashOfPassword(password);
  ck_assert_msg(static_cast<bool>(hash), "no hash of a password");
  return std::move(*hash);
}

// Time stands still, and octets are counted, until a test sets them otherwise.
struct World {
  static inline FileTime time = kUnixEpochAsFileTime;
  static inline uint8_t next_octet = 0;
  static inline bool random_fails = false;

  static FileTime Now() { return time; }
  static Error Random(MutableBytes out) {
    if (random_fails) return Status::kRandomFailed;
    for (uint8_t &octet : out) octet = next_octet++;
    return kSuccess;
  }
  static void Reset() {
    time = kUnixEpochAsFileTime + 400'000'000 * kFileTimePerSecond;
    next_octet = 1;
    random_fails = false;
  }
  static constexpr Environment environment() { return {Now, Random}; }
};

}  // namespace gss_sspi::test

#endif  // GSS_SSPI_TESTS_NTLM_SUPPORT_H_
