// SPDX-License-Identifier: MIT
// Lists of accounts: finding one in many, and the credentials made of them.
#include "cred/account_list.h"

#include <pthread.h>

#include <random>
#include <vector>

#include "cred/brief_lock.h"
#include "ntlm_support.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT
using cred::Account;
using cred::AccountList;

struct Names {
  std::string domain, user;
};

// Accounts of these names, each with the password that is its number.
Ref<AccountList> ListOf(const std::vector<Names> &all) {
  Ref<AccountList> list = AccountList::Make("test", all.size(), SecretBytes());
  ck_assert(static_cast<bool>(list));
  for (const Names &names : all) {
    Account *account = list->Add();
    account->domain = names.domain;
    account->user = names.user;
  }
  ck_assert(list->Finish());
  return list;
}

// N425, without an index: the first that matches, and nothing matters but the names.
const Account *FindSlowly(const AccountList &list, size_t size, std::string_view user,
                          std::string_view domain) {
  for (size_t i = 0; i < size; ++i) {
    const Account &account = list.First()[i];
    if (!EqualIgnoringCase(account.user, user)) continue;
    if (account.domain.empty() || domain.empty() || EqualIgnoringCase(account.domain, domain)) {
      return &account;
    }
  }
  return nullptr;
}

// Few words, so that there are many duplicates; with pairs that differ by case alone, letters whose
// upper case is far away, of another length in UTF-8 or none, and code points of two units.
const char *const kWords[] = {"a",
                              "A",
                              "b",
                              "ab",
                              "AB",
                              "Ab",
                              "user",
                              "USER",
                              "\xc3\xa4",
                              "\xc3\x84",
                              "\xc3\xbf",
                              "\xc5\xb8",
                              "\xc3\x9f",
                              "\xc4\xb1",
                              "i",
                              "I",
                              "\xc4\xb0",
                              "\xc2\xb5",
                              "\xc9\x90",
                              "\xe2\xb1\xaf",
                              "\xf0\x90\x90\xa8",
                              "\xf0\x90\x90\x80"};

std::string RandomWords(std::mt19937 *random, unsigned most) {
  std::string text;
  for (auto i = (*random)() % most + 1; i > 0; --i) {
    text += kWords[(*random)() % std::size(kWords)];
  }
  return text;
}

START_TEST(FindsWhatALinearSearchFinds) {
  std::mt19937 random(20240607);
  unsigned found = 0, missed = 0, other_case = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<Names> all(random() % 60);
    for (Names &names : all) {
      names = {random() % 3 == 0 ? "" : RandomWords(&random, 1), RandomWords(&random, 2)};
    }
    const auto list = ListOf(all);
    for (int query = 0; query < 100; ++query) {
      const std::string user = RandomWords(&random, 2);
      const std::string domain = random() % 3 == 0 ? "" : RandomWords(&random, 1);
      const Account *expected = FindSlowly(*list, all.size(), user, domain);
      ck_assert_msg(list->Find(user, domain) == expected, "%s\\%s", domain.c_str(), user.c_str());
      found += expected != nullptr;
      missed += expected == nullptr;
      other_case += expected != nullptr && expected->user != user;
    }
  }
  // All of it did happen.
  ck_assert_uint_gt(found, 1000);
  ck_assert_uint_gt(missed, 1000);
  ck_assert_uint_gt(other_case, 100);
}
END_TEST

START_TEST(NamesThatAreNone) {
  const std::string long_name(300, 'x'), longer_name(301, 'x');
  const std::vector<Names> all = {{"", "user"}, {"", long_name}, {"D", longer_name}};
  const auto list = ListOf(all);
  for (const char *user : {"", "\xff", "use\xff", "user\xc3", "\xed\xa0\x80"}) {
    ck_assert_ptr_null(list->Find(user, ""));
  }
  ck_assert_ptr_eq(list->Find(std::string(300, 'X'), ""), list->First() + 1);
  ck_assert_ptr_eq(list->Find(longer_name, "d"), list->First() + 2);
  ck_assert_ptr_null(list->Find(longer_name + "x", ""));
  ck_assert_ptr_null(ListOf({})->Find("user", ""));
}
END_TEST

// Neither many users nor many domains of one user take long: squares would take hours.
START_TEST(LargeLists) {
  constexpr size_t kCount = 200'000;
  std::vector<Names> users(kCount), domains(kCount);
  for (size_t i = 0; i < kCount; ++i) {
    users[i] = {"DOM", "user" + std::to_string(i)};
    domains[i] = {"DOM" + std::to_string(i), "user"};
  }
  const auto many_users = ListOf(users);
  for (size_t i = 0; i < kCount; ++i) {
    const std::string user = "USER" + std::to_string(i);
    ck_assert_ptr_eq(many_users->Find(user, "dom"), many_users->First() + i);
    ck_assert_ptr_null(many_users->Find(user + "x", ""));
  }
  const auto many_domains = ListOf(domains);
  ck_assert_ptr_eq(many_domains->Find("USER", "dom199999"), many_domains->First() + 199999);
  ck_assert_ptr_eq(many_domains->Find("user", ""), many_domains->First());
}
END_TEST

