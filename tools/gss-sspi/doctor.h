// SPDX-License-Identifier: MIT
// The chapters of the doctor's report.
#ifndef GSS_SSPI_TOOLS_DOCTOR_H_
#define GSS_SSPI_TOOLS_DOCTOR_H_

#include <optional>
#include <string>

#include "mech_config.h"
#include "report.h"

namespace gss_sspi::tools {

// Variables of this process that change what the mechanisms do.
void CheckEnvironment(Report *report);

// The lines that register modules, who wins where an OID has several, and whether the file of each
// module can be loaded.
void CheckRegistration(const MechConfig &config, Report *report);
void CheckModules(const MechConfig &config, Report *report);

// The policy file, and the account files that it and the environment name.
void CheckPolicyAndAccounts(Report *report);

// CredSSP, and whether a password may be delegated to `target`, an SPN.
void CheckCredssp(const MechConfig &config, const std::optional<std::string> &target,
                  Report *report);

// What libgssapi says: mechanisms, what SPNEGO would offer, which credentials there are.
void CheckMechanisms(const MechConfig &config, Report *report);
void CheckCredentials(Report *report);

// Reports when a file that privileged programs load or read can be written by others.
void CheckWritableByOthers(const std::string &path, Report *report);

}  // namespace gss_sspi::tools

#endif  // GSS_SSPI_TOOLS_DOCTOR_H_
