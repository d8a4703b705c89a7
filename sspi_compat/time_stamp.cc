// SPDX-License-Identifier: MIT
#include "sspi_compat/time_stamp.h"

#include <cstdint>
#include <ctime>

namespace gss_sspi::sspi {
namespace {

constexpr int64_t kSecondsTo1970 = 11644473600;
constexpr int64_t kTicksPerSecond = 10'000'000;

TimeStamp Of(int64_t ticks) {
  TimeStamp stamp;
  stamp.LowPart = static_cast<ULONG>(ticks & UINT32_MAX);
  stamp.HighPart = static_cast<LONG>(ticks >> 32);
  return stamp;
}

}  // namespace

TimeStamp Never() { return Of(INT64_MAX); }

// Local time by the offset of now, also when the clock will have changed by then: so does Windows,
// and LocalFileTimeToFileTime, with which programs make it comparable, takes that offset too.
TimeStamp TimeAfter(OM_uint32 lifetime) {
  if (lifetime == GSS_C_INDEFINITE) return Never();
  const time_t now = std::time(nullptr);
  tm local{};
  const int64_t offset = localtime_r(&now, &local) != nullptr ? local.tm_gmtoff : 0;
  return Of((int64_t{now} + lifetime + offset + kSecondsTo1970) * kTicksPerSecond);
}

}  // namespace gss_sspi::sspi
