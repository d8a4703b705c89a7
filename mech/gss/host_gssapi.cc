// SPDX-License-Identifier: MIT
#include "gss/host_gssapi.h"

#include <dlfcn.h>
#include <pthread.h>

namespace gss_sspi::gss {
namespace {

pthread_once_t table_once = PTHREAD_ONCE_INIT;
constinit HostGssapi table{};
constinit bool table_is_whole = false;

// RTLD_NOLOAD: the one that is there, never another. The reference that dlopen gives is kept.
void FillTable() {
  void *library = dlopen("libgssapi_krb5.so.2", RTLD_NOW | RTLD_NOLOAD);
  if (library == nullptr) return;
  bool whole = true;
  const auto find = [&](const char *name) {
    void *symbol = dlsym(library, name);
    whole = whole && symbol != nullptr;
    return symbol;
  };
#define GSS_SSPI_FIND(name) table.name = reinterpret_cast<decltype(table.name)>(find(#name));
  GSS_SSPI_HOST_FUNCTIONS(GSS_SSPI_FIND)
#undef GSS_SSPI_FIND
#define GSS_SSPI_FIND(name)                         \
  if (void *variable = find(#name)) {               \
    table.name = *static_cast<gss_OID *>(variable); \
  }
  GSS_SSPI_HOST_OIDS(GSS_SSPI_FIND)
#undef GSS_SSPI_FIND
  table_is_whole = whole;
}

}  // namespace

const HostGssapi *Host() {
  pthread_once(&table_once, FillTable);
  return table_is_whole ? &table : nullptr;
}

}  // namespace gss_sspi::gss
