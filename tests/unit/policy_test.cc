// SPDX-License-Identifier: MIT
// The policy file: every key with every kind of value, what is refused and with which line, who may
// have written it, and what the environment may change; then the judgements by its lists.
#include "policy/policy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "cred/configuration.h"
#include "ntlm_support.h"
#include "policy/fips.h"
#include "policy/keys.h"
#include "policy/load.h"
#include "policy/rules.h"
#include "policy_documents.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT

// A folder that is gone with its test.
class Folder {
 public:
  Folder() { ck_assert_ptr_nonnull(mkdtemp(path_)); }
  Folder(const Folder &) = delete;
  Folder &operator=(const Folder &) = delete;
  ~Folder() {
    for (const std::string &file : files_) {
      unlink(file.c_str());
      rmdir(file.c_str());
    }
    rmdir(path_);
  }
  std::string File(const std::string &name) {
    files_.insert(std::string(path_) + "/" + name);
    return std::string(path_) + "/" + name;
  }
  // Not in place: a reader never sees half of it.
  std::string Write(const std::string &name, const std::string &text, mode_t mode = 0600) {
    const std::string path = File(name);
    const std::string next = File(name + ".next");
    std::ofstream(next, std::ios::binary) << text;
    ck_assert_int_eq(chmod(next.c_str(), mode), 0);
    ck_assert_int_eq(rename(next.c_str(), path.c_str()), 0);
    return path;
  }

 private:
  char path_[40] = "/tmp/gss-sspi-policy-XXXXXX";
  std::set<std::string> files_;
};

Result<LoadedPolicy> Load(const std::string &text, const char *lm_level = nullptr) {
  Folder folder;
  const std::string path = folder.Write("sspi.conf", text);
  return LoadPolicy({path.c_str(), true, lm_level});
}

LoadedPolicy Loaded(const std::string &text, const char *lm_level = nullptr) {
  auto loaded = Load(text, lm_level);
  ck_assert_msg(static_cast<bool>(loaded), "%s: %s", text.c_str(),
                loaded ? "" : DetailOf(loaded.error().status));
  return std::move(*loaded);
}

std::string DetailOfBad(const std::string &text, const char *lm_level = nullptr) {
  const auto loaded = Load(text, lm_level);
  ck_assert_msg(!loaded, "taken: %s", text.c_str());
  ck_assert_msg(loaded.error().status == Status::kBadSetting, "%s", text.c_str());
  return DetailOf(Status::kBadSetting);
}

// The error names the file, this line, and `part`.
void ExpectBad(const std::string &text, size_t line, const std::string &part = "") {
  const std::string detail = DetailOfBad(text);
  const std::string place = "/sspi.conf line " + std::to_string(line) + ": ";
  ck_assert_msg(detail.find(place) != std::string::npos && detail.find(part) != std::string::npos,
                "%s\ngave: %s\nwanted: %s%s", text.c_str(), detail.c_str(), place.c_str(),
                part.c_str());
}

std::string Listed(const TextList &list) {
  std::string all;
  list.AnyOf([&](std::string_view text) {
    all += (all.empty() ? "" : "|") + Text(text);
    return false;
  });
  return all;
}

// All of a policy as text, by the order of its members.
std::map<std::string, std::string> Shown(const Policy &p) {
  const auto number = [](auto value) { return std::to_string(static_cast<uint64_t>(value)); };
  return {{"initiator_lm_level", number(p.initiator_level)},
          {"acceptor_lm_level", number(p.acceptor_level)},
          {"initiator_minimum_security", number(p.initiator_minimum)},
          {"acceptor_minimum_security", number(p.acceptor_minimum)},
          {"send_mic", number(p.send_mic)},
          {"require_mic", number(p.require_mic)},
          {"channel_bindings", number(p.require_bindings)},
          {"spn_check", number(p.spn_check)},
          {"spn_names", Listed(p.spn_names)},
          {"outgoing", number(p.outgoing.deny)},
          {"outgoing_except", Listed(p.outgoing.except)},
          {"outgoing_audit_only", number(p.outgoing.audit_only)},
          {"incoming", number(p.incoming.deny)},
          {"incoming_except", Listed(p.incoming.except)},
          {"incoming_audit_only", number(p.incoming.audit_only)},
          {"accept_anonymous", number(p.accept_anonymous)},
          {"anonymous_session_key", number(p.anonymous_session_key)},
          {"identify", number(p.always_identify)},
          {"refuse_own_challenges", number(p.refuse_own_challenges)},
          {"offer_in_negotiate", number(p.offer_in_negotiate)},
          {"split_upn", number(p.split_upn)},
          {"fips", number(p.allow_in_fips_mode)},
          {"max_token_size", number(p.max_token)},
          {"max_user_file_size", number(p.max_user_file)},
          {"initiator_user_file", Listed(p.initiator_user_file)},
          {"acceptor_user_file", Listed(p.acceptor_user_file)},
          {"user_file_mode_check", number(p.only_warn_of_file_mode)},
          {"user_file_groups", Listed(p.user_file_groups)},
          {"keep_user_files", number(p.keep_user_files)},
          {"use_keyring", number(p.use_keyring)},
          {"use_winbind", number(p.use_winbind)},
          {"winbind_timeout", number(p.winbind_timeout)},
          {"local_domains", Listed(p.local_domains)},
          {"log_file", Listed(p.log_file)}};
}

