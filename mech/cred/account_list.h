// SPDX-License-Identifier: MIT
// Accounts and their hashes, as one source had them when it was read.
#ifndef GSS_SSPI_CRED_ACCOUNT_LIST_H_
#define GSS_SSPI_CRED_ACCOUNT_LIST_H_

#include <string_view>

#include "core/bytes.h"
#include "core/memory.h"
#include "core/result.h"
#include "core/secret.h"
#include "cred/account_credential.h"
#include "cred/brief_lock.h"
#include "ntlm/keys.h"

namespace gss_sspi::cred {

struct Account {
  std::string_view domain;  // empty: any (N425), and none is reported (D5)
  std::string_view user;
  ntlm::NtHash nt_hash;
  ntlm::NtHashKey hash_key;  // made of it once, for all logons
  ntlm::LmHash lm_hash;
  bool has_lm_hash = false;  // only where the policy needs it and the source has it
  bool usable = false;       // false: disabled or without a hash; matches, and never logs on (N426)
};

// True for names that an account can have: UTF-8 within the limits (N804), a user that is not
// empty, and that displays and parses as the same name again.
bool AreUsableNames(std::string_view domain, std::string_view user);

// Gives an account the hash that makes it usable, and the other one if there is one.
void Enable(Account *account, const ntlm::NtHash &hash, const ntlm::LmHash *lm_hash = nullptr);

// Filled once, then never changed: many threads may read it.
class AccountList : public Shared {
 public:
  // An empty list with room for `capacity` accounts. `source` is its name in errors. The accounts'
  // text may point into `text`, which the list keeps.
  static Ref<AccountList> Make(std::string_view source, size_t capacity, SecretBytes text);
  // A list of one account, finished.
  static Ref<AccountList> Of(std::string_view source, std::string_view domain,
                             std::string_view user, const ntlm::NtHash &hash,
                             const ntlm::LmHash *lm_hash = nullptr);

  AccountList() = default;
  AccountList(const AccountList &) = delete;
  AccountList &operator=(const AccountList &) = delete;
  ~AccountList();

  MutableBytes text() { return text_.span(); }
  // Room for one more account; there must be some left.
  Account *Add();
  // To be called when all accounts have their names, once; Find finds nobody before. False when
  // there is no memory.
  [[nodiscard]] bool Finish();

  // The first account that matches, whatever the case. An empty domain matches any. Null when there
  // is none. The length of the list does not matter, only how often it has this user.
  const Account *Find(std::string_view user, std::string_view domain) const;
  // The first account, or null.
  const Account *First() const { return count_ != 0 ? accounts_ : nullptr; }
  std::string_view source() const { return AsText(source_.view()); }

  // A credential to initiate as `account`, one of this list's, from `workstation`. `domain` is what
  // servers are told. The last one that was made is kept, for those who ask for the same again.
  Result<Ref<AccountCredential>> InitiatorFor(const Account &account, std::string_view domain,
                                              std::string_view workstation) const;

 private:
  Ref<AccountCredential> LastInitiator(const Account &account, std::string_view domain,
                                       std::string_view workstation) const;

  Buffer source_;
  SecretBytes text_;
  Account *accounts_ = nullptr;
  size_t count_ = 0;

  // A chain of account numbers for each hash of a user: its head, and what follows each account.
  Buffer chains_;
  size_t chain_count_ = 0;  // a power of two, or 0

  mutable BriefLock lock_;  // of what follows
  mutable const Account *last_account_ = nullptr;
  mutable Ref<AccountCredential> last_initiator_;
};

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_ACCOUNT_LIST_H_
