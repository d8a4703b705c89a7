// SPDX-License-Identifier: MIT
// MD5 against RFC 1321 and libcrypto.
#include "check_main.h"
#include "crypto/md5.h"
#include "crypto_oracle.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT

const Oracle *oracle;

struct Vector {
  const char *message;
  const char *digest;
};

// RFC 1321 A.5.
constexpr Vector kVectors[] = {
    {"", "d41d8cd98f00b204e9800998ecf8427e"},
    {"a", "0cc175b9c0f1b6a831c399e269772661"},
    {"abc", "900150983cd24fb0d6963f7d28e17f72"},
    {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
    {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
     "d174ab98d277d9f5a5611c2c9f419d9f"},
    {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
     "57edf4a22be3c955ac49da2e2107b67a"},
};

START_TEST(Rfc1321Vectors) {
  const Vector &vector = kVectors[_i];
  ck_assert(Equal(crypto::Md5Of(AsBytes(vector.message)), Unhex(vector.digest)));
}
END_TEST

START_TEST(EveryLengthAndAlignment) {
  Octets octets("EveryLengthAndAlignment");
  for (size_t size = 0; size <= 1100; ++size) {
    const Bytes message = octets.Take(size);
    const Bytes expected = oracle->Digest("MD5", message);
    for (size_t alignment = 0; alignment < 16; ++alignment) {
      const AlignedBytes at(alignment, message);
      ck_assert_msg(Equal(crypto::Md5Of(at.view()), expected), "length %zu, alignment %zu", size,
                    alignment);
    }
  }
}
END_TEST

START_TEST(RandomParts) {
  Octets octets("RandomParts");
  for (int round = 0; round < 3000; ++round) {
    const Bytes message = octets.Take(octets.Below(round % 100 == 0 ? 100000 : 1100));
    const size_t longest = size_t{1} << (1 + octets.Below(9));
    crypto::Md5 md5;
    for (const ByteView part : Split(octets, message, longest)) md5.Update(part);
    ck_assert_msg(Equal(md5.Finish(), oracle->Digest("MD5", message)), "round %d, length %zu",
                  round, message.size());
  }
}
END_TEST

START_TEST(SeveralViews) {
  Octets octets("SeveralViews");
  const Bytes a = octets.Take(16), b = octets.Take(59), none;
  ck_assert(Equal(crypto::Md5Of(a, none, b), oracle->Digest("MD5", Concatenate({a, b}))));
}
END_TEST

// The block function alone, over several blocks at once.
START_TEST(Blocks) {
  Octets octets("Blocks");
  for (size_t count = 0; count < 20; ++count) {
    const AlignedBytes message(octets.Below(16), octets.Take(count * crypto::kMd5BlockSize));
    crypto::Md5State at_once = crypto::kMd5InitialState;
    crypto::Md5State one_by_one = crypto::kMd5InitialState;
    crypto::Md5Blocks(at_once, message.view().data(), count);
    for (size_t i = 0; i < count; ++i) {
      crypto::Md5Blocks(one_by_one, message.view().data() + i * crypto::kMd5BlockSize, 1);
    }
    ck_assert(at_once == one_by_one);
    crypto::Md5 rest(at_once, count * crypto::kMd5BlockSize);
    ck_assert(Equal(rest.Finish(), oracle->Digest("MD5", message.view())));
  }
}
END_TEST

Suite *MakeSuite() {
  Suite *suite = suite_create("crypto_md5");
  TCase *tests = tcase_create("md5");
  tcase_add_loop_test(tests, Rfc1321Vectors, 0, std::size(kVectors));
  tcase_add_test(tests, EveryLengthAndAlignment);
  tcase_add_test(tests, RandomParts);
  tcase_add_test(tests, SeveralViews);
  tcase_add_test(tests, Blocks);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  const Oracle libcrypto;
  oracle = &libcrypto;
  return RunSuite(MakeSuite());
}
