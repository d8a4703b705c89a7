// SPDX-License-Identifier: MIT
// The benches of gssbench that SSPI has as well, by the same names: both ends of an NTLM login, and
// messages in place. Built twice: with libsspi, and with the SSPI of WinPR (SSPIBENCH_WINPR).
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef SSPIBENCH_WINPR
#include <winpr/ntlm.h>
#include <winpr/sspi.h>
typedef UINT16 Unit;
#else
#include <sspi.h>
typedef WCHAR Unit;
#endif

#include "measure.h"

enum { kMaxSizes = 8, kTokenRoom = 4096, kTrailer = 16 };

static struct {
  struct Span span;
  size_t sizes[kMaxSizes];
  size_t size_count;
} options = {{1.0, 0}, {16, 1024, 16384}, 3};

static const ULONG kRequest = ISC_REQ_MUTUAL_AUTH | ISC_REQ_REPLAY_DETECT |
                              ISC_REQ_SEQUENCE_DETECT | ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY;

// The account of bench/run.
static Unit package[] = {'N', 'T', 'L', 'M', 0};
static Unit target[] = {'h', 'o', 's', 't', '/', 'l', 'o', 'c', 'a', 'l', 'h', 'o', 's', 't', 0};
static unsigned short user[] = {'b', 'e', 'n', 'c', 'h'};
static unsigned short domain[] = {'B', 'E', 'N', 'C', 'H'};
static unsigned short password[] = {'P', 'a', 's', 's', 'w', '0', 'r',
                                    'd', '-', 'b', 'e', 'n', 'c', 'h'};

static CredHandle client_credential, server_credential;

struct ContextPair {
  CtxtHandle client, server;
};

static void Expect(const char *call, int good, SECURITY_STATUS status) {
  if (good) return;
  fprintf(stderr, "sspibench: %s: %08x\n", call, (unsigned)status);
  exit(1);
}

#ifdef SSPIBENCH_WINPR
// WinPR leaves the account to a callback that only an existing context takes. The hash of the
// one account is made once.
static BYTE account_hash[16];

static SECURITY_STATUS GiveHash(void *client, const SEC_WINNT_AUTH_IDENTITY *identity,
                                const SecBuffer *proof, const BYTE *key, const BYTE *mic,
                                const SecBuffer *mic_value, BYTE *hash) {
  (void)client, (void)identity, (void)proof, (void)key, (void)mic, (void)mic_value;
  memcpy(hash, account_hash, sizeof account_hash);
  return 1;  // for success, whatever its type says
}

static void GiveAccount(CtxtHandle *server) {
  const SECURITY_STATUS status = SetContextAttributesW(server, SECPKG_ATTR_AUTH_NTLM_HASH_CB,
                                                       (void *)(uintptr_t)GiveHash, sizeof(void *));
  Expect("SetContextAttributes", status == SEC_E_OK, status);
}

static void Start(void) {
  sspi_GlobalInit();
  NTOWFv2W((LPWSTR)password, sizeof password, (LPWSTR)user, sizeof user, (LPWSTR)domain,
           sizeof domain, account_hash);
}
#else
static void GiveAccount(CtxtHandle *server) { (void)server; }  // it has the account file
static void Start(void) {}
#endif

static void AcquireLogin(void) {
  SEC_WINNT_AUTH_IDENTITY_W identity = {
      .User = user,
      .UserLength = sizeof user / sizeof *user,
      .Domain = domain,
      .DomainLength = sizeof domain / sizeof *domain,
      .Password = password,
      .PasswordLength = sizeof password / sizeof *password,
      .Flags = SEC_WINNT_AUTH_IDENTITY_UNICODE,
  };
  SECURITY_STATUS status = AcquireCredentialsHandleW(
      NULL, package, SECPKG_CRED_OUTBOUND, NULL, &identity, NULL, NULL, &client_credential, NULL);
  Expect("AcquireCredentialsHandle, client", status == SEC_E_OK, status);
  status = AcquireCredentialsHandleW(NULL, package, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
                                     &server_credential, NULL);
  Expect("AcquireCredentialsHandle, server", status == SEC_E_OK, status);
}

