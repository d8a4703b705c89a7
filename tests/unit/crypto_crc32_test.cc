// SPDX-License-Identifier: MIT
// CRC-32 against its check value, [MS-NLMP] and the definition taken bit by bit.
#include "check_main.h"
#include "crypto/crc32.h"
#include "crypto_oracle.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT

uint32_t BitByBit(ByteView data) {
  uint32_t remainder = 0xffffffff;
  for (const uint8_t octet : data) {
    for (int bit = 0; bit < 8; ++bit) {
      const bool odd = ((remainder ^ (octet >> bit)) & 1) != 0;
      remainder = (remainder >> 1) ^ (odd ? 0xedb88320 : 0);
    }
  }
  return ~remainder;
}

START_TEST(CheckValues) {
  ck_assert_uint_eq(crypto::Crc32Of(ByteView()), 0);
  ck_assert_uint_eq(crypto::Crc32Of(AsBytes("123456789")), 0xcbf43926);
  ck_assert_uint_eq(crypto::Crc32Of(AsBytes("1234"), ByteView(), AsBytes("56789")), 0xcbf43926);
  // [MS-NLMP] 4.2.2.4: "Plaintext" in UTF-16, octets 7D 84 AA 93 in the message.
  ck_assert_uint_eq(crypto::Crc32Of(Unhex("50006c00610069006e007400650078007400")), 0x93aa847d);
}
END_TEST

START_TEST(EveryLengthAndAlignment) {
  Octets octets("EveryLengthAndAlignment");
  for (size_t size = 0; size <= 1100; ++size) {
    const Bytes message = octets.Take(size);
    const uint32_t expected = BitByBit(message);
    for (size_t alignment = 0; alignment < 16; ++alignment) {
      const AlignedBytes at(alignment, message);
      ck_assert_msg(crypto::Crc32Of(at.view()) == expected, "length %zu, alignment %zu", size,
                    alignment);
    }
  }
}
END_TEST

START_TEST(RandomParts) {
  Octets octets("RandomParts");
  for (int round = 0; round < 1000; ++round) {
    const Bytes message = octets.Take(octets.Below(round % 100 == 0 ? 100000 : 1100));
    crypto::Crc32 crc;
    for (const ByteView part : Split(octets, message, 40)) crc.Update(part);
    ck_assert_msg(crc.Value() == BitByBit(message), "round %d, length %zu", round, message.size());
  }
}
END_TEST

Suite *MakeSuite() {
  Suite *suite = suite_create("crypto_crc32");
  TCase *tests = tcase_create("crc32");
  tcase_add_test(tests, CheckValues);
  tcase_add_test(tests, EveryLengthAndAlignment);
  tcase_add_test(tests, RandomParts);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() { return RunSuite(MakeSuite()); }
