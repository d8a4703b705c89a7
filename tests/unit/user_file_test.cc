// SPDX-License-Identifier: MIT
// Account files in both formats (N425 to N427).
#include "cred/user_file.h"

#include "ntlm_support.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT
using cred::Account;
using cred::AccountList;

// The hash of "Password" ([MS-NLMP] 4.2.2.1.2), and what stands for none.
constexpr char kHash[] = "A4F49C406510BDCAB6824EE7C30FD852";
constexpr char kNoHash[] = "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX";

Result<Ref<AccountList>> Parse(std::string_view text) {
  SecretBytes octets;
  ck_assert(octets.Resize(text.size()));
  Copy(octets.span(), AsBytes(text));
  return cred::ParseUserFile(std::move(octets), "accounts");
}

Ref<AccountList> Parsed(std::string_view text) {
  auto list = Parse(text);
  ck_assert_msg(static_cast<bool>(list), "%s: %s", Text(text).c_str(),
                list ? "" : DetailOf(list.error().status));
  return *list;
}

bool HasPassword(const Account *account, std::string_view password) {
  return account != nullptr && account->usable &&
         Equal(account->nt_hash.view(), HashOfPassword(password).view());
}

void ExpectBadLine(std::string_view text, unsigned line) {
  const auto list = Parse(text);
  ck_assert_msg(!list, "%s", Text(text).c_str());
  ck_assert(list.error().status == Status::kAccountFileBadLine);
  const std::string expected = "accounts line " + std::to_string(line) + " ";
  const std::string detail = DetailOf(list.error().status);
  ck_assert_msg(detail.starts_with(expected), "%s", detail.c_str());
}

std::string Smb(std::string_view user, std::string_view hash, std::string_view flags = "[U  ]") {
  return Text(user) + ":1000:" + kNoHash + ":" + Text(hash) + ":" + Text(flags) +
         ":LCT-00000000:\n";
}

START_TEST(PasswordLines) {
  const auto list = Parsed(
      "DOM:user:secret\n"
      ":any:pass\n"
      "# DOM:comment:x\n"
      "\n"
      "  \t\n"
      "DOM:colons:a:b:c:\n"
      "DOM:empty:\n"
      "DOM:hex:a4f49c406510bdcab6824ee7c30fd852\n"
      "DOM:utf8:p\xc3\xa4ss\n"
      "DOM:spaces: x \n"
      "DOM:last:no newline");
  ck_assert(HasPassword(list->Find("user", "DOM"), "secret"));
  ck_assert(HasPassword(list->Find("USER", "dom"), "secret"));
  ck_assert(HasPassword(list->Find("user", ""), "secret"));
  ck_assert(HasPassword(list->Find("any", "WHATEVER"), "pass"));
  ck_assert(HasPassword(list->Find("colons", "DOM"), "a:b:c:"));
  ck_assert(HasPassword(list->Find("empty", "DOM"), ""));
  ck_assert(HasPassword(list->Find("hex", "DOM"), "a4f49c406510bdcab6824ee7c30fd852"));
  ck_assert(HasPassword(list->Find("utf8", "DOM"), "p\xc3\xa4ss"));
  ck_assert(HasPassword(list->Find("spaces", "DOM"), " x "));
  ck_assert(HasPassword(list->Find("last", "DOM"), "no newline"));
  ck_assert_ptr_null(list->Find("comment", "DOM"));
  ck_assert_ptr_null(list->Find("user", "OTHER"));
  ck_assert_ptr_null(list->Find("use", "DOM"));
  ck_assert(list->source() == "accounts");
}
END_TEST

START_TEST(SmbpasswdLines) {
  const auto list =
      Parsed(Smb("user", kHash) + Smb("DOM\\other", kHash) + Smb("off", kHash, "[DU ]") +
             Smb("none", kNoHash) + Smb("words", "NO PASSWORDXXXXXXXXXXXXXXXXXXXXX") +
             "short:7:" + kNoHash + ":" + kHash);
  ck_assert(HasPassword(list->Find("user", ""), "Password"));
  ck_assert(HasPassword(list->Find("user", "ANY"), "Password"));
  ck_assert(HasPassword(list->Find("other", "dom"), "Password"));
  ck_assert_ptr_null(list->Find("other", "ANY"));
  ck_assert(HasPassword(list->Find("short", ""), "Password"));
  // N426: found, and never usable.
  for (const char *user : {"off", "none", "words"}) {
    const Account *account = list->Find(user, "");
    ck_assert_msg(account != nullptr && !account->usable, "%s", user);
  }
}
END_TEST

