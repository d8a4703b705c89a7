// SPDX-License-Identifier: MIT
#include "policy/key_kinds.h"

namespace gss_sspi {
namespace {

using namespace key_kinds;  // NOLINT: the table below is made of them

using P = CredsspPolicy;

constexpr Word<EncryptionOracle> kOracles[] = {{"force", EncryptionOracle::kForce},
                                               {"mitigated", EncryptionOracle::kMitigated},
                                               {"vulnerable", EncryptionOracle::kVulnerable}};
constexpr Word<LeastVerify> kVerifies[] = {
    {"none", LeastVerify::kNone}, {"ca", LeastVerify::kAuthority}, {"pin", LeastVerify::kPin}};

// NETBIOS=REALM.
bool IsRealmOfDomain(std::string_view entry) {
  return entry.find_first_of("*\\/@") == std::string_view::npos && HasOneOrTwoParts(entry, '=') &&
         Contains(entry, '=');
}
constexpr ListKind kRealms = {IsRealmOfDomain, ", \t", "pairs of the form DOMAIN=REALM"};

constexpr CredsspKey kKeys[] = {
    List<kTargets, &P::allow_fresh>("allow_fresh"),
    List<kTargets, &P::allow_fresh_ntlm_only>("allow_fresh_ntlm_only"),
    List<kTargets, &P::allow_default>("allow_default"),
    List<kTargets, &P::allow_default_ntlm_only>("allow_default_ntlm_only"),
    List<kTargets, &P::deny>("deny"),
    Number<2, 6, &P::least_version>("min_version"),
    Choice<kOracles, &P::encryption_oracle>("encryption_oracle"),
    Choice<kVerifies, &P::least_verify>("verify"),
    Choice<kYesNo, &P::allows_ntlm>("allow_ntlm"),
    List<kRealms, &P::realms>("realms"),
    Path<&P::log_file>("log_file"),
};
static_assert(std::size(kKeys) <= kMaxKeys);

}  // namespace

std::span<const CredsspKey> CredsspKeys() { return kKeys; }

}  // namespace gss_sspi
