// SPDX-License-Identifier: MIT
// The border to C. Every exported function is one call of Guard: its body answers with an Outcome,
// and Guard turns that into the two status codes.
//
// The module is built without exceptions, so none can leave it; what would have been one is an
// Error.
#ifndef GSS_SSPI_GSS_ENTRY_H_
#define GSS_SSPI_GSS_ENTRY_H_

#include "core/bytes.h"
#include "core/result.h"
#include "core/secret.h"
#include "gss/mit_gssapi.h"
#include "gss/status_map.h"

#define GSS_SSPI_EXPORT extern "C" __attribute__((visibility("default")))

namespace gss_sspi::gss {

// What an entry point answers: an error, or a major status without one.
class Outcome {
 public:
  Outcome(Error error) : error_(error), major_(MajorOf(error.status)) {}  // NOLINT: converts
  Outcome(Status status) : Outcome(Error{status}) {}                      // NOLINT
  // GSS_S_COMPLETE or GSS_S_CONTINUE_NEEDED, or a major status that `minor` does not imply.
  static Outcome Major(OM_uint32 major, Error minor = kSuccess) {
    Outcome outcome{minor};
    outcome.major_ = major;
    return outcome;
  }

  OM_uint32 major() const { return major_; }
  Error error() const { return error_; }

 private:
  Error error_;
  OM_uint32 major_;
};

template <typename Body>
OM_uint32 Guard(OM_uint32 *minor_status, Body &&body) noexcept {
  const Outcome outcome = body();
  WipeVectorRegisters();
  const Error error = outcome.error();
  if (error && !error.has_detail) ForgetDetailOf(error.status);
  if (minor_status != nullptr) *minor_status = static_cast<OM_uint32>(error.status);
  return outcome.major();
}

// Outputs are cleared first, so that a caller never frees what we did not give.
inline void Clear(gss_buffer_t buffer) {
  if (buffer == GSS_C_NO_BUFFER) return;
  buffer->length = 0;
  buffer->value = nullptr;
}
template <typename T>
void Clear(T *output) {
  if (output != nullptr) *output = T{};
}

template <typename T>
void Set(T *output, T value) {
  if (output != nullptr) *output = value;
}

// A null buffer is an empty one.
inline ByteView ViewOf(const gss_buffer_desc *buffer) {
  if (buffer == nullptr || buffer->value == nullptr) return {};
  return {static_cast<const uint8_t *>(buffer->value), buffer->length};
}

// Hands octets to the caller, who frees them by gss_release_buffer. An empty token stays without
// memory.
inline void Give(Buffer *from, gss_buffer_t to) {
  to->length = from->size();
  to->value = from->empty() ? nullptr : from->Release();
}

// Gives text, with a NUL behind it that does not count (N511).
Error GiveText(std::string_view text, gss_buffer_t to);

// The text of a minor status, with the detail of this thread's last failure if it is that one.
Error GiveStatusText(Status status, gss_buffer_t to);

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_ENTRY_H_
