// SPDX-License-Identifier: MIT
// The text of an account file, in memory. Each line of a text that is taken is an account, and
// nothing of a secret is left in the text.
#include "cred/user_file.h"

#include <algorithm>

#include "core/utf16.h"
#include "fuzz.h"
#include "name_checks.h"

namespace {

using namespace gss_sspi;  // NOLINT

bool IsAccountLine(std::string_view line) {
  return !line.starts_with('#') && line.find_first_not_of(" \t") != std::string_view::npos;
}

// DOMAIN:user:password, or DOMAIN\user:uid: of smbpasswd(5).
bool Has(const cred::AccountList &accounts, std::string_view line) {
  const std::string_view first = Head(line, line.find(':'));
  const std::string_view rest = Behind(line, line.find(':'));
  if (accounts.Find(Head(rest, rest.find(':')), first) != nullptr) return true;
  const size_t slash = first.find('\\');
  return slash == std::string_view::npos
             ? accounts.Find(first, {}) != nullptr
             : accounts.Find(Behind(first, slash), Head(first, slash)) != nullptr;
}

void CheckAccount(const cred::AccountList &accounts, const cred::Account &account, bool want_lm) {
  // The name of who logs on with it.
  const auto name = gss::Name::OfUser(account.domain, account.user);
  GSS_SSPI_REQUIRE(name);
  fuzz::CheckDisplay(**name, gss::UpnForm::kWhole);
  GSS_SSPI_REQUIRE(want_lm || !account.has_lm_hash);
  GSS_SSPI_REQUIRE(account.usable || !account.has_lm_hash);
  // Whatever the case.
  fuzz::Bytes user(Utf16LengthOf(account.user));
  Utf8ToUtf16(account.user, user);
  UpperUtf16(user, user);
  const size_t octets = Utf8LengthOf(user);
  GSS_SSPI_REQUIRE(octets != kInvalidText);
  std::vector<char> upper(octets);
  Utf16ToUtf8(user, upper);
  const cred::Account *found = accounts.Find({upper.data(), upper.size()}, account.domain);
  GSS_SSPI_REQUIRE(found != nullptr && EqualIgnoringCase(found->user, account.user));
}

// Behind the second ':' of an account's line there are zeroes.
void CheckWiped(ByteView kept, std::string_view line, size_t at) {
  const size_t second = line.find(':', line.find(':') + 1);
  GSS_SSPI_REQUIRE(second != std::string_view::npos);
  const ByteView secret = kept.subspan(at + second, line.size() - second);
  GSS_SSPI_REQUIRE(std::all_of(secret.begin(), secret.end(), [](uint8_t c) { return c == 0; }));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  SecretBytes text;
  if (!text.Resize(size)) return 0;
  Copy(text.span(), {data, size});
  const bool want_lm = size % 2 != 0;
  const auto accounts = cred::ParseUserFile(std::move(text), "fuzz", want_lm);
  if (!accounts) return 0;
  const std::string_view all = AsText({data, size});
  size_t lines = 0;
  for (size_t at = 0; at < size;) {
    std::string_view line = Head(Tail(all, at), Tail(all, at).find('\n'));
    const size_t next = at + line.size() + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (IsAccountLine(line)) {
      ++lines;
      GSS_SSPI_REQUIRE(Has(**accounts, line));
      CheckWiped((*accounts)->text(), line, at);
    }
    at = next;
  }
  const cred::Account *first = (*accounts)->First();
  GSS_SSPI_REQUIRE((first == nullptr) == (lines == 0));
  if (first == nullptr) return 0;
  GSS_SSPI_REQUIRE((*accounts)->Find(first->user, first->domain) == first);
  CheckAccount(**accounts, *first, want_lm);
  if (first->usable) fuzz::Reach();
  return 0;
}
