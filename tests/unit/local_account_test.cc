// SPDX-License-Identifier: MIT
// N411: which users are accounts of this host, by a rule that takes no account database's word for
// the domain of a user.
#include "cred/local_account.h"

#include <unistd.h>

#include "ntlm_support.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT

// ---- an account database -----------------------------------------------------------------------

struct Entry {
  std::string_view asked, account;
};
// What it answers to; the name asked for is compared as the database does.
constexpr Entry kEntries[] = {
    {"root", "root"},
    {"alice", "alice"},
    {"Alice", "alice"},                                // does not look at case
    {"AD\\alice", "AD\\alice"},                        // winbind
    {"AD\\bob", "bob"},                                // winbind use default domain
    {"carol@ad.example.com", "carol@ad.example.com"},  // sssd
    {"carol", "carol@ad.example.com"},                 // sssd, default_domain_suffix
    {"@", "root"},
    {"\\root", "root"},
};
std::string asked;  // all that was asked for, each in brackets

Result<Buffer> FakeFind(std::string_view name) {
  asked += "[" + Text(name) + "]";
  if (name == "down" || name == "DOWN\\alice") return Status::kAccountDatabaseUnreadable;
  for (const Entry &entry : kEntries) {
    if (entry.asked != name) continue;
    Buffer account;
    ck_assert(account.Assign(AsBytes(entry.account)));
    return account;
  }
  return Status::kNoLocalName;
}

// ---- the rule ----------------------------------------------------------------------------------

struct Host {
  std::string_view nb_computer, nb_domain;
  bool joined;
};
constexpr Host kAlone = {"SERVER", "SERVER", false};
constexpr Host kMember = {"SERVER", "AD", true};

struct Row {
  const Host &host;
  std::string_view listed;  // in local_domains; empty for none
  std::string_view domain, user;
  std::string_view account;  // empty: nobody
};
constexpr Row kRows[] = {
    {kAlone, "", "", "root", "root"},
    {kAlone, "", "", "alice", "alice"},
    {kAlone, "", "", "Alice", "alice"},
    {kAlone, "", "", "nobody-here", ""},
    {kAlone, "", "SERVER", "root", "root"},
    {kAlone, "", "server", "alice", "alice"},
    {kAlone, "", "OTHER", "root", ""},
    {kAlone, "", "OTHER", "alice", ""},
    {kAlone, "", "SERVER2", "root", ""},
    {kAlone, "", "SERVE", "root", ""},
    // A member's domain is not the member.
    {kMember, "", "AD", "root", ""},
    {kMember, "", "ad", "root", ""},
    {kMember, "", "SERVER", "root", "root"},
    {kMember, "", "", "root", "root"},
    {kMember, "AD", "AD", "root", "root"},
    {kMember, "ad", "AD", "root", "root"},
    {kMember, "OTHER", "AD", "root", ""},
    {kMember, "OTHER", "OTHER", "root", "root"},
    // The database knows the domain.
    {kMember, "", "AD", "alice", "AD\\alice"},
    {kMember, "AD", "AD", "alice", "AD\\alice"},
    {kMember, "", "AD", "bob", "bob"},
    // UPN.
    {kMember, "", "", "carol@ad.example.com", "carol@ad.example.com"},
    {kMember, "", "", "root@ad.example.com", ""},
    {kMember, "AD", "", "root@ad.example.com", ""},
    {kMember, "ad.example.com", "", "root@ad.example.com", "root"},
    {kMember, "ad.example.com", "", "root@AD.EXAMPLE.COM", "root"},
    {kMember, "ad.example.com", "", "root@other.example.com", ""},
    {kMember, "ad.example.com", "", "root@x@ad.example.com", ""},
    {kMember, "ad.example.com", "", "carol@ad.example.com@ad.example.com", ""},
    {kMember, "ad.example.com", "", "@ad.example.com", ""},
    {kAlone, "", "", "root@SERVER", ""},
    {kAlone, "SERVER", "", "root@SERVER", "root"},
    {kAlone, "", "SERVER", "carol@ad.example.com", ""},
    // Another account than the one asked for.
    {kAlone, "", "", "carol", ""},
    {kAlone, "", "SERVER", "carol", ""},
    // A user with a domain inside.
    {kAlone, "", "", "AD\\alice", ""},
    {kAlone, "", "", "\\root", ""},
    {kAlone, "", "SERVER", "\\root", ""},
    {kAlone, "", "SERVER", "AD\\bob", ""},
};

