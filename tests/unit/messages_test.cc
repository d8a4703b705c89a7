// SPDX-License-Identifier: MIT
// The three messages, AV_PAIRs and the NTLMv2 response: what is built is what is parsed, and no
// input makes a parser read where there is nothing.
#include "ntlm/authenticate_message.h"
#include "ntlm/challenge_message.h"
#include "ntlm/negotiate_message.h"
#include "ntlm/ntlmv2_response.h"
#include "ntlm_support.h"
#include "policy/policy.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT
using namespace gss_sspi::ntlm;  // NOLINT

constexpr int kRounds = 300;

void PutU16(Bytes *bytes, size_t at, size_t value) {
  (*bytes)[at] = static_cast<uint8_t>(value);
  (*bytes)[at + 1] = static_cast<uint8_t>(value >> 8);
}

void PutU32(Bytes *bytes, size_t at, uint64_t value) {
  PutU16(bytes, at, value & 0xffff);
  PutU16(bytes, at + 2, value >> 16 & 0xffff);
}

// A list of pairs with MsvAvEOL, of any ids and contents that are well-formed.
Bytes RandomPairs(Octets &octets) {
  Bytes list;
  for (size_t left = octets.Below(12); left > 0; --left) {
    const size_t id = 1 + octets.Below(14);
    const size_t size = id == 6 ? 4 : id == 7 ? 8 : id == 10 ? 16 : octets.Below(40);
    const Bytes value = octets.Take(size);
    Bytes header(4);
    PutU16(&header, 0, id);
    PutU16(&header, 2, size);
    list = Concatenate({list, header, value});
  }
  return Concatenate({list, Bytes(4)});
}

// ---- parse(build(m)) == m
// ------------------------------------------------------------------------

START_TEST(NegotiateRoundTrip) {
  Octets octets("NegotiateRoundTrip");
  for (int round = 0; round < kRounds; ++round) {
    const NegotiateMessage message{static_cast<Flags>(octets.Next()), false};
    std::array<uint8_t, NegotiateMessage::kSize> built{};
    message.Build(built);
    const auto parsed = NegotiateMessage::Parse(built);
    ck_assert(static_cast<bool>(parsed));
    ck_assert_uint_eq(parsed->negotiate_flags, message.negotiate_flags);
    ck_assert(!parsed->trailing_octets);
  }
}
END_TEST

START_TEST(ChallengeRoundTrip) {
  Octets octets("ChallengeRoundTrip");
  for (int round = 0; round < kRounds; ++round) {
    const Bytes name = octets.Take(octets.Below(60));
    const Bytes info = RandomPairs(octets);
    std::array<uint8_t, 8> challenge{};
    octets.Fill(challenge);
    const Flags flags = static_cast<Flags>(octets.Next()) | kTargetInfo;
    const ChallengeMessage message{flags, name, challenge, info};
    Bytes built(message.BuiltSize());
    message.Build(built);
    const auto parsed = ChallengeMessage::Parse(built);
    ck_assert(static_cast<bool>(parsed));
    ck_assert_uint_eq(parsed->negotiate_flags, flags);
    ck_assert(Equal(parsed->server_challenge, challenge));
    ck_assert(Equal(parsed->target_name, name));
    ck_assert(Equal(parsed->target_info, info));
  }
}
END_TEST

constexpr ByteView AuthenticateMessage::*kAuthenticateFields[] = {
    &AuthenticateMessage::domain_name,           &AuthenticateMessage::user_name,
    &AuthenticateMessage::workstation,           &AuthenticateMessage::lm_challenge_response,
    &AuthenticateMessage::nt_challenge_response, &AuthenticateMessage::encrypted_random_session_key,
};

START_TEST(AuthenticateRoundTrip) {
  Octets octets("AuthenticateRoundTrip");
  for (int round = 0; round < kRounds; ++round) {
    std::vector<Bytes> values;
    AuthenticateMessage message;
    message.negotiate_flags = static_cast<Flags>(octets.Next());
    for (const auto field : kAuthenticateFields) {
      values.push_back(octets.Take(octets.Below(4) == 0 ? 0 : octets.Below(600)));
      message.*field = values.back();
    }
    Bytes built(message.BuiltSize());
    message.Build(built);
    const auto parsed = AuthenticateMessage::Parse(built);
    ck_assert(static_cast<bool>(parsed));
    ck_assert_uint_eq(parsed->negotiate_flags, message.negotiate_flags);
    ck_assert_uint_eq(parsed->mic_offset, AuthenticateMessage::kMicOffset);
    ck_assert(!parsed->trailing_octets);
    for (size_t i = 0; i < values.size(); ++i) {
      ck_assert(Equal((*parsed).*kAuthenticateFields[i], values[i]));
    }
    // One octet more is seen (N346).
    built.push_back(0);
    const auto longer = AuthenticateMessage::Parse(built);
    ck_assert(static_cast<bool>(longer) && longer->trailing_octets);
  }
}
END_TEST