// ---- every key ---------------------------------------------------------------------------------

struct Example {
  std::string value, shown;  // of the file, and of Shown()
};
struct KeyExamples {
  std::string key;
  std::vector<Example> good;
  std::vector<std::string> bad;
};

const std::vector<Example> kYesNo = {{"yes", "1"}, {"no", "0"}, {"true", "1"}, {"false", "0"}};
const std::vector<std::string> kNotYesNo = {"YES", "1", "on", "yes # indeed", "\"\""};
const std::vector<Example> kLevels = {{"0", "0"}, {"1", "1"}, {"2", "2"},
                                      {"3", "3"}, {"4", "4"}, {"5", "5"}};
const std::vector<std::string> kNotLevels = {
    "6", "-1", "", "3.0", "three", "0x3", "3 4", "+3", "3;no", "3 #n", "99999999999999999999"};

std::string Flags(ntlm::Flags flags) { return std::to_string(flags); }

const std::vector<Example> kStrengths = {
    {"none", "0"},
    {"ess", Flags(ntlm::kExtendedSessionSecurity)},
    {"128", Flags(ntlm::k128)},
    {"56", Flags(ntlm::k56)},
    {"sign", Flags(ntlm::kSign)},
    {"seal", Flags(ntlm::kSeal)},
    {"ess 128", Flags(ntlm::kMinimumStrength)},
    {"ess, 128 ,56,sign\tseal",
     Flags(ntlm::kMinimumStrength | ntlm::k56 | ntlm::kSign | ntlm::kSeal)}};
const std::vector<std::string> kNotStrengths = {"none ess", "ESS", "40", "ess;128", ",", "128bit"};
const std::vector<std::string> kNotPaths = {"relative/path", "~/file",    "\"\"",
                                            "C:\\file",      "/tmp/\xff", "/with\001control"};

const std::vector<KeyExamples> kExamples = {
    {"initiator_lm_level", kLevels, kNotLevels},
    {"acceptor_lm_level", kLevels, kNotLevels},
    {"initiator_minimum_security", kStrengths, kNotStrengths},
    {"acceptor_minimum_security", kStrengths, kNotStrengths},
    {"send_mic",
     {{"always", "0"}, {"when-timestamp", "1"}, {"never", "2"}},
     {"yes", "Always", "when timestamp"}},
    {"require_mic",
     {{"when-offered", "0"}, {"when-timestamp", "1"}, {"always", "2"}},
     {"never", "if-flagged", "off"}},
    {"channel_bindings",
     {{"off", "0"}, {"when-supported", "1"}, {"always", "2"}},
     {"on", "when-supplied", "no"}},
    {"spn_check", {{"off", "0"}, {"warn", "1"}, {"require", "2"}}, {"on", "always", "refuse"}},
    {"spn_names",
     {{"www", "www"},
      {"www HTTP/www.example.com", "www|HTTP/www.example.com"},
      {"a,b , c", "a|b|c"},
      {"z\xc3\xab.example", "z\xc3\xab.example"}},
     {"*", "*.example.com", "HTTP/", "/www", "a/b/c", "DOM\\x", ",", "\xff"}},
    {"outgoing", {{"allow", "0"}, {"deny", "1"}}, {"yes", "refuse", "Deny"}},
    {"outgoing_except",
     {{"*", "*"}, {"HTTP/*.example.com", "HTTP/*.example.com"}, {"a b", "a|b"}},
     {"a/b/c", "HTTP/", "DOM\\user", ","}},
    {"outgoing_audit_only", kYesNo, kNotYesNo},
    {"incoming", {{"allow", "0"}, {"deny", "1"}}, {"no", "refuse", "allow deny"}},
    {"incoming_except",
     {{"DOM\\alice", "DOM\\alice"},
      {"DOM\\*, *\\bob", "DOM\\*|*\\bob"},
      {"DOM\\John Doe , alice", "DOM\\John Doe|alice"},
      {"\"John Doe\"", "John Doe"}},
     {"DOM\\", "\\alice", "a\\b\\c", "DOM/alice", "\"DOM\\alice\""}},
    {"incoming_audit_only", kYesNo, kNotYesNo},
    {"accept_anonymous", kYesNo, kNotYesNo},
    {"anonymous_session_key", kYesNo, kNotYesNo},
    {"identify", {{"when-asked", "0"}, {"always", "1"}}, {"never", "yes", "asked"}},
    {"refuse_own_challenges", kYesNo, kNotYesNo},
    {"offer_in_negotiate", kYesNo, kNotYesNo},
    {"split_upn", kYesNo, kNotYesNo},
    {"fips", {{"refuse", "0"}, {"allow", "1"}}, {"yes", "deny", "allowed"}},
    {"max_token_size",
     {{"1024", "1024"}, {"65536", "65536"}, {"1048576", "1048576"}},
     {"1023", "1048577", "64k", "18446744073709551617"}},
    {"max_user_file_size",
     {{"1024", "1024"}, {"1073741824", "1073741824"}},
     {"1023", "1073741825", "1G", "-5"}},
    {"initiator_user_file", {{"/etc/a b", "/etc/a b"}, {"\"/x\"", "/x"}}, kNotPaths},
    {"acceptor_user_file", {{"/etc/accounts", "/etc/accounts"}}, kNotPaths},
    {"user_file_mode_check", {{"refuse", "0"}, {"warn", "1"}}, {"off", "no", "Warn"}},
    {"user_file_groups", {{"www-data", "www-data"}, {"a, b", "a|b"}}, {"*", "a/b", ","}},
    {"keep_user_files", kYesNo, kNotYesNo},
    {"use_keyring", kYesNo, kNotYesNo},
    {"use_winbind", kYesNo, kNotYesNo},
    {"winbind_timeout", {{"1", "1"}, {"600", "600"}}, {"0", "601", "5s"}},
    {"local_domains", {{"CORP", "CORP"}, {"A B", "A|B"}}, {"*", "A\\b", ", ,"}},
    {"log_file", {{"/var/log/sspi", "/var/log/sspi"}}, kNotPaths},
};

