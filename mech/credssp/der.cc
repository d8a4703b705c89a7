// SPDX-License-Identifier: MIT
#include "credssp/der.h"

namespace gss_sspi::credssp {
namespace {

constexpr uint8_t kHighTagNumber = 0x1f;
constexpr uint8_t kLongForm = 0x80;
constexpr size_t kMostLengthOctets = 4;

// An octet whose sign bit is all there is of it.
bool IsSignOf(uint8_t octet, uint8_t next) { return octet == (next >= 0x80 ? 0xff : 0x00); }

}  // namespace

DerHeader ReadDerHeader(ByteView input) {
  DerHeader header;
  if (input.empty()) return header;
  header.tag = input[0];
  if ((header.tag & kHighTagNumber) == kHighTagNumber) {
    header.fault = "a tag number above 30";
    return header;
  }
  if (input.size() < 2) return header;
  const uint8_t first = input[1];
  if (first < kLongForm) {
    header.size = 2;
    header.content_size = first;
    return header;
  }
  const size_t more = first & ~kLongForm;
  if (more == 0) {
    header.fault = "an indefinite length";
  } else if (more > kMostLengthOctets) {
    header.fault = "a length of more than four octets";
  } else if (input.size() >= 2 + more) {
    header.size = 2 + more;
    for (const uint8_t octet : input.subspan(2, more)) {
      header.content_size = header.content_size << 8 | octet;
    }
  }
  return header;
}

void DerReader::Refuse(const char *fault) {
  if (fault == nullptr || fault_ != nullptr) return;
  fault_ = fault;
  rest_ = {};
}

ByteView DerReader::Take(uint8_t tag) {
  const DerHeader header = ReadDerHeader(rest_);
  if (at_end()) {
    Refuse("a field is missing");
  } else if (header.fault != nullptr) {
    Refuse(header.fault);
  } else if (header.tag != tag) {
    Refuse("a tag that does not belong here");
  } else if (header.size == 0 || header.content_size > rest_.size() - header.size) {
    Refuse("cut off");
  }
  if (fault_ != nullptr) return {};
  const ByteView content = rest_.subspan(header.size, header.content_size);
  rest_ = rest_.subspan(header.size + header.content_size);
  return content;
}

ByteView DerReader::OctetString(unsigned number) {
  ByteView octets;
  Inside(der::Context(number), [&](DerReader *field) { octets = field->Take(der::kOctetString); });
  return octets;
}

std::optional<ByteView> DerReader::OptionalOctetString(unsigned number) {
  if (tag() != der::Context(number)) return std::nullopt;
  return OctetString(number);
}

int64_t DerReader::Integer(unsigned number) {
  int64_t value = 0;
  Inside(der::Context(number), [&](DerReader *field) { value = field->TakeInteger(); });
  return value;
}

int64_t DerReader::TakeInteger(size_t most_octets) {
  const ByteView octets = Take(der::kInteger);
  if (fault_ != nullptr) return 0;
  if (octets.empty() || octets.size() > most_octets) {
    Refuse("an INTEGER of no octet or too many");
    return 0;
  }
  uint64_t value = octets[0] >= 0x80 ? UINT64_MAX : 0;
  for (const uint8_t octet : octets) value = value << 8 | octet;
  return static_cast<int64_t>(value);
}

void DerReader::End() {
  if (!at_end()) Refuse("octets are left over");
}

MutableBytes DerWriter::Take(size_t size) {
  written_ += size;
  if (counts_only_ || written_ > output_.size()) return {};
  return output_.subspan(output_.size() - written_, size);
}

void DerWriter::Bytes(ByteView octets) {
  const MutableBytes place = Take(octets.size());
  if (!place.empty()) Copy(place, octets);
}

void DerWriter::Header(uint8_t tag, size_t content_size) {
  size_t more = 0;
  if (content_size >= kLongForm) {
    for (; content_size != 0; content_size >>= 8, ++more) {
      const auto octet = static_cast<uint8_t>(content_size);
      Bytes({&octet, 1});
    }
    content_size = kLongForm | more;
  }
  const uint8_t front[] = {tag, static_cast<uint8_t>(content_size)};
  Bytes(front);
}

void DerWriter::OctetString(unsigned number, ByteView octets) {
  Inside(der::Context(number), [&] { Inside(der::kOctetString, [&] { Bytes(octets); }); });
}

void DerWriter::Integer(unsigned number, int64_t value) {
  uint8_t octets[sizeof value];
  auto rest = static_cast<uint64_t>(value);
  for (size_t i = sizeof octets; i > 0; --i, rest >>= 8) octets[i - 1] = static_cast<uint8_t>(rest);
  ByteView minimal(octets);
  while (minimal.size() > 1 && IsSignOf(minimal[0], minimal[1])) minimal = minimal.subspan(1);
  Inside(der::Context(number), [&] { Inside(der::kInteger, [&] { Bytes(minimal); }); });
}

}  // namespace gss_sspi::credssp
