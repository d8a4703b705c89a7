// SPDX-License-Identifier: MIT
// Handles of credentials and contexts: which ones mean something, for how long, and to whom (L8,
// L18).
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool same(const SecHandle *a, const SecHandle *b) {
  return a->dwLower == b->dwLower && a->dwUpper == b->dwUpper;
}

// Fails unless no function takes the handle as a context.
static void expect_no_context(CtxtHandle *handle, CredHandle *client, CredHandle *server) {
  static struct leg in, out;
  in.size = 40;
  memset(in.token, 'x', in.size);
  CtxtHandle fresh = {7, 9};
  EXPECT(SEC_E_INVALID_HANDLE, DeleteSecurityContext(handle));
  EXPECT(SEC_E_INVALID_HANDLE, CompleteAuthToken(handle, NULL));
  EXPECT(SEC_E_INVALID_HANDLE, ApplyControlToken(handle, NULL));
  EXPECT(SEC_E_INVALID_HANDLE, ImpersonateSecurityContext(handle));
  EXPECT(SEC_E_INVALID_HANDLE, RevertSecurityContext(handle));
  void *token = handle;
  EXPECT(SEC_E_INVALID_HANDLE, QuerySecurityContextToken(handle, &token));
  ck_assert_ptr_null(token);
  SecBuffer packed = {1, 2, &packed};
  EXPECT(SEC_E_INVALID_HANDLE, ExportSecurityContext(handle, 0, &packed, NULL));
  ck_assert_ptr_eq(packed.pvBuffer, &packed);
  SecPkgContext_Sizes sizes;
  EXPECT(SEC_E_INVALID_HANDLE, QueryContextAttributesA(handle, SECPKG_ATTR_SIZES, &sizes));
  EXPECT(SEC_E_INVALID_HANDLE, QueryContextAttributesW(handle, SECPKG_ATTR_SIZES, &sizes));
  unsigned char octets[64] = {0};
  SecBuffer buffers[] = {{32, SECBUFFER_TOKEN, octets}, {32, SECBUFFER_DATA, octets + 32}};
  SecBufferDesc message = {SECBUFFER_VERSION, 2, buffers};
  EXPECT(SEC_E_INVALID_HANDLE, EncryptMessage(handle, 0, &message, 0));
  EXPECT(SEC_E_INVALID_HANDLE, DecryptMessage(handle, &message, 0, NULL));
  EXPECT(SEC_E_INVALID_HANDLE, MakeSignature(handle, 0, &message, 0));
  EXPECT(SEC_E_INVALID_HANDLE, VerifySignature(handle, &message, 0, NULL));
  if (handle == NULL) return;  // a first call
  CredHandle *const clients[] = {NULL, client};
  CredHandle *const servers[] = {NULL, server};
  for (int i = 0; i < 2; ++i) {
    EXPECT(SEC_E_INVALID_HANDLE, client_leg(clients[i], handle, &fresh, 0, &in, &out));
    EXPECT(SEC_E_INVALID_HANDLE, server_leg(servers[i], handle, &fresh, 0, &in, &out));
  }
  ck_assert_uint_eq(fresh.dwLower, 7);
  ck_assert_uint_eq(fresh.dwUpper, 9);
}

// Fails unless no function takes the handle as a credential.
static void expect_no_credential(CredHandle *handle) {
  static struct leg in, out;
  in.size = 40;
  CtxtHandle fresh = {7, 9};
  SecPkgCredentials_NamesA names;
  EXPECT(SEC_E_INVALID_HANDLE, FreeCredentialsHandle(handle));
  EXPECT(SEC_E_INVALID_HANDLE, client_leg(handle, NULL, &fresh, 0, NULL, &out));
  EXPECT(SEC_E_INVALID_HANDLE, server_leg(handle, NULL, &fresh, 0, &in, &out));
  EXPECT(SEC_E_INVALID_HANDLE, QueryCredentialsAttributesA(handle, SECPKG_CRED_ATTR_NAMES, &names));
  ck_assert_uint_eq(fresh.dwLower, 7);
}

