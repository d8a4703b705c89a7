// SPDX-License-Identifier: MIT
#include "gss/credssp/account.h"

#include <array>

#include "core/text.h"
#include "core/utf16.h"
#include "gss/credssp/oids.h"

namespace gss_sspi::gss {
namespace {

constexpr char kPasswordKey[] = "password";  // of Kerberos, and of NTLM
constexpr size_t kMostKeys = 30;

// Keys of the caller's, then ours.
class KeySet {
 public:
  [[nodiscard]] bool Add(const char *key, const char *value) {
    if (size_ == entries_.size()) return false;
    entries_[size_++] = {key, value};
    return true;
  }
  Error AddAll(gss_const_key_value_set_t keys) {
    const OM_uint32 count = keys != nullptr ? keys->count : 0;
    for (OM_uint32 i = 0; i < count; ++i) {
      const auto &entry = keys->elements[i];
      if (entry.key == nullptr || entry.value == nullptr) continue;
      if (std::string_view(entry.key).starts_with("credssp:")) continue;
      if (!Add(entry.key, entry.value)) {
        return Fail(Status::kCredsspBadStoreKey, "more than %zu keys", entries_.size());
      }
    }
    return kSuccess;
  }
  bool Has(std::string_view key) const {
    for (const auto &entry : std::span(entries_).first(size_)) {
      if (entry.key == key) return true;
    }
    return false;
  }
  gss_key_value_set_desc view() { return {static_cast<OM_uint32>(size_), entries_.data()}; }