START_TEST(EveryKeyHasExamples) {
  std::set<std::string> with_examples;
  for (const KeyExamples &each : kExamples) {
    with_examples.insert(each.key);
    ck_assert_msg(each.bad.size() >= 3, "%s", each.key.c_str());
  }
  std::set<std::string> keys;
  for (const Key &key : Keys()) keys.insert(key.name);
  ck_assert(keys == with_examples);
  ck_assert_uint_eq(Shown(Policy()).size(), keys.size());
}
END_TEST

// A key changes its own member and no other, so the rest has the defaults.
START_TEST(EveryGoodValue) {
  for (const KeyExamples &each : kExamples) {
    for (const Example &example : each.good) {
      auto expected = Shown(Policy());
      expected[each.key] = example.shown;
      const auto loaded = Loaded("[ntlm]\n\t" + each.key + " = " + example.value + "\n");
      const auto shown = Shown(loaded.policy);
      ck_assert_msg(shown == expected, "%s = %s gave %s", each.key.c_str(), example.value.c_str(),
                    shown.at(each.key).c_str());
    }
  }
}
END_TEST

START_TEST(EveryWrongValue) {
  for (const KeyExamples &each : kExamples) {
    for (const std::string &value : each.bad) {
      ExpectBad("# x\n[ntlm]\n\n" + each.key + " = " + value + "\n", 4);
    }
  }
}
END_TEST

START_TEST(WrongValueNamesWhatIsAllowed) {
  ExpectBad("[ntlm]\nsend_mic = maybe\n", 2,
            "send_mic = maybe; allowed: always, when-timestamp or never");
  ExpectBad("[ntlm]\nfips = x\n", 2, "allowed: refuse or allow");
  ExpectBad("[ntlm]\nacceptor_lm_level = 7\n", 2, "allowed: a number from 0 to 5");
  ExpectBad("[ntlm]\nspn_names = *\n", 2, "allowed: names of the form");
}
END_TEST

START_TEST(DefaultsOfAnEmptyFile) {
  for (const char *text : {"", "\n", "# only\n; comments", "[ntlm]", "[ntlm]\n", "[ntlm]  \r\n",
                           "[credssp]\nkey = value\n"}) {
    ck_assert_msg(Shown(Loaded(text).policy) == Shown(Policy()), "%s", text);
  }
}
END_TEST

START_TEST(ListsGrow) {
  const auto loaded = Loaded("[ntlm]\nspn_names = a b\nlocal_domains = X\nspn_names = c\n");
  ck_assert(Listed(loaded.policy.spn_names) == "a|b|c");
}
END_TEST

START_TEST(KeysGivenTwice) {
  for (const KeyExamples &each : kExamples) {
    const std::string line = each.key + " = " + each.good.front().value + "\n";
    const std::string text = "[ntlm]\n" + line + "[other]\nx = y\n[ntlm]\n" + line;
    bool repeats = false;
    for (const Key &key : Keys()) repeats = repeats || (key.repeats && key.name == each.key);
    if (repeats) {
      Loaded(text);
    } else {
      ExpectBad(text, 6, each.key + " is set in line 2 already");
    }
  }
}
END_TEST

// ---- the syntax --------------------------------------------------------------------------------

START_TEST(GoodSyntax) {
  const std::string five = "5";
  for (const char *text : {
           "[ntlm]\nacceptor_lm_level = 5",
           "[ntlm]\nacceptor_lm_level=5\n",
           "[ntlm]\r\n acceptor_lm_level = 5 \r\n",
           "[ntlm]\n\tacceptor_lm_level\t=\t5\t\n",
           "[ntlm]\nacceptor_lm_level = \"5\"\n",
           "# a\n; b\n\n[ntlm]\n  # c\n\t; d\nacceptor_lm_level = 5\n",
           "[credssp]\nx = {\n y = 1\n}\nz =\n{\n}\n[ntlm]\nacceptor_lm_level = 5\n[last]\nq = r "
           "s\n",
           "[other]\nacceptor_lm_level = 9\n[ntlm]\nacceptor_lm_level = 5\n",
       }) {
    ck_assert_msg(Shown(Loaded(text).policy)["acceptor_lm_level"] == five, "%s", text);
  }
}
END_TEST

