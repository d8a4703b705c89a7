// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_NTLM_STRENGTH_H_
#define GSS_SSPI_NTLM_STRENGTH_H_

#include "ntlm/flags.h"

namespace gss_sspi::ntlm {

// N305, NtlmMinClientSec and NtlmMinServerSec: the name of what a session with protected messages
// lacks of `minimum`. Null when it lacks nothing, or protects no message.
inline const char *MissingStrength(Flags agreed, Flags minimum) {
  struct Strength {
    Flags flag;
    const char *name;
  };
  constexpr Strength kStrengths[] = {
      {kExtendedSessionSecurity, "extended session security"},
      {k128, "128-bit keys"},
      {k56, "56-bit keys"},
  };
  if ((agreed & (kSign | kSeal)) == 0) return nullptr;
  for (const Strength &strength : kStrengths) {
    if ((minimum & ~agreed & strength.flag) != 0) return strength.name;
  }
  return nullptr;
}

}  // namespace gss_sspi::ntlm

#endif  // GSS_SSPI_NTLM_STRENGTH_H_
