// SPDX-License-Identifier: MIT
// What a caller says about the credential it wants: the keys of a credential store (C76 to C83).
#ifndef GSS_SSPI_GSS_CREDSSP_SETTINGS_H_
#define GSS_SSPI_GSS_CREDSSP_SETTINGS_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/result.h"
#include "credssp/tls_config.h"

namespace gss_sspi::gss {

// C28: the mechanism inside that an initiator uses. kAuto: SPNEGO where a ticket for the target can
// be had, else NTLM as such.
enum class Inner : uint8_t { kSpnego, kNtlm, kKrb5, kAuto };

// C73: whether a delegated credential has one of Kerberos in it. kAuto: if a realm is known.
enum class DelegateKrb5 : uint8_t { kAuto, kNever, kAlways };

// Views into what the caller gave; null is what is not said.
struct CredsspSettings {
  bool owns_tls = true;  // credssp:mode
  bool framed = false;   // credssp:framing
  Inner inner = Inner::kSpnego;

  const char *user = nullptr;
  const char *domain = nullptr;
  std::optional<std::string_view> password;
  const char *password_file = nullptr;

  credssp::Verify verify = credssp::Verify::kNone;
  const char *authorities = nullptr;
  const char *pin = nullptr;
  const char *server_name = nullptr;
  const char *client_certificate = nullptr;
  const char *client_key = nullptr;

  const char *certificate = nullptr;
  const char *key = nullptr;
  const char *server_certificate = nullptr;

  int tls_min = TLS1_2_VERSION;
  int tls_max = TLS1_3_VERSION;
  const char *ciphers = nullptr;

  std::optional<uint32_t> least_version;
  bool requires_same_user = false;
  DelegateKrb5 delegate_krb5 = DelegateKrb5::kAuto;
  bool forwards_bindings = false;
  bool allows_ntlm = true;

  // One key and its value. Keys without "credssp:" are of the mechanism inside: false.
  Result<bool> Set(const char *name, const char *value);
};

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_CREDSSP_SETTINGS_H_
