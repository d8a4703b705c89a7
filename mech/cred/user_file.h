// SPDX-License-Identifier: MIT
// Account files, in the two formats that NTLM mechanisms for GSSAPI read (N425):
//
//   DOMAIN:USER:PASSWORD                                   the password is all behind the second
//   ':' USER or DOMAIN\USER:uid:LMHASH:NTHASH:[flags]:...      smbpasswd(5)
//
// A '#' in the first column begins a comment. All text is UTF-8.
#ifndef GSS_SSPI_CRED_USER_FILE_H_
#define GSS_SSPI_CRED_USER_FILE_H_

#include "core/memory.h"
#include "core/result.h"
#include "core/secret.h"
#include "cred/account_list.h"

namespace gss_sspi::cred {

inline constexpr size_t kMaxUserFileLine = 8192;   // octets (N427)
inline constexpr size_t kMaxUserFile = 64U << 20;  // octets

// Reads the file and checks that only its owner can have written or read it (N428). All errors name
// the file, those about a line also its number.
Result<Ref<AccountList>> LoadUserFile(const char *path);

// The same for text at hand; `name` is used in errors.
Result<Ref<AccountList>> ParseUserFile(SecretBytes text, const char *name);

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_USER_FILE_H_
