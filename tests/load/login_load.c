// SPDX-License-Identifier: MIT
// Logs in over many connections at once, each time as another user, and compares whom the server
// found. It prints lines `name value unit` and ends with 1 when a login went wrong. `usage` has the
// arguments.
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "accounts.h"
#include "common.h"
#include "login.h"
#include "transport.h"

enum { kEvents = 256, kShownFailures = 5, kNormalLogins = 200, kNormalAtOnce = 20 };

static struct {
  long port, connections, threads, wrong, half_open, asks;
  double seconds, patience, change_every;
  const char *users, *path;
} options = {.connections = 100, .threads = 2, .wrong = 16, .seconds = 3, .patience = 30};

static struct accounts accounts;
static struct login_parameters parameters;
static const struct transport *transport = &kFrames;

struct worker {
  pthread_t thread;
  int epoll;
  uint64_t random;
  struct login *logins;
  size_t count, running;
  size_t budget;  // logins that may still begin
  double until;   // when no more of them begin
  unsigned long outcomes[kOutcomes];
  float *times;  // of those that logged in
  size_t time_count, time_room;
};

static uint64_t draw(struct worker *worker) {
  worker->random ^= worker->random << 13;
  worker->random ^= worker->random >> 7;
  worker->random ^= worker->random << 17;
  return worker->random >> 11;
}

// ---- outcomes ----------------------------------------------------------------------------------

static void keep_time(struct worker *worker, double seconds) {
  if (worker->time_count == worker->time_room) {
    worker->time_room = 2 * worker->time_room + 1024;
    worker->times = realloc(worker->times, worker->time_room * sizeof *worker->times);
    if (worker->times == NULL) die("no memory");
  }
  worker->times[worker->time_count++] = (float)seconds;
}

static void take_outcome(struct worker *worker, const struct login *login) {
  const enum outcome outcome = login->outcome;
  ++worker->outcomes[outcome];
  if (outcome == kLoggedIn) keep_time(worker, login->seconds);
  const bool bad = outcome >= kWrongUser;
  const unsigned long failures = worker->outcomes[kWrongUser] +
                                 worker->outcomes[kWrongPasswordTaken] + worker->outcomes[kFailed];
  if (bad && failures <= kShownFailures) fprintf(stderr, "%s\n", login->text);
}

// ---- running many ------------------------------------------------------------------------------

static void watch(const struct worker *worker, struct login *login, int operation,
                  uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = login};
  if (epoll_ctl(worker->epoll, operation, login->fd, &event) != 0) die("epoll_ctl: %m");
}

// Begins one of random account, password and carrier. False when it is over at once.
static bool begin(struct worker *worker, struct login *login, enum gate gate) {
  login->transport = transport;
  login->account = &accounts.list[draw(worker) % accounts.count];
  login->wrong = options.wrong != 0 && draw(worker) % (uint64_t)options.wrong == 0;
  login->spnego = draw(worker) % 2 == 0;
  login->gate = gate;
  login->asks = (unsigned)options.asks;
  ++worker->running;
  login_begin(login, &parameters);
  if (login->fd >= 0) {
    watch(worker, login, EPOLL_CTL_ADD, EPOLLOUT);
    return true;
  }
  take_outcome(worker, login);
  --worker->running;
  return false;
}

static void begin_next(struct worker *worker, struct login *login) {
  while (worker->budget != 0 && seconds_now() < worker->until) {
    --worker->budget;
    if (begin(worker, login, kNoGate)) return;
  }
}

static void ended(struct worker *worker, struct login *login) {
  take_outcome(worker, login);
  --worker->running;
  begin_next(worker, login);
}

static void step(struct worker *worker, struct login *login) {
  const bool was_connected = login->connected;
  if (login_step(login, &parameters)) {
    ended(worker, login);
  } else if (!was_connected) {
    watch(worker, login, EPOLL_CTL_MOD, EPOLLIN);
  }
}

// Whoever waits too long has failed, so each run ends.
static void end_patience(struct worker *worker) {
  const double limit = seconds_now() - options.patience;
  for (size_t i = 0; i < worker->count; ++i) {
    struct login *login = &worker->logins[i];
    if (login->fd < 0 || login->held || login->start > limit) continue;
    login_fail(login, "no answer in time");
    ended(worker, login);
  }
}

// Runs until no more than `held` logins are left, all of which are held.
static void run(struct worker *worker, size_t held) {
  struct epoll_event events[kEvents];
  double next_look = seconds_now() + 1;
  while (worker->running > held) {
    const int count = epoll_wait(worker->epoll, events, kEvents, 200);
    if (count < 0 && errno != EINTR) die("epoll_wait: %m");
    for (int i = 0; i < count; ++i) step(worker, events[i].data.ptr);
    if (seconds_now() < next_look) continue;
    end_patience(worker);
    next_look = seconds_now() + 1;
  }
}

