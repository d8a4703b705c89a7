// SPDX-License-Identifier: MIT
// Names: RFC 2744 5.4, 5.10 to 5.13, 5.16, 5.20, 5.28 and RFC 2743 2.4.
#include "core/text.h"
#include "cred/configuration.h"
#include "cred/host_identity.h"
#include "cred/local_account.h"
#include "gss/entry.h"
#include "gss/handles.h"
#include "gss/name_codec.h"
#include "gss/oids.h"

namespace gss_sspi::gss {
namespace {

// 1.3.6.1.5.6.6 GSS_C_NT_COMPOSITE_EXPORT (RFC 6680 8).
constexpr std::string_view kCompositeExport = "\x2b\x06\x01\x05\x06\x06"sv;

// Decision D4 matters to a text with an at-sign only; for others no policy is asked for.
Result<UpnForm> UpnFormOf(std::string_view text) {
  if (!Contains(text, '@')) return UpnForm::kWhole;
  const auto configuration = cred::Configuration::Current();
  if (!configuration) return configuration.error();
  return (*configuration)->policy().split_upn ? UpnForm::kSplit : UpnForm::kWhole;
}

Result<Owned<Name>> ImportUser(std::string_view text) {
  const auto upn = UpnFormOf(text);
  if (!upn) return upn.error();
  return Name::ParseUser(text, *upn);
}

Result<Owned<Name>> ImportPrincipal(std::string_view text) {
  const auto upn = UpnFormOf(text);
  if (!upn) return upn.error();
  return Name::ParsePrincipal(text, *upn);
}

Result<Owned<Name>> ImportService(std::string_view text) {
  // MIT's sample server counts the NUL that ends the name.
  if (text.ends_with('\0')) text.remove_suffix(1);
  // The host's own name is asked for only where the text has none: it costs a system call.
  if (!Behind(text, text.find('@')).empty()) return Name::ParseService(text, {});
  const auto host = cred::HostIdentity::OfThisHost();
  if (!host) return host.error();
  return Name::ParseService(text, host->host());
}

// The name of the account with a user id (N408).
Result<Owned<Name>> ImportUid(uid_t uid) {
  const auto account = cred::AccountById(uid);
  if (account) return Name::OfUser({}, AsText(account->view()));
  if (account.error().status != Status::kNoLocalName) return account.error();
  return Fail(Status::kBadName, "there is no user with id %u", static_cast<unsigned>(uid));
}

Result<Owned<Name>> ImportMachineUid(ByteView octets) {
  uid_t uid = 0;
  if (octets.size() != sizeof uid) return Fail(Status::kBadName, "not a user id of this machine");
  std::memcpy(&uid, octets.data(), sizeof uid);
  return ImportUid(uid);
}

Result<Owned<Name>> ImportStringUid(std::string_view digits) {
  uint64_t uid = 0;
  if (digits.empty() || digits.size() > 10) return Fail(Status::kBadName, "not a number");
  for (char c : digits) {
    if (c < '0' || c > '9') return Fail(Status::kBadName, "not a number");
    uid = uid * 10 + static_cast<uint64_t>(c - '0');
  }
  if (uid > UINT32_MAX) return Fail(Status::kBadName, "not a user id");
  return ImportUid(static_cast<uid_t>(uid));
}

struct NameTypeRow {
  std::string_view type;
  Result<Owned<Name>> (*import)(ByteView);
};
constexpr NameTypeRow kNameTypes[] = {
    {oid::kUserName, [](ByteView name) { return ImportUser(AsText(name)); }},
    {oid::kHostBasedService, [](ByteView name) { return ImportService(AsText(name)); }},
    {oid::kHostBasedServiceX, [](ByteView name) { return ImportService(AsText(name)); }},
    {oid::kKrb5Principal, [](ByteView name) { return ImportPrincipal(AsText(name)); }},
    {oid::kAnonymous, [](ByteView) { return Name::Anonymous(); }},
    {oid::kExportName, ImportToken},
    {kCompositeExport, ImportToken},
    {oid::kMachineUidName, ImportMachineUid},
    {oid::kStringUidName, [](ByteView name) { return ImportStringUid(AsText(name)); }},
};

// N166: only libgssapi's own pointers, which it may free without harm.
gss_OID TypeOf(const Name &name) {
  switch (name.kind()) {
    case Name::Kind::kService:
      return GSS_C_NT_HOSTBASED_SERVICE;
    case Name::Kind::kAnonymous:
      return GSS_C_NT_ANONYMOUS;
    case Name::Kind::kUser:
      break;
  }
  return GSS_C_NT_USER_NAME;
}

Outcome Import(const gss_buffer_desc *input, gss_const_OID type, gss_name_t *output) {
  if (output == nullptr || input == nullptr) return Status::kNullArgument;
  const ByteView octets = ViewOf(input);
  // N622: callers that give no type mean a user.
  if (type == GSS_C_NO_OID) type = GSS_C_NT_USER_NAME;
  for (const NameTypeRow &row : kNameTypes) {
    if (!Is(type, row.type)) continue;
    auto name = row.import(octets);
    if (!name) return name.error();
    *output = Handle(std::move(*name));
    return kSuccess;
  }
  return Status::kBadNameType;
}

Outcome Duplicate(gss_const_name_t input, gss_name_t *output) {
  const Name *name = NameOf(input);
  if (name == nullptr) return Fail(Status::kBadName, "no name was given");
  if (output == nullptr) return Status::kNullArgument;
  auto copy = name->Duplicate();
  if (!copy) return copy.error();
  *output = Handle(std::move(*copy));
  return kSuccess;
}

Result<Buffer> LocalNameOf(const Name &name) {
  if (name.kind() != Name::Kind::kUser) {
    return Fail(Status::kBadNameType, "only a user has a local name");
  }
  const auto configuration = cred::Configuration::Current();
  if (!configuration) return configuration.error();
  const auto own = (*configuration)->host().server_names();
  return cred::LocalAccountOf(name.domain(), name.user(),
                              {own, (*configuration)->policy().local_domains});
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
    Name *object = NameOf(*name);
    *name = GSS_C_NO_NAME;
    if (object == nullptr) return Fail(Status::kBadName, "not a name of the NTLM mechanism");
    Deleter()(object);
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_duplicate_name(OM_uint32 *minor_status, const gss_name_t input_name,
                                             gss_name_t *dest_name) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(dest_name);
    return Duplicate(input_name, dest_name);
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_display_name(OM_uint32 *minor_status, gss_name_t input_name,
                                           gss_buffer_t output_name, gss_OID *output_name_type) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(output_name);
    Clear(output_name_type);
    const Name *name = NameOf(input_name);
    if (name == nullptr) return Fail(Status::kBadName, "no name was given");
    if (output_name == GSS_C_NO_BUFFER) return Status::kNullArgument;
    const auto upn = UpnFormOf(name->second());
    if (!upn) return upn.error();
    auto display = name->Display(*upn);
    if (!display) return display.error();
    if (Error error = GiveText(AsText(display->view()), output_name)) return error;
    Set(output_name_type, TypeOf(*name));
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_compare_name(OM_uint32 *minor_status, gss_name_t name1,
                                           gss_name_t name2, int *name_equal) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(name_equal);
    const Name *first = NameOf(name1);
    const Name *second = NameOf(name2);
    if (first == nullptr || second == nullptr) return Fail(Status::kBadName, "no name was given");
    // RFC 2744 5.5: names that denote anonymous principals are never equal.
    Set(name_equal, first->kind() != Name::Kind::kAnonymous && first->Equals(*second) ? 1 : 0);
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_export_name(OM_uint32 *minor_status, const gss_name_t input_name,
                                          gss_buffer_t exported_name) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(exported_name);
    const Name *name = NameOf(input_name);
    if (name == nullptr) return Fail(Status::kBadName, "no name was given");
    if (exported_name == GSS_C_NO_BUFFER) return Status::kNullArgument;
    auto token = ExportToken(*name, Exported::kPlain);
    if (!token) return token.error();
    Give(&*token, exported_name);
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_localname(OM_uint32 *minor_status, const gss_name_t pname,
                                        gss_const_OID /*mech_type*/, gss_buffer_t localname) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(localname);
    const Name *name = NameOf(pname);
    if (name == nullptr) return Fail(Status::kBadName, "no name was given");
    const auto local = LocalNameOf(*name);
    if (!local) return local.error();
    return GiveText(AsText(local->view()), localname);
  });
}

// A user may be the local account that its local name is, and no other. When this says no,
// libgssapi looks for the attribute "local-login-user", which no name of ours has.
GSS_SSPI_EXPORT OM_uint32 gssspi_authorize_localname(OM_uint32 *minor_status,
                                                     const gss_name_t pname,
                                                     gss_const_buffer_t local_user,
                                                     gss_const_OID local_name_type) {
  return Guard(minor_status, [&]() -> Outcome {
    const Name *name = NameOf(pname);
    if (name == nullptr) return Fail(Status::kBadName, "no name was given");
    if (local_name_type != GSS_C_NO_OID && !Is(local_name_type, oid::kUserName)) {
      return Fail(Status::kBadNameType, "a local account is given by its name");
    }
    const auto local = LocalNameOf(*name);
    // Without memory nothing was decided (N721).
    if (!local && local.error().status == Status::kNoMemory) return local.error();
    if (!local) return Outcome::Major(GSS_S_UNAUTHORIZED, local.error());
    if (Equal(local->view(), ViewOf(local_user))) return kSuccess;
    return Outcome::Major(GSS_S_UNAUTHORIZED, Status::kNoLocalName);
  });
}
