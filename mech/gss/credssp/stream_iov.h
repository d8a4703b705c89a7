// SPDX-License-Identifier: MIT
// Messages of the stream in lists of buffers: one record each (C47).
#ifndef GSS_SSPI_GSS_CREDSSP_STREAM_IOV_H_
#define GSS_SSPI_GSS_CREDSSP_STREAM_IOV_H_

#include <span>

#include "core/result.h"
#include "credssp/exchange.h"
#include "gss/mit_gssapi.h"

namespace gss_sspi::gss {

using StreamBuffers = std::span<gss_iov_buffer_desc>;

// HEADER, DATA and TRAILER; several DATA make one message. DATA is encrypted in place, and HEADER
// and TRAILER get their exact sizes. Then these, in this order, are the record octet by octet.
Error WrapStreamIov(credssp::Exchange &exchange, StreamBuffers list);
// Sets the sizes alone.
Error SetStreamLengths(credssp::Exchange &exchange, StreamBuffers list);
// One whole record in STREAM, whose message DATA then is; or in HEADER, DATA and TRAILER.
Error UnwrapStreamIov(credssp::Exchange &exchange, StreamBuffers list);

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_CREDSSP_STREAM_IOV_H_
