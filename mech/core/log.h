// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_CORE_LOG_H_
#define GSS_SSPI_CORE_LOG_H_

#include "core/result.h"

namespace gss_sspi {

// Appends one line, with time and process, to the file that GSSNTLMSSP_DEBUG names (N419). Does
// nothing where that is not set, or in a setuid program (N805), and never fails. Never give it a
// secret or a token.
void Log(const char *format, ...) __attribute__((format(printf, 1, 2), cold));

// The line for a failed operation: its status, and the detail of this thread's last failure.
void LogFailure(const char *operation, Error error);

}  // namespace gss_sspi

#endif  // GSS_SSPI_CORE_LOG_H_
