// SPDX-License-Identifier: MIT
// Section 1.3: impersonation with real files, as root, as a user with capabilities and as a plain
// user.
#include "sspi_compat/impersonation.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Before check.h, which defines fail() as a macro.
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "../unit/check_main.h"
#include "sspi_compat/status.h"

namespace {

using namespace gss_sspi::sspi;  // NOLINT

constexpr uid_t kClient = 54321, kOther = 54322, kServer = 54323;
constexpr gid_t kClientGroup = 54331, kExtraGroup = 54332;

UserToken TokenOfAccount(uid_t uid, std::vector<gid_t> groups = {kClientGroup},
                         UserToken::Level level = UserToken::Level::kImpersonate) {
  return UserToken("client", Account{"client", uid, groups[0], groups}, level);
}

// ---- files -------------------------------------------------------------------------------------

// A folder of root that anybody may write to.
class Folder {
 public:
  Folder() {
    const char *temporary = secure_getenv("TMPDIR");
    path_ = std::string(temporary != nullptr ? temporary : "/tmp") + "/impersonation-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(path_.data()));
    ck_assert_int_eq(chmod(path_.c_str(), 0777), 0);
  }
  ~Folder() {
    for (const std::string &file : files_) unlink(file.c_str());
    rmdir(path_.c_str());
  }
  std::string Make(const char *name, uid_t uid, gid_t gid, mode_t mode) {
    const std::string path = Path(name);
    const int file = open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    ck_assert_msg(file >= 0, "%s: errno %d", path.c_str(), errno);
    ck_assert_int_eq(fchown(file, uid, gid), 0);
    ck_assert_int_eq(fchmod(file, mode), 0);
    close(file);
    return path;
  }
  std::string Path(const char *name) {
    files_.push_back(path_ + "/" + name);
    return files_.back();
  }

 private:
  std::string path_;
  std::vector<std::string> files_;
};

// 0, or the error.
int OpenError(const std::string &path, int flags = O_RDONLY) {
  const int file = open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (file < 0) return errno;
  close(file);
  return 0;
}

// ---- identities --------------------------------------------------------------------------------

struct Now {
  uid_t user;
  gid_t group;
  std::vector<gid_t> groups;
  uint64_t effective;
  bool operator==(const Now &) const = default;
};

uint64_t Effective() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return 0;
  return uint64_t{data[1].effective} << 32 | data[0].effective;
}

bool Has(unsigned capability) { return (Effective() >> capability & 1) != 0; }

Now Current() {
  Now now{static_cast<uid_t>(setfsuid(static_cast<uid_t>(-1))),
          static_cast<gid_t>(setfsgid(static_cast<gid_t>(-1))),
          {},
          Effective()};
  now.groups.resize(static_cast<size_t>(getgroups(0, nullptr)));
  ck_assert_int_eq(getgroups(static_cast<int>(now.groups.size()), now.groups.data()),
                   static_cast<int>(now.groups.size()));
  return now;
}

// Becomes another user for good, with these capabilities. Check runs each test in a process of its
// own.
void BecomeUser(uid_t uid, const std::vector<unsigned> &capabilities) {
  const gid_t groups[] = {kExtraGroup};
  ck_assert_int_eq(prctl(PR_SET_KEEPCAPS, 1), 0);
  ck_assert_int_eq(setgroups(1, groups), 0);
  ck_assert_int_eq(setresgid(uid, uid, uid), 0);
  ck_assert_int_eq(setresuid(uid, uid, uid), 0);
  uint32_t low = 0;
  for (const unsigned capability : capabilities) low |= 1U << capability;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {{low, low, 0}, {0, 0, 0}};
  ck_assert_int_eq(static_cast<int>(syscall(SYS_capset, &header, data)), 0);
  ck_assert_uint_eq(Effective(), low);
}

void ExpectRefused(const UserToken &token) {
  const Now before = Current();
  ck_assert_int_eq(Impersonate(token), SEC_E_NO_IMPERSONATION);
  ck_assert_msg(Current() == before, "something changed");
  ck_assert_str_ne(LastFailure(), "");
}

void MustSucceed(SECURITY_STATUS status) {
  ck_assert_msg(status == SEC_E_OK, "%08x: %s", static_cast<unsigned>(status), LastFailure());
}

// ---- as root -----------------------------------------------------------------------------------