 private:
  std::array<gss_key_value_element_desc, kMostKeys> entries_;
  size_t size_ = 0;
};

OM_uint32 Capital(char c) { return static_cast<OM_uint32>(c >= 'a' && c <= 'z' ? c - 32 : c); }

void UpperAscii(char *text) {
  for (; *text != '\0'; ++text) *text = static_cast<char>(Capital(*text));
}

// A backslash before what krb5_parse_name takes for a separator. `escaped` has room for twice the
// text and a NUL.
void EscapeForPrincipal(std::string_view user, char *escaped) {
  for (const char c : user) {
    if (c == '@' || c == '/' || c == '\\') *escaped++ = '\\';
    *escaped++ = c;
  }
  *escaped = '\0';
}

Result<HostName> ImportUser(std::string_view text) {
  gss_buffer_desc buffer = HostView(text);
  HostName name;
  OM_uint32 minor = 0;
  const OM_uint32 major =
      Host()->gss_import_name(&minor, &buffer, Host()->GSS_C_NT_USER_NAME, name.out());
  if (GSS_ERROR(major)) return HostFailure(Status::kCredsspBadName, major, minor, nullptr);
  return name;
}

}  // namespace

Error Account::SetName(std::string_view domain, std::string_view user) {
  const size_t slash = user.find('\\');
  if (domain.empty() && slash != std::string_view::npos) {
    domain = Head(user, slash);
    user = Behind(user, slash);
  }
  if (user.empty()) return Fail(Status::kCredsspBadName, "it has no user");
  constexpr size_t kMost = 512;
  if (user.size() > kMost || domain.size() > kMost || Utf16LengthOf(user) == kInvalidText ||
      Utf16LengthOf(domain) == kInvalidText) {
    return Fail(Status::kCredsspBadName, "it is too long, or no UTF-8");
  }
  return domain_.Assign(domain) && user_.Assign(user) ? kSuccess : Error(Status::kNoMemory);
}

Error Account::SetPassword(std::string_view password) {
  constexpr size_t kMost = 1024;
  if (password.size() > kMost || Utf16LengthOf(password) == kInvalidText) {
    return Fail(Status::kCredsspNoCredential, "the password is too long, or no UTF-8");
  }
  has_password_ = password_.Assign(password);
  return has_password_ ? kSuccess : Error(Status::kNoMemory);
}

Error Account::NtlmName(OwnedText *name) const {
  const bool done =
      domain().empty() ? name->Assign(user()) : name->Assign({domain(), "\\", user()});
  return done ? kSuccess : Error(Status::kNoMemory);
}

bool Account::HasRealm(const CredsspPolicy &policy) const {
  return domain().empty() || Contains(domain(), '.') || !MappedRealm(policy, domain()).empty();
}

Error Account::PrincipalName(const CredsspPolicy &policy, OwnedText *name) const {
  if (domain().empty()) return name->Assign(user()) ? kSuccess : Error(Status::kNoMemory);
  char escaped[2 * 512 + 1];
  EscapeForPrincipal(user(), escaped);
  const std::string_view mapped = MappedRealm(policy, domain());
  if (!mapped.empty()) {
    return name->Assign({escaped, "@", mapped}) ? kSuccess : Error(Status::kNoMemory);
  }
  char realm[512 + 1];
  CopyText(realm, domain());
  UpperAscii(realm);
  return name->Assign({escaped, "@", realm}) ? kSuccess : Error(Status::kNoMemory);
}

// The desired name is that of Kerberos; NTLM has the account by a key of its own.
Result<HostCredential> AcquireInner(const CredsspPolicy &policy, const InnerRequest &request) {
  KeySet keys;
  if (Error error = keys.AddAll(request.keys)) return error;
  HostName name;
  OwnedText ntlm_name;
  if (request.account != nullptr) {
    OwnedText principal;
    if (Error error = request.account->NtlmName(&ntlm_name)) return error;
    if (Error error = request.account->PrincipalName(policy, &principal)) return error;
    auto imported = ImportUser(principal.view());
    if (!imported) return imported.error();
    name = std::move(*imported);
    const bool named = keys.Has(GSS_NTLM_CS_USER) || keys.Add(GSS_NTLM_CS_USER, ntlm_name.c_str());
    const char *password = request.account->password();
    const bool whole =
        request.password == PasswordFor::kNobody ||
        keys.Add(request.password == PasswordFor::kAll ? kPasswordKey : GSS_NTLMSSP_CS_PASSWORD,
                 password);
    if (!named || !whole) return Fail(Status::kCredsspBadStoreKey, "too many keys");
  }
  gss_OID_desc oids[4];
  gss_OID_set_desc mechanisms{0, oids};
  for (const gss_OID oid : request.mechanisms) oids[mechanisms.count++] = *oid;
  const gss_key_value_set_desc store = keys.view();
  HostCredential credential;
  OM_uint32 minor = 0;
  const OM_uint32 major = Host()->gss_acquire_cred_from(
      &minor, name ? name.get() : request.name, GSS_C_INDEFINITE, &mechanisms, request.usage,
      store.count != 0 ? &store : GSS_C_NO_CRED_STORE, credential.out(), nullptr, nullptr);
  if (GSS_ERROR(major)) {
    return HostFailure(Status::kCredsspNoCredential, major, minor, request.mechanisms[0]);
  }
  return credential;
}

Error RestrictNegotiation(const HostCredential &credential, gss_OID mechanism) {
  gss_OID_set_desc mechanisms{1, mechanism};
  OM_uint32 minor = 0;
  const OM_uint32 major = Host()->gss_set_neg_mechs(&minor, credential.get(), &mechanisms);
  if (!GSS_ERROR(major)) return kSuccess;
  return HostFailure(Status::kCredsspNoCredential, major, minor, &kSpnegoMechanism);
}

bool HasMechanism(gss_cred_id_t credential, gss_const_OID mechanism) {
  HostOidSet mechanisms;
  OM_uint32 minor = 0;
  if (GSS_ERROR(Host()->gss_inquire_cred(&minor, credential, nullptr, nullptr, nullptr,
                                         mechanisms.out()))) {
    return false;
  }
  const std::string_view wanted{static_cast<const char *>(mechanism->elements), mechanism->length};
  for (size_t i = 0; i < mechanisms.get()->count; ++i) {
    if (Is(&mechanisms.get()->elements[i], wanted)) return true;
  }
  return false;
}

}  // namespace gss_sspi::gss
