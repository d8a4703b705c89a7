// SPDX-License-Identifier: MIT
// Account files, in the two formats that NTLM mechanisms for GSSAPI read (N425):
//
//   DOMAIN:USER:PASSWORD                                   (the password may hold ':')
//   USER or DOMAIN\USER:uid:LMHASH:NTHASH:[flags]:...      smbpasswd(5)
//
// A '#' in the first column begins a comment. All text is UTF-8.
#ifndef GSS_SSPI_CRED_USER_FILE_H_
#define GSS_SSPI_CRED_USER_FILE_H_

#include <sys/stat.h>

#include "core/memory.h"
#include "core/result.h"
#include "core/secret.h"
#include "cred/account_list.h"
#include "policy/policy.h"

namespace gss_sspi::cred {

inline constexpr size_t kMaxUserFileLine = 8192;  // octets (N427)

// Reads the file, if it is one that only those can have written or read who may (N428). All errors
// name the file, those about a line also its number. LM hashes are weak: without `want_lm` none is
// kept or made. `found`, where it is not null, gets what fstat(2) says of the file before it is
// read.
Result<Ref<AccountList>> LoadUserFile(const char *path, const Policy &policy = Policy(),
                                      bool want_lm = false, struct stat *found = nullptr);

// The same for text at hand; `name` is used in errors.
Result<Ref<AccountList>> ParseUserFile(SecretBytes text, const char *name, bool want_lm = false);

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_USER_FILE_H_
