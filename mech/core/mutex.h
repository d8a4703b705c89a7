// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_CORE_MUTEX_H_
#define GSS_SSPI_CORE_MUTEX_H_

#include <pthread.h>

namespace gss_sspi {

// std::mutex reports errors by exceptions; this one cannot have any.
class Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex &) = delete;
  Mutex &operator=(const Mutex &) = delete;
  ~Mutex() { pthread_mutex_destroy(&mutex_); }

  void Lock() { pthread_mutex_lock(&mutex_); }
  void Unlock() { pthread_mutex_unlock(&mutex_); }

 private:
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
};

class MutexLock {
 public:
  explicit MutexLock(Mutex &mutex) : mutex_(mutex) { mutex_.Lock(); }
  MutexLock(const MutexLock &) = delete;
  MutexLock &operator=(const MutexLock &) = delete;
  ~MutexLock() { mutex_.Unlock(); }

 private:
  Mutex &mutex_;
};

}  // namespace gss_sspi

#endif  // GSS_SSPI_CORE_MUTEX_H_
