// SPDX-License-Identifier: MIT
#include "report.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "command.h"
#include "text_util.h"

namespace gss_sspi::tools {
namespace {

constexpr auto kTimeLimit = std::chrono::seconds(30);
constexpr char kEndOfText = '\x1f';
constexpr char kEndOfFinding = '\x1e';

void WriteAll(int file, const std::string &text) {
  for (size_t done = 0; done < text.size();) {
    const ssize_t wrote = write(file, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) _exit(kBad);
    done += static_cast<size_t>(wrote);
  }
}

// The child's end of the pipe.
class PipedReport final : public Report {
 public:
  explicit PipedReport(int file) : file_(file) {}
  void Add(Level level, const std::string &text, const std::string &mend) override {
    WriteAll(file_, static_cast<char>(level) + Printable(text) + kEndOfText + Printable(mend) +
                        kEndOfFinding);
  }

 private:
  const int file_;
};

// Takes whole findings off the front of `received`.
void Forward(std::string *received, Report *report) {
  size_t end;
  while ((end = received->find(kEndOfFinding)) != std::string::npos) {
    const size_t middle = received->find(kEndOfText);
    if (middle > 0 && middle < end) {
      report->Add(static_cast<Level>(received->front()), received->substr(1, middle - 1),
                  received->substr(middle + 1, end - middle - 1));
    }
    received->erase(0, end + 1);
  }
}

[[noreturn]] void BeTheChild(int pipe, const std::function<void(Report *)> &check) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nowhere, standard);
  PipedReport report(pipe);
  try {
    check(&report);
  } catch (const std::exception &e) {
    report.Problem(e.what(), "");
  }
  // Not exit(): functions that a module registered are none of ours.
  _exit(kGood);
}

// False when the time is over before the child closes its end.
bool ReadFindings(int pipe, Report *report) {
  const auto deadline = std::chrono::steady_clock::now() + kTimeLimit;
  std::string received;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd waiting{pipe, POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(left.count())) <= 0) continue;
    char buffer[4096];
    const ssize_t got = read(pipe, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    received.append(buffer, static_cast<size_t>(got));
    Forward(&received, report);
  }
}

Outcome OutcomeOf(int status, bool in_time) {
  if (!in_time) return {false, "did not end within 30 seconds"};
  if (WIFSIGNALED(status)) {
    return {false, Format("died of signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)))};
  }
  if (WEXITSTATUS(status) != kGood) {
    return {false, Format("ended the process with code %d", WEXITSTATUS(status))};
  }
  return {true, ""};
}

}  // namespace

void PrintedReport::Add(Level level, const std::string &text, const std::string &mend) {
  struct Row {
    Level level;
    const char *format;
  };
  static constexpr Row kRows[] = {
      {Level::kSection, "\n%s\n"},          {Level::kGood, "  ok       %s\n"},
      {Level::kNote, "           %s\n"},    {Level::kWarning, "  warning  %s\n"},
      {Level::kProblem, "  PROBLEM  %s\n"},
  };
  for (const Row &row : kRows) {
    if (row.level == level) std::printf("%s", Format(row.format, Printable(text).c_str()).c_str());
  }
  if (!mend.empty()) std::printf("           -> %s\n", Printable(mend).c_str());
  warnings_ += level == Level::kWarning;
  problems_ += level == Level::kProblem;
}

Outcome RunIsolated(Report *report, const std::function<void(Report *)> &check) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Failure(std::string("pipe: ") + std::strerror(errno));
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) throw Failure(std::string("fork: ") + std::strerror(errno));
  if (child == 0) {
    close(ends[0]);
    BeTheChild(ends[1], check);
  }
  close(ends[1]);
  const bool in_time = ReadFindings(ends[0], report);
  close(ends[0]);
  if (!in_time) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return OutcomeOf(status, in_time);
}

}  // namespace gss_sspi::tools