START_TEST(AvPairsRoundTrip) {
  Octets octets("AvPairsRoundTrip");
  for (int round = 0; round < kRounds; ++round) {
    const Bytes list = RandomPairs(octets);
    const auto pairs = AvPairs::Parse(list, "test");
    ck_assert(static_cast<bool>(pairs));
    ck_assert(Equal(pairs->raw(), ByteView(list).first(list.size() - 4)));
    // The walk gives the same octets, and the first pair of an id is the one that is found (N320).
    Bytes again;
    std::array<bool, kAvIdCount> seen{};
    ForEachAvPair(pairs->raw(), [&](uint16_t id, ByteView pair) {
      again.insert(again.end(), pair.begin(), pair.end());
      if (id >= kAvIdCount || seen[id]) return;
      seen[id] = true;
      const auto found = pairs->Find(static_cast<AvId>(id));
      ck_assert(found && Equal(*found, pair.subspan(kAvHeaderSize)));
    });
    ck_assert(Equal(again, pairs->raw()));
    for (size_t id = 1; id < kAvIdCount; ++id) {
      ck_assert_int_eq(pairs->Find(static_cast<AvId>(id)).has_value(), seen[id]);
    }
  }
}
END_TEST

START_TEST(ResponseRoundTrip) {
  Octets octets("ResponseRoundTrip");
  for (int round = 0; round < kRounds; ++round) {
    const Bytes list = RandomPairs(octets);
    const auto pairs = AvPairs::Parse(list, "test");
    const Bytes client_challenge = octets.Take(8);
    const FileTime time = octets.Next();
    std::optional<ChannelBindingsHash> bindings;
    if (octets.Below(2) == 0) octets.Fill(bindings.emplace());
    const std::string target(octets.Below(30), 'h');
    const ClientChallenge client{time, ByteView(client_challenge).first<8>(), *pairs, target,
                                 bindings};
    Bytes built(client.ResponseSize());
    client.Build(built);
    const auto parsed = Ntlmv2Response::Parse(built);
    ck_assert(static_cast<bool>(parsed));
    ck_assert_uint_eq(parsed->timestamp, time);
    ck_assert_uint_eq(parsed->proof.size(), kNtProofStrSize);
    ck_assert_uint_eq(parsed->temp.size(), built.size() - kNtProofStrSize);
    // N320, N714: names and time are the server's; flags, target and bindings are our own.
    for (const AvId id : {AvId::kNbComputerName, AvId::kNbDomainName, AvId::kDnsComputerName,
                          AvId::kDnsDomainName, AvId::kDnsTreeName, AvId::kTimestamp}) {
      const auto sent = pairs->Find(id);
      const auto kept = parsed->av_pairs.Find(id);
      ck_assert(sent.has_value() == kept.has_value() && (!sent || Equal(*sent, *kept)));
    }
    ck_assert_uint_eq(parsed->av_pairs.flags(),
                      (pairs->flags() & kAvFlagConstrained) | kAvFlagMicPresent);
    ck_assert(!parsed->av_pairs.Find(AvId::kSingleHost));
    ck_assert(Equal(*parsed->av_pairs.Find(AvId::kTargetName), Utf16(target)));
    const auto found = parsed->av_pairs.Find(AvId::kChannelBindings);
    ck_assert(found.has_value() == bindings.has_value() && (!found || Equal(*found, *bindings)));
  }
}
END_TEST

// ---- Truncation
// ----------------------------------------------------------------------------------

bool ParsesNegotiate(ByteView octets) { return static_cast<bool>(NegotiateMessage::Parse(octets)); }

// Reads all of what a parser gives, so that a sanitizer sees views that point elsewhere.
bool InBounds(ByteView all, ByteView part) {
  unsigned sum = 0;
  for (const uint8_t octet : part) sum += octet;
  return sum <= 255U * all.size() &&
         (part.empty() ||
          (part.data() >= all.data() && part.data() + part.size() <= all.data() + all.size()));
}

bool ParsesChallenge(ByteView octets) {
  const auto parsed = ChallengeMessage::Parse(octets);
  if (!parsed) return false;
  ck_assert(InBounds(octets, parsed->target_name));
  ck_assert(InBounds(octets, parsed->target_info));
  const auto pairs = AvPairs::Parse(parsed->target_info, "test");
  if (pairs) ck_assert(InBounds(octets, pairs->raw()));
  return true;
}

