// SPDX-License-Identifier: MIT
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool long_form;

bool read_form(int argc, char **argv) {
  long_form = argc == 2 && strcmp(argv[1], "--long") == 0;
  if (argc <= 1 || long_form) return true;
  fprintf(stderr, "usage: %s [--long]\n", argv[0]);
  return false;
}

void note(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("# ", stdout);
  vprintf(format, arguments);
  va_end(arguments);
  putchar('\n');
  fflush(stdout);
}

void figure(const char *name, double value, const char *unit) {
  note("figure %s = %.12g %s", name, value, unit);
}

void share(const char *name, long long value, long long total) {
  char unit[40];
  if (total == 0) return;
  snprintf(unit, sizeof unit, "of %lld", total);
  figure(name, (double)value, unit);
}
