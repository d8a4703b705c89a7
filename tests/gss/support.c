// SPDX-License-Identifier: MIT
#include "support.h"

#include <ftw.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// ---- octets ------------------------------------------------------------------------------------

static void *must_malloc(size_t size) {
  void *data = malloc(size != 0 ? size : 1);
  ck_assert_ptr_nonnull(data);
  return data;
}

struct octets octets_copy(const void *data, size_t size) {
  struct octets copy = {must_malloc(size), size};
  if (size != 0) memcpy(copy.data, data, size);
  return copy;
}

void octets_free(struct octets *octets) {
  free(octets->data);
  octets->data = NULL;
  octets->size = 0;
}

void octets_append(struct octets *octets, const void *data, size_t size) {
  uint8_t *joined = must_malloc(octets->size + size);
  if (octets->size != 0) memcpy(joined, octets->data, octets->size);
  if (size != 0) memcpy(joined + octets->size, data, size);
  free(octets->data);
  octets->data = joined;
  octets->size += size;
}

void octets_remove(struct octets *octets, size_t at, size_t count) {
  ck_assert_uint_le(at + count, octets->size);
  memmove(octets->data + at, octets->data + at + count, octets->size - at - count);
  octets->size -= count;
}

bool octets_equal(const struct octets *a, const struct octets *b) {
  return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

uint8_t *guarded_copy(const void *data, size_t size) {
  enum { kRoom = 4 << 20 };
  static _Thread_local uint8_t *room;
  if (room == NULL) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    room = mmap(NULL, kRoom + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(room, MAP_FAILED);
    ck_assert_int_eq(mprotect(room + kRoom, page, PROT_NONE), 0);
  }
  ck_assert_uint_le(size, kRoom);
  uint8_t *copy = room + kRoom - size;
  if (size != 0) memcpy(copy, data, size);
  return copy;
}

gss_buffer_desc buffer_of(const void *data, size_t size) {
  gss_buffer_desc buffer = {size, (void *)(uintptr_t)data};
  return buffer;
}

gss_buffer_desc buffer_of_text(const char *text) { return buffer_of(text, strlen(text)); }

void fill_pattern(uint8_t *data, size_t size, uint32_t seed) {
  uint32_t state = seed * 2654435761u + 1u;
  for (size_t i = 0; i < size; ++i) {
    state = state * 1664525u + 1013904223u;
    data[i] = (uint8_t)(state >> 24);
  }
}

// ---- object identifiers ------------------------------------------------------------------------

gss_OID_desc oid_ntlm = {10, "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"};
gss_OID_desc oid_spnego = {6, "\x2b\x06\x01\x05\x05\x02"};
gss_OID_desc oid_session_key = {11, "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x05\x05"};
gss_OID_desc oid_sasl_ssf = {11, "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x05\x0f"};
gss_OID_desc oid_require_mic = {11, "\x2b\x06\x01\x04\x01\xb7\x7d\x85\x0f\x01\x02"};
gss_OID_desc oid_reset_crypto = {11, "\x2b\x06\x01\x04\x01\xb7\x7d\x85\x0f\x01\x03"};
gss_OID_desc oid_no_ci_flags = {6, "\x2a\x85\x70\x2b\x0d\x1d"};
gss_OID_desc oid_neg_flags = {11, "\x2b\x06\x01\x04\x01\xb7\x7d\x85\x0f\x01\x05"};
gss_OID_desc oid_krb5_principal = {10, "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01"};
gss_OID_desc oid_unknown = {5, "\x2a\x03\x04\x05\x06"};

// ---- statuses ----------------------------------------------------------------------------------

enum { kTextRoom = 4096 };

static size_t append_status(char *room, size_t used, OM_uint32 code, int kind) {
  OM_uint32 minor, more = 0;
  do {
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    if (gss_display_status(&minor, code, kind, &oid_ntlm, &more, &text) != GSS_S_COMPLETE) break;
    const int written = snprintf(room + used, kTextRoom - used, "%s%.*s", used != 0 ? " | " : "",
                                 (int)text.length, (const char *)text.value);
    if (written > 0) used += (size_t)written;
    if (used >= kTextRoom) used = kTextRoom - 1;
    gss_release_buffer(&minor, &text);
  } while (more != 0);
  return used;
}

const char *minor_text(OM_uint32 minor) {
  static _Thread_local char room[kTextRoom];
  room[0] = '\0';
  append_status(room, 0, minor, GSS_C_MECH_CODE);
  return room;
}

const char *status_text(OM_uint32 major, OM_uint32 minor) {
  static _Thread_local char room[kTextRoom];
  size_t used = (size_t)snprintf(room, kTextRoom, "%08x/%u", major, minor);
  used = append_status(room, used, major, GSS_C_GSS_CODE);
  append_status(room, used, minor, GSS_C_MECH_CODE);
  return room;
}

void expect_status(const char *file, int line, OM_uint32 expected, const char *expected_name,
                   OM_uint32 major, OM_uint32 minor) {
  const OM_uint32 got =
      major &
      ((GSS_C_ROUTINE_ERROR_MASK << GSS_C_ROUTINE_ERROR_OFFSET) |
       (expected == GSS_S_COMPLETE ? GSS_C_CALLING_ERROR_MASK << GSS_C_CALLING_ERROR_OFFSET : 0));
  if (got != expected) {
    ck_abort_msg("%s:%d: expected %s, got %s", file, line, expected_name,
                 status_text(major, minor));
  }
}

void expect_text(const char *file, int line, const char *text, const char *part) {
  if (strstr(text, part) == NULL) {
    ck_abort_msg("%s:%d: \"%s\" does not hold \"%s\"", file, line, text, part);
  }
}

// ---- files and environment ---------------------------------------------------------------------

static char temp_folder[64];

const char *temp_path(const char *name) {
  static _Thread_local char room[32][256];
  static _Thread_local unsigned next;
  char *path = room[next++ % 32];
  snprintf(path, sizeof room[0], "%s/%s", temp_folder, name);
  return path;
}

const char *write_file(const char *name, const char *text, mode_t mode) {
  const char *path = temp_path(name);
  // The module notices a changed file with the next tick of the kernel's clock, at the latest.
  if (unlink(path) == 0) usleep(11000);
  FILE *file = fopen(path, "w");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(text, 1, strlen(text), file), strlen(text));
  ck_assert_int_eq(fclose(file), 0);
  ck_assert_int_eq(chmod(path, mode), 0);
  return path;
}

