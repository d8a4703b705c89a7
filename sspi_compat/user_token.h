// SPDX-License-Identifier: MIT
// Who the client of an acceptor context is on this host (section 1.3): what
// QuerySecurityContextToken and SECPKG_ATTR_ACCESS_TOKEN give.
#ifndef GSS_SSPI_SSPI_USER_TOKEN_H_
#define GSS_SSPI_SSPI_USER_TOKEN_H_

#include <gssapi/gssapi.h>
#include <sspi.h>
#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gss_sspi::sspi {

// A local account and what the kernel knows it by.
struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // all of them, the primary one among them
};

// Never changes, so threads may share it.
class UserToken {
 public:
  // What the client permits: with kIdentify its rights may be looked at but not used
  // (ISC_REQ_IDENTIFY).
  enum class Level { kIdentify, kImpersonate };

  // Of the initiator's name of a completed context and the mechanism of that context. The mechanism
  // decides who is which account (gss_localname); without one the token has the name only. Throws
  // bad_alloc.
  static SECURITY_STATUS Make(gss_name_t client, gss_const_OID mech, Level level,
                              std::shared_ptr<const UserToken> *out);

  const std::string &client() const { return client_; }
  const std::optional<Account> &account() const { return account_; }
  Level level() const { return level_; }

  // For tests.
  UserToken(std::string client, std::optional<Account> account, Level level)
      : client_(std::move(client)), account_(std::move(account)), level_(level) {}

 private:
  const std::string client_;
  const std::optional<Account> account_;
  const Level level_;
};

// By getpwnam(3) and getgrouplist(3); nothing when there is no such account or the database fails.
std::optional<Account> FindAccount(const std::string &name);

// A handle for the program, which keeps the token. Throws bad_alloc.
HANDLE GiveHandle(std::shared_ptr<const UserToken> token);
// Null for what is no handle of a token, or not any more.
std::shared_ptr<const UserToken> TokenOf(HANDLE handle);
// False for the same.
bool CloseToken(HANDLE handle);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_USER_TOKEN_H_
