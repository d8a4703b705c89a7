// SPDX-License-Identifier: MIT
#include "sspi_compat/key_info.h"

#include <gssapi/gssapi_ext.h>

#include <cstring>

#include "core/secret.h"
#include "sspi_compat/status.h"

namespace gss_sspi::sspi {
namespace {

// NTLM by whether extended session security was negotiated; as recorded on Windows.
constexpr Algorithms kNtlmExtended = {128, 0xFFFFFF76, "HMAC-MD5", 0x6801, "RSADSI RC4"};
constexpr Algorithms kNtlmPlain = {128, 0xFFFFFF7C, "RSADSI RC4-CRC32", 0x6801, "RSADSI RC4"};
constexpr uint32_t kExtendedSessionSecurity = 0x00080000;  // [MS-NLMP] 2.2.2.5, P

// RFC 3962, 8009, 4757, 6803. EncryptAlgorithm is the key's, and finds the row.
constexpr Algorithms kKerberosRows[] = {
    {128, 15, "HMAC-SHA1-96", 17, "AES-128-CTS-HMAC-SHA1-96"},
    {256, 16, "HMAC-SHA1-96", 18, "AES-256-CTS-HMAC-SHA1-96"},
    {128, 19, "HMAC-SHA256-128", 19, "AES-128-CTS-HMAC-SHA256-128"},
    {256, 20, "HMAC-SHA384-192", 20, "AES-256-CTS-HMAC-SHA384-192"},
    {128, 0xFFFFFF76, "HMAC-MD5", 23, "RSADSI RC4-HMAC"},
    {128, 17, "CMAC-CAMELLIA128", 25, "CAMELLIA-128-CTS-CMAC"},
    {256, 18, "CMAC-CAMELLIA256", 26, "CAMELLIA-256-CTS-CMAC"},
};

// 1.2.840.113554.1.2.2.4.n, n < 128: the encryption type of a session key.
constexpr std::string_view kEncryptionTypePrefix("\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x04", 10);

SECURITY_STATUS NtlmAlgorithms(const Context &context, const Algorithms **out) {
  OM_uint32 minor = 0;
  GssBufferSet set;
  const OM_uint32 major =
      gss_inquire_sec_context_by_oid(&minor, context.gss(), Mutable(&kNtlmFlagsDesc), set.out());
  if (GSS_ERROR(major)) return context.Failed(major, minor);
  uint32_t flags = 0;
  if (set->count != 1 || set->elements[0].length != sizeof flags) {
    return Fail(SEC_E_INTERNAL_ERROR, "the NTLM mechanism does not tell its flags");
  }
  std::memcpy(&flags, set->elements[0].value, sizeof flags);
  *out = (flags & kExtendedSessionSecurity) != 0 ? &kNtlmExtended : &kNtlmPlain;
  return SEC_E_OK;
}

}  // namespace

SECURITY_STATUS AlgorithmsOf(const Context &context, const Algorithms **out) {
  if (context.IsNtlm()) return NtlmAlgorithms(context, out);
  SessionKey key;
  if (const SECURITY_STATUS status = key.Read(context); status != SEC_E_OK) return status;
  const std::string_view oid = key.type();
  if (oid.size() == kEncryptionTypePrefix.size() + 1 && oid.starts_with(kEncryptionTypePrefix)) {
    for (const Algorithms &row : kKerberosRows) {
      if (row.encryption == static_cast<ULONG>(oid.back())) {
        *out = &row;
        return SEC_E_OK;
      }
    }
  }
  return Fail(SEC_E_UNSUPPORTED_FUNCTION, "the encryption type of the key is not known");
}

SessionKey::~SessionKey() {
  if (!set_) return;
  for (size_t i = 0; i < set_->count; ++i) Wipe(set_->elements[i].value, set_->elements[i].length);
}

std::string_view SessionKey::Element(size_t index) const {
  if (!set_ || set_->count <= index) return {};
  return {static_cast<const char *>(set_->elements[index].value), set_->elements[index].length};
}

SECURITY_STATUS SessionKey::Read(const Context &context) {
  OM_uint32 minor = 0;
  const OM_uint32 major =
      gss_inquire_sec_context_by_oid(&minor, context.gss(), Mutable(&kSessionKeyDesc), set_.out());
  if (GSS_ERROR(major)) return context.Failed(major, minor);
  if (octets().empty()) return Fail(SEC_E_UNSUPPORTED_FUNCTION, "the context has no key to tell");
  return SEC_E_OK;
}

}  // namespace gss_sspi::sspi
