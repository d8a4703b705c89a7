// SPDX-License-Identifier: MIT
// Contexts as things that are inquired, moved to another process, shared by threads and deleted.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ntlm_fields.h"

static void open_pair(struct handshake *h, enum carrier carrier, OM_uint32 flags) {
  handshake_open(h, carrier);
  h->request_flags = flags;
  handshake_establish(h);
}

// ---- inquiries (N119, N308, N512) --------------------------------------------------------------

struct facts {
  OM_uint32 lifetime, flags;
  int local, open;
  char source[100], target[100];
};

static void name_text(gss_name_t *name, char *text, size_t room) {
  text[0] = '\0';
  if (*name == GSS_C_NO_NAME) return;
  char *shown = display_name(*name);
  snprintf(text, room, "%s", shown);
  free(shown);
  release_name(name);
}

static struct facts facts_of(gss_ctx_id_t context) {
  OM_uint32 minor;
  struct facts facts;
  gss_name_t source = GSS_C_NO_NAME, target = GSS_C_NO_NAME;
  gss_OID mech = GSS_C_NO_OID;
  const OM_uint32 major = gss_inquire_context(&minor, context, &source, &target, &facts.lifetime,
                                              &mech, &facts.flags, &facts.local, &facts.open);
  EXPECT_COMPLETE(major, minor);
  name_text(&source, facts.source, sizeof facts.source);
  name_text(&target, facts.target, sizeof facts.target);
  return facts;
}

START_TEST(inquiry_of_an_open_context) {
  static const OM_uint32 kRequests[] = {0, kSignFlags, kUsualFlags, kUsualFlags | GSS_C_DCE_STYLE};
  for (size_t i = 0; i < 4; ++i) {
    struct handshake h;
    open_pair(&h, kRaw, kRequests[i]);
    const struct facts ours = facts_of(h.initiator.context);
    const struct facts theirs = facts_of(h.acceptor.context);
    ck_assert_uint_eq(ours.flags, h.initiator.flags);
    ck_assert_uint_eq(theirs.flags, h.acceptor.flags);
    ck_assert_uint_eq(ours.lifetime, GSS_C_INDEFINITE);
    ck_assert_uint_eq(theirs.lifetime, GSS_C_INDEFINITE);
    ck_assert_uint_eq(h.initiator.lifetime, GSS_C_INDEFINITE);
    ck_assert_uint_eq(h.acceptor.lifetime, GSS_C_INDEFINITE);
    ck_assert_int_ne(ours.local, 0);
    ck_assert_int_eq(theirs.local, 0);
    ck_assert_int_ne(ours.open, 0);
    ck_assert_int_ne(theirs.open, 0);
    ck_assert_str_eq(ours.source, TEST_NAME);
    ck_assert_str_eq(theirs.source, TEST_NAME);
    ck_assert_ptr_nonnull(strstr(ours.target, "server.example.com"));
    handshake_close(&h);
  }
}
END_TEST

// Half open: either NO_CONTEXT or the truth.
static void expect_half_open(gss_ctx_id_t context, bool initiator) {
  OM_uint32 minor, flags = 0;
  int local = -1, open = -1;
  gss_name_t source = GSS_C_NO_NAME, target = GSS_C_NO_NAME;
  const OM_uint32 major =
      gss_inquire_context(&minor, context, &source, &target, NULL, NULL, &flags, &local, &open);
  if (GSS_ERROR(major)) {
    EXPECT_STATUS(GSS_S_NO_CONTEXT, major, minor);
  } else {
    ck_assert_int_eq(local != 0, initiator);
    ck_assert_int_eq(open, 0);
    ck_assert_uint_eq(flags & (kOpenFlags | kMessageFlags) & GSS_C_TRANS_FLAG, 0);
  }
  release_name(&source);
  release_name(&target);
}

START_TEST(inquiry_of_a_half_open_context) {
  struct handshake h;
  struct octets first, second;
  handshake_open(&h, (enum carrier)_i);
  initiator_step(&h, NULL, &first);
  expect_half_open(h.initiator.context, true);
  acceptor_step(&h, &first, &second);
  expect_half_open(h.acceptor.context, false);
  octets_free(&first);
  octets_free(&second);
  handshake_close(&h);
}
END_TEST

