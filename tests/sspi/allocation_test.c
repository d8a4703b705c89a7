// SPDX-License-Identifier: MIT
// What a message asks of malloc(3): nothing of NTLM, and of the host's Kerberos what its own
// functions ask in the same program. All allocations of the process count, whoever makes them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../gss/faults.h"
#include "gss_peer.h"
#include "support.h"

#ifdef FAULTS_ARE_IMPOSSIBLE
int main(void) {
  puts("SKIP: " FAULTS_ARE_IMPOSSIBLE);
  return 77;
}
#else

#define COUNT(array) (sizeof(array) / sizeof *(array))
enum { kLargest = 16384, kRepeats = 20 };
static const ULONG kSizes[] = {16, 1024, kLargest};

// A message of SSPI, or the same as GSSAPI has it: TOKEN, DATA, PADDING.
static unsigned char text[kLargest], token[512], padding[64];
static SecBuffer buffers[3];
static SecBufferDesc message = {SECBUFFER_VERSION, 3, buffers};
static gss_iov_buffer_desc iov[3];

static void new_message(CtxtHandle *context, ULONG size, bool signature) {
  SecPkgContext_Sizes sizes;
  EXPECT(SEC_E_OK, QueryContextAttributesA(context, SECPKG_ATTR_SIZES, &sizes));
  memset(text, 'm', size);
  buffers[0] = (SecBuffer){signature ? sizes.cbMaxSignature : sizes.cbSecurityTrailer,
                           SECBUFFER_TOKEN, token};
  buffers[1] = (SecBuffer){size, SECBUFFER_DATA, text};
  buffers[2] = (SecBuffer){signature ? 0 : sizes.cbBlockSize, SECBUFFER_PADDING, padding};
}
static gss_iov_buffer_desc *as_iov(bool signature) {
  const OM_uint32 types[] = {signature ? GSS_IOV_BUFFER_TYPE_MIC_TOKEN : GSS_IOV_BUFFER_TYPE_HEADER,
                             GSS_IOV_BUFFER_TYPE_DATA, GSS_IOV_BUFFER_TYPE_PADDING};
  for (size_t i = 0; i < COUNT(iov); ++i) {
    iov[i] = (gss_iov_buffer_desc){types[i], {buffers[i].cbBuffer, buffers[i].pvBuffer}};
  }
  return iov;
}
static void from_iov(void) {
  for (size_t i = 0; i < COUNT(iov); ++i) buffers[i].cbBuffer = (ULONG)iov[i].buffer.length;
}

// Allocations of a call, whose result is in `status` or `major`.
static long begun;
static void begin(void) {
  fault_plan.everybody = true;
  faults_begin(-1);
  fault_plan.armed = true;
  begun = fault_plan.calls;
}
static long end(void) {
  fault_plan.armed = false;
  return fault_plan.calls - begun;
}

// What each function asked for: by SSPI, and by the host's own for the same message.
struct counts {
  long protect, unprotect;
};

static struct counts sspi_to_gss(struct mixed *mixed, ULONG size, bool signature) {
  struct counts counts;
  OM_uint32 minor = 0;
  new_message(&mixed->context, size, signature);
  begin();
  const SECURITY_STATUS status = signature ? MakeSignature(&mixed->context, 0, &message, 0)
                                           : EncryptMessage(&mixed->context, 0, &message, 0);
  counts.protect = end();
  EXPECT(SEC_E_OK, status);
  gss_iov_buffer_desc *list = as_iov(signature);
  begin();
  const OM_uint32 major = signature ? gss_verify_mic_iov(&minor, mixed->peer, NULL, list, 2)
                                    : gss_unwrap_iov(&minor, mixed->peer, NULL, NULL, list, 3);
  counts.unprotect = end();
  expect_good(major, minor, "message of SSPI");
  return counts;
}

