// SPDX-License-Identifier: MIT
// The identity of the calling thread for file access (section 1.3, L13).
//
// What is changed belongs to the thread alone: supplementary groups, filesystem group and user, and
// the capabilities that reach any file. It decides about files, and about nothing else: not
// signals, sockets, keyrings or work that is given to other threads.
//
// What was before is remembered for the thread until Revert. A thread that ends while it
// impersonates takes its identity with it and leaves those few octets behind. A thread or process
// that is started meanwhile inherits the identity, but not the memory of what was before: Revert
// does nothing there. So a thread of a pool reverts before it goes back.
#ifndef GSS_SSPI_SSPI_IMPERSONATION_H_
#define GSS_SSPI_SSPI_IMPERSONATION_H_

#include <sspi.h>

#include "sspi_compat/user_token.h"

namespace gss_sspi::sspi {

// Takes the place of an impersonation that is under way. SEC_E_NO_IMPERSONATION, and nothing
// changed, when the token has no account or only identifies, or the thread lacks CAP_SETUID or
// CAP_SETGID.
SECURITY_STATUS Impersonate(const UserToken &token);

// True on a thread that has something to revert.
bool Impersonates();

// SEC_E_OK without any change on a thread that does not impersonate. SEC_E_NO_IMPERSONATION when
// the process has given up the right to be who it was before; the thread then stays who it is.
SECURITY_STATUS Revert();

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_IMPERSONATION_H_
