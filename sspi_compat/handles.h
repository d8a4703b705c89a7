// SPDX-License-Identifier: MIT
// The handles of this process. A credential is shared by its handle and the contexts that use it; a
// context belongs to its handle.
#ifndef GSS_SSPI_SSPI_HANDLES_H_
#define GSS_SSPI_SSPI_HANDLES_H_

#include <memory>

#include "sspi_compat/context.h"
#include "sspi_compat/credential.h"
#include "sspi_compat/handle_table.h"

namespace gss_sspi::sspi {

using CredentialTable = HandleTable<std::shared_ptr<Credential>, 5>;
using ContextTable = HandleTable<std::unique_ptr<Context>, 10>;

// Constant-initialised, trivially destroyed: what is in them at the end of the process stays.
CredentialTable &Credentials();
ContextTable &Contexts();

// The credential of a handle; null for none. The object outlives its handle.
inline std::shared_ptr<Credential> CredentialOf(const SecHandle *handle) {
  const auto locked = Credentials().Find(handle);
  return locked ? *locked : nullptr;
}

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_HANDLES_H_
