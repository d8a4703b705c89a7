// SPDX-License-Identifier: MIT
// Logins in the kernel's session keyring (`gss-sspi login`): the NT hash of an account, for a time.
// They are keys of type "user" in a keyring "gss-sspi:ntlm" of the session keyring:
//
//   gss-sspi:ntlm:DOMAIN\user or gss-sspi:ntlm:user      the hash, and from when to when
//   gss-sspi:ntlm                                        the description of the default login
//
// Only who possesses the session keyring can use them, and of those only the user they belong to.
// A session without a keyring of its own has that of its user (user-session-keyring(7)).
#ifndef GSS_SSPI_CRED_KEYRING_H_
#define GSS_SSPI_CRED_KEYRING_H_

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "core/result.h"
#include "ntlm/credential.h"
#include "ntlm/keys.h"

namespace gss_sspi::cred {

// Where the keyring cannot be used at all: Status::kBackEndUnavailable, but for FindLogin, where it
// is as if no login were stored.

// Stores a login for `seconds`, which are not 0, in place of one of the same names in any case.
Error StoreLogin(std::string_view domain, std::string_view user, const ntlm::NtHash &hash,
                 uint32_t seconds, bool make_default);

// For how long a login is kept where nobody says.
inline constexpr uint32_t kDefaultLoginSeconds = 8 * 3600;

struct StoredLogin {
  ntlm::Identity names;
  ntlm::NtHash nt_hash;
  int64_t expires = 0;  // seconds since 1970
};

// The login that matches, whatever the case. An empty domain matches any, here and there; the same
// domain is better, then the default login, then the latest. Without a user: the default login of
// those that match, or the only one. Status::kNoCredential when there is none.
Result<StoredLogin> FindLogin(std::string_view user, std::string_view domain);

// What can be told of a login. The text lives as long as the visit.
struct LoginEntry {
  std::string_view domain, user;
  int64_t stored = 0, expires = 0;  // seconds since 1970
  bool is_default = false;
  bool malformed = false;  // its contents are not ours; there are no times then
};

// Calls `visit` with each login, in no order.
Error ListLogins(void (*visit)(void *context, const LoginEntry &login), void *context);
template <typename Visitor>
Error ListLogins(Visitor &&visit) {
  return ListLogins(
      [](void *visitor, const LoginEntry &login) {
        (*static_cast<std::remove_reference_t<Visitor> *>(visitor))(login);
      },
      &visit);
}

// Ends the logins that FindLogin could find for these names; without a user, the one that it finds
// then. Status::kNoCredential when there is none.
Error RemoveLogin(std::string_view user, std::string_view domain);
// Ends all, and it is no error if there is none.
Error RemoveAllLogins();

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_KEYRING_H_
