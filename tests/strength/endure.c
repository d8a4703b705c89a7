// SPDX-License-Identifier: MIT
#include "endure.h"

#include <dirent.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// ---- the program -------------------------------------------------------------------------------

static int checks, failures;

// What Check calls for each assertion that holds, in place of its own: see meson.build.
void __wrap__mark_point(const char *file, int line);
void __wrap__mark_point(const char *file, int line) {
  (void)file;
  (void)line;
}

void check(bool good, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  printf("%sok %d - ", good ? "" : "not ", ++checks);
  vprintf(format, arguments);
  va_end(arguments);
  putchar('\n');
  failures += good ? 0 : 1;
}

void skip(const char *name, const char *reason) {
  printf("ok %d - %s # SKIP %s\n", ++checks, name, reason);
}

int endure_main(int argc, char **argv, const TTest *body) {
  if (!read_form(argc, argv)) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (!begin_program()) {
    puts("Bail out! the module named by GSS_MECH_CONFIG does not load");
    return 1;
  }
  const double start = seconds_now();
  const int status = run_probe(body);
  figure("seconds", seconds_now() - start, "s");
  printf("1..%d\n", checks);
  end_program();
  return status == 0 && failures == 0 && checks > 0 ? 0 : 1;
}

double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// ---- what the process holds --------------------------------------------------------------------

static size_t heap_in_use(void) {
#if UNDER_SANITIZER
  size_t __sanitizer_get_current_allocated_bytes(void);
  return __sanitizer_get_current_allocated_bytes();
#else
  const struct mallinfo2 heap = mallinfo2();
  return heap.uordblks + heap.hblkhd;
#endif
}

// The second number of /proc/self/statm, in pages.
static size_t resident_pages(void) {
  size_t total = 0, resident = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  ck_assert_ptr_nonnull(file);
  ck_assert_int_eq(fscanf(file, "%zu %zu", &total, &resident), 2);
  fclose(file);
  return resident;
}

static unsigned open_descriptors(void) {
  unsigned count = 0;
  DIR *folder = opendir("/proc/self/fd");
  ck_assert_ptr_nonnull(folder);
  while (readdir(folder) != NULL) ++count;
  closedir(folder);
  return count;
}

struct holdings holdings_now(void) {
  struct holdings now;
  now.descriptors = open_descriptors();
  now.resident = resident_pages() * (size_t)sysconf(_SC_PAGESIZE);
  now.heap = heap_in_use();
  return now;
}

// ---- accounts ----------------------------------------------------------------------------------

void user_name(char name[kNameRoom], unsigned number) {
  snprintf(name, kNameRoom, TEST_DOMAIN "\\user%u", number);
}

const char *users_file(const char *name, unsigned count, unsigned more) {
  char *text = NULL;
  size_t size = 0;
  FILE *stream = open_memstream(&text, &size);
  ck_assert_ptr_nonnull(stream);
  for (unsigned i = 0; i < count; ++i) {
    fprintf(stream, TEST_DOMAIN ":user%u:Secret-of-%u\n", i, i);
  }
  for (unsigned i = 0; i < more; ++i) fprintf(stream, "OTHER:user%u:other-%u\n", i, i);
  fclose(stream);
  const char *path = write_file(name, text, 0600);
  free(text);
  return path;
}

static gss_cred_id_t cut(gss_cred_id_t cred, enum carrier carrier) {
  if (carrier == kSpnegoCut) cut_to_ntlm(cred);
  return cred;
}

gss_cred_id_t acquire_user(unsigned number, enum carrier carrier) {
  char name[kNameRoom], password[kNameRoom];
  user_name(name, number);
  snprintf(password, sizeof password, "Secret-of-%u", number);
  return cut(acquire_with_password(name, password, carrier_mech(carrier)), carrier);
}

gss_cred_id_t acquire_users_acceptor(const char *file, enum carrier carrier) {
  return cut(acquire_acceptor(file, carrier_mech(carrier)), carrier);
}

bool is_user(const struct handshake *handshake, unsigned number) {
  char expected[kNameRoom];
  user_name(expected, number);
  return is_shown_as(handshake->client_name, expected);
}

// ---- handshakes that may fail without ending the program ----------------------------------------

bool same_keys(const struct handshake *handshake, uint8_t key[16]) {
  uint8_t room[2][16];
  if (!session_key(handshake->initiator.context, room[0]) ||
      !session_key(handshake->acceptor.context, room[1])) {
    return false;
  }
  if (key != NULL) memcpy(key, room[0], sizeof room[0]);
  return memcmp(room[0], room[1], sizeof room[0]) == 0;
}

static bool message_passes(gss_ctx_id_t from, gss_ctx_id_t to) {
  static const char kMessage[] = "attack at dawn";
  struct octets token, data = {NULL, 0};
  bool good = wrap_octets(from, 1, kMessage, sizeof kMessage, NULL, &token) == GSS_S_COMPLETE &&
              unwrap_octets(to, token.data, token.size, NULL, &data) == GSS_S_COMPLETE;
  good = good && data.size == sizeof kMessage && memcmp(data.data, kMessage, data.size) == 0;
  octets_free(&token);
  octets_free(&data);
  return good;
}

bool messages_pass(const struct handshake *handshake) {
  return message_passes(handshake->initiator.context, handshake->acceptor.context) &&
         message_passes(handshake->acceptor.context, handshake->initiator.context);
}
