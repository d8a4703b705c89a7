// SPDX-License-Identifier: MIT
// To libgssapi a credential without a part for Kerberos is no credential at all where a program
// asks for Kerberos, or names no mechanism: the context is then one of the process's own user, in
// silence (measured with MIT krb5 1.20; C72 says the same of SPNEGO). So what a client has
// delegated gets such a part in any case; this one refuses to initiate.
#ifndef GSS_SSPI_GSS_CREDSSP_KERBEROS_BAR_H_
#define GSS_SSPI_GSS_CREDSSP_KERBEROS_BAR_H_

#include "core/result.h"
#include "gss/credssp/host_objects.h"

namespace gss_sspi::gss {

Error BarKerberos(const HostCredential &credential);

}  // namespace gss_sspi::gss

#endif  // GSS_SSPI_GSS_CREDSSP_KERBEROS_BAR_H_
