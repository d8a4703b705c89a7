// SPDX-License-Identifier: MIT
// Octets of a TLS stream in lists of buffers: where records end, MISSING and EXTRA (C88, C89), and
// messages in the layout of TLS (C92, C93). What a record is, is all that is known of TLS here.
#ifndef GSS_SSPI_SSPI_STREAM_H_
#define GSS_SSPI_SSPI_STREAM_H_

#include <sspi.h>

#include "sspi_compat/context.h"
#include "sspi_compat/sec_buffers.h"

namespace gss_sspi::sspi {

inline constexpr ULONG kMostStreamMessage = 16384;

// The record at the front of some octets.
struct Record {
  size_t size = 0;     // 0: not known, or not all of it is there
  size_t missing = 0;  // octets, at least
};
// What is no record at all has the size of all octets: the mechanism says what is wrong with it.
Record RecordAt(const uint8_t *octets, size_t size);

// Turns the first EMPTY buffer into one of this type and size, if there is one.
void TellSize(BufferList buffers, ULONG type, size_t size, void *octets = nullptr);

SECURITY_STATUS EncryptStream(Context *context, ULONG qop, const SecBufferDesc *message);
SECURITY_STATUS DecryptStream(Context *context, const SecBufferDesc *message, ULONG *qop);

// Of the records that a context sends.
SECURITY_STATUS GetStreamSizes(Context *context, SecPkgContext_StreamSizes *out);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_STREAM_H_
