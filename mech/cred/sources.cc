// SPDX-License-Identifier: MIT
#include "cred/sources.h"

#include <stdlib.h>

#include "core/text.h"
#include "cred/keyring.h"
#include "cred/nt_hash.h"
#include "cred/user_file_cache.h"
#include "cred/winbind_names.h"
#include "ntlm/responses.h"

namespace gss_sspi::cred {
namespace {

constexpr char kUserFileVariable[] = "NTLM_USER_FILE";

// A variable that is set and not empty. N805: secure_getenv, so a setuid program gets no file of
// its caller's choice.
const char *Variable(const char *name) {
  const char *value = secure_getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

// The account file that is named for this process: by the program, else by its environment.
const char *ExplicitFile(const Settings &settings) {
  return settings.user_file ? *settings.user_file : Variable(kUserFileVariable);
}

struct GivenHashes {
  ntlm::NtHash nt;
  std::optional<ntlm::LmHash> lm;
  const ntlm::LmHash *lm_hash() const { return lm ? &*lm : nullptr; }
};

// The secret of the settings; its LM hash only where a level uses that.
Result<GivenHashes> HashesOf(const Settings &settings, LmLevel level) {
  GivenHashes hashes;
  if (settings.nt_hash) {
    hashes.nt = NtHashFromHex(*settings.nt_hash);
    return hashes;
  }
  auto nt = NtHashOfPassword(*settings.password);
  if (!nt) return nt.error();
  hashes.nt = std::move(*nt);
  if (UsesLmHash(level)) hashes.lm = ntlm::LMOWFv1(*settings.password);
  return hashes;
}

// A secret needs an account that it belongs to.
Error CheckAccountNames(const Settings &settings) {
  if (settings.user.empty()) {
    return Fail(Status::kNoCredential, "a password or hash was given, but no user name");
  }
  if (AreUsableNames(settings.domain, settings.user)) return kSuccess;
  return Fail(Status::kBadName, "the user or domain that was given");
}

Result<InitiatorSource> FromSecret(const Settings &settings, const Configuration &configuration) {
  if (Error error = CheckAccountNames(settings)) return error;
  const auto hashes = HashesOf(settings, configuration.policy().initiator_level);
  if (!hashes) return hashes.error();
  auto account =
      AccountCredential::Make(settings.domain, settings.user, configuration.host().nb_computer(),
                              hashes->nt, hashes->lm_hash());
  if (!account) return account.error();
  return InitiatorSource{std::move(*account), nullptr};
}

Result<InitiatorSource> FromFile(const char *path, const Settings &settings,
                                 const Configuration &configuration) {
  const Policy &policy = configuration.policy();
  auto accounts = SharedUserFile(path, policy, UsesLmHash(policy.initiator_level));
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
  auto credential = list.InitiatorFor(*account, domain, configuration.host().nb_computer());
  if (!credential) return credential.error();
  return InitiatorSource{std::move(*credential), nullptr};
}

Result<InitiatorSource> FromKeyring(const Settings &settings, const Configuration &configuration) {
  if (!configuration.policy().use_keyring) {
    return Fail(Status::kNoCredential, "the session keyring is not used (use_keyring)");
  }
  const auto login = FindLogin(settings.user, settings.domain);
  if (!login) return login.error();
  const std::string_view domain =
      login->names.domain().empty() ? settings.domain : login->names.domain();
  auto account = AccountCredential::Make(domain, login->names.user(),
                                         configuration.host().nb_computer(), login->nt_hash);
  if (!account) return account.error();
  return InitiatorSource{std::move(*account), nullptr};
}

Result<InitiatorSource> FromPolicyFile(const Settings &settings,
                                       const Configuration &configuration) {
  const char *path = configuration.policy().initiator_user_file.First();
  if (path == nullptr) {
    return Fail(Status::kNoCredential, "the policy names no initiator_user_file");
  }
  return FromFile(path, settings, configuration);
}

Result<InitiatorSource> FromWinbind(const Settings &settings, const Configuration &configuration) {
  const Policy &policy = configuration.policy();
  if (!policy.use_winbind) {
    return Fail(Status::kNoCredential, "winbind is not used (use_winbind)");
  }
  std::string_view user = settings.user;
  std::string_view domain = settings.domain;
  if (user.empty()) {
    const char *variable = Variable("NTLMUSER");
    if (variable == nullptr) variable = Variable("USER");
    if (variable == nullptr) {
      return Fail(Status::kNoCredential, "neither NTLMUSER nor USER is set for winbind");
    }
    user = variable;
    if (const size_t slash = user.find('\\'); slash != std::string_view::npos) {
      domain = Head(user, slash);
      user = Behind(user, slash);
    }
  }
  auto found = WinbindCredential::Find(domain, user, configuration.host().nb_computer(),
                                       policy.winbind_timeout);
  if (!found) return found.error();
  InitiatorSource source;
  source.winbind = Make<WinbindCredential>(std::move(*found));
  if (!source.winbind) return Status::kNoMemory;
  return source;
}

// The reasons why one place after the other had nothing (N440), for one text.
class Reasons {
 public:
  void Add(Error error) {
    const char *detail = DetailOf(error.status);
    const std::string_view reason = *detail != '\0' ? detail : TextOf(error.status);
    Append(size_ == 0 ? "" : "; ");
    Append(reason);
  }
  const char *text() const { return text_; }

 private:
  void Append(std::string_view text) {
    CopyText(std::span<char>(text_).subspan(size_), text);
    size_ = std::string_view(text_).size();
  }
  char text_[480] = {};
  size_t size_ = 0;
};

// A place without a credential leaves the next one its turn. One that is damaged does not: nobody
// would learn of it.
bool NextMayBeAsked(Error error) {
  return error.status == Status::kNoCredential || error.status == Status::kAccountNotFound;
}

}  // namespace

Result<InitiatorSource> FindInitiator(const Settings &settings,
                                      const Configuration &configuration) {
  if (settings.HasSecret()) return FromSecret(settings, configuration);
  if (const char *path = ExplicitFile(settings)) return FromFile(path, settings, configuration);
  Reasons reasons;
  reasons.Add(
      Fail(Status::kNoCredential, "no password was given, and %s is not set", kUserFileVariable));
  for (const auto source : {FromKeyring, FromPolicyFile, FromWinbind}) {
    auto found = source(settings, configuration);
    if (found || !NextMayBeAsked(found.error())) return found;
    reasons.Add(found.error());
  }
  return Fail(Status::kNoCredential, "%s", reasons.text());
}

Result<AcceptorSource> FindAcceptor(const Settings &settings, const Configuration &configuration) {
  const Policy &policy = configuration.policy();
  AcceptorSource source;
  if (settings.HasSecret()) {
    if (Error error = CheckAccountNames(settings)) return error;
    const auto hashes = HashesOf(settings, policy.acceptor_level);
    if (!hashes) return hashes.error();
    auto accounts = OneAccount(settings.domain, settings.user, hashes->nt, hashes->lm_hash());
    if (!accounts) return accounts.error();
    source.accounts = std::move(*accounts);
    return source;
  }
  const char *path = ExplicitFile(settings);
  if (path == nullptr) path = policy.acceptor_user_file.First();
  if (path != nullptr) {
    auto accounts = AcceptorAccounts(path, policy);
    if (!accounts) return accounts.error();
    source.accounts = std::move(*accounts);
    source.from_file = true;
    return source;
  }
  Reasons reasons;
  reasons.Add(Fail(Status::kNoCredential,
                   "no password was given, %s is not set, and the policy names no "
                   "acceptor_user_file",
                   kUserFileVariable));
  if (!policy.use_winbind) {
    return Fail(Status::kNoCredential, "%s; winbind is not used (use_winbind)", reasons.text());
  }
  const auto winbind = WinbindNames::Current();
  if (winbind) return source;
  reasons.Add(winbind.error());
  return Fail(Status::kNoCredential, "%s", reasons.text());
}

Result<Ref<AccountList>> AcceptorAccounts(const char *path, const Policy &policy) {
  return SharedUserFile(path, policy, UsesLmHash(policy.acceptor_level));
}

Result<Ref<AccountList>> OneAccount(std::string_view domain, std::string_view user,
                                    const ntlm::NtHash &nt_hash, const ntlm::LmHash *lm_hash) {
  Ref<AccountList> accounts = AccountList::Of(kGivenCredential, domain, user, nt_hash, lm_hash);
  if (!accounts) return Status::kNoMemory;
  return accounts;
}

}  // namespace gss_sspi::cred
