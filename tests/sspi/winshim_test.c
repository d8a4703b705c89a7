// SPDX-License-Identifier: MIT
// libwinshim by itself: every function against what Microsoft's reference says of it, or, where
// that is too wide for a ported program, against our header. Not linked with libsspi: LoadLibrary
// must find it. Check runs each test in a process of its own, so that each begins without libsspi.
#include <check.h>
#include <iconv.h>
#include <pthread.h>
#include <pwd.h>
#include <secext.h>
#include <sspi.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/fsuid.h>
#include <tchar.h>
#include <time.h>
#include <unistd.h>

#include "../unit/check_main.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

// The call fails with this code, and not because of what was left from the last one.
#define EXPECT_ERROR(code, call)             \
  do {                                       \
    SetLastError(0xDEAD);                    \
    ck_assert(!(call));                      \
    ck_assert_uint_eq(GetLastError(), code); \
  } while (0)

static WCHAR *wide(const char *utf8) {
  static WCHAR buffer[4][512];
  static int next;
  WCHAR *out = buffer[next++ % 4];
  ck_assert_int_gt(MultiByteToWideChar(CP_UTF8, 0, utf8, -1, out, 512), 0);
  return out;
}

// ---- last error -------------------------------------------------------------------------------

static void *other_thread(void *seen) {
  *(DWORD *)seen = GetLastError();
  SetLastError(7);
  return NULL;
}

START_TEST(LastErrorIsOfTheThread) {
  pthread_t thread;
  DWORD seen = 99;
  ck_assert_uint_eq(GetLastError(), ERROR_SUCCESS);
  SetLastError(0xFFFFFFFF);
  ck_assert_int_eq(pthread_create(&thread, NULL, other_thread, &seen), 0);
  ck_assert_int_eq(pthread_join(thread, NULL), 0);
  ck_assert_uint_eq(seen, ERROR_SUCCESS);
  ck_assert_uint_eq(GetLastError(), 0xFFFFFFFF);
}
END_TEST

// ---- LoadLibrary ------------------------------------------------------------------------------

static const char *const kKnown[] = {
    "secur32.dll",
    "Secur32.DLL",
    "SECUR32",
    "security.dll",
    "security",
    "sspicli.dll",
    "SspiCli",
    "C:\\Windows\\System32\\secur32.dll",
    "c:/windows/system32/SECURITY.DLL",
    "c:sspicli",
    "./secur32.dll",
};
static const char *const kUnknown[] = {
    "",
    ".dll",
    "secur32.",
    "secur32.dll.dll",
    "secur32.dll ",
    "secur32.so",
    "xsecur32.dll",
    "secur32.dll/",
    "kernel32.dll",
    "libsspi.so.0",
    "libm.so.6",
    "/lib/x86_64-linux-gnu/libm.so.6",
    "s\303\251cur32",
};

START_TEST(LoadLibraryKnowsOneLibrary) {
  for (size_t i = 0; i < COUNT(kKnown); ++i) {
    const HMODULE a = LoadLibraryA(kKnown[i]);
    ck_assert_msg(a != NULL, "%s: %u", kKnown[i], GetLastError());
    ck_assert_ptr_eq(LoadLibraryW(wide(kKnown[i])), a);
    ck_assert(FreeLibrary(a));
    ck_assert(FreeLibrary(a));
    EXPECT_ERROR(ERROR_MOD_NOT_FOUND, FreeLibrary(a));
  }
  for (size_t i = 0; i < COUNT(kUnknown); ++i) {
    EXPECT_ERROR(ERROR_MOD_NOT_FOUND, LoadLibraryA(kUnknown[i]));
    EXPECT_ERROR(ERROR_MOD_NOT_FOUND, LoadLibraryW(wide(kUnknown[i])));
  }
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, LoadLibraryA(NULL));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, LoadLibraryW(NULL));
}
END_TEST

START_TEST(LoadLibraryExTakesWaysToSearch) {
  static const DWORD kFlags[] = {0, LOAD_LIBRARY_SEARCH_SYSTEM32, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS,
                                 DONT_RESOLVE_DLL_REFERENCES, 0x8 /* ALTERED_SEARCH_PATH */};
  const HMODULE library = LoadLibraryA("secur32");
  for (size_t i = 0; i < COUNT(kFlags); ++i) {
    ck_assert_ptr_eq(LoadLibraryExA("secur32.dll", NULL, kFlags[i]), library);
    ck_assert_ptr_eq(LoadLibraryExW(wide("secur32.dll"), NULL, kFlags[i]), library);
  }
  for (size_t i = 0; i < 2 * COUNT(kFlags) + 1; ++i) ck_assert(FreeLibrary(library));
  EXPECT_ERROR(ERROR_MOD_NOT_FOUND, FreeLibrary(library));
  EXPECT_ERROR(ERROR_MOD_NOT_FOUND, LoadLibraryExA("kernel32", NULL, 0));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, LoadLibraryExA(NULL, NULL, 0));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, LoadLibraryExW(NULL, NULL, 0));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, LoadLibraryExA("secur32", library, 0));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, LoadLibraryExW(wide("secur32"), library, 0));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, LoadLibraryExA("secur32", NULL, 2 /* AS_DATAFILE */));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, LoadLibraryExW(wide("secur32"), NULL, 2));
}
END_TEST

