// SPDX-License-Identifier: MIT
// Repeating, timing and printing: what every bench needs and no bench is about.
#ifndef GSS_SSPI_BENCH_MEASURE_H_
#define GSS_SSPI_BENCH_MEASURE_H_

#include <stddef.h>

// How long a bench runs: by time, or a fixed count (for callgrind).
struct Span {
  double seconds;
  long iterations;  // 0: by time
};

// Does its operation `repeats` times.
typedef void (*Operation)(void *state, long repeats);

// The same, and the seconds of the part that is measured.
typedef double (*TimedOperation)(void *state, long repeats);

// A clock that only goes forward.
double Seconds(void);

// Nanoseconds of one operation: the median over rounds of some milliseconds.
double MedianNanosecondsOf(const struct Span *span, TimedOperation operation, void *state);
double MedianNanoseconds(const struct Span *span, Operation operation, void *state);

// Prints `metric value unit`.
void Report(const char *metric, double value, const char *unit);

// The same with a size in the metric: `name.size.suffix`.
void ReportSized(const char *name, size_t size, const char *suffix, double value, const char *unit);

#endif  // GSS_SSPI_BENCH_MEASURE_H_
