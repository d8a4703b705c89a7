// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_POLICY_LOAD_H_
#define GSS_SSPI_POLICY_LOAD_H_

#include "core/result.h"
#include "policy/policy.h"

namespace gss_sspi {

// The defaults, changed by LM_COMPAT_LEVEL (N419) where the environment may be trusted. A value
// that is not allowed is an error, never a weaker policy.
Result<Policy> LoadPolicy();

}  // namespace gss_sspi

#endif  // GSS_SSPI_POLICY_LOAD_H_
