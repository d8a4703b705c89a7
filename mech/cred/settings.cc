// SPDX-License-Identifier: MIT
#include "cred/settings.h"

#include "cred/nt_hash.h"

namespace gss_sspi::cred {

Error Settings::Set(const char *key, const char *value) {
  const std::string_view name(key);
  if (name == "ntlmssp_domain") {
    domain = value;
  } else if (name == "ntlmssp_user") {
    account = value;
  } else if (name == "ntlmssp_nthash") {
    if (!IsNtHash(value)) {
      return Fail(Status::kBadCredentialStoreKey, "ntlmssp_nthash is not 32 hexadecimal digits");
    }
    nt_hash = value;
  } else if (name == "ntlmssp_password") {
    password = value;
  } else if (name == "password") {
    if (!password) password = value;
  } else if (name == "ntlmssp_keyfile") {
    user_file = value;
  } else if (name.starts_with("ntlmssp_")) {
    return Fail(Status::kBadCredentialStoreKey, "%s", key);
  }
  return kSuccess;
}

}  // namespace gss_sspi::cred
