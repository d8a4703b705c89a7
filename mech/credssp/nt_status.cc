// SPDX-License-Identifier: MIT
#include "credssp/nt_status.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace gss_sspi::credssp {
namespace {

struct NameRow {
  uint32_t value;
  const char *name;
};

// Of SSPI, [MS-ERREF] 2.1.1. By value, as are the other tables.
constexpr NameRow kSecNames[] = {
#include "sec_names.inc"
};

struct MeaningRow {
  uint32_t value;
  const char *meaning;
};

// What those of them mean that servers send.
constexpr MeaningRow kSecMeanings[] = {
    {0x80090305, "the server lacks the authentication package"},
    {0x80090308, "the server does not understand a message of the login"},
    {0x8009030C, "wrong user or password"},
    {0x8009030E, "the server has no credentials"},
    {0x80090346, "the channel bindings of the two sides differ"},
};

struct NtStatusRow {
  uint32_t value;
  const char *name;
  const char *meaning;
};

// [MS-ERREF] 2.3.1.
constexpr NtStatusRow kNtStatuses[] = {
    {0xC0000022, "STATUS_ACCESS_DENIED", "access denied"},
    {0xC000005E, "STATUS_NO_LOGON_SERVERS", "no logon server can be reached"},
    {0xC0000064, "STATUS_NO_SUCH_USER", "wrong user or password"},
    {0xC000006A, "STATUS_WRONG_PASSWORD", "wrong user or password"},
    {0xC000006D, "STATUS_LOGON_FAILURE", "wrong user or password"},
    {0xC000006E, "STATUS_ACCOUNT_RESTRICTION",
     "a restriction of the account; members of Protected Users cannot log on with NTLM"},
    {0xC000006F, "STATUS_INVALID_LOGON_HOURS", "the account may not log on at this time"},
    {0xC0000070, "STATUS_INVALID_WORKSTATION", "the account may not log on from this workstation"},
    {0xC0000071, "STATUS_PASSWORD_EXPIRED", "password expired"},
    {0xC0000072, "STATUS_ACCOUNT_DISABLED", "account disabled"},
    {0xC00000BB, "STATUS_NOT_SUPPORTED", "the server refuses our version of CredSSP"},
    {0xC00000DC, "STATUS_INVALID_SERVER_STATE", "the server is not ready for logons"},
    {0xC0000133, "STATUS_TIME_DIFFERENCE_AT_DC", "the clocks differ"},
    {0xC000015B, "STATUS_LOGON_TYPE_NOT_GRANTED", "the account may not log on in this way"},
    {0xC000018B, "STATUS_NO_TRUST_SAM_ACCOUNT", "the domain does not know the server's account"},
    {0xC000018D, "STATUS_TRUSTED_RELATIONSHIP_FAILURE", "the trust with the domain failed"},
    {0xC0000190, "STATUS_TRUST_FAILURE", "the trust between the domains failed"},
    {0xC0000193, "STATUS_ACCOUNT_EXPIRED", "account expired"},
    {0xC0000224, "STATUS_PASSWORD_MUST_CHANGE", "the password must be changed first"},
    {0xC0000234, "STATUS_ACCOUNT_LOCKED_OUT", "account locked out"},
    {0xC0000388, "STATUS_DOWNGRADE_DETECTED", "the server saw an attempt to weaken the login"},
    {0xC0000413, "STATUS_AUTHENTICATION_FIREWALL_FAILED",
     "the account may not log on to this computer (authentication firewall)"},
    // From a server of RDP that takes raw NTLM only.
    {0xC00700EA, "Win32 error 0x00EA",
     "the server may take NTLM outside of SPNEGO only: try credssp:inner=ntlm"},
};

template <typename Row, size_t N>
constexpr bool IsSorted(const Row (&rows)[N]) {
  return std::is_sorted(std::begin(rows), std::end(rows),
                        [](const Row &a, const Row &b) { return a.value < b.value; });
}
static_assert(IsSorted(kSecNames) && IsSorted(kSecMeanings) && IsSorted(kNtStatuses));

template <typename Row, size_t N>
const Row *Find(const Row (&rows)[N], uint32_t value) {
  const Row *row = std::lower_bound(std::begin(rows), std::end(rows), value,
                                    [](const Row &a, uint32_t wanted) { return a.value < wanted; });
  return row != std::end(rows) && row->value == value ? row : nullptr;
}

// The facility that NTSTATUS has for Win32 errors.
constexpr uint32_t kWin32Facility = 0xC0070000;

}  // namespace

ErrorCodeText TextOfErrorCode(uint32_t value) {
  if (const NtStatusRow *row = Find(kNtStatuses, value)) return {row->name, row->meaning};
  ErrorCodeText text;
  if (const NameRow *row = Find(kSecNames, value)) text.name = row->name;
  if (const MeaningRow *row = Find(kSecMeanings, value)) text.meaning = row->meaning;
  return text;
}

void PrintErrorCode(uint32_t value, std::span<char> out) {
  const ErrorCodeText text = TextOfErrorCode(value);
  if (text.name != nullptr) {
    static_cast<void>(std::snprintf(out.data(), out.size(), "%s (0x%08X)%s%s", text.name, value,
                                    text.meaning != nullptr ? ": " : "",
                                    text.meaning != nullptr ? text.meaning : ""));
  } else if ((value & 0xFFFF0000) == kWin32Facility) {
    static_cast<void>(std::snprintf(out.data(), out.size(), "Win32 error 0x%04X (0x%08X)",
                                    value & 0xFFFF, value));
  } else {
    static_cast<void>(std::snprintf(out.data(), out.size(), "server reported 0x%08X", value));
  }
}

}  // namespace gss_sspi::credssp