START_TEST(context_time) {
  struct handshake h;
  OM_uint32 minor, lifetime = 0;
  open_pair(&h, (enum carrier)_i, kUsualFlags);
  const OM_uint32 major = gss_context_time(&minor, h.acceptor.context, &lifetime);
  EXPECT_COMPLETE(major, minor);
  ck_assert_uint_eq(lifetime, GSS_C_INDEFINITE);
  handshake_close(&h);
}
END_TEST

// ---- export and import (N165, N210) ------------------------------------------------------------

START_TEST(moved_context_goes_on) {
  struct handshake h;
  open_pair(&h, (enum carrier)_i, kUsualFlags);
  for (int round = 0; round < 5; ++round) {
    move_context(&h.initiator.context);
    expect_messages_pass(h.initiator.context, h.acceptor.context);
    move_context(&h.acceptor.context);
    expect_messages_pass(h.initiator.context, h.acceptor.context);
    expect_messages_pass(h.initiator.context, h.acceptor.context);
  }
  expect_equal_keys(&h);
  handshake_close(&h);
}
END_TEST

// Moved before the first message: keys that are made when first used must come along.
START_TEST(moved_before_the_first_message) {
  static const OM_uint32 kRequests[] = {kSignFlags, kUsualFlags};
  for (size_t i = 0; i < 2; ++i) {
    struct handshake h;
    open_pair(&h, kRaw, kRequests[i]);
    move_context(&h.initiator.context);
    move_context(&h.acceptor.context);
    expect_messages_pass(h.initiator.context, h.acceptor.context);
    handshake_close(&h);
  }
}
END_TEST

START_TEST(moved_context_says_the_same) {
  static const OM_uint32 kRequests[] = {0, kSignFlags, kUsualFlags, kUsualFlags | GSS_C_DCE_STYLE};
  for (size_t i = 0; i < 4; ++i) {
    struct handshake h;
    open_pair(&h, kRaw, kRequests[i]);
    gss_ctx_id_t *contexts[] = {&h.initiator.context, &h.acceptor.context};
    for (size_t j = 0; j < 2; ++j) {
      const struct facts before = facts_of(*contexts[j]);
      move_context(contexts[j]);
      const struct facts after = facts_of(*contexts[j]);
      ck_assert_uint_eq(before.flags, after.flags);
      ck_assert_uint_eq(before.lifetime, after.lifetime);
      ck_assert_int_eq(before.local, after.local);
      ck_assert_int_eq(before.open, after.open);
      ck_assert_str_eq(before.source, after.source);
      ck_assert_str_eq(before.target, after.target);
    }
    handshake_close(&h);
  }
}
END_TEST

// A waiting token stays good, a used one stays used.
START_TEST(moved_context_keeps_the_numbers) {
  struct handshake h;
  struct octets used, waiting, data;
  open_pair(&h, kRaw, kUsualFlags);
  EXPECT_COMPLETE(wrap_octets(h.initiator.context, 1, "one", 3, NULL, &used), 0);
  EXPECT_COMPLETE(wrap_octets(h.initiator.context, 1, "two", 3, NULL, &waiting), 0);
  EXPECT_COMPLETE(unwrap_octets(h.acceptor.context, used.data, used.size, NULL, &data), 0);
  octets_free(&data);
  move_context(&h.acceptor.context);
  const OM_uint32 major = unwrap_octets(h.acceptor.context, used.data, used.size, NULL, &data);
  EXPECT_STATUS(GSS_S_BAD_SIG, major, 0);
  ck_assert_uint_eq(GSS_SUPPLEMENTARY_INFO(major), GSS_S_DUPLICATE_TOKEN);
  octets_free(&data);
  EXPECT_COMPLETE(unwrap_octets(h.acceptor.context, waiting.data, waiting.size, NULL, &data), 0);
  octets_free(&data);
  octets_free(&used);
  octets_free(&waiting);
  handshake_close(&h);
}
END_TEST

