// SPDX-License-Identifier: MIT
// What CredSSP says about itself: statuses, attributes, OIDs.
#include "gss/credssp/buffers.h"
#include "gss/credssp/oids.h"
#include "gss/entry.h"

namespace gss_sspi::gss {
namespace {

constexpr std::string_view kMechanismName = "CredSSP";
constexpr std::string_view kMechanismDescription =
    "Credential Security Support Provider (MS-CSSP): a login inside TLS, with delegation";

}  // namespace
}  // namespace gss_sspi::gss

using namespace gss_sspi;       // NOLINT: the exports below have C names
using namespace gss_sspi::gss;  // NOLINT

GSS_SSPI_EXPORT OM_uint32 gss_display_status(OM_uint32 *minor_status, OM_uint32 status_value,
                                             int status_type, gss_OID /*mech_type*/,
                                             OM_uint32 *message_context,
                                             gss_buffer_t status_string) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(status_string);
    Clear(message_context);
    if (status_string == GSS_C_NO_BUFFER) return Status::kNullArgument;
    // libgssapi has the texts of major statuses itself.
    if (status_type != GSS_C_MECH_CODE) return Outcome::Major(GSS_S_BAD_STATUS);
    return GiveStatusText(static_cast<Status>(status_value), status_string);
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_indicate_mechs(OM_uint32 *minor_status, gss_OID_set *mech_set) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(mech_set);
    if (mech_set == nullptr) return Status::kNullArgument;
    if (Host() == nullptr) return Status::kHostGssapiMissing;
    const gss_OID oids[] = {&kCredsspMechanism};
    return GiveOids(oids, mech_set);
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_inquire_names_for_mech(OM_uint32 *minor_status, gss_OID mechanism,
                                                     gss_OID_set *name_types) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(name_types);
    if (name_types == nullptr) return Status::kNullArgument;
    if (mechanism != GSS_C_NO_OID && !Is(mechanism, oid::kCredssp)) {
      return Outcome::Major(GSS_S_BAD_MECH, Status::kCredsspUnavailable);
    }
    const HostGssapi *host = Host();
    if (host == nullptr) return Status::kHostGssapiMissing;
    const gss_OID oids[] = {host->GSS_C_NT_HOSTBASED_SERVICE, host->GSS_C_NT_USER_NAME,
                            host->GSS_C_NT_EXPORT_NAME};
    return GiveOids(oids, name_types);
  });
}

// C34, C35: NOT_DFLT_MECH keeps CredSSP out of SPNEGO and of credentials that nobody named it for.
// The call does not fail: an error would be taken for "has no attributes".
GSS_SSPI_EXPORT OM_uint32 gss_inquire_attrs_for_mech(OM_uint32 *minor_status,
                                                     gss_const_OID /*mech*/,
                                                     gss_OID_set *mech_attrs,
                                                     gss_OID_set *known_mech_attrs) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(mech_attrs);
    Clear(known_mech_attrs);
    const HostGssapi *host = Host();
    if (host == nullptr) return Status::kHostGssapiMissing;
    const gss_OID known[] = {
        // It has these ...
        host->GSS_C_MA_NOT_DFLT_MECH, host->GSS_C_MA_AUTH_INIT, host->GSS_C_MA_AUTH_TARG,
        host->GSS_C_MA_DELEG_CRED, host->GSS_C_MA_INTEG_PROT, host->GSS_C_MA_CONF_PROT,
        host->GSS_C_MA_WRAP, host->GSS_C_MA_REPLAY_DET, host->GSS_C_MA_OOS_DET,
        // ... and not these.
        host->GSS_C_MA_MECH_CONCRETE, host->GSS_C_MA_MECH_PSEUDO, host->GSS_C_MA_MECH_COMPOSITE,
        host->GSS_C_MA_MECH_NEGO, host->GSS_C_MA_MECH_GLUE, host->GSS_C_MA_NOT_MECH,
        host->GSS_C_MA_DEPRECATED, host->GSS_C_MA_ITOK_FRAMED, host->GSS_C_MA_AUTH_INIT_INIT,
        host->GSS_C_MA_AUTH_TARG_INIT, host->GSS_C_MA_AUTH_INIT_ANON, host->GSS_C_MA_AUTH_TARG_ANON,
        host->GSS_C_MA_MIC, host->GSS_C_MA_CBINDINGS, host->GSS_C_MA_CTX_TRANS,
        host->GSS_C_MA_PROT_READY, host->GSS_C_MA_PFS, host->GSS_C_MA_COMPRESS};
    constexpr size_t kHas = 9;
    if (mech_attrs != nullptr) {
      if (Error error = GiveOids(std::span(known).first(kHas), mech_attrs)) return error;
    }
    if (known_mech_attrs == nullptr) return kSuccess;
    const Error error = GiveOids(known, known_mech_attrs);
    OM_uint32 minor = 0;
    if (error && mech_attrs != nullptr) host->gss_release_oid_set(&minor, mech_attrs);
    return error;
  });
}

// RFC 5801 10: without channel bindings there is no SASL mechanism of it.
GSS_SSPI_EXPORT OM_uint32 gss_inquire_saslname_for_mech(OM_uint32 *minor_status,
                                                        const gss_OID /*desired_mech*/,
                                                        gss_buffer_t sasl_mech_name,
                                                        gss_buffer_t mech_name,
                                                        gss_buffer_t mech_description) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(sasl_mech_name);
    Clear(mech_name);
    Clear(mech_description);
    if (Error error = GiveText(kMechanismName, mech_name)) return error;
    const Error error = GiveText(kMechanismDescription, mech_description);
    OM_uint32 minor = 0;
    if (error && mech_name != GSS_C_NO_BUFFER) Host()->gss_release_buffer(&minor, mech_name);
    return error;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_inquire_mech_for_saslname(OM_uint32 *minor_status,
                                                        const gss_buffer_t /*sasl_mech_name*/,
                                                        gss_OID *mech_type) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(mech_type);
    return Outcome::Major(GSS_S_BAD_MECH, Status::kCredsspUnavailable);
  });
}

GSS_SSPI_EXPORT OM_uint32 gssspi_mech_invoke(OM_uint32 *minor_status,
                                             const gss_OID /*desired_mech*/,
                                             const gss_OID /*desired_object*/,
                                             gss_buffer_t /*value*/) {
  return Guard(minor_status, [&]() -> Outcome {
    return Fail(Status::kCredsspUnavailable, "nothing to invoke by this OID");
  });
}

// Called with a lock of libgssapi held: compares a pointer, and nothing else (C37).
GSS_SSPI_EXPORT OM_uint32 gss_internal_release_oid(OM_uint32 *minor_status, gss_OID *oid) {
  return Guard(minor_status, [&]() -> Outcome {
    if (oid == nullptr || *oid != &kCredsspMechanism) {
      return Outcome::Major(GSS_S_CONTINUE_NEEDED);
    }
    *oid = GSS_C_NO_OID;
    return kSuccess;
  });
}
