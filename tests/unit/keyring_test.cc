// SPDX-License-Identifier: MIT
// Logins in the session keyring, against the kernel. Check runs each test in a process of its own,
// and each makes a new session keyring for it, so that nothing is left and nothing else is touched.
#include "cred/keyring.h"

#include <keyutils.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "ntlm_support.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT

constexpr char kName[] = "gss-sspi:ntlm";

void NewSession() { ck_assert_int_gt(keyctl_join_session_keyring(nullptr), 0); }

void Store(std::string_view domain, std::string_view user, std::string_view password,
           bool make_default = false, uint32_t seconds = 60) {
  const Error error =
      cred::StoreLogin(domain, user, HashOfPassword(password), seconds, make_default);
  ck_assert_msg(!error, "%s: %s", TextOf(error.status), DetailOf(error.status));
}

// The login that is found has these names and this password.
void ExpectLogin(std::string_view user, std::string_view domain, std::string_view full_name,
                 std::string_view password) {
  const auto login = cred::FindLogin(user, domain);
  ck_assert_msg(static_cast<bool>(login), "%s\\%s: %s", Text(domain).c_str(), Text(user).c_str(),
                login ? "" : DetailOf(login.error().status));
  const std::string found = Text(login->names.domain()) + "\\" + Text(login->names.user());
  ck_assert_msg(found == full_name, "%s", found.c_str());
  ck_assert(Equal(login->nt_hash.view(), HashOfPassword(password).view()));
  ck_assert_int_gt(login->expires, time(nullptr));
}

void ExpectNone(std::string_view user, std::string_view domain, const char *detail,
                Status status = Status::kNoCredential) {
  const auto login = cred::FindLogin(user, domain);
  ck_assert_msg(!login, "%s\\%s", Text(domain).c_str(), Text(user).c_str());
  ck_assert(login.error().status == status);
  ck_assert_msg(std::strstr(DetailOf(status), detail) != nullptr, "%s", DetailOf(status));
}

std::vector<std::string> List() {
  std::vector<std::string> list;
  const Error error = cred::ListLogins([&list](const cred::LoginEntry &login) {
    list.push_back(Text(login.domain) + "\\" + Text(login.user) + (login.is_default ? " *" : "") +
                   (login.malformed ? " !" : ""));
    if (login.malformed) return;
    ck_assert_int_le(login.stored, time(nullptr));
    ck_assert_int_gt(login.expires, login.stored);
  });
  ck_assert(!error);
  std::sort(list.begin(), list.end());
  return list;
}

using Texts = std::vector<std::string>;

key_serial_t OurRing() {
  const long ring = keyctl_search(KEY_SPEC_SESSION_KEYRING, "keyring", kName, 0);
  ck_assert_int_gt(ring, 0);
  return static_cast<key_serial_t>(ring);
}

key_serial_t KeyOf(const char *description) {
  const long key = keyctl_search(KEY_SPEC_SESSION_KEYRING, "user", description, 0);
  ck_assert_int_gt(key, 0);
  return static_cast<key_serial_t>(key);
}

START_TEST(NothingStored) {
  ExpectNone("", "", "no login in the session keyring (gss-sspi login)");
  ExpectNone("user", "DOM", "no login in the session keyring (gss-sspi login)");
  ck_assert(List().empty());
  ck_assert(cred::RemoveLogin("user", "").status == Status::kNoCredential);
  ck_assert(cred::RemoveLogin("", "").status == Status::kNoCredential);
  ck_assert(!cred::RemoveAllLogins());
  // Looking makes nothing.
  ck_assert_int_lt(keyctl_search(KEY_SPEC_SESSION_KEYRING, "keyring", kName, 0), 0);
}
END_TEST