START_TEST(half_open_context_is_not_exported) {
  struct handshake h;
  struct octets first, second;
  OM_uint32 minor;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  handshake_open(&h, (enum carrier)_i);
  initiator_step(&h, NULL, &first);
  ck_assert(GSS_ERROR(gss_export_sec_context(&minor, &h.initiator.context, &token)));
  ck_assert_ptr_nonnull(h.initiator.context);
  acceptor_step(&h, &first, &second);
  ck_assert(GSS_ERROR(gss_export_sec_context(&minor, &h.acceptor.context, &token)));
  ck_assert_ptr_nonnull(h.acceptor.context);
  ck_assert_ptr_null(token.value);
  octets_free(&first);
  octets_free(&second);
  handshake_close(&h);
}
END_TEST

// Damaged tokens: refused, or a context that can be used and deleted without harm.
START_TEST(damaged_context_tokens) {
  OM_uint32 minor;
  struct handshake h;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  gss_ctx_id_t context = GSS_C_NO_CONTEXT;
  open_pair(&h, kRaw, kUsualFlags);
  EXPECT_COMPLETE(gss_export_sec_context(&minor, &h.acceptor.context, &token), 0);
  const size_t head = 4 + oid_ntlm.length;  // mechglue's
  for (size_t size = head; size < token.length; ++size) {
    gss_buffer_desc cut = buffer_of(guarded_copy(token.value, size), size);
    ck_assert_msg(GSS_ERROR(gss_import_sec_context(&minor, &cut, &context)), "%zu octets taken",
                  size);
    ck_assert_ptr_null(context);
  }
  struct octets longer = octets_copy(token.value, token.length);
  octets_append(&longer, "x", 1);
  gss_buffer_desc more = buffer_of(longer.data, longer.size);
  ck_assert_msg(GSS_ERROR(gss_import_sec_context(&minor, &more, &context)), "an octet too many");
  octets_free(&longer);
  for (size_t bit = head * 8; bit < token.length * 8; ++bit) {
    struct octets copy = octets_copy(token.value, token.length), data;
    copy.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    gss_buffer_desc changed = buffer_of(guarded_copy(copy.data, copy.size), copy.size);
    if (!GSS_ERROR(gss_import_sec_context(&minor, &changed, &context))) {
      wrap_octets(context, 1, "x", 1, NULL, &data);
      octets_free(&data);
      gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
    }
    octets_free(&copy);
  }
  gss_release_buffer(&minor, &token);
  handshake_close(&h);
}
END_TEST

// ---- deletion ----------------------------------------------------------------------------------

START_TEST(deleted_with_a_token) {
  struct handshake h;
  OM_uint32 minor;
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
  open_pair(&h, (enum carrier)_i, kUsualFlags);
  OM_uint32 major = gss_delete_sec_context(&minor, &h.initiator.context, &token);
  EXPECT_COMPLETE(major, minor);
  ck_assert_ptr_null(h.initiator.context);
  ck_assert_uint_eq(token.length, 0);
  major = gss_delete_sec_context(&minor, &h.initiator.context, GSS_C_NO_BUFFER);
  EXPECT_STATUS(GSS_S_NO_CONTEXT, major, minor);
  handshake_close(&h);
}
END_TEST

START_TEST(deleted_at_each_stage) {
  for (int legs = 0; legs <= 3; ++legs) {
    struct handshake h;
    struct octets token[4];
    memset(token, 0, sizeof token);
    handshake_open(&h, (enum carrier)_i);
    for (int leg = 0; leg < legs; ++leg) {
      const struct octets *previous = leg > 0 ? &token[leg - 1] : NULL;
      if (leg % 2 == 0) initiator_step(&h, previous, &token[leg]);
      if (leg % 2 == 1) acceptor_step(&h, previous, &token[leg]);
    }
    handshake_close(&h);
    for (int leg = 0; leg < 4; ++leg) octets_free(&token[leg]);
  }
}
END_TEST