static void open_worker(struct worker *worker, size_t count, uint64_t seed) {
  worker->epoll = epoll_create1(EPOLL_CLOEXEC);
  worker->random = seed * 0x9e3779b97f4a7c15U;
  worker->logins = must_allocate(count * sizeof *worker->logins);
  worker->count = count;
  for (size_t i = 0; i < count; ++i) worker->logins[i].fd = -1;
}

static void *work(void *argument) {
  struct worker *worker = argument;
  for (size_t i = 0; i < worker->count; ++i) begin_next(worker, &worker->logins[i]);
  run(worker, 0);
  return NULL;
}

// ---- report ------------------------------------------------------------------------------------

static int compare_times(const void *a, const void *b) {
  const float x = *(const float *)a, y = *(const float *)b;
  return x < y ? -1 : x > y;
}

static void print_times(const char *prefix, struct worker *worker) {
  static const struct {
    const char *name;
    unsigned thousandths;
  } kRows[] = {{"p50", 500}, {"p99", 990}, {"p99.9", 999}, {"max", 1000}};
  if (worker->time_count == 0) return;
  qsort(worker->times, worker->time_count, sizeof *worker->times, compare_times);
  for (size_t i = 0; i < sizeof kRows / sizeof kRows[0]; ++i) {
    const size_t at = (worker->time_count - 1) * kRows[i].thousandths / 1000;
    printf("%s%s %.1f ms\n", prefix, kRows[i].name, (double)worker->times[at] * 1e3);
  }
}

// Prints all, and gives the exit status.
static int report(const char *prefix, struct worker *worker, double seconds) {
  static const char *const kNames[kOutcomes] = {
      "logins",      "refusals_of_wrong_passwords", "logins_during_a_change",
      "wrong_users", "wrong_passwords_taken",       "failures",
  };
  unsigned long bad = 0;
  for (int i = 0; i < kOutcomes; ++i) {
    printf("%s%s %lu\n", prefix, kNames[i], worker->outcomes[i]);
    if (i >= kWrongUser) bad += worker->outcomes[i];
  }
  printf("%sseconds %.1f s\n", prefix, seconds);
  printf("%slogins_per_second %.0f 1/s\n", prefix, (double)worker->outcomes[kLoggedIn] / seconds);
  print_times(prefix, worker);
  return bad != 0 || worker->outcomes[kLoggedIn] == 0;
}

static void add_up(struct worker *sum, const struct worker *worker) {
  for (int i = 0; i < kOutcomes; ++i) sum->outcomes[i] += worker->outcomes[i];
  for (size_t i = 0; i < worker->time_count; ++i) keep_time(sum, (double)worker->times[i]);
}

// ---- load --------------------------------------------------------------------------------------

static int run_load(void) {
  const size_t threads = (size_t)options.threads, share = (size_t)options.connections / threads;
  struct worker *workers = must_allocate(threads * sizeof *workers), sum = {0};
  const double start = seconds_now();
  if (options.change_every > 0) {
    accounts_start_changes(&accounts, options.users, options.change_every);
  }
  for (size_t i = 0; i < threads; ++i) {
    open_worker(&workers[i], share, i + 1);
    workers[i].budget = SIZE_MAX;
    workers[i].until = start + options.seconds;
    if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) die("pthread_create");
  }
  for (size_t i = 0; i < threads; ++i) {
    pthread_join(workers[i].thread, NULL);
    add_up(&sum, &workers[i]);
  }
  accounts_stop_changes();
  printf("connections %zu\n", share * threads);
  printf("accounts %zu\n", accounts.count);
  printf("changes_of_the_accounts %u\n", accounts_changes());
  return report("", &sum, seconds_now() - start);
}

// ---- half-open contexts ------------------------------------------------------------------------

static struct server_state ask_server(void) {
  struct server_state state = {0};
  uint8_t answer[512] = {0};
  const uint8_t question = kQuestion;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, (const struct sockaddr *)&parameters.server, sizeof parameters.server) != 0 ||
      !send_frame(fd, &question, sizeof question) || recv(fd, answer, sizeof answer - 1, 0) <= 0 ||
      sscanf((char *)answer + kFrameHead + 1, ANSWER_FORM, &state.resident, &state.heap,
             &state.connections, &state.contexts) != 4) {
    die("the server does not say how it is: %m");
  }
  close(fd);
  return state;
}

static void pass_all(struct worker *worker, enum gate gate) {
  for (size_t i = 0; i < worker->count; ++i) {
    struct login *login = &worker->logins[i];
    if (login->fd >= 0 && login_pass(login, &parameters, gate)) ended(worker, login);
  }
}

// How many are held, which run() waits for.
static void run_until_held(struct worker *worker) {
  struct epoll_event events[kEvents];
  const double limit = seconds_now() + options.patience;
  size_t held = 0;
  while (held < worker->running && seconds_now() < limit) {
    const int count = epoll_wait(worker->epoll, events, kEvents, 200);
    for (int i = 0; i < count; ++i) step(worker, events[i].data.ptr);
    held = 0;
    for (size_t i = 0; i < worker->count; ++i) {
      held += worker->logins[i].fd >= 0 && worker->logins[i].held;
    }
  }
}

