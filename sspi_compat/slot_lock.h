// SPDX-License-Identifier: MIT
// The lock of one slot. Each message takes it, nearly always without a rival; std::mutex would cost
// about as much as all else that this library does for a short message.
#ifndef GSS_SSPI_SSPI_SLOT_LOCK_H_
#define GSS_SSPI_SSPI_SLOT_LOCK_H_

#include <atomic>
#include <cstdint>

namespace gss_sspi::sspi {

class SlotLock {
 public:
  void Lock() {
    uint32_t expected = kFree;
    if (state_.compare_exchange_strong(expected, kTaken, std::memory_order_acquire)) return;
    while (state_.exchange(kAwaited, std::memory_order_acquire) != kFree) state_.wait(kAwaited);
  }
  void Unlock() {
    if (state_.exchange(kFree, std::memory_order_release) == kAwaited) state_.notify_one();
  }

 private:
  static constexpr uint32_t kFree = 0, kTaken = 1, kAwaited = 2;  // by at least one thread
  std::atomic<uint32_t> state_{kFree};
};

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_SLOT_LOCK_H_