// N140: asked for by nobody, and harmless.
START_TEST(process_context_token) {
  struct handshake h;
  OM_uint32 minor;
  gss_buffer_desc token = buffer_of_text("whatever");
  open_pair(&h, kRaw, kUsualFlags);
  const OM_uint32 major = gss_process_context_token(&minor, h.acceptor.context, &token);
  ck_assert(GSS_ERROR(major));
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  handshake_close(&h);
}
END_TEST

// The credential may go before the context.
START_TEST(credentials_may_go_first) {
  struct handshake h;
  open_pair(&h, (enum carrier)_i, kUsualFlags);
  release_cred(&h.initiator_cred);
  release_cred(&h.acceptor_cred);
  expect_messages_pass(h.initiator.context, h.acceptor.context);
  handshake_close(&h);
}
END_TEST

// ---- processes (N720, N803, N828) --------------------------------------------------------------

// Runs `child` in a new process and fails unless it ends well.
static void in_child(void (*child)(struct handshake *), struct handshake *h) {
  const pid_t pid = fork();
  ck_assert_int_ge(pid, 0);
  if (pid == 0) {
    alarm(20);
    child(h);
    _exit(0);
  }
  int status = 0;
  ck_assert_int_eq(waitpid(pid, &status, 0), pid);
  ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child ended with %x",
                (unsigned)status);
}

static void one_login(struct handshake *h) {
  handshake_establish(h);
  expect_client(h, TEST_NAME);
  expect_messages_pass(h->initiator.context, h->acceptor.context);
  handshake_reset(h);
}

START_TEST(credentials_work_in_a_child) {
  struct handshake h;
  handshake_open(&h, (enum carrier)_i);
  one_login(&h);
  in_child(one_login, &h);
  one_login(&h);
  handshake_close(&h);
}
END_TEST

static int child_pipe[2];
static void write_challenge(struct handshake *h) {
  struct octets negotiate, challenge;
  initiator_step(h, NULL, &negotiate);
  acceptor_step(h, &negotiate, &challenge);
  const uint8_t *number = challenge.data + kChallengeServerChallenge;
  if (write(child_pipe[1], number, 8) != 8) _exit(3);
  octets_free(&negotiate);
  octets_free(&challenge);
  handshake_reset(h);
}

// N803: a child has its own random numbers.
START_TEST(challenges_differ_between_processes) {
  enum { kProcesses = 20 };
  uint64_t numbers[kProcesses];
  struct handshake h;
  handshake_open(&h, kRaw);
  one_login(&h);
  ck_assert_int_eq(pipe(child_pipe), 0);
  for (int i = 0; i < kProcesses; ++i) {
    if (i % 2 == 0) in_child(write_challenge, &h);
    if (i % 2 == 1) write_challenge(&h);
    ck_assert_int_eq(read(child_pipe[0], &numbers[i], 8), 8);
    for (int j = 0; j < i; ++j) ck_assert_msg(numbers[i] != numbers[j], "%d and %d", i, j);
  }
  handshake_close(&h);
}
END_TEST

// Half-open contexts, finished by both processes.
static struct octets half_open_challenge;
static void finish(struct handshake *h) {
  struct octets authenticate, none;
  initiator_step(h, &half_open_challenge, &authenticate);
  acceptor_step(h, &authenticate, &none);
  EXPECT_COMPLETE(h->acceptor.major, h->acceptor.minor);
  expect_client(h, TEST_NAME);
  expect_messages_pass(h->initiator.context, h->acceptor.context);
  octets_free(&none);
  octets_free(&authenticate);
}

START_TEST(half_open_context_is_finished_by_both) {
  struct handshake h;
  struct octets negotiate;
  handshake_open(&h, kRaw);
  initiator_step(&h, NULL, &negotiate);
  acceptor_step(&h, &negotiate, &half_open_challenge);
  in_child(finish, &h);
  finish(&h);
  octets_free(&negotiate);
  octets_free(&half_open_challenge);
  handshake_close(&h);
}
END_TEST

// ---- threads (N827, N808) ----------------------------------------------------------------------

enum { kThreads = 8, kLogins = 200 };