// S93, S131, L4, L18, 8.3: values that never were a handle.
START_TEST(values_that_are_no_handles) {
  ck_assert_uint_eq((ULONG)SEC_E_INVALID_HANDLE, 0x80090301);
  CtxtHandle invalid;
  SecInvalidateHandle(&invalid);
  ck_assert(!SecIsValidHandle(&invalid));
  ck_assert(invalid.dwLower == (ULONG_PTR)-1 && invalid.dwUpper == (ULONG_PTR)-1);
  SecHandle values[] = {
      {0, 0},
      invalid,
      {(ULONG_PTR)-2, (ULONG_PTR)-2},
      {1, 0},
      {0, 1},
      {5, 1},
      {10, 1},
      {(ULONG_PTR)-11, 1},
      {0x1000A, 1},
      {0xA, (ULONG_PTR)-1},
      {(ULONG_PTR)&invalid, (ULONG_PTR)&invalid},
      {(ULONG_PTR)&lanes, 1},
  };
  const struct lane *lane = lanes()[0];
  CredHandle client = client_of(lane), server = server_of(lane);
  expect_no_context(NULL, &client, &server);
  expect_no_credential(NULL);
  for (size_t i = 0; i < COUNT(values); ++i) {
    SecHandle copy = values[i];
    expect_no_context(&copy, &client, &server);
    expect_no_credential(&copy);
    ck_assert(same(&copy, &values[i]));
  }
  // Every number near those of real handles.
  for (ULONG_PTR lower = 0; lower < 0x2000; ++lower) {
    for (ULONG_PTR upper = 0; upper < 4; ++upper) {
      SecHandle guess = {lower, upper};
      if (same(&guess, &client) || same(&guess, &server)) continue;
      EXPECT(SEC_E_INVALID_HANDLE, DeleteSecurityContext(&guess));
      EXPECT(SEC_E_INVALID_HANDLE, FreeCredentialsHandle(&guess));
    }
  }
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&server));
}
END_TEST

// L18, 8.3: a handle of one kind is none of the other; roles of contexts do not mix.
START_TEST(handles_of_other_kinds) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, 0, 0);
    static struct leg in, out;
    in.size = 40;
    expect_no_context(&pair->client_credential, &pair->client_credential, &pair->server_credential);
    expect_no_context(&pair->server_credential, &pair->client_credential, &pair->server_credential);
    expect_no_credential(&pair->client);
    expect_no_credential(&pair->server);
    EXPECT(SEC_E_INVALID_HANDLE, client_leg(NULL, &pair->server, NULL, 0, &in, &out));
    EXPECT(SEC_E_INVALID_HANDLE, server_leg(NULL, &pair->client, NULL, 0, &in, &out));
    log_out(pair);
  }
}
END_TEST

// L18, S121, 8.3: a handle that was given back means nothing, in no copy, and not when its place is
// used again.
START_TEST(handles_that_are_gone) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, 0, 0);
    CtxtHandle client = pair->client, server = pair->server;
    CredHandle credential = pair->client_credential;
    EXPECT(SEC_E_OK, DeleteSecurityContext(&pair->client));
    EXPECT(SEC_E_INVALID_HANDLE, DeleteSecurityContext(&pair->client));
    EXPECT(SEC_E_INVALID_HANDLE, DeleteSecurityContext(&client));
    struct pair *again = log_in(lane, 0, 0);
    expect_no_context(&client, &again->client_credential, &again->server_credential);
    EXPECT(SEC_E_OK, DeleteSecurityContext(&server));
    EXPECT(SEC_E_INVALID_HANDLE, DeleteSecurityContext(&pair->server));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair->client_credential));
    EXPECT(SEC_E_INVALID_HANDLE, FreeCredentialsHandle(&pair->client_credential));
    expect_no_credential(&credential);
    CredHandle fresh = client_of(lane);
    ck_assert(!same(&fresh, &credential));
    expect_no_credential(&credential);
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&fresh));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair->server_credential));
    free(pair);
    log_out(again);
  }
}
END_TEST

