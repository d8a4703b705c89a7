// SPDX-License-Identifier: MIT
#include "core/result.h"

#include <pthread.h>

#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include "core/text.h"

namespace gss_sspi {
namespace {

// Thread-specific data and not thread_local: that would need memory of the loader in every thread
// of the host, and the loader itself as a library.
struct LastFailure {
  Status status;
  char detail[500];
};

pthread_once_t key_once = PTHREAD_ONCE_INIT;
pthread_key_t key;
constinit std::atomic<bool> have_key = false;

void MakeKey() { have_key = pthread_key_create(&key, std::free) == 0; }

// This thread's record, or null when it has none.
LastFailure *Last() {
  return have_key ? static_cast<LastFailure *>(pthread_getspecific(key)) : nullptr;
}

// The same, made if need be. Null when there is no memory: the status alone must do then.
LastFailure *LastOrNew() {
  pthread_once(&key_once, MakeKey);
  LastFailure *last = Last();
  if (last != nullptr || !have_key) return last;
  last = static_cast<LastFailure *>(std::malloc(sizeof(LastFailure)));
  if (last == nullptr || pthread_setspecific(key, last) == 0) return last;
  std::free(last);
  return nullptr;
}

}  // namespace

Error Fail(Status status, const char *format, ...) {
  LastFailure *last = LastOrNew();
  if (last == nullptr) return status;
  last->status = status;
  va_list arguments;
  va_start(arguments, format);
  if (std::vsnprintf(last->detail, sizeof last->detail, format, arguments) < 0) {
    last->detail[0] = '\0';
  }
  va_end(arguments);
  ReplaceControlCharacters(last->detail);
  Error error(status);
  error.has_detail = true;
  return error;
}

void ForgetDetailOf(Status status) {
  LastFailure *last = Last();
  if (last != nullptr && last->status == status) last->status = Status::kOk;
}

const char *DetailOf(Status status) {
  const LastFailure *last = Last();
  return last != nullptr && last->status == status ? last->detail : "";
}

}  // namespace gss_sspi