struct worker {
  pthread_t thread;
  struct handshake shared;  // credentials and target only
  int wrong;
};

static OM_uint32 plain_step(struct worker *w, bool initiator, gss_ctx_id_t *context,
                            gss_buffer_t in, gss_buffer_t out, gss_name_t *client) {
  OM_uint32 minor, flags;
  if (initiator) {
    return gss_init_sec_context(&minor, w->shared.initiator_cred, context, w->shared.target,
                                w->shared.mech, kUsualFlags, 0, NULL, in, NULL, out, &flags, NULL);
  }
  return gss_accept_sec_context(&minor, context, w->shared.acceptor_cred, in, NULL, client, NULL,
                                out, &flags, NULL, NULL);
}

static bool plain_message(gss_ctx_id_t from, gss_ctx_id_t to, const char *text) {
  OM_uint32 minor;
  gss_buffer_desc in = buffer_of_text(text), token = GSS_C_EMPTY_BUFFER, out = GSS_C_EMPTY_BUFFER;
  bool right = gss_wrap(&minor, from, 1, 0, &in, NULL, &token) == GSS_S_COMPLETE &&
               gss_unwrap(&minor, to, &token, &out, NULL, NULL) == GSS_S_COMPLETE &&
               out.length == in.length && memcmp(out.value, in.value, in.length) == 0;
  gss_release_buffer(&minor, &token);
  gss_release_buffer(&minor, &out);
  return right;
}

// No assertions in here: Check's are for the main thread.
static bool plain_login(struct worker *w) {
  OM_uint32 minor, major[2] = {GSS_S_CONTINUE_NEEDED, GSS_S_CONTINUE_NEEDED};
  gss_ctx_id_t context[2] = {GSS_C_NO_CONTEXT, GSS_C_NO_CONTEXT};
  gss_buffer_desc token = GSS_C_EMPTY_BUFFER, next;
  gss_name_t client = GSS_C_NO_NAME;
  for (int leg = 0; leg < 6; ++leg) {
    const int side = leg % 2;
    if (major[side] != GSS_S_CONTINUE_NEEDED) break;
    next = (gss_buffer_desc)GSS_C_EMPTY_BUFFER;
    if (side == 1) gss_release_name(&minor, &client);
    major[side] = plain_step(w, side == 0, &context[side], leg > 0 ? &token : GSS_C_NO_BUFFER,
                             &next, &client);
    gss_release_buffer(&minor, &token);
    token = next;
  }
  bool right = major[0] == GSS_S_COMPLETE && major[1] == GSS_S_COMPLETE &&
               plain_message(context[0], context[1], "there") &&
               plain_message(context[1], context[0], "and back");
  gss_buffer_desc shown = GSS_C_EMPTY_BUFFER;
  right = right && gss_display_name(&minor, client, &shown, NULL) == GSS_S_COMPLETE &&
          shown.length == strlen(TEST_NAME) && memcmp(shown.value, TEST_NAME, shown.length) == 0;
  gss_release_buffer(&minor, &shown);
  gss_release_buffer(&minor, &token);
  gss_release_name(&minor, &client);
  gss_delete_sec_context(&minor, &context[0], GSS_C_NO_BUFFER);
  gss_delete_sec_context(&minor, &context[1], GSS_C_NO_BUFFER);
  return right;
}

static void *run_worker(void *argument) {
  struct worker *w = argument;
  for (int i = 0; i < kLogins; ++i) w->wrong += plain_login(w) ? 0 : 1;
  return NULL;
}

START_TEST(threads_share_credentials) {
  struct handshake h;
  struct worker workers[kThreads];
  handshake_open(&h, (enum carrier)_i);
  for (int i = 0; i < kThreads; ++i) {
    workers[i].shared = h;
    workers[i].wrong = 0;
    ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]), 0);
  }
  for (int i = 0; i < kThreads; ++i) {
    ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
    ck_assert_int_eq(workers[i].wrong, 0);
  }
  handshake_close(&h);
}
END_TEST

