// SPDX-License-Identifier: MIT
// libgssapi's headers. Some functions of gssapi.h in krb5 1.20 are declared outside of its own
// extern "C", so the whole of it is included in one.
#ifndef GSS_SSPI_GSS_MIT_GSSAPI_H_
#define GSS_SSPI_GSS_MIT_GSSAPI_H_

extern "C" {
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_ntlm_ext.h>
}

#endif  // GSS_SSPI_GSS_MIT_GSSAPI_H_
