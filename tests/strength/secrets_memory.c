// SPDX-License-Identifier: MIT
// N719: when contexts, credentials and names are gone, no secret is left in memory that the module
// used. Each scenario runs in a thread with a stack of its own, which nobody uses after it, and no
// block that is given back is used again: what was left lies where it was left. What a secret is, a
// forked child computes, without the module, and hands over masked.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../gss/mini_ntlm.h"
#include "../gss/module_code.h"
#include "heap_owners.h"
#include "memory_scan.h"

#if UNDER_SANITIZER
int main(void) {
  puts("1..0 # SKIP a sanitizer keeps freed memory, and has its own malloc");
  return 0;
}
#else

#define SECRET_USER "carol"
#define SECRET_NAME TEST_DOMAIN "\\" SECRET_USER

enum { kStackSize = 1 << 20 };

enum source { kPasswordCall, kStorePassword, kStoreHash, kFile };

static const struct scenario {
  const char *name;
  enum carrier carrier;
  enum source source;  // the initiator's
  bool hash_file;      // of smbpasswd
  bool wrong;          // the initiator's password
  bool moved;          // contexts and credentials are exported and imported
  bool abandoned;      // after CHALLENGE
  bool old;            // LM and NTLMv1
  bool keeps_files;    // the module may keep the hashes of account files, which is its default
} kScenarios[] = {
    {.name = "password", .carrier = kRaw, .source = kPasswordCall},
    {.name = "password in SPNEGO", .carrier = kSpnegoCut, .source = kPasswordCall},
    {.name = "password in a store", .carrier = kRaw, .source = kStorePassword},
    {.name = "password in a store in SPNEGO", .carrier = kSpnegoCut, .source = kStorePassword},
    {.name = "hash in a store", .carrier = kRaw, .source = kStoreHash},
    {.name = "account file", .carrier = kRaw, .source = kFile},
    {.name = "account file in SPNEGO", .carrier = kSpnegoCut, .source = kFile},
    {.name = "account file of hashes", .carrier = kRaw, .source = kFile, .hash_file = true},
    {.name = "wrong password", .carrier = kRaw, .source = kPasswordCall, .wrong = true},
    {.name = "wrong password in SPNEGO",
     .carrier = kSpnegoCut,
     .source = kPasswordCall,
     .wrong = true},
    {.name = "half-open", .carrier = kRaw, .source = kPasswordCall, .abandoned = true},
    {.name = "half-open in SPNEGO",
     .carrier = kSpnegoCut,
     .source = kPasswordCall,
     .abandoned = true},
    {.name = "export and import", .carrier = kRaw, .source = kPasswordCall, .moved = true},
    {.name = "export and import in SPNEGO",
     .carrier = kSpnegoCut,
     .source = kPasswordCall,
     .moved = true},
    {.name = "LM and NTLMv1", .carrier = kRaw, .source = kPasswordCall, .old = true},
    {.name = "account file that is kept", .carrier = kRaw, .source = kFile, .keeps_files = true},
};
enum { kScenarioCount = sizeof kScenarios / sizeof kScenarios[0] };

// ---- registers ---------------------------------------------------------------------------------

// The vector registers as calls of the mechanism leave them. Whoever saves registers next writes
// them to memory: the dynamic loader, on a stack, when a function is called for the first time; a
// signal.
enum { kSaveArea = 512, kSaves = 64 };
static _Alignas(16) uint8_t registers[kSaves][kSaveArea];
static unsigned saves;

static inline void save_registers(void) {
#if defined(__x86_64__)
  if (saves < kSaves) __asm__ volatile("fxsave64 %0" : "=m"(registers[saves++]));
#endif
}

// A token_hook: after each leg.
static void save_after_leg(struct handshake *h, int leg, struct octets *token) {
  (void)h;
  (void)leg;
  (void)token;
  save_registers();
}

// ---- one scenario ------------------------------------------------------------------------------

// What the thread and the search share. No secret is in it unmasked.
static struct {
  const struct scenario *scenario;
  struct password right, sent;
  struct needles *needles;  // in memory shared with the children
  const char *file;
  struct octets token[3];  // the messages as they were sent
  bool established;
  sem_t alive, go;
} run;