START_TEST(StoredAndFound) {
  Store("DOM", "user", "secret");
  ExpectLogin("user", "DOM", "DOM\\user", "secret");
  ExpectLogin("USER", "dom", "DOM\\user", "secret");
  ExpectLogin("user", "", "DOM\\user", "secret");
  ExpectLogin("", "", "DOM\\user", "secret");
  ExpectLogin("", "dom", "DOM\\user", "secret");
  ExpectNone("user", "OTHER", "no login of OTHER\\user");
  ExpectNone("", "OTHER", "no login of OTHER\\");
  ExpectNone("other", "DOM", "no login of DOM\\other");
  ExpectNone("use", "", "no login of use ");
  ck_assert(List() == Texts{"DOM\\user"});
}
END_TEST

START_TEST(NamesOfAllKinds) {
  Store("", "plain", "1");
  ExpectLogin("PLAIN", "ANY", "\\plain", "1");
  Store("D\xc3\xb6m", "J\xc3\xbcrgen", "2");
  ExpectLogin("j\xc3\x9cRGEN", "d\xc3\x96M", "D\xc3\xb6m\\J\xc3\xbcrgen", "2");
  Store("a;b:c", "d;e:f", "3");
  ExpectLogin("d;e:f", "A;B:C", "a;b:c\\d;e:f", "3");
  Store("a\\b", "c", "4");
  ExpectLogin("c", "a\\b", "a\\b\\c", "4");
  std::string user, domain;
  for (int i = 0; i < 256; ++i) user += "\xe4\xb8\xad";
  for (int i = 0; i < 255; ++i) domain += "\xe5\x9b\xbd";
  Store(domain, user, "5");
  ExpectLogin(user, domain, domain + "\\" + user, "5");
  ck_assert_uint_eq(List().size(), 5);
}
END_TEST

START_TEST(NamesThatAreNone) {
  const ntlm::NtHash hash = HashOfPassword("x");
  const std::string nul("a\0b", 3);
  for (const std::string &user : {std::string(), std::string("a\\b"), std::string("@a"),
                                  std::string("\xff"), nul, std::string(257, 'u')}) {
    ck_assert(cred::StoreLogin("DOM", user, hash, 60, false).status == Status::kBadName);
  }
  ck_assert(cred::StoreLogin(std::string(256, 'd'), "u", hash, 60, false).status ==
            Status::kBadName);
  ck_assert(cred::StoreLogin("DOM", "u", hash, 0, false).status == Status::kNullArgument);
  ck_assert(List().empty());
}
END_TEST

START_TEST(StoredAgain) {
  Store("DOM", "user", "old", true);
  Store("DOM", "user", "new");
  ExpectLogin("user", "DOM", "DOM\\user", "new");
  // Another spelling takes the place, and stays the default.
  Store("dom", "User", "newer");
  ExpectLogin("user", "DOM", "dom\\User", "newer");
  ck_assert(List() == Texts{"dom\\User *"});
  // With and without a domain are two.
  Store("", "user", "plain");
  ck_assert((List() == Texts{"\\user", "dom\\User *"}));
}
END_TEST

START_TEST(TheBestMatch) {
  Store("A", "user", "a");
  Store("", "user", "any");
  ExpectLogin("user", "a", "A\\user", "a");
  ExpectLogin("user", "", "\\user", "any");
  ExpectLogin("user", "B", "\\user", "any");
  Store("B", "other", "b", true);
  Store("C", "other", "c");
  ExpectLogin("other", "", "B\\other", "b");
  ExpectLogin("other", "C", "C\\other", "c");
  Store("C", "other", "c", true);
  ExpectLogin("other", "", "C\\other", "c");
}
END_TEST

START_TEST(TheDefault) {
  Store("A", "one", "1");
  ExpectLogin("", "", "A\\one", "1");
  Store("B", "two", "2");
  ExpectNone("", "", "several logins");
  ExpectLogin("", "B", "B\\two", "2");
  Store("A", "one", "1", true);
  ExpectLogin("", "", "A\\one", "1");
  ExpectLogin("", "B", "B\\two", "2");
  Store("B", "two", "2", true);
  ExpectLogin("", "", "B\\two", "2");
  ck_assert((List() == Texts{"A\\one", "B\\two *"}));
  // Without its default the other one is the only one.
  ck_assert(!cred::RemoveLogin("two", "B"));
  ExpectLogin("", "", "A\\one", "1");
  ck_assert(List() == Texts{"A\\one"});
}
END_TEST

