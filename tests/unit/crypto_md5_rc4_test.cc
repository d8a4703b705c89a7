// SPDX-License-Identifier: MIT
// The message cipher against [MS-NLMP] 4.2 and against HMAC-MD5 and RC4 of libcrypto taken apart.
#include "check_main.h"
#include "crypto/md5_rc4.h"
#include "crypto_oracle.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT

const Oracle *oracle;

using Mac = std::array<uint8_t, crypto::kMd5DigestSize>;
using Checksum = std::array<uint8_t, crypto::MessageCipher::kChecksumSize>;
using KeyBytes = std::array<uint8_t, crypto::HmacMd5Key::kKeySize>;
using Saved = std::array<uint8_t, crypto::Rc4::kSavedSize>;

Saved StateOf(const crypto::Rc4 &rc4) {
  Saved saved;
  rc4.Save(saved);
  return saved;
}

Bytes LittleEndian(uint32_t value) {
  return {static_cast<uint8_t>(value), static_cast<uint8_t>(value >> 8),
          static_cast<uint8_t>(value >> 16), static_cast<uint8_t>(value >> 24)};
}

// Keys of one direction, and libcrypto's key stream for it.
struct Direction {
  explicit Direction(Octets &octets, size_t stream_size) {
    octets.Fill(sign_key);
    octets.Fill(seal_key);
    hmac_key = crypto::HmacMd5Key(sign_key);
    stream = oracle->Rc4Stream(seal_key, stream_size);
  }
  // `data` encrypted or decrypted with the octets from `position` of the key stream.
  Bytes Encrypted(ByteView data, size_t position) const {
    ck_assert_uint_le(position + data.size(), stream.size());
    Bytes out(data.begin(), data.end());
    for (size_t i = 0; i < out.size(); ++i) out[i] ^= stream[position + i];
    return out;
  }
  crypto::Rc4 Start() const { return crypto::Rc4(seal_key); }

  KeyBytes sign_key, seal_key;
  crypto::HmacMd5Key hmac_key;
  Bytes stream;
};

enum class Kind { kSign, kSeal, kUnseal };

// A part of a message, where it lies, and what must come of it.
struct Part {
  Part(Octets &octets, Kind which, bool same_place, ByteView content)
      : kind(which),
        in_place(same_place),
        plain(content.begin(), content.end()),
        in(octets.Below(16), content.size()),
        out(octets.Below(16), content.size()) {}

  // Puts the input in its place and says how much key stream the part takes.
  size_t Prepare(const Direction &direction, size_t position) {
    const Bytes sealed = kind == Kind::kSign ? plain : direction.Encrypted(plain, position);
    Copy(in.span(), kind == Kind::kUnseal ? sealed : plain);
    expected = kind == Kind::kSeal ? sealed : plain;
    return kind == Kind::kSign ? 0 : plain.size();
  }
  void Give(crypto::MessageCipher &cipher) {
    uint8_t *const to = in_place ? in.data() : out.data();
    if (kind == Kind::kSign) cipher.Sign(in.view());
    if (kind == Kind::kSeal) cipher.Seal(in.data(), to, plain.size());
    if (kind == Kind::kUnseal) cipher.Unseal(in.data(), to, plain.size());
  }
  bool IsRight() const {
    const bool reads_out = kind != Kind::kSign && !in_place;
    return Equal(reads_out ? out.view() : in.view(), expected) && in.GuardsHold() &&
           out.GuardsHold();
  }

  Kind kind;
  bool in_place;
  Bytes plain, expected;
  AlignedBytes in, out;
};

