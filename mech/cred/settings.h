// SPDX-License-Identifier: MIT
// What a caller says about the credential it wants: the keys of a credential store (N416) and a
// password, with the name.
#ifndef GSS_SSPI_CRED_SETTINGS_H_
#define GSS_SSPI_CRED_SETTINGS_H_

#include <optional>
#include <string_view>

#include "core/result.h"

namespace gss_sspi::cred {

// Views into what the caller gave.
struct Settings {
  std::string_view user;                    // empty: none was named
  std::string_view domain;                  // empty: none was named
  std::optional<std::string_view> account;  // the text that names both, whatever the name says
  std::optional<std::string_view> password;
  std::optional<std::string_view> nt_hash;  // 32 hexadecimal digits
  std::optional<const char *> user_file;

  // One key and value of a credential store. Keys that do not begin with "ntlmssp_" belong to other
  // mechanisms and are left alone, but for "password" (P34).
  Error Set(const char *key, const char *value);

  // A secret was given: no other source is asked then (N415).
  bool HasSecret() const { return password.has_value() || nt_hash.has_value(); }
};

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_SETTINGS_H_
