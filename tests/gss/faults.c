// SPDX-License-Identifier: MIT
#include "faults.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "module_code.h"

#ifndef FAULTS_ARE_IMPOSSIBLE
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

struct fault_plan fault_plan = {.fail_at = -1, .armed = true};

// The blocks that are alive, and how many of them the module and others have made.
enum { kSlots = 1 << 16 };
static void *slots[kSlots];
static bool is_of_module[kSlots];
static long alive[2];

long faults_alive(void) { return alive[true]; }
long faults_alive_of_others(void) { return alive[false]; }

static size_t slot_of(const void *block) { return ((uintptr_t)block >> 4) * 2654435761u % kSlots; }

static void remember(void *block, bool by_module) {
  size_t slot = slot_of(block);
  while (slots[slot] != NULL && slots[slot] != (void *)-1) slot = (slot + 1) % kSlots;
  slots[slot] = block;
  is_of_module[slot] = by_module;
  ++alive[by_module];
}

static void forget(void *block) {
  for (size_t slot = slot_of(block); slots[slot] != NULL; slot = (slot + 1) % kSlots) {
    if (slots[slot] != block) continue;
    slots[slot] = (void *)-1;
    --alive[is_of_module[slot]];
    return;
  }
}

static bool others_count(const void *caller) {
  return fault_plan.everybody && fault_plan.armed &&
         (fault_plan.counts == NULL || fault_plan.counts(caller));
}

static bool must_fail(void) {
  if (!fault_plan.armed) return false;
  const long at = fault_plan.fail_at, index = fault_plan.calls++;
  const bool fails = at >= 0 && (index == at || (fault_plan.lasting && index > at));
  fault_plan.failed += fails ? 1 : 0;
  return fails;
}

void *malloc(size_t size) {
  const void *caller = __builtin_return_address(0);
  const bool ours = module_code_holds(caller), counted = ours || others_count(caller);
  if (counted && must_fail()) return NULL;
  void *block = __libc_malloc(size);
  if (counted && block != NULL) remember(block, ours);
  return block;
}

void *calloc(size_t count, size_t size) {
  const void *caller = __builtin_return_address(0);
  const bool ours = module_code_holds(caller), counted = ours || others_count(caller);
  if (counted && must_fail()) return NULL;
  void *block = __libc_calloc(count, size);
  if (counted && block != NULL) remember(block, ours);
  return block;
}

void *realloc(void *old, size_t size) {
  const void *caller = __builtin_return_address(0);
  const bool ours = module_code_holds(caller), counted = ours || others_count(caller);
  if (counted && must_fail()) return NULL;
  if (old != NULL && (alive[0] | alive[1]) != 0) forget(old);
  void *block = __libc_realloc(old, size);
  if (counted && block != NULL) remember(block, ours);
  return block;
}

void free(void *block) {
  if (block != NULL && (alive[0] | alive[1]) != 0) forget(block);
  __libc_free(block);
}

void faults_find_module(const char *path) { ck_assert(module_code_find(path)); }

void faults_new_configuration(void) {
  static unsigned turn;
  char name[16];
  snprintf(name, sizeof name, "SERVER%04u", ++turn % 10000);
  setenv("NETBIOS_COMPUTER_NAME", name, 1);
}

void faults_begin(long fail_at) {
  fault_plan.calls = 0;
  fault_plan.failed = 0;
  fault_plan.fail_at = fail_at;
}

long faults_end(void) {
  fault_plan.fail_at = -1;
  return fault_plan.calls;
}
#endif