// Runs one message through the cipher from the start of the key stream, and through libcrypto.
void CheckMessage(const Direction &direction, std::vector<Part> &parts, uint32_t sequence,
                  bool encrypted_checksum) {
  Bytes covered = LittleEndian(sequence);
  size_t position = 0;
  for (Part &part : parts) {
    position += part.Prepare(direction, position);
    covered.insert(covered.end(), part.plain.begin(), part.plain.end());
  }
  const Bytes mac = oracle->HmacMd5(direction.sign_key, covered);

  crypto::Rc4 rc4 = direction.Start();
  const Saved start = StateOf(rc4);
  crypto::MessageCipher cipher(direction.hmac_key, rc4, sequence);
  for (Part &part : parts) part.Give(cipher);
  if (encrypted_checksum) {
    Checksum checksum;
    cipher.FinishEncrypted(checksum);
    ck_assert(Equal(checksum, direction.Encrypted(ByteView(mac).first<8>(), position)));
    position += checksum.size();
  } else {
    Mac own;
    cipher.Finish(own);
    ck_assert(Equal(own, mac));
  }
  for (const Part &part : parts) ck_assert(part.IsRight());

  // The key stream goes on where it must, and all the way back (N366).
  Bytes next(20);
  rc4.Apply(next);
  ck_assert(Equal(next, ByteView(direction.stream).subspan(position, next.size())));
  rc4.Rewind(position + next.size());
  ck_assert(StateOf(rc4) == start);
}

START_TEST(OnePartOfEveryLength) {
  Octets octets("OnePartOfEveryLength");
  const Direction direction(octets, 2000);
  for (size_t size = 0; size <= 1100; ++size) {
    for (const Kind kind : {Kind::kSign, Kind::kSeal, Kind::kUnseal}) {
      for (const bool in_place : {false, true}) {
        std::vector<Part> parts;
        parts.emplace_back(octets, kind, in_place, octets.Take(size));
        CheckMessage(direction, parts, static_cast<uint32_t>(octets.Next()), in_place);
      }
    }
  }
}
END_TEST

// The sealed part begins at each place in a block of MD5 and has each number of octets and blocks
// over: the distance between MD5 and RC4 is different each time.
START_TEST(EveryBlockOffset) {
  Octets octets("EveryBlockOffset");
  const Direction direction(octets, 1000);
  for (size_t offset = 0; offset < crypto::kMd5BlockSize; ++offset) {
    for (int round = 0; round < 100; ++round) {
      const size_t size =
          round < 70 ? static_cast<size_t>(round) * 4 + octets.Below(4) : octets.Below(800);
      const Kind kind = round % 2 == 0 ? Kind::kSeal : Kind::kUnseal;
      std::vector<Part> parts;
      parts.emplace_back(octets, Kind::kSign, true, octets.Take(offset));
      parts.emplace_back(octets, kind, octets.Below(4) != 0, octets.Take(size));
      CheckMessage(direction, parts, static_cast<uint32_t>(round), round % 3 != 0);
    }
  }
}
END_TEST

START_TEST(EveryAlignment) {
  Octets octets("EveryAlignment");
  const Direction direction(octets, 1200);
  const Bytes plain = octets.Take(1100);
  for (size_t alignment = 0; alignment < 16 * 16; ++alignment) {
    for (const Kind kind : {Kind::kSeal, Kind::kUnseal}) {
      std::vector<Part> parts;
      const size_t size = alignment % 2 == 0 ? octets.Below(200) : octets.Below(plain.size() + 1);
      parts.emplace_back(octets, kind, false, ByteView(plain).first(size));
      parts[0].in = AlignedBytes(alignment % 16, size);
      parts[0].out = AlignedBytes(alignment / 16, size);
      CheckMessage(direction, parts, 1, true);
    }
  }
}
END_TEST

size_t SomeLength(Octets &octets) {
  switch (octets.Below(5)) {
    case 0:
      return 0;
    case 1:
      return octets.Below(20);
    case 2:
      return 56 + octets.Below(16);
    case 3:
      return octets.Below(300);
    default:
      return octets.Below(1100);
  }
}

