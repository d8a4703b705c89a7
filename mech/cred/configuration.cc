// SPDX-License-Identifier: MIT
#include "cred/configuration.h"

#include "policy/load.h"

namespace gss_sspi::cred {

Result<Ref<Configuration>> Configuration::Current() {
  auto policy = LoadPolicy();
  if (!policy) return policy.error();
  auto host = HostIdentity::OfThisHost();
  if (!host) return host.error();
  auto names = ntlm::ServerNames::Make(host->server_names());
  if (!names) return names.error();
  Ref<Configuration> configuration = MakeShared<Configuration>();
  if (!configuration) return Status::kNoMemory;
  configuration->policy_ = std::move(*policy);
  configuration->host_ = *host;
  configuration->server_names_ = std::move(*names);
  return configuration;
}

}  // namespace gss_sspi::cred
