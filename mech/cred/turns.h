// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_CRED_TURNS_H_
#define GSS_SSPI_CRED_TURNS_H_

#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace gss_sspi::cred {

// Threads take turns at long work that one of them can do for others. A turn is no lock: whoever
// has waited too long goes ahead, and a forked child does not wait for a thread of its parent
// (N808).
class Turns {
 public:
  constexpr Turns() = default;
  Turns(const Turns &) = delete;
  Turns &operator=(const Turns &) = delete;

  // Waits until nobody else has the turn. `waited` tells whether somebody had.
  uint64_t Take(bool *waited) {
    const uint64_t process = uint64_t{static_cast<uint32_t>(getpid())} << 32;
    const uint64_t own = process | ++count_;
    uint64_t holder = 0;
    for (int tries = 0; !holder_.compare_exchange_strong(holder, own); ++tries) {
      const bool is_here = holder >> 32 == process >> 32;
      *waited = true;
      if (tries >= kTries || !is_here) continue;  // in place of the holder
      constexpr timespec kPause = {0, 1'000'000};
      nanosleep(&kPause, nullptr);
      holder = 0;
    }
    return own;
  }
  void End(uint64_t turn) { holder_.compare_exchange_strong(turn, 0); }

 private:
  static constexpr int kTries = 1000;  // a second or more

  std::atomic<uint64_t> holder_{0};  // process and number of the turn; 0: nobody
  std::atomic<uint32_t> count_{0};
};

// A turn that ends with its scope.
class Turn {
 public:
  explicit Turn(Turns &turns) : turns_(turns), turn_(turns.Take(&waited_)) {}
  Turn(const Turn &) = delete;
  Turn &operator=(const Turn &) = delete;
  ~Turn() { turns_.End(turn_); }
  bool waited() const { return waited_; }

 private:
  bool waited_ = false;
  Turns &turns_;
  uint64_t turn_;
};

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_TURNS_H_
