// SPDX-License-Identifier: MIT
// N518. The expected octets were computed by the hmac module of Python from the definition in
// prf.h.
#include "gss/prf.h"

#include "ntlm_support.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT

std::string Output(uint32_t prf_key, ByteView input, size_t size) {
  ntlm::ExportedSessionKey key;
  for (uint8_t i = 0; i < 16; ++i) key.span()[i] = i;
  Bytes out(size);
  gss::PseudoRandom(key, prf_key, input, out);
  return Hex(out);
}

// Not ck_assert_str_eq: that keeps the pointer only.
void ExpectText(const std::string &got, const std::string &expected) {
  ck_assert_msg(got == expected, "%s", got.c_str());
}

START_TEST(KnownOutput) {
  const Bytes zeroes(100);
  const ByteView seed = AsBytes("seed");
  ExpectText(Output(0, {}, 1), "7d");
  ExpectText(Output(0, seed, 16), "6f582ab509b5113d4f7a33757b16aeec");
  ExpectText(Output(1, seed, 16), "a6e849b48dc1d59e0a2289da5c18d79f");
  ExpectText(Output(0, seed, 40),
             "6f582ab509b5113d4f7a33757b16aeec3aaa8772392a08ceae4b83bf8ce426fcac2ded9541138535");
  ExpectText(Output(0, zeroes, 33),
             "914478ae3721951f2356d391f93899eb9964b48056c9e03bcc1c96bbac941429cf");
  // The counter has more than one octet.
  const std::string longest = Output(0, seed, 70000);
  ExpectText(longest.substr(longest.size() - 32), "ad94b4301fc67335c182a978e3c1256c");
}
END_TEST

// A shorter output is the beginning of a longer one.
START_TEST(EveryLength) {
  const std::string all = Output(0, AsBytes("x"), 100);
  for (size_t size = 0; size <= 100; ++size) {
    ExpectText(Output(0, AsBytes("x"), size), all.substr(0, 2 * size));
  }
}
END_TEST

Suite *PrfSuite() {
  Suite *suite = suite_create("prf");
  TCase *tests = tcase_create("prf");
  tcase_add_test(tests, KnownOutput);
  tcase_add_test(tests, EveryLength);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() { return RunSuite(PrfSuite()); }
