// SPDX-License-Identifier: MIT
#include "winshim/export.h"

namespace gss_sspi::winshim {
namespace {
constinit thread_local DWORD last_error = ERROR_SUCCESS;
}

void RememberError(DWORD code) noexcept { last_error = code; }

}  // namespace gss_sspi::winshim

WINSHIM_EXPORT DWORD WINAPI GetLastError(void) { return gss_sspi::winshim::last_error; }

WINSHIM_EXPORT VOID WINAPI SetLastError(DWORD dwErrCode) {
  gss_sspi::winshim::RememberError(dwErrCode);
}
