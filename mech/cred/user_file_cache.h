// SPDX-License-Identifier: MIT
// Account files that stay parsed between logons. The hashes of their accounts stay in the memory of
// the process as long, unless Policy::keep_user_files says no.
#ifndef GSS_SSPI_CRED_USER_FILE_CACHE_H_
#define GSS_SSPI_CRED_USER_FILE_CACHE_H_

#include "core/memory.h"
#include "core/result.h"
#include "cred/account_list.h"
#include "policy/policy.h"

namespace gss_sspi::cred {

// As LoadUserFile, with the list of an earlier call if the file is still the one that was read
// then, and the same user asks under the same rules. One lstat(2) tells, at most one in
// a tick of the kernel's clock: a change shows some milliseconds late. Errors are not kept.
Result<Ref<AccountList>> SharedUserFile(const char *path, const Policy &policy, bool want_lm);

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_USER_FILE_CACHE_H_