START_TEST(BadSyntax) {
  const struct {
    std::string text;
    size_t line;
    const char *part;
  } kRows[] = {
      {"[ntlm]\nlm_level = 3\n", 2, "there is no key lm_level in [ntlm]"},
      {"[ntlm]\nSEND_MIC = always\n", 2, "no key SEND_MIC"},
      {"[ntlm]\nsend_mic* = always\n", 2, "'*'"},
      {"[ntlm]\nsend_mic\n", 2, "key = value"},
      {"[ntlm]\nsend_mic =\n", 2, "value behind '='"},
      {"[ntlm]\nsend_mic =", 2, "value behind '='"},
      {"[ntlm]\n= always\n", 2, "key before '='"},
      {"[ntlm]\nsend mic = always\n", 2, "one word"},
      {"[ntlm]\nsend_mic = {\n", 2, "subsections"},
      {"[ntlm]\nsend_mic = {\n x = 1\n}\n", 2, "subsections"},
      {"[ntlm]\n}\n", 2, "without '{'"},
      {"[ntlm]\nsend_mic = \"always\n", 2, "quotes"},
      {"[ntlm]\nsend_mic = \"always\" # x\n", 2, "quotes"},
      {"[ntlm]\nsend_mic = \"\n", 2, "quotes"},
      {"[ntlm]\nincoming_except = \"DOM\\user\"\n", 2, "must have no quotes"},
      // What the library would pass over in silence.
      {"send_mic = always\n[ntlm]\n", 1, "must come first"},
      {" [ntlm]\nsend_mic = always\n", 1, "first column"},
      {"\xef\xbb\xbf[ntlm]\nsend_mic = always\n", 1, "must come first"},
      {"}\n[ntlm]\n", 1, "must come first"},
      {"[credssp]\n [ntlm]\nsend_mic = always\n", 2, "first column"},
      {"[NTLM]\nsend_mic = always\n", 1, "must be written as [ntlm]"},
      {"[ ntlm ]\nsend_mic = always\n", 1, "must be written as [ntlm]"},
      {"[ntlm\nsend_mic = always\n", 1, "']'"},
      {"[ntlm] # x\nsend_mic = always\n", 1, "behind the ']'"},
      {"[ntlm]*\nsend_mic = always\n", 1, "behind the ']'"},
      {"[credssp]\nx = {\n[ntlm]\nsend_mic = always\n", 3, "not closed"},
      {"[ntlm]\nsend_mic = always\n[credssp]\nx = {\n", 4, "not closed"},
      {"[credssp]\nx =\ny = 1\n", 3, "'{'"},
      {"[credssp]\nx\n", 2, "key = value"},
      // What would bring in what nobody has checked.
      {"include /etc/krb5.conf\n[ntlm]\n", 1, "include"},
      {"[ntlm]\ninclude\t/etc/krb5.conf\n", 2, "include"},
      {"[ntlm]\nsend_mic = always\nincludedir /etc\n", 3, "include"},
      {"module /tmp/x.so:y\n[ntlm]\n", 1, "module"},
      {"[ntlm]\n\tmodule /tmp/x.so:y\n", 2, "module"},
      {"[ntlm]\ninclude\n", 2, "include"},
      // What the library would read otherwise than it looks.
      {std::string("[ntlm]\nsend_mic = always\0x\n", 26), 2, "NUL"},
      {std::string("\0\n", 2), 1, "NUL"},
      {"[ntlm]\n#" + std::string(2000, 'x') + "\n", 2, "more than 2000"},
      {"[ntlm]\n#" + std::string(2038, 'x') + "\nsend_mic = never\n", 2, "more than"},
      {"[ntlm]\rsend_mic = always\r", 1, "behind the ']'"},
      {"[ntlm]\nsend_mic = always\vnever\n", 2, "allowed"},
  };
  for (const auto &row : kRows) ExpectBad(row.text, row.line, row.part);
}
END_TEST

START_TEST(LongestLine) {
  std::string line = "spn_names = ";
  while (line.size() + 11 <= 2000) line += "0123456789 ";
  line += std::string(2000 - line.size(), 'z');
  ck_assert_uint_eq(line.size(), 2000);
  const auto loaded = Loaded("[ntlm]\n" + line + "\nsend_mic = never\n");
  ck_assert(loaded.policy.send_mic == SendMic::kNever);
  ck_assert(Listed(loaded.policy.spn_names).ends_with("z"));
  ExpectBad("[ntlm]\n" + line + "z\nsend_mic = never\n", 2, "more than");
}
END_TEST

