// SPDX-License-Identifier: MIT
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { kMaxRounds = 4096 };

static const double kRoundSeconds = 0.004;

double Seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int CompareDoubles(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double Median(double *values, size_t n) {
  qsort(values, n, sizeof *values, CompareDoubles);
  return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

double MedianNanosecondsOf(const struct Span *span, TimedOperation operation, void *state) {
  static double rounds[kMaxRounds];
  if (span->iterations > 0)
    return operation(state, span->iterations) * 1e9 / (double)span->iterations;
  long repeats = 1;
  while (operation(state, repeats) < kRoundSeconds) repeats *= 2;
  const double end = Seconds() + span->seconds;
  size_t n = 0;
  do rounds[n++] = operation(state, repeats) * 1e9 / (double)repeats;
  while (n < kMaxRounds && Seconds() < end);
  return Median(rounds, n);
}

struct Whole {
  Operation operation;
  void *state;
};

static double TimeOf(void *state, long repeats) {
  const struct Whole *whole = state;
  const double start = Seconds();
  whole->operation(whole->state, repeats);
  return Seconds() - start;
}

double MedianNanoseconds(const struct Span *span, Operation operation, void *state) {
  struct Whole whole = {operation, state};
  return MedianNanosecondsOf(span, TimeOf, &whole);
}

void Report(const char *metric, double value, const char *unit) {
  printf("%s %.9g %s\n", metric, value, unit);
  fflush(stdout);
}

void ReportSized(const char *name, size_t size, const char *suffix, double value,
                 const char *unit) {
  char metric[64];
  snprintf(metric, sizeof metric, "%s.%zu.%s", name, size, suffix);
  Report(metric, value, unit);
}
