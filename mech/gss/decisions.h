// SPDX-License-Identifier: MIT
// What the policy says of one exchange, beyond what the protocol itself knows. A refusal that the
// policy wants audited only, and an SPN that is only warned of, go to the log.
#ifndef GSS_SSPI_GSS_DECISIONS_H_
#define GSS_SSPI_GSS_DECISIONS_H_

#include <string_view>

#include "core/result.h"
#include "gss/credential.h"
#include "policy/policy.h"

namespace gss_sspi::gss {

// N421. `target` is the SPN, empty for none.
Error CheckOutgoing(const Policy &policy, std::string_view target);

// N421. Both are empty for an anonymous user.
Error CheckIncoming(const Policy &policy, std::string_view domain, std::string_view user);

// False when CheckSpn has nothing to do: a warning that goes nowhere needs no comparison.
bool ChecksSpn(const Policy &policy);
// N326: the SPN of the answer against the names of this host, as it is configured and as the
// CHALLENGE told them, and the service of the credential.
Error CheckSpn(const Credential &credential, std::string_view target);

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_DECISIONS_H_
