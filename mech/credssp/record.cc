// SPDX-License-Identifier: MIT
#include "credssp/record.h"

#include <algorithm>

namespace gss_sspi::credssp {
namespace {

// ContentType of change_cipher_spec, alert, handshake and application_data.
constexpr uint8_t kFirstType = 20;
constexpr uint8_t kLastType = 23;

struct LookRow {
  uint8_t first;  // octet
  const char *text;
};
constexpr LookRow kLooks[] = {
    {'H', "HTTP"},
    {'S', "SSH"},
    {0x03, "RDP before its negotiation (X.224)"},
    {0x30, "a TSRequest without TLS"},
    {0x60, "a token with a GSSAPI header"},
    {'N', "NTLM"},
    {0x80, "TLS of an SSL 2 client"},
};

Error NotTls(uint8_t first) {
  for (const LookRow &row : kLooks) {
    if (row.first == first) {
      return Fail(Status::kCredsspDefectiveToken, "no TLS: it looks like %s", row.text);
    }
  }
  return Fail(Status::kCredsspDefectiveToken, "no TLS: the first octet is %02x", first);
}

}  // namespace

Result<size_t> SizeOfRecord(ByteView input) {
  if (input.empty()) return size_t{0};
  if (input[0] < kFirstType || input[0] > kLastType) return NotTls(input[0]);
  if (input.size() < kRecordHeaderSize) return size_t{0};
  const size_t size = kRecordHeaderSize + (size_t{input[3]} << 8 | input[4]);
  if (input[1] != 3 || size > kMaxRecordSize) {
    return Fail(Status::kCredsspDefectiveToken, "a TLS record of version %u.%u with %zu octets",
                input[1], input[2], size);
  }
  return size;
}

Error CheckRecord(RecordParts parts) {
  uint8_t header[kRecordHeaderSize] = {};
  size_t known = 0;
  size_t total = 0;
  for (const ByteView part : parts) {
    const size_t some = std::min(part.size(), sizeof header - known);
    Copy({header + known, some}, part.first(some));
    known += some;
    // More than a record may have is as good as too much.
    total += std::min(part.size(), kMaxRecordSize + 1);
  }
  const auto size = SizeOfRecord({header, known});
  if (!size) return size.error();
  if (*size != 0 && *size == total) return kSuccess;
  return Fail(Status::kCredsspDefectiveToken, "not one whole record");
}

}  // namespace gss_sspi::credssp
