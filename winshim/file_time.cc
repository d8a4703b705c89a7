// SPDX-License-Identifier: MIT
// Times: 100 ns since the beginning of 1601.
#include <chrono>
#include <ctime>
#include <optional>

#include "winshim/export.h"

namespace gss_sspi::winshim {
namespace {

using Ticks = std::chrono::duration<int64_t, std::ratio<1, 10'000'000>>;

constexpr std::chrono::sys_days kEpoch = std::chrono::year{1601} / 1 / 1;
constexpr int kLastYear = 30827;

int64_t TicksOf(const FILETIME &time) {
  return static_cast<int64_t>(uint64_t{time.dwHighDateTime} << 32 | time.dwLowDateTime);
}

FILETIME TimeOf(int64_t ticks) {
  const auto bits = static_cast<uint64_t>(ticks);
  return {static_cast<DWORD>(bits & UINT32_MAX), static_cast<DWORD>(bits >> 32)};
}

// How far local time is ahead of UTC at this moment.
Ticks LocalOffset() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  if (localtime_r(&now, &local) == nullptr) return Ticks::zero();
  return std::chrono::seconds{local.tm_gmtoff};
}

// "Never" is the end of the range, and stays it.
BOOL Shift(const FILETIME *from, int64_t by, FILETIME *to) {
  if (from == nullptr || to == nullptr) return Refuse<BOOL>(ERROR_INVALID_PARAMETER);
  const int64_t ticks = TicksOf(*from);
  if (ticks < 0 || ticks + (by < 0 ? by : 0) < 0) return Refuse<BOOL>(ERROR_INVALID_PARAMETER);
  const bool is_end = ticks == INT64_MAX || (by > 0 && ticks > INT64_MAX - by);
  *to = TimeOf(is_end ? INT64_MAX : ticks + by);
  return TRUE;
}

// Nothing for a day or a time that there is not. The day of the week does not matter.
std::optional<Ticks> TicksOf(const SYSTEMTIME &time) {
  namespace chrono = std::chrono;
  if (time.wYear < 1601 || time.wYear > kLastYear) return std::nullopt;
  if (time.wMonth > 12 || time.wDay > 31) return std::nullopt;  // they are octets in <chrono>
  const chrono::year_month_day date{chrono::year{time.wYear}, chrono::month{time.wMonth},
                                    chrono::day{time.wDay}};
  if (!date.ok()) return std::nullopt;
  if (time.wHour > 23 || time.wMinute > 59 || time.wSecond > 59 || time.wMilliseconds > 999) {
    return std::nullopt;
  }
  return chrono::sys_days{date} - kEpoch + chrono::hours{time.wHour} +
         chrono::minutes{time.wMinute} + chrono::seconds{time.wSecond} +
         chrono::milliseconds{time.wMilliseconds};
}

}  // namespace
}  // namespace gss_sspi::winshim

using namespace gss_sspi::winshim;  // NOLINT: the exports below have C names

WINSHIM_EXPORT BOOL WINAPI LocalFileTimeToFileTime(CONST FILETIME *lpLocalFileTime,
                                                   LPFILETIME lpFileTime) {
  return Shift(lpLocalFileTime, -LocalOffset().count(), lpFileTime);
}

WINSHIM_EXPORT BOOL WINAPI FileTimeToLocalFileTime(CONST FILETIME *lpFileTime,
                                                   LPFILETIME lpLocalFileTime) {
  return Shift(lpFileTime, LocalOffset().count(), lpLocalFileTime);
}

WINSHIM_EXPORT BOOL WINAPI FileTimeToSystemTime(CONST FILETIME *lpFileTime,
                                                LPSYSTEMTIME lpSystemTime) {
  namespace chrono = std::chrono;
  if (lpFileTime == nullptr || lpSystemTime == nullptr || TicksOf(*lpFileTime) < 0) {
    return Refuse<BOOL>(ERROR_INVALID_PARAMETER);
  }
  const Ticks ticks{TicksOf(*lpFileTime)};
  const auto days = chrono::floor<chrono::days>(ticks);
  const chrono::year_month_day date{kEpoch + days};
  const chrono::hh_mm_ss time{chrono::floor<chrono::milliseconds>(ticks - days)};
  const auto word = [](auto number) { return static_cast<WORD>(number); };
  *lpSystemTime = {word(int{date.year()}),
                   word(unsigned{date.month()}),
                   word(chrono::weekday{kEpoch + days}.c_encoding()),
                   word(unsigned{date.day()}),
                   word(time.hours().count()),
                   word(time.minutes().count()),
                   word(time.seconds().count()),
                   word(time.subseconds().count())};
  return TRUE;
}

WINSHIM_EXPORT BOOL WINAPI SystemTimeToFileTime(CONST SYSTEMTIME *lpSystemTime,
                                                LPFILETIME lpFileTime) {
  if (lpSystemTime == nullptr || lpFileTime == nullptr) {
    return Refuse<BOOL>(ERROR_INVALID_PARAMETER);
  }
  const std::optional<Ticks> ticks = TicksOf(*lpSystemTime);
  if (!ticks) return Refuse<BOOL>(ERROR_INVALID_PARAMETER);
  *lpFileTime = TimeOf(ticks->count());
  return TRUE;
}

WINSHIM_EXPORT VOID WINAPI GetSystemTimeAsFileTime(LPFILETIME lpSystemTimeAsFileTime) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const std::chrono::sys_seconds seconds{std::chrono::seconds{now.tv_sec}};
  const Ticks ticks = Ticks{seconds - kEpoch} + Ticks{now.tv_nsec / 100};
  *lpSystemTimeAsFileTime = TimeOf(ticks.count());
}

WINSHIM_EXPORT LONG WINAPI CompareFileTime(CONST FILETIME *lpFileTime1,
                                           CONST FILETIME *lpFileTime2) {
  const auto unsigned_ticks = [](const FILETIME *time) {
    return static_cast<uint64_t>(TicksOf(*time));
  };
  const uint64_t first = unsigned_ticks(lpFileTime1), second = unsigned_ticks(lpFileTime2);
  return first < second ? -1 : first > second;
}
