// SPDX-License-Identifier: MIT
#include "cred/user_file.h"

#include <fcntl.h>
#include <grp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "core/descriptor.h"
#include "core/log.h"
#include "core/text.h"
#include "core/utf16.h"
#include "cred/nt_hash.h"
#include "ntlm/responses.h"

namespace gss_sspi::cred {
namespace {

// Nothing when there is no such group.
std::optional<gid_t> GroupId(const char *name) {
  constexpr size_t kFirstTry = 4096, kLastTry = size_t{4} << 20;  // octets; groups may be large
  for (size_t size = kFirstTry; size <= kLastTry; size *= 4) {
    Buffer buffer;
    if (!buffer.Resize(size)) break;
    group entry{};
    group *found = nullptr;
    const int failure =
        getgrnam_r(name, &entry, reinterpret_cast<char *>(buffer.data()), size, &found);
    if (found != nullptr) return found->gr_gid;
    if (failure != ERANGE) break;
  }
  return std::nullopt;
}

bool MayRead(gid_t group, const Policy &policy) {
  return policy.user_file_groups.AnyOf([group](std::string_view name) {
    return GroupId(name.data()) == group;  // texts of a TextList end with a NUL
  });
}

// N428. Each rule with what mends it.
Error CheckOwnerAndMode(const struct stat &file, const char *path, const Policy &policy) {
  if (file.st_uid != 0 && file.st_uid != geteuid()) {
    return Fail(Status::kAccountFileRefused,
                "%s belongs to user id %u; it must belong to root or to user id %u (chown)", path,
                static_cast<unsigned>(file.st_uid), static_cast<unsigned>(geteuid()));
  }
  const unsigned mode = file.st_mode & 07777U;
  const auto refuse = [&](const char *who, const char *mend) {
    return Fail(Status::kAccountFileRefused, "%s has mode %04o, which lets %s it (chmod %s %s)",
                path, mode, who, mend, path);
  };
  const bool root_owns = file.st_uid == 0;
  const char *mend = root_owns ? "o-rwx,g-wx" : "go-rwx";
  if ((mode & 007U) != 0) return refuse("others use", mend);
  if ((mode & 020U) != 0) return refuse("its group write", mend);
  if (root_owns || (mode & 070U) == 0) return kSuccess;
  if ((mode & 010U) == 0 && MayRead(file.st_gid, policy)) return kSuccess;
  return refuse("its group read", mend);
}

Error CheckSafety(const struct stat &file, const char *path, const Policy &policy) {
  if (!S_ISREG(file.st_mode)) {
    return Fail(Status::kAccountFileRefused, "%s is not a regular file", path);
  }
  Error refusal = CheckOwnerAndMode(file, path, policy);
  if (!refusal || !policy.only_warn_of_file_mode) return refusal;
  Log("user file: used as configured, though %s", DetailOf(refusal.status));
  return kSuccess;
}

Error ReadAll(const Descriptor &file, MutableBytes out, const char *path) {
  const int reason = file.ReadAll(out);
  if (reason == 0) return kSuccess;
  if (reason == Descriptor::kEndedEarly) {
    return Fail(Status::kAccountFileUnreadable, "%s became shorter while it was read", path);
  }
  return Fail(Status::kAccountFileUnreadable, "%s: %s", path, strerrordesc_np(reason));
}

// Takes the text before the next ':' off the front of `rest`, and that ':'. Nothing when there is
// none.
std::optional<std::string_view> TakeField(std::string_view *rest) {
  const size_t colon = rest->find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view field = Head(*rest, colon);
  rest->remove_prefix(colon + 1);
  return field;
}

bool IsNumber(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// smbpasswd(5) fills the field of a missing hash with 32 'X', or with these words and 'X'.
bool IsNoHash(std::string_view text) {
  constexpr std::string_view kWords = "NO PASSWORD";
  if (text.size() != kNtHashDigits) return false;
  if (text.starts_with(kWords)) text.remove_prefix(kWords.size());
  return text.find_first_not_of("X*") == std::string_view::npos;
}

bool IsHashField(std::string_view text) { return IsNoHash(text) || IsNtHash(text); }

// Account control flags in brackets, as [U          ]: 'D' says disabled.
bool IsDisabled(std::string_view rest) {
  if (!rest.starts_with('[')) return false;
  return Contains(Head(rest, rest.find(']')), 'D');
}

bool ParseSmbpasswd(std::string_view line, bool want_lm, Account *account) {
  std::string_view rest = line;
  const auto user = TakeField(&rest);
  const auto uid = TakeField(&rest);
  const auto lm_field = TakeField(&rest);
  if (!user || !uid || !lm_field || !IsNumber(*uid) || !IsHashField(*lm_field)) return false;
  const std::string_view nt_hash = Head(rest, rest.find(':'));
  if (!IsHashField(nt_hash)) return false;
  rest.remove_prefix(std::min(rest.size(), nt_hash.size() + 1));

  const size_t slash = user->find('\\');
  account->domain = slash == std::string_view::npos ? std::string_view() : Head(*user, slash);
  account->user = slash == std::string_view::npos ? *user : Tail(*user, slash + 1);
  if (!AreUsableNames(account->domain, account->user)) return false;
  if (!IsNtHash(nt_hash) || IsDisabled(rest)) return true;
  std::optional<ntlm::LmHash> lm_hash;
  if (want_lm && IsNtHash(*lm_field)) lm_hash = LmHashFromHex(*lm_field);
  Enable(account, NtHashFromHex(nt_hash), lm_hash ? &*lm_hash : nullptr);
  return true;
}

// False when the line has no such form; the password is then of no matter.
Result<bool> ParsePassword(std::string_view line, bool want_lm, Account *account) {
  std::string_view rest = line;
  const auto domain = TakeField(&rest);
  const auto user = TakeField(&rest);
  if (!domain || !user) return false;
  account->domain = *domain;
  account->user = *user;
  auto hash = NtHashOfPassword(rest);
  if (!hash && hash.error().status == Status::kBadText) return false;
  if (!hash) return hash.error();
  std::optional<ntlm::LmHash> lm_hash;
  if (want_lm) lm_hash = ntlm::LMOWFv1(rest);
  Enable(account, *hash, lm_hash ? &*lm_hash : nullptr);
  return AreUsableNames(account->domain, account->user);
}

// Takes the next line off the front of `text`, without its LF or CRLF.
std::string_view TakeLine(std::string_view *text) {
  const size_t end = text->find('\n');
  std::string_view line = Head(*text, end);
  text->remove_prefix(end == std::string_view::npos ? text->size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool IsBlankOrComment(std::string_view line) {
  return line.starts_with('#') || line.find_first_not_of(" \t") == std::string_view::npos;
}

Error ParseLine(std::string_view line, const char *name, size_t number, bool want_lm,
                Account *account) {
  if (line.size() > kMaxUserFileLine) {
    return Fail(Status::kAccountFileBadLine, "%s line %zu is longer than %zu octets", name, number,
                kMaxUserFileLine);
  }
  bool parsed = ParseSmbpasswd(line, want_lm, account);
  if (!parsed) {
    auto other_form = ParsePassword(line, want_lm, account);
    if (!other_form) return other_form.error();
    parsed = *other_form;
  }
  if (parsed) return kSuccess;
  return Fail(Status::kAccountFileBadLine,
              "%s line %zu (line formats DOMAIN:user:password in UTF-8, and that of smbpasswd)",
              name, number);
}

// Of a line's octets only the names are needed later.
void WipeSecrets(std::string_view line, MutableBytes text) {
  const size_t first = line.find(':');
  const size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
  if (second == std::string_view::npos) return;
  const auto offset = static_cast<size_t>(AsBytes(line).data() - text.data()) + second;
  Wipe(text.data() + offset, line.size() - second);
}

}  // namespace

Result<Ref<AccountList>> LoadUserFile(const char *path, const Policy &policy, bool want_lm,
                                      struct stat *found) {
  // O_NONBLOCK: opening a FIFO must not wait for its writer.
  const Descriptor file(open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) {
    const int reason = errno;
    if (reason == ELOOP) return Fail(Status::kAccountFileRefused, "%s is a symbolic link", path);
    return Fail(Status::kAccountFileUnreadable, "%s: %s", path, strerrordesc_np(reason));
  }
  struct stat status {};
  if (fstat(file.get(), &status) != 0) {
    return Fail(Status::kAccountFileUnreadable, "%s: %s", path, strerrordesc_np(errno));
  }
  if (Error error = CheckSafety(status, path, policy)) return error;
  if (static_cast<uint64_t>(status.st_size) > policy.max_user_file) {
    return Fail(Status::kAccountFileRefused, "%s is longer than %zu octets", path,
                policy.max_user_file);
  }
  if (found != nullptr) *found = status;
  SecretBytes text;
  if (!text.Resize(static_cast<size_t>(status.st_size))) return Status::kNoMemory;
  if (Error error = ReadAll(file, text.span(), path)) return error;
  return ParseUserFile(std::move(text), path, want_lm);
}

Result<Ref<AccountList>> ParseUserFile(SecretBytes text, const char *name, bool want_lm) {
  const std::string_view all = AsText(text.view());
  const auto lines = static_cast<size_t>(std::count(all.begin(), all.end(), '\n')) + 1;
  Ref<AccountList> accounts = AccountList::Make(name, lines, std::move(text));
  if (!accounts) return Status::kNoMemory;
  std::string_view rest = AsText(accounts->text());
  for (size_t number = 1; !rest.empty(); ++number) {
    const std::string_view line = TakeLine(&rest);
    if (IsBlankOrComment(line)) continue;
    if (Error error = ParseLine(line, name, number, want_lm, accounts->Add())) return error;
    WipeSecrets(line, accounts->text());
  }
  if (!accounts->Finish()) return Status::kNoMemory;
  return accounts;
}

}  // namespace gss_sspi::cred
