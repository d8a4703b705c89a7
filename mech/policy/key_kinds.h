// SPDX-License-Identifier: MIT
// The kinds of value that keys of the policy file have, as templates over the member they set. A
// key belongs to the policy whose member that is.
#ifndef GSS_SSPI_POLICY_KEY_KINDS_H_
#define GSS_SSPI_POLICY_KEY_KINDS_H_

#include <algorithm>
#include <array>
#include <limits>

#include "core/log.h"
#include "core/text.h"
#include "core/utf16.h"
#include "policy/keys.h"

namespace gss_sspi::key_kinds {

// The member at the end of a path: Member<&Policy::outgoing, &TrafficRule::deny>(policy).
template <auto kFirst, auto... kRest>
constexpr auto &Member(auto &object) {
  if constexpr (sizeof...(kRest) == 0) {
    return object.*kFirst;
  } else {
    return Member<kRest...>(object.*kFirst);
  }
}

template <typename T, typename C>
C ClassOfMember(T C::*);
// The policy that a member belongs to.
template <auto kMember>
using ClassOf = decltype(ClassOfMember(kMember));

// ---- one word out of some ----------------------------------------------------------------------

template <typename T>
struct Word {
  std::string_view text;
  T value;
};

inline constexpr Word<bool> kYesNo[] = {
    {"yes", true}, {"no", false}, {"true", true}, {"false", false}};

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

template <const auto &kWords, auto kFirst, auto... kRest>
Status SetWord(std::string_view value, ClassOf<kFirst> *policy) {
  for (const auto &word : kWords) {
    if (word.text != value) continue;
    Member<kFirst, kRest...>(*policy) = word.value;
    return Status::kOk;
  }
  return Status::kBadSetting;
}

template <const auto &kWords, auto kFirst, auto... kRest>
constexpr SectionKey<ClassOf<kFirst>> Choice(const char *name) {
  return {name, SetWord<kWords, kFirst, kRest...>, kJoined<kWords>.data()};
}

// ---- numbers -----------------------------------------------------------------------------------

// All digits and in the range, or false.
inline bool ParseNumber(std::string_view text, uint64_t least, uint64_t most, uint64_t *number) {
  constexpr size_t kMostDigits = 18;  // fewer than overflow
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || text.size() > kMostDigits) return false;
  if (!std::all_of(text.begin(), text.end(), is_digit)) return false;
  *number = 0;
  for (const char digit : text) *number = 10 * *number + static_cast<uint64_t>(digit - '0');
  return *number >= least && *number <= most;
}

template <uint64_t kLeast, uint64_t kMost, auto kMember>
Status SetNumber(std::string_view value, ClassOf<kMember> *policy) {
  uint64_t number;
  if (!ParseNumber(value, kLeast, kMost, &number)) return Status::kBadSetting;
  using Type = std::remove_reference_t<decltype(policy->*kMember)>;
  static_assert(kMost <= std::numeric_limits<Type>::max());
  policy->*kMember = static_cast<Type>(number);
  return Status::kOk;
}

template <uint64_t kLeast, uint64_t kMost, auto kMember>
constexpr SectionKey<ClassOf<kMember>> Number(const char *name) {
  return {name, SetNumber<kLeast, kMost, kMember>, "a number", false, kLeast, kMost};
}

// ---- lists -------------------------------------------------------------------------------------

// Takes the next entry of a list off the front of `rest`; empty entries count for nothing.
inline std::string_view TakeEntry(std::string_view *rest, std::string_view separators) {
  *rest = Tail(*rest, rest->find_first_not_of(separators));
  const std::string_view entry = Head(*rest, rest->find_first_of(separators));
  rest->remove_prefix(entry.size());
  return entry;
}

// Of a length that the shortest of its places has room for, the log's.
inline bool IsText(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLogPath && Utf16LengthOf(text) != kInvalidText &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// At most one separator, and something on both sides of it.
inline bool HasOneOrTwoParts(std::string_view text, char separator) {
  const size_t at = text.find(separator);
  if (at == std::string_view::npos) return true;
  const std::string_view behind = Behind(text, at);
  return at > 0 && !behind.empty() && !Contains(behind, separator);
}

inline bool IsName(std::string_view entry) {
  return entry.find_first_of("*\\/") == std::string_view::npos;
}
inline bool IsHostOrSpn(std::string_view entry) {
  return entry.find_first_of("*\\") == std::string_view::npos && HasOneOrTwoParts(entry, '/');
}
inline bool IsTarget(std::string_view entry) {
  return !Contains(entry, '\\') && HasOneOrTwoParts(entry, '/');
}
inline bool IsUser(std::string_view entry) {
  return !Contains(entry, '/') && HasOneOrTwoParts(entry, '\\') && entry.front() != ' ' &&
         entry.back() != ' ';
}

struct ListKind {
  bool (*is_entry)(std::string_view);
  std::string_view separators;
  const char *allowed;
};
inline constexpr ListKind kNames = {IsName, ", \t", "names without '*', '\\' and '/'"};
inline constexpr ListKind kHostsAndSpns = {IsHostOrSpn, ", \t",
                                           "names of the form host or service/host, without '*'"};
inline constexpr ListKind kTargets = {IsTarget, ", \t",
                                      "patterns of the form host or service/host"};
// A user's name may have blanks.
inline constexpr ListKind kUsers = {IsUser, ",", "patterns of the form DOMAIN\\user or user"};

inline std::string_view WithoutBlanks(std::string_view text) {
  text = Tail(text, text.find_first_not_of(" \t"));
  return Head(text, text.find_last_not_of(" \t") + 1);
}

template <const ListKind &kKind, auto kFirst, auto... kRest>
Status AddToList(std::string_view value, ClassOf<kFirst> *policy) {
  bool any = false;
  for (;;) {
    const std::string_view entry = WithoutBlanks(TakeEntry(&value, kKind.separators));
    if (entry.empty() && value.empty()) return any ? Status::kOk : Status::kBadSetting;
    if (!IsText(entry) || !kKind.is_entry(entry)) return Status::kBadSetting;
    if (!Member<kFirst, kRest...>(*policy).Add(entry)) return Status::kNoMemory;
    any = true;
  }
}

template <const ListKind &kKind, auto kFirst, auto... kRest>
constexpr SectionKey<ClassOf<kFirst>> List(const char *name) {
  return {name, AddToList<kKind, kFirst, kRest...>, kKind.allowed, true};
}

// ---- paths -----------------------------------------------------------------------------------

template <auto kMember>
Status SetPath(std::string_view value, ClassOf<kMember> *policy) {
  if (!value.starts_with('/') || !IsText(value)) return Status::kBadSetting;
  return (policy->*kMember).Add(value) ? Status::kOk : Status::kNoMemory;
}

template <auto kMember>
constexpr SectionKey<ClassOf<kMember>> Path(const char *name) {
  return {name, SetPath<kMember>, "an absolute path"};
}

}  // namespace gss_sspi::key_kinds

#endif  // GSS_SSPI_POLICY_KEY_KINDS_H_
