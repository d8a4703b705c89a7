// SPDX-License-Identifier: MIT
// The log: one line for each call, whatever a peer puts into a name; and which file it goes to.
#include "core/log.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "ntlm_support.h"

namespace {

std::string LogOf(const char *name) {
  char folder[] = "/tmp/gss-sspi-log-XXXXXX";
  ck_assert_ptr_nonnull(mkdtemp(folder));
  const std::string path = std::string(folder) + "/log";
  setenv("GSSNTLMSSP_DEBUG", path.c_str(), 1);
  gss_sspi::Log("verify: %s: unknown user", name);
  unsetenv("GSSNTLMSSP_DEBUG");
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  struct stat status {};
  ck_assert_int_eq(stat(path.c_str(), &status), 0);
  ck_assert_uint_eq(status.st_mode & 0777U, 0600U);
  unlink(path.c_str());
  rmdir(folder);
  return text.str();
}

START_TEST(a_line_names_what_it_is_about) {
  const std::string text = LogOf("zo\xc3\xab");
  ck_assert(text.find("verify: zo\xc3\xab: unknown user\n") != std::string::npos);
}
END_TEST

START_TEST(a_name_cannot_make_a_line_of_its_own) {
  const std::string text = LogOf("eve\n[0] pid 1: verify: alice\x1b[2J");
  ck_assert(text.find("verify: eve?[0] pid 1: verify: alice?[2J: unknown user\n") !=
            std::string::npos);
  ck_assert_int_eq(std::count(text.begin(), text.end(), '\n'), 1);
}
END_TEST

START_TEST(a_long_name_is_cut) {
  const std::string text = LogOf(std::string(5000, 'x').c_str());
  ck_assert_uint_lt(text.size(), 1100);
  ck_assert(text.ends_with("x\n"));
}
END_TEST

// Two folders, so that a path can be no mixture of both.
class LogFiles {
 public:
  LogFiles() { ck_assert_ptr_nonnull(mkdtemp(folder_)); }
  LogFiles(const LogFiles &) = delete;
  LogFiles &operator=(const LogFiles &) = delete;
  ~LogFiles() {
    for (const char *name : kNames) unlink(Path(name).c_str());
    rmdir(folder_);
  }
  std::string Path(const char *name) const { return std::string(folder_) + "/" + name; }
  // Where one line goes: the name of the file, or "" for nowhere.
  std::string Destination() const {
    gss_sspi::Log("line");
    std::string found;
    for (const char *name : kNames) {
      if (unlink(Path(name).c_str()) == 0) found += name;
    }
    return found;
  }

  static constexpr const char *kNames[] = {"program", "variable", "policy", "longer-policy"};

 private:
  char folder_[32] = "/tmp/gss-sspi-log-XXXXXX";
};

constexpr auto kProgram = gss_sspi::LogFileOf::kProgram;
constexpr auto kPolicy = gss_sspi::LogFileOf::kPolicy;

START_TEST(program_then_variable_then_policy) {
  const LogFiles files;
  const std::string variable = files.Path("variable");
  ck_assert(files.Destination() == "");
  ck_assert(gss_sspi::SetLogFile(kPolicy, files.Path("policy")));
  ck_assert(files.Destination() == "policy");
  setenv("GSSNTLMSSP_DEBUG", variable.c_str(), 1);
  ck_assert(files.Destination() == "variable");
  ck_assert(gss_sspi::SetLogFile(kProgram, files.Path("program")));
  ck_assert(files.Destination() == "program");
  ck_assert(gss_sspi::SetLogFile(kProgram, ""));
  ck_assert(files.Destination() == "variable");
  setenv("GSSNTLMSSP_DEBUG", "", 1);
  ck_assert(files.Destination() == "policy");
  ck_assert(gss_sspi::SetLogFile(kPolicy, files.Path("longer-policy")));
  ck_assert(files.Destination() == "longer-policy");
  ck_assert(gss_sspi::SetLogFile(kPolicy, files.Path("policy")));
  ck_assert(files.Destination() == "policy");
  ck_assert(gss_sspi::SetLogFile(kPolicy, ""));
  ck_assert(files.Destination() == "");
}
END_TEST

START_TEST(a_path_that_is_too_long_changes_nothing) {
  const LogFiles files;
  ck_assert(gss_sspi::SetLogFile(kProgram, files.Path("program")));
  ck_assert(!gss_sspi::SetLogFile(kProgram, std::string(gss_sspi::kMaxLogPath + 1, '/')));
  ck_assert(files.Destination() == "program");
  ck_assert(gss_sspi::SetLogFile(kProgram, std::string(gss_sspi::kMaxLogPath, '/')));
  ck_assert(files.Destination() == "");
}
END_TEST

// A line goes to one of the files that were named, or nowhere.
START_TEST(paths_do_not_mix) {
  const LogFiles files;
  std::atomic<bool> done{false};
  std::atomic<unsigned> changes{0};
  std::thread writer([&] {
    while (!done) {
      const bool odd = changes++ % 2 != 0;
      gss_sspi::SetLogFile(kPolicy, files.Path(odd ? "policy" : "longer-policy"));
    }
  });
  unsigned lines = 0;
  for (int i = 0; i < 2000 || lines == 0 || changes < 1000; ++i) {
    if (!files.Destination().empty()) ++lines;
  }
  done = true;
  writer.join();
  // Destination has removed all that were named: another file would keep the folder.
  ck_assert_int_eq(rmdir(files.Path("").c_str()), 0);
}
END_TEST

}  // namespace

int main() {
  Suite *suite = suite_create("log");
  TCase *lines = tcase_create("lines");
  tcase_add_test(lines, a_line_names_what_it_is_about);
  tcase_add_test(lines, a_name_cannot_make_a_line_of_its_own);
  tcase_add_test(lines, a_long_name_is_cut);
  suite_add_tcase(suite, lines);
  TCase *files = tcase_create("files");
  tcase_set_timeout(files, 60);
  tcase_add_test(files, program_then_variable_then_policy);
  tcase_add_test(files, a_path_that_is_too_long_changes_nothing);
  tcase_add_test(files, paths_do_not_mix);
  suite_add_tcase(suite, files);
  return RunSuite(suite);
}
