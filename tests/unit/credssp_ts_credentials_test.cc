// SPDX-License-Identifier: MIT
// TSCredentials: published octets, what is refused (C7, C8, C11, C150, C159), and that what is
// built is what is parsed.
#include "credssp/ts_credentials.h"
#include "credssp_support.h"

namespace {

using namespace gss_sspi;           // NOLINT
using namespace gss_sspi::test;     // NOLINT
using namespace gss_sspi::credssp;  // NOLINT

constexpr char kComputed[] = "credssp_computed.ts_credentials.";
constexpr char kSspiRs[] = "credssp_tsrequest_sspi_rs.values.ts_credentials_";

// TSCredentials of a type, around what `credentials` is.
Bytes Outer(const char *type, ByteView credentials) {
  return Sequence({Tagged(0, {Integer(type)}), Tagged(1, {OctetString(credentials)})});
}

Bytes Octets16(unsigned number, std::string_view text) {
  return Tagged(number, {OctetString(Utf16(text))});
}

// A password with the given octets in one of its three fields.
Bytes Password(unsigned number, ByteView octets) {
  Bytes fields[3];
  for (unsigned i = 0; i < 3; ++i) {
    fields[i] = i == number ? Tagged(i, {OctetString(octets)}) : Octets16(i, "x");
  }
  return Outer("01", Sequence({fields[0], fields[1], fields[2]}));
}

bool Parses(ByteView input) {
  const ExactCopy exact(input);
  const auto parsed = TsCredentials::Parse(exact.view());
  if (!parsed) {
    ck_assert(parsed.error().status == Status::kCredsspDefectiveToken);
    ck_assert_msg(parsed.error().has_detail, "%s", Hex(input).c_str());
  }
  return static_cast<bool>(parsed);
}

void ExpectRefused(ByteView input) { ck_assert_msg(!Parses(input), "%s", Hex(input).c_str()); }

TsCredentials Parsed(ByteView input) {
  auto parsed = TsCredentials::Parse(input);
  ck_assert_msg(static_cast<bool>(parsed), "%s: %s", Hex(input).c_str(),
                parsed ? "" : DetailOf(parsed.error().status));
  return std::move(*parsed);
}

void ExpectText(const SecretBytes &got, std::string_view wanted) {
  ck_assert_msg(AsText(got.view()) == wanted, "%.*s", GSS_SSPI_TEXT(AsText(got.view())));
}

// ---- Published octets
// ----------------------------------------------------------------------------

struct Published {
  const char *file, *name;
  std::string_view domain, user, password;
  bool exact = true;  // and ours would have the same octets
};

constexpr Published kPublished[] = {
    {kComputed, "empty", "", "", ""},
    {kComputed, "password", "TESTDOM", "testuser", "Passw0rd!"},
    {kComputed, "password_with_terminators", "TESTDOM", "testuser", "Passw0rd!", false},
    {kComputed, "password_not_ascii", "", "us\xc3\xa9r", "p\xf0\x9f\x94\x91"},
    {kSspiRs, "with_restricted_admin_mode_required", "", "", ""},
    {kSspiRs, "one_symbol_username_and_password", "", "a", "1"},
    {kSspiRs, "simple_with_username_and_domain_and_password", "Domain", "Username", "Password"},
    {kSspiRs, "strong_username_and_password", "",
     "QWERTYUIOPASDFGHJKLZXCVBNMqwertyuiopasdfghjklzxcvbnm1234567890",
     "@#$%^&*()_+1234567890-=QWERTYUIOP{}qwertyuiop[]asdfghjkl;ASDFGHJKL:\\\"|zxcvbnm,.ZXCVBNM<>?"},
};

START_TEST(PublishedPasswords) {
  for (const Published &row : kPublished) {
    const ExactCopy octets(BytesVector(std::string(row.file) + row.name));
    const TsCredentials parsed = Parsed(octets.view());
    ck_assert(parsed.type == CredentialType::kPassword);
    ExpectText(parsed.domain_name, row.domain);
    ExpectText(parsed.user_name, row.user);
    ExpectText(parsed.password, row.password);
    const auto built = PasswordCredentials{row.domain, row.user, row.password}.Build();
    ck_assert(static_cast<bool>(built));
    ck_assert_msg(Equal(built->view(), octets.view()) == row.exact, "%s: %s", row.name,
                  Hex(built->view()).c_str());
  }
}
END_TEST

START_TEST(Truncations) {
  for (const Published &row : kPublished) {
    const Bytes whole = BytesVector(std::string(row.file) + row.name);
    for (size_t size = 0; size < whole.size(); ++size) {
      ExpectRefused(ByteView(whole).first(size));
    }
    // C150: octets behind it.
    ExpectRefused(Concatenate({whole, Unhex("00")}));
    ExpectRefused(Concatenate({whole, whole}));
  }
}
END_TEST

START_TEST(EachOctetChanged) {
  for (const char *name : {"password", "password_with_terminators", "smart_card"}) {
    const Bytes whole = BytesVector(std::string(kComputed) + name);
    size_t refused = 0;
    for (size_t at = 0; at < whole.size(); ++at) {
      for (const unsigned mask : {0x01U, 0x20U, 0x80U, 0xd8U, 0xffU}) {
        Bytes changed = whole;
        changed[at] = static_cast<uint8_t>(changed[at] ^ mask);
        if (!Parses(changed)) ++refused;
      }
    }
    ck_assert_uint_gt(refused, whole.size() / 2);
  }
}
END_TEST

// ---- Round trips
// ---------------------------------------------------------------------------------

std::string RandomText(Octets &octets) {
  static constexpr const char *kPieces[] = {
      "a",    "Z",   "0", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x94\x91", "\xef\xbb\xbf",
      "\x01", "\x7f"};
  std::string text;
  for (size_t left = octets.Below(octets.Below(8) == 0 ? 500 : 30); left > 0; --left) {
    text += kPieces[octets.Below(std::size(kPieces))];
  }
  return text;
}

START_TEST(RoundTrips) {
  Octets octets("RoundTrips");
  for (int round = 0; round < 500; ++round) {
    const std::string domain = RandomText(octets);
    const std::string user = RandomText(octets);
    const std::string password = RandomText(octets);
    const auto built = PasswordCredentials{domain, user, password}.Build();
    ck_assert(static_cast<bool>(built));
    const Bytes by_hand =
        Outer("01", Sequence({Octets16(0, domain), Octets16(1, user), Octets16(2, password)}));
    ck_assert(Equal(built->view(), by_hand));
    const TsCredentials parsed = Parsed(built->view());
    ExpectText(parsed.domain_name, domain);
    ExpectText(parsed.user_name, user);
    ExpectText(parsed.password, password);
  }
}
END_TEST

// C11: 1024 code units are built and parsed, one more is neither.
START_TEST(LongestTexts) {
  const std::string longest(1024, 'a');
  const std::string longer(1025, 'a');
  const PasswordCredentials good{longest, longest, longest};
  const auto built = good.Build();
  ck_assert(static_cast<bool>(built));
  ExpectText(Parsed(built->view()).password, longest);
  for (const auto field : {&PasswordCredentials::domain_name, &PasswordCredentials::user_name,
                           &PasswordCredentials::password}) {
    PasswordCredentials bad = good;
    bad.*field = longer;
    const auto too_long = bad.Build();
    ck_assert(!too_long && too_long.error().status == Status::kCredsspDefectiveToken);
    PasswordCredentials no_text = good;
    no_text.*field = "\xff";
    const auto not_utf8 = no_text.Build();
    ck_assert(!not_utf8 && not_utf8.error().status == Status::kBadText);
    no_text.*field = std::string_view("a\0b", 3);
    ck_assert(!no_text.Build());
  }
  for (unsigned number = 0; number < 3; ++number) {
    ck_assert(Parses(Password(number, Utf16(longest))));
    ExpectRefused(Password(number, Utf16(longer)));
    ExpectRefused(Password(number, Bytes(1 << 20, 'a')));
  }
}
END_TEST

// C11: of the whole; a container is what can make it so long.
START_TEST(LongestCredentials) {
  const auto with = [](size_t size) {
    const Bytes package = Sequence({Octets16(0, "x"), Tagged(1, {OctetString(Bytes(size))})});
    return Outer("06", Sequence({Tagged(0, {package})}));
  };
  const size_t around = with(16000).size() - 16000;
  const Bytes longest = with(TsCredentials::kMostOctets - around);
  ck_assert_uint_eq(longest.size(), TsCredentials::kMostOctets);
  ck_assert(Parsed(longest).type == CredentialType::kRemoteGuard);
  ExpectRefused(with(TsCredentials::kMostOctets - around + 1));
}
END_TEST

// ---- Texts
// ---------------------------------------------------------------------------------------

// C7, C159: in each of the fields.
START_TEST(Texts) {
  struct Row {
    const char *utf16;
    const char *utf8;  // null: refused
  };
  constexpr Row kRows[] = {
      {"", ""},
      {"6100", "a"},
      {"61000000", "a"},                 // one terminator
      {"0000", ""},                      // nothing else
      {"3dd811dd", "\xf0\x9f\x94\x91"},  // a pair of surrogates
      {"fffe6100", "\xef\xbb\xbf\x61"},  // no mark of the byte order, but U+FEFF
      {"feff", "\xef\xbf\xbe"},
      {"6100000000000000", nullptr},  // more than one terminator
      {"00000000", nullptr},
      {"610000006200", nullptr},  // a NUL within
      {"00006100", nullptr},
      {"61", nullptr},  // half a code unit
      {"610062", nullptr},
      {"610000", nullptr},
      {"00", nullptr},
      {"3dd8", nullptr},  // half a pair
      {"11dd", nullptr},
      {"3dd86100", nullptr},
      {"3dd80000", nullptr},
      {"11dd3dd8", nullptr},
  };
  for (unsigned number = 0; number < 3; ++number) {
    for (const Row &row : kRows) {
      const Bytes input = Password(number, Unhex(row.utf16));
      ck_assert_msg(Parses(input) == (row.utf8 != nullptr), "%s", row.utf16);
      if (row.utf8 == nullptr) continue;
      const TsCredentials parsed = Parsed(input);
      const SecretBytes *texts[] = {&parsed.domain_name, &parsed.user_name, &parsed.password};
      ExpectText(*texts[number], row.utf8);
    }
  }
}
END_TEST

// ---- Structure
// -----------------------------------------------------------------------------------

// C150: the type, and what is of another type than it says.
START_TEST(Types) {
  const Bytes password = Sequence({Octets16(0, "d"), Octets16(1, "u"), Octets16(2, "p")});
  ck_assert(Parses(Outer("01", password)));
  ck_assert(Parses(Outer("0001", password)));
  for (const char *type : {"", "00", "02", "03", "04", "05", "06", "07", "ff", "81", "0101", "7f",
                           "00ffffffff", "0100000001", "7fffffffffffffff", "000000000000000001"}) {
    ExpectRefused(Outer(type, password));
  }
}
END_TEST

START_TEST(BadStructure) {
  const Bytes domain = Octets16(0, "d");
  const Bytes user = Octets16(1, "u");
  const Bytes password = Octets16(2, "p");
  const Bytes type = Tagged(0, {Integer("01")});
  const auto outer = [](ByteView credentials) { return Outer("01", credentials); };
  const Bytes inside = Sequence({domain, user, password});
  ck_assert(Parses(outer(inside)));
  const Bytes credentials = Tagged(1, {OctetString(inside)});
  ck_assert(Parses(Sequence({type, credentials})));
  const Bytes bad[] = {
      {},
      Sequence({}),
      Sequence({type}),
      Sequence({credentials}),
      Sequence({credentials, type}),
      Sequence({type, type, credentials}),
      Sequence({type, credentials, credentials}),
      Sequence({type, credentials, Unhex("00")}),
      Element(0x31, {type, credentials}),
      Sequence({type, Tagged(1, {inside})}),
      // C150: credentials that are empty, or hold more than one SEQUENCE.
      outer({}),
      outer(Sequence({})),
      outer(Concatenate({inside, Unhex("00")})),
      outer(Concatenate({inside, inside})),
      // Fields that are missing, too many, twice, or in another order.
      outer(Sequence({domain, user})),
      outer(Sequence({user, password})),
      outer(Sequence({domain, password, user})),
      outer(Sequence({domain, domain, user, password})),
      outer(Sequence({domain, user, password, Octets16(3, "x")})),
      outer(Sequence({domain, user, password, Unhex("00")})),
      outer(Element(0x31, {domain, user, password})),
      outer(Sequence({Element(0x80, {OctetString({})}), user, password})),
      outer(Sequence({Tagged(0, {Element(0x0c, {Utf16("d")})}), user, password})),
      // C8: an indefinite length.
      outer(Concatenate({Unhex("3080"), domain, user, password, Unhex("0000")})),
      // Longer than what holds it.
      outer(Unhex("300fa0020400a1020400a20504030000")),
  };
  for (const Bytes &input : bad) ExpectRefused(input);
}
END_TEST

// C8.
START_TEST(LongLengths) {
  const Bytes inside = Sequence({Octets16(0, "d"), Octets16(1, "u"), Octets16(2, "p")});
  for (size_t n = 1; n <= 6; ++n) {
    const Bytes credentials = Element(0xa1, {Element(0x04, {inside}, n)}, n);
    const Bytes type = Element(0xa0, {Element(0x02, {Unhex("01")}, n)}, n);
    ck_assert_int_eq(Parses(Element(0x30, {type, credentials}, n)), n <= 4);
  }
}
END_TEST

// ---- Other types
// ---------------------------------------------------------------------------------

Bytes SmartCard(ByteView pin, ByteView csp_data, ByteView hints = {}) {
  return Outer("02", Sequence({pin, Tagged(1, {csp_data}), hints}));
}

START_TEST(SmartCards) {
  const TsCredentials parsed = Parsed(BytesVector(std::string(kComputed) + "smart_card"));
  ck_assert(parsed.type == CredentialType::kSmartCard);
  // Nothing of it is kept.
  ck_assert_uint_eq(parsed.password.size() + parsed.user_name.size(), 0);

  const Bytes pin = Octets16(0, "1234");
  const Bytes spec = Tagged(0, {Integer("01")});
  const Bytes data = Sequence({spec, Octets16(2, "r")});
  const Bytes user = Octets16(2, "u");
  const Bytes domain = Octets16(3, "d");
  for (const Bytes &good : {
           SmartCard(pin, Sequence({spec})),
           SmartCard(pin, data, user),
           SmartCard(pin, data, domain),
           SmartCard(pin, data, Concatenate({user, domain})),
       }) {
    ck_assert_msg(Parses(good), "%s", Hex(good).c_str());
  }
  const Bytes odd = Tagged(2, {OctetString(Unhex("61"))});
  const Bytes bad[] = {
      SmartCard({}, data),
      SmartCard(pin, {}),
      SmartCard(pin, Sequence({})),
      SmartCard(pin, Sequence({Octets16(2, "r")})),
      SmartCard(pin, Sequence({spec, Octets16(2, "r"), Octets16(1, "c")})),
      SmartCard(pin, Sequence({spec, Octets16(1, "c"), Octets16(1, "c")})),
      SmartCard(pin, Sequence({spec, Octets16(5, "x")})),
      SmartCard(pin, Concatenate({data, data})),
      SmartCard(pin, data, Concatenate({domain, user})),
      SmartCard(pin, data, Concatenate({user, user})),
      SmartCard(pin, data, Octets16(4, "x")),
      // C159.
      SmartCard(pin, data, odd),
      SmartCard(pin, Sequence({spec, odd})),
      SmartCard(Tagged(0, {OctetString(Unhex("3dd8"))}), data),
      SmartCard(Octets16(0, std::string(1025, '1')), data),
  };
  for (const Bytes &input : bad) ExpectRefused(input);
}
END_TEST

Bytes Package(std::string_view name) {
  return Sequence({Octets16(0, name), Tagged(1, {OctetString(Unhex("0102"))})});
}

START_TEST(RemoteGuard) {
  const Bytes logon = Tagged(0, {Package("Kerberos")});
  const Bytes ntlm = Package("NTLM");
  for (const Bytes &good : {
           Sequence({logon}),
           Sequence({logon, Tagged(1, {Sequence({})})}),
           Sequence({logon, Tagged(1, {Sequence({ntlm})})}),
           Sequence({logon, Tagged(1, {Sequence({ntlm, ntlm})})}),
       }) {
    ck_assert_msg(Parses(Outer("06", good)), "%s", Hex(good).c_str());
    ck_assert(Parsed(Outer("06", good)).type == CredentialType::kRemoteGuard);
  }
  const Bytes bad[] = {
      {},
      Sequence({}),
      Sequence({Tagged(1, {Sequence({ntlm})})}),
      Sequence({logon, logon}),
      Sequence({logon, Tagged(1, {ntlm})}),
      Sequence({logon, Tagged(1, {})}),
      Sequence({logon, Tagged(1, {Sequence({ntlm, Unhex("00")})})}),
      Sequence({logon, Tagged(1, {Sequence({ntlm}), Sequence({ntlm})})}),
      Sequence({logon, Tagged(2, {Sequence({ntlm})})}),
      Sequence({Tagged(0, {Sequence({Octets16(0, "x")})})}),
      Sequence({Tagged(0, {Package(std::string(1025, 'x'))})}),
  };
  for (const Bytes &input : bad) ExpectRefused(Outer("06", input));
}
END_TEST

Suite *TsCredentialsSuite() {
  Suite *suite = suite_create("credssp_ts_credentials");
  TCase *passwords = tcase_create("passwords");
  tcase_add_test(passwords, PublishedPasswords);
  tcase_add_test(passwords, RoundTrips);
  tcase_add_test(passwords, LongestTexts);
  tcase_add_test(passwords, Texts);
  suite_add_tcase(suite, passwords);
  TCase *hostile = tcase_create("hostile input");
  tcase_add_test(hostile, Truncations);
  tcase_add_test(hostile, EachOctetChanged);
  tcase_add_test(hostile, LongestCredentials);
  tcase_add_test(hostile, Types);
  tcase_add_test(hostile, BadStructure);
  tcase_add_test(hostile, LongLengths);
  suite_add_tcase(suite, hostile);
  TCase *others = tcase_create("other types");
  tcase_add_test(others, SmartCards);
  tcase_add_test(others, RemoteGuard);
  suite_add_tcase(suite, others);
  return suite;
}

}  // namespace

int main() { return RunSuite(TsCredentialsSuite()); }