const char *module_path(void) {
  static char path[4096];
  const char *configuration = getenv("GSS_MECH_CONFIG");
  FILE *file = configuration != NULL ? fopen(configuration, "r") : NULL;
  if (file == NULL) return NULL;
  const int fields = fscanf(file, "%*s %*s %4095s", path);
  fclose(file);
  return fields == 1 ? path : NULL;
}

// zoë and pä$swörd€ as UTF-8.
#define ZOE "zo\xc3\xab"
#define ZOE_PASSWORD "p\xc3\xa4$sw\xc3\xb6rd\xe2\x82\xac"

const char kAccounts[] =
    "# accounts of the tests\n" TEST_DOMAIN ":" TEST_USER ":" TEST_PASSWORD "\n" TEST_DOMAIN
    ":bob:Passw0rd:with:colons\n" TEST_DOMAIN ":" ZOE ":" ZOE_PASSWORD
    "\n"
    "OTHER:alice:a-different-password\n";

const char *accounts_file(void) {
  const char *path = temp_path("accounts");
  if (access(path, F_OK) != 0) return write_file("accounts", kAccounts, 0600);
  return path;
}

// ---- golden files ------------------------------------------------------------------------------

const char *major_name(OM_uint32 major) {
  static const char *const kRoutine[] = {
      "COMPLETE",        "BAD_MECH",          "BAD_NAME",       "BAD_NAMETYPE",
      "BAD_BINDINGS",    "BAD_STATUS",        "BAD_SIG",        "NO_CRED",
      "NO_CONTEXT",      "DEFECTIVE_TOKEN",   "DEFECTIVE_CRED", "CREDENTIALS_EXPIRED",
      "CONTEXT_EXPIRED", "FAILURE",           "BAD_QOP",        "UNAUTHORIZED",
      "UNAVAILABLE",     "DUPLICATE_ELEMENT", "NAME_NOT_MN",    "BAD_MECH_ATTR"};
  static const char *const kCalling[] = {"", "CALL_INACCESSIBLE_READ|", "CALL_INACCESSIBLE_WRITE|",
                                         "CALL_BAD_STRUCTURE|"};
  static _Thread_local char text[96];
  const OM_uint32 routine = (major >> GSS_C_ROUTINE_ERROR_OFFSET) & GSS_C_ROUTINE_ERROR_MASK;
  const OM_uint32 calling = (major >> GSS_C_CALLING_ERROR_OFFSET) & GSS_C_CALLING_ERROR_MASK;
  ck_assert_uint_lt(routine, sizeof kRoutine / sizeof kRoutine[0]);
  ck_assert_uint_lt(calling, sizeof kCalling / sizeof kCalling[0]);
  const bool waits = major == GSS_S_CONTINUE_NEEDED;
  snprintf(text, sizeof text, "%s%s", kCalling[calling],
           waits ? "CONTINUE_NEEDED" : kRoutine[routine]);
  return text;
}

