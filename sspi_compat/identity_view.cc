// SPDX-License-Identifier: MIT
#include "sspi_compat/identity_view.h"

#include <cstddef>
#include <cstring>

#include "sspi_compat/status.h"
#include "sspi_compat/text.h"

namespace gss_sspi::sspi {
namespace {

// The layout of the 64-bit system (L1).
static_assert(sizeof(SEC_WINNT_AUTH_IDENTITY_W) == sizeof(SEC_WINNT_AUTH_IDENTITY_A));
static_assert(sizeof(SEC_WINNT_AUTH_IDENTITY_EXW) == sizeof(SEC_WINNT_AUTH_IDENTITY_EXA));
static_assert(sizeof(SEC_WINNT_AUTH_IDENTITY_EX2) == 48);
static_assert(offsetof(SEC_WINNT_AUTH_IDENTITY_EX2, Flags) == 36);
static_assert(sizeof(SEC_WINNT_AUTH_PACKED_CREDENTIALS) == 28);

// No page below this is ever mapped, so a smaller pointer is a number.
constexpr uintptr_t kLeastPointer = 0x10000;

SECURITY_STATUS Refuse(const char *what) {
  return Fail(SEC_E_UNKNOWN_CREDENTIALS, "identity: %s", what);
}

// A structure as it is, wherever the caller put it.
template <typename T>
T Load(const void *from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

SECURITY_STATUS CheckFlags(ULONG flags) {
  if ((flags & kEncryptedFlags) != 0) return Refuse("encrypted, and nothing here encrypts them");
  const bool ansi = (flags & SEC_WINNT_AUTH_IDENTITY_ANSI) != 0;
  const bool unicode = (flags & SEC_WINNT_AUTH_IDENTITY_UNICODE) != 0;
  if (ansi == unicode) return Refuse("Flags must have one of ANSI and UNICODE");
  return SEC_E_OK;
}

SECURITY_STATUS SetText(const void *data, ULONG units, const char *what, const IdentityView &view,
                        TextView *out) {
  if (data == nullptr && units != 0) {
    return Fail(SEC_E_UNKNOWN_CREDENTIALS, "identity: %s has a length but no text", what);
  }
  if (units > (view.wide ? kMostUtf16Units : kMostUtf8Octets)) {
    return Fail(SEC_E_UNKNOWN_CREDENTIALS, "identity: %s of %u characters", what,
                static_cast<unsigned>(units));
  }
  *out = {data, units};
  return SEC_E_OK;
}

// SEC_WINNT_AUTH_IDENTITY_A, _W and the first fields of the EX forms, which have the same names.
template <typename T>
SECURITY_STATUS ViewTexts(const T &from, IdentityView *out) {
  out->flags = from.Flags;
  if (const auto status = CheckFlags(from.Flags); status != SEC_E_OK) return status;
  out->wide = (from.Flags & SEC_WINNT_AUTH_IDENTITY_UNICODE) != 0;
  auto status = SetText(from.User, from.UserLength, "User", *out, &out->user);
  if (status != SEC_E_OK) return status;
  status = SetText(from.Domain, from.DomainLength, "Domain", *out, &out->domain);
  if (status != SEC_E_OK) return status;
  return SetText(from.Password, from.PasswordLength, "Password", *out, &out->password);
}

SECURITY_STATUS ViewEx(const void *auth_data, IdentityView *out) {
  const auto from = Load<SEC_WINNT_AUTH_IDENTITY_EXW>(auth_data);
  const auto status = ViewTexts(from, out);
  if (status != SEC_E_OK) return status;
  return SetText(from.PackageList, from.PackageListLength, "PackageList", *out, &out->packages);
}

// The octets of a structure whose fields have offsets from its start.
class Block {
 public:
  Block(const void *start, size_t header, size_t size)
      : start_(static_cast<const uint8_t *>(start)), header_(header), size_(size) {}

  // False when the part is not behind the header and inside of the structure. An offset of 0 is for
  // what is not there.
  bool Part(size_t offset, size_t size, const uint8_t **out) const {
    *out = nullptr;
    if (offset == 0 && size == 0) return true;
    if (offset < header_ || offset > size_ || size > size_ - offset) return false;
    *out = start_ + offset;
    return true;
  }

 private:
  const uint8_t *start_;
  size_t header_, size_;
};

SECURITY_STATUS SetUtf16(const Block &block, size_t offset, size_t octets, const char *what,
                         TextView *out) {
  const uint8_t *data = nullptr;
  if (octets % sizeof(WCHAR) != 0 || !block.Part(offset, octets, &data)) {
    return Fail(SEC_E_UNKNOWN_CREDENTIALS, "identity: %s is not inside of the structure", what);
  }
  *out = {data, octets / sizeof(WCHAR)};
  return SEC_E_OK;
}

bool IsPassword(const GUID &type) {
  static constexpr GUID kPassword = {
      0x28bfc32f, 0x10f6, 0x4738, {0x98, 0xd1, 0x1a, 0xc0, 0x61, 0xdf, 0x71, 0x6a}};
  return std::memcmp(&type, &kPassword, sizeof type) == 0;
}

// SEC_WINNT_AUTH_PACKED_CREDENTIALS of the type password: CredData, counted from the start of that
// structure, is the password in UTF-16.
SECURITY_STATUS ViewPacked(const uint8_t *data, size_t size, TextView *out) {
  if (size < sizeof(SEC_WINNT_AUTH_PACKED_CREDENTIALS)) return Refuse("short packed credentials");
  const auto packed = Load<SEC_WINNT_AUTH_PACKED_CREDENTIALS>(data);
  if (packed.cbHeaderLength < sizeof packed || packed.cbStructureLength < packed.cbHeaderLength ||
      packed.cbStructureLength > size) {
    return Refuse("packed credentials with wrong lengths");
  }
  if (!IsPassword(packed.AuthData.CredType)) return Refuse("its credential is not a password");
  const Block block(data, packed.cbHeaderLength, packed.cbStructureLength);
  const SEC_WINNT_AUTH_BYTE_VECTOR &vector = packed.AuthData.CredData;
  return SetUtf16(block, vector.ByteArrayOffset, vector.ByteArrayLength, "password", out);
}

// SEC_WINNT_AUTH_IDENTITY_EX2 is Unicode, whether its Flags say so or not, and has no ANSI form;
// lengths are in octets.
SECURITY_STATUS ViewEx2(const void *auth_data, IdentityView *out) {
  const auto from = Load<SEC_WINNT_AUTH_IDENTITY_EX2>(auth_data);
  out->flags = from.Flags;
  auto status = CheckFlags(from.Flags | SEC_WINNT_AUTH_IDENTITY_UNICODE);
  if (status != SEC_E_OK) return status;
  if (from.cbStructureLength < sizeof from || from.cbStructureLength > kMostEx2Octets) {
    return Refuse("wrong cbStructureLength");
  }
  out->wide = true;
  const Block block(auth_data, sizeof from, from.cbStructureLength);
  status = SetUtf16(block, from.UserOffset, from.UserLength, "User", &out->user);
  if (status != SEC_E_OK) return status;
  status = SetUtf16(block, from.DomainOffset, from.DomainLength, "Domain", &out->domain);
  if (status != SEC_E_OK) return status;
  status = SetUtf16(block, from.PackageListOffset, from.PackageListLength, "PackageList",
                    &out->packages);
  if (status != SEC_E_OK) return status;
  const uint8_t *packed = nullptr;
  if (!block.Part(from.PackedCredentialsOffset, from.PackedCredentialsLength, &packed)) {
    return Refuse("packed credentials are not inside of the structure");
  }
  if (packed == nullptr) return SEC_E_OK;
  return ViewPacked(packed, from.PackedCredentialsLength, &out->password);
}

enum class Form { kPlain, kEx, kEx2, kNone };

// The first ULONG is the version, or the low half of the User pointer; then what follows it is
// Length or cbHeaderLength, or the high half (4.1).
Form FormOf(const void *auth_data) {
  struct Start {
    ULONG version;
    ULONG next;
  };
  const auto start = Load<Start>(auth_data);
  if (start.version == SEC_WINNT_AUTH_IDENTITY_VERSION &&
      start.next == sizeof(SEC_WINNT_AUTH_IDENTITY_EXW)) {
    return Form::kEx;
  }
  if (start.version == SEC_WINNT_AUTH_IDENTITY_VERSION_2 &&
      static_cast<USHORT>(start.next) == sizeof(SEC_WINNT_AUTH_IDENTITY_EX2)) {
    return Form::kEx2;
  }
  const auto user = Load<uintptr_t>(auth_data);
  return user == 0 || user >= kLeastPointer ? Form::kPlain : Form::kNone;
}

}  // namespace

SECURITY_STATUS ViewIdentity(const void *auth_data, IdentityView *out) {
  *out = {};
  switch (FormOf(auth_data)) {
    case Form::kPlain:
      return ViewTexts(Load<SEC_WINNT_AUTH_IDENTITY_W>(auth_data), out);
    case Form::kEx:
      return ViewEx(auth_data, out);
    case Form::kEx2:
      return ViewEx2(auth_data, out);
    case Form::kNone:
      break;
  }
  return Refuse("of no known form");
}

std::optional<std::string> TextOf(const IdentityView &view, const TextView &text) {
  if (!text.given()) return std::string();
  if (view.wide) return Utf8Of(static_cast<const WCHAR *>(text.data), text.units);
  std::string utf8(static_cast<const char *>(text.data), text.units);
  if (!IsUtf8(utf8)) return std::nullopt;
  return utf8;
}

std::span<uint8_t> SecretOf(void *auth_data) {
  IdentityView view;
  if (ViewIdentity(auth_data, &view) != SEC_E_OK || !view.password.given()) return {};
  auto *octets = static_cast<uint8_t *>(const_cast<void *>(view.password.data));
  return {octets, view.OctetsOf(view.password)};
}

}  // namespace gss_sspi::sspi
