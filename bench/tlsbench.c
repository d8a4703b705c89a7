// SPDX-License-Identifier: MIT
// Benches of a TLS stream: the handshake with what belongs to it, a record, and the heap of an
// established pair. Built twice, see tls_ends.h. Prints `metric value unit`.
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"
#include "tls_ends.h"

static struct Span span = {1.0, 0};
static long contexts = 1000;
static size_t record_size = 16384;

static void Handshakes(void *state, long repeats) {
  (void)state;
  for (; repeats > 0; --repeats) Disconnect(Connect());
}

struct Records {
  struct Ends *ends;
  uint8_t *data;
};

static void Records(void *state, long repeats) {
  const struct Records *records = state;
  for (; repeats > 0; --repeats) PassRecord(records->ends, records->data, record_size);
}

static void BenchRecord(const char *name) {
  struct Records records = {Connect(), calloc(1, record_size)};
  char metric[64];
  snprintf(metric, sizeof metric, "%s.%zu.ns", name, record_size);
  Report(metric, MedianNanoseconds(&span, Records, &records), "ns");
  free(records.data);
  Disconnect(records.ends);
}

static double HeapUsed(void) {
  const struct mallinfo2 info = mallinfo2();
  return (double)info.uordblks + (double)info.hblkhd;
}

// Both ends of a stream, after a message in each direction.
static void BenchMemory(const char *name) {
  struct Ends **all = calloc((size_t)contexts, sizeof *all);
  uint8_t octet = 'x';
  Handshakes(NULL, 5);
  const double before = HeapUsed();
  for (long i = 0; i < contexts; ++i) {
    all[i] = Connect();
    PassRecord(all[i], &octet, 1);
    PassBack(all[i], &octet, 1);
  }
  const double used = HeapUsed() - before;
  for (long i = 0; i < contexts; ++i) Disconnect(all[i]);
  free(all);
  char metric[64];
  snprintf(metric, sizeof metric, "%s.heap", name);
  Report(metric, used / (double)contexts, "B");
}

static void Usage(void) {
  fputs(
      "usage: tlsbench [-s SECONDS] [-N COUNT] [-c CONTEXTS] [-z SIZE] tls12|tls13_hs|record|mem\n",
      stderr);
  exit(2);
}

// A bench is called after version and operation, as tls13_hs.
static void Run(const char *name) {
  static const char *const kVersions[] = {"tls12_", "tls13_"};
  const int version = strncmp(name, kVersions[1], 6) == 0;
  if (strncmp(name, kVersions[version], 6) != 0) Usage();
  Prepare(version + 2);
  char metric[64];
  if (strcmp(name + 6, "hs") == 0) {
    snprintf(metric, sizeof metric, "%s.ns", name);
    Report(metric, MedianNanoseconds(&span, Handshakes, NULL), "ns");
  } else if (strcmp(name + 6, "record") == 0) {
    BenchRecord(name);
  } else if (strcmp(name + 6, "mem") == 0) {
    BenchMemory(name);
  } else {
    Usage();
  }
}

int main(int argc, char **argv) {
  for (int c; (c = getopt(argc, argv, "u:s:N:c:z:")) != -1;) {
    if (c == 's')
      span.seconds = atof(optarg);
    else if (c == 'N')
      span.iterations = atol(optarg);
    else if (c == 'c')
      contexts = atol(optarg);
    else if (c == 'z')
      record_size = (size_t)atol(optarg);
    else if (c != 'u')  // the account is that of bench/run
      Usage();
  }
  if (optind == argc) Usage();
  for (int i = optind; i < argc; ++i) Run(argv[i]);
  return 0;
}