static void Handshake(struct ContextPair *pair) {
  static uint8_t to_server[kTokenRoom], to_client[kTokenRoom];
  SecBuffer server_in = {0, SECBUFFER_TOKEN, to_server};
  SecBuffer client_in = {0, SECBUFFER_TOKEN, to_client};
  SecBufferDesc server_input = {SECBUFFER_VERSION, 1, &server_in};
  SecBufferDesc client_input = {SECBUFFER_VERSION, 1, &client_in};
  for (int leg = 0; leg < 2; ++leg) {
    ULONG attributes;
    server_in.cbBuffer = kTokenRoom;
    SECURITY_STATUS status = InitializeSecurityContextW(
        &client_credential, leg == 0 ? NULL : &pair->client, target, kRequest, 0,
        SECURITY_NATIVE_DREP, leg == 0 ? NULL : &client_input, 0, &pair->client, &server_input,
        &attributes, NULL);
    Expect("InitializeSecurityContext", status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED,
           status);
    client_in.cbBuffer = kTokenRoom;
    if (leg != 0) GiveAccount(&pair->server);
    status = AcceptSecurityContext(&server_credential, leg == 0 ? NULL : &pair->server,
                                   &server_input, ASC_REQ_CONFIDENTIALITY, SECURITY_NATIVE_DREP,
                                   &pair->server, &client_input, &attributes, NULL);
    if (status == SEC_I_COMPLETE_NEEDED || status == SEC_I_COMPLETE_AND_CONTINUE)
      status = CompleteAuthToken(&pair->server, &client_input);
    Expect("AcceptSecurityContext", status == (leg == 0 ? SEC_I_CONTINUE_NEEDED : SEC_E_OK),
           status);
  }
}

static void DropPair(struct ContextPair *pair) {
  DeleteSecurityContext(&pair->client);
  DeleteSecurityContext(&pair->server);
}

static void Handshakes(void *state, long repeats) {
  (void)state;
  for (; repeats > 0; --repeats) {
    struct ContextPair pair;
    Handshake(&pair);
    DropPair(&pair);
  }
}

struct Messages {
  struct ContextPair pair;
  SecBuffer buffers[2];
  SecBufferDesc message;
};

static void EncryptDecrypt(void *state, long repeats) {
  struct Messages *m = state;
  for (; repeats > 0; --repeats) {
    m->buffers[0].cbBuffer = kTrailer;
    SECURITY_STATUS status = EncryptMessage(&m->pair.client, 0, &m->message, 0);
    Expect("EncryptMessage", status == SEC_E_OK, status);
    status = DecryptMessage(&m->pair.server, &m->message, 0, NULL);
    Expect("DecryptMessage", status == SEC_E_OK, status);
  }
}

static void BenchHandshake(void) {
  Report("hs_reuse.ns", MedianNanoseconds(&options.span, Handshakes, NULL), "ns");
}

static void BenchMessages(void) {
  for (size_t i = 0; i < options.size_count; ++i) {
    struct Messages m;
    uint8_t token[kTrailer];
    uint8_t *data = calloc(1, options.sizes[i]);
    Handshake(&m.pair);
    m.buffers[0] = (SecBuffer){kTrailer, SECBUFFER_TOKEN, token};
    m.buffers[1] = (SecBuffer){(ULONG)options.sizes[i], SECBUFFER_DATA, data};
    m.message = (SecBufferDesc){SECBUFFER_VERSION, 2, m.buffers};
    const double nanoseconds = MedianNanoseconds(&options.span, EncryptDecrypt, &m);
    ReportSized("iov", options.sizes[i], "ns", nanoseconds, "ns");
    DropPair(&m.pair);
    free(data);
  }
}

static _Noreturn void Usage(void) {
  fprintf(stderr, "usage: sspibench [-s SECONDS] [-N COUNT] [-z SIZE,SIZE..] hs_reuse|iov...\n");
  exit(2);
}

static void ParseSizes(char *list) {
  options.size_count = 0;
  for (char *s = strtok(list, ","); s; s = strtok(NULL, ",")) {
    if (options.size_count == kMaxSizes) Usage();
    options.sizes[options.size_count++] = strtoul(s, NULL, 10);
  }
}

int main(int argc, char **argv) {
  for (int c; (c = getopt(argc, argv, "u:s:N:z:")) != -1;) {
    if (c == 's')
      options.span.seconds = atof(optarg);
    else if (c == 'N')
      options.span.iterations = atol(optarg);
    else if (c == 'z')
      ParseSizes(optarg);
    else if (c != 'u')  // the account is that of bench/run
      Usage();
  }
  if (optind == argc) Usage();
  Start();
  AcquireLogin();
  for (int i = optind; i < argc; ++i) {
    if (strcmp(argv[i], "hs_reuse") == 0)
      BenchHandshake();
    else if (strcmp(argv[i], "iov") == 0)
      BenchMessages();
    else
      Usage();
  }
  return 0;
}
