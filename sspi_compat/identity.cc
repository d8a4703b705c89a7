// SPDX-License-Identifier: MIT
#include "sspi_compat/identity.h"

#include <algorithm>
#include <new>

#include "core/utf16.h"
#include "sspi_compat/identity_view.h"
#include "sspi_compat/status.h"
#include "sspi_compat/text.h"

namespace gss_sspi::sspi {
namespace {

std::optional<Password> PasswordOf(const IdentityView &view) {
  const TextView &text = view.password;
  if (view.wide) return Password::Of(static_cast<const WCHAR *>(text.data), text.units);
  return Password::Of(std::string_view(static_cast<const char *>(text.data), text.units));
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool Has(const std::vector<std::string> &names, std::string_view name) {
  return std::ranges::any_of(
      names, [&](const std::string &one) { return EqualIgnoringAsciiCase(one, name); });
}

SECURITY_STATUS RefuseText(const char *what) {
  return Fail(SEC_E_UNKNOWN_CREDENTIALS, "identity: %s is not well-formed text or holds a NUL",
              what);
}

}  // namespace

Password::Password(std::string_view utf8) {
  Resize(utf8.size());
  Copy(octets_.span(), AsBytes(utf8));
}

void Password::Resize(size_t size) {
  if (!octets_.Resize(size + 1)) throw std::bad_alloc();
  octets_.span()[size] = 0;
}

std::optional<Password> Password::Of(std::string_view utf8) {
  if (!IsUtf8(utf8)) return std::nullopt;
  return Password(utf8);
}

std::optional<Password> Password::Of(const WCHAR *text, size_t units) {
  const ByteView utf16{reinterpret_cast<const uint8_t *>(text), units * sizeof(WCHAR)};
  const size_t size = Utf8LengthOf(utf16);
  if (size == kInvalidText) return std::nullopt;
  Password password;
  password.Resize(size);
  Utf16ToUtf8(utf16, {reinterpret_cast<char *>(password.octets_.span().data()), size});
  return password;
}

PackageFilter::PackageFilter(std::string_view list) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    std::string_view name = Trimmed(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    const bool denied = name.starts_with('!');
    if (denied) name = Trimmed(name.substr(1));
    if (name.empty()) continue;
    (denied ? denied_ : allowed_).emplace_back(name);
  }
}

bool PackageFilter::Allows(std::string_view package) const {
  if (Has(denied_, package)) return false;
  return allowed_.empty() || Has(allowed_, package);
}

SECURITY_STATUS ParseIdentity(const void *auth_data, Identity *out) {
  *out = {};
  if (auth_data == nullptr) return SEC_E_OK;
  IdentityView view;
  if (const auto status = ViewIdentity(auth_data, &view); status != SEC_E_OK) return status;
  Identity identity;
  auto user = TextOf(view, view.user);
  if (!user) return RefuseText("User");
  auto domain = TextOf(view, view.domain);
  if (!domain) return RefuseText("Domain");
  const auto packages = TextOf(view, view.packages);
  if (!packages) return RefuseText("PackageList");
  if (view.password.given()) {
    identity.password = PasswordOf(view);
    if (!identity.password) return RefuseText("Password");
  }
  identity.user = std::move(*user);
  identity.domain = std::move(*domain);
  identity.packages = PackageFilter(*packages);
  identity.given = view.user.given() || view.domain.given() || view.password.given();
  *out = std::move(identity);
  return SEC_E_OK;
}

}  // namespace gss_sspi::sspi
