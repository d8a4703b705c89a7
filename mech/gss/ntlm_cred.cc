// SPDX-License-Identifier: MIT
// Credentials: RFC 2744 5.2, 5.21, 5.22, 5.27 and MIT's extensions.
#include "core/log.h"
#include "gss/entry.h"
#include "gss/handles.h"
#include "gss/oid_set.h"
#include "gss/oids.h"

namespace gss_sspi::gss {
namespace {

Result<const Name *> DesiredName(gss_const_name_t handle) {
  const Name *name = nullptr;
  if (handle != GSS_C_NO_NAME) {
    name = NameOf(handle);
    if (name == nullptr) return Fail(Status::kBadName, "not a name of the NTLM mechanism");
  }
  return name;
}

Error TakeStore(gss_const_key_value_set_t store, cred::Settings *settings) {
  if (store == GSS_C_NO_CRED_STORE) return kSuccess;
  for (OM_uint32 i = 0; i < store->count; ++i) {
    const gss_key_value_element_desc &element = store->elements[i];
    if (element.key == nullptr || element.value == nullptr) continue;
    if (Error error = settings->Set(element.key, element.value)) return error;
  }
  return kSuccess;
}

Error CheckMechanisms(gss_OID_set mechanisms) {
  if (mechanisms == GSS_C_NO_OID_SET) return kSuccess;
  for (size_t i = 0; i < mechanisms->count; ++i) {
    if (Is(&mechanisms->elements[i], oid::kNtlm)) return kSuccess;
  }
  return Fail(Status::kNoCredential, "the set of mechanisms does not hold NTLM");
}

Error GiveMechanisms(gss_OID_set *to) {
  if (to == nullptr) return kSuccess;
  const gss_const_OID oids[] = {NtlmOid()};
  return GiveOids(oids, to);
}

struct AcquireOutputs {
  gss_cred_id_t *credential;
  gss_OID_set *actual_mechanisms;
  OM_uint32 *time;

  void ClearAll() const {
    Clear(credential);
    Clear(actual_mechanisms);
    Clear(time);
  }
};

Outcome Acquire(gss_const_name_t desired_name, gss_OID_set desired_mechanisms,
                gss_cred_usage_t usage, const cred::Settings &settings, const AcquireOutputs &out) {
  if (out.credential == nullptr) return Status::kNullArgument;
  if (usage != GSS_C_BOTH && usage != GSS_C_INITIATE && usage != GSS_C_ACCEPT) {
    return Fail(Status::kNullArgument, "credential usage %d does not exist", usage);
  }
  if (Error error = CheckMechanisms(desired_mechanisms)) return error;
  const auto name = DesiredName(desired_name);
  if (!name) return name.error();
  auto credential = Credential::Acquire(*name, usage, settings, Credential::ReportFile::kAtLogon);
  if (!credential) {
    LogFailure("acquire", credential.error());
    return credential.error();
  }
  if (Error error = GiveMechanisms(out.actual_mechanisms)) return error;
  *out.credential = Handle(std::move(*credential));
  Set<OM_uint32>(out.time, GSS_C_INDEFINITE);
  return kSuccess;
}

// The credential of a handle; a null handle is the default one.
Result<Ref<Credential>> CredentialOrDefault(gss_const_cred_id_t handle, gss_cred_usage_t usage) {
  if (handle == GSS_C_NO_CREDENTIAL) return Credential::Acquire(nullptr, usage, {});
  Credential *credential = CredentialOf(handle);
  if (credential == nullptr) return Status::kDefectiveCredential;
  credential->AddOwner();
  return Ref<Credential>(credential);
}

Error GiveName(const Credential &credential, gss_name_t *to) {
  if (to == nullptr) return kSuccess;
  auto name = credential.name().Duplicate();
  if (!name) return name.error();
  *to = Handle(std::move(*name));
  return kSuccess;
}

Outcome ImportCredential(gss_buffer_t token, gss_cred_id_t *output) {
  if (output == nullptr || token == GSS_C_NO_BUFFER) return Status::kNullArgument;
  auto credential = Credential::Import(ViewOf(token));
  if (!credential) return credential.error();
  *output = Handle(std::move(*credential));
  return kSuccess;
}

// N206.
Error ForgoProtection(Credential *credential, ByteView /*value*/) {
  credential->ForgoProtection();
  return kSuccess;
}

// N420, N502: four octets in the order of this host; none bring the usual flags back.
Error SetNegotiateFlags(Credential *credential, ByteView value) {
  if (value.empty()) {
    credential->OfferInstead(std::nullopt);
    return kSuccess;
  }
  ntlm::Flags flags = 0;
  if (value.size() != sizeof flags) {
    return Fail(Status::kNullArgument, "the value is not four octets long");
  }
  std::memcpy(&flags, value.data(), sizeof flags);
  credential->OfferInstead(flags);
  return kSuccess;
}

struct OptionRow {
  std::string_view oid;
  Error (*set)(Credential *, ByteView);
};
constexpr OptionRow kOptions[] = {{oid::kNoCiFlags, ForgoProtection},
                                  {oid::kNegotiateFlags, SetNegotiateFlags}};

}  // namespace
}  // namespace gss_sspi::gss

