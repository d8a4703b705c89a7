// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_GSS_OID_SET_H_
#define GSS_SSPI_GSS_OID_SET_H_

#include <span>

#include "core/result.h"
#include "gss/mit_gssapi.h"

namespace gss_sspi::gss {

// Adds to a set that is there. Without memory the set is released.
inline Error AddOid(gss_const_OID oid, gss_OID_set *to) {
  OM_uint32 minor = 0;
  if (gss_add_oid_set_member(&minor, const_cast<gss_OID>(oid), to) == GSS_S_COMPLETE) {
    return kSuccess;
  }
  gss_release_oid_set(&minor, to);
  return Status::kNoMemory;
}

// Makes a set of these, which the caller of an entry point then owns.
inline Error GiveOids(std::span<const gss_const_OID> oids, gss_OID_set *to) {
  OM_uint32 minor = 0;
  if (gss_create_empty_oid_set(&minor, to) != GSS_S_COMPLETE) return Status::kNoMemory;
  for (gss_const_OID oid : oids) {
    if (Error error = AddOid(oid, to)) return error;
  }
  return kSuccess;
}

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_OID_SET_H_
