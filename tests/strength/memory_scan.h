// SPDX-License-Identifier: MIT
// A search of all memory that this process may write: heap, freed heap, stacks, data of libraries.
#ifndef TESTS_STRENGTH_MEMORY_SCAN_H_
#define TESTS_STRENGTH_MEMORY_SCAN_H_

#include "needles.h"

// Whose memory a secret was found in.
enum owner {
  kModule,  // a block that the module took, and gave back itself or not at all
  kHost,    // a block of another library, or one that the module handed over to it
  kNobody,  // a stack, data of a library: any code that ran may have left it there
};

struct finding {
  const struct needle *needle;  // null: the state of an RC4 key stream
  const uint8_t *at;
  enum owner owner;
  char place[200];  // for people
};

enum { kMaxFindings = 256 };
struct findings {
  unsigned count;
  struct finding each[kMaxFindings];
  size_t searched;  // octets
};

// What this memory is called in findings; `number` is 0 or 1.
void name_memory(int number, const void *start, size_t size, const char *name);
// Looks for each needle and, with `streams`, for 256 octets that are all different.
void search_memory(const struct needles *needles, bool streams, struct findings *findings);
// How often a needle whose name begins like this was found; null: a key stream.
unsigned found(const struct findings *findings, const char *name);

#endif  // TESTS_STRENGTH_MEMORY_SCAN_H_
