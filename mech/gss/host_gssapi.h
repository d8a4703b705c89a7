// SPDX-License-Identifier: MIT
// The GSSAPI of the host, which has loaded us. A plain call of a function that we export as well
// could be bound to ourselves, so every call goes through this table, and the module has no
// undefined symbol of GSSAPI (C55).
#ifndef GSS_SSPI_GSS_HOST_GSSAPI_H_
#define GSS_SSPI_GSS_HOST_GSSAPI_H_

#include "gss/mit_gssapi.h"

namespace gss_sspi::gss {

// clang-format would find a new form each time.
// clang-format off
#define GSS_SSPI_HOST_FUNCTIONS(X) \
  X(gss_accept_sec_context) X(gss_acquire_cred_from) X(gss_add_buffer_set_member) \
  X(gss_add_cred_from) X(gss_add_oid_set_member) X(gss_authorize_localname) \
  X(gss_canonicalize_name) X(gss_compare_name) X(gss_context_time) \
  X(gss_create_empty_buffer_set) X(gss_create_empty_oid_set) X(gss_delete_sec_context) \
  X(gss_display_name) X(gss_display_status) X(gss_duplicate_name) X(gss_get_name_attribute) \
  X(gss_import_name) X(gss_init_sec_context) X(gss_inquire_context) X(gss_inquire_cred) \
  X(gss_inquire_name) X(gss_inquire_sec_context_by_oid) X(gss_localname) X(gss_release_buffer) \
  X(gss_release_buffer_set) X(gss_release_cred) X(gss_release_name) X(gss_release_oid_set) \
  X(gss_set_neg_mechs) X(gss_unwrap) X(gss_wrap) X(gss_wrap_size_limit)

#define GSS_SSPI_HOST_OIDS(X) \
  X(GSS_C_MA_AUTH_INIT) X(GSS_C_MA_AUTH_INIT_ANON) X(GSS_C_MA_AUTH_INIT_INIT) \
  X(GSS_C_MA_AUTH_TARG) X(GSS_C_MA_AUTH_TARG_ANON) X(GSS_C_MA_AUTH_TARG_INIT) \
  X(GSS_C_MA_CBINDINGS) X(GSS_C_MA_COMPRESS) X(GSS_C_MA_CONF_PROT) X(GSS_C_MA_CTX_TRANS) \
  X(GSS_C_MA_DELEG_CRED) X(GSS_C_MA_DEPRECATED) X(GSS_C_MA_INTEG_PROT) X(GSS_C_MA_ITOK_FRAMED) \
  X(GSS_C_MA_MECH_COMPOSITE) X(GSS_C_MA_MECH_CONCRETE) X(GSS_C_MA_MECH_GLUE) \
  X(GSS_C_MA_MECH_NEGO) X(GSS_C_MA_MECH_PSEUDO) X(GSS_C_MA_MIC) X(GSS_C_MA_NOT_DFLT_MECH) \
  X(GSS_C_MA_NOT_MECH) X(GSS_C_MA_OOS_DET) X(GSS_C_MA_PFS) X(GSS_C_MA_PROT_READY) \
  X(GSS_C_MA_REPLAY_DET) X(GSS_C_MA_WRAP) X(GSS_C_NT_ANONYMOUS) X(GSS_C_NT_EXPORT_NAME) \
  X(GSS_C_NT_HOSTBASED_SERVICE) X(GSS_C_NT_USER_NAME)
// clang-format on

struct HostGssapi {
#define GSS_SSPI_DECLARE(name) decltype(&::name) name;  // NOLINT: declares, so no parentheses
  GSS_SSPI_HOST_FUNCTIONS(GSS_SSPI_DECLARE)
#undef GSS_SSPI_DECLARE
  // As libgssapi's variables of these names.
#define GSS_SSPI_DECLARE(name) gss_OID name;
  GSS_SSPI_HOST_OIDS(GSS_SSPI_DECLARE)
#undef GSS_SSPI_DECLARE
};

// Null when it, or part of it, is not found.
const HostGssapi *Host();

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_HOST_GSSAPI_H_
