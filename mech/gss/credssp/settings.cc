// SPDX-License-Identifier: MIT
#include "gss/credssp/settings.h"

#include <type_traits>

#include "core/text.h"
#include "gss/credssp/oids.h"

namespace gss_sspi::gss {
namespace {

using credssp::Verify;

constexpr std::string_view kPrefix = "credssp:";

template <typename T>
struct Word {
  std::string_view text;
  T value;
};

constexpr Word<bool> kModes[] = {{"full", true}, {"tsrequest", false}};
constexpr Word<bool> kFramings[] = {{"raw", false}, {"gss", true}};
constexpr Word<bool> kYesNo[] = {{"yes", true}, {"no", false}};
constexpr Word<Inner> kInners[] = {{"spnego", Inner::kSpnego},
                                   {"ntlm", Inner::kNtlm},
                                   {"krb5", Inner::kKrb5},
                                   {"auto", Inner::kAuto}};
constexpr Word<Verify> kVerifies[] = {
    {"none", Verify::kNone}, {"ca", Verify::kAuthority}, {"pin", Verify::kPin}};
constexpr Word<int> kTlsVersions[] = {{"1.2", TLS1_2_VERSION}, {"1.3", TLS1_3_VERSION}};
constexpr Word<uint32_t> kVersions[] = {{"2", 2}, {"3", 3}, {"4", 4}, {"5", 5}, {"6", 6}};
constexpr Word<DelegateKrb5> kDelegateKrb5[] = {{"auto", DelegateKrb5::kAuto},
                                                {"never", DelegateKrb5::kNever},
                                                {"always", DelegateKrb5::kAlways}};

// The row of one key: how its value becomes a member. False for a value that is not allowed.
struct KeyRow {
  std::string_view key;
  bool (*set)(CredsspSettings *, const char *value);
};

template <const auto &kWords, auto kMember>
bool SetWord(CredsspSettings *settings, const char *value) {
  for (const auto &word : kWords) {
    if (word.text != value) continue;
    settings->*kMember = word.value;
    return true;
  }
  return false;
}

template <auto kMember>
bool SetText(CredsspSettings *settings, const char *value) {
  settings->*kMember = value;
  return *value != '\0';
}

// These may be empty.
bool SetDomain(CredsspSettings *settings, const char *value) {
  settings->domain = value;
  return true;
}
bool SetPassword(CredsspSettings *settings, const char *value) {
  settings->password = value;
  return true;
}

using S = CredsspSettings;
constexpr KeyRow kKeys[] = {
    {GSS_CREDSSP_CS_MODE, SetWord<kModes, &S::owns_tls>},
    {GSS_CREDSSP_CS_FRAMING, SetWord<kFramings, &S::framed>},
    {GSS_CREDSSP_CS_INNER, SetWord<kInners, &S::inner>},
    {GSS_CREDSSP_CS_USER, SetText<&S::user>},
    {GSS_CREDSSP_CS_DOMAIN, SetDomain},
    {GSS_CREDSSP_CS_PASSWORD, SetPassword},
    {GSS_CREDSSP_CS_PASSWORD_FILE, SetText<&S::password_file>},
    {GSS_CREDSSP_CS_VERIFY, SetWord<kVerifies, &S::verify>},
    {GSS_CREDSSP_CS_CA, SetText<&S::authorities>},
    {GSS_CREDSSP_CS_PIN, SetText<&S::pin>},
    {GSS_CREDSSP_CS_SERVER_NAME, SetText<&S::server_name>},
    {GSS_CREDSSP_CS_CLIENT_CERT, SetText<&S::client_certificate>},
    {GSS_CREDSSP_CS_CLIENT_KEY, SetText<&S::client_key>},
    {GSS_CREDSSP_CS_MIN_VERSION, SetWord<kVersions, &S::least_version>},
    {GSS_CREDSSP_CS_CERT, SetText<&S::certificate>},
    {GSS_CREDSSP_CS_KEY, SetText<&S::key>},
    {GSS_CREDSSP_CS_SERVER_CERT, SetText<&S::server_certificate>},
    {GSS_CREDSSP_CS_TLS_MIN, SetWord<kTlsVersions, &S::tls_min>},
    {GSS_CREDSSP_CS_TLS_MAX, SetWord<kTlsVersions, &S::tls_max>},
    {GSS_CREDSSP_CS_CIPHERS, SetText<&S::ciphers>},
    {GSS_CREDSSP_CS_REQUIRE_SAME_USER, SetWord<kYesNo, &S::requires_same_user>},
    {GSS_CREDSSP_CS_DELEG_KRB5, SetWord<kDelegateKrb5, &S::delegate_krb5>},
    {GSS_CREDSSP_CS_FORWARD_BINDINGS, SetWord<kYesNo, &S::forwards_bindings>},
    {GSS_CREDSSP_CS_ALLOW_NTLM, SetWord<kYesNo, &S::allows_ntlm>},
};

}  // namespace

// The value may be a password, so no error shows it.
Result<bool> CredsspSettings::Set(const char *name, const char *value) {
  const std::string_view wanted(name);
  if (!wanted.starts_with(kPrefix)) return false;
  for (const KeyRow &row : kKeys) {
    if (row.key != wanted) continue;
    if (row.set(this, value)) return true;
    return Fail(Status::kCredsspBadStoreKey, "%s has a value that is not allowed", name);
  }
  return Fail(Status::kCredsspBadStoreKey, "there is no key %s", name);
}

}  // namespace gss_sspi::gss