// Logins beside the others.
static int run_normal(const char *prefix, size_t count) {
  struct worker worker = {.budget = count, .until = seconds_now() + options.patience};
  const double start = seconds_now();
  open_worker(&worker, kNormalAtOnce, 7);
  work(&worker);
  return report(prefix, &worker, seconds_now() - start);
}

static void print_per_context(const char *name, unsigned long before, unsigned long after,
                              unsigned long contexts) {
  printf("%s_per_context %.0f octets\n", name, ((double)after - (double)before) / (double)contexts);
}

static int run_half_open(void) {
  const size_t count = (size_t)options.half_open;
  struct worker worker = {0};
  open_worker(&worker, count, 1);
  // What the server keeps from its first logins on is not part of a context.
  int status = run_normal("before_", kNormalLogins);
  const double start = seconds_now();
  for (size_t i = 0; i < count; ++i) begin(&worker, &worker.logins[i], kBeforeNegotiate);
  run_until_held(&worker);
  const struct server_state connected = ask_server();
  pass_all(&worker, kBeforeAuthenticate);
  run_until_held(&worker);
  const struct server_state half_open = ask_server();
  status |= run_normal("meanwhile_", kNormalLogins);
  pass_all(&worker, kNoGate);
  run(&worker, 0);
  const struct server_state over = ask_server();
  printf("half_open_contexts %lu\n", half_open.contexts);
  printf("contexts_at_the_end %lu\n", over.contexts);
  print_per_context("heap", connected.heap, half_open.heap, half_open.contexts);
  print_per_context("resident", connected.resident, half_open.resident, half_open.contexts);
  status |= report("", &worker, seconds_now() - start);
  return status | (half_open.contexts != count) | (over.contexts != 0);
}

// ---- start -------------------------------------------------------------------------------------

static const struct option kOptions[] = {
    {"port", required_argument, NULL, 'p'},   // of the server on 127.0.0.1
    {"users", required_argument, NULL, 'u'},  // file of accounts
    {"connections", required_argument, NULL, 'c'},
    {"seconds", required_argument, NULL, 's'},
    {"threads", required_argument, NULL, 't'},
    {"wrong", required_argument, NULL, 'w'},         // one of so many has a wrong password; 0: none
    {"change-every", required_argument, NULL, 'e'},  // seconds; rewrites the file of accounts
    {"half-open", required_argument, NULL, 'o'},     // so many contexts, instead of load
    {"http", required_argument, NULL, 'h'},          // this path, of a web server
    {"asks", required_argument, NULL, 'a'},          // further requests over each connection
    {"patience", required_argument, NULL, 'i'},      // seconds for one login
    {NULL, 0, NULL, 0},
};

static _Noreturn void usage(void) {
  fprintf(stderr, "usage: login_load --port PORT --users FILE [OPTION VALUE]...\n");
  for (const struct option *option = kOptions; option->name != NULL; ++option) {
    fprintf(stderr, "  --%s\n", option->name);
  }
  exit(2);
}

static void take_options(int argc, char **argv) {
  for (int letter; (letter = getopt_long(argc, argv, "", kOptions, NULL)) != -1;) {
    switch (letter) {
      case 'p':
        options.port = atol(optarg);
        break;
      case 'u':
        options.users = optarg;
        break;
      case 'c':
        options.connections = atol(optarg);
        break;
      case 's':
        options.seconds = atof(optarg);
        break;
      case 't':
        options.threads = atol(optarg);
        break;
      case 'w':
        options.wrong = atol(optarg);
        break;
      case 'e':
        options.change_every = atof(optarg);
        break;
      case 'o':
        options.half_open = atol(optarg);
        break;
      case 'h':
        options.path = optarg;
        break;
      case 'a':
        options.asks = atol(optarg);
        break;
      case 'i':
        options.patience = atof(optarg);
        break;
      default:
        usage();
    }
  }
  if (options.port < 1 || options.port > UINT16_MAX || options.users == NULL ||
      options.threads < 1 || options.connections < options.threads) {
    usage();
  }
}

int main(int argc, char **argv) {
  OM_uint32 minor;
  char service[] = "HTTP@www.demo.test";
  gss_buffer_desc target = {strlen(service), service};
  take_options(argc, argv);
  raise_descriptor_limit();
  accounts_read(&accounts, options.users);
  if (options.path != NULL) {
    transport = &kHttp;
    http_path = options.path;
  }
  parameters.server.sin_family = AF_INET;
  parameters.server.sin_port = htons((uint16_t)options.port);
  parameters.server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (gss_import_name(&minor, &target, GSS_C_NT_HOSTBASED_SERVICE, &parameters.target) !=
      GSS_S_COMPLETE) {
    die("gss_import_name");
  }
  return options.half_open != 0 ? run_half_open() : run_load();
}
