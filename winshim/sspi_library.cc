// SPDX-License-Identifier: MIT
#include "winshim/sspi_library.h"

#include <dlfcn.h>

namespace gss_sspi::winshim {
namespace {

constexpr char kSoname[] = "libsspi.so.0";
constexpr char kVersion[] = "SSPI_0";

// It stays in memory once it is there: contexts, buffers and threads may outlive what asked for it,
// and its handle is the same each time.
void *Open(int flags) { return dlopen(kSoname, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE | flags); }

}  // namespace

void *LoadSspi() { return Open(0); }

void *LoadedSspi() { return Open(RTLD_NOLOAD); }

void *FindInSspi(void *library, const char *name) { return dlvsym(library, name, kVersion); }

}  // namespace gss_sspi::winshim
