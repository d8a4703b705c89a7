// SPDX-License-Identifier: MIT
// What a credential can be asked for by OID: MIT's gss_inquire_cred_by_oid.
#include "gss/entry.h"
#include "gss/handles.h"
#include "gss/oids.h"

using namespace gss_sspi;       // NOLINT: the exports below have C names
using namespace gss_sspi::gss;  // NOLINT

// NTLM knows of no such question yet, so the answer is that of a mechanism which does not know this
// one. libgssapi brings an empty set, which stays the caller's.
GSS_SSPI_EXPORT OM_uint32 gss_inquire_cred_by_oid(OM_uint32 *minor_status,
                                                  const gss_cred_id_t cred_handle,
                                                  const gss_OID desired_object,
                                                  gss_buffer_set_t * /*data_set*/) {
  return Guard(minor_status, [&]() -> Outcome {
    if (CredentialOf(cred_handle) == nullptr) return Status::kDefectiveCredential;
    if (desired_object == GSS_C_NO_OID) return Status::kNullArgument;
    return Fail(Status::kUnavailable, "a credential says nothing for this OID");
  });
}
