// SPDX-License-Identifier: MIT
// Memory that callers free with FreeContextBuffer (L12).
//
// Programs give that function pointers of other origin as well: NULL, memory of malloc(3), pointers
// into a buffer. So each of ours is registered, and only registered ones are freed, once.
#ifndef GSS_SSPI_SSPI_MEMORY_H_
#define GSS_SSPI_SSPI_MEMORY_H_

#include <cstddef>
#include <memory>
#include <string_view>

namespace gss_sspi::sspi {

// Zeroed octets, aligned for any object; throws bad_alloc.
void *AllocateContextBuffer(size_t size);

// Wipes and frees a block of AllocateContextBuffer; ignores everything else.
void FreeRegistered(void *pointer);

// True for a pointer that AllocateContextBuffer gave and nobody freed.
bool IsRegistered(const void *pointer);

struct ContextBufferDeleter {
  void operator()(void *pointer) const { FreeRegistered(pointer); }
};
// One that this library still owns.
template <typename T>
using ContextBuffer = std::unique_ptr<T, ContextBufferDeleter>;

template <typename T>
ContextBuffer<T> NewContextBuffer(size_t count = 1) {
  return ContextBuffer<T>(static_cast<T *>(AllocateContextBuffer(count * sizeof(T))));
}

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_MEMORY_H_