Result<Buffer> Ask(const Host &host, std::string_view listed, std::string_view domain,
                   std::string_view user) {
  ntlm::ServerNames::Source own;
  own.nb_computer = host.nb_computer;
  own.nb_domain = host.nb_domain;
  own.joined = host.joined;
  TextList domains;
  if (!listed.empty()) ck_assert(domains.Add("FIRST") && domains.Add(listed));
  asked.clear();
  return cred::LocalAccountOf(domain, user, {own, domains, FakeFind});
}

START_TEST(Rule) {
  for (const Row &row : kRows) {
    const auto account = Ask(row.host, row.listed, row.domain, row.user);
    const std::string what = Text(row.domain) + "\\" + Text(row.user) + ", listed " +
                             Text(row.listed) + ", asked for " + asked;
    if (row.account.empty()) {
      ck_assert_msg(!account, "%s", what.c_str());
      ck_assert_msg(account.error().status == Status::kNoLocalName, "%s", what.c_str());
    } else {
      ck_assert_msg(static_cast<bool>(account), "%s", what.c_str());
      ck_assert_msg(AsText(account->view()) == row.account, "%s", what.c_str());
    }
  }
}
END_TEST

START_TEST(QualifiedNameComesFirst) {
  ck_assert(static_cast<bool>(Ask(kAlone, "", "SERVER", "alice")));
  ck_assert_str_eq(asked.c_str(), "[SERVER\\alice][alice]");
  ck_assert(static_cast<bool>(Ask(kAlone, "", "", "alice")));
  ck_assert_str_eq(asked.c_str(), "[alice]");
  ck_assert(!Ask(kAlone, "", "OTHER", "root"));
  ck_assert_str_eq(asked.c_str(), "[OTHER\\root]");
}
END_TEST

// Not the bare user when nobody knows whether the database has the full name.
START_TEST(SilentDatabase) {
  ck_assert(static_cast<bool>(Ask(kAlone, "DOWN2", "DOWN2", "alice")));
  const auto account = Ask(kAlone, "DOWN", "DOWN", "alice");
  ck_assert(!account && account.error().status == Status::kAccountDatabaseUnreadable);
  const auto bare = Ask(kAlone, "", "", "down");
  ck_assert(!bare && bare.error().status == Status::kAccountDatabaseUnreadable);
}
END_TEST

// ---- the database of this host -----------------------------------------------------------------

START_TEST(AccountsOfThisHost) {
  const auto root = cred::AccountByName("root");
  ck_assert(static_cast<bool>(root) && AsText(root->view()) == "root");
  const auto by_id = cred::AccountById(0);
  ck_assert(static_cast<bool>(by_id) && AsText(by_id->view()) == "root");
  const std::string long_name(5000, 'r');
  for (const std::string_view name :
       {std::string_view("no-such-account-here"), std::string_view(""),
        std::string_view("root\0", 5), std::string_view(long_name)}) {
    const auto none = cred::AccountByName(name);
    ck_assert(!none && none.error().status == Status::kNoLocalName);
  }
  const auto none = cred::AccountById(0x7ffffff0);
  ck_assert(!none && none.error().status == Status::kNoLocalName);
}
END_TEST

Suite *LocalAccountSuite() {
  Suite *suite = suite_create("local_account");
  TCase *tests = tcase_create("local accounts");
  tcase_add_test(tests, Rule);
  tcase_add_test(tests, QualifiedNameComesFirst);
  tcase_add_test(tests, SilentDatabase);
  tcase_add_test(tests, AccountsOfThisHost);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() { return RunSuite(LocalAccountSuite()); }
