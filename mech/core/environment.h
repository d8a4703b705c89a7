// SPDX-License-Identifier: MIT
// What the state machines get from outside: the time and random octets. Tests bring their own.
#ifndef GSS_SSPI_CORE_ENVIRONMENT_H_
#define GSS_SSPI_CORE_ENVIRONMENT_H_

#include <cstdint>

#include "core/bytes.h"
#include "core/result.h"

namespace gss_sspi {

// [MS-DTYP] 2.3.3 FILETIME: units of 100 ns since 1601-01-01 UTC.
using FileTime = uint64_t;
inline constexpr FileTime kFileTimePerSecond = 10'000'000;
inline constexpr FileTime kUnixEpochAsFileTime = 116'444'736'000'000'000;

struct Environment {
  FileTime (*now)();
  // Fills all of the view, or fails.
  Error (*random)(MutableBytes out);
};

// The system's clock, and getrandom(2): no state of ours, so a forked child gets new values.
const Environment &SystemEnvironment();

}  // namespace gss_sspi

#endif  // GSS_SSPI_CORE_ENVIRONMENT_H_
