// SPDX-License-Identifier: MIT
// RC4 against RFC 6229 and libcrypto, and the ways back: Rewind, Save, Load.
#include <utility>

#include "check_main.h"
#include "crypto/rc4.h"
#include "crypto_oracle.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT

const Oracle *oracle;

using Saved = std::array<uint8_t, crypto::Rc4::kSavedSize>;

Bytes TakeStream(crypto::Rc4 &rc4, size_t size) {
  Bytes stream(size);
  rc4.Apply(stream);
  return stream;
}

Saved StateOf(const crypto::Rc4 &rc4) {
  Saved saved;
  rc4.Save(saved);
  return saved;
}

struct Vector {
  const char *key;
  size_t offset;
  const char *stream;
};

// RFC 6229 section 2.
constexpr Vector kVectors[] = {
    {"0102030405", 0, "b2396305f03dc027ccc3524a0a1118a8"},
    {"0102030405", 240, "28cb1132c96ce286421dcaadb8b69eae"},
    {"01020304050607", 0, "293f02d47f37c9b633f2af5285feb46b"},
    {"0102030405060708090a0b0c0d0e0f10", 0, "9ac7cc9a609d1ef7b2932899cde41b97"},
};

START_TEST(Rfc6229Vectors) {
  const Vector &vector = kVectors[_i];
  crypto::Rc4 rc4(Unhex(vector.key));
  TakeStream(rc4, vector.offset);
  ck_assert(Equal(TakeStream(rc4, 16), Unhex(vector.stream)));
}
END_TEST

// [MS-NLMP] 4.2.2.4 GSS_WRAPEX without extended session security: the data, then RandomPad,
// Checksum and SeqNum go through the same key stream.
START_TEST(WrapExNtlmV1) {
  crypto::Rc4 rc4(Unhex("55555555555555555555555555555555"));
  Bytes data = Unhex("50006c00610069006e007400650078007400");
  Bytes signature = Unhex("000000007d84aa9300000000");
  rc4.Apply(data);
  rc4.Apply(signature);
  ck_assert(Equal(data, Unhex("56fe04d861f9319af0d7238a2e3b4d457fb8")));
  ck_assert(Equal(ByteView(signature).subspan<4>(), Unhex("09dcd1df2e459d36")));
}
END_TEST

START_TEST(EveryKeyLength) {
  Octets octets("EveryKeyLength");
  crypto::Rc4 rc4;
  for (size_t size = 1; size <= crypto::Rc4::kMaxKeySize; ++size) {
    const Bytes key = octets.Take(size);
    rc4.SetKey(key);
    ck_assert_msg(Equal(TakeStream(rc4, 300), oracle->Rc4Stream(key, 300)), "key of %zu octets",
                  size);
  }
}
END_TEST

START_TEST(TwoKeysAtOnce) {
  Octets octets("TwoKeysAtOnce");
  crypto::Rc4 first, second;
  for (int round = 0; round < 200; ++round) {
    std::array<uint8_t, 16> a, b;
    octets.Fill(a);
    octets.Fill(b);
    crypto::Rc4::SetKeys(first, a, second, b);
    const size_t size = octets.Below(600);
    ck_assert(Equal(TakeStream(first, size), oracle->Rc4Stream(a, size)));
    ck_assert(Equal(TakeStream(second, size), oracle->Rc4Stream(b, size)));
  }
}
END_TEST

START_TEST(EveryLength) {
  Octets octets("EveryLength");
  for (size_t size = 0; size <= 1100; ++size) {
    const Bytes key = octets.Take(16), data = octets.Take(size);
    AlignedBytes in(octets.Below(16), data), out(octets.Below(16), size);
    crypto::Rc4 rc4(key);
    rc4.Apply(in.data(), out.data(), size);
    ck_assert_msg(Equal(out.view(), oracle->Cipher("RC4", key, data)), "length %zu", size);
    ck_assert(Equal(in.view(), data));
    ck_assert(out.GuardsHold());
    rc4.SetKey(key);
    rc4.Apply(in.span());
    ck_assert_msg(Equal(in.view(), out.view()), "length %zu, in place", size);
    ck_assert(in.GuardsHold());
  }
}
END_TEST