static void expect_good_halves(const SecHandle *handle) {
  const ULONG_PTR halves[] = {handle->dwLower, handle->dwUpper};
  for (int i = 0; i < 2; ++i) {
    ck_assert(halves[i] != 0 && halves[i] != (ULONG_PTR)-1 && halves[i] != (ULONG_PTR)-2);
  }
  ck_assert(SecIsValidHandle(handle));
}

// How a program gives phContext and phNewContext on later legs.
enum way { kSamePointer, kNoNew, kOtherPlace, kCopyOfFirst, kWays };

// S11 to S19, R3, R4: every way to say which context it is; phCredential given, or NULL on later
// legs of both roles.
START_TEST(later_legs) {
  static struct leg to_server, to_client;
  FOR_EACH_LANE(lane) {
    for (int way = 0; way < kWays * 2; ++way) {
      struct pair pair = {.client_credential = client_of(lane),
                          .server_credential = server_of(lane)};
      CredHandle *const client_later = way < kWays ? &pair.client_credential : NULL;
      CredHandle *const server_later = way < kWays ? &pair.server_credential : NULL;
      SECURITY_STATUS client = client_leg(&pair.client_credential, NULL, &pair.client,
                                          ISC_REQ_MUTUAL_AUTH, NULL, &to_server);
      ck_assert_int_ge(client, 0);
      SECURITY_STATUS server =
          server_leg(&pair.server_credential, NULL, &pair.server, 0, &to_server, &to_client);
      expect_good_halves(&pair.client);
      expect_good_halves(&pair.server);
      const CtxtHandle first[2] = {pair.client, pair.server};
      CtxtHandle copy[2], place[2] = {{3, 3}, {3, 3}};
      memcpy(copy, first, sizeof copy);
      CtxtHandle *contexts[2] = {&pair.client, &pair.server};
      CtxtHandle *news[2] = {&pair.client, &pair.server};
      for (int i = 0; i < 2; ++i) {
        if (way % kWays == kCopyOfFirst) contexts[i] = &copy[i];
        if (way % kWays == kNoNew) news[i] = NULL;
        if (way % kWays == kOtherPlace) news[i] = &place[i];
      }
      while (client == SEC_I_CONTINUE_NEEDED) {
        client = client_leg(client_later, contexts[0], news[0], ISC_REQ_MUTUAL_AUTH, &to_client,
                            &to_server);
        ck_assert_int_ge(client, 0);
        if (news[0] != NULL) ck_assert(same(news[0], &first[0]));
        if (server != SEC_I_CONTINUE_NEEDED) break;
        server = server_leg(server_later, contexts[1], news[1], 0, &to_server, &to_client);
        ck_assert_int_ge(server, 0);
        if (news[1] != NULL) ck_assert(same(news[1], &first[1]));
      }
      EXPECT(SEC_E_OK, client);
      EXPECT(SEC_E_OK, server);
      EXPECT(SEC_E_OK, DeleteSecurityContext(&pair.client));
      EXPECT(SEC_E_OK, DeleteSecurityContext(&pair.server));
      EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair.client_credential));
      EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair.server_credential));
    }
  }
}
END_TEST

// S11, S19: what a first call cannot do without.
START_TEST(first_calls_need_a_credential_and_a_place) {
  static struct leg first, out;
  FOR_EACH_LANE(lane) {
    CredHandle client = client_of(lane), server = server_of(lane);
    CtxtHandle context = {7, 9};
    EXPECT(SEC_E_INVALID_HANDLE, client_leg(&client, NULL, NULL, 0, NULL, &out));
    EXPECT(SEC_E_INVALID_HANDLE, client_leg(NULL, NULL, &context, 0, NULL, &out));
    ck_assert_uint_eq(context.dwLower, 7);
    ck_assert_int_ge(client_leg(&client, NULL, &context, 0, NULL, &first), 0);
    CtxtHandle accepted = {7, 9};
    EXPECT(SEC_E_INVALID_HANDLE, server_leg(&server, NULL, NULL, 0, &first, &out));
    EXPECT(SEC_E_INVALID_HANDLE, server_leg(NULL, NULL, &accepted, 0, &first, &out));
    ck_assert_uint_eq(accepted.dwLower, 7);
    EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&server));
  }
}
END_TEST

