// SPDX-License-Identifier: MIT
// What must not be found: the secrets of one login, computed without the module
// (tests/gss/mini_ntlm). They are kept masked, so that a search of this process's memory does not
// find the search itself.
#ifndef TESTS_STRENGTH_NEEDLES_H_
#define TESTS_STRENGTH_NEEDLES_H_

#include "endure.h"

enum { kNeedleRoom = 64, kMaxNeedles = 64, kPasswordSize = 14 };

struct needle {
  char name[48];
  size_t size;
  uint8_t masked[kNeedleRoom];
};

struct needles {
  unsigned count;
  struct needle each[kMaxNeedles];
};

uint8_t mask_at(size_t position);
void add_needle(struct needles *needles, const char *name, const void *plain, size_t size);
// True when the octets at `memory` are those of the needle.
bool needle_is_at(const struct needle *needle, const uint8_t *memory);

// A password, masked. reveal() shows it as a text on a page of its own until conceal().
struct password {
  uint8_t masked[kPasswordSize];
};
struct password new_password(void);
const char *reveal(const struct password *password);
// The same for a needle that is a text.
const char *reveal_needle(const struct needles *needles, const char *name);
void conceal(void);

// The secrets of an account with this password: the password itself, hashes and what is made of
// them.
void add_account_needles(struct needles *needles, const char *user, const char *domain,
                         const struct password *password);
// The same for NTLMv1 and LM.
void add_old_needles(struct needles *needles, const struct password *password);
// The keys of a login of that account, out of its three tokens. The response must be one of NTLMv2.
void add_session_needles(struct needles *needles, const struct octets token[3], const char *user,
                         const char *domain, const struct password *password);

#endif  // TESTS_STRENGTH_NEEDLES_H_
