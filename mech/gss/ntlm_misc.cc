// SPDX-License-Identifier: MIT
// What the mechanism says about itself: statuses, attributes, OIDs, SASL names.
#include "core/log.h"
#include "core/text.h"
#include "cred/configuration.h"
#include "gss/entry.h"
#include "gss/oid_set.h"
#include "gss/oids.h"

namespace gss_sspi::gss {
namespace {

constexpr std::string_view kSaslName = "GS2-NTLM";
constexpr std::string_view kMechanismName = "NTLM";
constexpr std::string_view kMechanismDescription = "NTLM (MS-NLMP) authentication";

// N212. A configuration that cannot be used changes nothing: an error would take NTLM away from
// explicit callers as well (N136), and they are told what is wrong with it.
bool IsOfferedInNegotiate() {
  const auto configuration = cred::Configuration::Current();
  return !configuration || (*configuration)->policy().offer_in_negotiate;
}

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
    const gss_const_OID oids[] = {NtlmOid()};
    return GiveOids(oids, mech_set);
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_inquire_names_for_mech(OM_uint32 *minor_status, gss_OID mechanism,
                                                     gss_OID_set *name_types) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(name_types);
    if (name_types == nullptr) return Status::kNullArgument;
    if (mechanism != GSS_C_NO_OID && !Is(mechanism, oid::kNtlm)) {
      return Outcome::Major(GSS_S_BAD_MECH, Status::kUnavailable);
    }
    const gss_const_OID oids[] = {GSS_C_NT_USER_NAME,        GSS_C_NT_HOSTBASED_SERVICE,
                                  GSS_C_NT_MACHINE_UID_NAME, GSS_C_NT_STRING_UID_NAME,
                                  GSS_C_NT_ANONYMOUS,        GSS_C_NT_EXPORT_NAME};
    return GiveOids(oids, name_types);
  });
}

// N136, N185: both sets are filled when asked for; an error would take NTLM out of SPNEGO.
GSS_SSPI_EXPORT OM_uint32 gss_inquire_attrs_for_mech(OM_uint32 *minor_status,
                                                     gss_const_OID /*mech*/,
                                                     gss_OID_set *mech_attrs,
                                                     gss_OID_set *known_mech_attrs) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(mech_attrs);
    Clear(known_mech_attrs);
    const gss_const_OID has[] = {GSS_C_MA_MECH_CONCRETE, GSS_C_MA_AUTH_INIT, GSS_C_MA_INTEG_PROT,
                                 GSS_C_MA_CONF_PROT,     GSS_C_MA_MIC,       GSS_C_MA_WRAP,
                                 GSS_C_MA_REPLAY_DET,    GSS_C_MA_OOS_DET,   GSS_C_MA_CBINDINGS,
                                 GSS_C_MA_CTX_TRANS};
    const gss_const_OID has_not[] = {GSS_C_MA_MECH_PSEUDO,    GSS_C_MA_MECH_COMPOSITE,
                                     GSS_C_MA_MECH_NEGO,      GSS_C_MA_MECH_GLUE,
                                     GSS_C_MA_NOT_MECH,       GSS_C_MA_DEPRECATED,
                                     GSS_C_MA_NOT_DFLT_MECH,  GSS_C_MA_ITOK_FRAMED,
                                     GSS_C_MA_AUTH_TARG,      GSS_C_MA_AUTH_INIT_INIT,
                                     GSS_C_MA_AUTH_TARG_INIT, GSS_C_MA_AUTH_INIT_ANON,
                                     GSS_C_MA_AUTH_TARG_ANON, GSS_C_MA_DELEG_CRED,
                                     GSS_C_MA_PROT_READY,     GSS_C_MA_PFS,
                                     GSS_C_MA_COMPRESS};
    if (mech_attrs != nullptr) {
      Error error = GiveOids(has, mech_attrs);
      if (!error && !IsOfferedInNegotiate()) {
        error = AddOid(GSS_C_MA_NOT_DFLT_MECH, mech_attrs);
      }
      if (error) return error;
    }
    if (known_mech_attrs == nullptr) return kSuccess;
    Error error = GiveOids(has, known_mech_attrs);
    for (gss_const_OID oid : has_not) {
      if (!error) error = AddOid(oid, known_mech_attrs);
    }
    if (error && mech_attrs != nullptr) {
      OM_uint32 minor = 0;
      gss_release_oid_set(&minor, mech_attrs);
    }
    return error;
  });
}

// RFC 5801 10. Any output may be null (N137).
GSS_SSPI_EXPORT OM_uint32 gss_inquire_saslname_for_mech(OM_uint32 *minor_status,
                                                        const gss_OID /*desired_mech*/,
                                                        gss_buffer_t sasl_mech_name,
                                                        gss_buffer_t mech_name,
                                                        gss_buffer_t mech_description) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(sasl_mech_name);
    Clear(mech_name);
    Clear(mech_description);
    struct Answer {
      gss_buffer_t to;
      std::string_view text;
    };
    const Answer answers[] = {{sasl_mech_name, kSaslName},
                              {mech_name, kMechanismName},
                              {mech_description, kMechanismDescription}};
    for (const Answer &answer : answers) {
      if (Error error = GiveText(answer.text, answer.to)) {
        OM_uint32 minor = 0;
        for (const Answer &given : answers) {
          if (given.to != GSS_C_NO_BUFFER) gss_release_buffer(&minor, given.to);
        }
        return error;
      }
    }
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_inquire_mech_for_saslname(OM_uint32 *minor_status,
                                                        const gss_buffer_t sasl_mech_name,
                                                        gss_OID *mech_type) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(mech_type);
    if (!Equal(ViewOf(sasl_mech_name), AsBytes(kSaslName))) {
      return Outcome::Major(GSS_S_BAD_MECH, Status::kUnavailable);
    }
    Set(mech_type, NtlmOid());
    return kSuccess;
  });
}

// N502: the path of a log file for this process; an empty value ends that.
GSS_SSPI_EXPORT OM_uint32 gssspi_mech_invoke(OM_uint32 *minor_status,
                                             const gss_OID /*desired_mech*/,
                                             const gss_OID desired_object, gss_buffer_t value) {
  return Guard(minor_status, [&]() -> Outcome {
    if (!Is(desired_object, oid::kDebugFile)) {
      return Fail(Status::kUnavailable, "nothing to invoke by this OID");
    }
    std::string_view path = AsText(ViewOf(value));
    // Some callers count the NUL.
    if (path.ends_with('\0')) path.remove_suffix(1);
    if (!Contains(path, '\0') && SetLogFile(LogFileOf::kProgram, path)) return kSuccess;
    return Fail(Status::kBadSetting,
                "a log file has a path of at most %zu octets, and no privileged program names one",
                kMaxLogPath);
  });
}

// N141: called with a lock of libgssapi held: compares a pointer, and nothing else.
GSS_SSPI_EXPORT OM_uint32 gss_internal_release_oid(OM_uint32 *minor_status, gss_OID *oid) {
  return Guard(minor_status, [&]() -> Outcome {
    if (oid == nullptr || *oid != NtlmOid()) return Outcome::Major(GSS_S_CONTINUE_NEEDED);
    *oid = GSS_C_NO_OID;
    return kSuccess;
  });
}
