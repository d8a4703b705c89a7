// SPDX-License-Identifier: MIT
#include "cred/winbind_call.h"

#include <limits.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "core/log.h"

namespace gss_sspi::cred {
namespace {

constexpr char kSocket[] = "/run/samba/winbindd/pipe";

// libwbclient needs about 20 KiB; the host program's thread-local variables are in there too.
constexpr size_t kStackSize = size_t{256} << 10;

// How many threads are late, in which process: a child of fork(2) has none of its parent's.
std::atomic<uint64_t> late_threads{0};

uint64_t NoneLate() { return uint64_t{static_cast<uint32_t>(getpid())} << 32; }

uint64_t LateThreads() {
  const uint64_t known = late_threads.load(std::memory_order_relaxed);
  return known >> 32 == NoneLate() >> 32 ? known : NoneLate();
}

void ChangeLateThreads(int by) {
  uint64_t known = late_threads.load(std::memory_order_relaxed);
  uint64_t changed = 0;
  do {
    changed = (known >> 32 == NoneLate() >> 32 ? known : NoneLate()) + static_cast<uint64_t>(by);
  } while (!late_threads.compare_exchange_weak(known, changed, std::memory_order_relaxed));
}

timespec After(uint32_t milliseconds) {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  time.tv_sec += milliseconds / 1000;
  time.tv_nsec += static_cast<long>(milliseconds % 1000) * 1'000'000;
  if (time.tv_nsec >= 1'000'000'000) {
    time.tv_nsec -= 1'000'000'000;
    ++time.tv_sec;
  }
  return time;
}

int CreateThread(void *(*main)(void *), void *argument, size_t stack_size) {
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error != 0) return error;
  sigset_t all;
  sigfillset(&all);
  pthread_t thread{};
  error = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  if (error == 0) error = pthread_attr_setsigmask_np(&attributes, &all);
  if (error == 0 && stack_size != 0) error = pthread_attr_setstacksize(&attributes, stack_size);
  if (error == 0) error = pthread_create(&thread, &attributes, main, argument);
  pthread_attr_destroy(&attributes);
  return error;
}

// What each result of libwbclient means for a logon.
struct ResultRow {
  wbcErr result;
  Status status;
};
constexpr ResultRow kResults[] = {
    {WBC_ERR_SUCCESS, Status::kOk},
    {WBC_ERR_NO_MEMORY, Status::kNoMemory},
    // The NT status tells; an unknown domain has one too.
    {WBC_ERR_AUTH_ERROR, Status::kLogonFailure},
    {WBC_ERR_UNKNOWN_USER, Status::kLogonFailure},
};  // All others: winbind's own trouble. WBC_ERR_DOMAIN_NOT_FOUND is any failure without a status.

// NT statuses ([MS-ERREF] 2.3.1) with which winbindd says that it could not ask a domain
// controller. All others are about the account.
constexpr uint32_t kNotAboutTheUser[] = {
    0xC0000001,  // UNSUCCESSFUL
    0xC0000017,  // NO_MEMORY
    0xC0000022,  // ACCESS_DENIED: this process may not use the privileged socket
    0xC000005E,  // NO_LOGON_SERVERS
    0xC000009A,  // INSUFFICIENT_RESOURCES
    0xC00000AE,  // PIPE_BUSY
    0xC00000B0,  // PIPE_DISCONNECTED
    0xC00000B5,  // IO_TIMEOUT
    0xC00000BE,  // BAD_NETWORK_PATH
    0xC00000C4,  // UNEXPECTED_NETWORK_ERROR
    0xC00000C9,  // NETWORK_NAME_DELETED
    0xC00000DA,  // CANT_ACCESS_DOMAIN_INFO
    0xC00000DC,  // INVALID_SERVER_STATE
    0xC00000DD,  // INVALID_DOMAIN_STATE
    0xC00000E5,  // INTERNAL_ERROR
    0xC000014B,  // PIPE_BROKEN
    0xC000018A,  // NO_TRUST_LSA_SECRET
    0xC000018B,  // NO_TRUST_SAM_ACCOUNT
    0xC000018C,  // TRUSTED_DOMAIN_FAILURE
    0xC000018D,  // TRUSTED_RELATIONSHIP_FAILURE
    0xC0000190,  // TRUST_FAILURE
    0xC0000192,  // NETLOGON_NOT_STARTED
    0xC000020C,  // CONNECTION_DISCONNECTED
    0xC000020D,  // CONNECTION_RESET
    0xC0000233,  // DOMAIN_CONTROLLER_NOT_FOUND
    0xC0000236,  // CONNECTION_REFUSED
    0xC000023C,  // NETWORK_UNREACHABLE
    0xC000023D,  // HOST_UNREACHABLE
    0xC0020017,  // RPC_NT_SERVER_UNAVAILABLE
    0xC002001B,  // RPC_NT_CALL_FAILED
};

Status StatusOf(wbcErr result) {
  for (const ResultRow &row : kResults) {
    if (row.result == result) return row.status;
  }
  return Status::kBackEndUnavailable;
}

bool IsAboutTheUser(uint32_t nt_status) {
  for (uint32_t other : kNotAboutTheUser) {
    if (nt_status == other) return false;
  }
  return true;
}

}  // namespace

