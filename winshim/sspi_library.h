// SPDX-License-Identifier: MIT
// libsspi, which this library does not need but knows.
#ifndef GSS_SSPI_WINSHIM_SSPI_LIBRARY_H_
#define GSS_SSPI_WINSHIM_SSPI_LIBRARY_H_

namespace gss_sspi::winshim {

// A handle of dlopen(3), or null.
void *LoadSspi();    // loads it when it is not there yet
void *LoadedSspi();  // only when something else has loaded it

// A function that libsspi exports by its own name and version; null for what only its own libraries
// have.
void *FindInSspi(void *library, const char *name);

template <typename Function>
Function *SspiFunction(void *library, const char *name) {
  return library == nullptr ? nullptr : reinterpret_cast<Function *>(FindInSspi(library, name));
}

}  // namespace gss_sspi::winshim

#endif  // GSS_SSPI_WINSHIM_SSPI_LIBRARY_H_
