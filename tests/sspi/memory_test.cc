// SPDX-License-Identifier: MIT
// S91: each allocation of the library fails once. The call says SEC_E_INSUFFICIENT_MEMORY, keeps
// what it has, and the program may go on.
//
// The operators of this program serve libsspi as well, since both take them from the same place;
// the mechanisms below use malloc, which does not fail here.
#include <sspi.h>

#include <atomic>
#include <cstdlib>
#include <new>

extern "C" {
#include "support.h"
}

namespace {

std::atomic<int> countdown{-1};  // allocations until one fails; negative: none does
thread_local bool watched = false;

bool FailsNow() { return watched && countdown.load() >= 0 && countdown.fetch_sub(1) == 0; }

// Lets the n-th allocation of a call fail.
template <typename Call>
SECURITY_STATUS WithFailure(int n, Call &&call) {
  countdown = n;
  watched = true;
  const SECURITY_STATUS status = call();
  watched = false;
  return status;
}

bool HasFailed() { return countdown.load() < 0; }

}  // namespace

void *operator new(size_t size) {
  void *block = FailsNow() ? nullptr : std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void *operator new(size_t size, const std::nothrow_t &) noexcept {
  return FailsNow() ? nullptr : std::malloc(size);
}
void operator delete(void *block) noexcept { std::free(block); }
void operator delete(void *block, size_t) noexcept { std::free(block); }

namespace {

// Repeats a call with a failure at its first, second, ... allocation, until none fails any more.
template <typename Call, typename Check>
SECURITY_STATUS FailEach(Call &&call, Check &&unchanged) {
  int failures = 0;
  for (int n = 0;; ++n) {
    ck_assert_int_lt(n, 1000);
    const SECURITY_STATUS status = WithFailure(n, call);
    if (!HasFailed()) {
      ck_assert_int_gt(failures, 0);
      return status;
    }
    ++failures;
    EXPECT(SEC_E_INSUFFICIENT_MEMORY, status);
    unchanged();
  }
}

char *Text(const char *text) { return const_cast<char *>(text); }

START_TEST(Packages) {
  SecPkgInfoA *info = nullptr;
  ULONG count = 0;
  EXPECT(SEC_E_OK, FailEach([&] { return EnumerateSecurityPackagesA(&count, &info); },
                            [&] { ck_assert_ptr_null(info); }));
  EXPECT(SEC_E_OK, FreeContextBuffer(info));
}
END_TEST

START_TEST(CredentialsAndFirstLegs) {
  static leg out;
  FOR_EACH_LANE(lane) {
    SEC_WINNT_AUTH_IDENTITY_A identity{};
    identity.User = reinterpret_cast<unsigned char *>(Text(SSPI_USER));
    identity.UserLength = sizeof SSPI_USER - 1;
    identity.Domain = reinterpret_cast<unsigned char *>(Text(SSPI_DOMAIN));
    identity.DomainLength = sizeof SSPI_DOMAIN - 1;
    identity.Password = reinterpret_cast<unsigned char *>(Text(SSPI_PASSWORD));
    identity.PasswordLength = sizeof SSPI_PASSWORD - 1;
    identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
    CredHandle credential{7, 9};
    EXPECT(SEC_E_OK, FailEach(
                         [&] {
                           return AcquireCredentialsHandleA(
                               nullptr, Text(lane->package), SECPKG_CRED_OUTBOUND, nullptr,
                               &identity, nullptr, nullptr, &credential, nullptr);
                         },
                         [&] { ck_assert_uint_eq(credential.dwLower, 7); }));
    CtxtHandle context{7, 9};
    const SECURITY_STATUS status = FailEach(
        [&] { return client_leg(&credential, nullptr, &context, kProtect, nullptr, &out); },
        [&] {
          ck_assert_uint_eq(context.dwLower, 7);  // no handle
          ck_assert_uint_eq(out.attributes, 0);
        });
    ck_assert_int_ge(status, 0);
    EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&credential));
  }
}
END_TEST

