// SPDX-License-Identifier: MIT
// The security packages (section 1.4).
#ifndef GSS_SSPI_SSPI_PACKAGES_H_
#define GSS_SSPI_SSPI_PACKAGES_H_

#include <gssapi/gssapi.h>
#include <sspi.h>

#include <span>
#include <string_view>
#include <vector>

#include "sspi_compat/memory.h"

namespace gss_sspi::sspi {

struct Package {
  const char *name;
  const char *comment;
  ULONG capabilities;
  USHORT version;
  USHORT rpc_id;
  ULONG max_token;
  gss_const_OID mech;
};

extern const Package kNtlm, kKerberos, kNegotiate;
// A TLS stream with a login inside: legs and messages are records.
extern const Package kCredssp;

// By name, in any case; null when there is none of that name or its mechanism is not installed.
const Package *FindPackage(std::string_view name);
// The package of a mechanism; null for none.
const Package *PackageOf(gss_const_OID mech);
std::vector<const Package *> InstalledPackages();

// SecPkgInfoA or SecPkgInfoW of each, in one block (R13).
template <typename Info>
ContextBuffer<Info> MakeInfo(std::span<const Package *const> packages);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_PACKAGES_H_
