// SPDX-License-Identifier: MIT
// NT and LM hashes from what people have: a password in UTF-8, or 32 hexadecimal digits. The LM
// hash of a password is ntlm::LMOWFv1().
#ifndef GSS_SSPI_CRED_NT_HASH_H_
#define GSS_SSPI_CRED_NT_HASH_H_

#include <string_view>

#include "core/result.h"
#include "ntlm/keys.h"

namespace gss_sspi::cred {

inline constexpr size_t kNtHashDigits = 32;

// Status::kBadText when the password is not UTF-8. Any characters will do, none at all too (N417).
Result<ntlm::NtHash> NtHashOfPassword(std::string_view password);

// True for 32 hexadecimal digits, which is what an LM hash looks like too.
bool IsNtHash(std::string_view text);
// `text` is one that IsNtHash() is true for.
ntlm::NtHash NtHashFromHex(std::string_view text);
ntlm::LmHash LmHashFromHex(std::string_view text);

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_NT_HASH_H_
