// SPDX-License-Identifier: MIT
// [MS-CSSP] 2.2.1.2 TSCredentials: what authInfo holds once it is unwrapped.
#ifndef GSS_SSPI_CREDSSP_TS_CREDENTIALS_H_
#define GSS_SSPI_CREDSSP_TS_CREDENTIALS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/bytes.h"
#include "core/result.h"
#include "core/secret.h"

namespace gss_sspi::credssp {

// credType.
enum class CredentialType : uint8_t { kPassword = 1, kSmartCard = 2, kRemoteGuard = 6 };

struct TsCredentials {
  static constexpr size_t kMostOctets = 16384;     // C11
  static constexpr size_t kMostTextOctets = 2048;  // C11: of a name or password, as UTF-16

  CredentialType type = CredentialType::kPassword;
  // Of TSPasswordCreds, in UTF-8; of other types only the form is checked, and nothing is kept.
  SecretBytes domain_name;
  SecretBytes user_name;
  SecretBytes password;

  static Result<TsCredentials> Parse(ByteView octets);
};

// [MS-CSSP] 2.2.1.2.1 TSPasswordCreds, in UTF-8. All of them empty: nothing is delegated.
struct PasswordCredentials {
  std::string_view domain_name, user_name, password;

  // TSCredentials with these.
  Result<SecretBytes> Build() const;
};

}  // namespace gss_sspi::credssp

#endif  // GSS_SSPI_CREDSSP_TS_CREDENTIALS_H_
