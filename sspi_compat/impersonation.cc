// SPDX-License-Identifier: MIT
#include "sspi_compat/impersonation.h"

#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sspi_compat/status.h"

namespace gss_sspi::sspi {
namespace {

constexpr uint64_t Bit(unsigned capability) { return uint64_t{1} << capability; }

// capabilities(7): what the kernel takes from a thread whose filesystem user stops being root, and
// that for an attribute of any file. It takes none from another user who holds them, so we do.
constexpr uint64_t kOfFiles = Bit(CAP_CHOWN) | Bit(CAP_DAC_OVERRIDE) | Bit(CAP_DAC_READ_SEARCH) |
                              Bit(CAP_FOWNER) | Bit(CAP_FSETID) | Bit(CAP_LINUX_IMMUTABLE) |
                              Bit(CAP_MKNOD) | Bit(CAP_MAC_OVERRIDE) | Bit(CAP_SETFCAP);
constexpr uint64_t kNeeded = Bit(CAP_SETUID) | Bit(CAP_SETGID);

struct Capabilities {
  uint64_t effective = 0, permitted = 0, inheritable = 0;
};

// The system calls themselves: they concern the calling thread, and libcap would be one more
// library.
bool ReadCapabilities(Capabilities *out) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  const auto joined = [](uint32_t low, uint32_t high) { return uint64_t{high} << 32 | low; };
  *out = {joined(data[0].effective, data[1].effective),
          joined(data[0].permitted, data[1].permitted),
          joined(data[0].inheritable, data[1].inheritable)};
  return true;
}

bool WriteEffective(uint64_t effective) {
  Capabilities now;
  if (!ReadCapabilities(&now)) return false;
  if (now.effective == effective) return true;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const auto half = [](uint64_t of, unsigned shift) { return static_cast<uint32_t>(of >> shift); };
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; ++i) {
    data[i] = {half(effective, 32 * i), half(now.permitted, 32 * i), half(now.inheritable, 32 * i)};
  }
  return syscall(SYS_capset, &header, data) == 0 && ReadCapabilities(&now) &&
         now.effective == effective;
}

// setfsuid(2) tells no error; a value that is no user changes nothing and tells the current one.
uid_t CurrentUser() { return static_cast<uid_t>(setfsuid(static_cast<uid_t>(-1))); }
gid_t CurrentGroup() { return static_cast<gid_t>(setfsgid(static_cast<gid_t>(-1))); }

bool ReadGroups(std::vector<gid_t> *out) {
  const int count = getgroups(0, nullptr);
  if (count < 0) return false;
  out->resize(static_cast<size_t>(count));
  return getgroups(count, out->data()) == count;
}

// What decides about the files that a thread reaches.
struct FileIdentity {
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;  // in the order of the kernel
  uint64_t capabilities = 0;  // effective
};

bool ReadIdentity(FileIdentity *out) {
  Capabilities now;
  if (!ReadCapabilities(&now) || !ReadGroups(&out->groups)) return false;
  out->user = CurrentUser();
  out->group = CurrentGroup();
  out->capabilities = now.effective;
  return true;
}

// setgroups(3) of the C library changes all threads, the system call this one.
bool WriteGroups(const std::vector<gid_t> &groups) {
  if (syscall(SYS_setgroups, groups.size(), groups.data()) != 0) return false;
  std::vector<gid_t> now, wanted = groups;
  if (!ReadGroups(&now)) return false;
  std::ranges::sort(now);
  std::ranges::sort(wanted);
  return now == wanted;
}

// Groups first: once the user is another there may be no right to change them.
bool Become(const FileIdentity &identity) {
  if (!WriteGroups(identity.groups)) return false;
  setfsgid(identity.group);
  if (CurrentGroup() != identity.group) return false;
  setfsuid(identity.user);
  if (CurrentUser() != identity.user) return false;
  return WriteEffective(identity.capabilities);
}

// Back to what was before a step failed: as much of it as can be, in the other order, so that the
// capabilities are there again which the others may need.
bool GoBack(const FileIdentity &identity) {
  setfsuid(identity.user);
  const bool capable = WriteEffective(identity.capabilities);
  setfsgid(identity.group);
  return WriteGroups(identity.groups) && CurrentGroup() == identity.group &&
         CurrentUser() == identity.user && capable;
}

// Who this thread was before it impersonated anybody. A plain pointer: a destructor would run in a
// library that the program may have unloaded.
thread_local constinit FileIdentity *original = nullptr;

SECURITY_STATUS Refuse(const char *why) { return Fail(SEC_E_NO_IMPERSONATION, "%s", why); }

}  // namespace

SECURITY_STATUS Impersonate(const UserToken &token) {
  if (token.level() == UserToken::Level::kIdentify) {
    return Refuse("the client may be identified, not impersonated");
  }
  if (!token.account()) {
    return Fail(SEC_E_NO_IMPERSONATION, "\"%s\" has no account on this host",
                token.client().c_str());
  }
  const Account &account = *token.account();
  auto before = std::make_unique<FileIdentity>();
  if (!ReadIdentity(before.get())) return Refuse("the identity of the thread cannot be read");
  if ((before->capabilities & kNeeded) != kNeeded) {
    return Refuse("the process has not the right to change its identity");
  }
  const uint64_t full = original != nullptr ? original->capabilities : before->capabilities;
  const FileIdentity wanted{account.uid, account.gid, account.groups,
                            account.uid == 0 ? full : full & ~kOfFiles};
  if (!Become(wanted)) {
    return Refuse(GoBack(*before) ? "the system refuses the identity of the account"
                                  : "the identity of the thread could not be restored");
  }
  if (original == nullptr) original = before.release();
  return SEC_E_OK;
}

bool Impersonates() { return original != nullptr; }

SECURITY_STATUS Revert() {
  if (original == nullptr) return SEC_E_OK;
  if (!GoBack(*original)) {
    return Refuse("the process has given up the right to its former identity");
  }
  delete std::exchange(original, nullptr);
  return SEC_E_OK;
}

}  // namespace gss_sspi::sspi
