// SPDX-License-Identifier: MIT
// Benches of the NTLM mechanism that GSS_MECH_CONFIG names, through the real mechglue.
// Prints one line per figure: `metric value unit`. bench/run drives it and judges.
#include <dlfcn.h>
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "login.h"
#include "measure.h"

enum { kMaxSizes = 8, kExitFailed = 1, kExitUsage = 2, kExitUnavailable = 3 };

static struct {
  struct Span span;
  const char *user;
  long contexts;
  size_t sizes[kMaxSizes];
  size_t size_count;
} options = {{1.0, 0}, "BENCH\\bench", 10000, {16, 1024, 16384}, 3};

static struct Login login;
static int exit_status;

static void Fail(const char *text) {
  fprintf(stderr, "gssbench: %s\n", text);
  exit(kExitFailed);
}

static void *Allocate(size_t n) {
  void *p = calloc(1, n);
  if (!p) Fail("out of memory");
  return p;
}

static void Unavailable(const char *metric, OM_uint32 major) {
  printf("%s.unavailable 0x%x major\n", metric, major);
  exit_status = kExitUnavailable;
}

// ---- logins ----------------------------------------------------------------------------------

static void HandshakesReused(void *state, long repeats) {
  (void)state;
  for (; repeats > 0; --repeats) {
    struct ContextPair pair;
    Handshake(&login, &pair);
    DropPair(&pair);
  }
}

static void HandshakesFull(void *state, long repeats) {
  (void)state;
  for (; repeats > 0; --repeats) {
    struct Login own;
    struct ContextPair pair;
    AcquireLogin(&own, options.user);
    Handshake(&own, &pair);
    DropPair(&pair);
    ReleaseLogin(&own);
  }
}

// The acceptor's half of a handshake: the time of its calls alone, with a credential at hand or
// with one acquired for each login.
struct AcceptorTime {
  const struct Login *login;
  int acquires;
};

static double AcceptorSeconds(void *state, long repeats) {
  const struct AcceptorTime *bench = state;
  double seconds = 0;
  for (; repeats > 0; --repeats) {
    struct ContextPair pair;
    struct Login own = *bench->login;
    const double start = Seconds();
    if (bench->acquires) own.acceptor = AcquireAcceptor();
    seconds += Seconds() - start + HandshakeTimed(&own, &pair);
    DropPair(&pair);
    OM_uint32 minor;
    if (bench->acquires) gss_release_cred(&minor, &own.acceptor);
  }
  return seconds;
}

static void BenchAcceptor(void) {
  struct AcceptorTime bench = {&login, 0};
  Report("acceptor.reuse.ns", MedianNanosecondsOf(&options.span, AcceptorSeconds, &bench), "ns");
  bench.acquires = 1;
  Report("acceptor.full.ns", MedianNanosecondsOf(&options.span, AcceptorSeconds, &bench), "ns");
}

static void BenchHandshakeReused(void) {
  Report("hs_reuse.ns", MedianNanoseconds(&options.span, HandshakesReused, NULL), "ns");
}

static void BenchHandshakeFull(void) {
  Report("hs_full.ns", MedianNanoseconds(&options.span, HandshakesFull, NULL), "ns");
}

// What a process pays that only lists mechanisms: mechglue loads them all. Run before any login.
static void BenchLoad(void) {
  OM_uint32 minor;
  gss_OID_set mechs;
  const OM_uint32 major = gss_indicate_mechs(&minor, &mechs);
  CheckGss("gss_indicate_mechs", major, minor);
  int present = 0;
  gss_test_oid_set_member(&minor, &kNtlmMechanism, mechs, &present);
  Report("load.present", present, "bool");
  gss_release_oid_set(&minor, &mechs);
}

// ---- messages --------------------------------------------------------------------------------

struct Messages {
  struct ContextPair pair;
  gss_buffer_desc message;
};