START_TEST(GetModuleHandleLoadsNothing) {
  EXPECT_ERROR(ERROR_MOD_NOT_FOUND, GetModuleHandleA("secur32.dll"));
  EXPECT_ERROR(ERROR_MOD_NOT_FOUND, GetModuleHandleW(wide("secur32.dll")));
  const HMODULE library = LoadLibraryA("secur32.dll");
  ck_assert_ptr_eq(GetModuleHandleA("SECUR32"), library);
  ck_assert_ptr_eq(GetModuleHandleW(wide("sspicli.dll")), library);
  EXPECT_ERROR(ERROR_MOD_NOT_FOUND, GetModuleHandleA("kernel32.dll"));
  EXPECT_ERROR(ERROR_MOD_NOT_FOUND, GetModuleHandleA(NULL));
  EXPECT_ERROR(ERROR_MOD_NOT_FOUND, GetModuleHandleW(NULL));
  // It gives nothing that FreeLibrary could take back, and needs no handle of LoadLibrary.
  ck_assert(FreeLibrary(library));
  EXPECT_ERROR(ERROR_MOD_NOT_FOUND, FreeLibrary(library));
  ck_assert(GetProcAddress(library, "FreeContextBuffer") != NULL);
}
END_TEST

START_TEST(GetProcAddressKnowsTheExports) {
  const HMODULE library = LoadLibrary(TEXT("secur32.dll"));
  ck_assert_ptr_nonnull(library);
  const INIT_SECURITY_INTERFACE_A init =
      (INIT_SECURITY_INTERFACE_A)(void (*)(void))GetProcAddress(library, SECURITY_ENTRYPOINTA);
  ck_assert(init != NULL);
  ck_assert_uint_eq(init()->dwVersion, SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION);
  ck_assert(GetProcAddress(library, "FreeContextBuffer") != NULL);

  // Names are exact. What the libraries of libsspi export is not its own.
  static const char *const kNone[] = {"",       "initsecurityinterfacea", "gss_init_sec_context",
                                      "malloc", "LoadLibraryA",           "NoSuchFunction"};
  for (size_t i = 0; i < COUNT(kNone); ++i) {
    EXPECT_ERROR(ERROR_PROC_NOT_FOUND, GetProcAddress(library, kNone[i]));
  }
  EXPECT_ERROR(ERROR_PROC_NOT_FOUND, GetProcAddress(library, NULL));
  EXPECT_ERROR(ERROR_PROC_NOT_FOUND, GetProcAddress(library, (LPCSTR)(uintptr_t)0xFFFF));

  int foreign;
  HMODULE const strangers[] = {NULL, INVALID_HANDLE_VALUE, &foreign};
  for (size_t i = 0; i < COUNT(strangers); ++i) {
    EXPECT_ERROR(ERROR_MOD_NOT_FOUND, GetProcAddress(strangers[i], SECURITY_ENTRYPOINTA));
    EXPECT_ERROR(ERROR_MOD_NOT_FOUND, FreeLibrary(strangers[i]));
  }

  // The last FreeLibrary ends the handle; what it led to stays in memory.
  ck_assert(FreeLibrary(library));
  EXPECT_ERROR(ERROR_MOD_NOT_FOUND, GetProcAddress(library, SECURITY_ENTRYPOINTA));
  ck_assert_uint_eq(init()->dwVersion, SECURITY_SUPPORT_PROVIDER_INTERFACE_VERSION);
}
END_TEST

static void *load_and_free(void *success) {
  for (int i = 0; i < 2000; ++i) {
    const HMODULE library = LoadLibraryA("secur32");
    if (library == NULL || GetProcAddress(library, "FreeContextBuffer") == NULL) return library;
    if (!FreeLibrary(library)) return library;
  }
  return success;
}

START_TEST(LoadLibraryCountsInManyThreads) {
  pthread_t threads[8];
  for (size_t i = 0; i < COUNT(threads); ++i) {
    ck_assert_int_eq(pthread_create(&threads[i], NULL, load_and_free, &threads), 0);
  }
  for (size_t i = 0; i < COUNT(threads); ++i) {
    void *result = NULL;
    ck_assert_int_eq(pthread_join(threads[i], &result), 0);
    ck_assert_ptr_eq(result, &threads);
  }
  const HMODULE library = LoadLibraryA("secur32");
  ck_assert(FreeLibrary(library));
  EXPECT_ERROR(ERROR_MOD_NOT_FOUND, FreeLibrary(library));
}
END_TEST

// ---- FormatMessage ----------------------------------------------------------------------------

enum { kSystem = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS };
static const char kDenied[] = "The login was refused.\r\n";

START_TEST(FormatMessageTellsTheText) {
  char text[128];
  WCHAR wide_text[128];
  const DWORD code = (DWORD)SEC_E_LOGON_DENIED;
  ck_assert_uint_eq(FormatMessageA(kSystem, NULL, code, 0, text, sizeof text, NULL),
                    sizeof kDenied - 1);
  ck_assert_str_eq(text, kDenied);
  ck_assert_uint_eq(FormatMessageW(kSystem, NULL, code, 0, wide_text, 128, NULL),
                    sizeof kDenied - 1);
  ck_assert_mem_eq(wide_text, wide(kDenied), sizeof kDenied * sizeof(WCHAR));

  // One line, and lines of a width: words stay whole.
  ck_assert_uint_ne(FormatMessageA(kSystem | FORMAT_MESSAGE_MAX_WIDTH_MASK, NULL, code, 0, text,
                                   sizeof text, NULL),
                    0);
  ck_assert_str_eq(text, "The login was refused. ");
  ck_assert_uint_ne(FormatMessageA(kSystem | 9, NULL, code, 0, text, sizeof text, NULL), 0);
  ck_assert_str_eq(text, "The login\r\nwas\r\nrefused. ");
  ck_assert_uint_ne(FormatMessageA(kSystem | 1, NULL, code, 0, text, sizeof text, NULL), 0);
  ck_assert_str_eq(text, "The\r\nlogin\r\nwas\r\nrefused. ");

  static const DWORD kLanguages[] = {0, MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT),
                                     MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US)};
  for (size_t i = 0; i < COUNT(kLanguages); ++i) {
    ck_assert_uint_ne(FormatMessageA(kSystem, NULL, code, kLanguages[i], text, 128, NULL), 0);
  }
  ck_assert_uint_ne(FormatMessageA(kSystem, NULL, ERROR_SUCCESS, 0, text, sizeof text, NULL), 0);
  ck_assert_uint_ne(FormatMessageA(kSystem, NULL, ERROR_NONE_MAPPED, 0, text, 128, NULL), 0);
  ck_assert_str_eq(text, "There is no such name for this user.\r\n");
}
END_TEST