START_TEST(ListOfOne) {
  const ntlm::NtHash hash = HashOfPassword("secret");
  const auto lm_hash = ntlm::LMOWFv1("secret");
  const auto plain = AccountList::Of("test", "Dom", "User", hash);
  const Account *account = plain->Find("USER", "DOM");
  ck_assert_ptr_nonnull(account);
  ck_assert(account->usable && !account->has_lm_hash);
  ck_assert(account->domain == "Dom" && account->user == "User");
  ck_assert_ptr_null(plain->Find("USER", "OTHER"));
  const auto with_lm = AccountList::Of("test", "Dom", "User", hash, &*lm_hash);
  account = with_lm->Find("user", "");
  ck_assert(account->has_lm_hash && Equal(account->lm_hash.view(), lm_hash->view()));
}
END_TEST

// ---- credentials to initiate
// ---------------------------------------------------------------------

Ref<cred::AccountCredential> Initiator(const AccountList &list, const Account &account,
                                       std::string_view domain, std::string_view workstation) {
  auto made = list.InitiatorFor(account, domain, workstation);
  ck_assert(static_cast<bool>(made));
  return *made;
}

Ref<AccountList> TwoAccounts() {
  auto list = AccountList::Make("test", 2, SecretBytes());
  for (const char *user : {"one", "two"}) {
    Account *account = list->Add();
    account->user = user;
    cred::Enable(account, HashOfPassword(user));
  }
  ck_assert(list->Finish());
  return list;
}

START_TEST(TheSameAgain) {
  const auto list = TwoAccounts();
  const Account &one = list->First()[0];
  const Account &two = list->First()[1];
  const auto first = Initiator(*list, one, "DOM", "HOST");
  ck_assert(first->user_name() == "one" && first->domain_name() == "DOM");
  ck_assert(first->workstation_name() == "HOST");
  ck_assert_ptr_eq(Initiator(*list, one, "DOM", "HOST").get(), first.get());

  struct Other {
    const Account &account;
    const char *domain, *workstation;
  };
  // N722: whatever differs is another one; the case of a domain counts, for it is hashed.
  for (const Other &other :
       {Other{two, "DOM", "HOST"}, Other{one, "dom", "HOST"}, Other{one, "DOM", "HOSTS"},
        Other{one, "", "HOST"}, Other{one, "DOMH", "OST"}}) {
    Initiator(*list, one, "DOM", "HOST");
    const auto got = Initiator(*list, other.account, other.domain, other.workstation);
    const auto made = cred::AccountCredential::Make(other.domain, other.account.user,
                                                    other.workstation, other.account.nt_hash);
    const cred::AccountCredential &fresh = **made;
    ck_assert(got->user_name() == other.account.user);
    ck_assert(got->domain_name() == other.domain);
    ck_assert(got->workstation_name() == other.workstation);
    ck_assert(Equal(got->workstation(), fresh.workstation()));
    std::array<uint8_t, 60> expected{}, response{};
    const std::array<uint8_t, 8> challenge{1, 2, 3};
    ck_assert(static_cast<bool>(fresh.AnswerV2(challenge, expected)));
    ck_assert(static_cast<bool>(got->AnswerV2(challenge, response)));
    ck_assert(expected == response);
    ck_assert_ptr_eq(Initiator(*list, other.account, other.domain, other.workstation).get(),
                     got.get());
  }
}
END_TEST

START_TEST(InitiatorsOutliveTheList) {
  auto list = TwoAccounts();
  const auto kept = Initiator(*list, *list->First(), "DOM", "HOST");
  list = {};
  ck_assert(kept->user_name() == "one");
}
END_TEST

void *AskOften(void *list) {
  for (unsigned i = 0; i < 5000; ++i) {
    const Account &account = static_cast<AccountList *>(list)->First()[i / 7 % 2];
    const auto got = Initiator(*static_cast<AccountList *>(list), account, "DOM", "HOST");
    if (got->user_name() != account.user) return list;
  }
  return nullptr;
}

START_TEST(ManyThreads) {
  const auto list = TwoAccounts();
  pthread_t threads[8];
  for (pthread_t &thread : threads) {
    ck_assert_int_eq(pthread_create(&thread, nullptr, AskOften, list.get()), 0);
  }
  for (pthread_t thread : threads) {
    void *wrong = nullptr;
    ck_assert_int_eq(pthread_join(thread, &wrong), 0);
    ck_assert_ptr_null(wrong);
  }
}
END_TEST

// N808: a lock whose holder does not exist is not waited for.
START_TEST(LockOfNobody) {
  cred::BriefLock lock;
  ck_assert(lock.TryLock());
  ck_assert(!lock.TryLock());
  lock.Unlock();
  {
    const cred::BriefHold hold(lock);
    ck_assert(static_cast<bool>(hold));
    ck_assert(!cred::BriefHold(lock));
  }
  ck_assert(lock.TryLock());
}
END_TEST

Suite *AccountListSuite() {
  Suite *suite = suite_create("account_list");
  TCase *find = tcase_create("find");
  tcase_set_timeout(find, 60);
  tcase_add_test(find, FindsWhatALinearSearchFinds);
  tcase_add_test(find, NamesThatAreNone);
  tcase_add_test(find, LargeLists);
  tcase_add_test(find, ListOfOne);
  suite_add_tcase(suite, find);
  TCase *initiators = tcase_create("initiators");
  tcase_add_test(initiators, TheSameAgain);
  tcase_add_test(initiators, InitiatorsOutliveTheList);
  tcase_add_test(initiators, ManyThreads);
  tcase_add_test(initiators, LockOfNobody);
  suite_add_tcase(suite, initiators);
  return suite;
}

}  // namespace

int main() { return RunSuite(AccountListSuite()); }
