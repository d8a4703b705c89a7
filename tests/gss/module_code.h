// SPDX-License-Identifier: MIT
// Tells the code of the module from that of others: who has called malloc(3).
#ifndef TESTS_GSS_MODULE_CODE_H_
#define TESTS_GSS_MODULE_CODE_H_

#include <stdbool.h>

// To be called once the module is loaded; false when it is not.
bool module_code_find(const char *path);
// False for every address before that.
bool module_code_holds(const void *address);

#endif  // TESTS_GSS_MODULE_CODE_H_
