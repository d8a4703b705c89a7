// SPDX-License-Identifier: MIT
// Names as CredSSP knows them: a service of a host, a user, or a name of the mechanism inside
// (C51).
#ifndef GSS_SSPI_GSS_CREDSSP_NAME_H_
#define GSS_SSPI_GSS_CREDSSP_NAME_H_

#include <cstdint>
#include <string_view>

#include "core/bytes.h"
#include "core/memory.h"
#include "core/owned_text.h"
#include "core/result.h"
#include "gss/credssp/host_objects.h"
#include "gss/tag.h"

namespace gss_sspi::gss {

class CredsspName : public Tagged<Tag::kCredsspName> {
 public:
  // kInner: as an inner context gave it; such a name has no text of its own.
  enum class Kind : uint8_t { kUser, kService, kInner };

  static Result<Owned<CredsspName>> Import(ByteView octets, gss_const_OID type);
  static Result<Owned<CredsspName>> OfInner(HostName name);
  Result<Owned<CredsspName>> Duplicate() const;

  CredsspName() = default;

  Kind kind() const { return kind_; }
  // The host's, for its calls.
  gss_name_t host() const { return host_.get(); }
  // kUser: DOMAIN\user, user@realm or user. kService: service@host.
  std::string_view text() const { return text_.view(); }

  Error Display(Buffer *text, gss_OID *type) const;
  Result<bool> Equals(const CredsspName &other) const;
  // RFC 2743 3.2, with our OID.
  Result<Buffer> Export() const;

  // What it is as a target, the service@host in it. A user's name of that form counts as one, since
  // some callers give no type; anything else is none.
  Result<Owned<CredsspName>> AsTarget() const;
  // Of a target.
  std::string_view service_part() const;
  std::string_view host_part() const;

 private:
  static Result<Owned<CredsspName>> OfText(Kind kind, std::string_view text);
  static Result<Owned<CredsspName>> OfService(std::string_view service, std::string_view host);
  static Result<Owned<CredsspName>> ImportText(std::string_view text);
  static Result<Owned<CredsspName>> ImportExported(ByteView token);

  Kind kind_ = Kind::kUser;
  HostName host_;
  OwnedText text_;
};

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_CREDSSP_NAME_H_
