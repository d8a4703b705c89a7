// SPDX-License-Identifier: MIT
// Conversations with winbindd that end in time (N431, N831).
//
// libwbclient waits for winbindd up to 300 seconds and has no option for less. So each conversation
// runs in a thread of its own, and whoever wants the answer waits for that thread only so long. A
// thread that is late is left alone: it owns, with the waiter, all it works on, cleans up when
// libwbclient comes back, and ends. This is the one place where the module makes a thread; in such
// a thread all signals are blocked, so the host program's handlers do not run there.
#ifndef GSS_SSPI_CRED_WINBIND_CALL_H_
#define GSS_SSPI_CRED_WINBIND_CALL_H_

#include <pthread.h>

#include <cstdint>

#include "core/memory.h"
#include "core/result.h"
#include "cred/winbind_library.h"

namespace gss_sspi::cred {

// At most so many late threads; then calls fail at once.
inline constexpr uint32_t kMaxLateThreads = 16;

// The connection to winbindd and what it said. No two threads use one at the same time, and none is
// kept: a child of fork(2) would share it.
class WinbindConnection {
 public:
  explicit WinbindConnection(const WinbindLibrary &library) : library_(library) {}
  WinbindConnection(const WinbindConnection &) = delete;
  WinbindConnection &operator=(const WinbindConnection &) = delete;
  ~WinbindConnection();

  const WinbindLibrary &library() const { return library_; }
  // Null when there is no memory.
  wbcContext *context() {
    if (context_ == nullptr) context_ = library_.wbcCtxCreate();
    return context_;
  }

  wbcErr result = WBC_ERR_NO_MEMORY;  // of the last function
  wbcAuthErrorInfo *error = nullptr;  // or null

 private:
  WinbindLibrary library_;
  wbcContext *context_ = nullptr;
};

// Lets one thread wait for another, but not for ever.
class Rendezvous {
 public:
  // False when the other has not come after `milliseconds`. The caller then does not wait again.
  bool Wait(uint32_t milliseconds);
  // Called by the other as the last thing.
  void Come();

 private:
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t changed_ = PTHREAD_COND_INITIALIZER;
  bool has_come_ = false;
  bool is_late_ = false;
};

// A Task, which holds what goes in and what comes out and has a function Run(), for two threads.
template <typename Task>
struct WinbindJob : Shared {
  explicit WinbindJob(const WinbindLibrary &library) : task(library) {}
  Task task;
  Rendezvous end;
};

// Starts a detached thread. An error, and no thread, when there are too many late ones.
Error StartWinbindThread(void *(*main)(void *), void *argument);

// The error for a conversation that took too long.
Error WinbindIsLate(uint32_t milliseconds);

template <typename Task>
void *WinbindThread(void *argument) {
  const Ref<WinbindJob<Task>> job(static_cast<WinbindJob<Task> *>(argument));
  job->task.Run();
  job->end.Come();
  return nullptr;
}

// Runs the task. After an error it may still be running and must not be looked at.
template <typename Task>
Error RunInTime(const Ref<WinbindJob<Task>> &job, uint32_t milliseconds) {
  Ref<WinbindJob<Task>> of_thread = job;
  if (Error error = StartWinbindThread(WinbindThread<Task>, of_thread.get())) return error;
  static_cast<void>(of_thread.Release());  // the thread's now
  return job->end.Wait(milliseconds) ? kSuccess : WinbindIsLate(milliseconds);
}

// What the end of a conversation means for a logon: kSuccess, Status::kLogonFailure for all that is
// the user's affair (N443), or an error of winbind itself (N448). Only the log tells more.
Error JudgeWinbind(const WinbindConnection &connection, const char *operation);

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_WINBIND_CALL_H_
