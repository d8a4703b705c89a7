// SPDX-License-Identifier: MIT
// malloc(3) of a program that wants to know whose its blocks are: which library took each one, and
// which gave it back. A sanitizer has its own malloc; there is none of this then.
#ifndef TESTS_STRENGTH_HEAP_OWNERS_H_
#define TESTS_STRENGTH_HEAP_OWNERS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Octets of blocks that the module took and nobody gave back, as the allocator counts them.
size_t heap_of_module(void);

// Blocks that are given back stay as they are, and are not used again, until heap_let_go, which
// wipes them.
void heap_keep_freed(bool keep);
void heap_let_go(void);

struct heap_block {
  const uint8_t *start;
  size_t size;
  const void *taken_by;  // an address in the code that called malloc(3)
  const void *freed_by;  // null while in use
};
// The block that `address` lies in; false when none is known.
bool heap_block_at(const void *address, struct heap_block *block);
// True for the memory in which all of this is noted: numbers only.
bool heap_is_note(const void *address);
// Blocks that could not be noted since the start of the program.
unsigned heap_lost(void);

#endif  // TESTS_STRENGTH_HEAP_OWNERS_H_