START_TEST(LargeFiles) {
  const std::string line = "#" + std::string(1022, 'x') + "\n";
  std::string comments;
  for (int i = 0; i < 1023; ++i) comments += line;
  Loaded(comments + "[ntlm]\nsend_mic = never\n");
  const std::string detail = DetailOfBad(comments + line + "[ntlm]\n");
  ck_assert(detail.find("is longer than 1048576 octets") != std::string::npos);
  std::string many = "[ntlm]\n";
  for (int i = 0; i < 1000; ++i) many += "spn_names = a\n";
  Loaded(many);
  ExpectBad(many + "spn_names = a\n", 1002, "more than 1000");
}
END_TEST

// ---- the file ----------------------------------------------------------------------------------

void ExpectRefused(const std::string &path, const std::string &part, bool must_exist = true) {
  const auto loaded = LoadPolicy({path.c_str(), must_exist, nullptr});
  ck_assert_msg(!loaded, "taken: %s", part.c_str());
  ck_assert(loaded.error().status == Status::kBadSetting);
  const std::string detail = DetailOf(Status::kBadSetting);
  ck_assert_msg(detail.find(path) != std::string::npos && detail.find(part) != std::string::npos,
                "%s", detail.c_str());
}

START_TEST(ModesOfTheFile) {
  Folder folder;
  for (const mode_t mode : {0600U, 0644U, 0640U, 0444U, 0755U}) {
    const std::string path = folder.Write("mode", "[ntlm]\n", mode);
    ck_assert_msg(static_cast<bool>(LoadPolicy({path.c_str(), true, nullptr})), "%o", mode);
  }
  for (const mode_t mode : {0620U, 0664U, 0602U, 0666U, 0777U}) {
    ExpectRefused(folder.Write("mode", "[ntlm]\n", mode), "chmod go-w");
  }
}
END_TEST

START_TEST(FilesThatAreNone) {
  Folder folder;
  const std::string real = folder.Write("real", "[ntlm]\n");
  const std::string link = folder.File("link");
  ck_assert_int_eq(symlink(real.c_str(), link.c_str()), 0);
  const std::string inside = folder.File("inside");
  ck_assert_int_eq(mkdir(inside.c_str(), 0700), 0);
  const std::string pipe = folder.File("pipe");
  ck_assert_int_eq(mkfifo(pipe.c_str(), 0600), 0);
  for (const bool must_exist : {true, false}) {
    ExpectRefused(link, "symbolic link", must_exist);
    ExpectRefused(inside, "not a regular file", must_exist);
    ExpectRefused(pipe, "not a regular file", must_exist);
    ExpectRefused(real + "/below", "cannot be read", must_exist);
    ExpectRefused("relative.conf", "absolute", must_exist);
  }
  ExpectRefused("/dev/null", "not a regular file");
  const std::string missing = folder.File("missing");
  ExpectRefused(missing, "cannot be read");
  const auto defaults = LoadPolicy({missing.c_str(), false, nullptr});
  ck_assert(defaults && Shown(defaults->policy) == Shown(Policy()));
}
END_TEST