// What RemoveLogin has ended, FindLogin does not find.
START_TEST(Removed) {
  Store("A", "user", "a");
  Store("B", "user", "b");
  Store("", "user", "any");
  Store("B", "other", "o", true);
  ck_assert(!cred::RemoveLogin("USER", "a"));
  ExpectNone("user", "A", "no login of A\\user");
  ck_assert((List() == Texts{"B\\other *", "B\\user"}));
  ck_assert(cred::RemoveLogin("user", "A").status == Status::kNoCredential);
  Store("A", "user", "a");
  ck_assert(!cred::RemoveLogin("user", ""));
  ck_assert(List() == Texts{"B\\other *"});
  ck_assert(!cred::RemoveLogin("", ""));
  ck_assert(List().empty());
  ExpectNone("", "", "no login");
  // And can come again.
  Store("B", "other", "o");
  ck_assert(List() == Texts{"B\\other"});
}
END_TEST

// For those too who have a link to them.
START_TEST(RemovedAll) {
  Store("A", "one", "1", true);
  Store("B", "two", "2");
  const key_serial_t key = KeyOf("gss-sspi:ntlm:A\\one");
  ck_assert_int_eq(keyctl_link(key, KEY_SPEC_PROCESS_KEYRING), 0);
  char octets[100];
  ck_assert_int_gt(keyctl_read(key, octets, sizeof octets), 0);
  ck_assert(!cred::RemoveAllLogins());
  ck_assert(List().empty());
  ExpectNone("", "", "no login");
  ck_assert_int_lt(keyctl_read(key, octets, sizeof octets), 0);
  ck_assert_int_eq(errno, EKEYREVOKED);
}
END_TEST

START_TEST(Expired) {
  Store("A", "one", "1", true, 1);
  ExpectLogin("", "", "A\\one", "1");
  Store("B", "two", "2");
  sleep(2);
  ExpectNone("one", "A", "expired (gss-sspi login)");
  ExpectLogin("", "", "B\\two", "2");
  ck_assert(List() == Texts{"B\\two"});
  Store("A", "one", "again", true);
  ExpectLogin("", "", "A\\one", "again");
}
END_TEST

// The kernel forgets it by itself, and who may do what with it.
START_TEST(WhatTheKernelKnows) {
  Store("DOM", "user", "secret", true, 100);
  const key_serial_t key = KeyOf("gss-sspi:ntlm:DOM\\user");
  char text[200];
  ck_assert_int_gt(keyctl_describe(key, text, sizeof text), 0);
  const std::string expected = "user;" + std::to_string(geteuid()) + ";" +
                               std::to_string(getegid()) + ";3f000000;" + "gss-sspi:ntlm:DOM\\user";
  ck_assert_str_eq(text, expected.c_str());
  ck_assert_int_gt(keyctl_describe(OurRing(), text, sizeof text), 0);
  ck_assert_msg(std::strstr(text, ";3f000000;gss-sspi:ntlm") != nullptr, "%s", text);
  // Not the password, in no form.
  char octets[200];
  const long size = keyctl_read(key, octets, sizeof octets);
  ck_assert_int_gt(size, 0);
  const std::string_view contents(octets, static_cast<size_t>(size));
  ck_assert(contents.find("secret") == std::string_view::npos);
  ck_assert(contents.find(AsText(Utf16("secret"))) == std::string_view::npos);
  ck_assert(contents.find(AsText(HashOfPassword("secret").view())) != std::string_view::npos);
  // Every key has a timeout: none is there when it is over.
  FILE *keys = std::fopen("/proc/keys", "re");
  if (keys == nullptr) return;
  int seen = 0;
  for (char line[300]; std::fgets(line, sizeof line, keys) != nullptr;) {
    if (std::strstr(line, " user      gss-sspi:ntlm") == nullptr) continue;
    ck_assert_msg(std::strstr(line, " perm ") == nullptr, "%s", line);
    ++seen;
  }
  std::fclose(keys);
  ck_assert_int_ge(seen, 2);
}
END_TEST

