// SPDX-License-Identifier: MIT
#include "sspi_compat/auth_identity.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "core/secret.h"
#include "core/utf16.h"
#include "sspi_compat/identity.h"
#include "sspi_compat/identity_view.h"
#include "sspi_compat/status.h"
#include "sspi_compat/text.h"

namespace gss_sspi::sspi {
namespace {

// The flags of a copy: what the text is, and what the identity is for.
constexpr ULONG kKeptFlags = SEC_WINNT_AUTH_IDENTITY_ANSI | SEC_WINNT_AUTH_IDENTITY_UNICODE |
                             SEC_WINNT_AUTH_IDENTITY_ONLY |
                             SEC_WINNT_AUTH_IDENTITY_FLAGS_ID_PROVIDER;

// STATUS_INVALID_PARAMETER, which the page of SspiEncodeAuthIdentityAsStrings has for encrypted
// identities.
constexpr auto kStatusInvalidParameter = static_cast<SECURITY_STATUS>(0xC000000D);

SECURITY_STATUS RefuseNull() { return Fail(SEC_E_INVALID_PARAMETER, "a pointer is null"); }

size_t UnitSize(const IdentityView &view) { return view.wide ? sizeof(WCHAR) : 1; }

// Writes texts one behind the other into the block of an identity.
class TextWriter {
 public:
  TextWriter(void *start, const IdentityView &view)
      : next_(static_cast<uint8_t *>(start)), view_(view) {}

  template <typename Pointer>
  void Put(const TextView &text, Pointer *pointer, ULONG *length) {
    if (!text.given()) return;
    std::memcpy(next_, text.data, view_.OctetsOf(text));
    *pointer = reinterpret_cast<Pointer>(next_);
    *length = static_cast<ULONG>(text.units);
    next_ += view_.OctetsOf(text) + UnitSize(view_);
  }

