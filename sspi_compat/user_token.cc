// SPDX-License-Identifier: MIT
#include "sspi_compat/user_token.h"

#include <grp.h>
#include <gssapi/gssapi_ext.h>
#include <pwd.h>

#include <bit>
#include <cerrno>
#include <cstdint>

#include "sspi_compat/gss.h"
#include "sspi_compat/handle_table.h"
#include "sspi_compat/status.h"

namespace gss_sspi::sspi {
namespace {

// Octets for the texts of one entry, and groups of one account: what is asked for first, and at
// most.
constexpr size_t kUsualEntry = 1024;
constexpr size_t kLargestEntry = size_t{1} << 20;
constexpr int kUsualGroups = 64;
constexpr int kMostGroups = 65536;  // NGROUPS_MAX of Linux

bool FindGroups(Account *account) {
  for (int room = kUsualGroups; room <= kMostGroups;) {
    account->groups.resize(static_cast<size_t>(room));
    int count = room;
    if (getgrouplist(account->name.c_str(), account->gid, account->groups.data(), &count) >= 0) {
      account->groups.resize(static_cast<size_t>(count));
      return true;
    }
    room = count > room ? count : 2 * room;
  }
  return false;
}

// Index and generation of a slot in one pointer; neither 0 nor -1, and never the address of
// anything that the program has.
using TokenTable = HandleTable<std::shared_ptr<const UserToken>, 3>;
constinit TokenTable tokens;

static_assert(sizeof(HANDLE) == sizeof(uint64_t), "the ABI is that of the 64-bit system (L1)");

HANDLE Packed(SecHandle handle) {
  const uint64_t value = uint64_t{handle.dwUpper} << 32 | handle.dwLower;
  return std::bit_cast<HANDLE>(value);
}

SecHandle Unpacked(HANDLE handle) {
  const auto value = std::bit_cast<uint64_t>(handle);
  return {value & UINT32_MAX, value >> 32};
}

std::string LocalName(gss_name_t client, gss_const_OID mech) {
  OM_uint32 minor = 0;
  GssBuffer name;
  if (GSS_ERROR(gss_localname(&minor, client, Mutable(mech), name.out()))) return {};
  return std::string(name.text());
}

}  // namespace

std::optional<Account> FindAccount(const std::string &name) {
  if (name.empty() || name.find('\0') != std::string::npos) return std::nullopt;
  int failure = ERANGE;
  for (size_t size = kUsualEntry; failure == ERANGE && size <= kLargestEntry; size *= 4) {
    std::vector<char> text(size);
    passwd entry{};
    passwd *found = nullptr;
    failure = getpwnam_r(name.c_str(), &entry, text.data(), size, &found);
    if (failure != 0 || found == nullptr) continue;
    Account account{found->pw_name, found->pw_uid, found->pw_gid, {}};
    if (!FindGroups(&account)) return std::nullopt;
    return account;
  }
  return std::nullopt;
}

SECURITY_STATUS UserToken::Make(gss_name_t client, gss_const_OID mech, Level level,
                                std::shared_ptr<const UserToken> *out) {
  std::string name = DisplayName(client);
  if (name.empty()) return Fail(SEC_E_INTERNAL_ERROR, "the client of the context has no name");
  auto account = FindAccount(LocalName(client, mech));
  *out = std::make_shared<const UserToken>(std::move(name), std::move(account), level);
  return SEC_E_OK;
}

HANDLE GiveHandle(std::shared_ptr<const UserToken> token) {
  return Packed(tokens.Add(std::move(token)));
}

std::shared_ptr<const UserToken> TokenOf(HANDLE handle) {
  const SecHandle unpacked = Unpacked(handle);
  const auto locked = tokens.Find(&unpacked);
  return locked ? *locked : nullptr;
}

bool CloseToken(HANDLE handle) {
  const SecHandle unpacked = Unpacked(handle);
  return tokens.Remove(&unpacked) != nullptr;
}

}  // namespace gss_sspi::sspi
