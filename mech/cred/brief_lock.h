// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_CRED_BRIEF_LOCK_H_
#define GSS_SSPI_CRED_BRIEF_LOCK_H_

#include <sched.h>

#include <atomic>

namespace gss_sspi::cred {

// A lock around a few accesses to memory, such as those of a cache that one can do without: taking
// it is given up soon. So a forked child whose parent's thread held it never hangs (N808).
class BriefLock {
 public:
  constexpr BriefLock() = default;
  BriefLock(const BriefLock &) = delete;
  BriefLock &operator=(const BriefLock &) = delete;

  bool TryLock() {
    for (int tries = 0; tries < kTries; ++tries) {
      if (!taken_.exchange(true, std::memory_order_acquire)) return true;
      sched_yield();
    }
    return false;
  }
  void Unlock() { taken_.store(false, std::memory_order_release); }

 private:
  static constexpr int kTries = 200;

  std::atomic<bool> taken_{false};
};

// Holds a BriefLock, or could not take it: then it is false.
class BriefHold {
 public:
  explicit BriefHold(BriefLock &lock) : lock_(lock.TryLock() ? &lock : nullptr) {}
  BriefHold(const BriefHold &) = delete;
  BriefHold &operator=(const BriefHold &) = delete;
  ~BriefHold() {
    if (lock_ != nullptr) lock_->Unlock();
  }
  explicit operator bool() const { return lock_ != nullptr; }

 private:
  BriefLock *lock_;
};

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_BRIEF_LOCK_H_
