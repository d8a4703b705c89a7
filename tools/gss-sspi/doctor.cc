// SPDX-License-Identifier: MIT
// gss-sspi doctor: why does NTLM not work here, and what mends it (N178).
#include "doctor.h"

#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "command.h"
#include "text_util.h"

namespace gss_sspi::tools {
namespace {

struct Variable {
  const char *name;
  const char *meaning;
};

constexpr Variable kVariables[] = {
    {"GSS_MECH_CONFIG", "read in place of /etc/gss/mech and /etc/gss/mech.d"},
    {"GSS_SSPI_CONFIG", "read in place of /etc/gss/sspi.conf"},
    {"NTLM_USER_FILE", "NTLM account file"},
    {"NETBIOS_COMPUTER_NAME", "NetBIOS name of this host"},
    {"NETBIOS_DOMAIN_NAME", "NetBIOS domain of this host"},
    {"LM_COMPAT_LEVEL", "which NTLM responses are sent and accepted"},
    {"NTLMUSER", "user of the cached logon of winbind"},
    {"GSSNTLMSSP_WB_TLS_CTX", "taken, and without effect"},
    {"GSSNTLMSSP_DEBUG", "log file of NTLM failures"},
    {"KRB5_CONFIG", "Kerberos configuration"},
    {"KRB5CCNAME", "Kerberos tickets of an initiator"},
    {"KRB5_KTNAME", "Kerberos keys of an acceptor"},
    {"KRB5_CLIENT_KTNAME", "Kerberos keys of an initiator"},
    {"KRB5_TRACE", "log file of Kerberos"},
};

struct Settings {
  std::optional<std::string> config;
  std::string module_dir = GSS_SSPI_PLUGIN_DIR;
  std::optional<std::string> delegate_to;
};

Settings ParseSettings(const Arguments &arguments) {
  Settings settings;
  std::optional<std::string> module_dir;
  Options()
      .Value("--config", &settings.config)
      .Value("--module-dir", &module_dir)
      .Value("--delegate-to", &settings.delegate_to)
      .Parse(arguments, 0);
  if (settings.config) {
    settings.config = std::filesystem::absolute(*settings.config).string();
    setenv("GSS_MECH_CONFIG", settings.config->c_str(), 1);
  } else if (const char *file = secure_getenv("GSS_MECH_CONFIG")) {
    settings.config = file;
  }
  if (module_dir) settings.module_dir = *module_dir;
  return settings;
}

}  // namespace

void CheckEnvironment(Report *report) {
  report->Section("Environment");
  bool any = false;
  for (const Variable &variable : kVariables) {
    const char *value = getenv(variable.name);
    if (value == nullptr) continue;
    any = true;
    report->Note(Format("%s=%s (%s)", variable.name, value, variable.meaning));
  }
  if (!any) report->Note("no variable is set that matters here");
  report->Note(
      Format("all of this is for uid %u and this environment; a service has its own, and"
             " programs with raised privileges ignore the variables",
             static_cast<unsigned>(geteuid())));
}

ExitCode RunDoctor(const Arguments &arguments) {
  const Settings settings = ParseSettings(arguments);
  const MechConfig config = ReadMechConfig(settings.config, settings.module_dir);
  PrintedReport report;
  CheckEnvironment(&report);
  CheckRegistration(config, &report);
  CheckModules(config, &report);
  CheckPolicyAndAccounts(&report);
  CheckCredssp(config, settings.delegate_to, &report);
  CheckMechanisms(config, &report);
  CheckCredentials(&report);

  std::printf("\n%u problem%s, %u warning%s\n", report.problems(),
              report.problems() == 1 ? "" : "s", report.warnings(),
              report.warnings() == 1 ? "" : "s");
  return report.problems() == 0 ? kGood : kBad;
}

}  // namespace gss_sspi::tools