struct golden {
  char path[512];
  char *text;  // of open_memstream
  size_t size;
  FILE *stream;
};

struct golden *golden_begin(const char *name) {
  struct golden *golden = must_malloc(sizeof *golden);
  snprintf(golden->path, sizeof golden->path, "%s/%s", GOLDEN_FOLDER, name);
  golden->stream = open_memstream(&golden->text, &golden->size);
  ck_assert_ptr_nonnull(golden->stream);
  return golden;
}

void golden_line(struct golden *golden, const char *format, ...) {
  char line[kTextRoom];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  // The name of the temporary folder is another one each time.
  const char *rest = line;
  for (const char *at; (at = strstr(rest, temp_folder)) != NULL; rest = at + strlen(temp_folder)) {
    fprintf(golden->stream, "%.*sTMP", (int)(at - rest), rest);
  }
  fprintf(golden->stream, "%s\n", rest);
  fflush(golden->stream);
}

// The next line of *text without its end, moving *text on; null at the end.
static char *next_line(char **text) {
  char *line = *text;
  if (line == NULL || line[0] == '\0') return NULL;
  char *end = strchr(line, '\n');
  if (end != NULL) *end = '\0';
  *text = end != NULL ? end + 1 : NULL;
  return line;
}

static unsigned print_differences(char *expected, char *got) {
  unsigned differences = 0;
  for (;;) {
    const char *a = next_line(&expected), *b = next_line(&got);
    if (a == NULL && b == NULL) return differences;
    if (a != NULL && b != NULL && strcmp(a, b) == 0) continue;
    ++differences;
    fprintf(stderr, "- %s\n+ %s\n", a != NULL ? a : "(end)", b != NULL ? b : "(end)");
  }
}

static char *file_text(const char *path) {
  char *text = NULL;
  size_t room = 0;
  FILE *file = fopen(path, "r");
  if (file == NULL) return NULL;
  if (getdelim(&text, &room, '\0', file) < 0) {
    free(text);
    text = NULL;
  }
  fclose(file);
  return text;
}

void golden_end(struct golden *golden) {
  fclose(golden->stream);
  if (getenv("REWRITE_GOLDEN") != NULL) {
    FILE *file = fopen(golden->path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(golden->text, 1, golden->size, file), golden->size);
    ck_assert_int_eq(fclose(file), 0);
  }
  char *expected = file_text(golden->path);
  ck_assert_msg(expected != NULL, "%s cannot be read", golden->path);
  const unsigned differences = print_differences(expected, golden->text);
  ck_assert_msg(differences == 0, "%u lines differ from %s; REWRITE_GOLDEN=1 makes them the rule",
                differences, golden->path);
  free(expected);
  free(golden->text);
  free(golden);
}

// ---- names and credentials ---------------------------------------------------------------------

gss_name_t import_name(const char *text, gss_OID type) {
  OM_uint32 minor;
  gss_name_t name = GSS_C_NO_NAME;
  gss_buffer_desc buffer = buffer_of_text(text);
  const OM_uint32 major = gss_import_name(&minor, &buffer, type, &name);
  EXPECT_COMPLETE(major, minor);
  return name;
}

