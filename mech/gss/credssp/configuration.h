// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_GSS_CREDSSP_CONFIGURATION_H_
#define GSS_SSPI_GSS_CREDSSP_CONFIGURATION_H_

#include "core/memory.h"
#include "core/result.h"
#include "policy/credssp_policy.h"

namespace gss_sspi::gss {

// The policy of CredSSP as it is now. Never changed once it is made, so credentials share it.
class CredsspConfiguration : public Shared {
 public:
  static Result<Ref<CredsspConfiguration>> Current();

  const CredsspPolicy &policy() const { return policy_; }

 private:
  CredsspPolicy policy_;
};

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_CREDSSP_CONFIGURATION_H_
