// SPDX-License-Identifier: MIT
#include "cred/nt_hash.h"

#include <algorithm>

#include "core/secret.h"
#include "core/utf16.h"
#include "ntlm/responses.h"

namespace gss_sspi::cred {
namespace {

// The value of a hexadecimal digit, or -1.
int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

template <typename Hash>
Hash FromHex(std::string_view text) {
  Hash hash;
  for (size_t i = 0; i < hash.kSize; ++i) {
    hash.span()[i] =
        static_cast<uint8_t>(DigitValue(text[2 * i]) << 4 | DigitValue(text[2 * i + 1]));
  }
  return hash;
}

}  // namespace

Result<ntlm::NtHash> NtHashOfPassword(std::string_view password) {
  const size_t size = Utf16LengthOf(password);
  if (size == kInvalidText) return Fail(Status::kBadText, "the password is not UTF-8");
  SecretBytes utf16;
  if (!utf16.Resize(size)) return Status::kNoMemory;
  Utf8ToUtf16(password, utf16.span());
  return ntlm::NTOWFv1(utf16.view());
}

bool IsNtHash(std::string_view text) {
  return text.size() == kNtHashDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return DigitValue(c) >= 0; });
}

ntlm::NtHash NtHashFromHex(std::string_view text) { return FromHex<ntlm::NtHash>(text); }

ntlm::LmHash LmHashFromHex(std::string_view text) { return FromHex<ntlm::LmHash>(text); }

}  // namespace gss_sspi::cred
