// SPDX-License-Identifier: MIT
// Account files in both formats (N425 to N427), which of them may be used (N428), and those that
// stay parsed.
#include "cred/user_file.h"

#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <set>

#include "../gss/sanitizer.h"
#include "cred/user_file_cache.h"
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

// ---- LM hashes
// -----------------------------------------------------------------------------------

constexpr char kLmHash[] = "E52CAC67419A9A224A3B108F3FA6CB6D";  // of "password"

Ref<AccountList> ParsedWithLm(std::string_view text) {
  SecretBytes octets;
  ck_assert(octets.Resize(text.size()));
  Copy(octets.span(), AsBytes(text));
  const auto list = cred::ParseUserFile(std::move(octets), "accounts", true);
  ck_assert(static_cast<bool>(list));
  return *list;
}

START_TEST(LmHashes) {
  const std::string smb = std::string("smb:1000:") + kLmHash + ":" + kHash + ":[U  ]:\n";
  const std::string text = smb + Smb("none", kHash) + "D:short:password\nD:long:passwordpassword\n";
  const auto with = ParsedWithLm(text);
  for (const char *user : {"smb", "short"}) {
    const Account *account = with->Find(user, "");
    ck_assert(account->usable && account->has_lm_hash);
    ck_assert(Hex(account->lm_hash.view()) == "e52cac67419a9a224a3b108f3fa6cb6d");
  }
  // What has no LM hash is an account all the same.
  for (const char *user : {"none", "long"}) {
    const Account *account = with->Find(user, "");
    ck_assert(account->usable && !account->has_lm_hash);
  }
  const auto initiator = with->InitiatorFor(*with->Find("smb", ""), "D", "HOST");
  ck_assert_ptr_nonnull((*initiator)->lm_hash());
  // Nobody gets one who did not ask.
  const auto without = Parsed(text);
  for (const char *user : {"smb", "none", "short", "long"}) {
    const Account *account = without->Find(user, "");
    ck_assert(account->usable && !account->has_lm_hash);
    ck_assert(Equal(account->lm_hash.view(), std::array<uint8_t, 16>()));
  }
  // A disabled account has none either.
  ck_assert(!ParsedWithLm(std::string("off:1:") + kLmHash + ":" + kHash + ":[DU ]:\n")
                 ->First()
                 ->has_lm_hash);
}
END_TEST

// ---- files
// ---------------------------------------------------------------------------------------

char directory[] = "/tmp/gss-sspi-user-file.XXXXXX";

std::string PathOf(const char *name) { return std::string(directory) + "/" + name; }

