// SPDX-License-Identifier: MIT
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "cred/configuration.h"
#include "cred/user_file.h"
#include "doctor.h"
#include "policy/policy_file.h"
#include "text_util.h"

namespace gss_sspi::tools {
namespace {

// An account file with the same judgement as the mechanism has of it (N428).
void CheckAccountFile(const std::string &path, const std::string &origin, const Policy &policy,
                      Report *report) {
  const auto accounts = cred::LoadUserFile(path.c_str(), policy);
  if (!accounts) {
    report->Problem(origin + ": " + ErrorText(accounts.error()),
                    Format("see gss_ntlm(8), ACCOUNT FILES; this was tried as uid %u",
                           static_cast<unsigned>(geteuid())));
    return;
  }
  if ((*accounts)->First() == nullptr) {
    report->Warning(path + " (" + origin + ") has no accounts", "add lines DOMAIN:user:password");
  } else {
    report->Good(path + " (" + origin + "): owner, mode and all lines are good");
  }
}

void CheckPolicyFile(Report *report) {
  const char *named = secure_getenv("GSS_SSPI_CONFIG");
  const bool is_named = named != nullptr && *named != '\0';
  const std::string path = is_named ? named : kPolicyFile;
  struct stat facts {};
  if (stat(path.c_str(), &facts) == 0) {
    report->Note("policy file " + path);
    CheckWritableByOthers(path, report);
  } else if (errno == ENOENT && !is_named) {
    report->Note("there is no " + path + ": the defaults hold");
  } else {
    report->Problem(path + ": " + std::strerror(errno), "correct GSS_SSPI_CONFIG or the file");
  }
}

}  // namespace

void CheckPolicyAndAccounts(Report *report) {
  report->Section("Policy and account files");
  CheckPolicyFile(report);
  const auto configuration = cred::Configuration::Current();
  if (!configuration) {
    report->Problem("the policy cannot be used: " + ErrorText(configuration.error()),
                    "correct it; until then NTLM refuses every login");
    return;
  }
  report->Good("the policy is understood");
  const Policy &policy = (*configuration)->policy();
  const char *file = secure_getenv("NTLM_USER_FILE");
  if (file != nullptr && *file != '\0') CheckAccountFile(file, "NTLM_USER_FILE", policy, report);
  const struct {
    const TextList &files;
    const char *origin;
  } kLists[] = {
      {policy.initiator_user_file, "policy, for initiators"},
      {policy.acceptor_user_file, "policy, for acceptors"},
  };
  for (const auto &list : kLists) {
    list.files.AnyOf([&](std::string_view path) {
      CheckAccountFile(std::string(path), list.origin, policy, report);
      return false;
    });
  }
}

}  // namespace gss_sspi::tools
