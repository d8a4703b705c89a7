// SPDX-License-Identifier: MIT
// Where the settings stand in a file of krb5 profile syntax. The profile library parses it, but
// tells no line numbers, and passes over in silence what looks like a setting and is none: this
// finds the lines, and refuses what could mislead (N810).
#ifndef GSS_SSPI_POLICY_LOCATE_H_
#define GSS_SSPI_POLICY_LOCATE_H_

#include <span>
#include <string_view>

#include "core/memory.h"
#include "core/result.h"

namespace gss_sspi {

// `name = value` in the section that was asked for. The views point into the text.
struct Relation {
  std::string_view name, value;
  size_t line = 0;       // from 1
  bool matched = false;  // for the caller
};

class RelationList {
 public:
  static constexpr size_t kMost = 1000;

  [[nodiscard]] bool Add(const Relation &relation) {
    if (size_ == kMost) return false;
    relations_[size_++] = relation;
    return true;
  }
  std::span<Relation> all() { return {relations_, size_}; }

 private:
  size_t size_ = 0;
  Relation relations_[kMost];
};

// The library takes a longer line for two.
inline constexpr size_t kMaxPolicyLine = 2000;  // octets

// The relations of a section in the order of the text. Errors name `path` and the line.
Result<Owned<RelationList>> LocateRelations(std::string_view text, std::string_view section,
                                            const char *path);

}  // namespace gss_sspi

#endif  // GSS_SSPI_POLICY_LOCATE_H_
