// SPDX-License-Identifier: MIT
// What the subcommands share: their form, exit codes and options.
#ifndef GSS_SSPI_TOOLS_COMMAND_H_
#define GSS_SSPI_TOOLS_COMMAND_H_

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace gss_sspi::tools {

enum ExitCode : int { kGood = 0, kBad = 1, kUsage = 2 };

using Arguments = std::vector<std::string>;

// The command line is wrong: exit code 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Something failed for a reason that its text tells: exit code 1.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Options of one subcommand: `--name`, `--name VALUE`, `--name=VALUE`. What is not one of them is
// an error, and "--" ends them.
class Options {
 public:
  Options &Flag(const std::string &name, bool *given);
  Options &Value(const std::string &name, std::optional<std::string> *value);

  // Gives the operands, of which there are at most `max_operands`.
  std::vector<std::string> Parse(const Arguments &arguments, size_t max_operands) const;

 private:
  struct Target {
    bool *flag = nullptr;
    std::optional<std::string> *value = nullptr;
  };
  std::map<std::string, Target> targets_;
};

// A decimal number of the command line. `what` is its name in the error.
unsigned long ParseNumber(const std::string &text, const std::string &what, unsigned long least,
                          unsigned long most);

ExitCode RunDoctor(const Arguments &arguments);
ExitCode RunLogin(const Arguments &arguments);
ExitCode RunLogout(const Arguments &arguments);
ExitCode RunList(const Arguments &arguments);
ExitCode RunToken(const Arguments &arguments);
ExitCode RunTestServer(const Arguments &arguments);
ExitCode RunTestClient(const Arguments &arguments);

}  // namespace gss_sspi::tools

#endif  // GSS_SSPI_TOOLS_COMMAND_H_
