// SPDX-License-Identifier: MIT
// Section 1.3: what a token says of a client, and that only its own handles mean anything (L18).
#include "sspi_compat/user_token.h"

#include <grp.h>
#include <gssapi/gssapi_ext.h>
#include <pwd.h>
#include <unistd.h>

// Before check.h, which defines fail() as a macro.
#include <algorithm>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "../unit/check_main.h"
#include "sspi_compat/gss.h"

namespace {

using namespace gss_sspi::sspi;  // NOLINT

GssName NtlmName(std::string_view text) {
  OM_uint32 minor = 0;
  gss_buffer_desc buffer = BufferOf(text);
  GssName any, name;
  ck_assert_uint_eq(gss_import_name(&minor, &buffer, GSS_C_NT_USER_NAME, any.out()),
                    GSS_S_COMPLETE);
  ck_assert_uint_eq(gss_canonicalize_name(&minor, any.get(), Mutable(kNtlmOid), name.out()),
                    GSS_S_COMPLETE);
  return name;
}

std::shared_ptr<const UserToken> TokenFor(std::string_view text) {
  const GssName name = NtlmName(text);
  std::shared_ptr<const UserToken> token;
  ck_assert_int_eq(UserToken::Make(name.get(), kNtlmOid, UserToken::Level::kImpersonate, &token),
                   SEC_E_OK);
  ck_assert(token != nullptr);
  return token;
}

START_TEST(MappedClient) {
  const passwd *entry = getpwnam("daemon");
  ck_assert_ptr_nonnull(entry);
  const uid_t uid = entry->pw_uid;
  const gid_t gid = entry->pw_gid;
  const auto token = TokenFor("daemon");
  ck_assert(token->account().has_value());
  const Account &account = *token->account();
  ck_assert_str_eq(account.name.c_str(), "daemon");
  ck_assert_uint_eq(account.uid, uid);
  ck_assert_uint_eq(account.gid, gid);
  ck_assert(std::ranges::count(account.groups, gid) == 1);
  ck_assert(token->level() == UserToken::Level::kImpersonate);
}
END_TEST

// Not of this host, although an account of that name exists.
START_TEST(UnmappedClient) {
  const auto token = TokenFor("ELSEWHERE\\daemon");
  ck_assert(!token->account().has_value());
  ck_assert_str_eq(token->client().c_str(), "ELSEWHERE\\daemon");
}
END_TEST

START_TEST(NoName) {
  std::shared_ptr<const UserToken> token;
  ck_assert_int_ne(UserToken::Make(GSS_C_NO_NAME, kNtlmOid, UserToken::Level::kImpersonate, &token),
                   SEC_E_OK);
  ck_assert(token == nullptr);
}
END_TEST

// As getgrouplist(3) and the group database have them.
START_TEST(AllGroups) {
  setgrent();
  while (const group *entry = getgrent()) {
    for (char **member = entry->gr_mem; *member != nullptr; ++member) {
      const auto account = FindAccount(*member);
      if (!account) continue;
      ck_assert_msg(std::ranges::count(account->groups, entry->gr_gid) == 1, "%s in %s", *member,
                    entry->gr_name);
    }
  }
  endgrent();
  ck_assert(!FindAccount("no-such-account-here"));
  ck_assert(!FindAccount(""));
  ck_assert(!FindAccount(std::string("root\0x", 6)));
}
END_TEST

START_TEST(Handles) {
  const auto token =
      std::make_shared<const UserToken>("c", std::nullopt, UserToken::Level::kIdentify);
  const HANDLE one = GiveHandle(token), two = GiveHandle(token);
  ck_assert_ptr_ne(one, two);
  ck_assert(TokenOf(one) == token && TokenOf(two) == token);
  ck_assert(CloseToken(one));
  ck_assert(!CloseToken(one) && TokenOf(one) == nullptr);
  ck_assert(TokenOf(two) == token);
  const HANDLE three = GiveHandle(token);  // in the slot of the first
  ck_assert_ptr_ne(three, one);
  ck_assert(TokenOf(one) == nullptr && TokenOf(three) == token);
  ck_assert(CloseToken(two) && CloseToken(three));
  ck_assert_int_eq(static_cast<int>(token.use_count()), 1);
}
END_TEST

START_TEST(ForeignHandles) {
  int local = 0;
  const auto number = [](uintptr_t value) { return reinterpret_cast<HANDLE>(value); };
  const HANDLE foreign[] = {
      nullptr,   number(UINTPTR_MAX), number(UINTPTR_MAX - 1), &local,
      number(1), number(0x13),        number(0x100000013),     number(uintptr_t{1} << 63)};
  for (const HANDLE handle : foreign) {
    ck_assert(TokenOf(handle) == nullptr);
    ck_assert(!CloseToken(handle));
  }
  const HANDLE good =
      GiveHandle(std::make_shared<const UserToken>("c", std::nullopt, UserToken::Level::kIdentify));
  const auto value = reinterpret_cast<uintptr_t>(good);
  for (int bit = 0; bit < 64; ++bit) {
    ck_assert(TokenOf(number(value ^ uintptr_t{1} << bit)) == nullptr);
  }
  ck_assert(CloseToken(good));
}
END_TEST

// ---- what programs read ------------------------------------------------------------------------

START_TEST(WhatIsRead) {
  const HANDLE handle = GiveHandle(std::make_shared<const UserToken>(
      "DOM\\client", Account{"client", 101, 102, {102, 103, 104}}, UserToken::Level::kImpersonate));
  const char *client = nullptr, *account = nullptr;
  ck_assert_int_eq(SspiGetTokenUser(handle, &client, &account), SEC_E_OK);
  ck_assert_str_eq(client, "DOM\\client");
  ck_assert_str_eq(account, "client");
  ULONG uid = 0, gid = 0, count = 0, groups[4] = {};
  ck_assert_int_eq(SspiGetTokenIds(handle, &uid, &gid, &count, nullptr), SEC_E_OK);
  ck_assert(uid == 101 && gid == 102 && count == 3);
  for (count = 0; count < 3; ++count) {
    ULONG room = count;
    ck_assert_int_eq(SspiGetTokenIds(handle, &uid, &gid, &room, groups), SEC_E_BUFFER_TOO_SMALL);
    ck_assert(room == 3 && groups[0] == 0 && uid == UINT32_MAX && gid == UINT32_MAX);
  }
  ck_assert_int_eq(SspiGetTokenIds(handle, nullptr, nullptr, &(count = 4), groups), SEC_E_OK);
  ck_assert(count == 3 && groups[0] == 102 && groups[2] == 104 && groups[3] == 0);
  ck_assert_int_eq(SspiGetTokenIds(handle, nullptr, nullptr, nullptr, nullptr), SEC_E_OK);
  ck_assert_int_eq(SspiGetTokenUser(handle, nullptr, nullptr), SEC_E_OK);
  ck_assert_int_eq(SspiCloseToken(handle), SEC_E_OK);
  ck_assert_int_eq(SspiCloseToken(handle), SEC_E_INVALID_HANDLE);
  ck_assert_int_eq(SspiGetTokenUser(handle, &client, &account), SEC_E_INVALID_HANDLE);
  ck_assert(client == nullptr && account == nullptr);
  ck_assert_int_eq(SspiGetTokenIds(handle, &uid, &gid, &count, groups), SEC_E_INVALID_HANDLE);
  ck_assert(uid == UINT32_MAX && gid == UINT32_MAX && count == 0);
  ck_assert_int_eq(SspiCloseToken(nullptr), SEC_E_INVALID_HANDLE);
}
END_TEST

// The name is told, but no number that could be taken for an account: 0 is root.
START_TEST(WhatIsReadWithoutAccount) {
  const HANDLE handle = GiveHandle(
      std::make_shared<const UserToken>("client", std::nullopt, UserToken::Level::kImpersonate));
  const char *client = nullptr, *account = "marker";
  ck_assert_int_eq(SspiGetTokenUser(handle, &client, &account), SEC_E_OK);
  ck_assert_str_eq(client, "client");
  ck_assert_ptr_null(account);
  ULONG uid = 0, gid = 0, count = 4, groups[4] = {};
  ck_assert_int_eq(SspiGetTokenIds(handle, &uid, &gid, &count, groups), SEC_E_NO_IMPERSONATION);
  ck_assert(uid == UINT32_MAX && gid == UINT32_MAX && count == 0);
  ck_assert_int_eq(SspiCloseToken(handle), SEC_E_OK);
}
END_TEST

START_TEST(HandlesOfManyThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([] {
      for (int k = 0; k < 2000; ++k) {
        const auto token =
            std::make_shared<const UserToken>("c", std::nullopt, UserToken::Level::kIdentify);
        const HANDLE handle = GiveHandle(token);
        if (TokenOf(handle) != token || !CloseToken(handle) || CloseToken(handle)) std::abort();
      }
    });
  }
  for (std::thread &thread : threads) thread.join();
}
END_TEST

}  // namespace

int main() {
  Suite *suite = suite_create("user_token");
  TCase *tests = tcase_create("user_token");
  tcase_add_test(tests, MappedClient);
  tcase_add_test(tests, UnmappedClient);
  tcase_add_test(tests, NoName);
  tcase_add_test(tests, AllGroups);
  tcase_add_test(tests, Handles);
  tcase_add_test(tests, ForeignHandles);
  tcase_add_test(tests, WhatIsRead);
  tcase_add_test(tests, WhatIsReadWithoutAccount);
  tcase_add_test(tests, HandlesOfManyThreads);
  suite_add_tcase(suite, tests);
  return RunSuite(suite);
}