static void StartMessages(struct Messages *m, size_t size) {
  Handshake(&login, &m->pair);
  m->message.length = size;
  m->message.value = Allocate(size);
  for (size_t i = 0; i < size; ++i) ((uint8_t *)m->message.value)[i] = (uint8_t)(i * 131 + 7);
}

static void EndMessages(struct Messages *m) {
  free(m->message.value);
  DropPair(&m->pair);
}

static void WrapUnwrap(void *state, long repeats) {
  struct Messages *m = state;
  OM_uint32 minor, major;
  gss_buffer_desc token, plain;
  int conf;
  for (; repeats > 0; --repeats) {
    major = gss_wrap(&minor, m->pair.initiator, 1, GSS_C_QOP_DEFAULT, &m->message, &conf, &token);
    if (major != GSS_S_COMPLETE || !conf) Fail("gss_wrap did not seal");
    major = gss_unwrap(&minor, m->pair.acceptor, &token, &plain, &conf, NULL);
    if (major != GSS_S_COMPLETE || plain.length != m->message.length) Fail("gss_unwrap");
    gss_release_buffer(&minor, &token);
    gss_release_buffer(&minor, &plain);
  }
}

static void GetVerifyMic(void *state, long repeats) {
  struct Messages *m = state;
  OM_uint32 minor;
  gss_buffer_desc token;
  for (; repeats > 0; --repeats) {
    if (gss_get_mic(&minor, m->pair.initiator, GSS_C_QOP_DEFAULT, &m->message, &token))
      Fail("gss_get_mic");
    if (gss_verify_mic(&minor, m->pair.acceptor, &m->message, &token, NULL)) Fail("gss_verify_mic");
    gss_release_buffer(&minor, &token);
  }
}

static void OneMessageEachWay(const struct ContextPair *pair) {
  uint8_t octet = 'x';
  struct Messages m = {*pair, {1, &octet}};
  WrapUnwrap(&m, 1);
  m.pair = (struct ContextPair){pair->acceptor, pair->initiator};
  WrapUnwrap(&m, 1);
}

static void BenchMessages(const char *name, Operation operation, size_t size) {
  struct Messages m;
  StartMessages(&m, size);
  ReportSized(name, size, "ns", MedianNanoseconds(&options.span, operation, &m), "ns");
  EndMessages(&m);
}

static void BenchWrap(void) {
  for (size_t i = 0; i < options.size_count; ++i)
    BenchMessages("wrap", WrapUnwrap, options.sizes[i]);
}

static void BenchMic(void) {
  for (size_t i = 0; i < options.size_count; ++i)
    BenchMessages("mic", GetVerifyMic, options.sizes[i]);
}

// ---- messages in place -----------------------------------------------------------------------

enum { kHeader, kData, kPadding, kTrailer, kIovCount, kRoom = 512 };

struct InPlace {
  struct ContextPair pair;
  size_t lengths[kIovCount];
  gss_iov_buffer_desc iov[kIovCount];
  uint8_t *area;
};

static OM_uint32 IovLengths(struct InPlace *p) {
  OM_uint32 minor;
  int conf;
  return gss_wrap_iov_length(&minor, p->pair.initiator, 1, GSS_C_QOP_DEFAULT, &conf, p->iov,
                             kIovCount);
}

// Lays the buffers out as one token; zero when the mechanism has no iov functions.
static int StartInPlace(struct InPlace *p, size_t size) {
  static const OM_uint32 types[kIovCount] = {GSS_IOV_BUFFER_TYPE_HEADER, GSS_IOV_BUFFER_TYPE_DATA,
                                             GSS_IOV_BUFFER_TYPE_PADDING,
                                             GSS_IOV_BUFFER_TYPE_TRAILER};
  memset(p, 0, sizeof *p);
  Handshake(&login, &p->pair);
  p->area = Allocate(size + 2 * kRoom);
  for (int i = 0; i < kIovCount; ++i) p->iov[i].type = types[i];
  uint8_t *data = p->area + kRoom;
  p->iov[kData].buffer = (gss_buffer_desc){size, data};
  const OM_uint32 major = IovLengths(p);
  if (major) {
    Unavailable("iov", major);
    return 0;
  }
  memset(data, 'x', size);
  for (int i = 0; i < kIovCount; ++i) p->lengths[i] = p->iov[i].buffer.length;
  if (p->lengths[kHeader] > kRoom || p->lengths[kPadding] + p->lengths[kTrailer] > kRoom)
    Fail("gss_wrap_iov_length wants too much");
  p->iov[kHeader].buffer.value = data - p->lengths[kHeader];
  p->iov[kPadding].buffer.value = data + size;
  p->iov[kTrailer].buffer.value = data + size + p->lengths[kPadding];
  return 1;
}

