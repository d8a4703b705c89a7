// SPDX-License-Identifier: MIT
#include "policy/rules.h"

#include <algorithm>

#include "core/text.h"
#include "core/utf16.h"

namespace gss_sspi {
namespace {

bool BeginsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }

size_t CharactersOf(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), BeginsCharacter));
}

// Octets of the first `count` characters, or npos when there are fewer. Upper and lower case may
// have different numbers of octets, so characters are counted.
size_t OctetsOf(std::string_view text, size_t count) {
  size_t at = 0;
  for (; count > 0; --count) {
    if (at == text.size()) return std::string_view::npos;
    do ++at;
    while (at < text.size() && !BeginsCharacter(text[at]));
  }
  return at;
}

// Takes `piece` off the front of `text` if it stands there.
bool TakePiece(std::string_view piece, std::string_view *text) {
  const size_t octets = OctetsOf(*text, CharactersOf(piece));
  if (octets == std::string_view::npos) return false;
  if (!EqualIgnoringCase(piece, Head(*text, octets))) return false;
  text->remove_prefix(octets);
  return true;
}

bool EndsWith(std::string_view text, std::string_view piece) {
  const size_t have = CharactersOf(text);
  const size_t want = CharactersOf(piece);
  return want <= have && EqualIgnoringCase(Tail(text, OctetsOf(text, have - want)), piece);
}

struct Parts {
  std::string_view before, behind;
  bool split = false;
};

// At the first separator; without one all is behind it.
Parts SplitAt(std::string_view text, char separator) {
  const size_t at = text.find(separator);
  if (at == std::string_view::npos) return {{}, text, false};
  return {Head(text, at), Behind(text, at), true};
}

// Whether a pattern of one or two parts matches both names.
bool IsListed(const TextList &patterns, char separator, std::string_view before,
              std::string_view behind) {
  return patterns.AnyOf([&](std::string_view pattern) {
    const Parts parts = SplitAt(pattern, separator);
    return MatchesPattern(parts.behind, behind) &&
           (!parts.split || MatchesPattern(parts.before, before));
  });
}

Verdict Judge(const TrafficRule &rule, bool listed) {
  if (rule.deny == listed) return Verdict::kAllowed;
  return rule.audit_only ? Verdict::kAudited : Verdict::kDenied;
}

// The host of `host`, `host:port`, `[address]:port` or `host/name`, without the dot of the root.
std::string_view HostOf(std::string_view text) {
  text = Head(text, text.find('/'));
  if (text.starts_with('[')) return Head(text, text.find(']') + 1);
  const size_t colon = text.find(':');
  // Two colons are an address.
  if (!Contains(Behind(text, colon), ':')) text = Head(text, colon);
  return text.ends_with('.') ? Head(text, text.size() - 1) : text;
}

bool EqualHosts(std::string_view a, std::string_view b) {
  return EqualIgnoringCase(HostOf(a), HostOf(b));
}

}  // namespace

bool MatchesPattern(std::string_view pattern, std::string_view text) {
  size_t star = pattern.find('*');
  if (star == std::string_view::npos) return EqualIgnoringCase(pattern, text);
  if (!TakePiece(Head(pattern, star), &text)) return false;
  for (;;) {
    pattern = Behind(pattern, star);
    star = pattern.find('*');
    if (star == std::string_view::npos) return EndsWith(text, pattern);
    // The leftmost place leaves the most to the rest.
    while (!TakePiece(Head(pattern, star), &text)) {
      if (text.empty()) return false;
      text.remove_prefix(OctetsOf(text, 1));
    }
  }
}

Verdict JudgeOutgoing(const TrafficRule &rule, std::string_view service, std::string_view host) {
  return Judge(rule, IsListed(rule.except, '/', service, host));
}

Verdict JudgeIncoming(const TrafficRule &rule, std::string_view domain, std::string_view user) {
  return Judge(rule, IsListed(rule.except, '\\', domain, user));
}

bool IsOwnSpn(std::string_view spn, const OwnNames &own) {
  const Parts parts = SplitAt(spn, '/');
  if (!parts.split || parts.before.empty() || HostOf(parts.behind).empty()) return false;
  const bool own_service = own.service.empty() || EqualIgnoringCase(parts.before, own.service);
  if (own_service && std::any_of(own.hosts.begin(), own.hosts.end(), [&](std::string_view host) {
        return EqualHosts(parts.behind, host);
      })) {
    return true;
  }
  return own.further.AnyOf([&](std::string_view name) {
    const Parts wanted = SplitAt(name, '/');
    return (wanted.split ? EqualIgnoringCase(parts.before, wanted.before) : own_service) &&
           EqualHosts(parts.behind, wanted.behind);
  });
}

}  // namespace gss_sspi
