// SPDX-License-Identifier: MIT
#include "gss/credssp/configuration.h"

#include <stdlib.h>

#include "core/log.h"
#include "policy/load.h"

namespace gss_sspi::gss {

// Read for each credential, which is seldom beside the logins.
Result<Ref<CredsspConfiguration>> CredsspConfiguration::Current() {
  PolicySource source;
  source.Name(secure_getenv(kPolicyFileVariable));
  auto loaded = LoadCredsspPolicy(source);
  if (!loaded) return loaded.error();
  Ref<CredsspConfiguration> made = MakeShared<CredsspConfiguration>();
  if (!made) return Status::kNoMemory;
  made->policy_ = std::move(loaded->policy);
  const char *log_file = made->policy_.log_file.First();
  SetLogFile(LogFileOf::kPolicy, log_file != nullptr ? log_file : "");
  return made;
}

}  // namespace gss_sspi::gss
