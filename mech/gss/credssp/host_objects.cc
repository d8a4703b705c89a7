// SPDX-License-Identifier: MIT
#include "gss/credssp/host_objects.h"

namespace gss_sspi::gss {

// The minor status says more; where it says nothing, the major one.
Error HostFailure(Status status, OM_uint32 major, OM_uint32 minor, gss_OID mechanism) {
  HostBuffer text;
  OM_uint32 ignored = 0;
  OM_uint32 more = 0;
  const bool has_minor = minor != 0;
  const OM_uint32 code = has_minor ? minor : major;
  const int kind = has_minor ? GSS_C_MECH_CODE : GSS_C_GSS_CODE;
  if (Host()->gss_display_status(&ignored, code, kind, mechanism, &more, text.out()) !=
          GSS_S_COMPLETE ||
      text.view().empty()) {
    return Fail(status, "GSSAPI status %08x, %08x", major, minor);
  }
  return Fail(status, "%.*s", GSS_SSPI_TEXT(text.text()));
}

}  // namespace gss_sspi::gss
