// SPDX-License-Identifier: MIT
// Judgements by the lists of the policy. Pure functions of UTF-8 text; case does not count.
//
// A pattern is text in which '*' stands for any run of characters, also for none.
#ifndef GSS_SSPI_POLICY_RULES_H_
#define GSS_SSPI_POLICY_RULES_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "core/text_list.h"
#include "policy/policy.h"

namespace gss_sspi {

bool MatchesPattern(std::string_view pattern, std::string_view text);

// N421. kAudited: to be logged, and then allowed.
enum class Verdict : uint8_t { kAllowed, kAudited, kDenied };

// NTLM to a target. A pattern `service/host` has to match both parts, any other one the host. A
// target that is not known (both empty) is matched by `*` alone.
Verdict JudgeOutgoing(const TrafficRule &rule, std::string_view service, std::string_view host);

// NTLM from a user. A pattern `DOMAIN\user` has to match both parts, any other one the user, of
// whatever domain.
Verdict JudgeIncoming(const TrafficRule &rule, std::string_view domain, std::string_view user);

// What an acceptor is called, for its check of the client's SPN (N326).
struct OwnNames {
  std::string_view service;  // empty: any
  std::span<const std::string_view> hosts;
  const TextList &further;  // Policy::spn_names
};

// True when the SPN `service/host`, `service/host:port` or `service/host/name` is one of ours. A
// further name without '/' is one more host; one with '/' is taken as it is.
bool IsOwnSpn(std::string_view spn, const OwnNames &own);

}  // namespace gss_sspi

#endif  // GSS_SSPI_POLICY_RULES_H_
