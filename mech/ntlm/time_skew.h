// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_NTLM_TIME_SKEW_H_
#define GSS_SSPI_NTLM_TIME_SKEW_H_

#include "core/environment.h"
#include "core/result.h"

namespace gss_sspi::ntlm {

// N323: refuses a peer's time that is more than kMaxClockSkew away from ours, in either direction.
Error CheckTimeSkew(FileTime theirs, FileTime ours);

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_TIME_SKEW_H_
