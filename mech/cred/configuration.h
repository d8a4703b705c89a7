// SPDX-License-Identifier: MIT
// What this host is and wants: the policy, and the names it goes by.
#ifndef GSS_SSPI_CRED_CONFIGURATION_H_
#define GSS_SSPI_CRED_CONFIGURATION_H_

#include "core/memory.h"
#include "core/result.h"
#include "cred/host_identity.h"
#include "ntlm/server_names.h"
#include "policy/policy.h"

namespace gss_sspi::cred {

// Never changed once it is made, so credentials and threads share it.
class Configuration : public Shared {
 public:
  // What holds now, from the policy file and the environment. Kept from call to call as long as
  // neither changes.
  static Result<Ref<Configuration>> Current();

  const Policy &policy() const { return policy_; }
  const HostIdentity &host() const { return host_; }
  const ntlm::ServerNames &server_names() const { return server_names_; }

 private:
  Policy policy_;
  HostIdentity host_;
  ntlm::ServerNames server_names_;
};

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_CONFIGURATION_H_
