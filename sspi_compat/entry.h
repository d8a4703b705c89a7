// SPDX-License-Identifier: MIT
// The border to C. Every exported function is one call of Guard, which lets no exception out.
#ifndef GSS_SSPI_SSPI_ENTRY_H_
#define GSS_SSPI_SSPI_ENTRY_H_

#include <new>

#include "sspi_compat/status.h"

#define SSPI_EXPORT extern "C" __attribute__((visibility("default")))

namespace gss_sspi::sspi {

template <typename Body>
SECURITY_STATUS Guard(Body &&body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc &) {
    return Fail(SEC_E_INSUFFICIENT_MEMORY, "out of memory");
  } catch (...) {
    return Fail(SEC_E_INTERNAL_ERROR, "unexpected failure");
  }
}

// Outputs are cleared first, so that a caller never uses what was not given.
template <typename T>
void Clear(T *output) {
  if (output != nullptr) *output = T{};
}

template <typename T>
void Set(T *output, T value) {
  if (output != nullptr) *output = value;
}

// A function without a counterpart on this system (L20).
inline SECURITY_STATUS Unsupported(const char *what) noexcept {
  return Fail(SEC_E_UNSUPPORTED_FUNCTION, "%s is not supported", what);
}

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_ENTRY_H_