// L8: the token of a leg is kept when there is no memory to give it in, with its status: the next
// call gives both.
START_TEST(TokensAreKept) {
  static leg first;
  FOR_EACH_LANE(lane) {
    CredHandle client = client_of(lane), server = server_of(lane);
    CtxtHandle context, accepted;
    EXPECT(SEC_I_CONTINUE_NEEDED,
           client_leg(&client, nullptr, &context, ISC_REQ_MUTUAL_AUTH, nullptr, &first));
    // A server that begins has a second leg that is not its last.
    static leg hints;
    const bool negotiates = is_negotiate(lane);
    if (negotiates) {
      EXPECT(SEC_I_CONTINUE_NEEDED, server_leg(&server, nullptr, &accepted, 0, nullptr, &hints));
    }
    SecBuffer in{first.size, SECBUFFER_TOKEN, first.token};
    SecBufferDesc input{SECBUFFER_VERSION, 1, &in};
    SecBuffer out{0, SECBUFFER_TOKEN, nullptr};
    SecBufferDesc output{SECBUFFER_VERSION, 1, &out};
    const SECURITY_STATUS status = FailEach(
        [&] {
          return AcceptSecurityContext(&server, negotiates ? &accepted : nullptr, &input,
                                       ASC_REQ_ALLOCATE_MEMORY, 0, &accepted, &output, nullptr,
                                       nullptr);
        },
        [&] { ck_assert_ptr_null(out.pvBuffer); });
    EXPECT(is_ntlm(lane) ? SEC_I_CONTINUE_NEEDED : SEC_E_OK, status);
    ck_assert_ptr_nonnull(out.pvBuffer);
    in = out;
    SecBuffer answer{0, SECBUFFER_TOKEN, nullptr};
    output.pBuffers = &answer;
    EXPECT(negotiates && is_ntlm(lane) ? SEC_I_CONTINUE_NEEDED : SEC_E_OK,
           FailEach(
               [&] {
                 return InitializeSecurityContextA(nullptr, &context, Text(SSPI_TARGET),
                                                   ISC_REQ_MUTUAL_AUTH | ISC_REQ_ALLOCATE_MEMORY, 0,
                                                   0, &input, 0, nullptr, &output, nullptr,
                                                   nullptr);
               },
               [&] { ck_assert_ptr_null(answer.pvBuffer); }));
    EXPECT(SEC_E_OK, FreeContextBuffer(out.pvBuffer));
    EXPECT(SEC_E_OK, FreeContextBuffer(answer.pvBuffer));
    EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
    EXPECT(SEC_E_OK, DeleteSecurityContext(&accepted));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&server));
  }
}
END_TEST

// L8: a leg that the mechanism refused has ended the exchange, whether its text could be made or
// not.
START_TEST(RefusalsAreKept) {
  static leg first, junk, out;
  junk.size = 64;
  FOR_EACH_LANE(lane) {
    CredHandle client = client_of(lane);
    CtxtHandle context;
    EXPECT(SEC_I_CONTINUE_NEEDED,
           client_leg(&client, nullptr, &context, ISC_REQ_MUTUAL_AUTH, nullptr, &first));
    int n = 0;
    SECURITY_STATUS status = SEC_E_INSUFFICIENT_MEMORY;
    // Failures before the mechanism is asked change nothing.
    for (; status == SEC_E_INSUFFICIENT_MEMORY && n < 1000; ++n) {
      status =
          WithFailure(n, [&] { return client_leg(nullptr, &context, nullptr, 0, &junk, &out); });
    }
    ck_assert_msg(status == SEC_E_OUT_OF_SEQUENCE, "%s: %08x after %d", lane->name,
                  static_cast<unsigned>(status), n);
    EXPECT(SEC_E_OK, DeleteSecurityContext(&context));
    EXPECT(SEC_E_OK, FreeCredentialsHandle(&client));
  }
}
END_TEST

// S113: a reauthentication that could not begin leaves the context as it was, and may begin later.
START_TEST(RenewalsBeginLater) {
  FOR_EACH_LANE(lane) {
    pair *both = log_in(lane, kProtect, 0);
    static leg out;
    const SECURITY_STATUS status = FailEach(
        [&] { return client_leg(nullptr, &both->client, nullptr, kProtect, nullptr, &out); },
        [&] {
          SecPkgContext_Flags flags;
          EXPECT(SEC_E_OK, QueryContextAttributesA(&both->client, SECPKG_ATTR_FLAGS, &flags));
        });
    ck_assert_int_ge(status, 0);
    log_out(both);
  }
}
END_TEST

START_TEST(Attributes) {
  FOR_EACH_LANE(lane) {
    pair *both = log_in(lane, kProtect, 0);
    SecPkgContext_NativeNamesW names{};
    EXPECT(SEC_E_OK, FailEach(
                         [&] {
                           return QueryContextAttributesW(&both->server, SECPKG_ATTR_NATIVE_NAMES,
                                                          &names);
                         },
                         [&] { ck_assert_ptr_null(names.sClientName); }));
    EXPECT(SEC_E_OK, FreeContextBuffer(names.sClientName));
    EXPECT(SEC_E_OK, FreeContextBuffer(names.sServerName));
    SecPkgContext_SessionKey key{};
    EXPECT(
        SEC_E_OK,
        FailEach(
            [&] { return QueryContextAttributesA(&both->server, SECPKG_ATTR_SESSION_KEY, &key); },
            [&] { ck_assert_ptr_null(key.SessionKey); }));
    EXPECT(SEC_E_OK, FreeContextBuffer(key.SessionKey));
    log_out(both);
  }
}
END_TEST

}  // namespace

int main() {
  Suite *suite = suite_create("sspi memory");
  TCase *tests = tcase_create("memory");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, Packages);
  tcase_add_test(tests, CredentialsAndFirstLegs);
  tcase_add_test(tests, TokensAreKept);
  tcase_add_test(tests, RefusalsAreKept);
  tcase_add_test(tests, RenewalsBeginLater);
  tcase_add_test(tests, Attributes);
  suite_add_tcase(suite, tests);
  return run_sspi_suite(suite);
}
