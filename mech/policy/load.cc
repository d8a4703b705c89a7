// SPDX-License-Identifier: MIT
#include "policy/load.h"

#include <stdlib.h>

#include <string_view>

namespace gss_sspi {

Result<Policy> LoadPolicy() {
  const char *level = secure_getenv("LM_COMPAT_LEVEL");
  if (level == nullptr) return Policy();
  const std::string_view digits(level);
  if (digits.size() != 1 || digits.front() < '0' || digits.front() > '5') {
    return Fail(Status::kBadSetting, "LM_COMPAT_LEVEL is not a number from 0 to 5");
  }
  // Levels 3 to 5 differ only in what a domain controller accepts: both of our roles have NTLMv2.
  if (digits.front() < '3') {
    return Fail(Status::kNotSupported, "LM_COMPAT_LEVEL below 3 (LM and NTLMv1 responses)");
  }
  return Policy();
}

}  // namespace gss_sspi
