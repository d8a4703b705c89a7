// SPDX-License-Identifier: MIT
// Text: UTF-8 and UTF-16LE both ways, what is refused, and upper case (N330, N332).
#include "ntlm_support.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT

struct Pair {
  std::string_view utf8;
  const char *utf16;
};

constexpr Pair kPairs[] = {
    {"", ""},
    {"User", "5500730065007200"},
    {"\x7f", "7f00"},
    {"\xc2\x80", "8000"},
    {"\xdf\xbf", "ff07"},
    {"\xe0\xa0\x80", "0008"},
    {"\xed\x9f\xbf", "ffd7"},
    {"\xee\x80\x80", "00e0"},
    {"\xef\xbf\xbf", "ffff"},
    {"\xf0\x90\x80\x80", "00d800dc"},
    {"\xf4\x8f\xbf\xbf", "ffdbffdf"},
    {"a\xf0\x9f\x98\x80z", "61003dd800de7a00"},
};

START_TEST(BothWays) {
  for (const Pair &pair : kPairs) {
    const Bytes utf16 = Utf16(pair.utf8);
    ck_assert_msg(Hex(utf16) == pair.utf16, "got %s", Hex(utf16).c_str());
    const size_t size = Utf8LengthOf(utf16);
    ck_assert_uint_eq(size, pair.utf8.size());
    std::string back(size, 'x');
    Utf16ToUtf8(utf16, back);
    ck_assert(back == pair.utf8);
  }
}
END_TEST

std::string Utf8Of(uint32_t c) {
  const auto octet = [](uint32_t value) { return static_cast<char>(value); };
  if (c < 0x80) return {octet(c)};
  if (c < 0x800) return {octet(0xc0 | c >> 6), octet(0x80 | (c & 0x3f))};
  if (c < 0x10000) {
    return {octet(0xe0 | c >> 12), octet(0x80 | (c >> 6 & 0x3f)), octet(0x80 | (c & 0x3f))};
  }
  return {octet(0xf0 | c >> 18), octet(0x80 | (c >> 12 & 0x3f)), octet(0x80 | (c >> 6 & 0x3f)),
          octet(0x80 | (c & 0x3f))};
}

// Every code point there is: surrogates and NUL are refused, all others come back. (Check's macros
// are too slow for a million calls.)
bool CodePointIsRight(uint32_t c) {
  const std::string utf8 = Utf8Of(c);
  const bool valid = c != 0 && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
  const size_t size = Utf16LengthOf(utf8);
  if (!valid) return size == kInvalidText;
  if (size != (c < 0x10000 ? 2U : 4U)) return false;
  Bytes utf16(size);
  Utf8ToUtf16(utf8, utf16);
  if (Utf8LengthOf(utf16) != utf8.size()) return false;
  std::string back(utf8.size(), 'x');
  Utf16ToUtf8(utf16, back);
  return back == utf8;
}

START_TEST(EachCodePoint) {
  for (uint32_t c = 0; c < 0x110100; ++c) {
    if (!CodePointIsRight(c)) ck_abort_msg("U+%04X", c);
  }
}
END_TEST

START_TEST(BadUtf8) {
  constexpr std::string_view kBad[] = {"\x80",
                                       "\xbf",
                                       "\xc0\x80",
                                       "\xc1\xbf",
                                       "\xc2",
                                       "\xc2\x41",
                                       "\xe0\x80\x80",
                                       "\xe0\x9f\xbf",
                                       "\xe1\x80",
                                       "\xed\xa0\x80",
                                       "\xed\xbf\xbf",
                                       "\xf0\x80\x80\x80",
                                       "\xf0\x8f\xbf\xbf",
                                       "\xf4\x90\x80\x80",
                                       "\xf5\x80\x80\x80",
                                       "\xf8\x88\x80\x80\x80",
                                       "\xfe",
                                       "\xff",
                                       "\xf0\x90\x80",
                                       "ok\xff",
                                       std::string_view("a\0b", 3)};
  for (const std::string_view text : kBad) {
    const ExactCopy exact(AsBytes(text));
    ck_assert_msg(Utf16LengthOf(AsText(exact.view())) == kInvalidText, "%s",
                  Hex(AsBytes(text)).c_str());
  }
}
END_TEST

