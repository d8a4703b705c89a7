// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_POLICY_LOAD_H_
#define GSS_SSPI_POLICY_LOAD_H_

#include "core/result.h"
#include "policy/credssp_policy.h"
#include "policy/policy.h"
#include "policy/policy_file.h"

namespace gss_sspi {

// Where the policy comes from.
struct PolicySource {
  const char *file = kPolicyFile;
  bool must_exist = false;         // else a missing file means the defaults
  const char *lm_level = nullptr;  // value of LM_COMPAT_LEVEL, or null

  // The value of the variable below, if it is set: then that file must exist.
  void Name(const char *path);
};
inline constexpr char kPolicyFileVariable[] = "GSS_SSPI_CONFIG";

template <typename AnyPolicy>
struct Loaded {
  AnyPolicy policy;
  FileVersion version;  // of the file
};
using LoadedPolicy = Loaded<Policy>;
using LoadedCredsspPolicy = Loaded<CredsspPolicy>;

// The defaults, changed by section [ntlm] of the file, then by LM_COMPAT_LEVEL (N419): the variable
// is that of whoever runs the program, so it sets both levels, but none below that of the file.
//
// Whatever cannot be understood is an error that names file and line, and no policy (N810).
Result<LoadedPolicy> LoadPolicy(const PolicySource &source);

// The same for section [credssp], without variables.
Result<LoadedCredsspPolicy> LoadCredsspPolicy(const PolicySource &source);

}  // namespace gss_sspi

#endif  // GSS_SSPI_POLICY_LOAD_H_
