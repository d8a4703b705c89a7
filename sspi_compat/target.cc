// SPDX-License-Identifier: MIT
#include "sspi_compat/target.h"

#include <gssapi/gssapi_krb5.h>

#include <string>

namespace gss_sspi::sspi {
namespace {

OM_uint32 Import(OM_uint32 *minor, std::string_view text, gss_OID type, gss_name_t *out) {
  gss_buffer_desc buffer = BufferOf(text);
  return gss_import_name(minor, &buffer, type, out);
}

}  // namespace

OM_uint32 ImportTarget(OM_uint32 *minor, std::string_view text, gss_name_t *out) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return Import(minor, text, GSS_C_NT_USER_NAME, out);
  const std::string_view host = text.substr(slash + 1);
  if (host.find_first_of("/@") != std::string_view::npos) {
    return Import(minor, text, const_cast<gss_OID>(GSS_KRB5_NT_PRINCIPAL_NAME), out);
  }
  std::string service(text);
  service[slash] = '@';
  return Import(minor, service, GSS_C_NT_HOSTBASED_SERVICE, out);
}

OM_uint32 ImportNoTarget(OM_uint32 *minor, gss_name_t *out) {
  return Import(minor, "@", GSS_C_NT_HOSTBASED_SERVICE, out);
}

}  // namespace gss_sspi::sspi