// Up to eight parts of any kind, length and place. Seal and Unseal do not meet in one message of
// NTLM, but nothing forbids it here.
START_TEST(RandomParts) {
  Octets octets("RandomParts");
  const Direction direction(octets, 9000);
  for (int round = 0; round < 6000; ++round) {
    const size_t kinds = round % 4 == 0 ? 3 : 2;
    const Kind sealing = round % 2 == 0 ? Kind::kSeal : Kind::kUnseal;
    std::vector<Part> parts;
    for (size_t count = octets.Below(9); count != 0; --count) {
      const size_t choice = octets.Below(kinds);
      const Kind kind = kinds == 3    ? static_cast<Kind>(choice)
                        : choice == 0 ? Kind::kSign
                                      : sealing;
      parts.emplace_back(octets, kind, octets.Below(2) == 0, octets.Take(SomeLength(octets)));
    }
    CheckMessage(direction, parts, static_cast<uint32_t>(octets.Next()), round % 3 != 0);
  }
}
END_TEST

START_TEST(LongMessages) {
  Octets octets("LongMessages");
  const Direction direction(octets, 1100000);
  for (const size_t size : {16383u, 16384u, 16385u, 65536u, 1048577u}) {
    for (const Kind kind : {Kind::kSign, Kind::kSeal, Kind::kUnseal}) {
      for (const bool in_place : {false, true}) {
        std::vector<Part> parts;
        parts.emplace_back(octets, Kind::kSign, true, octets.Take(octets.Below(100)));
        parts.emplace_back(octets, kind, in_place, octets.Take(size));
        parts.emplace_back(octets, Kind::kSign, true, octets.Take(octets.Below(100)));
        CheckMessage(direction, parts, 0xfffffffe, true);
      }
    }
  }
}
END_TEST

// An empty part may come without memory.
START_TEST(NoMemoryForNothing) {
  Octets octets("NoMemoryForNothing");
  const Direction direction(octets, 100);
  crypto::Rc4 rc4 = direction.Start();
  crypto::MessageCipher cipher(direction.hmac_key, rc4, 5);
  cipher.Sign({});
  cipher.Seal(nullptr, nullptr, 0);
  cipher.Unseal(nullptr, nullptr, 0);
  Mac mac;
  cipher.Finish(mac);
  ck_assert(Equal(mac, oracle->HmacMd5(direction.sign_key, LittleEndian(5))));
}
END_TEST

// N366: a receiver that refuses a token takes the same good token afterwards, and can give the
// caller's buffer back as it was.
START_TEST(RefusedTokenIsUndone) {
  Octets octets("RefusedTokenIsUndone");
  const Direction direction(octets, 2200);
  for (int round = 0; round < 500; ++round) {
    const Bytes plain = octets.Take(1 + octets.Below(2000));
    Bytes token = plain;
    crypto::Rc4 sender = direction.Start(), receiver = direction.Start();
    Checksum sent, computed;
    crypto::MessageCipher sealing(direction.hmac_key, sender, 9);
    sealing.Seal(token.data(), token.data(), token.size());
    sealing.FinishEncrypted(sent);

    Bytes bad = token;
    bad[octets.Below(bad.size())] ^= static_cast<uint8_t>(1u << octets.Below(8));
    const Bytes bad_before = bad;
    const Saved before = StateOf(receiver);
    crypto::MessageCipher refused(direction.hmac_key, receiver, 9);
    refused.Unseal(bad.data(), bad.data(), bad.size());
    refused.FinishEncrypted(computed);
    ck_assert(!Equal(computed, sent));
    ck_assert(StateOf(receiver) != before);
    receiver.Rewind(bad.size() + computed.size());
    ck_assert(StateOf(receiver) == before);
    receiver.Apply(bad);
    receiver.Rewind(bad.size());
    ck_assert(Equal(bad, bad_before));

    crypto::MessageCipher taken(direction.hmac_key, receiver, 9);
    taken.Unseal(token.data(), token.data(), token.size());
    taken.FinishEncrypted(computed);
    ck_assert(Equal(computed, sent));
    ck_assert(Equal(token, plain));
  }
}
END_TEST

// "Plaintext" in UTF-16.
constexpr char kPlaintext[] = "50006c00610069006e007400650078007400";