START_TEST(FormatMessageAllocates) {
  const DWORD code = (DWORD)SEC_E_LOGON_DENIED;
  char *text = NULL;
  ck_assert_uint_eq(FormatMessageA(kSystem | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, code, 0,
                                   (LPSTR)&text, 0, NULL),
                    sizeof kDenied - 1);
  ck_assert_str_eq(text, kDenied);
  ck_assert_ptr_null(LocalFree(text));
  // nSize is the least that is allocated.
  WCHAR *wide_text = NULL;
  ck_assert_uint_eq(FormatMessageW(kSystem | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL, code, 0,
                                   (LPWSTR)&wide_text, 5000, NULL),
                    sizeof kDenied - 1);
  memset(wide_text, 0, 5000 * sizeof(WCHAR));
  ck_assert_ptr_null(LocalFree(wide_text));
  text = (char *)&code;
  EXPECT_ERROR(ERROR_MR_MID_NOT_FOUND, FormatMessageA(kSystem | FORMAT_MESSAGE_ALLOCATE_BUFFER,
                                                      NULL, 12345, 0, (LPSTR)&text, 0, NULL));
  ck_assert_ptr_null(text);
}
END_TEST

START_TEST(FormatMessageRefuses) {
  char text[128] = "xyz";
  const DWORD code = (DWORD)SEC_E_LOGON_DENIED;
  EXPECT_ERROR(ERROR_MR_MID_NOT_FOUND,
               FormatMessageA(kSystem, NULL, 0x8009FFFF, 0, text, 128, NULL));
  EXPECT_ERROR(ERROR_NOT_SUPPORTED,
               FormatMessageA(FORMAT_MESSAGE_FROM_HMODULE, NULL, code, 0, text, 128, NULL));
  EXPECT_ERROR(ERROR_RESOURCE_LANG_NOT_FOUND,
               FormatMessageA(kSystem, NULL, code, 0x0407, text, 128, NULL));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, FormatMessageA(0, NULL, code, 0, text, 128, NULL));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, FormatMessageA(kSystem, NULL, code, 0, NULL, 128, NULL));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, FormatMessageW(kSystem | FORMAT_MESSAGE_ALLOCATE_BUFFER,
                                                       NULL, code, 0, NULL, 0, NULL));
  EXPECT_ERROR(ERROR_NOT_SUPPORTED,
               FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "%1", 0, 0, text, 128, NULL));
  ck_assert_str_eq(text, "xyz");

  // The NUL needs room too; what is too small becomes "" and nothing behind it is written.
  memset(text, 'x', sizeof text);
  EXPECT_ERROR(ERROR_INSUFFICIENT_BUFFER,
               FormatMessageA(kSystem, NULL, code, 0, text, sizeof kDenied - 1, NULL));
  ck_assert_int_eq(text[0], 0);
  for (size_t i = 1; i < sizeof text; ++i) ck_assert_int_eq(text[i], 'x');
  EXPECT_ERROR(ERROR_INSUFFICIENT_BUFFER, FormatMessageA(kSystem, NULL, code, 0, text, 0, NULL));
  ck_assert_uint_ne(FormatMessageA(kSystem, NULL, code, 0, text, sizeof kDenied, NULL), 0);
}
END_TEST

static void *text_in_another_thread(void *text) {
  FormatMessageA(kSystem, NULL, (DWORD)SEC_E_SECPKG_NOT_FOUND, 0, text, 512, NULL);
  return NULL;
}

// Section 6.6: FormatMessage adds why this thread's last call failed.
START_TEST(FormatMessageAddsTheReason) {
  const HMODULE library = LoadLibraryA("secur32.dll");
  const PSecurityFunctionTableA table =
      ((INIT_SECURITY_INTERFACE_A)(void (*)(void))GetProcAddress(library, SECURITY_ENTRYPOINTA))();
  const char *(*const last_text)(void) =
      (const char *(*)(void))(void (*)(void))GetProcAddress(library, "SspiLastErrorText");
  PSecPkgInfoA info = NULL;
  char name[] = "no-such-package", text[512], plain[512];
  ck_assert_int_eq(table->QuerySecurityPackageInfoA(name, &info), SEC_E_SECPKG_NOT_FOUND);
  ck_assert_uint_gt(strlen(last_text()), 0);

  const DWORD code = (DWORD)SEC_E_SECPKG_NOT_FOUND;
  ck_assert_uint_eq(FormatMessageA(kSystem, NULL, code, 0, text, sizeof text, NULL), strlen(text));
  ck_assert_msg(strstr(text, last_text()) != NULL, "%s does not tell %s", text, last_text());
  ck_assert_str_eq(text + strlen(text) - 3, ".\r\n");

  // Not for another code, and not of another thread.
  ck_assert_uint_ne(
      FormatMessageA(kSystem, NULL, (DWORD)SEC_E_LOGON_DENIED, 0, plain, sizeof plain, NULL), 0);
  ck_assert_str_eq(plain, kDenied);
  pthread_t thread;
  ck_assert_int_eq(pthread_create(&thread, NULL, text_in_another_thread, plain), 0);
  ck_assert_int_eq(pthread_join(thread, NULL), 0);
  ck_assert_str_eq(plain, "There is no such security package.\r\n");
}
END_TEST

