// SPDX-License-Identifier: MIT
// The only place where GSSAPI handles become objects, and the other way round.
#ifndef GSS_SSPI_GSS_HANDLES_H_
#define GSS_SSPI_GSS_HANDLES_H_

#include "core/memory.h"
#include "gss/context.h"
#include "gss/credential.h"
#include "gss/mit_gssapi.h"
#include "gss/name.h"

namespace gss_sspi::gss {

inline Name *NameOf(gss_const_name_t handle) {
  return ObjectOf<Name>(const_cast<gss_name_t>(handle));
}
inline Credential *CredentialOf(gss_const_cred_id_t handle) {
  return ObjectOf<Credential>(const_cast<gss_cred_id_t>(handle));
}
inline Context *ContextOf(gss_const_ctx_id_t handle) {
  return ObjectOf<Context>(const_cast<gss_ctx_id_t>(handle));
}

inline gss_name_t Handle(Owned<Name> name) { return reinterpret_cast<gss_name_t>(name.release()); }
inline gss_ctx_id_t Handle(Owned<Context> context) {
  return reinterpret_cast<gss_ctx_id_t>(context.release());
}
inline gss_cred_id_t Handle(Ref<Credential> credential) {
  return reinterpret_cast<gss_cred_id_t>(credential.Release());
}

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_HANDLES_H_