 private:
  uint8_t *next_;
  const IdentityView &view_;
};

IdentityBlock MakeBlock(const IdentityView &view) {
  size_t size = sizeof(SEC_WINNT_AUTH_IDENTITY_EXW);
  for (const TextView *text : {&view.user, &view.domain, &view.password, &view.packages}) {
    if (text->given()) size += view.OctetsOf(*text) + UnitSize(view);
  }
  IdentityBlock block(static_cast<SEC_WINNT_AUTH_IDENTITY_EXW *>(AllocateContextBuffer(size)));
  block->Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
  block->Length = sizeof *block;
  block->Flags = (view.flags & kKeptFlags) | SEC_WINNT_AUTH_IDENTITY_MARSHALLED |
                 (view.wide ? SEC_WINNT_AUTH_IDENTITY_UNICODE : SEC_WINNT_AUTH_IDENTITY_ANSI);
  TextWriter writer(block.get() + 1, view);
  writer.Put(view.user, &block->User, &block->UserLength);
  writer.Put(view.domain, &block->Domain, &block->DomainLength);
  writer.Put(view.password, &block->Password, &block->PasswordLength);
  writer.Put(view.packages, &block->PackageList, &block->PackageListLength);
  return block;
}

// A NUL-terminated text of the caller; false when it is longer than a text may be.
bool ViewString(const WCHAR *text, TextView *out) {
  size_t units = 0;
  if (text != nullptr) {
    while (units <= kMostUtf16Units && text[units] != 0) ++units;
  }
  *out = {text, units};
  return units <= kMostUtf16Units;
}

std::string_view UntilNul(const TextView &text) {
  const std::string_view all(static_cast<const char *>(text.data), text.units);
  return all.substr(0, all.find('\0'));
}

ContextBuffer<WCHAR> WideString(const TextView &text) {
  const size_t octets = text.units * sizeof(WCHAR);
  auto string = NewContextBuffer<WCHAR>(text.units + 1);
  if (octets != 0) std::memcpy(string.get(), text.data, octets);
  return string;
}

// False when the text is not well-formed.
bool StringOf(const IdentityView &view, const TextView &text, ContextBuffer<WCHAR> *out) {
  if (!text.given()) return true;
  if (!view.wide && !IsUtf8(UntilNul(text))) return false;
  *out = view.wide ? WideString(text) : GiveText<WCHAR>(UntilNul(text));
  return true;
}

// "Kerberos,NTLM" becomes "Kerberos,NTLM,!NTLM"; a list that does not allow the package stays.
std::string ListWithout(std::string_view list, std::string_view package) {
  std::string without(list);
  if (!PackageFilter(list).Allows(package)) return without;
  if (!without.empty()) without += ',';
  return without.append("!").append(package);
}

bool IsPackageName(std::string_view name) {
  return !name.empty() && name.find_first_of(",! \t\r\n") == std::string_view::npos;
}

// Without service, instance, realm and port.
std::string_view HostPart(std::string_view target) {
  while (target.starts_with('\\')) target.remove_prefix(1);
  if (const size_t slash = target.find('/'); slash != std::string_view::npos) {
    target.remove_prefix(slash + 1);
  }
  target = target.substr(0, target.find_first_of("/@"));
  if (target.starts_with('[')) {
    const size_t end = target.find(']');
    return end == std::string_view::npos ? std::string_view() : target.substr(1, end - 1);
  }
  // More than one colon is an IPv6 address.
  const size_t colon = target.find(':');
  return colon == target.rfind(':') ? target.substr(0, colon) : target;
}

bool SamePassword(const Identity &one, const Identity &other) {
  if (one.password.has_value() != other.password.has_value()) return false;
  return !one.password.has_value() ||
         ConstantTimeEqual(AsBytes(one.password->view()), AsBytes(other.password->view()));
}

}  // namespace

SECURITY_STATUS EncodeStrings(const WCHAR *user, const WCHAR *domain, const WCHAR *password,
                              IdentityBlock *out) {
  if (user == nullptr && domain == nullptr && password == nullptr) {
    return Fail(SEC_E_INVALID_TOKEN, "an identity needs a user, a domain or a password");
  }
  IdentityView view;
  view.wide = true;
  if (!ViewString(user, &view.user) || !ViewString(domain, &view.domain) ||
      !ViewString(password, &view.password)) {
    return Fail(SEC_E_INVALID_TOKEN, "a text of more than %zu characters", kMostUtf16Units);
  }
  *out = MakeBlock(view);
  return SEC_E_OK;
}

SECURITY_STATUS DecodeStrings(const void *identity, IdentityStrings *out) {
  if (identity == nullptr) return RefuseNull();
  IdentityView view;
  if (const auto status = ViewIdentity(identity, &view); status != SEC_E_OK) {
    return (view.flags & kEncryptedFlags) != 0 ? kStatusInvalidParameter : status;
  }
  IdentityStrings strings;
  if (!StringOf(view, view.user, &strings.user) || !StringOf(view, view.domain, &strings.domain) ||
      !StringOf(view, view.password, &strings.password)) {
    return Fail(SEC_E_UNKNOWN_CREDENTIALS, "identity: a text is not well-formed");
  }
  *out = std::move(strings);
  return SEC_E_OK;
}

SECURITY_STATUS CopyIdentity(const void *identity, IdentityBlock *out) {
  if (identity == nullptr) return RefuseNull();
  IdentityView view;
  if (const auto status = ViewIdentity(identity, &view); status != SEC_E_OK) return status;
  *out = MakeBlock(view);
  return SEC_E_OK;
}

SECURITY_STATUS ExcludePackage(const void *identity, const WCHAR *package, IdentityBlock *out) {
  const auto name = TextOfCaller(package);
  if (!name || !IsPackageName(*name)) {
    return Fail(SEC_E_INVALID_PARAMETER, "not the name of a package");
  }
  IdentityView view;
  view.wide = true;
  std::string list;
  if (identity != nullptr) {
    if (const auto status = ViewIdentity(identity, &view); status != SEC_E_OK) return status;
    auto given = TextOf(view, view.packages);
    if (!given) return Fail(SEC_E_UNKNOWN_CREDENTIALS, "identity: PackageList is not well-formed");
    list = std::move(*given);
  }
  list = ListWithout(list, *name);
  if (list.size() > kMostUtf16Units) {  // the longest that every form has room for
    return Fail(SEC_E_INVALID_PARAMETER, "PackageList becomes too long");
  }
  const auto wide_list = GiveText<WCHAR>(list);
  view.packages = view.wide ? TextView{wide_list.get(), UnitsOf<WCHAR>(list) - 1}
                            : TextView{list.data(), list.size()};
  *out = MakeBlock(view);
  return SEC_E_OK;
}

SECURITY_STATUS ValidateIdentity(const void *identity) {
  if (identity == nullptr) return RefuseNull();
  Identity parsed;
  return ParseIdentity(identity, &parsed);
}

SECURITY_STATUS CompareIdentities(const void *one, const void *other, bool *same_user,
                                  bool *same_identity) {
  Identity left, right;
  if (const auto status = ParseIdentity(one, &left); status != SEC_E_OK) return status;
  if (const auto status = ParseIdentity(other, &right); status != SEC_E_OK) return status;
  *same_user = left.given == right.given && EqualIgnoringCase(left.user, right.user) &&
               EqualIgnoringCase(left.domain, right.domain);
  *same_identity = *same_user && SamePassword(left, right);
  return SEC_E_OK;
}

void ZeroIdentity(void *identity) {
  if (identity == nullptr) return;
  const std::span<uint8_t> secret = SecretOf(identity);
  Wipe(secret.data(), secret.size());
}

SECURITY_STATUS HostOfTarget(const WCHAR *target, ContextBuffer<WCHAR> *out) {
  const auto text = TextOfCaller(target);
  if (!text) return Fail(SEC_E_INVALID_PARAMETER, "not the name of a target");
  const std::string_view host = HostPart(*text);
  if (host.empty())
    return Fail(SEC_E_TARGET_UNKNOWN, "the target \"%s\" has no host", text->c_str());
  *out = GiveText<WCHAR>(host);
  return SEC_E_OK;
}

}  // namespace gss_sspi::sspi
