// SPDX-License-Identifier: MIT
// The log of GSSNTLMSSP_DEBUG: one line for each call, whatever a peer puts into a name.
#include "core/log.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

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

}  // namespace

int main() {
  Suite *suite = suite_create("log");
  TCase *lines = tcase_create("lines");
  tcase_add_test(lines, a_line_names_what_it_is_about);
  tcase_add_test(lines, a_name_cannot_make_a_line_of_its_own);
  tcase_add_test(lines, a_long_name_is_cut);
  suite_add_tcase(suite, lines);
  return RunSuite(suite);
}