bool ParsesAuthenticate(ByteView octets) {
  const auto parsed = AuthenticateMessage::Parse(octets);
  if (!parsed) return false;
  for (const auto field : kAuthenticateFields) ck_assert(InBounds(octets, (*parsed).*field));
  ck_assert(parsed->mic_offset == 0 || parsed->mic_offset + kMicSize <= octets.size());
  const auto response = Ntlmv2Response::Parse(parsed->nt_challenge_response);
  if (response) ck_assert(InBounds(octets, response->av_pairs.raw()));
  return true;
}

using Parser = bool (*)(ByteView);

struct Published {
  std::string path;
  Parser parse;
};

std::vector<Published> PublishedMessages() {
  struct Row {
    const char *suffix;
    Parser parse;
  };
  constexpr Row kRows[] = {{"negotiate_message", ParsesNegotiate},
                           {"challenge_message", ParsesChallenge},
                           {"authenticate_message", ParsesAuthenticate},
                           {"ntlm_negotiate", ParsesNegotiate},
                           {"ntlm_challenge", ParsesChallenge},
                           {"ntlm_authenticate", ParsesAuthenticate},
                           {"ntlm_authenticate_no_sign_seal", ParsesAuthenticate}};
  std::vector<Published> published;
  for (const VectorRow &vector : kVectorRows) {
    const std::string_view key = vector.path.substr(vector.path.rfind('.') + 1);
    for (const Row &row : kRows) {
      if (key == row.suffix) published.push_back({Text(vector.path), row.parse});
    }
  }
  ck_assert_uint_ge(published.size(), 16);
  return published;
}

START_TEST(PublishedMessagesAreRead) {
  for (const Published &message : PublishedMessages()) {
    const ExactCopy octets(BytesVector(message.path));
    ck_assert_msg(message.parse(octets.view()), "%s", message.path.c_str());
  }
}
END_TEST

START_TEST(Truncations) {
  for (const Published &message : PublishedMessages()) {
    const Bytes whole = BytesVector(message.path);
    size_t refused = 0;
    for (size_t size = 0; size < whole.size(); ++size) {
      const ExactCopy cut(ByteView(whole).first(size));
      if (!message.parse(cut.view())) ++refused;
    }
    // The fixed part is always needed.
    ck_assert_msg(refused >= 16, "%s: %zu", message.path.c_str(), refused);
  }
}
END_TEST

START_TEST(EachOctetFlipped) {
  for (const Published &message : PublishedMessages()) {
    const Bytes whole = BytesVector(message.path);
    for (size_t at = 0; at < whole.size(); ++at) {
      for (const unsigned mask : {0x01U, 0x80U, 0xffU}) {
        Bytes changed = whole;
        changed[at] = static_cast<uint8_t>(changed[at] ^ mask);
        const ExactCopy octets(changed);
        const bool parsed = message.parse(octets.view());
        if (at < 12) ck_assert(!parsed);  // Signature and MessageType
      }
    }
  }
}
END_TEST

// ---- N707: descriptors
// ---------------------------------------------------------------------------

// Where a field is described in a message, and whether its payload may begin at `least`.
struct DescriptorCase {
  const char *path;
  Parser parse;
  size_t at;
  size_t least;
};

// The least place of a payload: 32 in NEGOTIATE, 32 for TargetName and 48 for TargetInfo in
// CHALLENGE, 64 in AUTHENTICATE.
constexpr DescriptorCase kDescriptors[] = {
    {"pyspnego_samples.values.ntlm_negotiate", ParsesNegotiate, 16, 32},
    {"pyspnego_samples.values.ntlm_negotiate", ParsesNegotiate, 24, 32},
    {"pyspnego_samples.values.ntlm_challenge", ParsesChallenge, 12, 32},
    {"pyspnego_samples.values.ntlm_challenge", ParsesChallenge, 40, 48},
    {"pyspnego_samples.values.ntlm_authenticate", ParsesAuthenticate, 12, 64},
    {"pyspnego_samples.values.ntlm_authenticate", ParsesAuthenticate, 20, 64},
    {"pyspnego_samples.values.ntlm_authenticate", ParsesAuthenticate, 28, 64},
    {"pyspnego_samples.values.ntlm_authenticate", ParsesAuthenticate, 36, 64},
    {"pyspnego_samples.values.ntlm_authenticate", ParsesAuthenticate, 44, 64},
    {"pyspnego_samples.values.ntlm_authenticate", ParsesAuthenticate, 52, 64},
};

