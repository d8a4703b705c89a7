// SPDX-License-Identifier: MIT
// The policy file as text, in memory: where its settings stand, what they may say, and what its
// lists then match. policy_file.cc compares with MIT's profile library, which reads files only.
#include <algorithm>

#include "core/text.h"
#include "core/utf16.h"
#include "fuzz.h"
#include "policy/keys.h"
#include "policy/locate.h"
#include "policy/policy.h"
#include "policy/rules.h"

namespace {

using namespace gss_sspi;  // NOLINT

std::string_view LineOf(std::string_view text, size_t number) {
  for (; number > 1; --number) text = Behind(text, text.find('\n'));
  return Head(text, text.find('\n'));
}

void CheckPlace(std::string_view text, const Relation &relation) {
  const ByteView line = AsBytes(LineOf(text, relation.line));
  fuzz::Visit(line, AsBytes(relation.name));
  fuzz::Visit(line, AsBytes(relation.value));
  GSS_SSPI_REQUIRE(!relation.name.empty() && relation.name.data() < relation.value.data());
}

// A line before it moves all of them by one, and nothing else.
void CheckMoved(std::string_view text, std::span<const Relation> before) {
  static constexpr std::string_view kLine = "# a line\n";
  fuzz::Bytes longer(kLine.begin(), kLine.end());
  longer.insert(longer.end(), text.begin(), text.end());
  const auto located = LocateRelations(AsText(longer), kPolicySection, "fuzz");
  GSS_SSPI_REQUIRE(located);
  const auto after = (*located)->all();
  GSS_SSPI_REQUIRE(std::equal(before.begin(), before.end(), after.begin(), after.end(),
                              [](const Relation &a, const Relation &b) {
                                return a.name == b.name && a.value == b.value &&
                                       a.line + 1 == b.line;
                              }));
}

void Apply(const Relation &relation, Policy *policy) {
  const auto keys = Keys();
  const auto key = std::find_if(keys.begin(), keys.end(),
                                [&](const Key &each) { return each.name == relation.name; });
  if (key == keys.end()) return;
  const Status status = key->set(relation.value, policy);
  GSS_SSPI_REQUIRE(status == Status::kOk || status == Status::kBadSetting);
  if (status == Status::kOk) fuzz::Reach();
}

void CheckRanges(const Policy &policy) {
  constexpr ntlm::Flags kKnown =
      ntlm::kExtendedSessionSecurity | ntlm::k128 | ntlm::k56 | ntlm::kSign | ntlm::kSeal;
  GSS_SSPI_REQUIRE(policy.initiator_level <= kMaxLmLevel && policy.acceptor_level <= kMaxLmLevel);
  GSS_SSPI_REQUIRE(((policy.initiator_minimum | policy.acceptor_minimum) & ~kKnown) == 0);
  GSS_SSPI_REQUIRE(policy.max_token >= 1024 && policy.max_user_file >= 1024);
  GSS_SSPI_REQUIRE(policy.winbind_timeout >= 1 && policy.winbind_timeout <= 600);
  for (const TextList *paths :
       {&policy.initiator_user_file, &policy.acceptor_user_file, &policy.log_file}) {
    GSS_SSPI_REQUIRE(paths->empty() || *paths->First() == '/');
  }
}

// An entry without '*' matches itself; what an entry matches, it matches in upper case too.
void CheckPatterns(const TextList &patterns) {
  patterns.AnyOf([](std::string_view pattern) {
    GSS_SSPI_REQUIRE(Utf16LengthOf(pattern) != kInvalidText);
    GSS_SSPI_REQUIRE(MatchesPattern(pattern, pattern));
    GSS_SSPI_REQUIRE(MatchesPattern("*", pattern));
    GSS_SSPI_REQUIRE(MatchesPattern(pattern, "www.example.com") ==
                     MatchesPattern(pattern, "WWW.EXAMPLE.COM"));
    return false;
  });
}

// Both parts of a pattern: before the separator, if there is one, and behind it.
std::pair<std::string_view, std::string_view> PartsOf(std::string_view pattern, char separator) {
  const size_t at = pattern.find(separator);
  if (at == std::string_view::npos) return {"any", pattern};
  return {Head(pattern, at), Behind(pattern, at)};
}

// What is listed gets the opposite of the rule; without a list all get the rule.
template <typename Judge>
void CheckVerdicts(const TrafficRule &rule, char separator, Judge &&judge) {
  rule.except.AnyOf([&](std::string_view pattern) {
    const auto [before, behind] = PartsOf(pattern, separator);
    GSS_SSPI_REQUIRE((judge(rule, before, behind) == Verdict::kAllowed) == rule.deny);
    return false;
  });
  TrafficRule plain;
  plain.deny = rule.deny;
  plain.audit_only = rule.audit_only;
  const Verdict denied = rule.audit_only ? Verdict::kAudited : Verdict::kDenied;
  GSS_SSPI_REQUIRE(judge(plain, "s", "www.example.com") ==
                   (rule.deny ? denied : Verdict::kAllowed));
}

void CheckSpn(const Policy &policy) {
  const OwnNames own{"HTTP", {}, policy.spn_names};
  policy.spn_names.AnyOf([&](std::string_view name) {
    // A host that is one: what a colon or a bracket cuts off is no name.
    if (name.find_first_of("/:[]") == std::string_view::npos && !name.ends_with('.')) {
      fuzz::Bytes spn{'h', 't', 't', 'p', '/'};
      spn.insert(spn.end(), name.begin(), name.end());
      GSS_SSPI_REQUIRE(IsOwnSpn(AsText(spn), own));
    }
    return false;
  });
  GSS_SSPI_REQUIRE(!IsOwnSpn("", own) && !IsOwnSpn("/", own));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string_view text = AsText({data, size});
  const auto located = LocateRelations(text, kPolicySection, "fuzz");
  if (!located) return 0;
  const auto relations = (*located)->all();
  if (relations.empty()) return 0;
  CheckMoved(text, relations);
  Policy policy;
  for (const Relation &relation : relations) {
    CheckPlace(text, relation);
    Apply(relation, &policy);
  }
  CheckRanges(policy);
  CheckPatterns(policy.outgoing.except);
  CheckPatterns(policy.incoming.except);
  CheckVerdicts(policy.outgoing, '/', JudgeOutgoing);
  CheckVerdicts(policy.incoming, '\\', JudgeIncoming);
  CheckSpn(policy);
  return 0;
}
