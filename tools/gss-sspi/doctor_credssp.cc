// SPDX-License-Identifier: MIT
// CredSSP: whether it is registered, and what the policy lets it do (C69, C80, C170).
#include <stdlib.h>

#include "doctor.h"
#include "policy/load.h"
#include "text_util.h"

namespace gss_sspi::tools {
namespace {

constexpr char kDropIn[] = "zz-gss-sspi-credssp.conf";
constexpr uint32_t kDefaultVersion = 5;

void ReportRegistration(const MechConfig &config, Report *report) {
  const MechLine *winner = config.WinnerOf(kCredsspOid);
  if (winner == nullptr) {
    report->Note(
        Format("not registered: programs that need it want %s in /etc/gss/mech.d/", kDropIn));
    return;
  }
  report->Good(Format("CredSSP is %s (%s)", winner->path.c_str(), winner->where().c_str()));
  if (config.WinnerOf(kNtlmOid) != nullptr) return;
  report->Warning("no line registers NTLM, so only Kerberos can log in inside",
                  "copy zz-gss-sspi-ntlm.conf to /etc/gss/mech.d/ as well");
}

const char *Words(Delegates delegates) {
  switch (delegates) {
    case Delegates::kNever:
      return "no";
    case Delegates::kToProvenServers:
      return "if Kerberos or a verified certificate proves the server";
    case Delegates::kAlways:
      break;
  }
  return "yes";
}

void ReportDelegation(const CredsspPolicy &policy, const std::string &target, Report *report) {
  const size_t slash = target.find('/');
  if (slash == std::string::npos) {
    report->Problem(target + " is no SPN", "write it as TERMSRV/host or WSMAN/host");
    return;
  }
  const std::string service = target.substr(0, slash);
  const std::string host = target.substr(slash + 1);
  report->Note(Format("password of a program to %s: %s", target.c_str(),
                      Words(MayDelegate(policy, true, service, host))));
  report->Note(Format("password of a file to %s: %s", target.c_str(),
                      Words(MayDelegate(policy, false, service, host))));
}

uint32_t Least(const CredsspPolicy &policy, bool initiates) {
  const uint32_t floor = LeastVersion(policy, initiates, 0);
  return floor != 0 ? floor : kDefaultVersion;
}

}  // namespace

void CheckCredssp(const MechConfig &config, const std::optional<std::string> &target,
                  Report *report) {
  report->Section("CredSSP");
  ReportRegistration(config, report);
  PolicySource source;
  source.Name(secure_getenv(kPolicyFileVariable));
  const auto loaded = LoadCredsspPolicy(source);
  if (!loaded) {
    report->Problem("the policy cannot be used: " + ErrorText(loaded.error()),
                    "correct it; until then CredSSP refuses every login");
    return;
  }
  const CredsspPolicy &policy = loaded->policy;
  report->Note(Format("versions from %u on as client, from %u on as server%s", Least(policy, true),
                      Least(policy, false),
                      policy.allows_ntlm ? "" : "; no NTLM inside (allow_ntlm)"));
  if (target) ReportDelegation(policy, *target, report);
}

}  // namespace gss_sspi::tools