// ---- memory and handles -----------------------------------------------------------------------

START_TEST(LocalMemory) {
  static const char kZeroes[100];
  char *memory = LocalAlloc(LPTR, sizeof kZeroes);
  ck_assert_mem_eq(memory, kZeroes, sizeof kZeroes);
  ck_assert_ptr_null(LocalFree(memory));
  memory = LocalAlloc(LMEM_FIXED, 0);
  ck_assert_ptr_nonnull(memory);
  ck_assert_ptr_null(LocalFree(memory));
  ck_assert_ptr_null(LocalFree(NULL));
  EXPECT_ERROR(ERROR_NOT_SUPPORTED, LocalAlloc(LHND, 1));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, LocalAlloc(0x8000, 1));
  EXPECT_ERROR(ERROR_NOT_ENOUGH_MEMORY, LocalAlloc(LMEM_FIXED, SIZE_MAX / 2));
}
END_TEST

START_TEST(CloseHandleKnowsOnlyTokens) {
  int foreign;
  HANDLE const strangers[] = {NULL, INVALID_HANDLE_VALUE, (HANDLE)(LONG_PTR)-2, &foreign,
                              (HANDLE)(uintptr_t)42};
  for (size_t loaded = 0; loaded < 2; ++loaded) {
    for (size_t i = 0; i < COUNT(strangers); ++i) {
      EXPECT_ERROR(ERROR_INVALID_HANDLE, CloseHandle(strangers[i]));
    }
    ck_assert_ptr_nonnull(LoadLibraryA("secur32"));
  }
}
END_TEST

// ---- times ------------------------------------------------------------------------------------

enum { kTicksPerSecond = 10000000 };
static const uint64_t k1970 = 116444736000000000;

static FILETIME time_of(uint64_t ticks) { return (FILETIME){(DWORD)ticks, (DWORD)(ticks >> 32)}; }
static uint64_t ticks_of(FILETIME time) {
  return (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

static void set_zone(const char *zone) {
  ck_assert_int_eq(setenv("TZ", zone, 1), 0);
  tzset();
}

// LocalFileTimeToFileTime takes the zone as it is now, also for a time on the other side of a
// change.
START_TEST(LocalTimes) {
  static const struct {
    const char *zone;
    int64_t ahead;  // seconds
  } kZones[] = {{"UTC0", 0},
                {"EST5", -5 * 3600},
                {"NPT-5:45", 20700},
                {"ONE0TWO-2,0/0,J365/23", 7200}};  // daylight saving all the year
  for (size_t i = 0; i < COUNT(kZones); ++i) {
    set_zone(kZones[i].zone);
    for (int month = 0; month < 12; ++month) {
      const uint64_t utc = k1970 + (uint64_t)(1700000000 + month * 2592000) * kTicksPerSecond + 7;
      const uint64_t local = utc + (uint64_t)(kZones[i].ahead * kTicksPerSecond);
      FILETIME from = time_of(local), to = {0, 0};
      ck_assert(LocalFileTimeToFileTime(&from, &to));
      ck_assert_uint_eq(ticks_of(to), utc);
      ck_assert(FileTimeToLocalFileTime(&to, &from));
      ck_assert_uint_eq(ticks_of(from), local);
    }
  }
}
END_TEST

START_TEST(TimesAtTheEnds) {
  static const char *const kZones[] = {"EST5", "NPT-5:45"};
  for (size_t i = 0; i < COUNT(kZones); ++i) {
    set_zone(kZones[i]);
    // S130: never stays never.
    FILETIME never = time_of(INT64_MAX), out = {1, 2};
    ck_assert(LocalFileTimeToFileTime(&never, &out));
    ck_assert_uint_eq(ticks_of(out), INT64_MAX);
    ck_assert(FileTimeToLocalFileTime(&never, &out));
    ck_assert_uint_eq(ticks_of(out), INT64_MAX);
    FILETIME late = time_of(INT64_MAX - 1);
    BOOL(*const later)
    (const FILETIME *, FILETIME *) = i == 0 ? LocalFileTimeToFileTime : FileTimeToLocalFileTime;
    ck_assert(later(&late, &out));
    ck_assert_uint_eq(ticks_of(out), INT64_MAX);

    out = (FILETIME){1, 2};
    FILETIME early = {0, 0}, negative = time_of(UINT64_C(1) << 63);
    BOOL(*const earlier)
    (const FILETIME *, FILETIME *) = i == 0 ? FileTimeToLocalFileTime : LocalFileTimeToFileTime;
    EXPECT_ERROR(ERROR_INVALID_PARAMETER, earlier(&early, &out));
    EXPECT_ERROR(ERROR_INVALID_PARAMETER, LocalFileTimeToFileTime(&negative, &out));
    EXPECT_ERROR(ERROR_INVALID_PARAMETER, LocalFileTimeToFileTime(NULL, &out));
    EXPECT_ERROR(ERROR_INVALID_PARAMETER, FileTimeToLocalFileTime(&never, NULL));
    ck_assert(out.dwLowDateTime == 1 && out.dwHighDateTime == 2);
  }
}
END_TEST

START_TEST(SystemTimes) {
  FILETIME time = {0, 0};
  SYSTEMTIME parts;
  ck_assert(FileTimeToSystemTime(&time, &parts));
  ck_assert(parts.wYear == 1601 && parts.wMonth == 1 && parts.wDay == 1 && parts.wDayOfWeek == 1);
  // The C library agrees, from 1601 to 9999.
  for (int64_t seconds = -11644473600; seconds < 253402300800; seconds += 98765432) {
    const time_t when = (time_t)seconds;
    struct tm tm;
    time = time_of(k1970 + (uint64_t)(seconds * kTicksPerSecond) + 1239999);
    ck_assert(FileTimeToSystemTime(&time, &parts));
    ck_assert_ptr_nonnull(gmtime_r(&when, &tm));
    ck_assert_int_eq(parts.wYear, tm.tm_year + 1900);
    ck_assert_int_eq(parts.wMonth, tm.tm_mon + 1);
    ck_assert_int_eq(parts.wDay, tm.tm_mday);
    ck_assert_int_eq(parts.wDayOfWeek, tm.tm_wday);
    ck_assert_int_eq(parts.wHour, tm.tm_hour);
    ck_assert_int_eq(parts.wMinute, tm.tm_min);
    ck_assert_int_eq(parts.wSecond, tm.tm_sec);
    ck_assert_int_eq(parts.wMilliseconds, 123);
    FILETIME back;
    parts.wDayOfWeek = 9;  // does not matter
    ck_assert(SystemTimeToFileTime(&parts, &back));
    ck_assert_uint_eq(ticks_of(back), ticks_of(time) - 9999);
  }
  time = time_of(INT64_MAX);
  ck_assert(FileTimeToSystemTime(&time, &parts));
  ck_assert_int_eq(parts.wYear, 30828);
  memset(&parts, 7, sizeof parts);
  const SYSTEMTIME before = parts;
  time = time_of(UINT64_C(1) << 63);
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, FileTimeToSystemTime(&time, &parts));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, FileTimeToSystemTime(NULL, &parts));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, FileTimeToSystemTime(&time, NULL));
  ck_assert_mem_eq(&parts, &before, sizeof parts);
}
END_TEST

