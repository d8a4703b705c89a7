// SPDX-License-Identifier: MIT
#include "sspi_compat/gss.h"

namespace gss_sspi::sspi {
namespace {

std::string StatusText(OM_uint32 value, int type, gss_const_OID mech) {
  std::string text;
  OM_uint32 more = 0;
  do {
    OM_uint32 minor = 0;
    GssBuffer line;
    if (GSS_ERROR(gss_display_status(&minor, value, type, Mutable(mech), &more, line.out()))) break;
    if (!text.empty()) text += ", ";
    text += line.text();
  } while (more != 0);
  return text;
}

}  // namespace

std::string MajorTextOf(OM_uint32 major) { return StatusText(major, GSS_C_GSS_CODE, GSS_C_NO_OID); }

std::string TextOf(OM_uint32 minor, gss_const_OID mech) {
  return minor == 0 ? std::string() : StatusText(minor, GSS_C_MECH_CODE, mech);
}

std::string DisplayName(gss_name_t name) {
  if (name == GSS_C_NO_NAME) return {};
  OM_uint32 minor = 0;
  GssBuffer text;
  if (GSS_ERROR(gss_display_name(&minor, name, text.out(), nullptr))) return {};
  return std::string(text.text());
}

bool HasMechanism(gss_const_OID mech) {
  OM_uint32 minor = 0;
  GssOidSet all;
  int present = 0;
  if (GSS_ERROR(gss_indicate_mechs(&minor, all.out()))) return false;
  gss_test_oid_set_member(&minor, Mutable(mech), all.get(), &present);
  return present != 0;
}

}  // namespace gss_sspi::sspi
