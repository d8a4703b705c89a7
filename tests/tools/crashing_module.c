// SPDX-License-Identifier: MIT
// A module that ends every process that loads it.
#include <stdlib.h>

__attribute__((constructor)) static void run_at_load(void) { abort(); }
