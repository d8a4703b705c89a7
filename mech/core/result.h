// SPDX-License-Identifier: MIT
// The two ways a function answers: Error (done, or why not) and Result<T> (a value, or why not).
#ifndef GSS_SSPI_CORE_RESULT_H_
#define GSS_SSPI_CORE_RESULT_H_

#include <optional>
#include <utility>

#include "core/status.h"

namespace gss_sspi {

// A failure, or none. True when it is one: `if (Error error = Parse(...)) return error;`.
struct [[nodiscard]] Error {
  Status status = Status::kOk;
  bool has_detail = false;  // DetailOf(status) speaks of this failure

  constexpr Error() = default;
  constexpr Error(Status failed) : status(failed) {}  // NOLINT: a status is an error

  explicit operator bool() const { return status != Status::kOk; }
};

inline constexpr Error kSuccess;

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}     // NOLINT: a value is a result
  Result(Error error) : error_(error) {}            // NOLINT: and so is an error
  Result(Status status) : error_(Error{status}) {}  // NOLINT

  explicit operator bool() const { return value_.has_value(); }
  Error error() const { return error_; }
  T &operator*() { return *value_; }
  T *operator->() { return &*value_; }
  const T &operator*() const { return *value_; }
  const T *operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  Error error_{};
};

// Makes an Error whose text for people gets a detail: what exactly, which file, which user. The
// detail is kept for this thread until its next failure; see DetailOf. Text that came from a peer
// may be used: control characters are replaced. Never give it a secret.
Error Fail(Status status, const char *format, ...) __attribute__((format(printf, 2, 3), cold));
inline Error Fail(Status status) { return Error{status}; }

// A std::string_view as the two arguments of "%.*s".
#define GSS_SSPI_TEXT(view) static_cast<int>((view).size()), (view).data()

// Drops this thread's detail if it has that status: it speaks of an earlier failure.
void ForgetDetailOf(Status status);

// The detail of this thread's last failure if that had this status, else "".
const char *DetailOf(Status status);

}  // namespace gss_sspi

#endif  // GSS_SSPI_CORE_RESULT_H_
