// SPDX-License-Identifier: MIT
// gss-sspi login, logout, list: NT hashes in the session keyring of the kernel.
#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

#include "command.h"
#include "cred/configuration.h"
#include "cred/keyring.h"
#include "cred/nt_hash.h"
#include "gss/name.h"
#include "password.h"
#include "text_util.h"

namespace gss_sspi::tools {
namespace {

constexpr char kDefaultLifetime[] = "8h";
constexpr unsigned long kMostSeconds = 30UL * 86400;

// "90", "90s", "30m", "8h", "2d".
uint32_t ParseLifetime(std::string text) {
  struct Unit {
    char letter;
    unsigned long seconds;
  };
  static constexpr Unit kUnits[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
  unsigned long scale = 1;
  for (const Unit &unit : kUnits) {
    if (!text.ends_with(unit.letter)) continue;
    scale = unit.seconds;
    text.pop_back();
    break;
  }
  const unsigned long number =
      ParseNumber(text, "--lifetime, in its unit of s, m, h or d,", 1, kMostSeconds / scale);
  return static_cast<uint32_t>(number * scale);
}

struct Account {
  std::string domain, user;
  std::string text() const { return domain.empty() ? user : domain + "\\" + user; }
};

std::string NameOfThisUser() {
  const passwd *entry = getpwuid(geteuid());
  if (entry == nullptr) throw UsageError("this uid has no name; say which USER");
  return entry->pw_name;
}

void Require(Error error) {
  if (error) throw Failure(ErrorText(error));
}

// USER, which has the forms of user names in the mechanism, and --domain.
Account ParseAccount(const std::string &user, const std::optional<std::string> &domain) {
  const auto configuration = cred::Configuration::Current();
  if (!configuration) Require(configuration.error());
  const bool split = (*configuration)->policy().split_upn;
  const auto name = gss::Name::ParseUser(user, split ? gss::UpnForm::kSplit : gss::UpnForm::kWhole);
  if (!name) throw UsageError(ErrorText(name.error()));
  const Account account{std::string((*name)->domain()), std::string((*name)->user())};
  if (domain && !account.domain.empty()) throw UsageError("the domain is given twice");
  return {domain.value_or(account.domain), account.user};
}

std::string TimeLeft(int64_t seconds) {
  if (seconds <= 0) return "expired";
  if (seconds < 60) return Format("%d s", static_cast<int>(seconds));
  const int64_t minutes = seconds / 60;
  if (minutes < 60) return Format("%d min", static_cast<int>(minutes));
  return Format("%d h %02d min", static_cast<int>(minutes / 60), static_cast<int>(minutes % 60));
}

}  // namespace

ExitCode RunLogin(const Arguments &arguments) {
  bool from_stdin = false;
  bool not_default = false;
  std::optional<std::string> domain;
  std::optional<std::string> lifetime;
  const auto operands = Options()
                            .Flag("--stdin", &from_stdin)
                            .Flag("--not-default", &not_default)
                            .Value("--domain", &domain)
                            .Value("--lifetime", &lifetime)
                            .Parse(arguments, 1);
  const uint32_t seconds = ParseLifetime(lifetime.value_or(kDefaultLifetime));
  const Account account = ParseAccount(operands.empty() ? NameOfThisUser() : operands[0], domain);
  const std::string shown = Printable(account.text());
  const SecretBytes password = ReadPassword("Password for " + shown + ": ", from_stdin);
  const auto hash = cred::NtHashOfPassword(AsText(password.view()));
  if (!hash) throw Failure(ErrorText(hash.error()));
  Require(cred::StoreLogin(account.domain, account.user, *hash, seconds, !not_default));
  std::printf("%s is logged in for %s (the password was not checked)\n", shown.c_str(),
              TimeLeft(seconds).c_str());
  return kGood;
}

ExitCode RunLogout(const Arguments &arguments) {
  bool all = false;
  std::optional<std::string> domain;
  const auto operands =
      Options().Flag("--all", &all).Value("--domain", &domain).Parse(arguments, 1);
  if (all && (!operands.empty() || domain)) throw UsageError("--all ends every login");
  if (all) {
    Require(cred::RemoveAllLogins());
    return kGood;
  }
  const Account account =
      operands.empty() ? Account{domain.value_or(""), ""} : ParseAccount(operands[0], domain);
  Require(cred::RemoveLogin(account.user, account.domain));
  return kGood;
}

ExitCode RunList(const Arguments &arguments) {
  Options().Parse(arguments, 0);
  const auto now = static_cast<int64_t>(std::time(nullptr));
  bool any = false;
  Require(cred::ListLogins([&](const cred::LoginEntry &login) {
    any = true;
    const Account account{std::string(login.domain), std::string(login.user)};
    std::printf("%-40s  %-14s%s\n", Printable(account.text()).c_str(),
                login.malformed ? "not ours" : TimeLeft(login.expires - now).c_str(),
                login.is_default ? "  default" : "");
  }));
  if (!any) std::fputs("no logins\n", stderr);
  return any ? kGood : kBad;
}

}  // namespace gss_sspi::tools