START_TEST(SystemTimesThatAreNot) {
  static const SYSTEMTIME kGood[] = {{2024, 2, 0, 29, 23, 59, 59, 999},
                                     {1601, 1, 0, 1, 0, 0, 0, 0},
                                     {30827, 12, 0, 31, 23, 59, 59, 999}};
  static const SYSTEMTIME kBad[] = {
      {2023, 2, 0, 29, 0, 0, 0, 0},  {1600, 12, 0, 31, 0, 0, 0, 0},  {30828, 1, 0, 1, 0, 0, 0, 0},
      {2024, 0, 0, 1, 0, 0, 0, 0},   {2024, 13, 0, 1, 0, 0, 0, 0},   {2024, 1, 0, 0, 0, 0, 0, 0},
      {2024, 4, 0, 31, 0, 0, 0, 0},  {2024, 1, 0, 1, 24, 0, 0, 0},   {2024, 1, 0, 1, 0, 60, 0, 0},
      {2024, 1, 0, 1, 0, 0, 60, 0},  {2024, 1, 0, 1, 0, 0, 0, 1000}, {2024, 257, 0, 1, 0, 0, 0, 0},
      {2024, 1, 0, 257, 0, 0, 0, 0}, {65535, 1, 0, 1, 0, 0, 0, 0}};
  FILETIME time;
  for (size_t i = 0; i < COUNT(kGood); ++i) ck_assert(SystemTimeToFileTime(&kGood[i], &time));
  time = (FILETIME){1, 2};
  for (size_t i = 0; i < COUNT(kBad); ++i) {
    EXPECT_ERROR(ERROR_INVALID_PARAMETER, SystemTimeToFileTime(&kBad[i], &time));
  }
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, SystemTimeToFileTime(NULL, &time));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, SystemTimeToFileTime(&kGood[0], NULL));
  ck_assert(time.dwLowDateTime == 1 && time.dwHighDateTime == 2);
}
END_TEST

START_TEST(NowAndOrder) {
  FILETIME now;
  const time_t before = time(NULL);
  GetSystemTimeAsFileTime(&now);
  const uint64_t seconds = (ticks_of(now) - k1970) / kTicksPerSecond;
  ck_assert_uint_ge(seconds, (uint64_t)before);
  // Not time(2), whose clock is some milliseconds behind.
  struct timespec after;
  clock_gettime(CLOCK_REALTIME, &after);
  ck_assert_uint_le(seconds, (uint64_t)after.tv_sec);
  const FILETIME low = {5, 1}, high = {1, 2}, top = {0, 0x80000000};
  ck_assert_int_eq(CompareFileTime(&low, &high), -1);
  ck_assert_int_eq(CompareFileTime(&high, &low), 1);
  ck_assert_int_eq(CompareFileTime(&high, &top), -1);
  ck_assert_int_eq(CompareFileTime(&top, &top), 0);
}
END_TEST

// ---- UTF-8 and UTF-16 -------------------------------------------------------------------------

