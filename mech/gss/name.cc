// SPDX-License-Identifier: MIT
#include "gss/name.h"

#include <cstdlib>
#include <new>

#include "core/text.h"
#include "core/utf16.h"
#include "policy/policy.h"
#include "wire/writer.h"

namespace gss_sspi::gss {
namespace {

constexpr char kDomainSeparator = '\\';
constexpr char kServiceSeparator = '/';  // so that the whole text is the SPN
constexpr size_t kMaxTarget = 1024;      // octets of a service or host name
constexpr std::string_view kAnonymousText = "NT AUTHORITY\\ANONYMOUS LOGON";

Error CheckUser(std::string_view domain, std::string_view user) {
  const size_t user_size = Utf16LengthOf(user);
  const size_t domain_size = Utf16LengthOf(domain);
  if (user_size == kInvalidText || domain_size == kInvalidText) {
    return Fail(Status::kBadName, "the name is not UTF-8, or holds a NUL");
  }
  if (user_size == 0) return Fail(Status::kBadName, "the user is empty");
  // Exported names are not only made by the parsers below. What no text stands for would be shown
  // as somebody else (N407).
  if (Contains(user, kDomainSeparator) || user.starts_with('@')) {
    return Fail(Status::kBadName, "a backslash or an at-sign where none can be");
  }
  if (user_size > 2 * Limits::kUser || domain_size > 2 * Limits::kDomain) {
    return Fail(Status::kBadName, "user or domain is longer than %zu and %zu characters",
                Limits::kUser, Limits::kDomain);
  }
  return kSuccess;
}

Error CheckTarget(std::string_view text) {
  if (text.size() > kMaxTarget) return Fail(Status::kBadName, "longer than %zu octets", kMaxTarget);
  if (Utf16LengthOf(text) != kInvalidText) return kSuccess;
  return Fail(Status::kBadName, "the name is not UTF-8, or holds a NUL");
}

// The first `c` that is not part of an escaped at-sign ("\@").
size_t FindUnescaped(std::string_view text, char c) {
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '@';
    if (escape) {
      ++i;
    } else if (text[i] == c) {
      return i;
    }
  }
  return std::string_view::npos;
}

// Replaces each "\@" by "@". `out` has room for the text; gives the part that was used.
std::string_view Unescape(std::string_view text, std::span<char> out) {
  size_t size = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '@') ++i;
    out[size++] = text[i];
  }
  return {out.data(), size};
}

// What ParseUser takes as one piece without an escape (N404).
bool IsUpn(std::string_view user) {
  const size_t at = user.find('@');
  if (at == 0 || at == std::string_view::npos) return false;
  const std::string_view suffix = Behind(user, at);
  return Contains(suffix, '.') && !Contains(suffix, '@');
}

}  // namespace

Result<Owned<Name>> Name::Make(Kind kind, std::string_view first, char separator,
                               std::string_view second) {
  const size_t size = sizeof(Name) + first.size() + 1 + second.size();
  void *memory = std::malloc(size);
  if (memory == nullptr) return Status::kNoMemory;
  Owned<Name> name(new (memory) Name(kind, first.size(), second.size()));
  char *text = name->text();
  if (!first.empty()) std::memcpy(text, first.data(), first.size());
  text[first.size()] = separator;
  if (!second.empty()) std::memcpy(text + first.size() + 1, second.data(), second.size());
  return name;
}

Result<Owned<Name>> Name::OfUser(std::string_view domain, std::string_view user) {
  if (Error error = CheckUser(domain, user)) return error;
  return Make(Kind::kUser, domain, kDomainSeparator, user);
}

Result<Owned<Name>> Name::OfService(std::string_view service, std::string_view host) {
  if (Error error = CheckTarget(service)) return error;
  if (Error error = CheckTarget(host)) return error;
  if (Contains(service, '@')) return Fail(Status::kBadName, "an at-sign in the service");
  return Make(Kind::kService, service, kServiceSeparator, host);
}

Result<Owned<Name>> Name::Anonymous() { return Make(Kind::kAnonymous, {}, kDomainSeparator, {}); }

