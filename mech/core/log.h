// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_CORE_LOG_H_
#define GSS_SSPI_CORE_LOG_H_

#include <cstdint>
#include <string_view>

#include "core/result.h"

namespace gss_sspi {

// Appends one line, with time and process, to the log file: the one that the program has named,
// else that of the variable GSSNTLMSSP_DEBUG (N419), else that of the policy. A program that runs
// with raised privileges has the last one only (N805). Does nothing where there is none, and never
// fails. Never give it a secret or a token.
void Log(const char *format, ...) __attribute__((format(printf, 1, 2), cold));

// False when Log would do nothing: what is dear to find out need not be found out then.
bool IsLogging();

// The line for a failed operation: its status, and the detail of this thread's last failure.
void LogFailure(const char *operation, Error error);

enum class LogFileOf : uint8_t { kProgram, kPolicy };

// Names a log file for the whole process; an empty path takes the name away. False, and all is as
// before, when the path is longer than kMaxLogPath or when another thread is doing the same.
inline constexpr size_t kMaxLogPath = 1023;
bool SetLogFile(LogFileOf origin, std::string_view path);

}  // namespace gss_sspi

#endif  // GSS_SSPI_CORE_LOG_H_