gss_name_t import_user(const char *text) { return import_name(text, GSS_C_NT_USER_NAME); }
gss_name_t import_service(const char *text) {
  return import_name(text, GSS_C_NT_HOSTBASED_SERVICE);
}

OM_uint32 make_mech_name(OM_uint32 *minor, const void *text, size_t size, gss_OID type,
                         gss_name_t *name) {
  gss_name_t imported = GSS_C_NO_NAME;
  gss_buffer_desc buffer = buffer_of(text, size);
  *name = GSS_C_NO_NAME;
  OM_uint32 major = gss_import_name(minor, &buffer, type, &imported);
  if (GSS_ERROR(major)) return major;
  major = gss_canonicalize_name(minor, imported, &oid_ntlm, name);
  const OM_uint32 reason = *minor;
  release_name(&imported);
  *minor = reason;
  return major;
}

char *display_name(gss_name_t name) {
  OM_uint32 minor;
  gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = gss_display_name(&minor, name, &text, NULL);
  EXPECT_COMPLETE(major, minor);
  char *copy = must_malloc(text.length + 1);
  memcpy(copy, text.value, text.length);
  copy[text.length] = '\0';
  ck_assert_msg(strlen(copy) == text.length, "a NUL is counted in the display form");
  gss_release_buffer(&minor, &text);
  return copy;
}

bool is_shown_as(gss_name_t name, const char *text) {
  OM_uint32 minor;
  gss_buffer_desc shown = GSS_C_EMPTY_BUFFER;
  if (GSS_ERROR(gss_display_name(&minor, name, &shown, NULL))) return false;
  const size_t size = strlen(text);
  const bool same = (shown.length == size || shown.length == size + 1) &&
                    memcmp(shown.value, text, shown.length) == 0;
  gss_release_buffer(&minor, &shown);
  return same;
}

void release_name(gss_name_t *name) {
  OM_uint32 minor;
  if (*name != GSS_C_NO_NAME) gss_release_name(&minor, name);
}

static void put(struct octets *to, size_t value, size_t size) {
  for (; size > 0; --size, value >>= 8) {
    const uint8_t octet = (uint8_t)value;
    octets_append(to, &octet, 1);
  }
}

void put_attribute(struct octets *to, const char *name, const char *value) {
  put(to, strlen(name), 2);
  octets_append(to, name, strlen(name));
  put(to, strlen(value), 2);
  octets_append(to, value, strlen(value));
}

struct octets composite_with(const gss_buffer_desc *token, const struct octets *attributes) {
  enum { kTail = 5, kSizeAt = 2 + 2 + 2 + 10 };
  const uint8_t *octets = token->value;
  ck_assert_uint_eq(octets[token->length - kTail], 0);
  struct octets made = octets_copy(octets, token->length - kTail);
  put(&made, 1, 1);
  put(&made, attributes->size, 4);
  octets_append(&made, attributes->data, attributes->size);
  const size_t size = made.size - kSizeAt - 4;
  for (size_t i = 0; i < 4; ++i) made.data[kSizeAt + i] = (uint8_t)(size >> (24 - 8 * i));
  return made;
}

enum { kMaxStore = 8 };

OM_uint32 try_acquire(OM_uint32 *minor, const char *user, gss_cred_usage_t usage, gss_OID mech,
                      const struct store_entry *store, gss_cred_id_t *cred) {
  gss_key_value_element_desc elements[kMaxStore];
  gss_key_value_set_desc set = {0, elements};
  while (store != NULL && store[set.count].key != NULL) {
    ck_assert_uint_lt(set.count, kMaxStore);
    elements[set.count].key = store[set.count].key;
    elements[set.count].value = store[set.count].value;
    ++set.count;
  }
  gss_OID_set_desc mechs = {1, mech};
  gss_name_t name = user != NULL ? import_user(user) : GSS_C_NO_NAME;
  *cred = GSS_C_NO_CREDENTIAL;
  const OM_uint32 major =
      gss_acquire_cred_from(minor, name, GSS_C_INDEFINITE, &mechs, usage,
                            store != NULL ? &set : GSS_C_NO_CRED_STORE, cred, NULL, NULL);
  const OM_uint32 reason = *minor;
  release_name(&name);
  *minor = reason;
  return major;
}

