// SPDX-License-Identifier: MIT
#include "heap_owners.h"

#include "../gss/module_code.h"
#include "../gss/sanitizer.h"

#if !UNDER_SANITIZER

#include <errno.h>
#include <malloc.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void __libc_free(void *block);

// One for each block that is in use or kept.
enum { kSlotBits = 19, kSlots = 1 << kSlotBits, kMaxProbes = 1 << 10 };
static _Alignas(4096) struct heap_block slots[kSlots];
static size_t of_module;
static unsigned lost;
static bool keeps;
static atomic_flag taken = ATOMIC_FLAG_INIT;

static void lock(void) {
  while (atomic_flag_test_and_set_explicit(&taken, memory_order_acquire)) sched_yield();
}
static void unlock(void) { atomic_flag_clear_explicit(&taken, memory_order_release); }

// What the allocator uses for a block: with its own header.
static size_t cost_of(const struct heap_block *block) {
  return malloc_usable_size((void *)(uintptr_t)block->start) + sizeof(size_t);
}

static size_t home_of(const void *start) { return ((uintptr_t)start >> 4) * 2654435761u % kSlots; }

// The slot of this start, or a free one; null when there is none near.
static struct heap_block *slot_of(const void *start) {
  size_t at = home_of(start);
  for (int probes = 0; probes < kMaxProbes; ++probes, at = (at + 1) % kSlots) {
    if (slots[at].start == start || slots[at].start == NULL) return &slots[at];
  }
  return NULL;
}

// Empties a slot. Those behind it that it stood in the way of move up.
static void forget(struct heap_block *block) {
  size_t hole = (size_t)(block - slots);
  for (size_t at = (hole + 1) % kSlots; slots[at].start != NULL; at = (at + 1) % kSlots) {
    const size_t from_home = (at - home_of(slots[at].start) + kSlots) % kSlots;
    if (from_home < (at - hole + kSlots) % kSlots) continue;
    slots[hole] = slots[at];
    hole = at;
  }
  slots[hole] = (struct heap_block){NULL, 0, NULL, NULL};
}

static void remember(void *start, size_t size, const void *caller) {
  if (start == NULL) return;
  lock();
  struct heap_block *block = slot_of(start);
  if (block != NULL) {
    *block = (struct heap_block){start, size, caller, NULL};
    if (module_code_holds(caller)) of_module += cost_of(block);
  } else {
    ++lost;
  }
  unlock();
}

static void give_back(void *start, const void *caller) {
  if (start == NULL) return;
  lock();
  struct heap_block *block = slot_of(start);
  const bool known = block != NULL && block->start == start && block->freed_by == NULL;
  const bool stays = known && keeps;
  if (known) {
    if (module_code_holds(block->taken_by)) of_module -= cost_of(block);
    block->freed_by = caller;
    if (!keeps) forget(block);
  }
  unlock();
  if (!stays) __libc_free(start);
}

void *malloc(size_t size) {
  void *start = __libc_malloc(size);
  remember(start, size, __builtin_return_address(0));
  return start;
}

void *calloc(size_t count, size_t size) {
  void *start = __libc_calloc(count, size);
  remember(start, count * size, __builtin_return_address(0));
  return start;
}

void *realloc(void *old, size_t size) {
  const void *caller = __builtin_return_address(0);
  void *start = __libc_malloc(size);
  if (start == NULL) return NULL;
  remember(start, size, caller);
  if (old != NULL) {
    const size_t room = malloc_usable_size(old);
    memcpy(start, old, room < size ? room : size);
    give_back(old, caller);
  }
  return start;
}

void free(void *start) {
  const int kept_errno = errno;
  give_back(start, __builtin_return_address(0));
  errno = kept_errno;
}

bool heap_is_note(const void *address) {
  return (const char *)address >= (const char *)slots &&
         (const char *)address < (const char *)(slots + kSlots);
}

size_t heap_of_module(void) { return of_module; }
unsigned heap_lost(void) { return lost; }
void heap_keep_freed(bool keep) { keeps = keep; }

void heap_let_go(void) {
  for (size_t i = 0; i < kSlots; ++i) {
    while (slots[i].freed_by != NULL) {
      uint8_t *start = (uint8_t *)(uintptr_t)slots[i].start;
      explicit_bzero(start, malloc_usable_size(start));
      __libc_free(start);
      forget(&slots[i]);
    }
  }
}

bool heap_block_at(const void *address, struct heap_block *found) {
  for (size_t i = 0; i < kSlots; ++i) {
    const uint8_t *start = slots[i].start;
    if (start == NULL || (const uint8_t *)address < start) continue;
    if ((const uint8_t *)address >= start + slots[i].size) continue;
    *found = slots[i];
    return true;
  }
  return false;
}

#endif
