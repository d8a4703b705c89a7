// SPDX-License-Identifier: MIT
// Where the GSSAPI handles of CredSSP become objects, and the other way round.
#ifndef GSS_SSPI_GSS_CREDSSP_HANDLES_H_
#define GSS_SSPI_GSS_CREDSSP_HANDLES_H_

#include "core/memory.h"
#include "gss/credssp/context.h"
#include "gss/credssp/credential.h"
#include "gss/credssp/name.h"
#include "gss/tag.h"

namespace gss_sspi::gss {

inline CredsspName *NameOf(gss_const_name_t handle) {
  return ObjectOf<CredsspName>(const_cast<gss_name_t>(handle));
}
inline CredsspCredential *CredentialOf(gss_const_cred_id_t handle) {
  return ObjectOf<CredsspCredential>(const_cast<gss_cred_id_t>(handle));
}
inline CredsspContext *ContextOf(gss_const_ctx_id_t handle) {
  return ObjectOf<CredsspContext>(const_cast<gss_ctx_id_t>(handle));
}

inline gss_name_t Handle(Owned<CredsspName> name) {
  return reinterpret_cast<gss_name_t>(name.release());
}
inline gss_ctx_id_t Handle(Owned<CredsspContext> context) {
  return reinterpret_cast<gss_ctx_id_t>(context.release());
}
inline gss_cred_id_t Handle(Ref<CredsspCredential> credential) {
  return reinterpret_cast<gss_cred_id_t>(credential.Release());
}

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_CREDSSP_HANDLES_H_
