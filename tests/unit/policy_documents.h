// SPDX-License-Identifier: MIT
// What the example of the policy file and its manual page say of the keys of a section.
#ifndef TESTS_UNIT_POLICY_DOCUMENTS_H_
#define TESTS_UNIT_POLICY_DOCUMENTS_H_

#include <fstream>
#include <set>
#include <span>
#include <string>

// Behind those of C++: it has a macro fail.
#include <check.h>

// `enabled` gets the whole example with every key switched on.
inline std::set<std::string> KeysOfExample(const std::string &section, std::string *enabled) {
  std::ifstream file(std::string(GSS_SSPI_SOURCE) + "/conf/sspi.conf.example");
  ck_assert_msg(static_cast<bool>(file), "no example");
  std::set<std::string> keys;
  bool here = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('[')) here = line == '[' + section + ']';
    const size_t equals = line.find(" = ");
    if (line.starts_with("#    ") && equals != std::string::npos) {
      if (here) keys.insert(line.substr(5, equals - 5));
      line = line.substr(1);
    }
    *enabled += line + "\n";
  }
  return keys;
}

// `heading` is that of the section of the manual page.
inline std::set<std::string> KeysOfManual(const std::string &heading) {
  std::ifstream file(std::string(GSS_SSPI_SOURCE) + "/docs/man/sspi.conf.5");
  ck_assert_msg(static_cast<bool>(file), "no manual page");
  std::set<std::string> keys;
  bool here = false;
  for (std::string line; std::getline(file, line);) {
    static const std::string kItem = ".It Ic ";
    if (line.starts_with(".Sh ")) here = line == ".Sh " + heading;
    if (!here || !line.starts_with(kItem)) continue;
    const std::string key = line.substr(kItem.size(), line.find(' ', kItem.size()) - kItem.size());
    ck_assert_msg(keys.insert(key).second, "described twice: %s", key.c_str());
  }
  return keys;
}

// Both have the keys of the table, and no others.
template <typename Key>
void ExpectDocumented(std::span<const Key> table, const std::set<std::string> &documented) {
  std::set<std::string> keys;
  for (const Key &key : table) keys.insert(key.name);
  for (const std::string &key : keys) {
    ck_assert_msg(documented.count(key) == 1, "not described: %s", key.c_str());
  }
  ck_assert(documented == keys);
}

#endif  // TESTS_UNIT_POLICY_DOCUMENTS_H_