// One thread is the client, another one stays root, at the same time.
START_TEST(OneThreadOnly) {
  Folder folder;
  const std::string secret = folder.Make("secret", 0, 0, 0600);
  const Now before = Current();
  MustSucceed(Impersonate(TokenOfAccount(kClient)));
  ck_assert_int_eq(OpenError(secret), EACCES);
  int other_error = -1;
  Now other{};
  bool other_reverts = false;
  std::thread started([&] {
    other = Current();
    other_reverts = Revert() == SEC_E_OK;
  });
  started.join();
  MustSucceed(Revert());
  ck_assert_msg(Current() == before, "not restored");
  ck_assert_int_eq(OpenError(secret), 0);
  // Started meanwhile: it inherits the identity and has nothing to go back to.
  ck_assert_uint_eq(other.user, kClient);
  ck_assert(other_reverts);

  // Started before.
  int ready[2], go[2];
  ck_assert_int_eq(pipe(ready) | pipe(go), 0);
  std::thread earlier([&] {
    char octet = 0;
    if (read(go[0], &octet, 1) != 1) return;
    other_error = OpenError(secret);
    other = Current();
    if (write(ready[1], "x", 1) != 1) return;
  });
  MustSucceed(Impersonate(TokenOfAccount(kClient)));
  char octet = 0;
  ck_assert_int_eq(static_cast<int>(write(go[1], "x", 1)), 1);
  ck_assert_int_eq(static_cast<int>(read(ready[0], &octet, 1)), 1);
  ck_assert_int_eq(OpenError(secret), EACCES);
  ck_assert_int_eq(other_error, 0);
  ck_assert_msg(other == before, "the other thread changed");
  earlier.join();
  MustSucceed(Revert());
}
END_TEST

START_TEST(FilesOfTheClient) {
  Folder folder;
  const std::string own = folder.Make("own", kClient, kClientGroup, 0600);
  const std::string extra = folder.Make("extra", 0, kExtraGroup, 0640);
  const std::string foreign = folder.Make("foreign", kOther, kOther, 0640);
  const std::string made = folder.Path("made");
  MustSucceed(Impersonate(TokenOfAccount(kClient, {kClientGroup, kExtraGroup})));
  ck_assert_int_eq(OpenError(own, O_RDWR), 0);
  ck_assert_int_eq(OpenError(extra), 0);
  ck_assert_int_eq(OpenError(extra, O_RDWR), EACCES);
  ck_assert_int_eq(OpenError(foreign), EACCES);
  ck_assert_int_eq(OpenError(made, O_CREAT | O_RDWR), 0);
  ck_assert_int_eq(chown(own.c_str(), kOther, kOther), -1);
  ck_assert_int_eq(chmod(foreign.c_str(), 0666), -1);
  MustSucceed(Revert());
  struct stat status;
  ck_assert_int_eq(stat(made.c_str(), &status), 0);
  ck_assert_uint_eq(status.st_uid, kClient);
  ck_assert_uint_eq(status.st_gid, kClientGroup);
}
END_TEST

// The groups of the server do not help the client.
START_TEST(GroupsOfTheServer) {
  Folder folder;
  const std::string file = folder.Make("file", 0, kExtraGroup, 0640);
  const gid_t groups[] = {kExtraGroup, 0};
  ck_assert_int_eq(setgroups(2, groups), 0);
  MustSucceed(Impersonate(TokenOfAccount(kClient)));
  ck_assert_int_eq(OpenError(file), EACCES);
  MustSucceed(Revert());
  const std::vector<gid_t> now = Current().groups;
  ck_assert(std::ranges::count(now, kExtraGroup) == 1 && now.size() == 2);
}
END_TEST

START_TEST(SecondReplacesFirst) {
  Folder folder;
  const std::string first = folder.Make("first", kClient, kClientGroup, 0600);
  const std::string second = folder.Make("second", kOther, kOther, 0600);
  const Now before = Current();
  MustSucceed(Impersonate(TokenOfAccount(kClient)));
  MustSucceed(Impersonate(TokenOfAccount(kOther, {kOther})));
  ck_assert_int_eq(OpenError(first), EACCES);
  ck_assert_int_eq(OpenError(second), 0);
  // One that fails leaves the second.
  ExpectRefused(TokenOfAccount(static_cast<uid_t>(-1)));
  ck_assert_int_eq(OpenError(second), 0);
  // Root is somebody to impersonate too, with all that it may.
  MustSucceed(Impersonate(TokenOfAccount(0, {0})));
  ck_assert_int_eq(OpenError(first), 0);
  MustSucceed(Impersonate(TokenOfAccount(kClient)));
  ck_assert_int_eq(OpenError(second), EACCES);
  MustSucceed(Revert());
  ck_assert_msg(Current() == before, "not restored");
  MustSucceed(Revert());
  ck_assert_msg(Current() == before, "a second Revert changed something");
}
END_TEST

START_TEST(WhoCannotBeImpersonated) {
  ExpectRefused(TokenOfAccount(kClient, {kClientGroup}, UserToken::Level::kIdentify));
  ExpectRefused(UserToken("client", std::nullopt, UserToken::Level::kImpersonate));
  MustSucceed(Revert());
}
END_TEST