// [MS-NLMP] 4.2.4.4 GSS_WRAPEX, with NTLMSSP_NEGOTIATE_KEY_EXCH.
START_TEST(WrapExNtlmV2) {
  const crypto::HmacMd5Key key(UnhexArray<16>("4788dc861b4782f35d43fd98fe1a2d39"));
  crypto::Rc4 rc4(Unhex("59f600973cc4960a25480a7c196e4c58"));
  Bytes data = Unhex(kPlaintext);
  Checksum checksum;
  crypto::MessageCipher cipher(key, rc4, 0);
  cipher.Seal(data.data(), data.data(), data.size());
  cipher.FinishEncrypted(checksum);
  ck_assert(Equal(data, Unhex("54e50165bf1936dc996020c1811b0f06fb5f")));
  ck_assert(Equal(checksum, Unhex("7fb38ec5c55d4976")));
}
END_TEST

// [MS-NLMP] 4.2.3.4 GSS_WRAPEX, without NTLMSSP_NEGOTIATE_KEY_EXCH.
START_TEST(WrapExNtlmV1ClientChallenge) {
  const crypto::HmacMd5Key key(UnhexArray<16>("60e799be5c72fc92922ae8ebe961fb8d"));
  crypto::Rc4 rc4(Unhex("04dd7f014d8504d265a25cc86a3a7c06"));
  Bytes data = Unhex(kPlaintext);
  Mac mac;
  crypto::MessageCipher cipher(key, rc4, 0);
  cipher.Seal(data.data(), data.data(), data.size());
  cipher.Finish(mac);
  ck_assert(Equal(data, Unhex("a02372f6530273f3aa1eb90190ce5200c99d")));
  ck_assert(Equal(ByteView(mac).first<8>(), Unhex("ff2aeb52f681793a")));
}
END_TEST

// The key stream and the sequence number run on from message to message; what follows the first
// message was computed independently, not published.
START_TEST(MessagesInARow) {
  struct Message {
    const char *plain, *checksum, *sealed;
  };
  constexpr Message kMessages[] = {
      {kPlaintext, "7fb38ec5c55d4976", "54e50165bf1936dc996020c1811b0f06fb5f"},
      {"5300650063006f006e006400", "2360d2ad747f3142", "67c301e09ca230e7f4233553"},
      {"", "18a67d82667f6dbd", ""},
      {"78", "cabcc540537095a9", "1c"},
  };
  const crypto::HmacMd5Key key(UnhexArray<16>("4788dc861b4782f35d43fd98fe1a2d39"));
  crypto::Rc4 rc4(Unhex("59f600973cc4960a25480a7c196e4c58"));
  uint32_t sequence = 0;
  for (const Message &message : kMessages) {
    Bytes data = Unhex(message.plain);
    Checksum checksum;
    crypto::MessageCipher cipher(key, rc4, sequence++);
    cipher.Seal(data.data(), data.data(), data.size());
    cipher.FinishEncrypted(checksum);
    ck_assert(Equal(data, Unhex(message.sealed)));
    ck_assert(Equal(checksum, Unhex(message.checksum)));
  }
}
END_TEST

Suite *MakeSuite() {
  Suite *suite = suite_create("crypto_md5_rc4");
  TCase *vectors = tcase_create("vectors");
  tcase_add_test(vectors, WrapExNtlmV2);
  tcase_add_test(vectors, WrapExNtlmV1ClientChallenge);
  tcase_add_test(vectors, MessagesInARow);
  suite_add_tcase(suite, vectors);
  if (oracle->has_legacy()) {
    TCase *libcrypto = tcase_create("libcrypto");
    tcase_set_timeout(libcrypto, 60);
    tcase_add_test(libcrypto, OnePartOfEveryLength);
    tcase_add_test(libcrypto, EveryBlockOffset);
    tcase_add_test(libcrypto, EveryAlignment);
    tcase_add_test(libcrypto, RandomParts);
    tcase_add_test(libcrypto, LongMessages);
    tcase_add_test(libcrypto, NoMemoryForNothing);
    tcase_add_test(libcrypto, RefusedTokenIsUndone);
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
