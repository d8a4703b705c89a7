// SPDX-License-Identifier: MIT
// Who can log in, and account files that change while they do.
#ifndef TESTS_LOAD_ACCOUNTS_H_
#define TESTS_LOAD_ACCOUNTS_H_

#include <stdbool.h>
#include <stddef.h>

struct account {
  char *name;      // DOMAIN\user
  char *password;  // at the start
  bool changes;    // the password is another one after each change of the file
};

struct accounts {
  struct account *list;
  size_t count;
};

// Lines of the form DOMAIN:user:password.
void accounts_read(struct accounts *accounts, const char *path);

// From now until accounts_stop_changes, puts a new file in the place of `path` each `seconds`: the
// accounts in another order, and another password for those of every tenth account.
void accounts_start_changes(struct accounts *accounts, const char *path, double seconds);
void accounts_stop_changes(void);
unsigned accounts_changes(void);

// What holds at a time: how many changes were begun, and whether the last of them has ended long
// ago.
struct moment {
  unsigned changes;
  bool settled;
};
struct moment moment_now(void);
// Whether the passwords of that moment held from then until now.
bool moment_holds(const struct moment *moment);

enum { kPasswordRoom = 256 };
// The password of that moment; the one before it, which is wrong, with `outdated`.
void account_password(const struct account *account, const struct moment *moment, bool outdated,
                      char password[kPasswordRoom]);

#endif  // TESTS_LOAD_ACCOUNTS_H_