static gss_cred_id_t acquire_initiator(const struct scenario *s) {
  const gss_OID mech = carrier_mech(s->carrier);
  struct store_entry store[] = {{"ntlmssp_keyfile", run.file}, {NULL, NULL}};
  gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
  OM_uint32 minor, major;
  if (s->source == kPasswordCall) {
    major = try_acquire_with_password(&minor, SECRET_NAME, reveal(&run.sent), mech, GSS_C_INITIATE,
                                      &cred);
  } else {
    if (s->source == kStorePassword) {
      store[0] = (struct store_entry){"ntlmssp_password", reveal(&run.sent)};
    } else if (s->source == kStoreHash) {
      store[0] = (struct store_entry){
          "ntlmssp_nthash", reveal_needle(run.needles, "NT hash, small hexadecimal digits")};
    }
    major = try_acquire(&minor, SECRET_NAME, GSS_C_INITIATE, mech, store, &cred);
  }
  save_registers();
  if (s->source != kFile) conceal();
  EXPECT_COMPLETE(major, minor);
  return cred;
}

// A secret that the caller was given is the caller's to wipe.
static void wipe_and_release(gss_buffer_t buffer) {
  OM_uint32 minor;
  explicit_bzero(buffer->value, buffer->length);
  gss_release_buffer(&minor, buffer);
}

static void move_credential(gss_cred_id_t *cred) {
  const gss_cred_id_t copy = copy_of_cred(*cred);
  release_cred(cred);
  *cred = copy;
}

static void keep_messages(const struct handshake *h) {
  for (int i = 0; i < 3; ++i) {
    if (h->token[i].size != 0) {
      run.token[i] = copy_message(&h->token[i], (uint32_t)(kTypeNegotiate + i));
    }
  }
}

static void use(const struct scenario *s, struct handshake *h) {
  OM_uint32 minor;
  gss_buffer_desc seed = buffer_of_text("seed"), random = GSS_C_EMPTY_BUFFER;
  ck_assert(messages_pass(h));
  save_registers();
  ck_assert_uint_eq(
      gss_pseudo_random(&minor, h->initiator.context, GSS_C_PRF_KEY_FULL, &seed, 16, &random),
      GSS_S_COMPLETE);
  save_registers();
  wipe_and_release(&random);
  if (!s->moved) return;
  move_context(&h->initiator.context);
  move_context(&h->acceptor.context);
  ck_assert(messages_pass(h));
}

static void *work(void *argument) {
  const struct scenario *s = run.scenario;
  struct handshake h = {.mech = carrier_mech(s->carrier), .request_flags = kUsualFlags};
  (void)argument;
  h.hook = save_after_leg;
  h.target = import_service("HTTP@server.example.com");
  h.initiator_cred = acquire_initiator(s);
  h.acceptor_cred = acquire_acceptor(run.file, h.mech);
  if (s->moved) move_credential(&h.initiator_cred);
  if (s->carrier == kSpnegoCut) {
    cut_to_ntlm(h.initiator_cred);
    cut_to_ntlm(h.acceptor_cred);
  }
  if (s->abandoned) {
    initiator_step(&h, NULL, &h.token[0]);
    acceptor_step(&h, &h.token[0], &h.token[1]);
    initiator_step(&h, &h.token[1], &h.token[2]);
  } else {
    run.established = handshake_run(&h);
    save_registers();
  }
  keep_messages(&h);
  if (run.established) use(s, &h);
  sem_post(&run.alive);
  while (sem_wait(&run.go) != 0) continue;
  handshake_close(&h);
  return NULL;
}

// ---- children ----------------------------------------------------------------------------------

static void in_child(void (*body)(void)) {
  const pid_t pid = fork();
  ck_assert_int_ge(pid, 0);
  if (pid == 0) {
    body();
    _exit(0);
  }
  int status = -1;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a child failed");
}

static void compute_account_needles(void) {
  add_account_needles(run.needles, SECRET_USER, TEST_DOMAIN, &run.right);
  if (run.scenario->wrong) {
    add_account_needles(run.needles, SECRET_USER, TEST_DOMAIN, &run.sent);
  }
  if (run.scenario->old) add_old_needles(run.needles, &run.right);
}

static void compute_session_needles(void) {
  add_session_needles(run.needles, run.token, SECRET_USER, TEST_DOMAIN, &run.sent);
}

