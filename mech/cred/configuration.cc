// SPDX-License-Identifier: MIT
#include "cred/configuration.h"

#include <stdlib.h>
#include <time.h>

#include <array>

#include "core/log.h"
#include "core/text.h"
#include "cred/brief_lock.h"
#include "policy/fips.h"
#include "policy/load.h"

namespace gss_sspi::cred {

// The variables that a configuration depends on. N805: a setuid program has none of them.
class Configuration::Variables {
 public:
  Variables() {
    for (size_t i = 0; i < kCount; ++i) values_[i] = secure_getenv(kNames[i]);
  }

  PolicySource policy_source() const {
    PolicySource source;
    source.Name(values_[0]);
    source.lm_level = values_[1];
    return source;
  }

  // A copy to compare with later.
  [[nodiscard]] bool Keep(Buffer *kept) const {
    size_t size = 0;
    for (const char *value : values_) size += SizeOf(value);
    if (!kept->Resize(size)) return false;
    MutableBytes rest = kept->span();
    for (const char *value : values_) {
      rest[0] = value != nullptr ? kSet : kUnset;
      if (value != nullptr) Copy(rest.subspan(1), {AsBytes(value).data(), SizeOf(value) - 1});
      rest = rest.subspan(SizeOf(value));
    }
    return true;
  }
  bool Equal(const Buffer &kept) const {
    const uint8_t *rest = kept.data();
    for (const char *value : values_) {
      if (*rest != (value != nullptr ? kSet : kUnset)) return false;
      ++rest;
      if (value == nullptr) continue;
      const std::string_view text(reinterpret_cast<const char *>(rest));
      if (text != value) return false;
      rest += text.size() + 1;
    }
    return true;
  }

 private:
  static constexpr size_t kCount = 4;
  static constexpr const char *kNames[kCount] = {kPolicyFileVariable, "LM_COMPAT_LEVEL",
                                                 "NETBIOS_COMPUTER_NAME", "NETBIOS_DOMAIN_NAME"};
  static constexpr uint8_t kUnset = 0;
  static constexpr uint8_t kSet = 1;

  // A mark; then, if it is set, the value with its NUL.
  static size_t SizeOf(const char *value) {
    return value == nullptr ? 1 : std::string_view(value).size() + 2;
  }

  std::array<const char *, kCount> values_;
};

namespace {

// Nanoseconds of a clock that costs next to nothing.
int64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// The configuration that was made last, and when it was found to hold. Its lock may be lost in a
// forked child, which then goes without.
struct Cache {
  static constexpr int64_t kTrusted = 1'000'000'000;

  BriefLock lock;
  Configuration *last = nullptr;  // one of its owners is the cache
  int64_t checked = 0;
};
constinit Cache cache;

struct Kept {
  Ref<Configuration> configuration;
  int64_t checked = 0;
};

Kept TakeKept() {
  const BriefHold hold(cache.lock);
  if (!hold || cache.last == nullptr) return {};
  cache.last->AddOwner();
  return {Ref<Configuration>(cache.last), cache.checked};
}

void UseLogFile(const Policy &policy) {
  const char *path = policy.log_file.First();
  SetLogFile(LogFileOf::kPolicy, path != nullptr ? path : "");
}

void Keep(Ref<Configuration> configuration, int64_t checked) {
  Ref<Configuration> before;  // ends after the lock
  const BriefHold hold(cache.lock);
  if (!hold) return;
  before = Ref<Configuration>(cache.last);
  cache.last = configuration.Release();
  cache.checked = checked;
}

}  // namespace

bool Configuration::StillHolds(const Variables &variables) const {
  return VersionOf(variables.policy_source().file) == policy_file_ && host_.HasSameHostName();
}

Result<Ref<Configuration>> Configuration::Make(const Variables &variables) {
  auto loaded = LoadPolicy(variables.policy_source());
  if (!loaded) return loaded.error();
  if (Error error = CheckFipsMode(loaded->policy)) return error;
  auto host = HostIdentity::OfThisHost();
  if (!host) return host.error();
  auto names = ntlm::ServerNames::Make(host->server_names());
  if (!names) return names.error();
  Ref<Configuration> configuration = MakeShared<Configuration>();
  if (!configuration || !variables.Keep(&configuration->variables_)) return Status::kNoMemory;
  configuration->policy_ = std::move(loaded->policy);
  configuration->policy_file_ = loaded->version;
  configuration->host_ = *host;
  configuration->server_names_ = std::move(*names);
  UseLogFile(configuration->policy_);
  return configuration;
}

Result<Ref<Configuration>> Configuration::Current() {
  const int64_t now = Now();
  const Variables variables;
  const Kept kept = TakeKept();
  if (kept.configuration && variables.Equal(kept.configuration->variables_)) {
    if (now - kept.checked < Cache::kTrusted) return kept.configuration;
    if (kept.configuration->StillHolds(variables)) {
      Keep(kept.configuration, now);
      return kept.configuration;
    }
  }
  auto made = Make(variables);
  if (made) Keep(*made, now);
  return made;
}

}  // namespace gss_sspi::cred