void WriteFile(const std::string &path, std::string_view text, mode_t mode = 0600) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  ck_assert_int_ge(file, 0);
  ck_assert_int_eq(write(file, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  close(file);
}

// A file whose time stamps are old enough to be trusted.
void Settle() { usleep(40'000); }

// A change shows with the next tick of the kernel's clock, at the latest.
void AwaitTick() { usleep(11'000); }

void ExpectRefused(const std::string &path, const char *detail, const Policy &policy = Policy(),
                   Status status = Status::kAccountFileRefused) {
  AwaitTick();
  for (const bool shared : {false, true}) {
    const auto list = shared ? cred::SharedUserFile(path.c_str(), policy, false)
                             : cred::LoadUserFile(path.c_str(), policy);
    ck_assert_msg(!list, "%s is not refused: %s", path.c_str(), detail);
    const char *got = DetailOf(list.error().status);
    ck_assert_msg(list.error().status == status && std::strstr(got, detail) != nullptr, "%s", got);
    ck_assert_msg(std::strstr(got, path.c_str()) != nullptr, "%s", got);
  }
}

Ref<AccountList> Shared(const std::string &path, const Policy &policy = Policy(),
                        bool want_lm = false) {
  AwaitTick();
  const auto list = cred::SharedUserFile(path.c_str(), policy, want_lm);
  ck_assert_msg(static_cast<bool>(list), "%s", list ? "" : DetailOf(list.error().status));
  return *list;
}

void MakeDirectory() { ck_assert_ptr_nonnull(mkdtemp(directory)); }

void RemoveDirectory() {
  const std::string command = std::string("rm -r ") + directory;
  ck_assert_int_eq(system(command.c_str()), 0);
}

bool IsRoot() { return geteuid() == 0; }

// N428, each rule with what mends it.
START_TEST(OwnerAndMode) {
  const std::string path = PathOf("file");
  WriteFile(path, "D:user:secret\n");
  for (const mode_t good : {0600U, 0400U}) {
    ck_assert_int_eq(chmod(path.c_str(), good), 0);
    ck_assert(HasPassword(Shared(path)->Find("user", ""), "secret"));
  }
  for (const mode_t bad : {0604U, 0602U, 0601U, 0666U}) {
    ck_assert_int_eq(chmod(path.c_str(), bad), 0);
    ExpectRefused(path, "others use it (chmod ");
  }
  ck_assert_int_eq(chmod(path.c_str(), 0620), 0);
  ExpectRefused(path, "its group write it (chmod ");
  ck_assert_int_eq(chmod(path.c_str(), 0640), 0);
  // Only where root owns the file its group may read it.
  if (!IsRoot()) {
    ExpectRefused(path, "its group read it (chmod go-rwx ");
    return;
  }
  Shared(path);
  ck_assert_int_eq(chmod(path.c_str(), 0600), 0);
  ck_assert_int_eq(chown(path.c_str(), 65534, 0), 0);
  ExpectRefused(path, "belongs to user id 65534; it must belong to root or to user id 0 (chown)");
}
END_TEST

START_TEST(NoRegularFile) {
  const std::string path = PathOf("file"), link = PathOf("link"), fifo = PathOf("fifo");
  ExpectRefused(path, "No such file", Policy(), Status::kAccountFileUnreadable);
  WriteFile(path, "D:user:secret\n");
  ck_assert_int_eq(symlink(path.c_str(), link.c_str()), 0);
  ExpectRefused(link, "is a symbolic link");
  ck_assert_int_eq(mkfifo(fifo.c_str(), 0600), 0);
  ExpectRefused(fifo, "is not a regular file");
  ExpectRefused(directory, "is not a regular file");
  // No policy makes files of them.
  Policy lax;
  lax.only_warn_of_file_mode = true;
  ExpectRefused(link, "is a symbolic link", lax);
  ExpectRefused(fifo, "is not a regular file", lax);
}
END_TEST

// The policy that is meant for migrations.
START_TEST(OnlyAWarning) {
  const std::string path = PathOf("file"), log = PathOf("log");
  WriteFile(path, "D:user:secret\n");
  ck_assert_int_eq(chmod(path.c_str(), 0644), 0);
  Settle();
  ExpectRefused(path, "others use it");
  Policy lax;
  lax.only_warn_of_file_mode = true;
  setenv("GSSNTLMSSP_DEBUG", log.c_str(), 1);
  ck_assert(HasPassword(Shared(path, lax)->Find("user", ""), "secret"));
  unsetenv("GSSNTLMSSP_DEBUG");
  char line[1000] = {};
  FILE *file = std::fopen(log.c_str(), "re");
  ck_assert_ptr_nonnull(file);
  ck_assert_ptr_nonnull(std::fgets(line, sizeof line, file));
  std::fclose(file);
  ck_assert_msg(std::strstr(line, "has mode 0644, which lets others use it") != nullptr, "%s",
                line);
  // It is kept, but not for a stricter policy.
  ck_assert_ptr_eq(Shared(path, lax).get(), Shared(path, lax).get());
  ExpectRefused(path, "others use it");
}
END_TEST

START_TEST(GroupsThatMayRead) {
  if (!IsRoot()) return;  // only root can give files away
  const group *nogroup = getgrnam("nogroup");
  ck_assert_ptr_nonnull(nogroup);
  const std::string path = PathOf("file");
  WriteFile(path, "D:user:secret\n");
  ck_assert_int_eq(chown(path.c_str(), 65534, nogroup->gr_gid), 0);
  ck_assert_int_eq(chmod(path.c_str(), 0640), 0);
  ck_assert_int_eq(chmod(directory, 0755), 0);
  Settle();
  const pid_t child = fork();  // becomes the file's owner
  if (child == 0) {
    ck_assert_int_eq(seteuid(65534), 0);
    ExpectRefused(path, "its group read it (chmod go-rwx ");
    Policy policy;
    for (const char *name : {"no such group", "daemon"}) {
      ck_assert(policy.user_file_groups.Add(name));
      ExpectRefused(path, "its group read it (chmod go-rwx ", policy);
    }
    ck_assert(policy.user_file_groups.Add("nogroup"));
    ck_assert_ptr_eq(Shared(path, policy).get(), Shared(path, policy).get());
    ExpectRefused(path, "its group read it");
    // Reading it is, and nothing else.
    ck_assert_int_eq(chmod(path.c_str(), 0660), 0);
    ExpectRefused(path, "its group write it", policy);
    ck_assert_int_eq(chmod(path.c_str(), 0650), 0);
    ExpectRefused(path, "its group", policy);
    _exit(0);
  }
  int status = 0;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(LongFiles) {
  const std::string path = PathOf("file");
  WriteFile(path, "D:user:secret\n");
  Settle();
  Policy policy;
  policy.max_user_file = 14;
  Shared(path, policy);
  policy.max_user_file = 13;
  ExpectRefused(path, "is longer than 13 octets", policy);
}
END_TEST

// ---- files that stay parsed
// ----------------------------------------------------------------------

START_TEST(ParsedOnce) {
  const std::string path = PathOf("file");
  WriteFile(path, "D:user:secret\n");
  Settle();
  const auto first = Shared(path);
  ck_assert_ptr_eq(Shared(path).get(), first.get());
  ck_assert_ptr_eq(Shared(path).get(), first.get());
  // With LM hashes it is another list.
  const auto with_lm = Shared(path, Policy(), true);
  ck_assert(with_lm->First()->has_lm_hash && !first->First()->has_lm_hash);
  ck_assert_ptr_eq(Shared(path, Policy(), true).get(), with_lm.get());
  ck_assert_ptr_eq(Shared(path).get(), first.get());
  Policy policy;
  policy.keep_user_files = false;
  ck_assert_ptr_ne(Shared(path, policy).get(), first.get());
}
END_TEST

// Whatever happens to the file is noticed at once.
START_TEST(ChangesAreNoticed) {
  const std::string path = PathOf("file"), other = PathOf("other");
  const auto expect = [&path](const char *password) {
    const auto list = Shared(path);
    ck_assert_msg(HasPassword(list->Find("user", ""), password), "%s", password);
    return list;
  };
  WriteFile(path, "D:user:one\n");
  Settle();
  auto before = expect("one");
  ck_assert_ptr_eq(expect("one").get(), before.get());

  // In place, as long as before, and the time of the change set back.
  struct stat status {};
  ck_assert_int_eq(stat(path.c_str(), &status), 0);
  WriteFile(path, "D:user:two\n");
  const timespec times[] = {status.st_atim, status.st_mtim};
  ck_assert_int_eq(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  expect("two");
  Settle();
  before = expect("two");
  ck_assert_ptr_eq(expect("two").get(), before.get());

  // Another file in its place.
  WriteFile(other, "D:user:new\n");
  Settle();
  ck_assert_int_eq(rename(other.c_str(), path.c_str()), 0);
  expect("new");
  Settle();
  expect("new");

  // Gone, and back again.
  ck_assert_int_eq(rename(path.c_str(), other.c_str()), 0);
  ExpectRefused(path, "No such file", Policy(), Status::kAccountFileUnreadable);
  ck_assert_int_eq(symlink(other.c_str(), path.c_str()), 0);
  ExpectRefused(path, "is a symbolic link");
  ck_assert_int_eq(rename(other.c_str(), path.c_str()), 0);
  expect("new");
  Settle();
  expect("new");

  // Not to be trusted any more, and then again.
  ck_assert_int_eq(chmod(path.c_str(), 0644), 0);
  ExpectRefused(path, "others use it");
  ck_assert_int_eq(chmod(path.c_str(), 0600), 0);
  expect("new");

  // A line that is none: an error, and no old account.
  Settle();
  expect("new");
  WriteFile(path, "nonsense\n");
  ExpectRefused(path, "line 1", Policy(), Status::kAccountFileBadLine);
  WriteFile(path, "D:user:end\n");
  expect("end");
}
END_TEST

// A link to the file that was read, with all of its time stamps.
START_TEST(LinkToTheSameFile) {
  const std::string path = PathOf("here/file"), aside = PathOf("aside/file");
  for (const char *name : {"here", "other"}) ck_assert_int_eq(mkdir(PathOf(name).c_str(), 0700), 0);
  WriteFile(path, "D:user:secret\n");
  Settle();
  const auto before = Shared(path);
  ck_assert_int_eq(symlink(aside.c_str(), PathOf("other/file").c_str()), 0);
  ck_assert_int_eq(rename(PathOf("here").c_str(), PathOf("aside").c_str()), 0);
  ck_assert_int_eq(rename(PathOf("other").c_str(), PathOf("here").c_str()), 0);
  ExpectRefused(path, "is a symbolic link");
  ck_assert_int_eq(unlink(path.c_str()), 0);
  ck_assert_int_eq(rename(aside.c_str(), path.c_str()), 0);
  ck_assert(HasPassword(Shared(path)->Find("user", ""), "secret"));
}
END_TEST

// Two changes within one tick of the file system's clock leave the same time stamps, so a file that
// was just changed is read again.
START_TEST(ChangesWithinATick) {
  const std::string path = PathOf("file");
  WriteFile(path, "D:user:secret\n");
  const timespec future[] = {{0, UTIME_OMIT}, {time(nullptr) + 1000, 1}};
  ck_assert_int_eq(utimensat(AT_FDCWD, path.c_str(), future, 0), 0);
  Settle();
  auto before = Shared(path);
  ck_assert_ptr_ne(Shared(path).get(), before.get());

  bool read_again = false;  // if there is no long pause between these lines
  for (int round = 0; round < 50 && !read_again; ++round) {
    WriteFile(path, "D:user:secret\n");
    before = Shared(path);
    read_again = Shared(path).get() != before.get();
  }
  ck_assert(read_again);
  for (int round = 0; round < 500; ++round) {
    const std::string password = std::to_string(1000 + round);
    WriteFile(path, "D:user:" + password + "\n");
    ck_assert_msg(HasPassword(Shared(path)->Find("user", ""), password), "round %d", round);
  }
}
END_TEST

// N722: a process that becomes someone else does not keep what that one may not read.
START_TEST(AnotherUser) {
  if (!IsRoot()) return;  // only root can become someone else
  const std::string path = PathOf("file");
  WriteFile(path, "D:user:secret\n");
  ck_assert_int_eq(chmod(directory, 0755), 0);
  Settle();
  const auto before = Shared(path);
  ck_assert_ptr_eq(Shared(path).get(), before.get());
  ck_assert_int_eq(seteuid(65534), 0);
  ExpectRefused(path, "Permission denied", Policy(), Status::kAccountFileUnreadable);
  ck_assert_int_eq(seteuid(0), 0);
  ck_assert_ptr_eq(Shared(path).get(), before.get());

  // The same by its group.
  ck_assert_int_eq(chown(path.c_str(), 0, 65534), 0);
  ck_assert_int_eq(chmod(path.c_str(), 0640), 0);
  ck_assert_int_eq(setgroups(0, nullptr), 0);
  Settle();
  const auto change_group = [](gid_t group) {
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(setegid(group), 0);
    ck_assert_int_eq(seteuid(65533), 0);
  };
  change_group(65534);
  const auto by_group = Shared(path);
  ck_assert_ptr_eq(Shared(path).get(), by_group.get());
  change_group(65533);
  ExpectRefused(path, "Permission denied", Policy(), Status::kAccountFileUnreadable);
  change_group(65534);
  ck_assert(HasPassword(Shared(path)->Find("user", ""), "secret"));
  ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

// The oldest goes.
START_TEST(ManyFiles) {
  Ref<AccountList> lists[6];
  std::string paths[6];
  for (int i = 0; i < 6; ++i) {
    paths[i] = PathOf(std::to_string(i).c_str());
    WriteFile(paths[i], "D:user:" + std::to_string(i) + "\n");
  }
  Settle();
  for (int i = 0; i < 4; ++i) lists[i] = Shared(paths[i]);
  ck_assert_ptr_eq(Shared(paths[0]).get(), lists[0].get());
  for (int i = 4; i < 6; ++i) lists[i] = Shared(paths[i]);
  for (const int kept : {0, 3, 4, 5}) {
    ck_assert_ptr_eq(Shared(paths[kept]).get(), lists[kept].get());
  }
  for (const int gone : {1, 2}) {
    const auto again = Shared(paths[gone]);
    ck_assert_ptr_ne(again.get(), lists[gone].get());
    ck_assert(HasPassword(again->Find("user", ""), std::to_string(gone)));
  }
}
END_TEST

std::atomic<bool> stop;

// Gives a text when something was wrong.
void *AskOften(void *path) {
  while (!stop) {
    const auto list = cred::SharedUserFile(static_cast<const char *>(path), Policy(), false);
    if (!list) return const_cast<char *>("not readable");
    const Account *account = (*list)->Find("user", "D");
    if (!HasPassword(account, "one") && !HasPassword(account, "two")) return path;
  }
  return nullptr;
}

// N808: threads ask while the file is replaced, and forked children never wait for a lock of
// theirs.
START_TEST(ThreadsAndForks) {
  std::string path = PathOf("file"), other = PathOf("other");
  WriteFile(path, "D:user:one\n");
  Settle();
  stop = false;
  pthread_t threads[4];
  for (pthread_t &thread : threads) {
    ck_assert_int_eq(pthread_create(&thread, nullptr, AskOften, path.data()), 0);
  }
  for (int round = 0; round < 100; ++round) {
    WriteFile(other, round % 2 != 0 ? "D:user:one\n" : "D:user:two\n");
    if (round % 10 == 0) Settle();
    ck_assert_int_eq(rename(other.c_str(), path.c_str()), 0);
    // gcc 12's AddressSanitizer does not hold the locks of its allocator over fork(2). A child
    // whose parent's threads allocate waits for ever in __interceptor_calloc or malloc, in
    // SizeClassAllocator64::GetFromAllocator for the Mutex of a size class: seen in gdb.
    if (UNDER_SANITIZER) continue;
    const pid_t child = fork();
    if (child == 0) {
      alarm(5);
      _exit(cred::SharedUserFile(path.c_str(), Policy(), false) ? 0 : 1);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
  }
  stop = true;
  for (pthread_t thread : threads) {
    void *wrong = nullptr;
    ck_assert_int_eq(pthread_join(thread, &wrong), 0);
    ck_assert_msg(wrong == nullptr, "%s", static_cast<char *>(wrong));
  }
}
END_TEST

struct Asker {
  pthread_t thread;
  const char *path;
  pthread_barrier_t *start;
  Ref<AccountList> list;
};

void *AskOnce(void *argument) {
  auto *asker = static_cast<Asker *>(argument);
  pthread_barrier_wait(asker->start);
  if (auto list = cred::SharedUserFile(asker->path, Policy(), false)) asker->list = *list;
  return nullptr;
}

// Threads that ask at the same time for a file that just changed do not all read it.
START_TEST(OneReadsForMany) {
  constexpr size_t kAskers = 32, kReads = 8;
  const std::string path = PathOf("file");
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "D:user" + std::to_string(i) + ":secret\n";
  WriteFile(path, text);
  // It never settles, so that no later call may have what an earlier one read.
  const timespec future[] = {{0, UTIME_OMIT}, {time(nullptr) + 1000, 1}};
  ck_assert_int_eq(utimensat(AT_FDCWD, path.c_str(), future, 0), 0);
  pthread_barrier_t start;
  pthread_barrier_init(&start, nullptr, kAskers);
  Asker askers[kAskers];
  for (Asker &asker : askers) {
    asker.path = path.c_str();
    asker.start = &start;
    ck_assert_int_eq(pthread_create(&asker.thread, nullptr, AskOnce, &asker), 0);
  }
  std::set<AccountList *> lists;
  for (Asker &asker : askers) {
    ck_assert_int_eq(pthread_join(asker.thread, nullptr), 0);
    ck_assert(asker.list && HasPassword(asker.list->Find("user19999", "D"), "secret"));
    lists.insert(asker.list.get());
  }
  ck_assert_uint_le(lists.size(), kReads);
  pthread_barrier_destroy(&start);
}
END_TEST

Suite *UserFileSuite() {
  Suite *suite = suite_create("user_file");
  TCase *text = tcase_create("text");
  tcase_add_test(text, PasswordLines);
  tcase_add_test(text, SmbpasswdLines);
  tcase_add_test(text, BothFormatsAndCrLf);
  tcase_add_test(text, FirstMatchWins);
  tcase_add_test(text, NothingInIt);
  tcase_add_test(text, BadLines);
  tcase_add_test(text, LongLines);
  tcase_add_test(text, SecretsAreWiped);
  tcase_add_test(text, LmHashes);
  suite_add_tcase(suite, text);
  TCase *files = tcase_create("files");
  tcase_add_checked_fixture(files, MakeDirectory, RemoveDirectory);
  tcase_set_timeout(files, 30);
  tcase_add_test(files, OwnerAndMode);
  tcase_add_test(files, NoRegularFile);
  tcase_add_test(files, OnlyAWarning);
  tcase_add_test(files, GroupsThatMayRead);
  tcase_add_test(files, LongFiles);
  tcase_add_test(files, ParsedOnce);
  tcase_add_test(files, ChangesAreNoticed);
  tcase_add_test(files, LinkToTheSameFile);
  tcase_add_test(files, ChangesWithinATick);
  tcase_add_test(files, AnotherUser);
  tcase_add_test(files, ManyFiles);
  tcase_add_test(files, ThreadsAndForks);
  tcase_add_test(files, OneReadsForMany);
  suite_add_tcase(suite, files);
  return suite;
}

}  // namespace

int main() { return RunSuite(UserFileSuite()); }