// Every code point, compared with iconv(3), there and back.
START_TEST(EveryCodePoint) {
  const iconv_t to_utf8 = iconv_open("UTF-8", "UTF-32LE");
  const iconv_t to_utf16 = iconv_open("UTF-16LE", "UTF-32LE");
  ck_assert(to_utf8 != (iconv_t)-1 && to_utf16 != (iconv_t)-1);
  enum { kBlock = 0x800 };
  static uint32_t points[kBlock];
  static char utf8[4 * kBlock], got_utf8[4 * kBlock + 1];
  static WCHAR utf16[2 * kBlock], got_utf16[2 * kBlock + 1];
  for (uint32_t block = 0; block < 0x110000; block += kBlock) {
    if (block == 0xD800) continue;
    for (uint32_t i = 0; i < kBlock; ++i) points[i] = block + i;
    char *in = (char *)points, *out = utf8, *wide_out = (char *)utf16;
    size_t left = sizeof points, room = sizeof utf8, wide_room = sizeof utf16;
    ck_assert_uint_eq(iconv(to_utf8, &in, &left, &out, &room), 0);
    in = (char *)points, left = sizeof points;
    ck_assert_uint_eq(iconv(to_utf16, &in, &left, &wide_out, &wide_room), 0);
    const int octets = (int)(out - utf8), units = (int)((WCHAR *)(void *)wide_out - utf16);

    const DWORD strict = MB_ERR_INVALID_CHARS;
    ck_assert_int_eq(MultiByteToWideChar(CP_UTF8, strict, utf8, octets, NULL, 0), units);
    ck_assert_int_eq(MultiByteToWideChar(CP_UTF8, strict, utf8, octets, got_utf16, units), units);
    ck_assert_mem_eq(got_utf16, utf16, (size_t)units * sizeof(WCHAR));
    ck_assert_int_eq(
        WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, utf16, units, NULL, 0, NULL, NULL),
        octets);
    ck_assert_int_eq(WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, utf16, units, got_utf8,
                                         octets, NULL, NULL),
                     octets);
    ck_assert_mem_eq(got_utf8, utf8, (size_t)octets);
  }
  iconv_close(to_utf8);
  iconv_close(to_utf16);
}
END_TEST

// Malformed UTF-8 and where U+FFFD (here "?") stands for it; the first two are tables 3-8 and 3-11
// of the Unicode standard.
static const struct {
  const char *utf8;
  const char *result;
} kMalformed[] = {
    {"a\xF1\x80\x80\xE1\x80\xC2"
     "b\x80"
     "c\x80\xBF"
     "d",
     "a???b?c??d"},
    {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF"
     "A",
     "????A"},
    {"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82"
     "A",
     "????????A"},  // overlong
    {"\xED\xA0\x80\xED\xBF\xBF\xED\xAF"
     "A",
     "????????A"},  // surrogates
    {"\xF4\x91\x92\x93\xFF"
     "A\x80\xBF"
     "B",
     "?????A??B"},  // above U+10FFFF
    {"\xC3", "?"},
    {"\xE2\x82", "?"},
    {"\xF0\x9F\x98", "?"},
};

START_TEST(MalformedUtf8) {
  for (size_t i = 0; i < COUNT(kMalformed); ++i) {
    WCHAR out[32];
    const char *expected = kMalformed[i].result;
    const int length = (int)strlen(kMalformed[i].utf8);
    ck_assert_int_eq(MultiByteToWideChar(CP_UTF8, 0, kMalformed[i].utf8, length, out, 32),
                     (int)strlen(expected));
    for (size_t k = 0; expected[k] != 0; ++k) {
      ck_assert_uint_eq(out[k], expected[k] == '?' ? 0xFFFDU : (WCHAR)expected[k]);
    }
    EXPECT_ERROR(
        ERROR_NO_UNICODE_TRANSLATION,
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, kMalformed[i].utf8, length, out, 32));
  }
}
END_TEST

START_TEST(MalformedUtf16) {
  static const WCHAR kTexts[][3] = {
      {0xD800, 'a', 0}, {0xDC00, 'a', 0}, {'a', 0xDBFF, 0}, {0xDC00, 0xD800, 0}};
  for (size_t i = 0; i < COUNT(kTexts); ++i) {
    char out[16];
    BOOL used = 9;
    const int octets = i == 3 ? 7 : 5;
    ck_assert_int_eq(WideCharToMultiByte(CP_UTF8, 0, kTexts[i], -1, out, 16, NULL, NULL), octets);
    ck_assert_ptr_nonnull(strstr(out, "\xEF\xBF\xBD"));
    EXPECT_ERROR(
        ERROR_NO_UNICODE_TRANSLATION,
        WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, kTexts[i], -1, out, 16, NULL, NULL));
    ck_assert_int_eq(WideCharToMultiByte(CP_ACP, 0, kTexts[i], -1, out, 16, "?", &used), octets);
    ck_assert_int_eq(used, TRUE);
    ck_assert_int_eq(WideCharToMultiByte(CP_ACP, 0, kTexts[i] + 2, 1, out, 16, NULL, &used), 1);
    ck_assert_int_eq(used, FALSE);
  }
}
END_TEST

START_TEST(LengthsAndRoom) {
  static const char kText[] =
      "x\xF0\x9F\x98\x80"
      "\0y";  // U+1F600
  WCHAR out[8];
  memset(out, 0x55, sizeof out);
  ck_assert_int_eq(MultiByteToWideChar(CP_UTF8, 0, kText, -1, NULL, 0), 4);  // with the NUL
  ck_assert_int_eq(MultiByteToWideChar(CP_UTF8, 0, kText, 5, NULL, 0), 3);   // without
  ck_assert_int_eq(MultiByteToWideChar(CP_UTF8, 0, kText, 7, NULL, 0), 5);   // a NUL within
  EXPECT_ERROR(ERROR_INSUFFICIENT_BUFFER, MultiByteToWideChar(CP_UTF8, 0, kText, -1, out, 3));
  for (size_t i = 0; i < COUNT(out); ++i) ck_assert_uint_eq(out[i], 0x5555);
  ck_assert_int_eq(MultiByteToWideChar(CP_UTF8, 0, kText, 5, out, 3), 3);
  static const WCHAR kWide[] = {'x', 0xD83D, 0xDE00, 0};
  ck_assert_mem_eq(out, kWide, 3 * sizeof(WCHAR));
  ck_assert_uint_eq(out[3], 0x5555);

  char octets[8];
  memset(octets, 'z', sizeof octets);
  ck_assert_int_eq(WideCharToMultiByte(CP_UTF8, 0, kWide, -1, NULL, 0, NULL, NULL), 6);
  EXPECT_ERROR(ERROR_INSUFFICIENT_BUFFER,
               WideCharToMultiByte(CP_UTF8, 0, kWide, -1, octets, 5, NULL, NULL));
  for (size_t i = 0; i < sizeof octets; ++i) ck_assert_int_eq(octets[i], 'z');
  ck_assert_int_eq(WideCharToMultiByte(CP_UTF8, 0, kWide, 3, octets, 5, NULL, NULL), 5);
  ck_assert_mem_eq(octets, "x\xF0\x9F\x98\x80zzz", sizeof octets);
}
END_TEST

