// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_GSS_STATUS_MAP_H_
#define GSS_SSPI_GSS_STATUS_MAP_H_

#include "core/status.h"
#include "gss/mit_gssapi.h"

namespace gss_sspi::gss {

// The major status that goes with a minor one of ours (RFC 2744 3.9.1).
OM_uint32 MajorOf(Status status);

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_STATUS_MAP_H_
