// SPDX-License-Identifier: MIT
// Sets of octets and of OIDs as the host's GSSAPI makes them; and the labels of the keys that TLS
// gives out.
#ifndef GSS_SSPI_GSS_CREDSSP_BUFFERS_H_
#define GSS_SSPI_GSS_CREDSSP_BUFFERS_H_

#include <span>

#include "core/bytes.h"
#include "core/result.h"
#include "gss/credssp/host_objects.h"

namespace gss_sspi::gss {

// C48: labels of RFC 5705, ours alone.
inline constexpr std::string_view kSessionKeyLabel = "EXPERIMENTAL gss-sspi CredSSP session key";
inline constexpr std::string_view kPrfLabel = "EXPERIMENTAL gss-sspi CredSSP prf";
inline constexpr size_t kSessionKeySize = 32;

inline void DropBuffers(gss_buffer_set_t *set) {
  OM_uint32 minor = 0;
  for (size_t i = 0; *set != GSS_C_NO_BUFFER_SET && i < (*set)->count; ++i) {
    Wipe((*set)->elements[i].value, (*set)->elements[i].length);
  }
  Host()->gss_release_buffer_set(&minor, set);
}

// Adds a copy.
inline Error GiveBuffer(ByteView octets, gss_buffer_set_t *to) {
  OM_uint32 minor = 0;
  if (*to == GSS_C_NO_BUFFER_SET &&
      Host()->gss_create_empty_buffer_set(&minor, to) != GSS_S_COMPLETE) {
    return Status::kNoMemory;
  }
  gss_buffer_desc buffer = HostView(octets);
  return Host()->gss_add_buffer_set_member(&minor, &buffer, to) == GSS_S_COMPLETE
             ? kSuccess
             : Error(Status::kNoMemory);
}

// Makes a set of these, which the caller of an entry point then owns.
inline Error GiveOids(std::span<const gss_OID> oids, gss_OID_set *to) {
  gss_OID_set made = GSS_C_NO_OID_SET;
  OM_uint32 minor = 0;
  if (Host()->gss_create_empty_oid_set(&minor, &made) != GSS_S_COMPLETE) return Status::kNoMemory;
  for (const gss_OID oid : oids) {
    if (Host()->gss_add_oid_set_member(&minor, oid, &made) == GSS_S_COMPLETE) continue;
    Host()->gss_release_oid_set(&minor, &made);
    return Status::kNoMemory;
  }
  *to = made;
  return kSuccess;
}

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_CREDSSP_BUFFERS_H_