START_TEST(FileOfAnother) {
  if (geteuid() != 0) return;  // only root can give files away
  Folder folder;
  const std::string path = folder.Write("foreign", "[ntlm]\n");
  ck_assert(LoadPolicy({path.c_str(), true, nullptr}));
  ck_assert_int_eq(chown(path.c_str(), 12345, 12345), 0);
  ExpectRefused(path, "belongs to user id 12345");
  // That user's own programs may use it, and everybody's those of root.
  const pid_t child = fork();
  if (child == 0) {
    if (seteuid(12345) != 0) _exit(2);
    const std::string folder_of = path.substr(0, path.rfind('/'));
    if (seteuid(0) != 0 || chmod(folder_of.c_str(), 0755) != 0 || seteuid(12345) != 0) _exit(3);
    if (!LoadPolicy({path.c_str(), true, nullptr})) _exit(4);
    if (seteuid(0) != 0 || chown(path.c_str(), 0, 0) != 0 || chmod(path.c_str(), 0644) != 0 ||
        seteuid(12345) != 0) {
      _exit(5);
    }
    _exit(LoadPolicy({path.c_str(), true, nullptr}) ? 0 : 6);
  }
  int status = 0;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(LongPathLeavesRoomForTheReason) {
  const std::string path = "/" + std::string(3000, 'x') + "/the-end";
  const auto loaded = LoadPolicy({path.c_str(), true, nullptr});
  ck_assert(!loaded);
  ck_assert_ptr_nonnull(strstr(DetailOf(Status::kBadSetting), "/the-end cannot be read"));
}
END_TEST

START_TEST(VersionsTellFilesApart) {
  Folder folder;
  const std::string path = folder.Write("file", "[ntlm]\n");
  const FileVersion first = VersionOf(path.c_str());
  ck_assert(first == VersionOf(path.c_str()));
  ck_assert(first == LoadPolicy({path.c_str(), true, nullptr})->version);
  ck_assert(!(first == FileVersion()));
  ck_assert_int_eq(chmod(path.c_str(), 0644), 0);
  const FileVersion second = VersionOf(path.c_str());
  ck_assert(!(first == second));
  folder.Write("file", "[ntlm]\n", 0644);
  ck_assert(!(second == VersionOf(path.c_str())));
  ck_assert(VersionOf("/nonexistent") == FileVersion());
}
END_TEST

// ---- LM_COMPAT_LEVEL (N419) --------------------------------------------------------------------

START_TEST(LevelOfTheEnvironment) {
  const std::string both = "[ntlm]\ninitiator_lm_level = 2\nacceptor_lm_level = 4\n";
  for (int level = 0; level <= 5; ++level) {
    const std::string digit = std::to_string(level);
    // Without keys it sets both; a key of the file is a floor.
    const auto without = Loaded("", digit.c_str());
    ck_assert_int_eq(without.policy.initiator_level, level);
    ck_assert_int_eq(without.policy.acceptor_level, level);
    const auto with = Loaded(both, digit.c_str());
    ck_assert_int_eq(with.policy.initiator_level, std::max(level, 2));
    ck_assert_int_eq(with.policy.acceptor_level, std::max(level, 4));
    const auto one = Loaded("[ntlm]\nacceptor_lm_level = 4\n", digit.c_str());
    ck_assert_int_eq(one.policy.initiator_level, level);
    ck_assert_int_eq(one.policy.acceptor_level, std::max(level, 4));
  }
  for (const char *wrong : {"", "6", "-1", "33", "3 ", "x"}) {
    ck_assert_ptr_nonnull(strstr(DetailOfBad("", wrong).c_str(), "LM_COMPAT_LEVEL"));
  }
}
END_TEST

// ---- FIPS --------------------------------------------------------------------------------------

START_TEST(FipsMode) {
  Folder folder;
  const std::string on = folder.Write("on", "1\n");
  const std::string off = folder.Write("off", "0\n");
  const std::string missing = folder.File("missing");
  Policy policy;
  ck_assert(!CheckFipsMode(policy, off.c_str()));
  ck_assert(!CheckFipsMode(policy, missing.c_str()));
  const Error error = CheckFipsMode(policy, on.c_str());
  ck_assert(static_cast<bool>(error));
  ck_assert_ptr_nonnull(strstr(DetailOf(error.status), "fips = allow"));
  policy.allow_in_fips_mode = true;
  ck_assert(!CheckFipsMode(policy, on.c_str()));
}
END_TEST

// ---- patterns and names ------------------------------------------------------------------------

START_TEST(Patterns) {
  const struct {
    const char *pattern, *text;
    bool matches;
  } kRows[] = {
      {"", "", true},
      {"", "a", false},
      {"a", "", false},
      {"a", "A", true},
      {"a", "ab", false},
      {"*", "", true},
      {"*", "anything", true},
      {"**", "", true},
      {"a*", "a", true},
      {"a*", "ABC", true},
      {"a*", "ba", false},
      {"*a", "a", true},
      {"*a", "bA", true},
      {"*a", "ab", false},
      {"a*b", "ab", true},
      {"a*b", "aXXb", true},
      {"a*b", "a", false},
      {"a*a", "a", false},
      {"a*a", "aa", true},
      {"*ab*", "xxABxx", true},
      {"*ab*", "xaxb", false},
      {"a*b*c", "abcbc", true},
      {"a*b*c", "acb", false},
      {"*.x", "a.b.x", true},
      {"*.x", ".x", true},
      {"*.x", "x", false},
      {"*a*a*a*", "aaa", true},
      {"*a*a*a*", "aa", false},
      {"\xc3\xa4*", "\xc3\x84pfel", true},  // a with dots, both cases
      {"*\xc3\xab", "ZO\xc3\x8b", true},
      {"*\xab", "zo\xc3\xab", false},         // half of a character
      {"\xc9\xab*x", "\xe2\xb1\xa2x", true},  // U+026B: upper case has an octet more
      {"*\xc9\xab*x", "yy\xe2\xb1\xa2zzx", true},
      {"*\xf0\x9f\x98\x80", "a\xf0\x9f\x98\x80", true},
      {"*i", "I", true},
  };
  for (const auto &row : kRows) {
    ck_assert_msg(MatchesPattern(row.pattern, row.text) == row.matches, "%s with %s", row.pattern,
                  row.text);
  }
}
END_TEST

TrafficRule Rule(bool deny, bool audit_only, std::initializer_list<const char *> except) {
  TrafficRule rule;
  rule.deny = deny;
  rule.audit_only = audit_only;
  for (const char *pattern : except) ck_assert(rule.except.Add(pattern));
  return rule;
}

START_TEST(OutgoingTraffic) {
  const struct {
    const char *pattern, *service, *host;
    bool listed;
  } kRows[] = {
      {"host", "HTTP", "HOST", true},
      {"host", "", "host", true},
      {"host", "HTTP", "hosts", false},
      {"*.corp", "cifs", "a.b.corp", true},
      {"*.corp", "cifs", "corp", false},
      {"http/host", "HTTP", "host", true},
      {"http/host", "cifs", "host", false},
      {"http/host", "", "host", false},
      {"http/*", "HTTP", "any", true},
      {"*/host", "HTTP", "host", true},
      {"*/host", "", "host", true},
      {"HTTP", "HTTP", "host", false},
      {"*", "", "", true},
      {"host", "", "", false},
  };
  for (const auto &row : kRows) {
    for (const bool deny : {false, true}) {
      const Verdict allowed = Verdict::kAllowed;
      const bool refused = deny != row.listed;
      ck_assert_msg(JudgeOutgoing(Rule(deny, false, {"other", row.pattern}), row.service,
                                  row.host) == (refused ? Verdict::kDenied : allowed),
                    "%s with %s/%s", row.pattern, row.service, row.host);
      ck_assert(JudgeOutgoing(Rule(deny, true, {"other", row.pattern}), row.service, row.host) ==
                (refused ? Verdict::kAudited : allowed));
    }
  }
  ck_assert(JudgeOutgoing(Rule(false, false, {}), "", "") == Verdict::kAllowed);
  ck_assert(JudgeOutgoing(Rule(true, false, {}), "HTTP", "host") == Verdict::kDenied);
}
END_TEST

START_TEST(IncomingTraffic) {
  const struct {
    const char *pattern, *domain, *user;
    bool listed;
  } kRows[] = {
      {"DOM\\alice", "dom", "ALICE", true},
      {"DOM\\alice", "OTHER", "alice", false},
      {"DOM\\alice", "", "alice", false},
      {"DOM\\*", "DOM", "x", true},
      {"DOM\\*", "DOMX", "x", false},
      {"*\\bob", "ANY", "bob", true},
      {"*\\bob", "", "bob", true},
      {"bob", "ANY", "Bob", true},
      {"bob", "", "bobby", false},
      {"svc-*", "D", "svc-backup", true},
      {"DOM", "DOM", "user", false},
      {"DOM\\z\xc3\xab", "DOM", "Z\xc3\x8b", true},
      {"user@dom.example", "", "user@DOM.example", true},
  };
  for (const auto &row : kRows) {
    ck_assert_msg(JudgeIncoming(Rule(true, false, {row.pattern}), row.domain, row.user) ==
                      (row.listed ? Verdict::kAllowed : Verdict::kDenied),
                  "%s with %s\\%s", row.pattern, row.domain, row.user);
    ck_assert(JudgeIncoming(Rule(false, false, {row.pattern}), row.domain, row.user) ==
              (row.listed ? Verdict::kDenied : Verdict::kAllowed));
    ck_assert(JudgeIncoming(Rule(false, true, {row.pattern}), row.domain, row.user) ==
              (row.listed ? Verdict::kAudited : Verdict::kAllowed));
  }
}
END_TEST

START_TEST(ServicePrincipalNames) {
  const struct {
    const char *spn, *service;
    bool own;
  } kRows[] = {
      {"HTTP/server.example.com", "", true},
      {"http/SERVER.Example.COM", "HTTP", true},
      {"HTTP/server.example.com.", "HTTP", true},
      {"cifs/server.example.com", "HTTP", false},
      {"cifs/server.example.com", "", true},
      {"HTTP/SERVER", "HTTP", true},
      {"HTTP/server.example.com:8080", "HTTP", true},
      {"MSSQLSvc/server.example.com:INSTANCE", "MSSQLSvc", true},
      {"HTTP/server.example.com/dc.example.com", "HTTP", true},
      {"HTTP/other/server.example.com", "HTTP", false},
      {"HTTP/server.example.com.evil", "HTTP", false},
      {"HTTP/xserver.example.com", "HTTP", false},
      {"HTTP/", "HTTP", false},
      {"HTTP/:80", "HTTP", false},
      {"/server.example.com", "", false},
      {"server.example.com", "", false},
      {"", "", false},
      {"HTTP/www.example.com", "HTTP", true},  // a further host
      {"cifs/www.example.com", "HTTP", false},
      {"ldap/alias", "HTTP", true},  // a further SPN, whatever our service
      {"HTTP/alias", "HTTP", false},
      {"HTTP/[2001:db8::1]:443", "HTTP", true},
      {"HTTP/2001:db8::2", "HTTP", true},
      {"HTTP/2001:db8::3", "HTTP", false},
  };
  TextList further;
  for (const char *name : {"www.example.com", "LDAP/Alias", "[2001:db8::1]", "2001:db8::2"}) {
    ck_assert(further.Add(name));
  }
  const std::string_view hosts[] = {"server.example.com", "server", ""};
  for (const auto &row : kRows) {
    ck_assert_msg(IsOwnSpn(row.spn, {row.service, hosts, further}) == row.own, "%s for %s", row.spn,
                  row.service);
  }
}
END_TEST

// ---- the configuration in force ----------------------------------------------------------------

int CurrentTimeout() {
  const auto current = cred::Configuration::Current();
  return current ? static_cast<int>((*current)->policy().winbind_timeout) : -1;
}

std::string WithTimeout(int seconds) {
  return "[ntlm]\nwinbind_timeout = " + std::to_string(seconds) + "\n";
}

void WaitForTimeout(int seconds) {
  for (int tenths = 0; tenths < 30 && CurrentTimeout() != seconds; ++tenths) usleep(100'000);
  ck_assert_int_eq(CurrentTimeout(), seconds);
}

START_TEST(CurrentFollowsFileAndVariables) {
  Folder folder;
  const std::string one = folder.Write("one", WithTimeout(11));
  const std::string two = folder.Write("two", WithTimeout(22));
  setenv("GSS_SSPI_CONFIG", one.c_str(), 1);
  ck_assert_int_eq(CurrentTimeout(), 11);
  ck_assert((*cred::Configuration::Current()).get() == (*cred::Configuration::Current()).get());
  // Another path, and other variables: at once.
  setenv("GSS_SSPI_CONFIG", two.c_str(), 1);
  ck_assert_int_eq(CurrentTimeout(), 22);
  setenv("LM_COMPAT_LEVEL", "1", 1);
  ck_assert_int_eq((*cred::Configuration::Current())->policy().initiator_level, 1);
  unsetenv("LM_COMPAT_LEVEL");
  ck_assert_int_eq((*cred::Configuration::Current())->policy().initiator_level, 3);
  setenv("NETBIOS_COMPUTER_NAME", "ANOTHER", 1);
  ck_assert((*cred::Configuration::Current())->host().nb_computer() == "ANOTHER");
  // Another text, an error, and its end: soon.
  folder.Write("two", WithTimeout(33));
  WaitForTimeout(33);
  folder.Write("two", WithTimeout(9999));
  WaitForTimeout(-1);
  ck_assert_ptr_nonnull(strstr(DetailOf(Status::kBadSetting), "two line 2"));
  ck_assert_int_eq(CurrentTimeout(), -1);
  folder.Write("two", WithTimeout(44));
  ck_assert_int_eq(CurrentTimeout(), 44);
  unlink(two.c_str());
  WaitForTimeout(-1);
}
END_TEST

// The man page, the example and the table have the same keys, and the example parses when all of
// it is switched on.
START_TEST(ExampleHasEveryKey) {
  std::string enabled;
  ExpectDocumented(Keys(), KeysOfExample("ntlm", &enabled));
  Loaded(enabled);
}
END_TEST

START_TEST(ExampleShowsTheDefaults) {
  // Lists and paths have no default to show.
  static const std::set<std::string> kWithout = {
      "spn_names",          "outgoing_except",  "incoming_except", "initiator_user_file",
      "acceptor_user_file", "user_file_groups", "local_domains",   "log_file"};
  std::string enabled;
  KeysOfExample("ntlm", &enabled);
  const auto shown = Shown(Loaded(enabled).policy);
  const auto defaults = Shown(Policy());
  for (const auto &[key, value] : shown) {
    if (kWithout.count(key) != 0) {
      ck_assert_msg(value != defaults.at(key), "%s", key.c_str());
    } else {
      ck_assert_msg(value == defaults.at(key), "%s: %s", key.c_str(), value.c_str());
    }
  }
}
END_TEST

START_TEST(ManualPageHasEveryKey) { ExpectDocumented(Keys(), KeysOfManual("KEYS")); }
END_TEST

Suite *PolicySuite() {
  Suite *suite = suite_create("policy");
  TCase *keys = tcase_create("keys");
  tcase_add_test(keys, EveryKeyHasExamples);
  tcase_add_test(keys, EveryGoodValue);
  tcase_add_test(keys, EveryWrongValue);
  tcase_add_test(keys, WrongValueNamesWhatIsAllowed);
  tcase_add_test(keys, DefaultsOfAnEmptyFile);
  tcase_add_test(keys, ListsGrow);
  tcase_add_test(keys, KeysGivenTwice);
  tcase_add_test(keys, LevelOfTheEnvironment);
  suite_add_tcase(suite, keys);

  TCase *file = tcase_create("file");
  tcase_add_test(file, GoodSyntax);
  tcase_add_test(file, BadSyntax);
  tcase_add_test(file, LongestLine);
  tcase_add_test(file, LargeFiles);
  tcase_add_test(file, ModesOfTheFile);
  tcase_add_test(file, FilesThatAreNone);
  tcase_add_test(file, FileOfAnother);
  tcase_add_test(file, LongPathLeavesRoomForTheReason);
  tcase_add_test(file, VersionsTellFilesApart);
  suite_add_tcase(suite, file);

  TCase *rules = tcase_create("rules");
  tcase_add_test(rules, FipsMode);
  tcase_add_test(rules, Patterns);
  tcase_add_test(rules, OutgoingTraffic);
  tcase_add_test(rules, IncomingTraffic);
  tcase_add_test(rules, ServicePrincipalNames);
  suite_add_tcase(suite, rules);

  TCase *current = tcase_create("current");
  tcase_set_timeout(current, 60);
  tcase_add_test(current, CurrentFollowsFileAndVariables);
  suite_add_tcase(suite, current);

  TCase *documents = tcase_create("documents");
  tcase_add_test(documents, ExampleHasEveryKey);
  tcase_add_test(documents, ExampleShowsTheDefaults);
  tcase_add_test(documents, ManualPageHasEveryKey);
  suite_add_tcase(suite, documents);
  return suite;
}

}  // namespace

int main() { return RunSuite(PolicySuite()); }
