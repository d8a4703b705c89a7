// SPDX-License-Identifier: MIT
#include "accounts.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

enum { kOneInSoManyChanges = 10 };

// After so long a change has reached every login that begins.
static const double kGrace = 0.2;

static struct {
  const struct accounts *accounts;
  const char *path;
  double seconds;
  pthread_t thread;
  atomic_bool stop;
  atomic_uint begun, done;
  _Atomic double last;  // end of the last change
} changes;

// ---- list --------------------------------------------------------------------------------------

static void add_line(struct accounts *accounts, char *line) {
  char *const user = strchr(line, ':');
  char *const password = user != NULL ? strchr(user + 1, ':') : NULL;
  if (password == NULL) die("no account: %s", line);
  *user = '\\';
  *password = '\0';
  struct account *account = &accounts->list[accounts->count++];
  account->name = strdup(line);
  account->password = strdup(password + 1);
}

void accounts_read(struct accounts *accounts, const char *path) {
  enum { kRoom = 1 << 16 };
  char line[512];
  FILE *file = fopen(path, "re");
  if (file == NULL) die("%s: %m", path);
  accounts->list = must_allocate(kRoom * sizeof *accounts->list);
  while (fgets(line, sizeof line, file) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    if (line[0] == '#') continue;
    if (accounts->count == kRoom) die("%s: too many accounts", path);
    add_line(accounts, line);
  }
  fclose(file);
  if (accounts->count == 0) die("%s: no account", path);
}

static void password_after(const struct account *account, unsigned changes_so_far,
                           char password[kPasswordRoom]) {
  if (account->changes && changes_so_far != 0) {
    snprintf(password, kPasswordRoom, "%s-%u", account->password, changes_so_far);
  } else {
    snprintf(password, kPasswordRoom, "%s", account->password);
  }
}

void account_password(const struct account *account, const struct moment *moment, bool outdated,
                      char password[kPasswordRoom]) {
  if (!outdated) {
    password_after(account, moment->changes, password);
  } else if (account->changes && moment->changes != 0) {
    password_after(account, moment->changes - 1, password);
  } else {
    snprintf(password, kPasswordRoom, "not-%s", account->password);
  }
}

// ---- changes -----------------------------------------------------------------------------------

static void write_accounts(FILE *file, unsigned number) {
  const struct accounts *accounts = changes.accounts;
  for (size_t i = 0; i < accounts->count; ++i) {
    const struct account *account = &accounts->list[(i * 7919 + number) % accounts->count];
    char password[kPasswordRoom];
    const char *user = strchr(account->name, '\\');
    password_after(account, number, password);
    fprintf(file, "%.*s:%s:%s\n", (int)(user - account->name), account->name, user + 1, password);
  }
}

// A new file with the old one's owner and mode, then rename(2).
static void change_file(void) {
  char fresh[4096];
  struct stat old;
  snprintf(fresh, sizeof fresh, "%s.new", changes.path);
  FILE *file = fopen(fresh, "wex");
  if (file == NULL || stat(changes.path, &old) != 0 || fchmod(fileno(file), 0600) != 0 ||
      fchown(fileno(file), old.st_uid, old.st_gid) != 0) {
    die("%s: %m", fresh);
  }
  const unsigned number = atomic_load(&changes.begun) + 1;
  write_accounts(file, number);
  if (fflush(file) != 0 || fchmod(fileno(file), old.st_mode & 0777) != 0 || fclose(file) != 0) {
    die("%s: %m", fresh);
  }
  atomic_store(&changes.begun, number);
  if (rename(fresh, changes.path) != 0) die("%s: %m", changes.path);
  atomic_store(&changes.last, seconds_now());
  atomic_store(&changes.done, number);
}

static void *change_again_and_again(void *unused) {
  const struct timespec pause = {0, 10000000};
  double next = seconds_now() + changes.seconds;
  (void)unused;
  while (!atomic_load(&changes.stop)) {
    nanosleep(&pause, NULL);
    if (seconds_now() < next) continue;
    change_file();
    next += changes.seconds;
  }
  return NULL;
}

// 7919 is a prime: each account is written once, unless it divides their number.
void accounts_start_changes(struct accounts *accounts, const char *path, double seconds) {
  if (accounts->count % 7919 == 0) die("%zu accounts do not work here", accounts->count);
  for (size_t i = 0; i < accounts->count; i += kOneInSoManyChanges) {
    accounts->list[i].changes = true;
  }
  changes.accounts = accounts;
  changes.path = path;
  changes.seconds = seconds;
  if (pthread_create(&changes.thread, NULL, change_again_and_again, NULL) != 0) {
    die("pthread_create");
  }
}

void accounts_stop_changes(void) {
  if (changes.path == NULL) return;
  atomic_store(&changes.stop, true);
  pthread_join(changes.thread, NULL);
}

unsigned accounts_changes(void) { return atomic_load(&changes.done); }

struct moment moment_now(void) {
  const unsigned done = atomic_load(&changes.done);
  const double last = atomic_load(&changes.last);
  const unsigned begun = atomic_load(&changes.begun);
  const struct moment moment = {.changes = done,
                                .settled = begun == done && seconds_now() - last >= kGrace};
  return moment;
}

bool moment_holds(const struct moment *moment) {
  return moment->settled && atomic_load(&changes.begun) == moment->changes;
}
