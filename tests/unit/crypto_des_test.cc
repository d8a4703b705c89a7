// SPDX-License-Identifier: MIT
// DES and DESL against [MS-NLMP] and libcrypto.
#include "check_main.h"
#include "crypto/des.h"
#include "crypto_oracle.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT

const Oracle *oracle;

using Key = std::array<uint8_t, crypto::kDesKeySize>;

// The eight octets libcrypto wants: bit 7 i + j of the key is bit j of octet i, counted from the
// top; odd parity below.
Bytes WithParity(const Key &key) {
  Bytes expanded(8);
  for (size_t bit = 0; bit < 56; ++bit) {
    const unsigned value = (key[bit / 8] >> (7 - bit % 8)) & 1u;
    expanded[bit / 7] = static_cast<uint8_t>(expanded[bit / 7] | value << (7 - bit % 7));
  }
  for (uint8_t &octet : expanded) {
    octet = static_cast<uint8_t>(octet | ((__builtin_popcount(octet) & 1) ^ 1));
  }
  return expanded;
}

struct Vector {
  const char *key;
  const char *data;
  const char *result;
};

// [MS-NLMP] 4.2.2.1.1: LMOWFv1, the two halves of "PASSWORD" and "KGS!@#$%".
constexpr Vector kDesVectors[] = {
    {"50415353574f52", "4b47532140232425", "e52cac67419a9a22"},
    {"44000000000000", "4b47532140232425", "4a3b108f3fa6cb6d"},
};

START_TEST(DesVectors) {
  const Vector &vector = kDesVectors[_i];
  ck_assert(Equal(crypto::DES(UnhexArray<7>(vector.key), UnhexArray<8>(vector.data)),
                  Unhex(vector.result)));
}
END_TEST

// [MS-NLMP] 4.2.2.2.1 and 4.2.2.2.2: NTLMv1 and LMv1 response to 01 23 45 67 89 AB CD EF.
constexpr Vector kDeslVectors[] = {
    {"a4f49c406510bdcab6824ee7c30fd852", "0123456789abcdef",
     "67c43011f30298a2ad35ece64f16331c44bdbed927841f94"},
    {"e52cac67419a9a224a3b108f3fa6cb6d", "0123456789abcdef",
     "98def7b87f88aa5dafe2df779688a172def11c7d5ccdef13"},
};

START_TEST(DeslVectors) {
  const Vector &vector = kDeslVectors[_i];
  ck_assert(Equal(crypto::DESL(UnhexArray<16>(vector.key), UnhexArray<8>(vector.data)),
                  Unhex(vector.result)));
}
END_TEST

// Each bit of key and data alone reaches every entry of the permutations and the key schedule.
START_TEST(EverySingleBit) {
  for (size_t bit = 0; bit < 56 + 64; ++bit) {
    Key key{};
    crypto::DesBlock data{};
    uint8_t &octet = bit < 56 ? key[bit / 8] : data[(bit - 56) / 8];
    octet = static_cast<uint8_t>(0x80 >> bit % 8);
    ck_assert_msg(Equal(crypto::DES(key, data), oracle->Cipher("DES-ECB", WithParity(key), data)),
                  "bit %zu", bit);
  }
}
END_TEST

START_TEST(RandomKeysAndData) {
  Octets octets("RandomKeysAndData");
  for (int round = 0; round < 10000; ++round) {
    Key key;
    crypto::DesBlock data;
    octets.Fill(key);
    octets.Fill(data);
    ck_assert_msg(Equal(crypto::DES(key, data), oracle->Cipher("DES-ECB", WithParity(key), data)),
                  "round %d", round);
  }
}
END_TEST

START_TEST(DeslIsThreeTimesDes) {
  Octets octets("DeslIsThreeTimesDes");
  for (int round = 0; round < 1000; ++round) {
    std::array<uint8_t, 16> key;
    crypto::DesBlock data;
    octets.Fill(key);
    octets.Fill(data);
    Bytes expected;
    for (size_t i = 0; i < 3; ++i) {
      Key part{};
      std::copy_n(key.begin() + static_cast<ptrdiff_t>(7 * i), i < 2 ? 7 : 2, part.begin());
      const Bytes block = oracle->Cipher("DES-ECB", WithParity(part), data);
      expected.insert(expected.end(), block.begin(), block.end());
    }
    ck_assert_msg(Equal(crypto::DESL(key, data), expected), "round %d", round);
  }
}
END_TEST

Suite *MakeSuite() {
  Suite *suite = suite_create("crypto_des");
  TCase *vectors = tcase_create("vectors");
  tcase_add_loop_test(vectors, DesVectors, 0, std::size(kDesVectors));
  tcase_add_loop_test(vectors, DeslVectors, 0, std::size(kDeslVectors));
  suite_add_tcase(suite, vectors);
  if (oracle->has_legacy()) {
    TCase *libcrypto = tcase_create("libcrypto");
    tcase_add_test(libcrypto, EverySingleBit);
    tcase_add_test(libcrypto, RandomKeysAndData);
    tcase_add_test(libcrypto, DeslIsThreeTimesDes);
    suite_add_tcase(suite, libcrypto);
  }
  return suite;
}

}  // namespace

int main() {
  const Oracle libcrypto;
  oracle = &libcrypto;
  const int status = RunSuite(MakeSuite());
  return libcrypto.has_legacy() ? status : SkipAfter(status, kNoLegacyProvider);
}
