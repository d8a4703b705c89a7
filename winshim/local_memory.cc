// SPDX-License-Identifier: MIT
#include "winshim/export.h"

using namespace gss_sspi::winshim;  // NOLINT: the exports below have C names

WINSHIM_EXPORT HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes) {
  if ((uFlags & LMEM_MOVEABLE) != 0) return Refuse<HLOCAL>(ERROR_NOT_SUPPORTED);
  if ((uFlags & ~static_cast<UINT>(LPTR)) != 0) return Refuse<HLOCAL>(ERROR_INVALID_PARAMETER);
  // Memory of 0 octets has an address too.
  void *memory = std::calloc(uBytes == 0 ? 1 : uBytes, 1);
  return memory != nullptr ? memory : Refuse<HLOCAL>(ERROR_NOT_ENOUGH_MEMORY);
}

WINSHIM_EXPORT HLOCAL WINAPI LocalFree(HLOCAL hMem) {
  std::free(hMem);
  return nullptr;
}
