// SPDX-License-Identifier: MIT
// A sanitizer keeps freed memory for a while and has a malloc(3) of its own.
#ifndef TESTS_GSS_SANITIZER_H_
#define TESTS_GSS_SANITIZER_H_

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_SANITIZER 1
#else
#define UNDER_SANITIZER 0
#endif

#endif  // TESTS_GSS_SANITIZER_H_
