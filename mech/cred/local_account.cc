// SPDX-License-Identifier: MIT
#include "cred/local_account.h"

#include <pwd.h>

#include <cerrno>

#include "core/text.h"
#include "core/utf16.h"

namespace gss_sspi::cred {
namespace {

// Octets for the texts of one entry: what is asked for at first, and at most.
constexpr size_t kUsualEntry = 1024;
constexpr size_t kLargestEntry = size_t{1} << 20;

// getpwnam_r(3) lists these as ways to say that there is no such account.
bool MeansNotFound(int failure) {
  return failure == 0 || failure == ENOENT || failure == ESRCH || failure == EBADF ||
         failure == EPERM;
}

// Runs ask(&entry, text, size, &found), which is getpwnam_r(3) or getpwuid_r(3).
template <typename Ask>
Result<Buffer> AskDatabase(const Ask &ask) {
  int failure = ERANGE;
  for (size_t size = kUsualEntry; failure == ERANGE && size <= kLargestEntry; size *= 4) {
    Buffer text;
    if (!text.Resize(size)) return Status::kNoMemory;
    passwd entry{};
    passwd *found = nullptr;
    failure = ask(&entry, reinterpret_cast<char *>(text.data()), size, &found);
    if (failure != 0 || found == nullptr) continue;
    Buffer name;
    if (!name.Assign(AsBytes(found->pw_name))) return Status::kNoMemory;
    return name;
  }
  if (MeansNotFound(failure)) return Status::kNoLocalName;
  return Fail(Status::kAccountDatabaseUnreadable, "error %d", failure);
}

bool IsListed(const TextList &domains, std::string_view domain) {
  return domains.AnyOf([&](std::string_view text) { return EqualIgnoringCase(text, domain); });
}

// Accounts of a stand-alone host are known by its computer name; `own.nb_domain` is then the same.
bool IsOwnDomain(std::string_view domain, const LocalAccountRule &rule) {
  return EqualIgnoringCase(domain, rule.own.nb_computer) || IsListed(rule.local_domains, domain);
}

// The user without domain that the name may stand for; empty when there is none.
std::string_view BareUser(std::string_view domain, std::string_view user,
                          const LocalAccountRule &rule) {
  if (!domain.empty()) return IsOwnDomain(domain, rule) ? user : std::string_view();
  const size_t at = user.rfind('@');
  if (at == std::string_view::npos) return user;
  return IsListed(rule.local_domains, Behind(user, at)) ? Head(user, at) : std::string_view();
}

Result<Buffer> FindQualified(std::string_view domain, std::string_view user, FindAccount find) {
  if (domain.empty()) return find(user);
  Buffer name;
  if (!name.Resize(domain.size() + 1 + user.size())) return Status::kNoMemory;
  Copy(name.span(), AsBytes(domain));
  name.data()[domain.size()] = '\\';
  Copy(name.span().subspan(domain.size() + 1), AsBytes(user));
  return find(AsText(name.view()));
}

}  // namespace

Result<Buffer> AccountByName(std::string_view name) {
  char text[1024];
  if (name.empty() || name.size() >= sizeof text || Contains(name, '\0')) {
    return Status::kNoLocalName;
  }
  CopyText(text, name);
  return AskDatabase([&](passwd *entry, char *buffer, size_t size, passwd **found) {
    return getpwnam_r(text, entry, buffer, size, found);
  });
}

Result<Buffer> AccountById(uid_t id) {
  return AskDatabase([&](passwd *entry, char *buffer, size_t size, passwd **found) {
    return getpwuid_r(id, entry, buffer, size, found);
  });
}

Result<Buffer> LocalAccountOf(std::string_view domain, std::string_view user,
                              const LocalAccountRule &rule) {
  if (!domain.empty() || Contains(user, '@')) {
    auto account = FindQualified(domain, user, rule.find);
    // A database that does not answer must not make one user another.
    if (account || account.error().status != Status::kNoLocalName) return account;
  }
  const std::string_view bare = BareUser(domain, user, rule);
  // What still names a domain is not bare, and may be the account of somebody there.
  if (!bare.empty() && !Contains(bare, '@') && !Contains(bare, '\\')) {
    auto account = rule.find(bare);
    if (!account && account.error().status != Status::kNoLocalName) return account;
    // A database with a default domain may answer with somebody of that one.
    if (account && EqualIgnoringCase(AsText(account->view()), bare)) return account;
  }
  return Fail(Status::kNoLocalName, "%.*s%s%.*s", GSS_SSPI_TEXT(domain), domain.empty() ? "" : "\\",
              GSS_SSPI_TEXT(user));
}

}  // namespace gss_sspi::cred
