// SPDX-License-Identifier: MIT
// libwinshim beside libsspi, as a ported program links both: what needs a login.
#include <secext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <windows.h>

#include "support.h"

// Section 1.3: a token of an acceptor is closed with CloseHandle, once.
START_TEST(TokensAreClosed) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    HANDLE token = NULL;
    EXPECT(SEC_E_OK, QuerySecurityContextToken(&pair->server, &token));
    const char *client = NULL;
    EXPECT(SEC_E_OK, SspiGetTokenUser(token, &client, NULL));
    ck_assert_str_eq(client, lane->client);
    ck_assert(CloseHandle(token));
    EXPECT(SEC_E_INVALID_HANDLE, SspiGetTokenUser(token, &client, NULL));
    ck_assert(!CloseHandle(token));
    ck_assert_uint_eq(GetLastError(), ERROR_INVALID_HANDLE);
    log_out(pair);
  }
}
END_TEST

// The reason of a failed login reaches the program.
START_TEST(FailuresHaveAReason) {
  char text[1024];
  FOR_EACH_LANE(lane) {
    if (!is_ntlm(lane)) continue;
    struct pair pair = {.client_credential = client_with(lane, SSPI_USER, "wrong"),
                        .server_credential = server_of(lane)};
    EXPECT(SEC_E_LOGON_DENIED, try_log_in(&pair, kProtect, 0));
    const SECURITY_STATUS status = SspiLastErrorStatus();
    ck_assert_int_eq(status, SEC_E_LOGON_DENIED);
    ck_assert_uint_ne(
        FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, (DWORD)status, 0, text, sizeof text, NULL),
        0);
    ck_assert_int_eq(strncmp(text, "The login was refused: ", 23), 0);
    ck_assert_ptr_nonnull(strstr(text, SspiLastErrorText()));
  }
}
END_TEST

// PuTTY's way: an expiry is local time, and becomes one that can be compared with the clock.
START_TEST(ExpiriesAreTimes) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    SecPkgContext_Lifespan span;
    EXPECT(SEC_E_OK, QueryContextAttributesA(&pair->client, SECPKG_ATTR_LIFESPAN, &span));
    const FILETIME local = {span.tsExpiry.LowPart, (DWORD)span.tsExpiry.HighPart};
    FILETIME utc;
    SYSTEMTIME parts;
    ck_assert(LocalFileTimeToFileTime(&local, &utc));
    ck_assert(FileTimeToSystemTime(&utc, &parts));
    const time_t now = time(NULL);
    ck_assert_int_ge(parts.wYear, gmtime(&now)->tm_year + 1900);
    log_out(pair);
  }
}
END_TEST

static int64_t utc_expiry(CtxtHandle *context) {
  SecPkgContext_Lifespan span;
  EXPECT(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_LIFESPAN, &span));
  const FILETIME local = {span.tsExpiry.LowPart, (DWORD)span.tsExpiry.HighPart};
  FILETIME utc;
  ck_assert(LocalFileTimeToFileTime(&local, &utc));
  return (int64_t)((uint64_t)utc.dwHighDateTime << 32 | utc.dwLowDateTime);
}

static void set_zone(const char *zone) {
  ck_assert_int_eq(setenv("TZ", zone, 1), 0);
  tzset();
}

// Also when daylight saving time begins before the expiry: both ways take the offset of now.
START_TEST(ExpiriesAcrossAChangeOfTheClock) {
  FOR_EACH_LANE(lane) {
    if (is_ntlm(lane)) continue;  // has no expiry
    struct pair *pair = log_in(lane, kProtect, 0);
    set_zone("UTC0");
    const int64_t expected = utc_expiry(&pair->client);
    const int64_t left = expected / 10000000 - 11644473600 - time(NULL);
    ck_assert_int_gt(left, 60);
    const time_t change = time(NULL) + left / 2;
    struct tm tm;
    ck_assert_ptr_nonnull(gmtime_r(&change, &tm));
    char zone[64];
    snprintf(zone, sizeof zone, "AAA0BBB,%d/%d:%d:%d,%d/0", tm.tm_yday, tm.tm_hour, tm.tm_min,
             tm.tm_sec, (tm.tm_yday + 100) % 365);
    set_zone(zone);
    const int64_t difference = (utc_expiry(&pair->client) - expected) / 10000000;
    ck_assert_msg(difference >= -5 && difference <= 5, "%s: %ld s", zone, (long)difference);
    log_out(pair);
  }
}
END_TEST

// The principal of the default tickets, from a cache that kinit fills.
START_TEST(PrincipalOfTheTickets) {
  char name[256];
  ULONG size = sizeof name;
  ck_assert_int_eq(setenv("KRB5CCNAME", "MEMORY:none", 1), 0);
  ck_assert(!GetUserNameExA(NameUserPrincipal, name, &size));
  ck_assert_uint_eq(GetLastError(), ERROR_NONE_MAPPED);
  if (!has_realm()) return;

  char path[] = "/tmp/winshim-tickets-XXXXXX", cache[64];
  const int file = mkstemp(path);
  ck_assert_int_ge(file, 0);
  close(file);
  snprintf(cache, sizeof cache, "FILE:%s", path);
  ck_assert_int_eq(setenv("KRB5CCNAME", cache, 1), 0);
  ck_assert_int_eq(
      system("echo " SSPI_PASSWORD " | kinit " SSPI_USER "@" SSPI_DOMAIN " >/dev/null"), 0);
  const BOOLEAN known = GetUserNameExA(NameUserPrincipal, name, &size);
  const DWORD error = GetLastError();
  unlink(path);
  ck_assert_msg(known, "%u", error);
  ck_assert_str_eq(name, SSPI_USER "@" SSPI_DOMAIN);
  ck_assert_uint_eq(size, strlen(name));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("winshim login");
  TCase *tests = tcase_create("winshim login");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, TokensAreClosed);
  tcase_add_test(tests, FailuresHaveAReason);
  tcase_add_test(tests, ExpiriesAreTimes);
  tcase_add_test(tests, ExpiriesAcrossAChangeOfTheClock);
  tcase_add_test(tests, PrincipalOfTheTickets);
  suite_add_tcase(suite, tests);
  return run_sspi_suite(suite);
}