static void EndInPlace(struct InPlace *p) {
  free(p->area);
  DropPair(&p->pair);
}

static void WrapIov(struct InPlace *p) {
  OM_uint32 minor;
  int conf;
  for (int i = 0; i < kIovCount; ++i) p->iov[i].buffer.length = p->lengths[i];
  if (gss_wrap_iov(&minor, p->pair.initiator, 1, GSS_C_QOP_DEFAULT, &conf, p->iov, kIovCount) ||
      !conf)
    Fail("gss_wrap_iov did not seal");
}

static void UnwrapIov(struct InPlace *p) {
  OM_uint32 minor;
  int conf;
  if (gss_unwrap_iov(&minor, p->pair.acceptor, &conf, NULL, p->iov, kIovCount))
    Fail("gss_unwrap_iov");
}

static void WrapUnwrapIov(void *state, long repeats) {
  for (; repeats > 0; --repeats) {
    WrapIov(state);
    UnwrapIov(state);
  }
}

static void BenchIov(void) {
  for (size_t i = 0; i < options.size_count; ++i) {
    struct InPlace p;
    const size_t size = options.sizes[i];
    if (StartInPlace(&p, size)) {
      ReportSized("iov", size, "ns", MedianNanoseconds(&options.span, WrapUnwrapIov, &p), "ns");
      const uint8_t *data = p.area + kRoom;
      if (data[0] != 'x' || data[size - 1] != 'x') Fail("gss_unwrap_iov gave wrong plaintext");
    }
    EndInPlace(&p);
  }
}

// ---- export and import -----------------------------------------------------------------------

// Zero, and the major status, when the mechanism cannot.
static size_t ExportImport(gss_ctx_id_t *context, OM_uint32 *major) {
  OM_uint32 minor;
  gss_buffer_desc token;
  *major = gss_export_sec_context(&minor, context, &token);
  if (*major) return 0;
  *major = gss_import_sec_context(&minor, &token, context);
  const size_t length = token.length;
  gss_release_buffer(&minor, &token);
  return *major ? 0 : length;
}

static void ExportsImports(void *state, long repeats) {
  OM_uint32 major;
  for (; repeats > 0; --repeats)
    if (!ExportImport(state, &major)) Fail("export and import of a context");
}

static void MeasureExport(const char *name, gss_ctx_id_t *context) {
  OM_uint32 major;
  char metric[64];
  const size_t length = ExportImport(context, &major);
  if (length == 0) {
    Unavailable(name, major);
    return;
  }
  snprintf(metric, sizeof metric, "%s.ns", name);
  Report(metric, MedianNanoseconds(&options.span, ExportsImports, context), "ns");
  snprintf(metric, sizeof metric, "%s.len", name);
  Report(metric, (double)length, "B");
}

// Right after the handshake, and after a message in each direction: then the RC4 states are there.
static void BenchExport(void) {
  struct ContextPair pair;
  Handshake(&login, &pair);
  MeasureExport("expimp", &pair.initiator);
  DropPair(&pair);
}

static void BenchExportUsed(void) {
  struct ContextPair pair;
  Handshake(&login, &pair);
  OneMessageEachWay(&pair);
  MeasureExport("expimp_used", &pair.initiator);
  DropPair(&pair);
}

// ---- memory ----------------------------------------------------------------------------------

static double HeapUsed(void) {
  const struct mallinfo2 info = mallinfo2();
  return (double)info.uordblks + (double)info.hblkhd;
}

