// SPDX-License-Identifier: MIT
// libgssapi with owners and texts.
#ifndef GSS_SSPI_TOOLS_GSS_UTIL_H_
#define GSS_SSPI_TOOLS_GSS_UTIL_H_

#include <string>
#include <string_view>
#include <utility>

#include "core/bytes.h"
#include "gss/mit_gssapi.h"
#include "mech_config.h"

namespace gss_sspi::tools {

inline constexpr gss_ctx_id_t kNoContext = nullptr;
inline constexpr gss_cred_id_t kDefaultCredential = nullptr;

// Owns what a gss_ function made, and gives it back.
template <typename T, OM_uint32 (*kRelease)(OM_uint32 *, T *)>
class Holder {
 public:
  Holder() = default;
  Holder(Holder &&other) noexcept : value_(std::exchange(other.value_, T{})) {}
  Holder &operator=(Holder &&other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Holder() {
    OM_uint32 minor = 0;
    if (value_ != T{}) kRelease(&minor, &value_);
  }
  T get() const { return value_; }
  // For output arguments.
  T *out() { return &value_; }

 private:
  T value_{};
};

inline OM_uint32 DeleteContext(OM_uint32 *minor, gss_ctx_id_t *context) {
  return gss_delete_sec_context(minor, context, nullptr);
}

using Name = Holder<gss_name_t, gss_release_name>;
using Credential = Holder<gss_cred_id_t, gss_release_cred>;
using Context = Holder<gss_ctx_id_t, DeleteContext>;
using OidSet = Holder<gss_OID_set, gss_release_oid_set>;

// A buffer that libgssapi filled.
class GssBuffer {
 public:
  GssBuffer() = default;
  GssBuffer(const GssBuffer &) = delete;
  GssBuffer &operator=(const GssBuffer &) = delete;
  ~GssBuffer() {
    OM_uint32 minor = 0;
    gss_release_buffer(&minor, &buffer_);
  }
  gss_buffer_t out() { return &buffer_; }
  ByteView view() const { return {static_cast<const uint8_t *>(buffer_.value), buffer_.length}; }
  std::string text() const { return std::string(AsText(view())); }

 private:
  gss_buffer_desc buffer_{};
};

// A buffer over octets of ours, for input.
inline gss_buffer_desc AsGssBuffer(ByteView octets) {
  return {octets.size(), const_cast<uint8_t *>(octets.data())};
}
inline gss_buffer_desc AsGssBuffer(std::string_view text) { return AsGssBuffer(AsBytes(text)); }

// Both texts of a failure: "Unspecified GSS failure: logon failure: ...".
std::string StatusText(OM_uint32 major, OM_uint32 minor, gss_const_OID mech);

// "NTLM", "Kerberos", ... or the dotted OID.
std::string MechName(gss_const_OID oid);
Oid ToOid(gss_const_OID oid);
// An OID of libgssapi's or of ours, which lives for ever.
gss_OID GssOid(const Oid &oid);

std::string DisplayName(gss_name_t name);

// "MUTUAL REPLAY SEQUENCE CONF INTEG".
std::string FlagsText(OM_uint32 flags);

}  // namespace gss_sspi::tools

#endif  // GSS_SSPI_TOOLS_GSS_UTIL_H_
