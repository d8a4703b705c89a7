// SPDX-License-Identifier: MIT
#include "memory_scan.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../gss/module_code.h"
#include "heap_owners.h"

#if !UNDER_SANITIZER

// ---- whose it is -------------------------------------------------------------------------------

static const char *library_of(const void *address, char room[64]) {
  Dl_info info;
  if (address == NULL) return "nobody";
  if (module_code_holds(address)) return "the module";
  if (dladdr(address, &info) == 0 || info.dli_fname == NULL) return "code without a name";
  const char *slash = strrchr(info.dli_fname, '/');
  snprintf(room, 64, "%s%s%s", slash != NULL ? slash + 1 : info.dli_fname,
           info.dli_sname != NULL ? " " : "", info.dli_sname != NULL ? info.dli_sname : "");
  return room;
}

static struct named {
  const uint8_t *start;
  size_t size;
  const char *name;
} named[2];

void name_memory(int number, const void *start, size_t size, const char *name) {
  named[number] = (struct named){start, size, name};
}

static void name_place(struct finding *finding, const char *mapping) {
  for (int i = 0; i < 2; ++i) {
    const struct named *memory = &named[i];
    if (finding->at < memory->start || finding->at >= memory->start + memory->size) continue;
    snprintf(finding->place, sizeof finding->place, "%s, %td octets before its end", memory->name,
             memory->start + memory->size - finding->at);
    return;
  }
  snprintf(finding->place, sizeof finding->place, "%p in %s", (const void *)finding->at, mapping);
}

static void judge(struct finding *finding, const char *mapping) {
  struct heap_block block;
  char taker[64], giver[64];
  if (!heap_block_at(finding->at, &block)) {
    finding->owner = kNobody;
    name_place(finding, mapping);
    return;
  }
  const bool handed_over = block.freed_by != NULL && !module_code_holds(block.freed_by);
  finding->owner = module_code_holds(block.taken_by) && !handed_over ? kModule : kHost;
  snprintf(finding->place, sizeof finding->place,
           "octet %zu of a block of %zu, taken by %s, given back by %s",
           (size_t)(finding->at - block.start), block.size, library_of(block.taken_by, taker),
           library_of(block.freed_by, giver));
}

static void add_finding(struct findings *findings, const struct needle *needle, const uint8_t *at,
                        const char *mapping) {
  if (findings->count == kMaxFindings) return;
  struct finding *finding = &findings->each[findings->count++];
  finding->needle = needle;
  finding->at = at;
  judge(finding, mapping);
}

// ---- the search --------------------------------------------------------------------------------

// For each value of an octet, which needles begin with it, as bits.
static uint64_t beginning[256];
_Static_assert(kMaxNeedles <= 64, "a bit for each needle");

static void search_needles(const struct needles *needles, const uint8_t *from, const uint8_t *to,
                           const char *mapping, struct findings *findings) {
  for (const uint8_t *at = from; at < to; ++at) {
    uint64_t candidates = beginning[*at];
    for (; candidates != 0; candidates &= candidates - 1) {
      const struct needle *needle = &needles->each[__builtin_ctzll(candidates)];
      if ((size_t)(to - at) < needle->size || !needle_is_at(needle, at)) continue;
      add_finding(findings, needle, at, mapping);
    }
  }
}

// Octets `at` to `at + 255` are the numbers 0 to 255 in some order, but not in their own.
static void search_streams(const uint8_t *from, const uint8_t *to, const char *mapping,
                           struct findings *findings) {
  enum { kAll = 256 };
  if (to - from < kAll) return;
  uint16_t count[kAll] = {0};
  unsigned different = 0;
  for (const uint8_t *at = from; at < to; ++at) {
    different += count[*at]++ == 0 ? 1 : 0;
    if (at - from >= kAll) different -= --count[at[-kAll]] == 0 ? 1 : 0;
    if (different != kAll) continue;
    const uint8_t *start = at - (kAll - 1);
    unsigned in_order = 0;
    for (int i = 1; i < kAll; ++i) in_order += start[i] == (uint8_t)(start[i - 1] + 1) ? 1 : 0;
    if (in_order < kAll / 2) add_finding(findings, NULL, start, mapping);
  }
}

// /proc/self/maps as one text. It is read before anything is searched.
static char *read_maps(void) {
  static char text[1 << 18];
  size_t size = 0;
  const int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  ck_assert_int_ge(file, 0);
  for (ssize_t got; (got = read(file, text + size, sizeof text - 1 - size)) > 0;) {
    size += (size_t)got;
  }
  close(file);
  ck_assert_uint_lt(size, sizeof text - 1);
  text[size] = '\0';
  return text;
}

struct search {
  const struct needles *needles;
  bool streams;
  struct findings *findings;
};

static void search_range(const struct search *search, const uint8_t *from, const uint8_t *to,
                         const char *mapping) {
  search_needles(search->needles, from, to, mapping, search->findings);
  if (search->streams) search_streams(from, to, mapping, search->findings);
  search->findings->searched += (size_t)(to - from);
}

// Pages that nobody has ever touched hold zeroes, and are left out ("present" and "swapped" of
// /proc/self/pagemap).
static void search_mapping(const struct search *search, int pagemap, const uint8_t *from,
                           const uint8_t *to, const char *mapping) {
  enum { kAtOnce = 512 };
  uint64_t entries[kAtOnce];
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  const uint8_t *start = NULL;
  for (size_t i = 0; from + i * page < to; ++i) {
    const uint8_t *at = from + i * page;
    if (i % kAtOnce == 0) {
      const off_t place = (off_t)((uintptr_t)at / page * sizeof entries[0]);
      ck_assert_int_gt(pread(pagemap, entries, sizeof entries, place), 0);
    }
    const bool used = entries[i % kAtOnce] >> 62 != 0 && !heap_is_note(at);
    if (used && start == NULL) start = at;
    if (!used && start != NULL) search_range(search, start, at, mapping);
    if (!used) start = NULL;
  }
  if (start != NULL) search_range(search, start, to, mapping);
}

void search_memory(const struct needles *needles, bool streams, struct findings *findings) {
  findings->count = 0;
  findings->searched = 0;
  memset(beginning, 0, sizeof beginning);
  for (unsigned i = 0; i < needles->count; ++i) {
    beginning[needles->each[i].masked[0] ^ mask_at(0)] |= UINT64_C(1) << i;
  }
  const struct search search = {needles, streams, findings};
  const int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  ck_assert_int_ge(pagemap, 0);
  char *rest = NULL;
  for (char *line = strtok_r(read_maps(), "\n", &rest); line != NULL;
       line = strtok_r(NULL, "\n", &rest)) {
    uintptr_t from, to;
    char mode[5];
    int name = 0;
    ck_assert_int_eq(sscanf(line, "%lx-%lx %4s %*s %*s %*s %n", &from, &to, mode, &name), 3);
    if (mode[0] != 'r' || mode[1] != 'w') continue;
    search_mapping(&search, pagemap, (const uint8_t *)from, (const uint8_t *)to,
                   line[name] != '\0' ? line + name : "memory without a name");
  }
  close(pagemap);
}

unsigned found(const struct findings *findings, const char *name) {
  unsigned count = 0;
  for (unsigned i = 0; i < findings->count; ++i) {
    const struct needle *needle = findings->each[i].needle;
    if ((needle == NULL) != (name == NULL)) continue;
    if (name == NULL || strncmp(needle->name, name, strlen(name)) == 0) ++count;
  }
  return count;
}

#endif
