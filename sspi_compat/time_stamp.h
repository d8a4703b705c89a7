// SPDX-License-Identifier: MIT
// TimeStamp: 100 ns since 1601 in local time (S80, S129, S130).
#ifndef GSS_SSPI_SSPI_TIME_STAMP_H_
#define GSS_SSPI_SSPI_TIME_STAMP_H_

#include <gssapi/gssapi.h>
#include <sspi.h>

namespace gss_sspi::sspi {

// 7FFFFFFF FFFFFFFF.
TimeStamp Never();
// `lifetime` seconds from now; GSS_C_INDEFINITE is Never().
TimeStamp TimeAfter(OM_uint32 lifetime);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_TIME_STAMP_H_