static void write_account(void) {
  FILE *file = fopen(run.file, "w");
  ck_assert_ptr_nonnull(file);
  if (run.scenario->hash_file) {
    fprintf(file, TEST_DOMAIN "\\" SECRET_USER ":1000:%032d:%s:[U          ]:LCT-00000000:\n", 0,
            reveal_needle(run.needles, "NT hash, capital hexadecimal digits"));
  } else {
    fprintf(file, TEST_DOMAIN ":" SECRET_USER ":%s\n", reveal(&run.right));
  }
  ck_assert_int_eq(fclose(file), 0);
  ck_assert_int_eq(chmod(run.file, 0600), 0);
}

static void make_account(void) {
  compute_account_needles();
  write_account();
}

// ---- judgement ---------------------------------------------------------------------------------

static unsigned of_module_in_all, of_host_in_all;

static const char *finding_name(const struct finding *finding) {
  return finding->needle != NULL ? finding->needle->name : "the state of a key stream";
}

// How many findings the module has to answer for. Notes each kind once.
static unsigned left_over(const struct scenario *s, const struct findings *findings) {
  unsigned of_module = 0;
  for (unsigned i = 0; i < findings->count; ++i) {
    const struct finding *finding = &findings->each[i];
    const bool of_host = finding->owner == kHost;
    of_module += of_host ? 0 : 1;
    of_host_in_all += of_host ? 1 : 0;
    note("%s: %s %s: %s", s->name, of_host ? "the host keeps" : "LEFT", finding_name(finding),
         finding->place);
  }
  of_module_in_all += of_module;
  return of_module;
}

// The search finds what is there: else it would prove nothing.
static void check_alive(const struct scenario *s, const struct findings *findings) {
  check(found(findings, "NT hash") + found(findings, "NTOWFv2") > 0,
        "%s: the account's secrets are found while the credential lives", s->name);
  if (!run.established || s->old) return;
  check(found(findings, "exported session key") > 0 && found(findings, "client's signing") > 0 &&
            found(findings, "server's signing") > 0 && found(findings, NULL) > 0,
        "%s: the keys of the session are found while the contexts live", s->name);
}

static void check_gone(const struct scenario *s, const struct findings *findings) {
  if (s->keeps_files) {
    check(found(findings, "NT hash") > 0, "%s: its hashes are still there, as keep_user_files says",
          s->name);
    return;
  }
  const unsigned left = left_over(s, findings);
  check(left == 0, "%s: the module leaves no secret", s->name);
}

static void set_policy(const struct scenario *s) {
  char name[64], text[256];
  snprintf(name, sizeof name, "policy-%s", s->old ? "old" : s->keeps_files ? "keeps" : "usual");
  snprintf(text, sizeof text, "[ntlm]\n%s%s", s->keeps_files ? "" : "keep_user_files = no\n",
           s->old ? "initiator_lm_level = 0\nacceptor_lm_level = 0\n"
                    "initiator_minimum_security = none\nacceptor_minimum_security = none\n"
                  : "");
  setenv("GSS_SSPI_CONFIG", write_file(name, text, 0600), 1);
}

static uint8_t *stack;
static struct findings findings;

static void prepare(const struct scenario *s) {
  run.scenario = s;
  run.right = new_password();
  run.sent = s->wrong ? new_password() : run.right;
  run.needles->count = 0;
  run.established = false;
  for (int i = 0; i < 3; ++i) octets_free(&run.token[i]);
  set_policy(s);
  in_child(make_account);
  usleep(30000);  // a file is kept once its time stamp is past
}

static void run_scenario(const struct scenario *s) {
  pthread_t thread;
  pthread_attr_t attributes;
  prepare(s);
  explicit_bzero(stack, kStackSize);
  explicit_bzero(registers, sizeof registers);
  saves = 0;
  heap_keep_freed(true);
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, stack, kStackSize);
  ck_assert_int_eq(pthread_create(&thread, &attributes, work, NULL), 0);
  while (sem_wait(&run.alive) != 0) continue;
  ck_assert_msg(run.established != (s->wrong || s->abandoned), "%s: not as expected", s->name);
  if (!s->old) in_child(compute_session_needles);
  search_memory(run.needles, true, &findings);
  check_alive(s, &findings);
  sem_post(&run.go);
  pthread_join(thread, NULL);
  search_memory(run.needles, true, &findings);
  check_gone(s, &findings);
  heap_keep_freed(false);
  heap_let_go();
  pthread_attr_destroy(&attributes);
}