gss_cred_id_t acquire(const char *user, gss_cred_usage_t usage, gss_OID mech,
                      const struct store_entry *store) {
  OM_uint32 minor;
  gss_cred_id_t cred;
  const OM_uint32 major = try_acquire(&minor, user, usage, mech, store, &cred);
  EXPECT_COMPLETE(major, minor);
  return cred;
}

OM_uint32 try_acquire_with_password(OM_uint32 *minor, const char *user, const char *password,
                                    gss_OID mech, gss_cred_usage_t usage, gss_cred_id_t *cred) {
  gss_OID_set_desc mechs = {1, mech};
  gss_name_t name = user != NULL ? import_user(user) : GSS_C_NO_NAME;
  gss_buffer_desc secret = buffer_of_text(password);
  *cred = GSS_C_NO_CREDENTIAL;
  const OM_uint32 major = gss_acquire_cred_with_password(minor, name, &secret, GSS_C_INDEFINITE,
                                                         &mechs, usage, cred, NULL, NULL);
  const OM_uint32 reason = *minor;
  release_name(&name);
  *minor = reason;
  return major;
}

gss_cred_id_t acquire_with_password(const char *user, const char *password, gss_OID mech) {
  OM_uint32 minor;
  gss_cred_id_t cred;
  const OM_uint32 major =
      try_acquire_with_password(&minor, user, password, mech, GSS_C_INITIATE, &cred);
  EXPECT_COMPLETE(major, minor);
  return cred;
}

gss_cred_id_t acquire_acceptor(const char *file, gss_OID mech) {
  const struct store_entry store[] = {{"ntlmssp_keyfile", file}, {NULL, NULL}};
  return acquire(NULL, GSS_C_ACCEPT, mech, store);
}

void cut_to_ntlm(gss_cred_id_t cred) {
  OM_uint32 minor;
  gss_OID_set_desc mechs = {1, &oid_ntlm};
  const OM_uint32 major = gss_set_neg_mechs(&minor, cred, &mechs);
  EXPECT_COMPLETE(major, minor);
}

// A secret that the caller was given is the caller's to wipe.
static void wipe_and_release(gss_buffer_t buffer) {
  OM_uint32 minor;
  explicit_bzero(buffer->value, buffer->length);
  gss_release_buffer(&minor, buffer);
}

gss_cred_id_t copy_of_cred(gss_cred_id_t cred) {
  OM_uint32 minor;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  gss_cred_id_t copy = GSS_C_NO_CREDENTIAL;
  OM_uint32 major = gss_export_cred(&minor, cred, &token);
  EXPECT_COMPLETE(major, minor);
  major = gss_import_cred(&minor, &token, &copy);
  EXPECT_COMPLETE(major, minor);
  wipe_and_release(&token);
  return copy;
}

void release_cred(gss_cred_id_t *cred) {
  OM_uint32 minor;
  if (*cred != GSS_C_NO_CREDENTIAL) gss_release_cred(&minor, cred);
}

// ---- the ways to carry NTLM --------------------------------------------------------------------

const char *carrier_name(enum carrier carrier) {
  static const char *const kNames[kCarriers] = {"raw NTLM", "SPNEGO cut to NTLM", "SPNEGO"};
  return kNames[carrier];
}

gss_OID carrier_mech(enum carrier carrier) { return carrier == kRaw ? &oid_ntlm : &oid_spnego; }

// ---- handshake ---------------------------------------------------------------------------------

void handshake_open(struct handshake *handshake, enum carrier carrier) {
  memset(handshake, 0, sizeof *handshake);
  handshake->mech = carrier_mech(carrier);
  handshake->request_flags = kUsualFlags;
  handshake->initiator_cred = acquire_with_password(TEST_NAME, TEST_PASSWORD, handshake->mech);
  handshake->acceptor_cred = acquire_acceptor(accounts_file(), handshake->mech);
  if (carrier == kSpnegoCut) {
    cut_to_ntlm(handshake->initiator_cred);
    cut_to_ntlm(handshake->acceptor_cred);
  }
  handshake->target = import_service("HTTP@server.example.com");
}

