// SPDX-License-Identifier: MIT
#include "policy/keys.h"

#include <algorithm>
#include <array>
#include <limits>

#include "core/log.h"
#include "core/text.h"
#include "core/utf16.h"

namespace gss_sspi {
namespace {

// The member at the end of a path: Member<&Policy::outgoing, &TrafficRule::deny>(policy).
template <auto kFirst, auto... kRest>
constexpr auto &Member(auto &object) {
  if constexpr (sizeof...(kRest) == 0) {
    return object.*kFirst;
  } else {
    return Member<kRest...>(object.*kFirst);
  }
}

// ---- one word out of some ----------------------------------------------------------------------

template <typename T>
struct Word {
  std::string_view text;
  T value;
};

constexpr Word<bool> kYesNo[] = {{"yes", true}, {"no", false}, {"true", true}, {"false", false}};
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

// "a, b or c" of a table of words, made by the compiler.
template <const auto &kWords>
constexpr auto Joined() {
  constexpr size_t kCount = std::size(kWords);
  constexpr size_t kSize = [] {
    size_t size = 4 + 2 * (kCount - 2) + 1;
    for (const auto &word : kWords) size += word.text.size();
    return size;
  }();
  std::array<char, kSize> joined{};
  char *out = joined.data();
  const auto put = [&](std::string_view text) { out = std::copy(text.begin(), text.end(), out); };
  for (size_t i = 0; i < kCount; ++i) {
    put(kWords[i].text);
    if (i + 1 < kCount) put(i + 2 == kCount ? " or " : ", ");
  }
  return joined;
}
template <const auto &kWords>
constexpr auto kJoined = Joined<kWords>();

template <const auto &kWords, auto... kPath>
Status SetWord(std::string_view value, Policy *policy) {
  for (const auto &word : kWords) {
    if (word.text != value) continue;
    Member<kPath...>(*policy) = word.value;
    return Status::kOk;
  }
  return Status::kBadSetting;
}

template <const auto &kWords, auto... kPath>
constexpr Key Choice(const char *name) {
  return {name, SetWord<kWords, kPath...>, kJoined<kWords>.data()};
}

// ---- numbers -----------------------------------------------------------------------------------

// All digits and in the range, or false.
bool ParseNumber(std::string_view text, uint64_t least, uint64_t most, uint64_t *number) {
  constexpr size_t kMostDigits = 18;  // fewer than overflow
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || text.size() > kMostDigits) return false;
  if (!std::all_of(text.begin(), text.end(), is_digit)) return false;
  *number = 0;
  for (const char digit : text) *number = 10 * *number + static_cast<uint64_t>(digit - '0');
  return *number >= least && *number <= most;
}

template <uint64_t kLeast, uint64_t kMost, auto kMember>
Status SetNumber(std::string_view value, Policy *policy) {
  uint64_t number;
  if (!ParseNumber(value, kLeast, kMost, &number)) return Status::kBadSetting;
  using Type = std::remove_reference_t<decltype(policy->*kMember)>;
  static_assert(kMost <= std::numeric_limits<Type>::max());
  policy->*kMember = static_cast<Type>(number);
  return Status::kOk;
}

template <uint64_t kLeast, uint64_t kMost, auto kMember>
constexpr Key Number(const char *name) {
  return {name, SetNumber<kLeast, kMost, kMember>, "a number", false, kLeast, kMost};
}

// ---- lists -------------------------------------------------------------------------------------

// Takes the next entry of a list off the front of `rest`; empty entries count for nothing.
std::string_view TakeEntry(std::string_view *rest, std::string_view separators) {
  *rest = Tail(*rest, rest->find_first_not_of(separators));
  const std::string_view entry = Head(*rest, rest->find_first_of(separators));
  rest->remove_prefix(entry.size());
  return entry;
}

// Of a length that the shortest of its places has room for, the log's.
bool IsText(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLogPath && Utf16LengthOf(text) != kInvalidText &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// At most one separator, and something on both sides of it.
bool HasOneOrTwoParts(std::string_view text, char separator) {
  const size_t at = text.find(separator);
  if (at == std::string_view::npos) return true;
  const std::string_view behind = Behind(text, at);
  return at > 0 && !behind.empty() && !Contains(behind, separator);
}

bool IsName(std::string_view entry) {
  return entry.find_first_of("*\\/") == std::string_view::npos;
}
bool IsHostOrSpn(std::string_view entry) {
  return entry.find_first_of("*\\") == std::string_view::npos && HasOneOrTwoParts(entry, '/');
}
bool IsTarget(std::string_view entry) {
  return !Contains(entry, '\\') && HasOneOrTwoParts(entry, '/');
}
bool IsUser(std::string_view entry) {
  return !Contains(entry, '/') && HasOneOrTwoParts(entry, '\\') && entry.front() != ' ' &&
         entry.back() != ' ';
}

struct ListKind {
  bool (*is_entry)(std::string_view);
  std::string_view separators;
  const char *allowed;
};
constexpr ListKind kNames = {IsName, ", \t", "names without '*', '\\' and '/'"};
constexpr ListKind kHostsAndSpns = {IsHostOrSpn, ", \t",
                                    "names of the form host or service/host, without '*'"};
constexpr ListKind kTargets = {IsTarget, ", \t", "patterns of the form host or service/host"};
// A user's name may have blanks.
constexpr ListKind kUsers = {IsUser, ",", "patterns of the form DOMAIN\\user or user"};

std::string_view WithoutBlanks(std::string_view text) {
  text = Tail(text, text.find_first_not_of(" \t"));
  return Head(text, text.find_last_not_of(" \t") + 1);
}

template <const ListKind &kKind, auto... kPath>
Status AddToList(std::string_view value, Policy *policy) {
  bool any = false;
  for (;;) {
    const std::string_view entry = WithoutBlanks(TakeEntry(&value, kKind.separators));
    if (entry.empty() && value.empty()) return any ? Status::kOk : Status::kBadSetting;
    if (!IsText(entry) || !kKind.is_entry(entry)) return Status::kBadSetting;
    if (!Member<kPath...>(*policy).Add(entry)) return Status::kNoMemory;
    any = true;
  }
}

template <const ListKind &kKind, auto... kPath>
constexpr Key List(const char *name) {
  return {name, AddToList<kKind, kPath...>, kKind.allowed, true};
}

// ---- the rest ----------------------------------------------------------------------------------

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

template <auto kMember>
Status SetPath(std::string_view value, Policy *policy) {
  if (!value.starts_with('/') || !IsText(value)) return Status::kBadSetting;
  return (policy->*kMember).Add(value) ? Status::kOk : Status::kNoMemory;
}

template <auto kMember>
constexpr Key Path(const char *name) {
  return {name, SetPath<kMember>, "an absolute path"};
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