// One context, many threads: the lock keeps each RC4 stream whole, so that the other end can open
// all tokens in the order of their numbers.
enum { kTokensEach = 100 };
struct sealer {
  pthread_t thread;
  gss_ctx_id_t context;
  gss_buffer_desc token[kTokensEach];
};

static void *run_sealer(void *argument) {
  struct sealer *s = argument;
  OM_uint32 minor;
  for (int i = 0; i < kTokensEach; ++i) {
    gss_buffer_desc text = buffer_of_text("from one of several threads");
    gss_wrap(&minor, s->context, 1, 0, &text, NULL, &s->token[i]);
  }
  return NULL;
}

START_TEST(threads_share_a_context) {
  struct handshake h;
  static struct sealer sealers[kThreads];
  static const gss_buffer_desc *by_number[kThreads * kTokensEach];
  OM_uint32 minor;
  open_pair(&h, kRaw, kUsualFlags);
  for (int i = 0; i < kThreads; ++i) {
    sealers[i].context = h.initiator.context;
    ck_assert_int_eq(pthread_create(&sealers[i].thread, NULL, run_sealer, &sealers[i]), 0);
  }
  for (int i = 0; i < kThreads; ++i) {
    ck_assert_int_eq(pthread_join(sealers[i].thread, NULL), 0);
    for (int j = 0; j < kTokensEach; ++j) {
      ck_assert_uint_ge(sealers[i].token[j].length, kSignatureSize);
      const uint32_t number = get32((uint8_t *)sealers[i].token[j].value + 12);
      ck_assert_uint_lt(number, kThreads * kTokensEach);
      ck_assert_ptr_null(by_number[number]);
      by_number[number] = &sealers[i].token[j];
    }
  }
  for (int i = 0; i < kThreads * kTokensEach; ++i) {
    struct octets data;
    EXPECT_COMPLETE(
        unwrap_octets(h.acceptor.context, by_number[i]->value, by_number[i]->length, NULL, &data),
        0);
    octets_free(&data);
  }
  for (int i = 0; i < kThreads; ++i) {
    for (int j = 0; j < kTokensEach; ++j) gss_release_buffer(&minor, &sealers[i].token[j]);
  }
  handshake_close(&h);
}
END_TEST

static Suite *context_suite(void) {
  Suite *suite = suite_create("context");
  TCase *inquiry = tcase_create("inquiries");
  tcase_add_test(inquiry, inquiry_of_an_open_context);
  tcase_add_loop_test(inquiry, inquiry_of_a_half_open_context, 0, kCarriers);
  tcase_add_loop_test(inquiry, context_time, 0, kCarriers);
  suite_add_tcase(suite, inquiry);

  TCase *moved = tcase_create("export and import");
  tcase_add_loop_test(moved, moved_context_goes_on, 0, kCarriers);
  tcase_add_test(moved, moved_before_the_first_message);
  tcase_add_test(moved, moved_context_says_the_same);
  tcase_add_test(moved, moved_context_keeps_the_numbers);
  tcase_add_loop_test(moved, half_open_context_is_not_exported, 0, kCarriers);
  tcase_add_test(moved, damaged_context_tokens);
  suite_add_tcase(suite, moved);

  TCase *deletion = tcase_create("deletion");
  tcase_add_loop_test(deletion, deleted_with_a_token, 0, kCarriers);
  tcase_add_loop_test(deletion, deleted_at_each_stage, 0, kCarriers);
  tcase_add_test(deletion, process_context_token);
  tcase_add_loop_test(deletion, credentials_may_go_first, 0, kCarriers);
  suite_add_tcase(suite, deletion);

  TCase *processes = tcase_create("processes and threads");
  tcase_set_timeout(processes, 120);
  tcase_add_loop_test(processes, credentials_work_in_a_child, 0, kCarriers);
  tcase_add_test(processes, challenges_differ_between_processes);
  tcase_add_test(processes, half_open_context_is_finished_by_both);
  tcase_add_loop_test(processes, threads_share_credentials, 0, kCarriers);
  tcase_add_test(processes, threads_share_a_context);
  suite_add_tcase(suite, processes);
  return suite;
}

int main(void) { return run_suite(context_suite); }
