// SPDX-License-Identifier: MIT
// What the programs of tests/strength tell beside the checks of TAP: figures and remarks.
#ifndef TESTS_STRENGTH_REPORT_H_
#define TESTS_STRENGTH_REPORT_H_

#include <stdbool.h>

// The long form, of `./dev strength`; the short one is part of `./dev test`.
extern bool long_form;
// Sets it by the arguments, `PROGRAM [--long]`; false, with a line on stderr, for any others.
bool read_form(int argc, char **argv);

// `# figure NAME = VALUE UNIT`.
void figure(const char *name, double value, const char *unit);
// The figure of how many of `total`; nothing when that is 0.
void share(const char *name, long long value, long long total);
// A remark of any kind.
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif  // TESTS_STRENGTH_REPORT_H_
