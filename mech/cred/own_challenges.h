// SPDX-License-Identifier: MIT
// The challenges that acceptors of this process have sent lately, so that an initiator of the same
// process does not answer one of them: who reflects a challenge has its answer accepted (N715,
// decision D7). Kept only where the policy wants it.
#ifndef GSS_SSPI_CRED_OWN_CHALLENGES_H_
#define GSS_SSPI_CRED_OWN_CHALLENGES_H_

#include "ntlm/message.h"

namespace gss_sspi::cred {

// How many challenges are remembered; the oldest goes.
inline constexpr size_t kOwnChallenges = 1024;

void RememberOwnChallenge(ntlm::ServerChallenge challenge);
bool IsOwnChallenge(ntlm::ServerChallenge challenge);

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_OWN_CHALLENGES_H_
