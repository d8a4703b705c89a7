// SPDX-License-Identifier: MIT
#include "policy/credssp_policy.h"

#include <algorithm>

#include "core/text.h"
#include "core/utf16.h"
#include "policy/rules.h"

namespace gss_sspi {
namespace {

constexpr uint32_t kSafeVersion = 5;  // C14
constexpr uint32_t kAnyVersion = 2;

bool IsListed(const TextList &patterns, std::string_view service, std::string_view host) {
  return patterns.AnyOf([&](std::string_view pattern) {
    const size_t slash = pattern.find('/');
    if (slash == std::string_view::npos) return MatchesPattern(pattern, host);
    return MatchesPattern(Head(pattern, slash), service) &&
           MatchesPattern(Behind(pattern, slash), host);
  });
}

// 0: the policy says nothing.
uint32_t OracleFloor(EncryptionOracle oracle, bool initiates) {
  switch (oracle) {
    case EncryptionOracle::kUnset:
      return 0;
    case EncryptionOracle::kForce:
      return kSafeVersion;
    case EncryptionOracle::kMitigated:
      return initiates ? kSafeVersion : kAnyVersion;
    case EncryptionOracle::kVulnerable:
      return kAnyVersion;
  }
  return kSafeVersion;
}

}  // namespace

Delegates MayDelegate(const CredsspPolicy &policy, bool is_fresh, std::string_view service,
                      std::string_view host) {
  if (IsListed(policy.deny, service, host)) return Delegates::kNever;
  const bool has_lists = !policy.allow_fresh.empty() || !policy.allow_fresh_ntlm_only.empty();
  if (is_fresh && !has_lists) return Delegates::kAlways;
  const TextList &any = is_fresh ? policy.allow_fresh_ntlm_only : policy.allow_default_ntlm_only;
  if (IsListed(any, service, host)) return Delegates::kAlways;
  const TextList &proven = is_fresh ? policy.allow_fresh : policy.allow_default;
  return IsListed(proven, service, host) ? Delegates::kToProvenServers : Delegates::kNever;
}

uint32_t LeastVersion(const CredsspPolicy &policy, bool initiates, uint32_t wanted) {
  const uint32_t floor =
      std::max(policy.least_version, OracleFloor(policy.encryption_oracle, initiates));
  if (floor == 0) return wanted != 0 ? wanted : kSafeVersion;
  return std::max(floor, wanted);
}

std::string_view MappedRealm(const CredsspPolicy &policy, std::string_view domain) {
  std::string_view realm;
  policy.realms.AnyOf([&](std::string_view entry) {
    const size_t at = entry.find('=');
    if (!EqualIgnoringCase(Head(entry, at), domain)) return false;
    realm = Behind(entry, at);
    return true;
  });
  return realm;
}

}  // namespace gss_sspi
