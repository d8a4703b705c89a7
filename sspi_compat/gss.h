// SPDX-License-Identifier: MIT
// Owners of GSSAPI objects, and the calls that are more than one line.
#ifndef GSS_SSPI_SSPI_GSS_H_
#define GSS_SSPI_SSPI_GSS_H_

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>

#include <string>
#include <string_view>
#include <utility>

#include "sspi_compat/oids.h"

namespace gss_sspi::sspi {

// Owns a handle that `Release` gives back.
template <typename Handle, OM_uint32 (*Release)(OM_uint32 *, Handle *)>
class Owned {
 public:
  Owned() = default;
  explicit Owned(Handle handle) : handle_(handle) {}
  Owned(Owned &&other) noexcept : handle_(std::exchange(other.handle_, Handle{})) {}
  Owned &operator=(Owned &&other) noexcept {
    if (this != &other) {
      Reset();
      handle_ = std::exchange(other.handle_, Handle{});
    }
    return *this;
  }
  ~Owned() { Reset(); }

  void Reset() {
    OM_uint32 minor = 0;
    if (handle_ != Handle{}) Release(&minor, &handle_);
    handle_ = Handle{};
  }
  // For a GSSAPI function to fill.
  Handle *out() {
    Reset();
    return &handle_;
  }
  // For a GSSAPI function that changes it.
  Handle *inout() { return &handle_; }
  Handle get() const { return handle_; }
  Handle operator->() const { return handle_; }
  explicit operator bool() const { return handle_ != Handle{}; }

 private:
  Handle handle_{};
};

inline OM_uint32 DeleteContext(OM_uint32 *minor, gss_ctx_id_t *context) {
  return gss_delete_sec_context(minor, context, GSS_C_NO_BUFFER);
}

using GssName = Owned<gss_name_t, gss_release_name>;
using GssCred = Owned<gss_cred_id_t, gss_release_cred>;
using GssContext = Owned<gss_ctx_id_t, DeleteContext>;
using GssBufferSet = Owned<gss_buffer_set_t, gss_release_buffer_set>;
using GssOidSet = Owned<gss_OID_set, gss_release_oid_set>;

// Octets that GSSAPI allocated.
class GssBuffer {
 public:
  GssBuffer() = default;
  GssBuffer(const GssBuffer &) = delete;
  GssBuffer &operator=(const GssBuffer &) = delete;
  ~GssBuffer() { Reset(); }

  void Reset() {
    OM_uint32 minor = 0;
    gss_release_buffer(&minor, &buffer_);
  }
  gss_buffer_t out() {
    Reset();
    return &buffer_;
  }
  void Swap(GssBuffer &other) { std::swap(buffer_, other.buffer_); }
  size_t size() const { return buffer_.length; }
  const void *data() const { return buffer_.value; }
  std::string_view text() const {
    return {static_cast<const char *>(buffer_.value), buffer_.length};
  }

 private:
  gss_buffer_desc buffer_ = GSS_C_EMPTY_BUFFER;
};

inline gss_buffer_desc BufferOf(std::string_view text) {
  return {text.size(), const_cast<char *>(text.data())};
}

// What gss_display_status says; "" for none.
std::string MajorTextOf(OM_uint32 major);
std::string TextOf(OM_uint32 minor, gss_const_OID mech);

// gss_display_name; "" for no name.
std::string DisplayName(gss_name_t name);

// True when the mechglue knows this mechanism.
bool HasMechanism(gss_const_OID mech);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_GSS_H_