static struct counts gss_to_sspi(struct mixed *mixed, ULONG size, bool signature) {
  struct counts counts;
  OM_uint32 minor = 0;
  new_message(&mixed->context, size, signature);
  gss_iov_buffer_desc *list = as_iov(signature);
  begin();
  const OM_uint32 major =
      signature ? gss_get_mic_iov(&minor, mixed->peer, GSS_C_QOP_DEFAULT, list, 2)
                : gss_wrap_iov(&minor, mixed->peer, 1, GSS_C_QOP_DEFAULT, NULL, list, 3);
  counts.protect = end();
  expect_good(major, minor, "message of GSSAPI");
  from_iov();
  begin();
  const SECURITY_STATUS status = signature ? VerifySignature(&mixed->context, &message, 0, NULL)
                                           : DecryptMessage(&mixed->context, &message, 0, NULL);
  counts.unprotect = end();
  EXPECT(SEC_E_OK, status);
  return counts;
}

static void expect_no_share(const struct lane *lane, struct mixed *mixed, ULONG size,
                            bool signature, bool tells) {
  const struct counts made = sspi_to_gss(mixed, size, signature);
  const struct counts taken = gss_to_sspi(mixed, size, signature);
  const char *what = signature ? "signature" : "encryption";
  ck_assert_msg(made.protect == taken.protect && taken.unprotect == made.unprotect,
                "%s, %s of %u octets: %ld and %ld allocations; of the host's own %ld and %ld",
                lane->name, what, (unsigned)size, made.protect, taken.unprotect, taken.protect,
                made.unprotect);
  if (tells) {
    printf("# %s, %s of %u octets: %ld and %ld allocations\n", lane->name, what, (unsigned)size,
           made.protect, taken.unprotect);
  }
  if (!is_ntlm(lane)) return;
  ck_assert_int_eq(made.protect, 0);
  ck_assert_int_eq(taken.unprotect, 0);
}

// Issue 5, point 9: a message allocates nothing.
START_TEST(messages) {
  FOR_EACH_LANE(lane) {
    if (!gss_can_be_peer(lane)) continue;
    struct mixed mixed = {.peer = GSS_C_NO_CONTEXT};
    sspi_initiates(lane, &mixed);
    // The first message of a context makes keys.
    sspi_to_gss(&mixed, 1, false);
    gss_to_sspi(&mixed, 1, false);
    sspi_to_gss(&mixed, 1, true);
    gss_to_sspi(&mixed, 1, true);
    for (int i = 0; i < kRepeats; ++i) {
      for (size_t size = 0; size < COUNT(kSizes); ++size) {
        expect_no_share(lane, &mixed, kSizes[size], false, i == 0);
        expect_no_share(lane, &mixed, kSizes[size], true, i == 0);
      }
    }
    forget(&mixed);
  }
}
END_TEST

// The whole process counts: a call that allocates in the library and one that does in the
// mechanism.
START_TEST(allocations_are_seen) {
  struct pair *pair = log_in(lanes()[0], kProtect, 0);
  SecPkgContext_NativeNamesA names;
  begin();
  EXPECT(SEC_E_OK, QueryContextAttributesA(&pair->server, SECPKG_ATTR_NATIVE_NAMES, &names));
  ck_assert_int_ge(end(), 4);
  FreeContextBuffer(names.sClientName);
  FreeContextBuffer(names.sServerName);
  struct mixed mixed = {.peer = GSS_C_NO_CONTEXT};
  sspi_initiates(lanes()[0], &mixed);
  OM_uint32 minor = 0;
  gss_buffer_desc in = {4, text}, out = GSS_C_EMPTY_BUFFER;
  begin();
  expect_good(gss_get_mic(&minor, mixed.peer, GSS_C_QOP_DEFAULT, &in, &out), minor, "gss_get_mic");
  ck_assert_int_ge(end(), 1);
  gss_release_buffer(&minor, &out);
  forget(&mixed);
  log_out(pair);
}
END_TEST

int main(void) {
  fault_plan.armed = false;
  Suite *suite = suite_create("sspi allocation");
  TCase *tests = tcase_create("allocation");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, messages);
  tcase_add_test(tests, allocations_are_seen);
  suite_add_tcase(suite, tests);
  return run_sspi_suite(suite);
}
#endif
