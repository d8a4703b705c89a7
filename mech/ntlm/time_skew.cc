// SPDX-License-Identifier: MIT
#include "ntlm/time_skew.h"

#include "policy/policy.h"

namespace gss_sspi::ntlm {
namespace {

// A FILETIME as calendar date and time. Days to date: the proleptic Gregorian calendar in eras of
// 400 years that begin on 1 March.
struct CalendarTime {
  unsigned long long year;
  unsigned month, day, hour, minute;
};

CalendarTime ToCalendar(FileTime time) {
  const uint64_t minutes = time / kFileTimePerSecond / 60;
  // Days since 0000-03-01; 1601-01-01 is day 584694 of that count.
  const uint64_t days = minutes / 1440 + 584694;
  const uint64_t era = days / 146097;
  const uint64_t day_of_era = days % 146097;
  const uint64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const uint64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint64_t shifted_month = (5 * day_of_year + 2) / 153;
  CalendarTime calendar;
  calendar.day = static_cast<unsigned>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  calendar.month =
      static_cast<unsigned>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  calendar.year = era * 400 + year_of_era + (calendar.month <= 2 ? 1 : 0);
  calendar.hour = static_cast<unsigned>(minutes / 60 % 24);
  calendar.minute = static_cast<unsigned>(minutes % 60);
  return calendar;
}

}  // namespace

Error CheckTimeSkew(FileTime theirs, FileTime ours) {
  const FileTime difference = theirs > ours ? theirs - ours : ours - theirs;
  if (difference <= kMaxClockSkew * kFileTimePerSecond) return kSuccess;
  const CalendarTime peer = ToCalendar(theirs);
  const CalendarTime here = ToCalendar(ours);
  return Fail(
      Status::kTimeSkew,
      "the peer says %04llu-%02u-%02u %02u:%02u UTC, here it is %04llu-%02u-%02u %02u:%02u UTC",
      peer.year, peer.month, peer.day, peer.hour, peer.minute, here.year, here.month, here.day,
      here.hour, here.minute);
}

}  // namespace gss_sspi::ntlm
