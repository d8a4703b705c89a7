// SPDX-License-Identifier: MIT
#include "cred/sources.h"

#include <stdlib.h>

#include "cred/nt_hash.h"
#include "cred/user_file.h"

namespace gss_sspi::cred {
namespace {

constexpr char kUserFileVariable[] = "NTLM_USER_FILE";

// N805: secure_getenv, so a setuid program gets no file of its caller's choice.
Result<Ref<AccountList>> UserFileAccounts(const Settings &settings) {
  const char *path = settings.user_file ? *settings.user_file : secure_getenv(kUserFileVariable);
  if (path == nullptr || *path == '\0') {
    return Fail(Status::kNoCredential, "no password was given, and %s is not set",
                kUserFileVariable);
  }
  return LoadUserFile(path);
}

Result<ntlm::NtHash> SecretOf(const Settings &settings) {
  if (settings.nt_hash) return NtHashFromHex(*settings.nt_hash);
  return NtHashOfPassword(*settings.password);
}

// A secret needs an account that it belongs to.
Error CheckAccountNames(const Settings &settings) {
  if (settings.user.empty()) {
    return Fail(Status::kNoCredential, "a password or hash was given, but no user name");
  }
  if (AreUsableNames(settings.domain, settings.user)) return kSuccess;
  return Fail(Status::kBadName, "the user or domain that was given");
}

}  // namespace

Result<AccountCredential> FindInitiator(const Settings &settings, std::string_view workstation) {
  if (settings.HasSecret()) {
    if (Error error = CheckAccountNames(settings)) return error;
    const auto hash = SecretOf(settings);
    if (!hash) return hash.error();
    return AccountCredential::Make(settings.domain, settings.user, workstation, *hash);
  }
  auto accounts = UserFileAccounts(settings);
  if (!accounts) return accounts.error();
  const AccountList &list = **accounts;
  const Account *account =
      settings.user.empty() ? list.First() : list.Find(settings.user, settings.domain);
  if (account == nullptr) {
    return Fail(Status::kAccountNotFound,
                "no entry for %.*s%s%.*s in %.*s (line format DOMAIN:user:password)",
                GSS_SSPI_TEXT(settings.domain), settings.domain.empty() ? "" : "\\",
                GSS_SSPI_TEXT(settings.user), GSS_SSPI_TEXT(list.source()));
  }
  if (!account->usable) {
    return Fail(Status::kAccountNotFound,
                "the entry for %.*s in %.*s is disabled or has no NT hash",
                GSS_SSPI_TEXT(account->user), GSS_SSPI_TEXT(list.source()));
  }
  const std::string_view domain = account->domain.empty() ? settings.domain : account->domain;
  if (!AreUsableNames(domain, account->user)) {
    return Fail(Status::kBadName, "the domain that was given");
  }
  return AccountCredential::Make(domain, account->user, workstation, account->nt_hash);
}

Result<Ref<AccountList>> FindAccounts(const Settings &settings) {
  if (!settings.HasSecret()) return UserFileAccounts(settings);
  if (Error error = CheckAccountNames(settings)) return error;
  const auto hash = SecretOf(settings);
  if (!hash) return hash.error();
  Ref<AccountList> accounts =
      AccountList::Of(kGivenCredential, settings.domain, settings.user, *hash);
  if (!accounts) return Status::kNoMemory;
  return accounts;
}

}  // namespace gss_sspi::cred
