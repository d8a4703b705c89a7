// SPDX-License-Identifier: MIT
// Exports beyond Windows: why the last call of this thread failed.
#include "sspi_compat/entry.h"
#include "sspi_compat/status.h"

SSPI_EXPORT const char *SspiLastErrorText(void) { return gss_sspi::sspi::LastFailure(); }

SSPI_EXPORT SECURITY_STATUS SspiLastErrorStatus(void) {
  return gss_sspi::sspi::LastFailureStatus();
}
