// SPDX-License-Identifier: MIT
#include "cred/account_list.h"

#include <bit>
#include <cstdlib>
#include <new>

#include "core/text.h"
#include "core/utf16.h"
#include "policy/policy.h"

namespace gss_sspi::cred {
namespace {

constexpr uint32_t kNobody = UINT32_MAX;  // ends a chain

// Equal for users that EqualIgnoringCase() says are. Who writes an account file is trusted, so
// there is no guard against names that were chosen to have the same hash.
uint32_t HashOf(std::string_view user) {
  uint8_t utf16[2 * Limits::kUser];
  const size_t size = Utf16LengthOf(user);
  if (size > sizeof utf16) return 0;  // neither is the name of an account in a file
  const MutableBytes units(utf16, size);
  Utf8ToUtf16(user, units);
  UpperUtf16(units, units);
  uint32_t hash = 0;
  for (size_t i = 0; i < size; i += 2) {
    hash = (hash ^ static_cast<uint32_t>(utf16[i] | utf16[i + 1] << 8)) * 0x9e3779b1U;
    hash ^= hash >> 15;
  }
  return hash;
}

uint32_t GetNumber(ByteView numbers, size_t index) {
  uint32_t number;
  std::memcpy(&number, numbers.data() + index * sizeof number, sizeof number);
  return number;
}

void PutNumber(MutableBytes numbers, size_t index, uint32_t number) {
  std::memcpy(numbers.data() + index * sizeof number, &number, sizeof number);
}

}  // namespace

bool AreUsableNames(std::string_view domain, std::string_view user) {
  const size_t domain_size = Utf16LengthOf(domain);
  const size_t user_size = Utf16LengthOf(user);
  return domain_size != kInvalidText && domain_size <= 2 * Limits::kDomain && user_size != 0 &&
         user_size != kInvalidText && user_size <= 2 * Limits::kUser && user.front() != '@' &&
         !Contains(user, '\\');
}

void Enable(Account *account, const ntlm::NtHash &hash, const ntlm::LmHash *lm_hash) {
  Copy(account->nt_hash.span(), hash.view());
  account->hash_key = ntlm::NtHashKey(hash.view());
  account->usable = true;
  if (lm_hash == nullptr) return;
  Copy(account->lm_hash.span(), lm_hash->view());
  account->has_lm_hash = true;
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
                                 std::string_view user, const ntlm::NtHash &hash,
                                 const ntlm::LmHash *lm_hash) {
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
  Enable(account, hash, lm_hash);
  if (!list->Finish()) return {};
  return list;
}

AccountList::~AccountList() {
  for (size_t i = 0; i < count_; ++i) accounts_[i].~Account();
  std::free(accounts_);
}

Account *AccountList::Add() { return new (&accounts_[count_++]) Account; }

bool AccountList::Finish() {
  const size_t chain_count = std::bit_ceil(count_);
  if (count_ >= kNobody || !chains_.Resize((chain_count + count_) * sizeof(uint32_t))) return false;
  chain_count_ = chain_count;
  const MutableBytes chains = chains_.span();
  std::memset(chains.data(), 0xff, chains.size());  // kNobody
  // Backwards, so that each chain has the accounts in their order.
  for (size_t i = count_; i-- > 0;) {
    const size_t head = HashOf(accounts_[i].user) & (chain_count - 1);
    PutNumber(chains, chain_count + i, GetNumber(chains, head));
    PutNumber(chains, head, static_cast<uint32_t>(i));
  }
  return true;
}

const Account *AccountList::Find(std::string_view user, std::string_view domain) const {
  if (chain_count_ == 0) return nullptr;
  const ByteView chains = chains_.view();
  for (uint32_t i = GetNumber(chains, HashOf(user) & (chain_count_ - 1)); i != kNobody;
       i = GetNumber(chains, chain_count_ + i)) {
    const Account &account = accounts_[i];
    if (EqualIgnoringCase(account.user, user) &&
        (account.domain.empty() || domain.empty() || EqualIgnoringCase(account.domain, domain))) {
      return &account;
    }
  }
  return nullptr;
}

Ref<AccountCredential> AccountList::LastInitiator(const Account &account, std::string_view domain,
                                                  std::string_view workstation) const {
  const BriefHold hold(lock_);
  if (!hold || last_account_ != &account) return {};
  const AccountCredential &last = *last_initiator_;
  // The octets count: the domain is hashed as it stands (N331).
  if (last.domain_name() != domain || last.workstation_name() != workstation) return {};
  return last_initiator_;
}

Result<Ref<AccountCredential>> AccountList::InitiatorFor(const Account &account,
                                                         std::string_view domain,
                                                         std::string_view workstation) const {
  if (Ref<AccountCredential> last = LastInitiator(account, domain, workstation)) return last;
  auto made = AccountCredential::Make(domain, account.user, workstation, account.nt_hash,
                                      account.has_lm_hash ? &account.lm_hash : nullptr);
  if (!made) return made;
  Ref<AccountCredential> before = *made;  // ends after the lock
  if (const BriefHold hold(lock_); hold) {
    last_account_ = &account;
    std::swap(last_initiator_, before);
  }
  return made;
}

}  // namespace gss_sspi::cred