START_TEST(EveryAlignment) {
  Octets octets("EveryAlignment");
  const Bytes key = octets.Take(16), data = octets.Take(1100);
  const Bytes expected = oracle->Cipher("RC4", key, data);
  for (size_t alignment = 0; alignment < 16 * 16; ++alignment) {
    for (int round = 0; round < 8; ++round) {
      const size_t size = octets.Below(data.size() + 1);
      AlignedBytes in(alignment % 16, ByteView(data).first(size)), out(alignment / 16, size);
      crypto::Rc4 rc4(key);
      rc4.Apply(in.data(), out.data(), size);
      ck_assert_msg(Equal(out.view(), ByteView(expected).first(size)), "%zu octets from %zu to %zu",
                    size, alignment % 16, alignment / 16);
      ck_assert(out.GuardsHold());
    }
  }
}
END_TEST

START_TEST(RandomParts) {
  Octets octets("RandomParts");
  for (int round = 0; round < 500; ++round) {
    const Bytes key = octets.Take(16);
    Bytes data = octets.Take(octets.Below(round % 50 == 0 ? 100000 : 2000));
    const Bytes expected = oracle->Cipher("RC4", key, data);
    crypto::Rc4 rc4(key);
    for (const ByteView part : Split(octets, data, 70)) {
      rc4.Apply(MutableBytes(data)
                    .subspan(static_cast<size_t>(part.data() - data.data()))
                    .first(part.size()));
    }
    ck_assert_msg(Equal(data, expected), "round %d", round);
  }
}
END_TEST

// N366: a refused token must leave the state as it was.
START_TEST(RewindGivesTheSameStream) {
  Octets octets("RewindGivesTheSameStream");
  crypto::Rc4 rc4(octets.Take(16));
  for (size_t n = 0; n <= 2000; ++n) {
    TakeStream(rc4, octets.Below(300));
    const Saved before = StateOf(rc4);
    const Bytes stream = TakeStream(rc4, n);
    if (n != 0) ck_assert(StateOf(rc4) != before);
    rc4.Rewind(n);
    ck_assert_msg(StateOf(rc4) == before, "%zu octets", n);
    ck_assert_msg(Equal(TakeStream(rc4, n), stream), "%zu octets", n);
  }
}
END_TEST

START_TEST(SavedStateGoesOn) {
  Octets octets("SavedStateGoesOn");
  for (int round = 0; round < 100; ++round) {
    crypto::Rc4 first(octets.Take(16)), second;
    TakeStream(first, octets.Below(1000));
    ck_assert(second.Load(StateOf(first)));
    ck_assert(Equal(TakeStream(second, 300), TakeStream(first, 300)));
  }
}
END_TEST

START_TEST(BadSavedStateIsRefused) {
  Octets octets("BadSavedStateIsRefused");
  crypto::Rc4 rc4(octets.Take(16)), other(octets.Take(16));
  const Saved before = StateOf(rc4);
  for (size_t i = 0; i < 256; ++i) {
    Saved bad = StateOf(other);
    bad[i] ^= 1;  // Now one octet is there twice.
    ck_assert(!rc4.Load(bad));
    ck_assert(StateOf(rc4) == before);
  }
  ck_assert(!rc4.Load(Saved{}));
  ck_assert(!rc4.Load(StateOf(crypto::Rc4())));  // No key was set.
  ck_assert(StateOf(rc4) == before);
}
END_TEST

START_TEST(MovedState) {
  Octets octets("MovedState");
  const Bytes key = octets.Take(16);
  crypto::Rc4 first(key);
  const Saved before = StateOf(first);
  crypto::Rc4 second(std::move(first));
  ck_assert(StateOf(second) == before);
  ck_assert(StateOf(first) == Saved{});  // NOLINT: the key must be gone from here.
}
END_TEST

Suite *MakeSuite() {
  Suite *suite = suite_create("crypto_rc4");
  TCase *tests = tcase_create("own");
  tcase_add_loop_test(tests, Rfc6229Vectors, 0, std::size(kVectors));
  tcase_add_test(tests, WrapExNtlmV1);
  tcase_add_test(tests, RewindGivesTheSameStream);
  tcase_add_test(tests, SavedStateGoesOn);
  tcase_add_test(tests, BadSavedStateIsRefused);
  tcase_add_test(tests, MovedState);
  suite_add_tcase(suite, tests);
  if (oracle->has_legacy()) {
    TCase *libcrypto = tcase_create("libcrypto");
    tcase_add_test(libcrypto, EveryKeyLength);
    tcase_add_test(libcrypto, TwoKeysAtOnce);
    tcase_add_test(libcrypto, EveryLength);
    tcase_add_test(libcrypto, EveryAlignment);
    tcase_add_test(libcrypto, RandomParts);
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
