// SPDX-License-Identifier: MIT
#include "core/utf16.h"

#include <algorithm>

#include "core/upcase_table.h"

namespace gss_sspi {
namespace {

constexpr uint32_t kInvalidCodePoint = UINT32_MAX;

bool IsSurrogate(uint32_t c) { return c >= 0xd800 && c <= 0xdfff; }

// RFC 3629 section 4: takes one code point off the front of `text`.
uint32_t TakeUtf8(std::string_view *text) {
  struct Form {
    uint8_t mask, lead;
    uint8_t more;
    uint32_t least;
  };
  static constexpr Form kForms[] = {
      {0x80, 0x00, 0, 0}, {0xe0, 0xc0, 1, 0x80}, {0xf0, 0xe0, 2, 0x800}, {0xf8, 0xf0, 3, 0x10000}};
  const auto lead = static_cast<uint8_t>(text->front());
  for (const Form &form : kForms) {
    if ((lead & form.mask) != form.lead) continue;
    if (text->size() <= form.more) return kInvalidCodePoint;
    uint32_t c = lead & static_cast<uint8_t>(~form.mask);
    for (size_t i = 1; i <= form.more; ++i) {
      const auto next = static_cast<uint8_t>((*text)[i]);
      if ((next & 0xc0) != 0x80) return kInvalidCodePoint;
      c = c << 6 | (next & 0x3fU);
    }
    if (c < form.least || c > 0x10ffff || IsSurrogate(c)) return kInvalidCodePoint;
    text->remove_prefix(form.more + size_t{1});
    return c;
  }
  return kInvalidCodePoint;
}

uint16_t UnitAt(ByteView utf16, size_t index) {
  return static_cast<uint16_t>(utf16[2 * index] | utf16[2 * index + 1] << 8);
}

void PutUnit(MutableBytes out, size_t index, uint32_t unit) {
  out[2 * index] = static_cast<uint8_t>(unit);
  out[2 * index + 1] = static_cast<uint8_t>(unit >> 8);
}

// Takes one code point off the front of `utf16`, which has a whole number of units.
uint32_t TakeUtf16(ByteView *utf16) {
  const uint32_t high = UnitAt(*utf16, 0);
  if (!IsSurrogate(high)) {
    *utf16 = utf16->subspan(2);
    return high;
  }
  if (high >= 0xdc00 || utf16->size() < 4) return kInvalidCodePoint;
  const uint32_t low = UnitAt(*utf16, 1);
  if (low < 0xdc00 || low > 0xdfff) return kInvalidCodePoint;
  *utf16 = utf16->subspan(4);
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

size_t Utf8Octets(uint32_t c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4; }

// Octets at the front of `text` that are ASCII, and none of them NUL: the usual case, and each of
// them one code unit.
size_t AsciiPrefix(std::string_view text) {
  size_t size = 0;
  while (size < text.size() && static_cast<uint8_t>(text[size] - 1) < 0x7f) ++size;
  return size;
}

// Upper case of the next code point of UTF-8 text that is known to be well-formed.
uint32_t TakeUpper(std::string_view *text) {
  const auto first = static_cast<uint8_t>(text->front());
  if (first < 0x80) {
    text->remove_prefix(1);
    return ToUpper(first);
  }
  const uint32_t c = TakeUtf8(text);
  return c < 0x10000 ? ToUpper(static_cast<uint16_t>(c)) : c;
}

// The row of a code unit, or null when its full upper-casing is the usual one.
const FullUpcaseRow *FullRow(uint16_t code_unit) {
  if (code_unit < 0x80) return nullptr;
  const FullUpcaseRow *end = kFullUpcase + kFullUpcaseCount;
  const FullUpcaseRow *row = std::lower_bound(
      kFullUpcase, end, code_unit,
      [](const FullUpcaseRow &left, uint16_t right) { return left.code_unit < right; });
  return row != end && row->code_unit == code_unit ? row : nullptr;
}

}  // namespace

size_t Utf16LengthOf(std::string_view utf8) {
  const size_t ascii = AsciiPrefix(utf8);
  utf8.remove_prefix(ascii);
  size_t octets = 2 * ascii;
  while (!utf8.empty()) {
    const uint32_t c = TakeUtf8(&utf8);
    if (c == kInvalidCodePoint || c == 0) return kInvalidText;
    octets += c < 0x10000 ? 2 : 4;
  }
  return octets;
}

void Utf8ToUtf16(std::string_view utf8, MutableBytes out) {
  const size_t ascii = AsciiPrefix(utf8);
  size_t index = 0;
  while (index < ascii) {
    PutUnit(out, index, static_cast<uint8_t>(utf8[index]));
    ++index;
  }
  utf8.remove_prefix(ascii);
  while (!utf8.empty()) {
    const uint32_t c = TakeUtf8(&utf8);
    if (c < 0x10000) {
      PutUnit(out, index++, c);
    } else {
      PutUnit(out, index++, 0xd800 + ((c - 0x10000) >> 10));
      PutUnit(out, index++, 0xdc00 + ((c - 0x10000) & 0x3ff));
    }
  }
}

size_t Utf8LengthOf(ByteView utf16) {
  if (utf16.size() % 2 != 0) return kInvalidText;
  size_t octets = 0;
  while (!utf16.empty()) {
    const uint32_t c = TakeUtf16(&utf16);
    if (c == kInvalidCodePoint || c == 0) return kInvalidText;
    octets += Utf8Octets(c);
  }
  return octets;
}

void Utf16ToUtf8(ByteView utf16, std::span<char> out) {
  static constexpr uint32_t kLead[] = {0, 0, 0xc0, 0xe0, 0xf0};
  size_t index = 0;
  while (!utf16.empty()) {
    const uint32_t c = TakeUtf16(&utf16);
    const size_t octets = Utf8Octets(c);
    size_t shift = 6 * (octets - 1);
    out[index++] = static_cast<char>(kLead[octets] | c >> shift);
    while (shift > 0) {
      shift -= 6;
      out[index++] = static_cast<char>(0x80 | (c >> shift & 0x3f));
    }
  }
}

uint16_t ToUpper(uint16_t code_unit) {
  if (code_unit < 0x80) {
    return code_unit >= 'a' && code_unit <= 'z' ? static_cast<uint16_t>(code_unit - 0x20)
                                                : code_unit;
  }
  // Unsigned arithmetic modulo 2^16: a row holds what to add.
  return static_cast<uint16_t>(code_unit +
                               kUpcaseDelta[kUpcasePage[code_unit >> 8]][code_unit & 0xff]);
}

void UpperUtf16(ByteView utf16, MutableBytes out) {
  for (size_t i = 0; i < utf16.size() / 2; ++i) PutUnit(out, i, ToUpper(UnitAt(utf16, i)));
}

bool HasFullUpper(ByteView utf16) {
  for (size_t i = 0; i < utf16.size() / 2; ++i) {
    if (FullRow(UnitAt(utf16, i)) != nullptr) return true;
  }
  return false;
}

size_t FullUpperUtf16(ByteView utf16, MutableBytes out) {
  size_t index = 0;
  for (size_t i = 0; i < utf16.size() / 2; ++i) {
    const uint16_t unit = UnitAt(utf16, i);
    const FullUpcaseRow *row = FullRow(unit);
    if (row == nullptr) {
      PutUnit(out, index++, ToUpper(unit));
      continue;
    }
    for (size_t k = 0; k < kMaxFullUpper && row->upper[k] != 0; ++k) {
      PutUnit(out, index++, row->upper[k]);
    }
  }
  return 2 * index;
}

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const uint32_t upper = TakeUpper(&a);
    if (upper == kInvalidCodePoint || upper != TakeUpper(&b)) return false;
  }
  return a.empty() && b.empty();
}

bool EqualIgnoringCase(ByteView a, ByteView b) {
  if (a.size() != b.size() || a.size() % 2 != 0) return false;
  for (size_t i = 0; i < a.size() / 2; ++i) {
    if (ToUpper(UnitAt(a, i)) != ToUpper(UnitAt(b, i))) return false;
  }
  return true;
}

}  // namespace gss_sspi