START_TEST(ConversionsRefuse) {
  char text[8] = "abc";
  WCHAR out[8] = {0};
  static const UINT kDefault[] = {CP_ACP, CP_OEMCP, CP_THREAD_ACP};
  for (size_t i = 0; i < COUNT(kDefault); ++i) {
    ck_assert_int_eq(MultiByteToWideChar(kDefault[i], MB_PRECOMPOSED, "\xC3\xA9", 2, out, 8), 1);
    ck_assert_uint_eq(out[0], 0xE9);
    ck_assert_int_eq(
        WideCharToMultiByte(kDefault[i], WC_NO_BEST_FIT_CHARS, out, 1, text, 8, NULL, NULL), 2);
  }
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, MultiByteToWideChar(1252, 0, text, 3, out, 8));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, MultiByteToWideChar(CP_UTF8, 0, NULL, 3, out, 8));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, MultiByteToWideChar(CP_UTF8, 0, text, 0, out, 8));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, MultiByteToWideChar(CP_UTF8, 0, text, 3, NULL, 8));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, MultiByteToWideChar(CP_UTF8, 0, text, 3, out, -1));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER,
               MultiByteToWideChar(CP_UTF8, 0, text, 3, (WCHAR *)(void *)text, 2));
  EXPECT_ERROR(ERROR_INVALID_FLAGS, MultiByteToWideChar(CP_UTF8, MB_PRECOMPOSED, text, 3, out, 8));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, WideCharToMultiByte(1252, 0, out, 1, text, 8, NULL, NULL));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER,
               WideCharToMultiByte(CP_UTF8, 0, NULL, 1, text, 8, NULL, NULL));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER,
               WideCharToMultiByte(CP_UTF8, 0, out, 0, text, 8, NULL, NULL));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER,
               WideCharToMultiByte(CP_UTF8, 0, out, 1, NULL, 8, NULL, NULL));
  EXPECT_ERROR(ERROR_INVALID_FLAGS,
               WideCharToMultiByte(CP_UTF8, WC_COMPOSITECHECK, out, 1, text, 8, NULL, NULL));
  // With UTF-8 there is nothing to put a default character for.
  BOOL used = 9;
  EXPECT_ERROR(ERROR_INVALID_PARAMETER,
               WideCharToMultiByte(CP_UTF8, 0, out, 1, text, 8, "?", NULL));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER,
               WideCharToMultiByte(CP_UTF8, 0, out, 1, text, 8, NULL, &used));
  ck_assert_int_eq(used, 9);
}
END_TEST

// ---- names ------------------------------------------------------------------------------------

static void expected_sam_name(uid_t uid, char *out, size_t size) {
  char host[256];
  ck_assert_int_eq(gethostname(host, sizeof host), 0);
  host[strcspn(host, ".")] = 0;
  for (char *c = host; *c != 0; ++c) {
    if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 32);
  }
  const struct passwd *user = getpwuid(uid);
  ck_assert_ptr_nonnull(user);
  ck_assert_int_lt(snprintf(out, size, "%.15s\\%s", host, user->pw_name), (int)size);
}

START_TEST(UserNames) {
  char expected[512], name[512];
  WCHAR wide_name[512];
  expected_sam_name(geteuid(), expected, sizeof expected);
  ULONG size = sizeof name;
  ck_assert(GetUserNameExA(NameSamCompatible, name, &size));
  ck_assert_str_eq(name, expected);
  ck_assert_uint_eq(size, strlen(expected));
  size = 512;
  ck_assert(GetUserNameExW(NameSamCompatible, wide_name, &size));
  ck_assert_mem_eq(wide_name, wide(expected), (strlen(expected) + 1) * sizeof(WCHAR));
  ck_assert_uint_eq(size, strlen(expected));

  const struct passwd *user = getpwuid(geteuid());
  const size_t full = strcspn(user->pw_gecos, ",");
  size = sizeof name;
  if (full == 0) {
    EXPECT_ERROR(ERROR_NONE_MAPPED, GetUserNameExA(NameDisplay, name, &size));
  } else {
    ck_assert(GetUserNameExA(NameDisplay, name, &size));
    ck_assert_uint_eq(size, full);
    ck_assert_int_eq(strncmp(name, user->pw_gecos, full), 0);
    ck_assert_int_eq(name[full], 0);
  }
}
END_TEST

