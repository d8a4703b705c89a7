// SPDX-License-Identifier: MIT
#include "cred/winbind_names.h"

#include <time.h>

#include <algorithm>
#include <utility>

#include "core/text.h"
#include "core/utf16.h"
#include "cred/brief_lock.h"
#include "cred/turns.h"
#include "cred/winbind_call.h"
#include "policy/policy.h"
#include "wire/writer.h"

namespace gss_sspi::cred {
namespace {

constexpr int64_t kKeptSeconds = 5;

// The last answer, which one can do without: a child of fork(2) may find the lock taken for ever.
struct {
  BriefLock lock;
  WinbindNames *names = nullptr;
  int64_t until = 0;
  int64_t hurry_until = 0;  // winbind was late
} kept;

int64_t Now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec;
}

// With many logins at once one thread asks for all.
constinit Turns turns;

Ref<WinbindNames> Share(WinbindNames *names) {
  names->AddOwner();
  return Ref<WinbindNames>(names);
}

// Null for whoever has to ask. While one thread asks again, the others have the old answer.
Ref<WinbindNames> Kept() {
  const BriefHold hold(kept.lock);
  if (!hold || kept.names == nullptr) return {};
  if (Now() < kept.until) return Share(kept.names);
  kept.until = Now() + kKeptSeconds;
  return {};
}

// Null when there is no answer.
void Keep(Ref<WinbindNames> names) {
  Ref<WinbindNames> old;  // dropped without the lock
  const BriefHold hold(kept.lock);
  if (!hold) return;
  old = Ref<WinbindNames>(std::exchange(kept.names, names.Release()));
  kept.until = Now() + kKeptSeconds;
  kept.hurry_until = 0;
}

// The last answer, which is as good as ever while winbind has too much to do; or null.
Ref<WinbindNames> KeptThoughLate() {
  const BriefHold hold(kept.lock);
  if (!hold) return {};
  kept.hurry_until = Now() + kKeptSeconds;
  return kept.names != nullptr ? Share(kept.names) : Ref<WinbindNames>();
}

bool MustHurry() {
  const BriefHold hold(kept.lock);
  return hold && Now() < kept.hurry_until;
}

// wbcCtxInterfaceDetails.
class DetailsTask {
 public:
  explicit DetailsTask(const WinbindLibrary &library) : connection(library) {}
  DetailsTask(const DetailsTask &) = delete;
  DetailsTask &operator=(const DetailsTask &) = delete;
  ~DetailsTask() { connection.library().wbcFreeMemory(details); }

  void Run() {
    if (wbcContext *context = connection.context()) {
      connection.result = connection.library().wbcCtxInterfaceDetails(context, &details);
    }
  }

  WinbindConnection connection;
  struct wbcInterfaceDetails *details = nullptr;
};

std::string_view ViewOf(const char *text) {
  return text != nullptr ? std::string_view(text) : std::string_view();
}

bool IsUsable(std::string_view name, size_t limit) {
  const size_t size = Utf16LengthOf(name);
  return size != kInvalidText && size <= 2 * limit;
}

// As Samba itself makes it: the NetBIOS name in lower case, and the domain.
void PutDnsComputer(Writer *writer, std::string_view netbios_name, std::string_view dns_domain) {
  for (char c : netbios_name) {
    writer->U8(static_cast<uint8_t>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
  }
  writer->U8('.');
  writer->Bytes(AsBytes(dns_domain));
}

}  // namespace

Result<Ref<WinbindNames>> WinbindNames::Current(uint32_t milliseconds) {
  if (Ref<WinbindNames> names = Kept()) return names;
  const Turn turn(turns);
  if (turn.waited()) {
    if (Ref<WinbindNames> names = Kept()) return names;
  }
  if (MustHurry()) milliseconds = std::min(milliseconds, kLateWinbindMilliseconds);
  bool late = false;
  auto names = Ask(milliseconds, &late);
  if (!late) {
    Keep(names ? *names : Ref<WinbindNames>());
  } else if (Ref<WinbindNames> old = KeptThoughLate()) {
    return old;
  }
  return names;
}

Result<Ref<WinbindNames>> WinbindNames::Ask(uint32_t milliseconds, bool *late) {
  const auto library = OpenWinbindLibrary(Status::kNoCredential);
  if (!library) return library.error();
  const auto job = MakeShared<WinbindJob<DetailsTask>>(*library);
  if (!job) return Status::kNoMemory;
  if (Error error = RunInTime(job, milliseconds)) {
    *late = true;
    return error;
  }
  if (Error error = JudgeWinbind(job->task.connection, "interface details")) {
    // No user is in question here, whatever the code.
    if (error.status != Status::kLogonFailure) return error;
    return Fail(Status::kBackEndUnavailable, "winbind: it does not know its own domain");
  }
  Ref<WinbindNames> names = MakeShared<WinbindNames>();
  if (!names) return Status::kNoMemory;
  const struct wbcInterfaceDetails *details = job->task.details;
  if (details == nullptr) {
    return Fail(Status::kBackEndUnavailable, "winbind: it tells no names of this host");
  }
  if (Error error = names->Assign(ViewOf(details->netbios_name), ViewOf(details->netbios_domain),
                                  ViewOf(details->dns_domain))) {
    return error;
  }
  return names;
}

Error WinbindNames::Assign(std::string_view netbios_name, std::string_view netbios_domain,
                           std::string_view dns_domain) {
  if (netbios_name.empty() || netbios_domain.empty() ||
      !IsUsable(netbios_name, Limits::kWorkstation) || !IsUsable(netbios_domain, Limits::kDomain) ||
      !IsUsable(dns_domain, Limits::kDomain)) {
    return Fail(Status::kBackEndUnavailable, "winbind: it tells no usable names of this host");
  }
  const size_t size = 2 * netbios_name.size() + netbios_domain.size() + 2 * dns_domain.size() + 1;
  if (!text_.Resize(size)) return Status::kNoMemory;
  Writer writer(text_.span());
  const auto keep = [&](auto &&write) {
    const size_t start = writer.written();
    write();
    return Tail(Head(AsText(text_.view()), writer.written()), start);
  };
  netbios_name_ = keep([&] { writer.Bytes(AsBytes(netbios_name)); });
  netbios_domain_ = keep([&] { writer.Bytes(AsBytes(netbios_domain)); });
  dns_domain_ = keep([&] { writer.Bytes(AsBytes(dns_domain)); });
  dns_computer_ = keep([&] { PutDnsComputer(&writer, netbios_name, dns_domain); });
  return kSuccess;
}

ntlm::ServerNames::Source WinbindNames::Source(const ntlm::ServerNames::Source &otherwise) const {
  ntlm::ServerNames::Source names = otherwise;
  names.nb_computer = netbios_name_;
  names.nb_domain = netbios_domain_;
  // A domain controller's accounts, unless the host stands alone and is its own domain.
  names.joined = !EqualIgnoringCase(netbios_name_, netbios_domain_);
  if (!dns_domain_.empty()) {
    names.dns_computer = dns_computer_;
    names.dns_domain = dns_domain_;
  }
  return names;
}

}  // namespace gss_sspi::cred
