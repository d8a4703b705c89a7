// SPDX-License-Identifier: MIT
#include "cred/account_list.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "core/text.h"
#include "core/utf16.h"
#include "policy/policy.h"

namespace gss_sspi::cred {

bool AreUsableNames(std::string_view domain, std::string_view user) {
  const size_t domain_size = Utf16LengthOf(domain);
  const size_t user_size = Utf16LengthOf(user);
  return domain_size != kInvalidText && domain_size <= 2 * Limits::kDomain && user_size != 0 &&
         user_size != kInvalidText && user_size <= 2 * Limits::kUser && user.front() != '@' &&
         !Contains(user, '\\');
}

void Enable(Account *account, const ntlm::NtHash &hash) {
  Copy(account->nt_hash.span(), hash.view());
  account->hash_key = ntlm::NtHashKey(hash.view());
  account->usable = true;
}

Ref<AccountList> AccountList::Make(std::string_view source, size_t capacity, SecretBytes text) {
  Ref<AccountList> list = MakeShared<AccountList>();
  if (!list || !list->source_.Assign(AsBytes(source))) return {};
  list->text_ = std::move(text);
  list->accounts_ =
      static_cast<Account *>(std::calloc(capacity != 0 ? capacity : 1, sizeof(Account)));
  if (list->accounts_ == nullptr) return {};
  return list;
}

Ref<AccountList> AccountList::Of(std::string_view source, std::string_view domain,
                                 std::string_view user, const ntlm::NtHash &hash) {
  SecretBytes text;
  if (!text.Resize(domain.size() + user.size())) return {};
  Copy(text.span(), AsBytes(domain));
  Copy(text.span().subspan(domain.size()), AsBytes(user));
  Ref<AccountList> list = Make(source, 1, std::move(text));
  if (!list) return {};
  const std::string_view kept = AsText(list->text());
  Account *account = list->Add();
  account->domain = Head(kept, domain.size());
  account->user = Tail(kept, domain.size());
  Enable(account, hash);
  return list;
}

AccountList::~AccountList() {
  for (size_t i = 0; i < count_; ++i) accounts_[i].~Account();
  std::free(accounts_);
}

Account *AccountList::Add() { return new (&accounts_[count_++]) Account; }

const Account *AccountList::Find(std::string_view user, std::string_view domain) const {
  const auto matches = [&](const Account &account) {
    return EqualIgnoringCase(account.user, user) &&
           (account.domain.empty() || domain.empty() || EqualIgnoringCase(account.domain, domain));
  };
  const Account *begin = accounts_;
  const Account *found = std::find_if(begin, begin + count_, matches);
  return found != begin + count_ ? found : nullptr;
}

}  // namespace gss_sspi::cred