// Heap per established context, after one message in each direction: keys are derived by then.
static void BenchMemory(void) {
  const size_t n = (size_t)options.contexts;
  OM_uint32 minor;
  struct ContextPair *pairs = Allocate(n * sizeof *pairs);
  HandshakesReused(NULL, 20);
  malloc_trim(0);
  const double before = HeapUsed();
  for (size_t i = 0; i < n; ++i) {
    Handshake(&login, &pairs[i]);
    OneMessageEachWay(&pairs[i]);
  }
  const double full = HeapUsed();
  for (size_t i = 0; i < n; ++i)
    gss_delete_sec_context(&minor, &pairs[i].initiator, GSS_C_NO_BUFFER);
  const double acceptors = HeapUsed();
  for (size_t i = 0; i < n; ++i)
    gss_delete_sec_context(&minor, &pairs[i].acceptor, GSS_C_NO_BUFFER);
  const double after = HeapUsed();
  free(pairs);
  Report("mem.initiator.heap", (full - acceptors) / (double)n, "B");
  Report("mem.acceptor.heap", (acceptors - after) / (double)n, "B");
  Report("mem.left.heap", (after - before) / (double)n, "B");
}

// ---- calls of the allocator ------------------------------------------------------------------

enum { kAllocationRounds = 200 };

typedef void (*AllocCountGet)(uint64_t *calls, uint64_t *bytes);

static uint64_t AllocatorCalls(void) {
  static AllocCountGet get;
  uint64_t calls, bytes;
  if (!get) {
    void *symbol = dlsym(RTLD_DEFAULT, "alloc_count_get");
    if (!symbol) Fail("alloc needs LD_PRELOAD of the counter");
    memcpy(&get, &symbol, sizeof get);
  }
  get(&calls, &bytes);
  return calls;
}

static void ReportCalls(const char *metric, uint64_t calls) {
  Report(metric, (double)calls / kAllocationRounds, "mallocs");
}

static void CountLogins(const char *metric, Operation operation) {
  operation(NULL, 10);
  const uint64_t start = AllocatorCalls();
  operation(NULL, kAllocationRounds);
  ReportCalls(metric, AllocatorCalls() - start);
}

static void CountMessages(void) {
  struct Messages m;
  uint64_t wrap = 0, unwrap = 0, get_mic = 0, verify_mic = 0, at[5];
  StartMessages(&m, 256);
  WrapUnwrap(&m, 1);
  for (int i = 0; i < kAllocationRounds; ++i) {
    OM_uint32 minor, failed = 0;
    gss_buffer_desc token, plain, mic;
    at[0] = AllocatorCalls();
    failed |= gss_wrap(&minor, m.pair.initiator, 1, GSS_C_QOP_DEFAULT, &m.message, NULL, &token);
    at[1] = AllocatorCalls();
    failed |= gss_unwrap(&minor, m.pair.acceptor, &token, &plain, NULL, NULL);
    at[2] = AllocatorCalls();
    failed |= gss_get_mic(&minor, m.pair.initiator, GSS_C_QOP_DEFAULT, &m.message, &mic);
    at[3] = AllocatorCalls();
    failed |= gss_verify_mic(&minor, m.pair.acceptor, &m.message, &mic, NULL);
    at[4] = AllocatorCalls();
    if (failed) Fail("a message function failed while counting");
    wrap += at[1] - at[0], unwrap += at[2] - at[1];
    get_mic += at[3] - at[2], verify_mic += at[4] - at[3];
    gss_release_buffer(&minor, &token);
    gss_release_buffer(&minor, &plain);
    gss_release_buffer(&minor, &mic);
  }
  EndMessages(&m);
  ReportCalls("alloc.wrap.calls", wrap);
  ReportCalls("alloc.unwrap.calls", unwrap);
  ReportCalls("alloc.get_mic.calls", get_mic);
  ReportCalls("alloc.verify_mic.calls", verify_mic);
}

