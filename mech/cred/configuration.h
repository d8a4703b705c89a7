// SPDX-License-Identifier: MIT
// What this host is and wants: the policy, and the names it goes by.
#ifndef GSS_SSPI_CRED_CONFIGURATION_H_
#define GSS_SSPI_CRED_CONFIGURATION_H_

#include "core/bytes.h"
#include "core/memory.h"
#include "core/result.h"
#include "cred/host_identity.h"
#include "ntlm/server_names.h"
#include "policy/policy.h"
#include "policy/policy_file.h"

namespace gss_sspi::cred {

// Never changed once it is made, so credentials and threads share it.
class Configuration : public Shared {
 public:
  // What holds now, from the policy file and the environment. Kept from call to call as long as
  // neither changes: a change of the variables shows at once, one of the file or of the host name
  // within a second. While the file is wrong each call fails.
  static Result<Ref<Configuration>> Current();

  const Policy &policy() const { return policy_; }
  const HostIdentity &host() const { return host_; }
  const ntlm::ServerNames &server_names() const { return server_names_; }

 private:
  class Variables;

  static Result<Ref<Configuration>> Make(const Variables &variables);
  bool StillHolds(const Variables &variables) const;

  Policy policy_;
  HostIdentity host_;
  ntlm::ServerNames server_names_;
  Buffer variables_;         // as they were
  FileVersion policy_file_;  // likewise
};

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_CONFIGURATION_H_