// S9, S10, S119, L19.
START_TEST(directions_of_credentials) {
  static struct leg first, out;
  FOR_EACH_LANE(lane) {
    CredHandle client = client_of(lane), server = server_of(lane);
    CtxtHandle context = {7, 9};
    EXPECT(SEC_E_NO_CREDENTIALS, client_leg(&server, NULL, &context, 0, NULL, &out));
    ck_assert_int_ge(client_leg(&client, NULL, &context, 0, NULL, &first), 0);
    CtxtHandle none = {7, 9};
    EXPECT(SEC_E_NO_CREDENTIALS, server_leg(&client, NULL, &none, 0, &first, &out));
    ck_assert_uint_eq(none.dwLower, 7);
    EXPECT(SEC_E_NO_CREDENTIALS, client_leg(&server, &context, NULL, 0, &first, &out));
    EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&server));
  }
}
END_TEST

// L8: a first call that fails makes no handle.
START_TEST(failing_first_calls) {
  static struct leg junk, out;
  junk.size = 64;
  memset(junk.token, 'j', junk.size);
  FOR_EACH_LANE(lane) {
    CredHandle client = client_of(lane), server = server_of(lane);
    CtxtHandle context = {7, 9};
    EXPECT(SEC_E_UNSUPPORTED_FUNCTION,
           client_leg(&client, NULL, &context, ISC_REQ_PROMPT_FOR_CREDS, NULL, &out));
    EXPECT(SEC_E_INVALID_TOKEN, server_leg(&server, NULL, &context, 0, &junk, &out));
    ck_assert_uint_eq(context.dwLower, 7);
    ck_assert_uint_eq(context.dwUpper, 9);
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&server));
  }
}
END_TEST

// L8, S110, S111, S112: a later leg that fails keeps the handle, for one call of
// DeleteSecurityContext.
START_TEST(failing_later_legs) {
  static struct leg first, junk, out;
  junk.size = 64;
  memset(junk.token, 'j', junk.size);
  FOR_EACH_LANE(lane) {
    CredHandle client = client_of(lane), server = server_of(lane);
    CtxtHandle context, accepted;
    EXPECT(SEC_I_CONTINUE_NEEDED,
           client_leg(&client, NULL, &context, ISC_REQ_MUTUAL_AUTH, NULL, &first));
    const SECURITY_STATUS served = server_leg(&server, NULL, &accepted, 0, &first, &out);
    ck_assert_int_ge(served, 0);
    const CtxtHandle before = context;
    EXPECT(SEC_E_INVALID_TOKEN, client_leg(&client, &context, &context, 0, &junk, &out));
    ck_assert(same(&before, &context));
    EXPECT(SEC_E_OUT_OF_SEQUENCE, client_leg(&client, &context, &context, 0, &junk, &out));
    EXPECT(SEC_E_OUT_OF_SEQUENCE, client_leg(NULL, &context, NULL, 0, NULL, &out));
    EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
    EXPECT(SEC_E_INVALID_HANDLE, DeleteSecurityContext(&context));
    if (served == SEC_I_CONTINUE_NEEDED) {
      EXPECT(SEC_E_INVALID_TOKEN, server_leg(&server, &accepted, &accepted, 0, &junk, &out));
    }
    EXPECT(SEC_E_OUT_OF_SEQUENCE, server_leg(&server, &accepted, &accepted, 0, &junk, &out));
    EXPECT(SEC_E_OK, DeleteSecurityContext(&accepted));
    EXPECT(SEC_E_INVALID_HANDLE, DeleteSecurityContext(&accepted));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&server));
  }
}
END_TEST

