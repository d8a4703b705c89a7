// SPDX-License-Identifier: MIT
// Names as NTLM knows them (section 4.1): a user of a domain, or a service of a host.
#ifndef GSS_SSPI_GSS_NAME_H_
#define GSS_SSPI_GSS_NAME_H_

#include <cstdint>
#include <string_view>

#include "core/bytes.h"
#include "core/memory.h"
#include "core/result.h"
#include "gss/tag.h"

namespace gss_sspi::gss {

class Name : public Tagged<Tag::kName> {
 public:
  enum class Kind : uint8_t { kUser, kService, kAnonymous };

  // N401 to N406: user, DOMAIN\user, user@DOMAIN, UPN. Text in UTF-8.
  static Result<Owned<Name>> ParseUser(std::string_view text);
  // N408: service@host, service (of `local_host`), "" or "@" for `local_host` without a service.
  static Result<Owned<Name>> ParseService(std::string_view text, std::string_view local_host);
  // service/host or another principal; a realm is cut off (N325).
  static Result<Owned<Name>> ParsePrincipal(std::string_view text);
  // From the parts, which are checked.
  static Result<Owned<Name>> OfUser(std::string_view domain, std::string_view user);
  static Result<Owned<Name>> OfService(std::string_view service, std::string_view host);
  static Result<Owned<Name>> Anonymous();

  Result<Owned<Name>> Duplicate() const;

  // Parsed text, in one allocation with the object; do not make one of these by hand.
  Name(Kind kind, size_t first_size, size_t second_size)
      : kind_(kind),
        first_size_(static_cast<uint16_t>(first_size)),
        second_size_(static_cast<uint16_t>(second_size)) {}

  Kind kind() const { return kind_; }
  // kUser.
  std::string_view domain() const { return first(); }
  std::string_view user() const { return second(); }
  // kService; the service is empty for a host as such.
  std::string_view service() const { return first(); }
  std::string_view host() const { return second(); }

  // Whatever the kind: both parts.
  std::string_view first() const { return {text(), first_size_}; }
  std::string_view second() const { return {text() + first_size_ + 1, second_size_}; }

  // What an initiator sends as the SPN when this is its target; empty for none.
  std::string_view TargetName() const;

  // N407: DOMAIN\user, user, or UPN; service@host. A text that parses to the same name.
  Result<Buffer> Display() const;

  // N409: equal but for case; "no domain" equals only "no domain".
  bool Equals(const Name &other) const;

 private:
  static Result<Owned<Name>> Make(Kind kind, std::string_view first, char separator,
                                  std::string_view second);
  char *text() { return reinterpret_cast<char *>(this + 1); }
  const char *text() const { return reinterpret_cast<const char *>(this + 1); }

  Kind kind_;
  uint16_t first_size_;
  uint16_t second_size_;
  // Then: first part, separator, second part.
};

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_NAME_H_