static void take_token(gss_buffer_t from, struct octets *to) {
  OM_uint32 minor;
  *to = octets_copy(from->value, from->value != NULL ? from->length : 0);
  if (from->value != NULL) gss_release_buffer(&minor, from);
}

OM_uint32 initiator_step(struct handshake *handshake, const struct octets *input,
                         struct octets *output) {
  struct side *side = &handshake->initiator;
  gss_buffer_desc in = GSS_C_EMPTY_BUFFER, out = GSS_C_EMPTY_BUFFER;
  if (input != NULL) in = buffer_of(guarded_copy(input->data, input->size), input->size);
  side->flags = 0;
  side->major = gss_init_sec_context(
      &side->minor, handshake->initiator_cred, &side->context, handshake->target, handshake->mech,
      handshake->request_flags, GSS_C_INDEFINITE, handshake->initiator_bindings,
      input != NULL ? &in : GSS_C_NO_BUFFER, &side->mech, &out, &side->flags, &side->lifetime);
  ++side->steps;
  take_token(&out, output);
  return side->major;
}

OM_uint32 acceptor_step(struct handshake *handshake, const struct octets *input,
                        struct octets *output) {
  struct side *side = &handshake->acceptor;
  gss_buffer_desc in = buffer_of(guarded_copy(input->data, input->size), input->size);
  gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
  gss_cred_id_t delegated = GSS_C_NO_CREDENTIAL;
  side->flags = 0;
  release_name(&handshake->client_name);
  side->major = gss_accept_sec_context(
      &side->minor, &side->context, handshake->acceptor_cred, &in, handshake->acceptor_bindings,
      &handshake->client_name, &side->mech, &out, &side->flags, &side->lifetime, &delegated);
  ++side->steps;
  take_token(&out, output);
  ck_assert_msg(delegated == GSS_C_NO_CREDENTIAL, "NTLM delegates nothing");
  return side->major;
}

bool is_complete(const struct side *side) {
  return side->steps > 0 && side->major == GSS_S_COMPLETE;
}

static bool must_wait(const struct side *side) {
  return side->steps == 0 || side->major == GSS_S_CONTINUE_NEEDED;
}

bool handshake_run(struct handshake *handshake) {
  const struct octets *previous = NULL;
  for (int leg = 0; leg < kMaxLegs; ++leg) {
    struct side *side = leg % 2 == 0 ? &handshake->initiator : &handshake->acceptor;
    if (!must_wait(side)) break;
    struct octets *token = &handshake->token[leg];
    if (leg % 2 == 0) {
      initiator_step(handshake, previous, token);
    } else {
      acceptor_step(handshake, previous, token);
    }
    handshake->legs = leg + 1;
    if (GSS_ERROR(side->major) || token->size == 0) break;
    if (handshake->hook != NULL) handshake->hook(handshake, leg, token);
    previous = token;
  }
  return is_complete(&handshake->initiator) && is_complete(&handshake->acceptor);
}

void handshake_establish(struct handshake *handshake) {
  handshake_run(handshake);
  EXPECT_COMPLETE(handshake->initiator.major, handshake->initiator.minor);
  EXPECT_COMPLETE(handshake->acceptor.major, handshake->acceptor.minor);
  ck_assert_msg(is_complete(&handshake->initiator) && is_complete(&handshake->acceptor),
                "the handshake ended before both sides were complete");
}

static void delete_context(gss_ctx_id_t *context) {
  OM_uint32 minor;
  if (*context == GSS_C_NO_CONTEXT) return;
  const OM_uint32 major = gss_delete_sec_context(&minor, context, GSS_C_NO_BUFFER);
  EXPECT_COMPLETE(major, minor);
  ck_assert_ptr_null(*context);
}

void handshake_reset(struct handshake *handshake) {
  delete_context(&handshake->initiator.context);
  delete_context(&handshake->acceptor.context);
  release_name(&handshake->client_name);
  for (int leg = 0; leg < kMaxLegs; ++leg) octets_free(&handshake->token[leg]);
  memset(&handshake->initiator, 0, sizeof handshake->initiator);
  memset(&handshake->acceptor, 0, sizeof handshake->acceptor);
  handshake->legs = 0;
}