WinbindConnection::~WinbindConnection() {
  library_.wbcFreeMemory(error);
  if (context_ != nullptr) library_.wbcCtxFree(context_);
}

bool Rendezvous::Wait(uint32_t milliseconds) {
  // To be cancelled here would leave the mutex taken.
  int cancel_state = 0;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
  const timespec limit = After(milliseconds);
  pthread_mutex_lock(&mutex_);
  int error = 0;
  while (!has_come_ && error == 0) {
    error = pthread_cond_clockwait(&changed_, &mutex_, CLOCK_MONOTONIC, &limit);
  }
  const bool in_time = has_come_;
  if (!in_time) {
    is_late_ = true;
    ChangeLateThreads(1);
  }
  pthread_mutex_unlock(&mutex_);
  pthread_setcancelstate(cancel_state, nullptr);
  return in_time;
}

void Rendezvous::Come() {
  pthread_mutex_lock(&mutex_);
  has_come_ = true;
  if (is_late_) ChangeLateThreads(-1);
  pthread_cond_signal(&changed_);
  pthread_mutex_unlock(&mutex_);
}

Error StartWinbindThread(void *(*main)(void *), void *argument) {
  const auto late = static_cast<uint32_t>(LateThreads());
  if (late >= kMaxLateThreads) {
    return Fail(Status::kBackEndUnavailable,
                "winbind: %u calls of this process wait for %s without an answer", late, kSocket);
  }
  int error = CreateThread(main, argument, kStackSize);
  // Too small for the thread-local variables of this program.
  if (error == EINVAL) error = CreateThread(main, argument, 0);
  if (error == 0) return kSuccess;
  return Fail(Status::kBackEndUnavailable, "winbind: no thread for the call: error %d", error);
}

Error WinbindIsLate(uint32_t milliseconds) {
  return Fail(Status::kBackEndUnavailable, "winbind: no answer from %s within %u.%03u s", kSocket,
              milliseconds / 1000, milliseconds % 1000);
}

Error JudgeWinbind(const WinbindConnection &connection, const char *operation) {
  const wbcErr result = connection.result;
  if (result == WBC_ERR_SUCCESS) return kSuccess;
  const char *name = connection.library().wbcErrorString(result);
  const uint32_t nt_status = connection.error != nullptr ? connection.error->nt_status : 0;
  const char *nt_name = connection.error != nullptr && connection.error->nt_string != nullptr
                            ? connection.error->nt_string
                            : "no NT status";
  Log("winbind: %s: %s, 0x%08x %s", operation, name, nt_status, nt_name);
  Status status = StatusOf(result);
  if (result == WBC_ERR_AUTH_ERROR && !IsAboutTheUser(nt_status)) {
    status = Status::kBackEndUnavailable;
  }
  if (status != Status::kBackEndUnavailable) return status;
  if (result == WBC_ERR_WINBIND_NOT_AVAILABLE) {
    return Fail(status,
                "winbind: winbindd does not answer on %s, or this process may not use its "
                "privileged socket (group winbindd_priv)",
                kSocket);
  }
  return Fail(status, "winbind: %s: %s, 0x%08x %s", operation, name, nt_status, nt_name);
}

}  // namespace gss_sspi::cred
