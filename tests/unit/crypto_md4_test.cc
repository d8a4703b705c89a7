// SPDX-License-Identifier: MIT
// MD4 against RFC 1320, [MS-NLMP] and libcrypto.
#include "check_main.h"
#include "crypto/md4.h"
#include "crypto_oracle.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT

const Oracle *oracle;

struct Vector {
  const char *message;
  const char *digest;
};

// RFC 1320 A.5.
constexpr Vector kVectors[] = {
    {"", "31d6cfe0d16ae931b73c59d7e0c089c0"},
    {"a", "bde52cb31de33e46245e05fbdbd6fb24"},
    {"abc", "a448017aaf21d8525fc10ae87aa6729d"},
    {"message digest", "d9130a8164549fe818874806e1c7014b"},
    {"abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
     "043f8582f241db351ce627e153e7f0e4"},
    {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
     "e33b4ddc9c38f2199c3e7b164fcc0536"},
};

START_TEST(Rfc1320Vectors) {
  const Vector &vector = kVectors[_i];
  ck_assert(Equal(crypto::Md4Of(AsBytes(vector.message)), Unhex(vector.digest)));
}
END_TEST

// [MS-NLMP] 4.2.2.1.2: NTOWFv1 of "Password".
START_TEST(NtHash) {
  const Bytes password = Unhex("500061007300730077006f0072006400");
  ck_assert(Equal(crypto::Md4Of(password), Unhex("a4f49c406510bdcab6824ee7c30fd852")));
}
END_TEST

START_TEST(EveryLengthAndAlignment) {
  Octets octets("EveryLengthAndAlignment");
  for (size_t size = 0; size <= 1100; ++size) {
    const Bytes message = octets.Take(size);
    const Bytes expected = oracle->Digest("MD4", message);
    for (size_t alignment = 0; alignment < 16; ++alignment) {
      const AlignedBytes at(alignment, message);
      ck_assert_msg(Equal(crypto::Md4Of(at.view()), expected), "length %zu, alignment %zu", size,
                    alignment);
    }
  }
}
END_TEST

// The longest password is of 64 KiB.
START_TEST(LongMessages) {
  Octets octets("LongMessages");
  for (const size_t size : {65471u, 65472u, 65535u, 65536u, 65537u, 1000003u}) {
    const Bytes message = octets.Take(size);
    ck_assert_msg(Equal(crypto::Md4Of(message), oracle->Digest("MD4", message)), "length %zu",
                  size);
  }
}
END_TEST

Suite *MakeSuite() {
  Suite *suite = suite_create("crypto_md4");
  TCase *vectors = tcase_create("vectors");
  tcase_add_loop_test(vectors, Rfc1320Vectors, 0, std::size(kVectors));
  tcase_add_test(vectors, NtHash);
  suite_add_tcase(suite, vectors);
  if (oracle->has_legacy()) {
    TCase *libcrypto = tcase_create("libcrypto");
    tcase_add_test(libcrypto, EveryLengthAndAlignment);
    tcase_add_test(libcrypto, LongMessages);
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