void handshake_close(struct handshake *handshake) {
  handshake_reset(handshake);
  release_name(&handshake->target);
  release_cred(&handshake->initiator_cred);
  release_cred(&handshake->acceptor_cred);
}

bool session_key(gss_ctx_id_t context, uint8_t key[16]) {
  OM_uint32 minor;
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  const OM_uint32 major = gss_inquire_sec_context_by_oid(&minor, context, &oid_session_key, &set);
  if (GSS_ERROR(major)) return false;
  ck_assert_ptr_nonnull(set);
  ck_assert_uint_ge(set->count, 1);
  ck_assert_uint_eq(set->elements[0].length, 16);
  memcpy(key, set->elements[0].value, 16);
  gss_release_buffer_set(&minor, &set);
  return true;
}

void move_context(gss_ctx_id_t *context) {
  OM_uint32 minor;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  OM_uint32 major = gss_export_sec_context(&minor, context, &token);
  EXPECT_COMPLETE(major, minor);
  ck_assert_ptr_null(*context);
  major = gss_import_sec_context(&minor, &token, context);
  EXPECT_COMPLETE(major, minor);
  ck_assert_ptr_nonnull(*context);
  wipe_and_release(&token);
}

void expect_equal_keys(const struct handshake *handshake) {
  uint8_t ours[16], theirs[16];
  ck_assert(session_key(handshake->initiator.context, ours));
  ck_assert(session_key(handshake->acceptor.context, theirs));
  ck_assert_mem_eq(ours, theirs, 16);
}

void expect_client(const struct handshake *handshake, const char *expected) {
  ck_assert_ptr_nonnull(handshake->client_name);
  char *shown = display_name(handshake->client_name);
  ck_assert_str_eq(shown, expected);
  free(shown);
}

static void expect_one_message(gss_ctx_id_t from, gss_ctx_id_t to) {
  static const char kMessage[] = "attack at dawn";
  struct octets token, data;
  int conf_state = -1;
  OM_uint32 major = wrap_octets(from, 1, kMessage, sizeof kMessage, NULL, &token);
  EXPECT_COMPLETE(major, 0);
  major = unwrap_octets(to, token.data, token.size, &conf_state, &data);
  EXPECT_COMPLETE(major, 0);
  ck_assert_uint_eq(data.size, sizeof kMessage);
  ck_assert_mem_eq(data.data, kMessage, sizeof kMessage);
  octets_free(&token);
  octets_free(&data);
}

void expect_messages_pass(gss_ctx_id_t a, gss_ctx_id_t b) {
  expect_one_message(a, b);
  expect_one_message(b, a);
}

// ---- messages ----------------------------------------------------------------------------------

OM_uint32 wrap_octets(gss_ctx_id_t context, int conf, const void *data, size_t size,
                      int *conf_state, struct octets *token) {
  OM_uint32 minor;
  gss_buffer_desc in = buffer_of(guarded_copy(data, size), size), out = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = gss_wrap(&minor, context, conf, GSS_C_QOP_DEFAULT, &in, conf_state, &out);
  take_token(&out, token);
  return major;
}

OM_uint32 unwrap_octets(gss_ctx_id_t context, const void *token, size_t size, int *conf_state,
                        struct octets *data) {
  OM_uint32 minor;
  gss_qop_t qop = 99;
  gss_buffer_desc in = buffer_of(guarded_copy(token, size), size), out = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = gss_unwrap(&minor, context, &in, &out, conf_state, &qop);
  if (!GSS_ERROR(major)) ck_assert_uint_eq(qop, GSS_C_QOP_DEFAULT);
  if (GSS_ERROR(major)) ck_assert_ptr_null(out.value);
  take_token(&out, data);
  return major;
}