START_TEST(BothFormatsAndCrLf) {
  std::string text = "# comment\r\nDOM:a:one\r\n" + Smb("b", kHash) + "DOM:c:three\r\n\r\nDOM:d:x";
  const auto list = Parsed(text);
  ck_assert(HasPassword(list->Find("a", "DOM"), "one"));
  ck_assert(HasPassword(list->Find("b", "DOM"), "Password"));
  ck_assert(HasPassword(list->Find("c", "DOM"), "three"));
  ck_assert(HasPassword(list->Find("d", "DOM"), "x"));
}
END_TEST

START_TEST(FirstMatchWins) {
  const auto list = Parsed("A:user:one\nB:user:two\n:user:three\nA:user:four\n");
  ck_assert(HasPassword(list->Find("user", "A"), "one"));
  ck_assert(HasPassword(list->Find("user", "B"), "two"));
  ck_assert(HasPassword(list->Find("user", "C"), "three"));
  ck_assert(HasPassword(list->Find("user", ""), "one"));
  // A disabled account is not passed over for a later one.
  const auto disabled = Parsed(Smb("user", kHash, "[DU]") + ":user:open\n");
  ck_assert(!disabled->Find("user", "")->usable);
}
END_TEST

START_TEST(NothingInIt) {
  for (const char *text : {"", "\n", "# only a comment", "\r\n\r\n"}) {
    const auto list = Parsed(text);
    ck_assert_ptr_null(list->First());
    ck_assert_ptr_null(list->Find("user", ""));
  }
}
END_TEST

// N427.
START_TEST(BadLines) {
  ExpectBadLine("nonsense\n", 1);
  ExpectBadLine("DOM:user\n", 1);
  ExpectBadLine("DOM:a:b\n\n# x\n:::\nDOM\n", 4);
  ExpectBadLine("DOM:user:ok\nDOM::empty user\n", 2);
  ExpectBadLine("DOM:user:\xff\n", 1);
  ExpectBadLine("DOM:\xff:x\n", 1);
  ExpectBadLine("\xff:user:x\n", 1);
  ExpectBadLine(" # not in the first column\n", 1);
  ExpectBadLine("D:" + std::string(257, 'u') + ":x\n", 1);
  ExpectBadLine(std::string(256, 'd') + ":u:x\n", 1);
}
END_TEST

START_TEST(LongLines) {
  const std::string head = "DOM:user:";
  const std::string longest = head + std::string(cred::kMaxUserFileLine - head.size(), 'p');
  ck_assert(
      HasPassword(Parsed(longest + "\r\n")->Find("user", "DOM"), longest.substr(head.size())));
  ExpectBadLine("DOM:a:b\n" + longest + "p\n", 2);
  // A comment may be as long as it likes.
  Parsed("#" + std::string(3 * cred::kMaxUserFileLine, 'c') + "\n" + longest);
}
END_TEST

// N719: of the text that was read nothing but names remains.
START_TEST(SecretsAreWiped) {
  const auto list = Parsed("DOM:user:HUNTER2\n" + Smb("smb", kHash));
  const std::string_view kept = AsText(list->text());
  ck_assert(kept.find("user") != std::string_view::npos);
  ck_assert(kept.find("HUNTER2") == std::string_view::npos);
  ck_assert(kept.find(kHash) == std::string_view::npos);
}
END_TEST

Suite *UserFileSuite() {
  Suite *suite = suite_create("user_file");
  TCase *tests = tcase_create("files");
  tcase_add_test(tests, PasswordLines);
  tcase_add_test(tests, SmbpasswdLines);
  tcase_add_test(tests, BothFormatsAndCrLf);
  tcase_add_test(tests, FirstMatchWins);
  tcase_add_test(tests, NothingInIt);
  tcase_add_test(tests, BadLines);
  tcase_add_test(tests, LongLines);
  tcase_add_test(tests, SecretsAreWiped);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() { return RunSuite(UserFileSuite()); }
