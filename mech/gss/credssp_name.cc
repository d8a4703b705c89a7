// SPDX-License-Identifier: MIT
// Names of CredSSP: RFC 2744 5.4, 5.10 to 5.13, 5.16, 5.20, 5.28, and RFC 6680 for the names of
// authenticated users, which are those of the mechanism inside.
#include "gss/credssp/handles.h"
#include "gss/credssp/oids.h"
#include "gss/entry.h"

namespace gss_sspi::gss {
namespace {

Error NoName() { return Fail(Status::kCredsspBadName, "no name was given"); }

Outcome Import(const gss_buffer_desc *input, gss_const_OID type, gss_name_t *output) {
  if (output == nullptr || input == nullptr) return Status::kNullArgument;
  if (Host() == nullptr) return Status::kHostGssapiMissing;
  auto name = CredsspName::Import(ViewOf(input), type);
  if (!name) return name.error();
  *output = Handle(std::move(*name));
  return kSuccess;
}

// Asks the host about an inner name, and gives its status as it is.
template <typename Call>
Outcome AskHost(gss_const_name_t handle, const Call &call) {
  const CredsspName *name = NameOf(handle);
  if (name == nullptr) return NoName();
  if (name->kind() != CredsspName::Kind::kInner) {
    return Fail(Status::kCredsspUnavailable, "only the name of a user who has logged on has this");
  }
  OM_uint32 minor = 0;
  const OM_uint32 major = call(&minor, name->host());
  if (GSS_ERROR(major) == 0) return Outcome::Major(major);
  return Outcome::Major(major, HostFailure(Status::kCredsspBadName, major, minor, GSS_C_NO_OID));
}

}  // namespace
}  // namespace gss_sspi::gss

using namespace gss_sspi;       // NOLINT: the exports below have C names
using namespace gss_sspi::gss;  // NOLINT

GSS_SSPI_EXPORT OM_uint32 gss_import_name(OM_uint32 *minor_status, gss_buffer_t input_name,
                                          gss_OID input_name_type, gss_name_t *output_name) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(output_name);
    return Import(input_name, input_name_type, output_name);
  });
}

GSS_SSPI_EXPORT OM_uint32 gssspi_import_name_by_mech(OM_uint32 *minor_status, gss_OID /*mech_type*/,
                                                     gss_buffer_t input_name,
                                                     gss_OID input_name_type,
                                                     gss_name_t *output_name) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(output_name);
    return Import(input_name, input_name_type, output_name);
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_release_name(OM_uint32 *minor_status, gss_name_t *name) {
  return Guard(minor_status, [&]() -> Outcome {
    if (name == nullptr || *name == GSS_C_NO_NAME) return kSuccess;
    CredsspName *object = NameOf(*name);
    *name = GSS_C_NO_NAME;
    if (object == nullptr) return Fail(Status::kCredsspBadName, "not a name of CredSSP");
    Deleter()(object);
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_duplicate_name(OM_uint32 *minor_status, const gss_name_t input_name,
                                             gss_name_t *dest_name) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(dest_name);
    const CredsspName *name = NameOf(input_name);
    if (name == nullptr) return NoName();
    if (dest_name == nullptr) return Status::kNullArgument;
    auto copy = name->Duplicate();
    if (!copy) return copy.error();
    *dest_name = Handle(std::move(*copy));
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_display_name(OM_uint32 *minor_status, gss_name_t input_name,
                                           gss_buffer_t output_name, gss_OID *output_name_type) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(output_name);
    Clear(output_name_type);
    const CredsspName *name = NameOf(input_name);
    if (name == nullptr) return NoName();
    if (output_name == GSS_C_NO_BUFFER) return Status::kNullArgument;
    Buffer text;
    gss_OID type = GSS_C_NO_OID;
    if (Error error = name->Display(&text, &type)) return error;
    if (Error error = GiveText(AsText(text.view()), output_name)) return error;
    Set(output_name_type, type);
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_compare_name(OM_uint32 *minor_status, gss_name_t name1,
                                           gss_name_t name2, int *name_equal) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(name_equal);
    const CredsspName *first = NameOf(name1);
    const CredsspName *second = NameOf(name2);
    if (first == nullptr || second == nullptr) return NoName();
    const auto equal = first->Equals(*second);
    if (!equal) return equal.error();
    Set(name_equal, *equal ? 1 : 0);
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_export_name(OM_uint32 *minor_status, const gss_name_t input_name,
                                          gss_buffer_t exported_name) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(exported_name);
    const CredsspName *name = NameOf(input_name);
    if (name == nullptr) return NoName();
    if (exported_name == GSS_C_NO_BUFFER) return Status::kNullArgument;
    auto token = name->Export();
    if (!token) return token.error();
    Give(&*token, exported_name);
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_localname(OM_uint32 *minor_status, const gss_name_t pname,
                                        gss_const_OID /*mech_type*/, gss_buffer_t localname) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(localname);
    return AskHost(pname, [&](OM_uint32 *minor, gss_name_t name) {
      return Host()->gss_localname(minor, name, GSS_C_NO_OID, localname);
    });
  });
}

GSS_SSPI_EXPORT OM_uint32 gssspi_authorize_localname(OM_uint32 *minor_status,
                                                     const gss_name_t pname,
                                                     gss_const_buffer_t local_user,
                                                     gss_const_OID local_name_type) {
  return Guard(minor_status, [&]() -> Outcome {
    if (local_name_type != GSS_C_NO_OID && !Is(local_name_type, oid::kUserName)) {
      return Fail(Status::kBadNameType, "a local account is given by its name");
    }
    return AskHost(pname, [&](OM_uint32 *minor, gss_name_t name) {
      HostName user;
      gss_buffer_desc text = HostView(ViewOf(local_user));
      const OM_uint32 major =
          Host()->gss_import_name(minor, &text, Host()->GSS_C_NT_USER_NAME, user.out());
      return GSS_ERROR(major) ? major : Host()->gss_authorize_localname(minor, name, user.get());
    });
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_inquire_name(OM_uint32 *minor_status, gss_name_t name,
                                           int *name_is_MN, gss_OID *MN_mech,
                                           gss_buffer_set_t *attrs) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(name_is_MN);
    Clear(MN_mech);
    Clear(attrs);
    return AskHost(name, [&](OM_uint32 *minor, gss_name_t inner) {
      const OM_uint32 major = Host()->gss_inquire_name(minor, inner, nullptr, nullptr, attrs);
      if (GSS_ERROR(major) == 0) {
        Set(name_is_MN, 1);
        Set(MN_mech, &kCredsspMechanism);
      }
      return major;
    });
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_get_name_attribute(OM_uint32 *minor_status, gss_name_t name,
                                                 gss_buffer_t attr, int *authenticated,
                                                 int *complete, gss_buffer_t value,
                                                 gss_buffer_t display_value, int *more) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(authenticated);
    Clear(complete);
    Clear(value);
    Clear(display_value);
    int *const where = more;
    const Outcome outcome = AskHost(name, [&](OM_uint32 *minor, gss_name_t inner) {
      return Host()->gss_get_name_attribute(minor, inner, attr, authenticated, complete, value,
                                            display_value, more);
    });
    if (GSS_ERROR(outcome.major()) != 0) Clear(where);  // C37
    return outcome;
  });
}