// S61: a later leg without a token fails and takes nothing away: the exchange goes on.
START_TEST(later_legs_without_a_token) {
  static struct leg first, answer, out;
  FOR_EACH_LANE(lane) {
    CredHandle client = client_of(lane), server = server_of(lane);
    CtxtHandle context, accepted;
    EXPECT(SEC_I_CONTINUE_NEEDED,
           client_leg(&client, NULL, &context, ISC_REQ_MUTUAL_AUTH, NULL, &first));
    ck_assert_int_ge(server_leg(&server, NULL, &accepted, 0, &first, &answer), 0);
    EXPECT(SEC_E_INVALID_TOKEN, client_leg(&client, &context, NULL, 0, NULL, &out));
    ck_assert_int_ge(client_leg(&client, &context, NULL, 0, &answer, &out), 0);
    EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
    EXPECT(SEC_E_OK, DeleteSecurityContext(&accepted));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&server));
  }
}
END_TEST

// SEC_E_WRONG_CREDENTIAL_HANDLE: another package's credential on a context.
START_TEST(credentials_of_other_packages) {
  static struct leg first, out;
  FOR_EACH_LANE(lane) {
    FOR_EACH_LANE(other) {
      if (strcmp(lane->package, other->package) == 0) continue;
      CredHandle client = client_of(lane), wrong = client_of(other);
      CtxtHandle context;
      ck_assert_int_ge(client_leg(&client, NULL, &context, ISC_REQ_MUTUAL_AUTH, NULL, &first), 0);
      EXPECT(SEC_E_WRONG_CREDENTIAL_HANDLE, client_leg(&wrong, &context, NULL, 0, &first, &out));
      EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
      EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
      EXPECT(SEC_E_OK, FreeCredentialsHandle(&wrong));
    }
  }
}
END_TEST

static void expect_messages(struct pair *pair) {
  unsigned char token[512], text[32] = "messages go both ways";
  const unsigned char before[32] = "messages go both ways";
  CtxtHandle *const ends[] = {&pair->client, &pair->server};
  for (int from = 0; from < 2; ++from) {
    SecPkgContext_Sizes sizes;
    EXPECT(SEC_E_OK, QueryContextAttributesA(ends[from], SECPKG_ATTR_SIZES, &sizes));
    SecBuffer buffers[] = {{sizes.cbSecurityTrailer, SECBUFFER_TOKEN, token},
                           {sizeof text, SECBUFFER_DATA, text}};
    SecBufferDesc message = {SECBUFFER_VERSION, 2, buffers};
    EXPECT(SEC_E_OK, EncryptMessage(ends[from], 0, &message, 0));
    ck_assert_int_ne(memcmp(text, before, sizeof text), 0);
    EXPECT(SEC_E_OK, DecryptMessage(ends[!from], &message, 0, NULL));
    ck_assert_int_eq(memcmp(text, before, sizeof text), 0);
  }
}

// S141, R5: a credential goes between the legs; its contexts finish and protect messages.
START_TEST(contexts_outlive_their_credentials) {
  static struct leg to_server, to_client;
  FOR_EACH_LANE(lane) {
    struct pair pair = {.client_credential = client_of(lane), .server_credential = server_of(lane)};
    SECURITY_STATUS client = client_leg(&pair.client_credential, NULL, &pair.client,
                                        kProtect | ISC_REQ_MUTUAL_AUTH, NULL, &to_server);
    EXPECT(SEC_I_CONTINUE_NEEDED, client);
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair.client_credential));
    SECURITY_STATUS server =
        server_leg(&pair.server_credential, NULL, &pair.server, 0, &to_server, &to_client);
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair.server_credential));
    while (client == SEC_I_CONTINUE_NEEDED) {
      client = client_leg(NULL, &pair.client, &pair.client, kProtect | ISC_REQ_MUTUAL_AUTH,
                          &to_client, &to_server);
      ck_assert_int_ge(client, 0);
      if (server == SEC_E_OK) break;
      server = server_leg(NULL, &pair.server, &pair.server, 0, &to_server, &to_client);
      ck_assert_int_ge(server, 0);
    }
    EXPECT(SEC_E_OK, client);
    EXPECT(SEC_E_OK, server);
    expect_messages(&pair);
    EXPECT(SEC_E_OK, DeleteSecurityContext(&pair.client));
    EXPECT(SEC_E_OK, DeleteSecurityContext(&pair.server));
  }
}
END_TEST

