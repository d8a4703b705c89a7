// SPDX-License-Identifier: MIT
// Attributes of names: RFC 6680. They say who an account source verified, and are never changed.
#include "gss/entry.h"
#include "gss/handles.h"
#include "gss/name_codec.h"
#include "gss/oids.h"

namespace gss_sspi::gss {
namespace {

// RFC 6680 7.4: an attribute that the name does not have.
Error NoAttribute(std::string_view name) {
  return Fail(Status::kUnavailable, "the name has no attribute %.*s", GSS_SSPI_TEXT(name));
}

// RFC 6680 7.6, 7.7.
Outcome Immutable(gss_const_name_t handle) {
  if (NameOf(handle) == nullptr) return Fail(Status::kBadName, "no name was given");
  return Fail(Status::kUnavailable, "attributes of names cannot be changed");
}

Outcome NoMapping(gss_const_name_t handle) {
  if (NameOf(handle) == nullptr) return Fail(Status::kBadName, "no name was given");
  return Fail(Status::kUnavailable, "there are no mappings of names to other objects");
}

bool HoldsText(const gss_buffer_set_desc &set, std::string_view text) {
  for (size_t i = 0; i < set.count; ++i) {
    if (Equal(ViewOf(&set.elements[i]), AsBytes(text))) return true;
  }
  return false;
}

// libgssapi's own loses the elements of a set that cannot grow, but not their count, and the
// release of the set would then read from null (N721). They are where they were.
bool AddToSet(std::string_view text, gss_buffer_set_t set) {
  OM_uint32 minor = 0;
  gss_buffer_desc buffer{text.size(), const_cast<char *>(text.data())};
  gss_buffer_desc *const before = set->elements;
  if (gss_add_buffer_set_member(&minor, &buffer, &set) == GSS_S_COMPLETE) return true;
  if (set->elements == nullptr) set->elements = before;
  return false;
}

// N434: each name once.
Error GiveAttributeNames(const Name &name, gss_buffer_set_t *to) {
  OM_uint32 minor = 0;
  bool ok = gss_create_empty_buffer_set(&minor, to) == GSS_S_COMPLETE;
  name.ForEachAttribute([&](const Name::Attribute &attribute) {
    if (!ok || HoldsText(**to, attribute.name)) return;
    ok = AddToSet(attribute.name, *to);
  });
  if (ok) return kSuccess;
  gss_release_buffer_set(&minor, to);
  return Status::kNoMemory;
}

struct ValueOutputs {
  int *authenticated;
  int *complete;
  gss_buffer_t value;
  gss_buffer_t display_value;
  int *more;

  // N167: also *more, for callers that go on until it is 0.
  void ClearAll() const {
    Clear(authenticated);
    Clear(complete);
    Clear(value);
    Clear(display_value);
    Clear(more);
  }
};

// `left` is how many values of the attribute the caller has not seen; below 0 for all of them.
Error GiveValue(const Name &name, std::string_view wanted, int left, const ValueOutputs &out) {
  int count = 0;
  const auto for_each_value = [&](const auto &visit) {
    name.ForEachAttribute([&](const Name::Attribute &attribute) {
      if (attribute.name == wanted) visit(attribute);
    });
  };
  for_each_value([&](const Name::Attribute &) { ++count; });
  if (left < 0) left = count;
  if (left == 0 || left > count) return NoAttribute(wanted);

  Name::Attribute found{};
  int position = 0;
  for_each_value([&](const Name::Attribute &attribute) {
    if (position++ == count - left) found = attribute;
  });
  if (Error error = GiveText(found.value, out.value)) return error;
  if (Error error = GiveText(found.value, out.display_value)) {
    OM_uint32 minor = 0;
    if (out.value != GSS_C_NO_BUFFER) gss_release_buffer(&minor, out.value);
    return error;
  }
  Set(out.authenticated, found.authenticated ? 1 : 0);
  Set(out.complete, 1);
  Set(out.more, left - 1);
  return kSuccess;
}

}  // namespace
}  // namespace gss_sspi::gss

using namespace gss_sspi;       // NOLINT: the exports below have C names
using namespace gss_sspi::gss;  // NOLINT

// libgssapi answers for name_is_MN and MN_mech itself, and does not ask.
GSS_SSPI_EXPORT OM_uint32 gss_inquire_name(OM_uint32 *minor_status, gss_name_t name_handle,
                                           int *name_is_MN, gss_OID *MN_mech,
                                           gss_buffer_set_t *attrs) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(name_is_MN);
    Clear(MN_mech);
    Clear(attrs);
    const Name *name = NameOf(name_handle);
    if (name == nullptr) return Fail(Status::kBadName, "no name was given");
    if (attrs != nullptr) {
      if (Error error = GiveAttributeNames(*name, attrs)) return error;
    }
    Set(name_is_MN, 1);
    Set(MN_mech, NtlmOid());
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_get_name_attribute(OM_uint32 *minor_status, gss_name_t name_handle,
                                                 gss_buffer_t attr, int *authenticated,
                                                 int *complete, gss_buffer_t value,
                                                 gss_buffer_t display_value, int *more) {
  return Guard(minor_status, [&]() -> Outcome {
    const int left = more != nullptr ? *more : -1;
    const ValueOutputs out{authenticated, complete, value, display_value, more};
    out.ClearAll();
    const Name *name = NameOf(name_handle);
    if (name == nullptr) return Fail(Status::kBadName, "no name was given");
    if (attr == GSS_C_NO_BUFFER || more == nullptr) return Status::kNullArgument;
    // libgssapi asks for it when gss_localname has failed, and tells its caller this status in
    // place of that one.
    if (Equal(ViewOf(attr), AsBytes("local-login-user"))) {
      Error last(Status::kNoLocalName);
      last.has_detail = true;
      return Outcome::Major(GSS_S_UNAVAILABLE, last);
    }
    return GiveValue(*name, AsText(ViewOf(attr)), left, out);
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_set_name_attribute(OM_uint32 *minor_status, gss_name_t name,
                                                 int /*complete*/, gss_buffer_t /*attr*/,
                                                 gss_buffer_t /*value*/) {
  return Guard(minor_status, [&]() -> Outcome { return Immutable(name); });
}

GSS_SSPI_EXPORT OM_uint32 gss_delete_name_attribute(OM_uint32 *minor_status, gss_name_t name,
                                                    gss_buffer_t /*attr*/) {
  return Guard(minor_status, [&]() -> Outcome { return Immutable(name); });
}

GSS_SSPI_EXPORT OM_uint32 gss_export_name_composite(OM_uint32 *minor_status, gss_name_t name_handle,
                                                    gss_buffer_t exp_composite_name) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(exp_composite_name);
    const Name *name = NameOf(name_handle);
    if (name == nullptr) return Fail(Status::kBadName, "no name was given");
    if (exp_composite_name == GSS_C_NO_BUFFER) return Status::kNullArgument;
    auto token = ExportToken(*name, Exported::kComposite);
    if (!token) return token.error();
    Give(&*token, exp_composite_name);
    return kSuccess;
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_map_name_to_any(OM_uint32 *minor_status, gss_name_t name,
                                              int /*authenticated*/, gss_buffer_t /*type_id*/,
                                              gss_any_t *output) {
  return Guard(minor_status, [&]() -> Outcome {
    Clear(output);
    return NoMapping(name);
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_release_any_name_mapping(OM_uint32 *minor_status, gss_name_t name,
                                                       gss_buffer_t /*type_id*/,
                                                       gss_any_t * /*input*/) {
  return Guard(minor_status, [&]() -> Outcome { return NoMapping(name); });
}