// Contents that are not ours are refused, by whatever they differ.
START_TEST(Malformed) {
  Store("DOM", "user", "secret");
  const key_serial_t key = KeyOf("gss-sspi:ntlm:DOM\\user");
  char good[200];
  const auto size = static_cast<size_t>(keyctl_read(key, good, sizeof good));
  const auto put = [&](std::string_view octets) {
    ck_assert_int_eq(keyctl_update(key, octets.data(), octets.size()), 0);
  };
  const auto refused = [&](std::string_view octets) {
    put(octets);
    ExpectNone("user", "DOM", "gss-sspi:ntlm:DOM\\user", Status::kDefectiveCredential);
    ck_assert(List() == Texts{"DOM\\user !"});
    put({good, size});
    ExpectLogin("user", "DOM", "DOM\\user", "secret");
  };
  refused({good, size - 1});
  refused({good, 1});
  refused(std::string(good, size) + "x");
  refused(std::string(4000, 'x'));
  for (const size_t at : {size_t{0}, size_t{10}, size_t{11}}) {  // magic, its end, version
    std::string changed(good, size);
    changed[at] = static_cast<char>(changed[at] ^ 2);
    refused(changed);
  }
  std::string times(good, size);  // it ends before it begins
  std::swap_ranges(times.begin() + 12, times.begin() + 20, times.begin() + 20);
  refused(times);
  // It can be ended by its name.
  put("x");
  ck_assert(!cred::RemoveLogin("user", ""));
  ck_assert(List().empty());
}
END_TEST

// A default that names nothing, or is no name at all.
START_TEST(DefaultOfNothing) {
  Store("A", "one", "1", true);
  Store("B", "two", "2");
  const key_serial_t marker = KeyOf(kName);
  for (const std::string &text : {std::string("gss-sspi:ntlm:C\\three"), std::string("x"),
                                  std::string(4000, 'x'), std::string("a\0b", 3)}) {
    ck_assert_int_eq(keyctl_update(marker, text.data(), text.size()), 0);
    ExpectNone("", "", "several logins");
    ExpectLogin("", "A", "A\\one", "1");
  }
}
END_TEST

// Other keys in our keyring are no logins.
START_TEST(KeysOfOthers) {
  Store("A", "one", "1");
  ck_assert_int_gt(add_key("user", "something", "x", 1, OurRing()), 0);
  ck_assert_int_gt(add_key("user", "gss-sspi:ntlmx", "x", 1, OurRing()), 0);
  ck_assert_int_gt(add_key("keyring", "gss-sspi:ntlm:B\\two", nullptr, 0, OurRing()), 0);
  ExpectLogin("", "", "A\\one", "1");
  ck_assert(List() == Texts{"A\\one"});
}
END_TEST

// N722: of a session that changes its user, each user has its own logins.
START_TEST(AnotherUser) {
  if (geteuid() != 0) return;  // only root can become someone else
  Store("A", "one", "1");
  ck_assert_int_eq(seteuid(65534), 0);
  ExpectNone("one", "A", "");
  ck_assert_int_eq(seteuid(0), 0);
  ExpectLogin("one", "A", "A\\one", "1");
}
END_TEST

// A process without a session keyring uses that of its user, and gets no other one: the login must
// outlive it.
START_TEST(SessionOfTheUser) {
  constexpr uid_t kNobody = 64999;
  if (geteuid() != 0 || setresuid(kNobody, kNobody, kNobody) != 0) return;
  const key_serial_t before = keyctl_get_keyring_ID(KEY_SPEC_SESSION_KEYRING, 0);
  char text[200];
  // It may also be in a session of whoever has started it, which it cannot leave.
  if (keyctl_describe(before, text, sizeof text) <= 0 || !std::strstr(text, ";_uid_ses.")) return;
  Store("A", "one", "1");
  ck_assert_int_eq(keyctl_get_keyring_ID(KEY_SPEC_SESSION_KEYRING, 0), before);
  ExpectLogin("", "", "A\\one", "1");
  ck_assert_int_eq(keyctl_clear(before), 0);
}
END_TEST

