// SPDX-License-Identifier: MIT
#include <algorithm>

#include "policy/key_kinds.h"

namespace gss_sspi {
namespace {

using namespace key_kinds;  // NOLINT: the table below is made of them

constexpr Word<bool> kAllowDeny[] = {{"allow", false}, {"deny", true}};
constexpr Word<bool> kRefuseAllow[] = {{"refuse", false}, {"allow", true}};
constexpr Word<bool> kRefuseWarn[] = {{"refuse", false}, {"warn", true}};
constexpr Word<bool> kIdentify[] = {{"when-asked", false}, {"always", true}};
constexpr Word<SendMic> kSendMic[] = {{"always", SendMic::kAlways},
                                      {"when-timestamp", SendMic::kWhenTimestamp},
                                      {"never", SendMic::kNever}};
constexpr Word<RequireMic> kRequireMic[] = {{"when-offered", RequireMic::kIfFlagged},
                                            {"when-timestamp", RequireMic::kWhenTimestamp},
                                            {"always", RequireMic::kAlways}};
constexpr Word<RequireBindings> kBindings[] = {{"off", RequireBindings::kNever},
                                               {"when-supported", RequireBindings::kWhenSupplied},
                                               {"always", RequireBindings::kAlways}};
constexpr Word<SpnCheck> kSpnCheck[] = {
    {"off", SpnCheck::kOff}, {"warn", SpnCheck::kWarn}, {"require", SpnCheck::kRequire}};
constexpr Word<ntlm::Flags> kStrength[] = {{"ess", ntlm::kExtendedSessionSecurity},
                                           {"128", ntlm::k128},
                                           {"56", ntlm::k56},
                                           {"sign", ntlm::kSign},
                                           {"seal", ntlm::kSeal}};

template <auto kMember>
Status SetStrength(std::string_view value, Policy *policy) {
  constexpr std::string_view kSeparators = ", \t";
  ntlm::Flags flags = 0;
  if (value != "none") {
    for (std::string_view word = TakeEntry(&value, kSeparators); !word.empty();
         word = TakeEntry(&value, kSeparators)) {
      const auto *row = std::find_if(std::begin(kStrength), std::end(kStrength),
                                     [&](const auto &each) { return each.text == word; });
      if (row == std::end(kStrength)) return Status::kBadSetting;
      flags |= row->value;
    }
    if (flags == 0) return Status::kBadSetting;
  }
  policy->*kMember = flags;
  return Status::kOk;
}

template <auto kMember>
constexpr Key Strength(const char *name) {
  return {name, SetStrength<kMember>, "none, or one or more of ess, 128, 56, sign and seal"};
}

constexpr auto kOutgoing = &Policy::outgoing;
constexpr auto kIncoming = &Policy::incoming;
constexpr auto kDeny = &TrafficRule::deny;
constexpr auto kExcept = &TrafficRule::except;
constexpr auto kAuditOnly = &TrafficRule::audit_only;

constexpr Key kKeys[] = {
    Number<0, kMaxLmLevel, &Policy::initiator_level>(kInitiatorLevelKey),
    Number<0, kMaxLmLevel, &Policy::acceptor_level>(kAcceptorLevelKey),
    Strength<&Policy::initiator_minimum>("initiator_minimum_security"),
    Strength<&Policy::acceptor_minimum>("acceptor_minimum_security"),
    Choice<kSendMic, &Policy::send_mic>("send_mic"),
    Choice<kRequireMic, &Policy::require_mic>("require_mic"),
    Choice<kBindings, &Policy::require_bindings>("channel_bindings"),
    Choice<kSpnCheck, &Policy::spn_check>("spn_check"),
    List<kHostsAndSpns, &Policy::spn_names>("spn_names"),

    Choice<kAllowDeny, kOutgoing, kDeny>("outgoing"),
    List<kTargets, kOutgoing, kExcept>("outgoing_except"),
    Choice<kYesNo, kOutgoing, kAuditOnly>("outgoing_audit_only"),
    Choice<kAllowDeny, kIncoming, kDeny>("incoming"),
    List<kUsers, kIncoming, kExcept>("incoming_except"),
    Choice<kYesNo, kIncoming, kAuditOnly>("incoming_audit_only"),

    Choice<kYesNo, &Policy::accept_anonymous>("accept_anonymous"),
    Choice<kYesNo, &Policy::anonymous_session_key>("anonymous_session_key"),
    Choice<kIdentify, &Policy::always_identify>("identify"),
    Choice<kYesNo, &Policy::refuse_own_challenges>("refuse_own_challenges"),

    Choice<kYesNo, &Policy::offer_in_negotiate>("offer_in_negotiate"),
    Choice<kYesNo, &Policy::split_upn>("split_upn"),
    Choice<kRefuseAllow, &Policy::allow_in_fips_mode>("fips"),

    Number<1024, size_t{1} << 20, &Policy::max_token>("max_token_size"),
    Number<1024, size_t{1} << 30, &Policy::max_user_file>("max_user_file_size"),

    Path<&Policy::initiator_user_file>("initiator_user_file"),
    Path<&Policy::acceptor_user_file>("acceptor_user_file"),
    Choice<kRefuseWarn, &Policy::only_warn_of_file_mode>("user_file_mode_check"),
    List<kNames, &Policy::user_file_groups>("user_file_groups"),
    Choice<kYesNo, &Policy::keep_user_files>("keep_user_files"),
    Choice<kYesNo, &Policy::use_keyring>("use_keyring"),
    Choice<kYesNo, &Policy::use_winbind>("use_winbind"),
    Number<1, 600, &Policy::winbind_timeout>("winbind_timeout"),

    List<kNames, &Policy::local_domains>("local_domains"),
    Path<&Policy::log_file>("log_file"),
};
static_assert(std::size(kKeys) <= kMaxKeys);

}  // namespace

std::span<const Key> Keys() { return kKeys; }

}  // namespace gss_sspi
