// SPDX-License-Identifier: MIT
// Where the records of a TLS stream begin and end (RFC 8446 5.1).
#ifndef GSS_SSPI_CREDSSP_RECORD_H_
#define GSS_SSPI_CREDSSP_RECORD_H_

#include <cstddef>
#include <span>

#include "core/bytes.h"
#include "core/result.h"

namespace gss_sspi::credssp {

inline constexpr size_t kRecordHeaderSize = 5;
inline constexpr size_t kMaxRecordPlaintext = 16384;
// With the 2048 octets that TLS 1.2 lets a cipher add.
inline constexpr size_t kMaxRecordSize = kRecordHeaderSize + kMaxRecordPlaintext + 2048;

// A record in pieces, as the buffers of a caller have it.
using RecordParts = std::span<const ByteView>;
using RecordRoom = std::span<const MutableBytes>;

// Octets of the record at the front of `input`, its header included, of which the end may be still
// to come; 0 when that takes more than there are. What cannot be TLS is refused at its first octet,
// and the error says what it looks like (C41, C64).
Result<size_t> SizeOfRecord(ByteView input);
// Fails unless the parts are one whole record.
Error CheckRecord(RecordParts parts);

}  // namespace gss_sspi::credssp

#endif  // GSS_SSPI_CREDSSP_RECORD_H_
