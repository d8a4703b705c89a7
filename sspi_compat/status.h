// SPDX-License-Identifier: MIT
// SECURITY_STATUS: what a GSSAPI status becomes (section 6.6), and the text of a thread's last
// failure.
#ifndef GSS_SSPI_SSPI_STATUS_H_
#define GSS_SSPI_SSPI_STATUS_H_

#include <gssapi/gssapi.h>
#include <sspi.h>

#include <string>
#include <string_view>

namespace gss_sspi::sspi {

// Remembers the text for SspiLastErrorText and returns `status`. Never give it a secret.
SECURITY_STATUS Fail(SECURITY_STATUS status, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

// The text of this thread's last failure, "" for none. Valid until the next one.
const char *LastFailure();
SECURITY_STATUS LastFailureStatus();

// SEC_E_ codes have the sign bit, success and SEC_I_ codes have not.
constexpr bool IsFailure(SECURITY_STATUS status) { return status < 0; }

// Which call a GSSAPI status came from: some mean something else there.
enum class Call { kAcquire, kHandshake, kMessage };

// What an error code that the server of CredSSP gave stands for: an NTSTATUS, or a SEC_E_ code
// (C17).
SECURITY_STATUS StatusOfPeer(uint32_t code);

// A failure of a GSSAPI call as a SECURITY_STATUS; its text is remembered. `mech` is the mechanism
// that the call was for.
SECURITY_STATUS FromGss(OM_uint32 major, OM_uint32 minor, gss_const_OID mech, Call call);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_STATUS_H_