// S111, S112, S121: a context may be deleted after any leg.
START_TEST(partial_contexts_are_deleted) {
  static struct leg to_server, to_client;
  FOR_EACH_LANE(lane) {
    bool whole = false;
    for (int legs = 1; !whole; ++legs) {
      struct pair pair = {.client_credential = client_of(lane),
                          .server_credential = server_of(lane)};
      SECURITY_STATUS status[2] = {SEC_I_CONTINUE_NEEDED, SEC_I_CONTINUE_NEEDED};
      for (int leg = 0; leg < legs && !whole; ++leg) {
        status[leg % 2] =
            leg % 2 == 0
                ? client_leg(&pair.client_credential, leg == 0 ? NULL : &pair.client, &pair.client,
                             ISC_REQ_MUTUAL_AUTH, leg == 0 ? NULL : &to_client, &to_server)
                : server_leg(&pair.server_credential, leg == 1 ? NULL : &pair.server, &pair.server,
                             0, &to_server, &to_client);
        ck_assert_int_ge(status[leg % 2], 0);
        whole = status[0] == SEC_E_OK && status[1] == SEC_E_OK;
      }
      EXPECT(SEC_E_OK, DeleteSecurityContext(&pair.client));
      if (legs > 1) EXPECT(SEC_E_OK, DeleteSecurityContext(&pair.server));
      EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair.client_credential));
      EXPECT(SEC_E_OK, FreeCredentialsHandle(&pair.server_credential));
    }
  }
}
END_TEST

enum { kThreads = 32, kLoginsOfThread = 4 };

struct work {
  const struct pair *shared;
  SECURITY_STATUS status;
  pthread_t thread;
};

static void *log_in_often(void *argument) {
  struct work *work = argument;
  for (int i = 0; i < kLoginsOfThread && work->status == SEC_E_OK; ++i) {
    struct pair own = {.client_credential = work->shared->client_credential,
                       .server_credential = work->shared->server_credential};
    work->status = try_log_in(&own, kProtect, 0);
    DeleteSecurityContext(&own.client);
    DeleteSecurityContext(&own.server);
  }
  return NULL;
}

// S140, 4.2: threads share a credential, each with contexts of its own.
START_TEST(threads_on_one_credential) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    struct work work[kThreads];
    for (int i = 0; i < kThreads; ++i) {
      work[i] = (struct work){.shared = pair, .status = SEC_E_OK};
      ck_assert_int_eq(pthread_create(&work[i].thread, NULL, log_in_often, &work[i]), 0);
    }
    for (int i = 0; i < kThreads; ++i) pthread_join(work[i].thread, NULL);
    for (int i = 0; i < kThreads; ++i) EXPECT(SEC_E_OK, work[i].status);
    expect_messages(pair);
    log_out(pair);
  }
}
END_TEST

struct signer {
  struct pair *pair;
  int accepted;
  pthread_t thread;
};

static void *sign_often(void *argument) {
  struct signer *signer = argument;
  for (int i = 0; i < 200; ++i) {
    unsigned char token[512], text[16] = "one context";
    SecBuffer buffers[] = {{sizeof token, SECBUFFER_TOKEN, token},
                           {sizeof text, SECBUFFER_DATA, text}};
    SecBufferDesc message = {SECBUFFER_VERSION, 2, buffers};
    if (MakeSignature(&signer->pair->client, 0, &message, 0) == SEC_E_OK) ++signer->accepted;
  }
  return NULL;
}

// S140: one context in several threads is locked, so each message has a number of its own.
START_TEST(threads_on_one_context) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    struct signer signers[8];
    for (int i = 0; i < 8; ++i) {
      signers[i] = (struct signer){.pair = pair};
      pthread_create(&signers[i].thread, NULL, sign_often, &signers[i]);
    }
    int all = 0;
    for (int i = 0; i < 8; ++i) {
      pthread_join(signers[i].thread, NULL);
      all += signers[i].accepted;
    }
    ck_assert_int_eq(all, 8 * 200);
    log_out(pair);
  }
}
END_TEST