using namespace gss_sspi;       // NOLINT: the exports below have C names
using namespace gss_sspi::gss;  // NOLINT

GSS_SSPI_EXPORT OM_uint32 gss_acquire_cred_from(OM_uint32 *minor_status, gss_name_t desired_name,
                                                OM_uint32 /*time_req*/, gss_OID_set desired_mechs,
                                                gss_cred_usage_t cred_usage,
                                                gss_const_key_value_set_t cred_store,
                                                gss_cred_id_t *output_cred_handle,
                                                gss_OID_set *actual_mechs, OM_uint32 *time_rec) {
  return Guard(minor_status, [&]() -> Outcome {
    const AcquireOutputs out{output_cred_handle, actual_mechs, time_rec};
    out.ClearAll();
    cred::Settings settings;
    if (Error error = TakeStore(cred_store, &settings)) return error;
    return Acquire(desired_name, desired_mechs, cred_usage, settings, out);
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_acquire_cred(OM_uint32 *minor_status, gss_name_t desired_name,
                                           OM_uint32 /*time_req*/, gss_OID_set desired_mechs,
                                           gss_cred_usage_t cred_usage,
                                           gss_cred_id_t *output_cred_handle,
                                           gss_OID_set *actual_mechs, OM_uint32 *time_rec) {
  return Guard(minor_status, [&]() -> Outcome {
    const AcquireOutputs out{output_cred_handle, actual_mechs, time_rec};
    out.ClearAll();
    return Acquire(desired_name, desired_mechs, cred_usage, {}, out);
  });
}

GSS_SSPI_EXPORT OM_uint32 gssspi_acquire_cred_with_password(
    OM_uint32 *minor_status, const gss_name_t desired_name, const gss_buffer_t password,
    OM_uint32 /*time_req*/, const gss_OID_set desired_mechs, gss_cred_usage_t cred_usage,
    gss_cred_id_t *output_cred_handle, gss_OID_set *actual_mechs, OM_uint32 *time_rec) {
  return Guard(minor_status, [&]() -> Outcome {
    const AcquireOutputs out{output_cred_handle, actual_mechs, time_rec};
    out.ClearAll();
    if (password == GSS_C_NO_BUFFER) return Status::kNullArgument;
    cred::Settings settings;
    settings.password = AsText(ViewOf(password));
    return Acquire(desired_name, desired_mechs, cred_usage, settings, out);
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_release_cred(OM_uint32 *minor_status, gss_cred_id_t *cred_handle) {
  return Guard(minor_status, [&]() -> Outcome {
    if (cred_handle == nullptr || *cred_handle == GSS_C_NO_CREDENTIAL) return kSuccess;
    Credential *credential = CredentialOf(*cred_handle);
    *cred_handle = GSS_C_NO_CREDENTIAL;
    if (credential == nullptr) return Status::kDefectiveCredential;
    const Ref<Credential> last(credential);  // Drops the ownership the handle had.
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_inquire_cred(OM_uint32 *minor_status, gss_cred_id_t cred_handle,
                                           gss_name_t *name, OM_uint32 *lifetime,
                                           gss_cred_usage_t *cred_usage, gss_OID_set *mechanisms) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(name);
    Clear(lifetime);
    Clear(cred_usage);
    Clear(mechanisms);
    const auto credential = CredentialOrDefault(cred_handle, GSS_C_INITIATE);
    if (!credential) return credential.error();
    if (Error error = GiveMechanisms(mechanisms)) return error;
    if (Error error = GiveName(**credential, name)) {
      OM_uint32 minor = 0;
      if (mechanisms != nullptr) gss_release_oid_set(&minor, mechanisms);
      return error;
    }
    Set<OM_uint32>(lifetime, GSS_C_INDEFINITE);
    Set(cred_usage, (*credential)->usage());
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_inquire_cred_by_mech(OM_uint32 *minor_status,
                                                   gss_cred_id_t cred_handle, gss_OID /*mech_type*/,
                                                   gss_name_t *name, OM_uint32 *initiator_lifetime,
                                                   OM_uint32 *acceptor_lifetime,
                                                   gss_cred_usage_t *cred_usage) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(name);
    Clear(initiator_lifetime);
    Clear(acceptor_lifetime);
    Clear(cred_usage);
    const auto credential = CredentialOrDefault(cred_handle, GSS_C_INITIATE);
    if (!credential) return credential.error();
    if (Error error = GiveName(**credential, name)) return error;
    // RFC 2744 5.22: zero for a role the credential does not have.
    const Credential &object = **credential;
    Set<OM_uint32>(initiator_lifetime, object.initiator() != nullptr ? GSS_C_INDEFINITE : 0);
    Set<OM_uint32>(acceptor_lifetime, object.verifier() != nullptr ? GSS_C_INDEFINITE : 0);
    Set(cred_usage, object.usage());
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gssspi_set_cred_option(OM_uint32 *minor_status,
                                                 gss_cred_id_t *cred_handle,
                                                 const gss_OID desired_object,
                                                 const gss_buffer_t value) {
  return Guard(minor_status, [&]() -> Outcome {
    Credential *credential = cred_handle != nullptr ? CredentialOf(*cred_handle) : nullptr;
    if (credential == nullptr) return Status::kDefectiveCredential;
    for (const OptionRow &row : kOptions) {
      if (Is(desired_object, row.oid)) return row.set(credential, ViewOf(value));
    }
    return Status::kUnavailable;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_export_cred(OM_uint32 *minor_status, gss_cred_id_t cred_handle,
                                          gss_buffer_t token) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(token);
    const auto credential = CredentialOrDefault(cred_handle, GSS_C_INITIATE);
    if (!credential) return credential.error();
    if (token == GSS_C_NO_BUFFER) return Status::kNullArgument;
    auto octets = (*credential)->Export();
    if (!octets) return octets.error();
    Give(&*octets, token);
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_import_cred(OM_uint32 *minor_status, gss_buffer_t token,
                                          gss_cred_id_t *cred_handle) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(cred_handle);
    return ImportCredential(token, cred_handle);
  });
}

GSS_SSPI_EXPORT OM_uint32 gssspi_import_cred_by_mech(OM_uint32 *minor_status, gss_OID /*mech_type*/,
                                                     gss_buffer_t token,
                                                     gss_cred_id_t *cred_handle) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(cred_handle);
    return ImportCredential(token, cred_handle);
  });
}