// The other descriptors of the message emptied, so that nothing can overlap.
Bytes WithOnlyDescriptor(const DescriptorCase &which) {
  Bytes octets = BytesVector(which.path);
  for (const DescriptorCase &other : kDescriptors) {
    if (std::string_view(other.path) != which.path || other.at == which.at) continue;
    PutU16(&octets, other.at, 0);
    PutU16(&octets, other.at + 2, 0);
  }
  return octets;
}

void SweepDescriptor(const DescriptorCase &which, size_t *accepted, size_t *refused) {
  const Bytes base = WithOnlyDescriptor(which);
  const uint64_t n = base.size();
  const uint64_t numbers[] = {0,     1,        which.least - 1, which.least, n - 1,     n,
                              n + 1, 1U << 15, 0xffff,          0x80000000,  0xffffffff};
  for (const uint64_t offset : numbers) {
    for (const uint64_t length : numbers) {
      if (length > 0xffff) continue;  // Len has 16 bits
      Bytes octets = base;
      PutU16(&octets, which.at, length);
      PutU16(&octets, which.at + 2, length);
      PutU32(&octets, which.at + 4, offset);
      // A CHALLENGE whose name begins where TargetInfo's descriptor is has the short header
      // (N341): then there is no such descriptor.
      const bool allowed = length == 0 || (offset >= which.least && offset + length <= n);
      const ExactCopy exact(octets);
      const bool parsed = which.parse(exact.view());
      ck_assert_msg(parsed == allowed, "%s at %zu: offset %llu length %llu: %d", which.path,
                    which.at, static_cast<unsigned long long>(offset),
                    static_cast<unsigned long long>(length), parsed);
      ++*(parsed ? accepted : refused);
    }
  }
}

START_TEST(Descriptors) {
  size_t accepted = 0;
  size_t refused = 0;
  for (const DescriptorCase &which : kDescriptors) SweepDescriptor(which, &accepted, &refused);
  ck_assert_uint_gt(accepted, 100);
  ck_assert_uint_gt(refused, 100);
}
END_TEST

// N707: a field that shares octets with another.
START_TEST(OverlappingFields) {
  const Bytes base = BytesVector("pyspnego_samples.values.ntlm_authenticate");
  ck_assert(ParsesAuthenticate(base));
  size_t tried = 0;
  for (const size_t a : {20U, 28U, 36U, 44U, 52U}) {
    for (const size_t b : {20U, 28U, 36U, 44U, 52U}) {
      if (a == b || (base[a] == 0 && base[a + 1] == 0)) continue;  // DomainName is empty
      Bytes octets = base;
      std::copy_n(base.begin() + static_cast<ptrdiff_t>(a), 8,
                  octets.begin() + static_cast<ptrdiff_t>(b));
      const ExactCopy exact(octets);
      ck_assert(!ParsesAuthenticate(exact.view()));
      ++tried;
    }
  }
  ck_assert_uint_eq(tried, 16);
}
END_TEST

// ---- N709: AV_PAIR lists of any shape
// ------------------------------------------------------------

size_t FixedSizeOf(size_t id) { return id == 6 ? 4 : id == 7 ? 8 : id == 10 ? 16 : 0; }

START_TEST(AvPairLengths) {
  constexpr size_t kMost = 20;
  for (size_t id = 0; id <= 12; ++id) {
    for (size_t length = 0; length <= kMost + 1; ++length) {
      for (size_t room = 0; room <= kMost; ++room) {
        for (const bool eol : {false, true}) {
          Bytes list(4 + room + (eol ? 4 : 0), 0);
          PutU16(&list, 0, id);
          PutU16(&list, 2, length);
          // What follows the pair is zero: an MsvAvEOL if four octets of it are left.
          const bool ends = length + 4 <= room + (eol ? 4 : 0);
          const bool allowed =
              id == 0 ? length == 0 : ends && (FixedSizeOf(id) == 0 || FixedSizeOf(id) == length);
          const ExactCopy exact(list);
          const auto parsed = AvPairs::Parse(exact.view(), "test");
          ck_assert_msg(static_cast<bool>(parsed) == allowed, "id %zu length %zu room %zu eol %d",
                        id, length, room, eol);
        }
      }
    }
  }
}
END_TEST

