// SPDX-License-Identifier: MIT
// SIDs as winbind tells them.
#ifndef GSS_SSPI_CRED_WINBIND_SIDS_H_
#define GSS_SSPI_CRED_WINBIND_SIDS_H_

#include "core/result.h"
#include "cred/winbind_library.h"
#include "ntlm/attributes.h"

namespace gss_sspi::cred {

// More than Windows lets a logon have; a longer list is not cut, as that could lose the group which
// is to be refused.
inline constexpr uint32_t kMaxSids = 1024;

// Status::kBackEndUnavailable for what cannot be a list of SIDs.
Error CheckSids(const wbcAuthUserInfo &info);

// True for a list that says that the user was logged on as a guest or as nobody (N353). The list
// has been checked.
bool AreOfGuest(const wbcAuthUserInfo &info);

// Adds each SID that may grant something, and all of them in one text (N434). The list has been
// checked.
Error AddSids(const wbcAuthUserInfo &info, ntlm::Attributes *attributes);

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_WINBIND_SIDS_H_
