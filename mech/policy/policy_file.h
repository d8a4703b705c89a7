// SPDX-License-Identifier: MIT
// The policy file as octets: who may have written it, what it says, and which version of it that
// is.
#ifndef GSS_SSPI_POLICY_POLICY_FILE_H_
#define GSS_SSPI_POLICY_POLICY_FILE_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "core/result.h"

namespace gss_sspi {

inline constexpr char kPolicyFile[] = "/etc/gss/sspi.conf";
inline constexpr size_t kMaxPolicyFile = size_t{1} << 20;  // octets

// Equal for the same file with the same content, owner and mode. A file that is not there, or that
// cannot be looked at, has the version of the default constructor.
struct FileVersion {
  std::array<uint64_t, 7> facts{};

  bool operator==(const FileVersion &) const = default;
};
FileVersion VersionOf(const char *path);

struct PolicyText {
  Buffer text;
  FileVersion version;
};

// N810: refuses what is not a regular file of root or the effective user, and what others could
// have written. A file that is missing is an empty text unless it must exist.
Result<PolicyText> ReadPolicyFile(const char *path, bool must_exist);

// What errors print of a path: all of it, or the end when that would leave no room for the reason.
const char *ShownPath(const char *path);

}  // namespace gss_sspi

#endif  // GSS_SSPI_POLICY_POLICY_FILE_H_
