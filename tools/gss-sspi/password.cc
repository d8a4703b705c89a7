// SPDX-License-Identifier: MIT
#include "password.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "command.h"

namespace gss_sspi::tools {
namespace {

constexpr size_t kMaxPassword = 2048;  // octets

volatile sig_atomic_t caught_signal = 0;
void Catch(int signal) { caught_signal = signal; }

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

// Signals are held back as long as this lives, but for the time in WaitFor: so none comes between a
// look at them and the waiting, and the terminal can be put in order before they take effect.
class SignalCatcher {
 public:
  SignalCatcher() {
    sigset_t held;
    sigemptyset(&held);
    for (const int signal : kSignals) sigaddset(&held, signal);
    sigprocmask(SIG_BLOCK, &held, &old_mask_);
    struct sigaction action {};
    action.sa_handler = Catch;
    for (size_t i = 0; i < kSignals.size(); ++i) {
      sigaction(kSignals[i], nullptr, &old_[i]);
      // Who started us wants it ignored.
      if (old_[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);
    }
  }
  SignalCatcher(const SignalCatcher &) = delete;
  SignalCatcher &operator=(const SignalCatcher &) = delete;
  ~SignalCatcher() {
    for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &old_[i], nullptr);
    sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
  }

  // False when a signal came before there was something to read.
  bool WaitFor(int file) const {
    pollfd waiting{file, POLLIN, 0};
    while (ppoll(&waiting, 1, nullptr, &old_mask_) < 0) {
      if (caught_signal != 0 || errno != EINTR) return false;
    }
    return true;
  }

 private:
  sigset_t old_mask_{};
  std::array<struct sigaction, kSignals.size()> old_{};
};

class SilentTerminal {
 public:
  explicit SilentTerminal(int terminal) : terminal_(terminal) {
    if (tcgetattr(terminal, &old_) != 0) {
      throw Failure(std::string("the terminal: ") + std::strerror(errno));
    }
    termios silent = old_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL);
    tcsetattr(terminal, TCSAFLUSH, &silent);
  }
  SilentTerminal(const SilentTerminal &) = delete;
  SilentTerminal &operator=(const SilentTerminal &) = delete;
  ~SilentTerminal() {
    tcsetattr(terminal_, TCSAFLUSH, &old_);
    Say("\n");
  }

  void Say(const std::string &text) const {
    const ssize_t wrote = write(terminal_, text.data(), text.size());
    static_cast<void>(wrote);
  }

 private:
  const int terminal_;
  termios old_{};
};

enum class Line { kRead, kSignal };

// One line without its end; `signals` may be null. Octet by octet, so that nothing behind it is
// taken or kept.
Line ReadLine(int file, const SignalCatcher *signals, SecretBytes *line) {
  if (!line->Resize(kMaxPassword)) throw Failure("out of memory");
  size_t size = 0;
  uint8_t octet = 0;
  while (true) {
    if (signals != nullptr && !signals->WaitFor(file)) return Line::kSignal;
    const ssize_t got = read(file, &octet, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Failure(std::string("reading the password: ") + std::strerror(errno));
    if (got == 0 && size == 0) throw Failure("there is no password");
    if (got == 0 || octet == '\n') break;
    if (size == kMaxPassword) throw Failure("the password is longer than 2048 octets");
    line->span()[size++] = octet;
  }
  Wipe(&octet, sizeof octet);
  line->Shrink(size);
  return Line::kRead;
}

// Asks once more when the process was stopped meanwhile.
SecretBytes AskTerminal(int terminal, const std::string &prompt) {
  while (true) {
    SecretBytes password;
    caught_signal = 0;
    {
      const SignalCatcher catcher;
      const SilentTerminal silent(terminal);
      silent.Say(prompt);
      if (ReadLine(terminal, &catcher, &password) == Line::kRead) return password;
    }
    if (caught_signal == 0) throw Failure("the terminal cannot be read");
    kill(getpid(), caught_signal);
  }
}

}  // namespace

SecretBytes ReadPassword(const std::string &prompt, bool from_stdin) {
  prctl(PR_SET_DUMPABLE, 0);
  if (from_stdin) {
    SecretBytes password;
    ReadLine(STDIN_FILENO, nullptr, &password);
    return password;
  }
  const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0) throw Failure("there is no terminal to ask for the password; use --stdin");
  struct Closer {
    int file;
    ~Closer() { close(file); }
  } closer{terminal};
  return AskTerminal(terminal, prompt);
}

}  // namespace gss_sspi::tools