Result<Owned<Name>> Name::Duplicate() const {
  auto copy = Make(kind_, first(), text()[first_size_], second());
  if (!copy) return copy.error();
  (*copy)->attributes_ = attributes_;
  (*copy)->verified_ = verified_;
  return copy;
}

Result<Owned<Name>> Name::ParseUser(std::string_view text, UpnForm upn) {
  const size_t slash = FindUnescaped(text, '\\');
  if (slash != std::string_view::npos) {
    // N402, N405. Split once: what follows may be a UPN, and holds no backslash.
    const std::string_view user = Behind(text, slash);
    if (Contains(user, '\\')) return Fail(Status::kBadName, "more than one backslash");
    return OfUser(Head(text, slash), user);
  }
  const size_t at = FindUnescaped(text, '@');
  const std::string_view head = Head(text, at);
  const std::string_view domain = Behind(text, at);
  if (at == 0 || head.starts_with("\\@"))
    return Fail(Status::kBadName, "nothing before the at-sign");
  if (at != std::string_view::npos &&
      (domain.empty() || Contains(domain, '@') || Contains(domain, '\\'))) {
    return Fail(Status::kBadName, "no domain, or no single one, behind the at-sign");
  }
  // N404, decision D4: an unescaped name with a dotted suffix is a UPN, and one piece.
  const bool is_upn = upn == UpnForm::kWhole && Contains(domain, '.') && !Contains(head, '\\');
  if (is_upn) return OfUser({}, text);
  char buffer[4 * Limits::kUser + 1];
  if (head.size() > sizeof buffer) return Fail(Status::kBadName, "the user is too long");
  return OfUser(domain, Unescape(head, buffer));
}

Result<Owned<Name>> Name::ParseService(std::string_view text, std::string_view local_host) {
  const size_t at = text.find('@');
  const std::string_view service = Head(text, at);
  std::string_view host = Behind(text, at);
  if (host.empty()) host = local_host;
  return OfService(service, host);
}

Result<Owned<Name>> Name::ParsePrincipal(std::string_view text, UpnForm upn) {
  const std::string_view without_realm = Head(text, text.find('@'));
  const size_t slash = without_realm.find(kServiceSeparator);
  if (slash == std::string_view::npos) return ParseUser(text, upn);
  if (slash == 0 || slash + 1 == without_realm.size()) {
    return Fail(Status::kBadName, "no service, or no host");
  }
  return OfService(Head(without_realm, slash), Behind(without_realm, slash));
}

std::string_view Name::TargetName() const {
  switch (kind_) {
    case Kind::kService:
      return service().empty() ? std::string_view()
                               : std::string_view(text(), first_size_ + size_t{1} + second_size_);
    case Kind::kUser:
      return Head(user(), user().find('@'));
    case Kind::kAnonymous:
      break;
  }
  return {};
}

Result<Buffer> Name::Display(UpnForm upn) const {
  // Only a user without domain needs care: its at-signs, if it would parse as something else.
  const bool escape =
      kind_ == Kind::kUser && domain().empty() && (upn == UpnForm::kSplit || !IsUpn(user()));
  Buffer display;
  if (!display.Resize(2 * second_size_ + first_size_ + kAnonymousText.size()))
    return Status::kNoMemory;
  Writer writer(display.span());
  const auto put = [&](std::string_view text) { writer.Bytes(AsBytes(text)); };
  if (kind_ == Kind::kAnonymous) {
    put(kAnonymousText);
  } else if (kind_ == Kind::kService) {
    put(service());
    put("@");
    put(host());
  } else {
    put(domain());
    if (!domain().empty()) put("\\");
    for (const char &c : user()) {
      if (escape && c == '@') put("\\");
      put({&c, 1});
    }
  }
  display.Shrink(writer.written());
  return display;
}

bool Name::Equals(const Name &other) const {
  return kind_ == other.kind_ && EqualIgnoringCase(first(), other.first()) &&
         EqualIgnoringCase(second(), other.second());
}

}  // namespace gss_sspi::gss
