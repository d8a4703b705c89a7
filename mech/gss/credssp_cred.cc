// SPDX-License-Identifier: MIT
// Credentials of CredSSP: RFC 2744 5.2, 5.21, 5.22, 5.27 and MIT's extensions.
#include "core/log.h"
#include "gss/credssp/buffers.h"
#include "gss/credssp/handles.h"
#include "gss/credssp/oids.h"
#include "gss/entry.h"

namespace gss_sspi::gss {
namespace {

Error TakeStore(gss_const_key_value_set_t store, CredsspSettings *settings) {
  if (store == GSS_C_NO_CRED_STORE) return kSuccess;
  for (OM_uint32 i = 0; i < store->count; ++i) {
    const gss_key_value_element_desc &element = store->elements[i];
    if (element.key == nullptr || element.value == nullptr) continue;
    const auto taken = settings->Set(element.key, element.value);
    if (!taken) return taken.error();
  }
  return kSuccess;
}

Error CheckMechanisms(gss_OID_set mechanisms) {
  if (mechanisms == GSS_C_NO_OID_SET) return kSuccess;
  for (size_t i = 0; i < mechanisms->count; ++i) {
    if (Is(&mechanisms->elements[i], oid::kCredssp)) return kSuccess;
  }
  return Fail(Status::kCredsspNoCredential, "the set of mechanisms does not hold CredSSP");
}

Error GiveMechanisms(gss_OID_set *to) {
  if (to == nullptr) return kSuccess;
  const gss_OID oids[] = {&kCredsspMechanism};
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
                gss_cred_usage_t usage, const CredsspSettings &settings,
                gss_const_key_value_set_t store, const AcquireOutputs &out) {
  if (out.credential == nullptr) return Status::kNullArgument;
  if (Host() == nullptr) return Status::kHostGssapiMissing;
  if (usage != GSS_C_BOTH && usage != GSS_C_INITIATE && usage != GSS_C_ACCEPT) {
    return Fail(Status::kNullArgument, "credential usage %d does not exist", usage);
  }
  if (Error error = CheckMechanisms(desired_mechanisms)) return error;
  const CredsspName *name = nullptr;
  if (desired_name != GSS_C_NO_NAME) {
    name = NameOf(desired_name);
    if (name == nullptr) return Fail(Status::kCredsspBadName, "not a name of CredSSP");
  }
  auto credential = CredsspCredential::Acquire(name, usage, settings, store);
  if (!credential) {
    LogFailure("CredSSP: acquire", credential.error());
    return credential.error();
  }
  if (Error error = GiveMechanisms(out.actual_mechanisms)) return error;
  *out.credential = Handle(std::move(*credential));
  Set<OM_uint32>(out.time, GSS_C_INDEFINITE);  // C52
  return kSuccess;
}

Error GiveName(const CredsspCredential &credential, gss_name_t *to) {
  if (to == nullptr) return kSuccess;
  auto name = credential.Name();
  if (!name) return name.error();
  *to = Handle(std::move(*name));
  return kSuccess;
}

// C34: CredSSP is never a default.
Result<CredsspCredential *> Given(gss_const_cred_id_t handle) {
  if (handle == GSS_C_NO_CREDENTIAL) return Status::kCredsspNoCredential;
  CredsspCredential *credential = CredentialOf(handle);
  if (credential == nullptr) return Status::kDefectiveCredential;
  return credential;
}

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
    CredsspSettings settings;
    if (Error error = TakeStore(cred_store, &settings)) return error;
    return Acquire(desired_name, desired_mechs, cred_usage, settings, cred_store, out);
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
    return Acquire(desired_name, desired_mechs, cred_usage, {}, GSS_C_NO_CRED_STORE, out);
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
    CredsspSettings settings;
    settings.password = AsText(ViewOf(password));
    return Acquire(desired_name, desired_mechs, cred_usage, settings, GSS_C_NO_CRED_STORE, out);
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_release_cred(OM_uint32 *minor_status, gss_cred_id_t *cred_handle) {
  return Guard(minor_status, [&]() -> Outcome {
    if (cred_handle == nullptr || *cred_handle == GSS_C_NO_CREDENTIAL) return kSuccess;
    CredsspCredential *credential = CredentialOf(*cred_handle);
    *cred_handle = GSS_C_NO_CREDENTIAL;
    if (credential == nullptr) return Status::kDefectiveCredential;
    const Ref<CredsspCredential> last(credential);  // Drops the ownership the handle had.
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
    const auto credential = Given(cred_handle);
    if (!credential) return credential.error();
    if (Error error = GiveMechanisms(mechanisms)) return error;
    if (Error error = GiveName(**credential, name)) {
      OM_uint32 minor = 0;
      if (mechanisms != nullptr) Host()->gss_release_oid_set(&minor, mechanisms);
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
    const auto credential = Given(cred_handle);
    if (!credential) return credential.error();
    const CredsspCredential &object = **credential;
    if (Error error = GiveName(object, name)) return error;
    // RFC 2744 5.22: zero for a role the credential does not have.
    Set<OM_uint32>(initiator_lifetime, object.CanInitiate() ? GSS_C_INDEFINITE : 0);
    Set<OM_uint32>(acceptor_lifetime, object.CanAccept() ? GSS_C_INDEFINITE : 0);
    Set(cred_usage, object.usage());
    return kSuccess;
  });
}

// libgssapi calls some of these without looking whether a mechanism has them (C37).
GSS_SSPI_EXPORT OM_uint32 gssspi_set_cred_option(OM_uint32 *minor_status,
                                                 gss_cred_id_t *cred_handle,
                                                 const gss_OID /*desired_object*/,
                                                 const gss_buffer_t /*value*/) {
  return Guard(minor_status, [&]() -> Outcome {
    if (cred_handle == nullptr || CredentialOf(*cred_handle) == nullptr) {
      return Status::kDefectiveCredential;
    }
    return Status::kCredsspUnavailable;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_export_cred(OM_uint32 *minor_status, gss_cred_id_t /*cred_handle*/,
                                          gss_buffer_t token) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(token);
    return Fail(Status::kCredsspUnavailable, "credentials cannot be moved (C49)");
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_import_cred(OM_uint32 *minor_status, gss_buffer_t /*token*/,
                                          gss_cred_id_t *cred_handle) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(cred_handle);
    return Fail(Status::kCredsspUnavailable, "credentials cannot be moved (C49)");
  });
}

GSS_SSPI_EXPORT OM_uint32 gssspi_import_cred_by_mech(OM_uint32 *minor_status, gss_OID /*mech_type*/,
                                                     gss_buffer_t /*token*/,
                                                     gss_cred_id_t *cred_handle) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(cred_handle);
    return Fail(Status::kCredsspUnavailable, "credentials cannot be moved (C49)");
  });
}
