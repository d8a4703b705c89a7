// SPDX-License-Identifier: MIT
// TSRequest: published messages octet for octet, what is refused (C6, C8 to C11, C152), and that
// what is built is what is parsed.
#include "credssp/ts_request.h"
#include "credssp_support.h"

namespace {

using namespace gss_sspi;           // NOLINT
using namespace gss_sspi::test;     // NOLINT
using namespace gss_sspi::credssp;  // NOLINT

constexpr char kComputed[] = "credssp_computed.ts_request.";
constexpr char kSspiRs[] = "credssp_tsrequest_sspi_rs.values.";

Bytes Version(const char *hex = "06") { return Tagged(0, {Integer(hex)}); }
Bytes Octet(unsigned number) { return Tagged(number, {OctetString(Unhex("5a"))}); }
Bytes NegoToken(ByteView token) { return Sequence({Tagged(0, {OctetString(token)})}); }
Bytes NegoTokens(Parts tokens) { return Tagged(1, {Sequence(tokens)}); }
Bytes ErrorCode(const char *hex) { return Tagged(4, {Integer(hex)}); }

bool Parses(ByteView input) {
  const ExactCopy exact(input);
  const auto parsed = TsRequest::Parse(exact.view());
  if (!parsed) {
    ck_assert(parsed.error().status == Status::kCredsspDefectiveToken);
    ck_assert_msg(parsed.error().has_detail, "%s", Hex(input).c_str());
  }
  return static_cast<bool>(parsed);
}

void ExpectRefused(ByteView input) { ck_assert_msg(!Parses(input), "%s", Hex(input).c_str()); }

TsRequest Parsed(ByteView input) {
  const auto parsed = TsRequest::Parse(input);
  ck_assert_msg(static_cast<bool>(parsed), "%s: %s", Hex(input).c_str(),
                parsed ? "" : DetailOf(parsed.error().status));
  return *parsed;
}

bool Same(const std::optional<ByteView> &a, const std::optional<ByteView> &b) {
  return a.has_value() == b.has_value() && (!a || Equal(*a, *b));
}

bool Same(const TsRequest &a, const TsRequest &b) {
  return a.version == b.version && a.error_code == b.error_code &&
         Same(a.nego_token, b.nego_token) && Same(a.auth_info, b.auth_info) &&
         Same(a.pub_key_auth, b.pub_key_auth) && Same(a.client_nonce, b.client_nonce);
}

// ---- Published messages
// --------------------------------------------------------------------------

// Each field is a path behind that of its file, or null when the message does not have it.
struct Published {
  const char *file, *message;
  uint32_t version;
  uint32_t error_code;
  const char *nego_token, *auth_info, *pub_key_auth, *client_nonce;
  bool exact = true;  // and ours would have the same octets
};

constexpr Published kPublished[] = {
    {kComputed, "version_alone", 6, 0, nullptr, nullptr, nullptr, nullptr},
    {kComputed, "nego_token", 6, 0, "*", nullptr, nullptr, "*"},
    {kComputed, "client_pub_key_auth", 6, 0, nullptr, nullptr, "*", "*"},
    {kComputed, "server_pub_key_auth", 6, 0, nullptr, nullptr, "*", nullptr},
    {kComputed, "auth_info", 6, 0, nullptr, "*", nullptr, nullptr},
    {kComputed, "error_logon_failure", 6, 0xc000006d, nullptr, nullptr, nullptr, nullptr},
    {kComputed, "error_not_supported_version_3", 3, 0xc00000bb, nullptr, nullptr, nullptr, nullptr},
    {kComputed, "error_sec_e_logon_denied", 6, 0x8009030c, nullptr, nullptr, nullptr, nullptr},
    {kComputed, "error_of_5_octets", 6, 0xc000006d, nullptr, nullptr, nullptr, nullptr, false},
    {kSspiRs, "ntlm_1_phase_ts_request", 6, 0, "ntlm_1_phase_nego_token", nullptr, nullptr,
     "ntlm_client_nonce"},
    {kSspiRs, "ntlm_2_phase_ts_request", 6, 0, "ntlm_2_phase_nego_token", nullptr, nullptr,
     "ntlm_client_nonce"},
    {kSspiRs, "ntlm_3_phase_ts_request", 6, 0, "ntlm_3_phase_nego_token", nullptr,
     "ntlm_3_phase_pub_key_auth", "ntlm_client_nonce"},
    {kSspiRs, "ntlm_4_phase_ts_request", 6, 0, nullptr, nullptr, "ntlm_4_phase_pub_key_auth",
     "ntlm_client_nonce"},
    {kSspiRs, "ntlm_5_phase_ts_request", 6, 0, nullptr, "ntlm_5_phase_auth_info", nullptr,
     "ntlm_client_nonce"},
    {kSspiRs, "ntlm_without_client_nonce", 6, 0, "*", nullptr, nullptr, nullptr},
    // C9: pubKeyAuth and clientNonce are there, and ignored.
    {kSspiRs, "ntlm_with_error_code_ts_request", 6, 0xc00700ea, nullptr, nullptr, nullptr, nullptr,
     false},
};

Bytes MessageOf(const Published &row) { return BytesVector(std::string(row.file) + row.message); }

// "*" is any.
void ExpectField(const std::optional<ByteView> &got, const Published &row, const char *wanted) {
  ck_assert_msg(got.has_value() == (wanted != nullptr), "%s: %s", row.message,
                wanted != nullptr ? wanted : "a field too many");
  if (got && std::string_view(wanted) != "*") ExpectVector(*got, std::string(row.file) + wanted);
}

START_TEST(PublishedMessages) {
  for (const Published &row : kPublished) {
    const ExactCopy octets(MessageOf(row));
    const TsRequest request = Parsed(octets.view());
    ck_assert_uint_eq(request.version, row.version);
    ck_assert_uint_eq(request.error_code, row.error_code);
    ExpectField(request.nego_token, row, row.nego_token);
    ExpectField(request.auth_info, row, row.auth_info);
    ExpectField(request.pub_key_auth, row, row.pub_key_auth);
    ExpectField(request.client_nonce, row, row.client_nonce);
    const auto built = request.Build();
    ck_assert(static_cast<bool>(built));
    ck_assert_msg(Equal(built->view(), octets.view()) == row.exact, "%s: %s", row.message,
                  Hex(built->view()).c_str());
  }
}
END_TEST

// The message is made of values alone.
START_TEST(BuiltFromValues) {
  const Bytes token = BytesVector(std::string(kSspiRs) + "ntlm_3_phase_nego_token");
  const Bytes pub_key_auth = BytesVector(std::string(kSspiRs) + "ntlm_3_phase_pub_key_auth");
  const Bytes nonce = BytesVector(std::string(kSspiRs) + "ntlm_client_nonce");
  TsRequest request;
  request.nego_token = token;
  request.pub_key_auth = pub_key_auth;
  request.client_nonce = nonce;
  const auto built = request.Build();
  ck_assert(static_cast<bool>(built));
  ExpectVector(built->view(), std::string(kSspiRs) + "ntlm_3_phase_ts_request");

  // C3: an empty token is written, and read as none.
  TsRequest empty;
  empty.nego_token = ByteView();
  const auto with_empty = empty.Build();
  ck_assert(static_cast<bool>(with_empty));
  ExpectHex(with_empty->view(), "300fa003020106a10830063004a0020400");
  ck_assert(!Parsed(with_empty->view()).nego_token);
}
END_TEST

// ---- Round trips
// ---------------------------------------------------------------------------------

START_TEST(RoundTrips) {
  Octets octets("RoundTrips");
  for (int round = 0; round < 500; ++round) {
    TsRequest request;
    std::vector<Bytes> values;
    values.reserve(4);
    for (auto *field :
         {&request.nego_token, &request.auth_info, &request.pub_key_auth, &request.client_nonce}) {
      if (octets.Below(3) == 0) continue;
      const bool token = field == &request.nego_token;
      values.push_back(
          octets.Take((token ? 1 : 0) + octets.Below(octets.Below(4) == 0 ? 5000 : 140)));
      *field = ByteView(values.back());
    }
    request.version = octets.Below(4) == 0 ? static_cast<uint32_t>(2 + octets.Next() % 0xfffffffe)
                                           : static_cast<uint32_t>(2 + octets.Below(6));
    const auto built = request.Build();
    ck_assert(static_cast<bool>(built));
    ck_assert(Same(Parsed(built->view()), request));
    const auto size = TsRequest::SizeAt(built->view());
    ck_assert(size && *size == built->size());

    // With an error code, that and the version are what is left.
    TsRequest failed = request;
    failed.error_code = static_cast<uint32_t>(octets.Next()) | 1;
    const auto built_failed = failed.Build();
    ck_assert(static_cast<bool>(built_failed));
    TsRequest expected;
    expected.version = failed.version;
    expected.error_code = failed.error_code;
    ck_assert(Same(Parsed(built_failed->view()), expected));
  }
}
END_TEST

// ---- Hostile input
// -------------------------------------------------------------------------------

START_TEST(Truncations) {
  for (const Published &row : kPublished) {
    const Bytes whole = MessageOf(row);
    const size_t header = whole[1] < 0x80 ? 2 : size_t{2} + (whole[1] & 0x7f);
    for (size_t size = 0; size < whole.size(); ++size) {
      ExpectRefused(ByteView(whole).first(size));
      const ExactCopy cut(ByteView(whole).first(size));
      const auto announced = TsRequest::SizeAt(cut.view());
      ck_assert(static_cast<bool>(announced));
      ck_assert_uint_eq(*announced, size < header ? 0 : whole.size());
    }
    // What is behind the message is not its matter, but is not part of it either.
    const Bytes longer = Concatenate({whole, Unhex("30")});
    const auto announced = TsRequest::SizeAt(longer);
    ck_assert(announced && *announced == whole.size());
    ExpectRefused(longer);
  }
}
END_TEST

bool InBounds(ByteView all, const std::optional<ByteView> &part) {
  return !part || part->empty() ||
         (part->data() >= all.data() && part->data() + part->size() <= all.data() + all.size());
}

START_TEST(EachOctetChanged) {
  for (const Published &row : kPublished) {
    const Bytes whole = MessageOf(row);
    size_t refused = 0;
    for (size_t at = 0; at < whole.size(); ++at) {
      for (const unsigned mask : {0x01U, 0x20U, 0x80U, 0xffU}) {
        Bytes changed = whole;
        changed[at] = static_cast<uint8_t>(changed[at] ^ mask);
        const ExactCopy exact(changed);
        const auto parsed = TsRequest::Parse(exact.view());
        if (!parsed) {
          ++refused;
          continue;
        }
        ck_assert(InBounds(exact.view(), parsed->nego_token));
        ck_assert(InBounds(exact.view(), parsed->auth_info));
        ck_assert(InBounds(exact.view(), parsed->pub_key_auth));
        ck_assert(InBounds(exact.view(), parsed->client_nonce));
      }
    }
    ck_assert_uint_gt(refused, 4);
  }
}
END_TEST

// C11, C152: refused as soon as the header says it.
START_TEST(HeadersRefusedAtOnce) {
  for (const char *hex : {
           "3080", "3085", "30850000000005",      // indefinite, five octets
           "308300fffc", "3083010000",            // 65537 and 65541 octets
           "30840000fffb",                        // 65537
           "3084ffffffff", "308480000000",        // 2^32 + 5, 2^31 + 6
           "31", "10", "a0", "70", "1f", "bf06",  // wrong type, class, form; a high tag number
           "16", "47",                            // TLS, HTTP
       }) {
    const ExactCopy header(Unhex(hex));
    const auto size = TsRequest::SizeAt(header.view());
    ck_assert_msg(!size && size.error().status == Status::kCredsspDefectiveToken, "%s", hex);
  }
  // One octet less.
  for (const char *hex : {"308300fffb", "30840000fffa"}) {
    const ExactCopy header(Unhex(hex));
    const auto size = TsRequest::SizeAt(header.view());
    ck_assert(size && *size == TsRequest::kMostOctets);
  }
}
END_TEST

START_TEST(LongestMessage) {
  // Headers around one field: four of SEQUENCE, version, four of the tag, four of the string.
  const Bytes octets(TsRequest::kMostOctets - 4 - 5 - 4 - 4);
  TsRequest request;
  request.auth_info = octets;
  const auto longest = request.Build();
  ck_assert(static_cast<bool>(longest));
  ck_assert_uint_eq(longest->size(), TsRequest::kMostOctets);
  ck_assert(Same(Parsed(longest->view()), request));
  const auto size = TsRequest::SizeAt(longest->view());
  ck_assert(size && *size == TsRequest::kMostOctets);

  const Bytes one_more(octets.size() + 1);
  request.auth_info = one_more;
  const auto too_long = request.Build();
  ck_assert(!too_long && too_long.error().status == Status::kCredsspDefectiveToken);
  const Bytes by_hand = Sequence({Version(), Tagged(2, {OctetString(one_more)})});
  ck_assert_uint_eq(by_hand.size(), TsRequest::kMostOctets + 1);
  ck_assert(!TsRequest::SizeAt(by_hand));
  ExpectRefused(by_hand);
}
END_TEST

// C8: lengths that are longer than need be, at each level.
START_TEST(LongLengths) {
  const Bytes token = Unhex("5a");
  for (size_t n = 0; n <= 6; ++n) {
    const Bytes nego_token = Element(0xa0, {Element(0x04, {token}, n)}, n);
    const Bytes nego_tokens = Element(0x30, {Element(0x30, {nego_token}, n)}, n);
    const Bytes fields = Concatenate(
        {Element(0xa0, {Element(0x02, {Unhex("06")}, n)}, n), Element(0xa1, {nego_tokens}, n)});
    const Bytes whole = Element(0x30, {fields}, n);
    ck_assert_int_eq(Parses(whole), n <= 4);
    if (n <= 4) ck_assert(Equal(*Parsed(whole).nego_token, token));
  }
}
END_TEST

// C8, C152: structure.
START_TEST(BadStructure) {
  ck_assert(Parses(Sequence({Version(), Octet(2), Octet(3), Octet(5)})));
  const Bytes bad[] = {
      {},
      Sequence({}),
      // No version; a field out of order, or twice.
      Sequence({Octet(2)}),
      Sequence({Octet(2), Version()}),
      Sequence({Version(), Version()}),
      Sequence({Version(), Octet(3), Octet(2)}),
      Sequence({Version(), Octet(2), Octet(2)}),
      Sequence({Version(), Octet(5), Octet(3)}),
      // Another class, form or type.
      Element(0x31, {Version()}),
      Sequence({Element(0x80, {Integer("06")})}),
      Sequence({Element(0x60, {Integer("06")})}),
      Sequence({Tagged(0, {OctetString(Unhex("06"))})}),
      Sequence({Integer("06")}),
      Sequence({Version(), Element(0x82, {OctetString({})})}),
      Sequence({Version(), Element(0xe2, {OctetString({})})}),
      Sequence({Version(), Tagged(2, {Integer("06")})}),
      Sequence({Version(), Tagged(3, {Element(0x24, {OctetString({})})})}),
      Sequence({Version(), Tagged(4, {OctetString(Unhex("c000006d"))})}),
      // Octets left over, or none.
      Sequence({Version(), Unhex("00")}),
      Sequence({Version(), Tagged(2, {OctetString({}), Unhex("00")})}),
      Sequence({Tagged(0, {Integer("06"), Integer("06")})}),
      Sequence({Tagged(0, {})}),
      Sequence({Version(), Tagged(2, {})}),
      Sequence({Version(), Tagged(1, {})}),
      Concatenate({Sequence({Version()}), Unhex("00")}),
      // Indefinite lengths within.
      Sequence({Unhex("a080"), Integer("06"), Unhex("0000")}),
      Concatenate({Unhex("3080"), Version(), Unhex("0000")}),
      // A length that leaves what holds it.
      Unhex("3005a003020206"),
      Unhex("3005a004020106"),
      Unhex("3006a003020106"),
      Unhex("3005a0030284ffffffff06"),
  };
  for (const Bytes &input : bad) ExpectRefused(input);
}
END_TEST

// C152: depth is what the structure has; whatever goes deeper has a wrong tag.
START_TEST(DeepNesting) {
  for (const uint8_t tag : {uint8_t{0x30}, uint8_t{0xa0}, uint8_t{0xa1}}) {
    Bytes nested;
    for (int depth = 0; depth < 4000; ++depth) nested = Element(tag, {nested});
    ExpectRefused(nested);
    ExpectRefused(Sequence({Version(), NegoTokens({nested})}));
  }
}
END_TEST

// ---- Fields
// --------------------------------------------------------------------------------------

// C6.
START_TEST(Versions) {
  struct Row {
    const char *hex;
    uint32_t version, negotiated;  // 0: refused
  };
  constexpr Row kRows[] = {
      {"02", 2, 2},
      {"03", 3, 3},
      {"05", 5, 5},
      {"06", 6, 6},
      {"07", 7, 6},
      {"7f", 127, 6},
      {"0080", 128, 6},
      {"00000006", 6, 6},
      {"7fffffff", 0x7fffffff, 6},
      {"00ffffffff", 0xffffffff, 6},
      {"00", 0, 0},
      {"01", 0, 0},
      {"0001", 0, 0},
      {"ff", 0, 0},
      {"80", 0, 0},
      {"ff06", 0, 0},
      {"ffffffff06", 0, 0},
      {"", 0, 0},
      {"0100000006", 0, 0},
      {"0102030405060708", 0, 0},
      {"010000000000000006", 0, 0},
  };
  for (const Row &row : kRows) {
    const Bytes input = Sequence({Version(row.hex), Octet(2)});
    ck_assert_msg(Parses(input) == (row.version != 0), "%s", row.hex);
    if (row.version == 0) continue;
    const TsRequest request = Parsed(input);
    ck_assert_uint_eq(request.version, row.version);
    ck_assert_uint_eq(NegotiatedVersion(request.version), row.negotiated);
  }
  // C16 and section 1.3.
  for (uint32_t version = 2; version <= 6; ++version) {
    ck_assert_int_eq(HasErrorCode(version), version != 2 && version != 5);
    ck_assert_int_eq(BindsByHash(version), version >= 5);
  }
}
END_TEST

// C9.
START_TEST(ErrorCodes) {
  struct Row {
    const char *hex;
    bool taken;
    uint32_t value;
  };
  constexpr Row kRows[] = {
      {"c000006d", true, 0xc000006d},
      {"00c000006d", true, 0xc000006d},
      {"ffc000006d", true, 0xc000006d},
      {"01", true, 1},
      {"ff", true, 0xffffffff},
      {"0103", true, 0x103},
      {"00", true, 0},
      {"0000000000", true, 0},
      {"0100000000", true, 0},
      {"", false, 0},
      {"0000c000006d", false, 0},
      {"000000000000000001", false, 0},
  };
  for (const Row &row : kRows) {
    const Bytes input = Sequence({Version(), Octet(3), ErrorCode(row.hex), Octet(5)});
    ck_assert_msg(Parses(input) == row.taken, "%s", row.hex);
    if (!row.taken) continue;
    const TsRequest request = Parsed(input);
    ck_assert_uint_eq(request.error_code, row.value);
    // 0 is no error: the other fields count.
    ck_assert_int_eq(request.pub_key_auth.has_value(), row.value == 0);
    ck_assert_int_eq(request.client_nonce.has_value(), row.value == 0);
  }
}
END_TEST

// C9: beside an error no other field can be wrong, but for the frame of all.
START_TEST(ErrorBesideOtherFields) {
  const Bytes two_tokens = NegoTokens({NegoToken(Unhex("5a")), NegoToken(Unhex("5a"))});
  const Bytes others[] = {two_tokens, Tagged(2, {Integer("06")}), Tagged(3, {}),
                          NegoTokens({NegoToken(Bytes(60000))})};
  for (const Bytes &other : others) {
    const Bytes error = ErrorCode("c000006d");
    ck_assert_uint_eq(Parsed(Sequence({Version(), other, error})).error_code, 0xc000006d);
    ExpectRefused(Sequence({Version(), other, error, Unhex("00")}));
    ExpectRefused(Sequence({Version(), error, other}));
    ExpectRefused(Sequence({Version(), other, error, error}));
    ExpectRefused(Sequence({Version("01"), other, error}));
    const Bytes no_error = Sequence({Version(), other, ErrorCode("00")});
    ck_assert_int_eq(Parses(no_error), other.size() > 60000);
  }
}
END_TEST

// C10: none or an empty one is no token, two are refused.
START_TEST(Tokens) {
  const Bytes token = Unhex("5a5b");
  const Bytes one = NegoToken(token);
  ck_assert(Equal(*Parsed(Sequence({Version(), NegoTokens({one})})).nego_token, token));
  ck_assert(!Parsed(Sequence({Version(), NegoTokens({})})).nego_token);
  ck_assert(!Parsed(Sequence({Version(), NegoTokens({NegoToken({})})})).nego_token);
  const Bytes bad[] = {
      NegoTokens({one, one}),
      NegoTokens({NegoToken({}), one}),
      NegoTokens({one, NegoToken({})}),
      NegoTokens({one, Unhex("00")}),
      NegoTokens({Sequence({})}),
      NegoTokens({Sequence({Tagged(0, {OctetString(token)}), Unhex("00")})}),
      NegoTokens({Sequence({Tagged(1, {OctetString(token)})})}),
      NegoTokens({Sequence({Tagged(0, {OctetString(token), OctetString(token)})})}),
      NegoTokens({OctetString(token)}),
      Tagged(1, {OctetString(token)}),
      Tagged(1, {Sequence({one}), Sequence({one})}),
  };
  for (const Bytes &tokens : bad) {
    ExpectRefused(Sequence({Version(), tokens}));
    ExpectRefused(Sequence({Version("07"), tokens}));
  }
}
END_TEST

// C10: fields of later versions.
START_TEST(UnknownFields) {
  const Bytes sixth = Octet(6);
  const Bytes last = Tagged(30, {Unhex("0102")});
  for (const char *version : {"02", "03", "05", "06"}) {
    ExpectRefused(Sequence({Version(version), Octet(3), sixth}));
    ExpectRefused(Sequence({Version(version), last}));
  }
  for (const char *version : {"07", "7f"}) {
    const Bytes input = Sequence({Version(version), Octet(3), sixth, last});
    ck_assert(Equal(*Parsed(input).pub_key_auth, Unhex("5a")));
    ExpectRefused(Sequence({Version(version), last, sixth}));
    ExpectRefused(Sequence({Version(version), sixth, sixth}));
    ExpectRefused(Sequence({Version(version), sixth, Octet(3)}));
    ExpectRefused(Sequence({Version(version), Element(0x86, {Unhex("00")})}));
    ExpectRefused(Sequence({Version(version), Unhex("bf1f0100")}));
  }
}
END_TEST

// C13: the nonce's size is for who uses it; a server's may be of any.
START_TEST(NoncesOfAnySize) {
  for (const size_t size : {0, 31, 32, 33}) {
    const Bytes nonce(size, 1);
    const Bytes input = Sequence({Version(), Tagged(5, {OctetString(nonce)})});
    const TsRequest request = Parsed(input);
    ck_assert(request.client_nonce && Equal(*request.client_nonce, nonce));
  }
}
END_TEST

Suite *TsRequestSuite() {
  Suite *suite = suite_create("credssp_ts_request");
  TCase *good = tcase_create("good messages");
  tcase_add_test(good, PublishedMessages);
  tcase_add_test(good, BuiltFromValues);
  tcase_add_test(good, RoundTrips);
  suite_add_tcase(suite, good);
  TCase *hostile = tcase_create("hostile input");
  tcase_set_timeout(hostile, 60);
  tcase_add_test(hostile, Truncations);
  tcase_add_test(hostile, EachOctetChanged);
  tcase_add_test(hostile, HeadersRefusedAtOnce);
  tcase_add_test(hostile, LongestMessage);
  tcase_add_test(hostile, LongLengths);
  tcase_add_test(hostile, BadStructure);
  tcase_add_test(hostile, DeepNesting);
  suite_add_tcase(suite, hostile);
  TCase *fields = tcase_create("fields");
  tcase_add_test(fields, Versions);
  tcase_add_test(fields, ErrorCodes);
  tcase_add_test(fields, ErrorBesideOtherFields);
  tcase_add_test(fields, Tokens);
  tcase_add_test(fields, UnknownFields);
  tcase_add_test(fields, NoncesOfAnySize);
  suite_add_tcase(suite, fields);
  return suite;
}

}  // namespace

int main() { return RunSuite(TsRequestSuite()); }
