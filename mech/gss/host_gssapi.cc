// SPDX-License-Identifier: MIT
#include "gss/host_gssapi.h"

#include <dlfcn.h>

#include "core/memory.h"

namespace gss_sspi::gss {
namespace {

constinit std::atomic<HostGssapi *> table = nullptr;

// False when a symbol is missing.
bool Fill(void *library, HostGssapi *made) {
  bool whole = true;
  const auto find = [&](const char *name) {
    void *symbol = dlsym(library, name);
    whole = whole && symbol != nullptr;
    return symbol;
  };
#define GSS_SSPI_FIND(name) made->name = reinterpret_cast<decltype(made->name)>(find(#name));
  GSS_SSPI_HOST_FUNCTIONS(GSS_SSPI_FIND)
#undef GSS_SSPI_FIND
#define GSS_SSPI_FIND(name)                         \
  if (void *variable = find(#name)) {               \
    made->name = *static_cast<gss_OID *>(variable); \
  }
  GSS_SSPI_HOST_OIDS(GSS_SSPI_FIND)
#undef GSS_SSPI_FIND
  return whole;
}

// RTLD_NOLOAD: the one that is there, never another. The reference that dlopen gives is kept with
// the table.
HostGssapi *MakeTable() {
  void *library = dlopen("libgssapi_krb5.so.2", RTLD_NOW | RTLD_NOLOAD);
  if (library == nullptr) return nullptr;
  auto made = Make<HostGssapi>();
  if (made && Fill(library, made.get())) return made.release();
  dlclose(library);
  return nullptr;
}

// Another thread was first, and has a reference of its own: the library is never unloaded.
void FreeTable(HostGssapi *made) { Deleter()(made); }

}  // namespace

const HostGssapi *Host() { return KeptByProcess<MakeTable, FreeTable>(&table); }

}  // namespace gss_sspi::gss
