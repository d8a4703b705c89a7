// SPDX-License-Identifier: MIT
// Who a credential is for: the pAuthData of AcquireCredentialsHandle (section 4.1).
#ifndef GSS_SSPI_SSPI_IDENTITY_H_
#define GSS_SSPI_SSPI_IDENTITY_H_

#include <sspi.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/secret.h"

namespace gss_sspi::sspi {

// UTF-8 in memory that is wiped, with a NUL behind it.
class Password {
 public:
  // Empty.
  Password() = default;
  explicit Password(std::string_view utf8);
  // Nothing when the text is not well-formed or holds a NUL. Only this object ever has a copy.
  static std::optional<Password> Of(std::string_view utf8);
  static std::optional<Password> Of(const WCHAR *text, size_t units);

  size_t size() const { return octets_.size() == 0 ? 0 : octets_.size() - 1; }
  const char *c_str() const { return octets_.size() == 0 ? "" : AsText(octets_.view()).data(); }
  std::string_view view() const { return {c_str(), size()}; }

 private:
  void Resize(size_t size);  // throws bad_alloc

  SecretBytes octets_;
};

// PackageList, such as "Kerberos,!NTLM": with names, only those; with a name behind "!", not that
// one. What forbids goes before what allows; case and blanks do not matter, and a name that no
// package has matters as any other: a list of such names alone leaves no package.
class PackageFilter {
 public:
  // Allows every package.
  PackageFilter() = default;
  explicit PackageFilter(std::string_view list);

  bool Allows(std::string_view package) const;

 private:
  std::vector<std::string> allowed_;  // empty: all
  std::vector<std::string> denied_;
};

struct Identity {
  std::string user, domain;          // UTF-8; "" for none
  std::optional<Password> password;  // none given, or one that may be empty
  PackageFilter packages;
  bool given = false;  // false: default credentials, as of the packages that the list allows
};

// Copies what the caller has, which may be wiped at once. Null, and an identity that has nothing
// but a PackageList, stand for default credentials. Fails with SEC_E_UNKNOWN_CREDENTIALS (S138).
SECURITY_STATUS ParseIdentity(const void *auth_data, Identity *out);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_IDENTITY_H_