START_TEST(AvPairCountsAndSizes) {
  // N804: at most 64 pairs, the last one MsvAvEOL.
  for (size_t count = 0; count <= 80; ++count) {
    Bytes list;
    for (size_t i = 0; i < count; ++i) list = Concatenate({list, Unhex("02000000")});
    list = Concatenate({list, Bytes(4)});
    ck_assert_int_eq(static_cast<bool>(AvPairs::Parse(list, "test")), count < Limits::kAvPairs);
  }
  // A value of any size up to 64 KiB that is there in full.
  for (const size_t size : {1U, 255U, 256U, 16384U, 65535U}) {
    Bytes list(4 + size + 4, 0);
    PutU16(&list, 0, 2);
    PutU16(&list, 2, size);
    const ExactCopy whole(list);
    ck_assert(static_cast<bool>(AvPairs::Parse(whole.view(), "test")));
    for (const size_t less : {size_t{1}, size_t{4}, size_t{5}, size + 4, size + 8}) {
      const ExactCopy cut(ByteView(list).first(list.size() - less));
      ck_assert(!AvPairs::Parse(cut.view(), "test"));
    }
  }
}
END_TEST

// N804: TargetInfo has at most 16 KiB.
START_TEST(SizeOfTargetInfo) {
  for (const size_t size : {Limits::kTargetInfo, Limits::kTargetInfo + 1}) {
    const Bytes info(size, 0);
    const std::array<uint8_t, 8> challenge{};
    const ChallengeMessage message{kTargetInfo, {}, challenge, info};
    Bytes built(message.BuiltSize());
    message.Build(built);
    const auto parsed = ChallengeMessage::Parse(built);
    ck_assert_int_eq(static_cast<bool>(parsed), size <= Limits::kTargetInfo);
    if (!parsed) ck_assert(parsed.error().status == Status::kTokenTooLarge);
  }
}
END_TEST

// N340: NEGOTIATE of 16 octets and more.
START_TEST(ShortNegotiate) {
  const Bytes whole = BytesVector("pyspnego_samples.values.ntlm_negotiate");
  for (size_t size = 0; size <= whole.size(); ++size) {
    const ExactCopy cut(ByteView(whole).first(size));
    ck_assert_int_eq(ParsesNegotiate(cut.view()), size >= 16);
  }
  Bytes longest = whole;
  longest.resize(Limits::kNegotiateMessage);
  const auto parsed = NegotiateMessage::Parse(longest);
  ck_assert(static_cast<bool>(parsed) && parsed->trailing_octets);
  longest.push_back(0);
  ck_assert(!NegotiateMessage::Parse(longest));
}
END_TEST

// N346: octets behind the payload of a NEGOTIATE that has one.
START_TEST(BehindThePayloadOfNegotiate) {
  std::array<uint8_t, NegotiateMessage::kSize> header{};
  NegotiateMessage{kUnicode, false}.Build(header);
  Bytes message(header.begin(), header.end());
  PutU16(&message, 16, 4);                        // DomainName
  PutU16(&message, 20, NegotiateMessage::kSize);  // where it stands
  message.resize(NegotiateMessage::kSize + 4, 'D');
  for (size_t behind = 0; behind <= 16; ++behind) {
    const auto parsed = NegotiateMessage::Parse(message);
    ck_assert(static_cast<bool>(parsed));
    ck_assert_msg(parsed->trailing_octets == (behind != 0), "%zu", behind);
    message.push_back(0);
  }
}
END_TEST

Suite *MessagesSuite() {
  Suite *suite = suite_create("messages");
  TCase *round_trips = tcase_create("round trips");
  tcase_add_test(round_trips, NegotiateRoundTrip);
  tcase_add_test(round_trips, ChallengeRoundTrip);
  tcase_add_test(round_trips, AuthenticateRoundTrip);
  tcase_add_test(round_trips, AvPairsRoundTrip);
  tcase_add_test(round_trips, ResponseRoundTrip);
  suite_add_tcase(suite, round_trips);
  TCase *hostile = tcase_create("hostile input");
  tcase_set_timeout(hostile, 60);
  tcase_add_test(hostile, PublishedMessagesAreRead);
  tcase_add_test(hostile, Truncations);
  tcase_add_test(hostile, EachOctetFlipped);
  tcase_add_test(hostile, Descriptors);
  tcase_add_test(hostile, OverlappingFields);
  tcase_add_test(hostile, AvPairLengths);
  tcase_add_test(hostile, AvPairCountsAndSizes);
  tcase_add_test(hostile, SizeOfTargetInfo);
  tcase_add_test(hostile, ShortNegotiate);
  tcase_add_test(hostile, BehindThePayloadOfNegotiate);
  suite_add_tcase(suite, hostile);
  return suite;
}

}  // namespace

int main() { return RunSuite(MessagesSuite()); }
