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
#include "ntlm/attributes.h"

namespace gss_sspi::gss {

// How user@dotted.domain is taken (decision D4, Policy::split_upn).
enum class UpnForm : uint8_t { kWhole, kSplit };

class Name : public Tagged<Tag::kName> {
 public:
  enum class Kind : uint8_t { kUser, kService, kAnonymous };

  // N401 to N406: user, DOMAIN\user, user@DOMAIN, UPN. Text in UTF-8.
  static Result<Owned<Name>> ParseUser(std::string_view text, UpnForm upn = UpnForm::kWhole);
  // N408: service@host, service (of `local_host`), "" or "@" for `local_host` without a service.
  static Result<Owned<Name>> ParseService(std::string_view text, std::string_view local_host);
  // service/host or another principal; a realm is cut off (N325).
  static Result<Owned<Name>> ParsePrincipal(std::string_view text, UpnForm upn = UpnForm::kWhole);
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
  Result<Buffer> Display(UpnForm upn = UpnForm::kWhole) const;

  // N409: equal but for case; "no domain" equals only "no domain".
  bool Equals(const Name &other) const;

  // N434: makes this the name of a user whom an account source has verified, with what the source
  // knows beside the name; null for nothing.
  void SetAttributes(Ref<ntlm::Attributes> attributes) {
    attributes_ = std::move(attributes);
    verified_ = true;
  }
  // Makes all attributes claims: the name came over a way that anybody can write to.
  void Distrust() { verified_ = false; }
  const Ref<ntlm::Attributes> &attributes() const { return attributes_; }
  bool verified() const { return verified_; }

  // RFC 6680: an attribute with several values is several of these.
  struct Attribute {
    std::string_view name;
    std::string_view value;
    bool authenticated;
  };
  // Calls visit(Attribute) for each: user and domain, which follow from the name, then the others.
  template <typename Visitor>
  void ForEachAttribute(Visitor &&visit) const {
    if (kind_ != Kind::kUser) return;
    visit(Attribute{ntlm::attribute::kUser, user(), verified_});
    if (!domain().empty()) visit(Attribute{ntlm::attribute::kDomain, domain(), verified_});
    if (!attributes_) return;
    attributes_->ForEach([&](std::string_view name, std::string_view value) {
      if (name == ntlm::attribute::kUser || name == ntlm::attribute::kDomain) return;
      // The workstation is what the client says of itself.
      if (IsAttributeName(name)) {
        visit(Attribute{name, value, verified_ && name != ntlm::attribute::kWorkstation});
      }
    });
  }
  // Ours alone: others, like libgssapi's "local-login-user", are not for an account source, or for
  // an exported name, to set.
  static bool IsAttributeName(std::string_view name) {
    return name == ntlm::attribute::kSids || name.starts_with("urn:gss-sspi:ntlm:");
  }

 private:
  static Result<Owned<Name>> Make(Kind kind, std::string_view first, char separator,
                                  std::string_view second);
  char *text() { return reinterpret_cast<char *>(this + 1); }
  const char *text() const { return reinterpret_cast<const char *>(this + 1); }

  Ref<ntlm::Attributes> attributes_;
  Kind kind_;
  bool verified_ = false;
  uint16_t first_size_;
  uint16_t second_size_;
  // Then: first part, separator, second part.
};

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_NAME_H_