// Steps that fail after others: all is as it was.
START_TEST(FailsHalfWay) {
  constexpr auto kNobody = static_cast<uid_t>(-1);
  ExpectRefused(TokenOfAccount(kNobody));
  ExpectRefused(UserToken("client", Account{"client", kClient, kNobody, {kClientGroup}},
                          UserToken::Level::kImpersonate));
  ExpectRefused(TokenOfAccount(kClient, {kClientGroup, kNobody}));
  ExpectRefused(TokenOfAccount(kClient, std::vector<gid_t>(70000, kClientGroup)));
}
END_TEST

// What the server gave up before does not come back with Revert.
START_TEST(CapabilitiesGivenUp) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  ck_assert_int_eq(static_cast<int>(syscall(SYS_capget, &header, data)), 0);
  data[0].effective &= ~(1U << CAP_CHOWN);  // still permitted
  ck_assert_int_eq(static_cast<int>(syscall(SYS_capset, &header, data)), 0);
  const Now before = Current();
  MustSucceed(Impersonate(TokenOfAccount(kClient)));
  for (const unsigned capability : {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER,
                                    CAP_FSETID, CAP_LINUX_IMMUTABLE, CAP_MKNOD, CAP_SETFCAP}) {
    ck_assert_msg(!Has(capability), "capability %u", capability);
  }
  ck_assert(!Has(CAP_MAC_OVERRIDE));
  MustSucceed(Revert());
  ck_assert_msg(Current() == before, "not restored");
}
END_TEST

// The process gives up root while a thread impersonates: Revert says so.
START_TEST(PrivilegesDroppedMeanwhile) {
  MustSucceed(Impersonate(TokenOfAccount(kClient)));
  ck_assert_int_eq(setresuid(kServer, kServer, kServer), 0);
  ck_assert_int_eq(Revert(), SEC_E_NO_IMPERSONATION);
  ck_assert_uint_eq(Current().user, kServer);
}
END_TEST

// ---- as another user ---------------------------------------------------------------------------

// Not root, but may become another and reach any file: the kernel leaves such a thread its
// capabilities.
START_TEST(UserWithCapabilities) {
  Folder folder;
  const std::string secret = folder.Make("secret", 0, 0, 0600);
  const std::string own = folder.Make("own", kClient, kClientGroup, 0600);
  BecomeUser(kServer, {CAP_SETUID, CAP_SETGID, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER});
  const Now before = Current();
  ck_assert_int_eq(OpenError(secret), 0);
  MustSucceed(Impersonate(TokenOfAccount(kClient)));
  ck_assert_int_eq(OpenError(secret), EACCES);
  ck_assert_int_eq(OpenError(own), 0);
  MustSucceed(Revert());
  ck_assert_msg(Current() == before, "not restored");
  ck_assert_int_eq(OpenError(secret), 0);
  // Root gets no more than the server has.
  MustSucceed(Impersonate(TokenOfAccount(0, {0})));
  ck_assert_uint_eq(Effective(), before.effective);
  MustSucceed(Revert());
  ck_assert_msg(Current() == before, "not restored");
}
END_TEST

START_TEST(UserWithHalfTheRights) {
  if (fork() == 0) {
    BecomeUser(kServer, {CAP_SETUID, CAP_DAC_OVERRIDE});
    ExpectRefused(TokenOfAccount(kClient));
    _exit(0);
  }
  int status = -1;
  ck_assert_int_gt(wait(&status), 0);
  ck_assert_int_eq(status, 0);
  BecomeUser(kServer, {CAP_SETGID});
  ExpectRefused(TokenOfAccount(kClient));
  ExpectRefused(TokenOfAccount(kServer, {kServer}));
}
END_TEST

START_TEST(PlainUser) {
  if (geteuid() == 0) BecomeUser(kServer, {});
  ExpectRefused(TokenOfAccount(kClient));
  ExpectRefused(TokenOfAccount(geteuid(), {getegid()}));
  ExpectRefused(TokenOfAccount(0, {0}));
  MustSucceed(Revert());
}
END_TEST

}  // namespace

int main() {
  Suite *suite = suite_create("impersonation");
  const bool privileged = Has(CAP_SETUID) && Has(CAP_SETGID) && geteuid() == 0;
  TCase *user = tcase_create("user");
  tcase_add_test(user, PlainUser);
  suite_add_tcase(suite, user);
  if (privileged) {
    TCase *root = tcase_create("root");
    tcase_add_test(root, OneThreadOnly);
    tcase_add_test(root, FilesOfTheClient);
    tcase_add_test(root, GroupsOfTheServer);
    tcase_add_test(root, SecondReplacesFirst);
    tcase_add_test(root, WhoCannotBeImpersonated);
    tcase_add_test(root, FailsHalfWay);
    tcase_add_test(root, CapabilitiesGivenUp);
    tcase_add_test(root, PrivilegesDroppedMeanwhile);
    tcase_add_test(root, UserWithCapabilities);
    tcase_add_test(root, UserWithHalfTheRights);
    suite_add_tcase(suite, root);
  }
  const int status = RunSuite(suite);
  return privileged ? status : SkipAfter(status, "impersonating needs root");
}
