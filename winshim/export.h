// SPDX-License-Identifier: MIT
// What every exported function has in common: its shape, and how it says that it failed.
#ifndef GSS_SSPI_WINSHIM_EXPORT_H_
#define GSS_SSPI_WINSHIM_EXPORT_H_

#include <windows.h>

#include <cstdlib>
#include <memory>

#define WINSHIM_EXPORT extern "C" __attribute__((visibility("default")))

namespace gss_sspi::winshim {

// What GetLastError of this thread gives from now on.
void RememberError(DWORD code) noexcept;

// return Refuse<BOOL>(ERROR_...): the value 0 that stands for failure.
template <typename Result>
Result Refuse(DWORD code) noexcept {
  RememberError(code);
  return Result{};
}

struct Freed {
  void operator()(void *memory) const noexcept { std::free(memory); }
};
template <typename T>
using Allocated = std::unique_ptr<T[], Freed>;

// Null when there is no memory.
template <typename T>
Allocated<T> Allocate(size_t count) noexcept {
  return Allocated<T>(static_cast<T *>(std::calloc(count, sizeof(T))));
}

}  // namespace gss_sspi::winshim

#endif  // GSS_SSPI_WINSHIM_EXPORT_H_
