// SPDX-License-Identifier: MIT
// UTF-8 and UTF-16: what is well-formed comes back the same octets, in exactly the room that was
// said, and case does what its users rely on.
#include <algorithm>

#include "core/utf16.h"
#include "fuzz.h"

namespace {

using namespace gss_sspi;  // NOLINT

fuzz::Bytes ToUtf16(std::string_view utf8) {
  fuzz::Bytes out(Utf16LengthOf(utf8));
  Utf8ToUtf16(utf8, out);
  return out;
}

void CheckUtf8(std::string_view text) {
  const size_t octets = Utf16LengthOf(text);
  if (octets == kInvalidText) return;
  fuzz::Reach();
  GSS_SSPI_REQUIRE(octets <= 2 * text.size() && text.find('\0') == std::string_view::npos);
  const fuzz::Bytes utf16 = ToUtf16(text);
  GSS_SSPI_REQUIRE(Utf8LengthOf(utf16) == text.size());
  std::vector<char> back(text.size());
  Utf16ToUtf8(utf16, back);
  GSS_SSPI_REQUIRE(std::equal(back.begin(), back.end(), text.begin(), text.end()));
  GSS_SSPI_REQUIRE(EqualIgnoringCase(text, text));
}

void CheckUtf16(ByteView text) {
  if (Utf8LengthOf(text) == kInvalidText) return;
  std::vector<char> utf8(Utf8LengthOf(text));
  Utf16ToUtf8(text, utf8);
  GSS_SSPI_REQUIRE(Utf16LengthOf({utf8.data(), utf8.size()}) == text.size());
  GSS_SSPI_REQUIRE(ToUtf16({utf8.data(), utf8.size()}) == fuzz::Bytes(text.begin(), text.end()));
}

// Case is a matter of single code units, well-formed or not.
void CheckCase(ByteView units) {
  fuzz::Bytes upper(units.size());
  UpperUtf16(units, upper);
  fuzz::Bytes twice = upper;
  UpperUtf16(twice, twice);
  GSS_SSPI_REQUIRE(twice == upper);
  GSS_SSPI_REQUIRE(EqualIgnoringCase(units, upper) && EqualIgnoringCase(ByteView(upper), units));
  GSS_SSPI_REQUIRE((Utf8LengthOf(units) == kInvalidText) == (Utf8LengthOf(upper) == kInvalidText));
  fuzz::Bytes full(kMaxFullUpper * units.size());
  full.resize(FullUpperUtf16(units, full));
  GSS_SSPI_REQUIRE(full.size() >= units.size());
  if (!HasFullUpper(units)) GSS_SSPI_REQUIRE(full == upper);
}

// Both halves of the input as two names.
void CheckEqual(std::string_view all) {
  const std::string_view a = all.substr(0, all.size() / 2);
  const std::string_view b = all.substr(all.size() / 2);
  if (Utf16LengthOf(a) == kInvalidText || Utf16LengthOf(b) == kInvalidText) return;
  const bool equal = EqualIgnoringCase(a, b);
  GSS_SSPI_REQUIRE(equal == EqualIgnoringCase(b, a));
  GSS_SSPI_REQUIRE(equal == EqualIgnoringCase(ByteView(ToUtf16(a)), ByteView(ToUtf16(b))));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const ByteView input(data, size);
  CheckUtf8(AsText(input));
  CheckUtf16(input);
  CheckCase(input.first(size & ~size_t{1}));
  CheckEqual(AsText(input));
  return 0;
}