// ---- the search itself -------------------------------------------------------------------------

static void *plant_on_stack(void *argument) {
  volatile char room[kStackSize / 16];  // what it ends with uses the top of the stack
  const char *plain = reveal(argument);
  for (size_t i = 0; i < kPasswordSize; ++i) room[i] = plain[i];
  conceal();
  return room[0] != '\0' ? NULL : argument;
}

// Volatile, so that the compiler believes somebody else looks there.
static char planted_data[64];
static char *volatile planted_block;

// A secret that was planted is found in each kind of memory, and nowhere before.
static void check_search(void) {
  pthread_t thread;
  pthread_attr_t attributes;
  struct needles *needles = run.needles;
  run.right = new_password();
  needles->count = 0;
  in_child(compute_account_needles);
  search_memory(needles, true, &findings);
  check(findings.count == 0, "nothing is found before it is there (%u)", findings.count);
  figure("secrets_memory_searched", (double)findings.searched, "octets");

  heap_keep_freed(true);
  planted_block = malloc(64);
  ck_assert_ptr_nonnull(planted_block);
  memcpy(planted_block, reveal(&run.right), kPasswordSize + 1);
  conceal();
  search_memory(needles, false, &findings);
  check(findings.count == 1 && findings.each[0].owner == kHost, "planted on the heap, it is found");
  free(planted_block);
  search_memory(needles, false, &findings);
  check(findings.count == 1, "given back, it is still found");
  ck_assert_uint_eq(findings.count, 1);
  explicit_bzero((void *)(uintptr_t)findings.each[0].at, kPasswordSize);
  heap_keep_freed(false);
  heap_let_go();

  memcpy(planted_data + 3, reveal(&run.right), kPasswordSize);
  conceal();
  search_memory(needles, false, &findings);
  check(findings.count == 1, "planted in static data, it is found");
  explicit_bzero(planted_data, sizeof planted_data);

  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, stack, kStackSize);
  ck_assert_int_eq(pthread_create(&thread, &attributes, plant_on_stack, &run.right), 0);
  pthread_join(thread, NULL);
  search_memory(needles, false, &findings);
  check(findings.count == 1 && findings.each[0].owner == kNobody,
        "left on a stack, it is found after its thread has ended");
  explicit_bzero(stack, kStackSize);
  search_memory(needles, false, &findings);
  check(findings.count == 0, "nothing is found after it was wiped");
  pthread_attr_destroy(&attributes);
}

START_TEST(secrets_memory) {
  ck_assert(module_code_find(module_path()));
  run.needles =
      mmap(NULL, sizeof *run.needles, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  stack = mmap(NULL, kStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ck_assert_ptr_ne((void *)run.needles, MAP_FAILED);
  ck_assert_ptr_ne(stack, MAP_FAILED);
  name_memory(0, stack, kStackSize, "the thread's stack");
  name_memory(1, registers, sizeof registers, "vector registers after a call");
  run.file = strdup(temp_path("secret-accounts"));
  sem_init(&run.alive, 0, 0);
  sem_init(&run.go, 0, 0);
  mini_library();  // once, and not in each child
  static const struct scenario kNone;
  run.scenario = &kNone;
  check_search();
  for (int i = 0; i < kScenarioCount; ++i) run_scenario(&kScenarios[i]);
  figure("secrets_memory_scenarios", kScenarioCount, "scenarios");
  figure("secrets_left_by_module", of_module_in_all, "findings");
  figure("secrets_kept_by_host", of_host_in_all, "findings");
  ck_assert_uint_eq(heap_lost(), 0);
}
END_TEST

// With all functions of all libraries found at the start, the loader saves no registers later: what
// it would save is looked at where it is.
int main(int argc, char **argv) {
  if (getenv("LD_BIND_NOW") == NULL) {
    setenv("LD_BIND_NOW", "1", 1);
    execv("/proc/self/exe", argv);
    return 2;
  }
  return endure_main(argc, argv, secrets_memory);
}
#endif
