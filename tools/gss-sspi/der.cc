// SPDX-License-Identifier: MIT
#include "der.h"

namespace gss_sspi::tools {
namespace {

constexpr size_t kMaxLengthOctets = 4;
constexpr uint8_t kMultiOctetTag = 0x1f;

// The length behind the tag. Moves `*header` behind it.
size_t TakeLength(const Piece &input, size_t *header, const std::string &what) {
  if (input.size() < 2) throw BadToken(input.at, what + " is cut off before its length");
  const uint8_t first = input.octets[1];
  *header = 2;
  if (first < 0x80) return first;
  const size_t count = first & 0x7fU;
  if (count == 0) throw BadToken(input.at + 1, what + " has an indefinite length");
  if (count > kMaxLengthOctets) {
    throw BadToken(input.at + 1, what + " has a length of more than 4 octets");
  }
  if (input.size() < 2 + count) throw BadToken(input.at + 1, what + " is cut off in its length");
  size_t length = 0;
  for (const uint8_t octet : input.octets.subspan(2, count)) length = length << 8 | octet;
  *header = 2 + count;
  return length;
}

}  // namespace

Piece DerReader::Take(uint8_t tag, const std::string &what) {
  if (at_end()) throw BadToken(rest_.at, what + " is missing");
  const uint8_t found = rest_.octets[0];
  if ((found & kMultiOctetTag) == kMultiOctetTag) {
    throw BadToken(rest_.at, what + " has a tag of several octets");
  }
  if (found != tag) {
    throw BadToken(rest_.at, Format("%s has tag %02x, not %02x", what.c_str(), found, tag));
  }
  size_t header = 0;
  const size_t length = TakeLength(rest_, &header, what);
  if (length > rest_.size() - header) {
    throw BadToken(rest_.at, Format("%s says it has %zu octets, %zu are left", what.c_str(), length,
                                    rest_.size() - header));
  }
  const Piece content = rest_.Part(header, length);
  rest_ = rest_.From(header + length);
  return content;
}

Piece DerReader::TakeExplicit(unsigned number, uint8_t tag, const std::string &what) {
  DerReader inside(Take(der::Context(number), what));
  const Piece content = inside.Take(tag, what);
  inside.End(what);
  return content;
}

void DerReader::End(const std::string &what) const {
  if (at_end()) return;
  throw BadToken(rest_.at, Format("%zu octets are left behind %s", rest_.size(), what.c_str()));
}

int64_t DerInteger(const Piece &content, size_t most, const std::string &what) {
  if (content.size() == 0 || content.size() > most) {
    throw BadToken(content.at, Format("%s has %zu octets", what.c_str(), content.size()));
  }
  uint64_t value = (content.octets[0] & 0x80) != 0 ? ~uint64_t{0} : 0;
  for (const uint8_t octet : content.octets) value = value << 8 | octet;
  return static_cast<int64_t>(value);
}

std::string DerOid(const Piece &content) {
  std::string text;
  uint64_t arc = 0;
  for (const uint8_t octet : content.octets) {
    if (arc > UINT64_MAX >> 7) throw BadToken(content.at, "an arc of the OID is above 2^64");
    arc = arc << 7 | (octet & 0x7fU);
    if ((octet & 0x80) != 0) continue;
    if (text.empty()) {
      const uint64_t first = arc < 80 ? arc / 40 : 2;
      text = std::to_string(first);
      arc -= first * 40;
    }
    text += "." + std::to_string(arc);
    arc = 0;
  }
  if (text.empty() || (content.octets.back() & 0x80) != 0) {
    throw BadToken(content.at, "the OID is cut off");
  }
  return text;
}

}  // namespace gss_sspi::tools