START_TEST(EndedSession) {
  Store("A", "one", "1");
  ck_assert_int_eq(keyctl_revoke(KEY_SPEC_SESSION_KEYRING), 0);
  ExpectNone("one", "A", "revoked: its login session has ended");
  ck_assert(cred::StoreLogin("A", "one", HashOfPassword("1"), 60, false).status ==
            Status::kBackEndUnavailable);
}
END_TEST

START_TEST(TooManyLogins) {
  Store("A", "one", "1");
  const key_serial_t ring = OurRing();
  for (int i = 0; i < 300; ++i) {
    if (add_key("user", ("filler" + std::to_string(i)).c_str(), "x", 1, ring) >= 0) continue;
    // Users but root have a quota of keys, which is met first.
    ck_assert_int_eq(errno, EDQUOT);
    ck_assert(cred::StoreLogin("B", "two", HashOfPassword("2"), 60, false).status ==
              Status::kBackEndUnavailable);
    ck_assert_ptr_nonnull(std::strstr(DetailOf(Status::kBackEndUnavailable), "quota"));
    return;
  }
  ExpectNone("one", "A", "more than 256");
}
END_TEST

// Why there can be no keyrings here, or null.
const char *WhyNot() {
  const pid_t child = fork();
  if (child == 0) {
    const bool works = keyctl_join_session_keyring(nullptr) > 0 &&
                       add_key("user", "gss-sspi:test", "x", 1, KEY_SPEC_SESSION_KEYRING) > 0;
    _exit(works ? 0 : errno);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return "fork failed";
  return WEXITSTATUS(status) == 0 ? nullptr : strerrordesc_np(WEXITSTATUS(status));
}

Suite *KeyringSuite() {
  Suite *suite = suite_create("keyring");
  TCase *tests = tcase_create("logins");
  tcase_add_checked_fixture(tests, NewSession, nullptr);
  tcase_set_timeout(tests, 30);
  tcase_add_test(tests, NothingStored);
  tcase_add_test(tests, StoredAndFound);
  tcase_add_test(tests, NamesOfAllKinds);
  tcase_add_test(tests, NamesThatAreNone);
  tcase_add_test(tests, StoredAgain);
  tcase_add_test(tests, TheBestMatch);
  tcase_add_test(tests, TheDefault);
  tcase_add_test(tests, Removed);
  tcase_add_test(tests, RemovedAll);
  tcase_add_test(tests, Expired);
  tcase_add_test(tests, WhatTheKernelKnows);
  tcase_add_test(tests, Malformed);
  tcase_add_test(tests, DefaultOfNothing);
  tcase_add_test(tests, KeysOfOthers);
  tcase_add_test(tests, AnotherUser);
  tcase_add_test(tests, EndedSession);
  tcase_add_test(tests, TooManyLogins);
  suite_add_tcase(suite, tests);
  TCase *no_session = tcase_create("no session");
  tcase_add_test(no_session, SessionOfTheUser);
  suite_add_tcase(suite, no_session);
  return suite;
}

}  // namespace

int main() {
  // Without a process for each test, all would share one session keyring.
  const char *fork_mode = getenv("CK_FORK");
  if (fork_mode != nullptr && std::strcmp(fork_mode, "no") == 0) {
    return SkipAfter(EXIT_SUCCESS, "the tests need a process each (CK_FORK)");
  }
  if (const char *reason = WhyNot()) {
    std::printf("SKIP: the kernel gives no session keyring here: %s\n", reason);
    return kExitSkip;
  }
  return RunSuite(KeyringSuite());
}