OM_uint32 mic_octets(gss_ctx_id_t context, const void *data, size_t size, struct octets *mic) {
  OM_uint32 minor;
  gss_buffer_desc in = buffer_of(guarded_copy(data, size), size), out = GSS_C_EMPTY_BUFFER;
  const OM_uint32 major = gss_get_mic(&minor, context, GSS_C_QOP_DEFAULT, &in, &out);
  take_token(&out, mic);
  return major;
}

OM_uint32 verify_octets(gss_ctx_id_t context, const void *data, size_t size, const void *mic,
                        size_t mic_size) {
  OM_uint32 minor;
  gss_buffer_desc message = buffer_of(data, size);
  gss_buffer_desc token = buffer_of(guarded_copy(mic, mic_size), mic_size);
  return gss_verify_mic(&minor, context, &message, &token, NULL);
}

// ---- programs ----------------------------------------------------------------------------------

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk) {
  (void)status;
  (void)kind;
  (void)walk;
  return remove(path);
}

// Nothing of the machine's accounts, tickets or names may enter a result.
static void set_environment(void) {
  static const char *const kUnset[] = {"NTLM_USER_FILE",  "NTLMUSER",    "LM_COMPAT_LEVEL",
                                       "KRB5_KTNAME",     "KRB5_CONFIG", "GSSNTLMSSP_DEBUG",
                                       "GSS_SSPI_CONFIG", "USER"};
  for (size_t i = 0; i < sizeof kUnset / sizeof kUnset[0]; ++i) unsetenv(kUnset[i]);
  setenv("NETBIOS_COMPUTER_NAME", "SERVER", 1);
  setenv("NETBIOS_DOMAIN_NAME", TEST_DOMAIN, 1);
  setenv("KRB5_CONFIG", "/dev/null", 1);
  setenv("KRB5CCNAME", "FILE:/nonexistent/ccache", 1);
  setenv("KRB5_KTNAME", "FILE:/nonexistent/keytab", 1);
  setenv("_NO_WINBINDD", "1", 1);
}

// The host never closes a mechanism, and loses a few octets for each.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_options(void);
const char *__lsan_default_options(void) { return "print_suppressions=0"; }
const char *__lsan_default_suppressions(void) { return "leak:krb5int_open_plugin\n"; }

static bool mechanism_is_loaded(void) {
  OM_uint32 minor;
  gss_name_t name;
  const OM_uint32 major =
      make_mech_name(&minor, TEST_NAME, strlen(TEST_NAME), GSS_C_NT_USER_NAME, &name);
  if (GSS_ERROR(major)) {
    fprintf(stderr, "the module named by GSS_MECH_CONFIG does not load: %s\n",
            status_text(major, minor));
    return false;
  }
  release_name(&name);
  return true;
}

bool begin_program(void) {
  setlocale(LC_ALL, "");  // as programs do; no result may depend on it
  snprintf(temp_folder, sizeof temp_folder, "/tmp/gss-ntlm-test-XXXXXX");
  if (mkdtemp(temp_folder) == NULL) return false;
  set_environment();
  if (mechanism_is_loaded()) return true;
  end_program();
  return false;
}

void end_program(void) { nftw(temp_folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS); }

int run_in_environment(int (*body)(void *argument), void *argument) {
  if (!begin_program()) return 1;
  const int result = body(argument);
  end_program();
  return result;
}

static int run_all_of(void *maker) {
  SRunner *runner = srunner_create((*(suite_maker **)maker)());
  srunner_run_all(runner, CK_ENV);
  const bool good = srunner_ntests_failed(runner) == 0 && srunner_ntests_run(runner) != 0;
  srunner_free(runner);
  return good ? 0 : 1;
}

int run_suite(suite_maker *maker) { return run_in_environment(run_all_of, &maker); }

int run_probe(const TTest *test) {
  Suite *suite = suite_create("probe");
  TCase *only = tcase_create("probe");
  tcase_add_test(only, test);
  suite_add_tcase(suite, only);
  SRunner *runner = srunner_create(suite);
  srunner_set_fork_status(runner, CK_NOFORK);
  srunner_run_all(runner, CK_SILENT);
  const int failed = srunner_ntests_failed(runner);
  srunner_print(runner, failed != 0 ? CK_NORMAL : CK_SILENT);
  srunner_free(runner);
  return failed == 0 ? 0 : 1;
}
