// SPDX-License-Identifier: MIT
// Owners of what the host's GSSAPI gives, and its statuses as Errors.
#ifndef GSS_SSPI_GSS_CREDSSP_HOST_OBJECTS_H_
#define GSS_SSPI_GSS_CREDSSP_HOST_OBJECTS_H_

#include <utility>

#include "core/bytes.h"
#include "core/result.h"
#include "core/secret.h"
#include "gss/host_gssapi.h"

namespace gss_sspi::gss {

// A handle that `kRelease`, a member of HostGssapi, ends.
template <typename T, auto kRelease>
class HostHandle {
 public:
  HostHandle() = default;
  explicit HostHandle(T handle) : handle_(handle) {}
  HostHandle(HostHandle &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  HostHandle &operator=(HostHandle &&other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  HostHandle(const HostHandle &) = delete;
  HostHandle &operator=(const HostHandle &) = delete;
  ~HostHandle() { Clear(); }

  void Clear() {
    OM_uint32 minor = 0;
    if (handle_ != nullptr) (Host()->*kRelease)(&minor, &handle_);
    handle_ = nullptr;
  }
  T get() const { return handle_; }
  // For a call that makes one.
  T *out() {
    Clear();
    return &handle_;
  }
  T Release() { return std::exchange(handle_, nullptr); }
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  T handle_ = nullptr;
};

using HostName = HostHandle<gss_name_t, &HostGssapi::gss_release_name>;
using HostCredential = HostHandle<gss_cred_id_t, &HostGssapi::gss_release_cred>;
using HostOidSet = HostHandle<gss_OID_set, &HostGssapi::gss_release_oid_set>;
using HostBufferSet = HostHandle<gss_buffer_set_t, &HostGssapi::gss_release_buffer_set>;

// Octets that the host gave. Wiped at their end: they may be secret.
class HostBuffer {
 public:
  HostBuffer() = default;
  HostBuffer(const HostBuffer &) = delete;
  HostBuffer &operator=(const HostBuffer &) = delete;
  ~HostBuffer() {
    OM_uint32 minor = 0;
    if (buffer_.value == nullptr) return;
    Wipe(buffer_.value, buffer_.length);
    Host()->gss_release_buffer(&minor, &buffer_);
  }
  gss_buffer_t out() { return &buffer_; }
  ByteView view() const { return {static_cast<const uint8_t *>(buffer_.value), buffer_.length}; }
  std::string_view text() const { return AsText(view()); }
  // libgssapi's memory is malloc(3)'s.
  Buffer Take() {
    const gss_buffer_desc taken = std::exchange(buffer_, gss_buffer_desc{0, nullptr});
    return Buffer::Adopt(static_cast<uint8_t *>(taken.value), taken.length);
  }

 private:
  gss_buffer_desc buffer_{0, nullptr};
};

inline gss_buffer_desc HostView(ByteView octets) {
  return {octets.size(), const_cast<uint8_t *>(octets.data())};
}
inline gss_buffer_desc HostView(std::string_view text) { return HostView(AsBytes(text)); }

// A failure of the host as one of ours: `status`, with the host's text behind it.
Error HostFailure(Status status, OM_uint32 major, OM_uint32 minor, gss_OID mechanism);

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_CREDSSP_HOST_OBJECTS_H_
