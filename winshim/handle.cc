// SPDX-License-Identifier: MIT
#include <sspi.h>

#include "winshim/export.h"
#include "winshim/sspi_library.h"

using namespace gss_sspi::winshim;  // NOLINT: the exports below have C names

// Only libsspi gives handles that this can be asked to close.
WINSHIM_EXPORT BOOL WINAPI CloseHandle(HANDLE hObject) {
  const auto close = SspiFunction<decltype(SspiCloseToken)>(LoadedSspi(), "SspiCloseToken");
  if (close == nullptr || close(hObject) != SEC_E_OK) return Refuse<BOOL>(ERROR_INVALID_HANDLE);
  return TRUE;
}
