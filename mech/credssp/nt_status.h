// SPDX-License-Identifier: MIT
// [MS-CSSP] 2.2.1 errorCode: what a server says when it refuses, for people (C17).
#ifndef GSS_SSPI_CREDSSP_NT_STATUS_H_
#define GSS_SSPI_CREDSSP_NT_STATUS_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace gss_sspi::credssp {

// Null where it is not known.
struct ErrorCodeText {
  const char *name = nullptr;
  const char *meaning = nullptr;  // and what can be done
};
ErrorCodeText TextOfErrorCode(uint32_t value);

inline constexpr size_t kErrorCodeTextSize = 160;

// "STATUS_PASSWORD_EXPIRED (0xC0000071): password expired", what is known of it; with a NUL, cut to
// fit.
void PrintErrorCode(uint32_t value, std::span<char> out);

}  // namespace gss_sspi::credssp

#endif  // GSS_SSPI_CREDSSP_NT_STATUS_H_
