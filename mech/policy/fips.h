// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_POLICY_FIPS_H_
#define GSS_SSPI_POLICY_FIPS_H_

#include "core/result.h"
#include "policy/policy.h"

namespace gss_sspi {

inline constexpr char kKernelFipsFlag[] = "/proc/sys/crypto/fips_enabled";

// NTLM is built from algorithms that FIPS 140 does not approve: where the kernel is in that mode it
// is refused, unless the policy allows it. `flag_file` is the kernel's flag; tests have others.
Error CheckFipsMode(const Policy &policy, const char *flag_file = kKernelFipsFlag);

}  // namespace gss_sspi

#endif  // GSS_SSPI_POLICY_FIPS_H_
