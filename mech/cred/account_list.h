// SPDX-License-Identifier: MIT
// Accounts and their NT hashes, as one source had them when it was read.
#ifndef GSS_SSPI_CRED_ACCOUNT_LIST_H_
#define GSS_SSPI_CRED_ACCOUNT_LIST_H_

#include <string_view>

#include "core/bytes.h"
#include "core/memory.h"
#include "core/result.h"
#include "core/secret.h"
#include "ntlm/keys.h"

namespace gss_sspi::cred {

struct Account {
  std::string_view domain;  // empty: any (N425), and none is reported (D5)
  std::string_view user;
  ntlm::NtHash nt_hash;
  ntlm::NtHashKey hash_key;  // made of it once, for all logons
  bool usable = false;       // false: disabled or without a hash; matches, and never logs on (N426)
};

// True for names that an account can have: UTF-8 within the limits (N804), a user that is not
// empty, and that displays and parses as the same name again.
bool AreUsableNames(std::string_view domain, std::string_view user);

// Gives an account the hash that makes it usable.
void Enable(Account *account, const ntlm::NtHash &hash);

// Filled once, then never changed: many threads may read it.
class AccountList : public Shared {
 public:
  // An empty list with room for `capacity` accounts. `source` is its name in errors. The accounts'
  // text may point into `text`, which the list keeps.
  static Ref<AccountList> Make(std::string_view source, size_t capacity, SecretBytes text);
  // A list of one account.
  static Ref<AccountList> Of(std::string_view source, std::string_view domain,
                             std::string_view user, const ntlm::NtHash &hash);

  AccountList() = default;
  AccountList(const AccountList &) = delete;
  AccountList &operator=(const AccountList &) = delete;
  ~AccountList();

  MutableBytes text() { return text_.span(); }
  // Room for one more account; there must be some left.
  Account *Add();

  // The first account that matches, whatever the case. An empty domain matches any. Null when there
  // is none.
  const Account *Find(std::string_view user, std::string_view domain) const;
  // The first account, or null.
  const Account *First() const { return count_ != 0 ? accounts_ : nullptr; }
  std::string_view source() const { return AsText(source_.view()); }

 private:
  Buffer source_;
  SecretBytes text_;
  Account *accounts_ = nullptr;
  size_t count_ = 0;
};

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_ACCOUNT_LIST_H_
