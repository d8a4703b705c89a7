// SPDX-License-Identifier: MIT
// The forms of an identity (section 4.1), read where the caller has them. Nothing is copied here:
// what uses a view copies what it keeps before its function returns to the caller.
#ifndef GSS_SSPI_SSPI_IDENTITY_VIEW_H_
#define GSS_SSPI_SSPI_IDENTITY_VIEW_H_

#include <sspi.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace gss_sspi::sspi {

// A text of the caller, of `units` characters, without NUL behind it. No pointer means that none
// was given, which is not the same as an empty one.
struct TextView {
  const void *data = nullptr;
  size_t units = 0;
  bool given() const { return data != nullptr; }
};

struct IdentityView {
  TextView user, domain, password, packages;
  ULONG flags = 0;
  bool wide = false;  // UTF-16, else UTF-8

  size_t OctetsOf(const TextView &text) const {
    return wide ? text.units * sizeof(WCHAR) : text.units;
  }
};

// What a text may have: a UNICODE_STRING counts its octets with 16 bits, and a character of UTF-16
// is at most three octets of UTF-8. Lengths beyond it are not lengths.
inline constexpr size_t kMostUtf16Units = 32767;
inline constexpr size_t kMostUtf8Octets = 3 * kMostUtf16Units;
// The whole of a SEC_WINNT_AUTH_IDENTITY_EX2, whose texts have lengths of 16 bits.
inline constexpr size_t kMostEx2Octets = size_t{5} * 65536;

// What SspiEncryptAuthIdentity sets; none of ours is ever encrypted.
inline constexpr ULONG kEncryptedFlags = SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED |
                                         SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_PROTECTED |
                                         SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED |
                                         SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED;

// Tells the forms apart and checks flags, lengths and offsets, but not the texts. Everything that
// is not an identity is SEC_E_UNKNOWN_CREDENTIALS (S138), which AcquireCredentialsHandle documents
// for it. `auth_data` is not null. The flags are told even if they are the reason.
SECURITY_STATUS ViewIdentity(const void *auth_data, IdentityView *out);

// A text as UTF-8, "" for none; nothing when it is not well-formed or holds a NUL. Not for secrets.
std::optional<std::string> TextOf(const IdentityView &view, const TextView &text);

// The octets that hold the secret of an identity; none when it is malformed.
std::span<uint8_t> SecretOf(void *auth_data);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_IDENTITY_VIEW_H_
