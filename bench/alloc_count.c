// SPDX-License-Identifier: MIT
// Counts what a process asks of the allocator. Loaded with LD_PRELOAD; gssbench finds
// alloc_count_get by dlsym.
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

extern void alloc_count_get(uint64_t *calls, uint64_t *bytes);

static _Atomic uint64_t total_calls, total_bytes;

static void Count(size_t n) {
  atomic_fetch_add_explicit(&total_calls, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&total_bytes, n, memory_order_relaxed);
}

EXPORT void alloc_count_get(uint64_t *calls, uint64_t *bytes) {
  *calls = total_calls;
  *bytes = total_bytes;
}

EXPORT void *malloc(size_t n) {
  Count(n);
  return __libc_malloc(n);
}

EXPORT void *calloc(size_t count, size_t size) {
  Count(count * size);
  return __libc_calloc(count, size);
}

EXPORT void *realloc(void *old, size_t n) {
  Count(n);
  return __libc_realloc(old, n);
}

EXPORT void *memalign(size_t alignment, size_t n) {
  Count(n);
  return __libc_memalign(alignment, n);
}

EXPORT void *aligned_alloc(size_t alignment, size_t n) {
  Count(n);
  return __libc_memalign(alignment, n);
}

EXPORT int posix_memalign(void **out, size_t alignment, size_t n) {
  Count(n);
  *out = __libc_memalign(alignment, n);
  return *out ? 0 : ENOMEM;
}