// N332, N708.
START_TEST(BadUtf16) {
  for (const char *hex : {"41", "410042", "00d8", "00d84100", "00dc", "00dc00d8", "4100ffdb",
                          "0000", "410000004200", "00d800d800dc"}) {
    const ExactCopy exact(Unhex(hex));
    ck_assert_msg(Utf8LengthOf(exact.view()) == kInvalidText, "%s", hex);
  }
  ck_assert_uint_eq(Utf8LengthOf(Unhex("00d800dc")), 4);
}
END_TEST

START_TEST(UpperCase) {
  for (unsigned c = 0; c < 0x80; ++c) {
    const unsigned expected = c >= 'a' && c <= 'z' ? c - 0x20 : c;
    ck_assert_uint_eq(ToUpper(static_cast<uint16_t>(c)), expected);
  }
  for (unsigned c = 0; c < 0x10000; ++c) {
    const uint16_t upper = ToUpper(static_cast<uint16_t>(c));
    if (c >= 0xd800 && c <= 0xdfff) ck_assert_uint_eq(upper, c);
    if (c >= 0x10d0 && c <= 0x10ff) ck_assert_uint_eq(upper, c);  // D3
  }
  struct Row {
    uint16_t from, to;
  };
  constexpr Row kRows[] = {{0xe9, 0xc9},   {0xff, 0x178},    {0xdf, 0xdf},     {0xb5, 0xb5},
                           {0x3b1, 0x391}, {0x3c2, 0x3c2},   {0x131, 0x131},   {0x17f, 0x17f},
                           {0x44f, 0x42f}, {0xff41, 0xff21}, {0x24d0, 0x24b6}, {0xd7, 0xd7},
                           {0x130, 0x130}, {0x1c6, 0x1c4}};
  for (const Row &row : kRows) {
    ck_assert_msg(ToUpper(row.from) == row.to, "U+%04X: U+%04X", row.from, ToUpper(row.from));
  }
  // In place.
  Bytes text = Utf16(
      "stra\xc3\x9f"
      "e\xf0\x90\x90\xa8");
  UpperUtf16(text, text);
  ck_assert(text == Utf16("STRA\xc3\x9f"
                          "E\xf0\x90\x90\xa8"));
}
END_TEST

START_TEST(EqualButForCase) {
  struct Row {
    std::string_view a, b;
    bool equal;
  };
  constexpr Row kRows[] = {
      {"", "", true},
      {"User", "uSER", true},
      {"User", "Use", false},
      {"a", "", false},
      {"\xc3\xa9", "\xc3\x89", true},
      {"\xc3\x9f", "ss", false},
      {"i", "\xc4\xb0", false},
      {"\xf0\x90\x90\xa8", "\xf0\x90\x90\x80", false},
      {"[", "{", false},
      {"@", "`", false},
  };
  for (const Row &row : kRows) {
    ck_assert_int_eq(EqualIgnoringCase(row.a, row.b), row.equal);
    ck_assert_int_eq(EqualIgnoringCase(row.b, row.a), row.equal);
    ck_assert_int_eq(EqualIgnoringCase(ByteView(Utf16(row.a)), ByteView(Utf16(row.b))), row.equal);
  }
}
END_TEST

Suite *Utf16Suite() {
  Suite *suite = suite_create("utf16");
  TCase *tests = tcase_create("text");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, BothWays);
  tcase_add_test(tests, EachCodePoint);
  tcase_add_test(tests, BadUtf8);
  tcase_add_test(tests, BadUtf16);
  tcase_add_test(tests, UpperCase);
  tcase_add_test(tests, EqualButForCase);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() { return RunSuite(Utf16Suite()); }