// Section 3.1, as recorded: the size that is needed, and the buffer untouched.
START_TEST(UserNamesNeedRoom) {
  char expected[512], name[512];
  WCHAR wide_name[512];
  expected_sam_name(geteuid(), expected, sizeof expected);
  const ULONG needed = (ULONG)strlen(expected) + 1;
  for (ULONG room = 0; room < needed; ++room) {
    memset(name, 'x', sizeof name);
    ULONG size = room;
    EXPECT_ERROR(ERROR_MORE_DATA,
                 GetUserNameExA(NameSamCompatible, room == 0 ? NULL : name, &size));
    ck_assert_uint_eq(size, needed);
    size = room;
    memset(wide_name, 'x', sizeof wide_name);
    EXPECT_ERROR(ERROR_MORE_DATA, GetUserNameExW(NameSamCompatible, wide_name, &size));
    ck_assert_uint_eq(size, needed);
    for (size_t i = 0; i < sizeof name; ++i) ck_assert_int_eq(name[i], 'x');
    for (size_t i = 0; i < sizeof wide_name; ++i) ck_assert_int_eq(((char *)wide_name)[i], 'x');
  }
  ULONG size = needed;
  ck_assert(GetUserNameExA(NameSamCompatible, name, &size));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, GetUserNameExA(NameSamCompatible, NULL, &size));
  EXPECT_ERROR(ERROR_INVALID_PARAMETER, GetUserNameExA(NameSamCompatible, name, (PULONG)NULL));

  // L3: the size may be an unsigned long; its high half is not read, and zero afterwards.
  unsigned long big = ~0UL << 32 | 1;
  EXPECT_ERROR(ERROR_MORE_DATA, GetUserNameExA(NameSamCompatible, name, &big));
  ck_assert_uint_eq(big, needed);
  ck_assert(GetUserNameExA(NameSamCompatible, name, &big));
  ck_assert_uint_eq(big, needed - 1);
}
END_TEST

START_TEST(NamesThatDoNotExist) {
  char name[512];
  WCHAR wide_name[512];
  for (int format = -1; format < 20; ++format) {
    if (format == NameSamCompatible || format == NameDisplay || format == NameUserPrincipal)
      continue;
    ULONG size = sizeof name;
    EXPECT_ERROR(ERROR_NONE_MAPPED, GetUserNameExA((EXTENDED_NAME_FORMAT)format, name, &size));
    ck_assert_uint_eq(size, sizeof name);
  }
  ULONG size = 512;
  EXPECT_ERROR(ERROR_NONE_MAPPED, GetComputerObjectNameA(NameSamCompatible, name, &size));
  EXPECT_ERROR(ERROR_NONE_MAPPED, GetComputerObjectNameW(NameSamCompatible, wide_name, &size));
  EXPECT_ERROR(ERROR_NONE_MAPPED,
               TranslateNameA("root", NameSamCompatible, NameUserPrincipal, name, &size));
  EXPECT_ERROR(ERROR_NONE_MAPPED, TranslateNameW(wide("root"), NameSamCompatible, NameUserPrincipal,
                                                 wide_name, &size));
  // No tickets, no principal.
  ck_assert_int_eq(setenv("KRB5CCNAME", "FILE:/nonexistent/tickets", 1), 0);
  EXPECT_ERROR(ERROR_NONE_MAPPED, GetUserNameExA(NameUserPrincipal, name, &size));
}
END_TEST

static void *name_as_user_1(void *name) {
  ULONG size = 512;
  setfsuid(1);
  if (!GetUserNameExA(NameSamCompatible, name, &size)) ((char *)name)[0] = 0;
  return NULL;
}

// The thread that impersonates has the client's name, others keep theirs.
START_TEST(NameOfTheImpersonated) {
  char expected[512], name[512], own[512];
  pthread_t thread;
  expected_sam_name(1, expected, sizeof expected);
  ck_assert_int_eq(pthread_create(&thread, NULL, name_as_user_1, name), 0);
  ck_assert_int_eq(pthread_join(thread, NULL), 0);
  ck_assert_str_eq(name, expected);
  ULONG size = sizeof own;
  ck_assert(GetUserNameExA(NameSamCompatible, own, &size));
  expected_sam_name(geteuid(), expected, sizeof expected);
  ck_assert_str_eq(own, expected);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("winshim");
  TCase *tests = tcase_create("winshim");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, LastErrorIsOfTheThread);
  tcase_add_test(tests, LoadLibraryKnowsOneLibrary);
  tcase_add_test(tests, LoadLibraryExTakesWaysToSearch);
  tcase_add_test(tests, GetModuleHandleLoadsNothing);
  tcase_add_test(tests, GetProcAddressKnowsTheExports);
  tcase_add_test(tests, LoadLibraryCountsInManyThreads);
  tcase_add_test(tests, FormatMessageTellsTheText);
  tcase_add_test(tests, FormatMessageAllocates);
  tcase_add_test(tests, FormatMessageRefuses);
  tcase_add_test(tests, FormatMessageAddsTheReason);
  tcase_add_test(tests, LocalMemory);
  tcase_add_test(tests, CloseHandleKnowsOnlyTokens);
  tcase_add_test(tests, LocalTimes);
  tcase_add_test(tests, TimesAtTheEnds);
  tcase_add_test(tests, SystemTimes);
  tcase_add_test(tests, SystemTimesThatAreNot);
  tcase_add_test(tests, NowAndOrder);
  tcase_add_test(tests, EveryCodePoint);
  tcase_add_test(tests, MalformedUtf8);
  tcase_add_test(tests, MalformedUtf16);
  tcase_add_test(tests, LengthsAndRoom);
  tcase_add_test(tests, ConversionsRefuse);
  tcase_add_test(tests, UserNames);
  tcase_add_test(tests, UserNamesNeedRoom);
  tcase_add_test(tests, NamesThatDoNotExist);
  if (geteuid() == 0) tcase_add_test(tests, NameOfTheImpersonated);
  suite_add_tcase(suite, tests);
  const int status = RunSuite(suite);
  return geteuid() == 0 ? status : SkipAfter(status, "NameOfTheImpersonated needs root");
}
