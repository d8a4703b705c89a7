// SPDX-License-Identifier: MIT
// HMAC-MD5 against RFC 2202 and libcrypto.
#include <string>
#include <utility>

#include "check_main.h"
#include "crypto/hmac_md5.h"
#include "crypto_oracle.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT

const Oracle *oracle;

using KeyBytes = std::array<uint8_t, crypto::HmacMd5Key::kKeySize>;

// RFC 2104 section 2: a short key is filled with zeros, a long one is hashed first. So all cases of
// RFC 2202 can be put as keys of 16 octets but case 4, whose key has 25.
KeyBytes SixteenOctets(const std::string &key) {
  KeyBytes octets{};
  if (key.size() > crypto::kMd5BlockSize) return crypto::Md5Of(AsBytes(key));
  ck_assert_uint_le(key.size(), octets.size());
  std::copy(key.begin(), key.end(), octets.begin());
  return octets;
}

struct Vector {
  std::string key;
  std::string data;
  const char *digest;
};

START_TEST(Rfc2202Vectors) {
  const Vector vectors[] = {
      {std::string(16, '\x0b'), "Hi There", "9294727a3638bb1c13f48ef8158bfc9d"},
      {"Jefe", "what do ya want for nothing?", "750c783e6ab0b503eaa86e310a5db738"},
      {std::string(16, '\xaa'), std::string(50, '\xdd'), "56be34521d144c88dbb8c733f0e8b3f6"},
      {std::string(16, '\x0c'), "Test With Truncation", "56461ef2342edc00f9bab995690efd4c"},
      {std::string(80, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"},
      {std::string(80, '\xaa'),
       "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data",
       "6f630fad67cda0ee1fb1f562db3aa53e"},
  };
  for (const Vector &vector : vectors) {
    const crypto::HmacMd5Key key(SixteenOctets(vector.key));
    ck_assert_msg(Equal(crypto::HmacMd5Of(key, AsBytes(vector.data)), Unhex(vector.digest)), "%s",
                  vector.data.c_str());
  }
}
END_TEST

START_TEST(EveryLengthAndAlignment) {
  Octets octets("EveryLengthAndAlignment");
  for (size_t size = 0; size <= 1100; ++size) {
    KeyBytes key_bytes;
    octets.Fill(key_bytes);
    const crypto::HmacMd5Key key(key_bytes);
    const Bytes message = octets.Take(size);
    const Bytes expected = oracle->HmacMd5(key_bytes, message);
    for (size_t alignment = 0; alignment < 16; ++alignment) {
      const AlignedBytes at(alignment, message);
      ck_assert_msg(Equal(crypto::HmacMd5Of(key, at.view()), expected), "length %zu, alignment %zu",
                    size, alignment);
    }
  }
}
END_TEST

START_TEST(RandomParts) {
  Octets octets("RandomParts");
  KeyBytes key_bytes;
  octets.Fill(key_bytes);
  const crypto::HmacMd5Key key(key_bytes);
  for (int round = 0; round < 2000; ++round) {
    const Bytes message = octets.Take(octets.Below(round % 100 == 0 ? 100000 : 1100));
    const size_t longest = size_t{1} << (1 + octets.Below(9));
    crypto::HmacMd5 hmac(key);
    for (const ByteView part : Split(octets, message, longest)) hmac.Update(part);
    ck_assert_msg(Equal(hmac.Finish(), oracle->HmacMd5(key_bytes, message)), "round %d, length %zu",
                  round, message.size());
  }
}
END_TEST

START_TEST(SeveralViews) {
  Octets octets("SeveralViews");
  KeyBytes key_bytes;
  octets.Fill(key_bytes);
  const crypto::HmacMd5Key key(key_bytes);
  const Bytes a = octets.Take(8), b = octets.Take(300), none;
  ck_assert(
      Equal(crypto::HmacMd5Of(key, a, none, b), oracle->HmacMd5(key_bytes, Concatenate({a, b}))));
}
END_TEST

START_TEST(MovedKey) {
  Octets octets("MovedKey");
  KeyBytes key_bytes;
  octets.Fill(key_bytes);
  const Bytes message = octets.Take(100);
  const Bytes expected = oracle->HmacMd5(key_bytes, message);
  crypto::HmacMd5Key first(key_bytes);
  crypto::HmacMd5Key second(std::move(first));
  ck_assert(Equal(crypto::HmacMd5Of(second, message), expected));
  ck_assert(first.inner() == crypto::Md5State{});  // NOLINT: the key must be gone from here.
  ck_assert(first.outer() == crypto::Md5State{});  // NOLINT
  first = std::move(second);
  ck_assert(Equal(crypto::HmacMd5Of(first, message), expected));
  ck_assert(second.inner() == crypto::Md5State{});  // NOLINT
  ck_assert(second.outer() == crypto::Md5State{});  // NOLINT
}
END_TEST

Suite *MakeSuite() {
  Suite *suite = suite_create("crypto_hmac_md5");
  TCase *tests = tcase_create("hmac_md5");
  tcase_add_test(tests, Rfc2202Vectors);
  tcase_add_test(tests, EveryLengthAndAlignment);
  tcase_add_test(tests, RandomParts);
  tcase_add_test(tests, SeveralViews);
  tcase_add_test(tests, MovedKey);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  const Oracle libcrypto;
  oracle = &libcrypto;
  return RunSuite(MakeSuite());
}
