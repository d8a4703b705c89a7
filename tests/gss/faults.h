// SPDX-License-Identifier: MIT
// malloc(3) of the whole program, which can count, follow and refuse the allocations of the module.
// The program must be linked with export_dynamic.
#ifndef TESTS_GSS_FAULTS_H_
#define TESTS_GSS_FAULTS_H_

#include <stdbool.h>

#include "sanitizer.h"

#if UNDER_SANITIZER
#define FAULTS_ARE_IMPOSSIBLE "a sanitizer has its own malloc"
#endif

extern struct fault_plan {
  long calls;    // that were counted since the beginning
  long fail_at;  // index of the call that fails; negative: none
  long failed;
  bool lasting;    // those after it fail as well
  bool armed;      // counts and fails; on unless a test takes it away
  bool everybody;  // while it is armed, allocations of other libraries count as well
  // Of these, those whose caller it says; null for all.
  bool (*counts)(const void *caller);
} fault_plan;

// Where the code of the module lies.
void faults_find_module(const char *path);
void faults_begin(long fail_at);
// Nothing fails any more. Gives the number of allocations since the beginning.
long faults_end(void);
// Blocks that are alive: the module's, and those that others have made while they were counted.
long faults_alive(void);
long faults_alive_of_others(void);
// Another computer name, of the same length: the configuration that the module keeps is then made
// anew, in every run alike.
void faults_new_configuration(void);

#endif  // TESTS_GSS_FAULTS_H_