static void CountIov(void) {
  struct InPlace p;
  uint64_t length = 0, wrap = 0, unwrap = 0, at[4];
  if (StartInPlace(&p, 256)) {
    WrapUnwrapIov(&p, 1);
    for (int i = 0; i < kAllocationRounds; ++i) {
      at[0] = AllocatorCalls();
      if (IovLengths(&p)) Fail("gss_wrap_iov_length");
      at[1] = AllocatorCalls();
      WrapIov(&p);
      at[2] = AllocatorCalls();
      UnwrapIov(&p);
      at[3] = AllocatorCalls();
      length += at[1] - at[0], wrap += at[2] - at[1], unwrap += at[3] - at[2];
    }
    ReportCalls("alloc.wrap_iov_length.calls", length);
    ReportCalls("alloc.wrap_iov.calls", wrap);
    ReportCalls("alloc.unwrap_iov.calls", unwrap);
  }
  EndInPlace(&p);
}

static void BenchAllocator(void) {
  CountLogins("alloc.hs_reuse.calls", HandshakesReused);
  CountLogins("alloc.hs_full.calls", HandshakesFull);
  CountMessages();
  CountIov();
}

// ---- command line ----------------------------------------------------------------------------

static const struct {
  const char *name;
  void (*run)(void);
  int needs_login;
} kBenches[] = {
    {"load", BenchLoad, 0},
    {"hs_reuse", BenchHandshakeReused, 1},
    {"hs_full", BenchHandshakeFull, 1},
    {"acceptor", BenchAcceptor, 1},
    {"wrap", BenchWrap, 1},
    {"mic", BenchMic, 1},
    {"iov", BenchIov, 1},
    {"expimp", BenchExport, 1},
    {"expimp_used", BenchExportUsed, 1},
    {"mem", BenchMemory, 1},
    {"alloc", BenchAllocator, 1},
};

static _Noreturn void Usage(void) {
  fprintf(
      stderr,
      "usage: gssbench [-u DOMAIN\\user] [-s SECONDS] [-N COUNT] [-z SIZE,SIZE..] "
      "[-c CONTEXTS] BENCH...\n"
      "  BENCH: load hs_reuse hs_full acceptor wrap mic iov expimp expimp_used mem alloc\n"
      "  -s   time of one measurement (1)       -N   fixed count of operations instead\n"
      "  -z   message sizes (16,1024,16384)     -c   context pairs of mem (10000)\n"
      "  alloc needs LD_PRELOAD of the counter. Exit status 3: a mechanism lacks a function.\n");
  exit(kExitUsage);
}

static void ParseSizes(char *list) {
  options.size_count = 0;
  for (char *s = strtok(list, ","); s; s = strtok(NULL, ",")) {
    if (options.size_count == kMaxSizes ||
        (options.sizes[options.size_count++] = strtoul(s, NULL, 10)) == 0)
      Usage();
  }
}

static void ParseOptions(int argc, char **argv) {
  for (int c; (c = getopt(argc, argv, "u:s:N:z:c:")) != -1;) {
    if (c == 'u')
      options.user = optarg;
    else if (c == 's')
      options.span.seconds = atof(optarg);
    else if (c == 'N')
      options.span.iterations = atol(optarg);
    else if (c == 'z')
      ParseSizes(optarg);
    else if (c == 'c')
      options.contexts = atol(optarg);
    else
      Usage();
  }
  if (optind == argc || options.contexts < 1) Usage();
}

static void RunBench(const char *name) {
  for (size_t i = 0; i < sizeof kBenches / sizeof *kBenches; ++i) {
    if (strcmp(name, kBenches[i].name)) continue;
    if (kBenches[i].needs_login && !login.target) AcquireLogin(&login, options.user);
    kBenches[i].run();
    return;
  }
  Usage();
}

int main(int argc, char **argv) {
  ParseOptions(argc, argv);
  for (int i = optind; i < argc; ++i) RunBench(argv[i]);
  if (login.target) ReleaseLogin(&login);
  return exit_status;
}
