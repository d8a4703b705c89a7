// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_TOOLS_PASSWORD_H_
#define GSS_SSPI_TOOLS_PASSWORD_H_

#include <string>

#include "core/secret.h"

namespace gss_sspi::tools {

// Reads a password from the terminal without echo, or one line from standard input. Throws Failure.
// From here on the process leaves no core file and cannot be traced by others.
SecretBytes ReadPassword(const std::string &prompt, bool from_stdin);

}  // namespace gss_sspi::tools

#endif  // GSS_SSPI_TOOLS_PASSWORD_H_
