// SPDX-License-Identifier: MIT
// The keys of the policy file's sections: one row each, with what it sets and what is allowed.
#ifndef GSS_SSPI_POLICY_KEYS_H_
#define GSS_SSPI_POLICY_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/result.h"
#include "policy/credssp_policy.h"
#include "policy/policy.h"

namespace gss_sspi {

inline constexpr std::string_view kPolicySection = "ntlm";
inline constexpr std::string_view kCredsspSection = "credssp";

// The keys that LM_COMPAT_LEVEL sets as well.
inline constexpr char kInitiatorLevelKey[] = "initiator_lm_level";
inline constexpr char kAcceptorLevelKey[] = "acceptor_lm_level";

// A key of the section that an AnyPolicy is.
template <typename AnyPolicy>
struct SectionKey {
  const char *name;
  // kBadSetting for a value that is not allowed, kNoMemory.
  Status (*set)(std::string_view value, AnyPolicy *policy);
  const char *allowed;  // for people
  bool repeats = false;
  uint64_t least = 0, most = 0;  // of a number; `most` is 0 for what is none
};

inline constexpr size_t kMaxKeys = 64;
using Key = SectionKey<Policy>;
std::span<const Key> Keys();
using CredsspKey = SectionKey<CredsspPolicy>;
std::span<const CredsspKey> CredsspKeys();

}  // namespace gss_sspi

#endif  // GSS_SSPI_POLICY_KEYS_H_