static void *delete_context(void *context) {
  return (void *)(intptr_t)(DeleteSecurityContext(context) == SEC_E_OK);
}

// L18: of many threads that delete one context, one does.
START_TEST(one_thread_deletes) {
  const struct lane *lane = lanes()[0];
  CredHandle client = client_of(lane);
  for (int round = 0; round < 50; ++round) {
    static struct leg first;
    CtxtHandle context;
    EXPECT(SEC_I_CONTINUE_NEEDED, client_leg(&client, NULL, &context, 0, NULL, &first));
    pthread_t threads[8];
    for (int i = 0; i < 8; ++i) pthread_create(&threads[i], NULL, delete_context, &context);
    int deleted = 0;
    for (int i = 0; i < 8; ++i) {
      void *done = NULL;
      pthread_join(threads[i], &done);
      deleted += done != NULL;
    }
    ck_assert_int_eq(deleted, 1);
  }
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
}
END_TEST

// 4.2: contexts beyond the first part of the table, all open at once, each a value of its own.
START_TEST(many_contexts) {
  enum { kMany = 1000 };
  static CtxtHandle contexts[kMany];
  const struct lane *lane = lanes()[0];
  CredHandle client = client_of(lane);
  static struct leg first;
  for (int i = 0; i < kMany; ++i) {
    EXPECT(SEC_I_CONTINUE_NEEDED, client_leg(&client, NULL, &contexts[i], 0, NULL, &first));
    expect_good_halves(&contexts[i]);
    if (i > 0) ck_assert(!same(&contexts[i], &contexts[i - 1]));
  }
  for (int i = 0; i < kMany; ++i) EXPECT(SEC_E_OK, DeleteSecurityContext(&contexts[i]));
  for (int i = 0; i < kMany; ++i) {
    EXPECT(SEC_E_INVALID_HANDLE, DeleteSecurityContext(&contexts[i]));
  }
  EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
}
END_TEST

// Lifecycle: a child of fork has the contexts and the credentials of its parent.
START_TEST(contexts_after_fork) {
  FOR_EACH_LANE(lane) {
    struct pair *pair = log_in(lane, kProtect, 0);
    const pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
      expect_messages(pair);
      struct pair own = {.client_credential = pair->client_credential,
                         .server_credential = pair->server_credential};
      const bool good = try_log_in(&own, kProtect, 0) == SEC_E_OK &&
                        DeleteSecurityContext(&own.client) == SEC_E_OK &&
                        DeleteSecurityContext(&pair->client) == SEC_E_OK;
      _exit(good ? 0 : 1);
    }
    int status = -1;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    expect_messages(pair);
    log_out(pair);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("sspi handle");
  TCase *tests = tcase_create("handle");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, values_that_are_no_handles);
  tcase_add_test(tests, handles_of_other_kinds);
  tcase_add_test(tests, handles_that_are_gone);
  tcase_add_test(tests, later_legs);
  tcase_add_test(tests, first_calls_need_a_credential_and_a_place);
  tcase_add_test(tests, directions_of_credentials);
  tcase_add_test(tests, failing_first_calls);
  tcase_add_test(tests, failing_later_legs);
  tcase_add_test(tests, later_legs_without_a_token);
  tcase_add_test(tests, credentials_of_other_packages);
  tcase_add_test(tests, contexts_outlive_their_credentials);
  tcase_add_test(tests, partial_contexts_are_deleted);
  tcase_add_test(tests, threads_on_one_credential);
  tcase_add_test(tests, threads_on_one_context);
  tcase_add_test(tests, one_thread_deletes);
  tcase_add_test(tests, many_contexts);
  tcase_add_test(tests, contexts_after_fork);
  suite_add_tcase(suite, tests);
  return run_sspi_suite(suite);
}
