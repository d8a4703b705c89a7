// SPDX-License-Identifier: MIT
#include "command.h"

#include <cerrno>
#include <cstdlib>

namespace gss_sspi::tools {

Options &Options::Flag(const std::string &name, bool *given) {
  targets_[name].flag = given;
  return *this;
}

Options &Options::Value(const std::string &name, std::optional<std::string> *value) {
  targets_[name].value = value;
  return *this;
}

std::vector<std::string> Options::Parse(const Arguments &arguments, size_t max_operands) const {
  std::vector<std::string> operands;
  bool options_ended = false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string &argument = arguments[i];
    if (options_ended || argument == "-" || !argument.starts_with("-")) {
      operands.push_back(argument);
      continue;
    }
    options_ended = argument == "--";
    if (options_ended) continue;
    const size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const auto target = targets_.find(name);
    if (target == targets_.end()) throw UsageError("unknown option " + name);
    if (target->second.flag != nullptr) {
      if (equals != std::string::npos) throw UsageError(name + " takes no value");
      *target->second.flag = true;
    } else if (equals != std::string::npos) {
      *target->second.value = argument.substr(equals + 1);
    } else if (i + 1 < arguments.size()) {
      *target->second.value = arguments[++i];
    } else {
      throw UsageError(name + " needs a value");
    }
  }
  if (operands.size() > max_operands) {
    throw UsageError("unexpected argument " + operands[max_operands]);
  }
  return operands;
}

unsigned long ParseNumber(const std::string &text, const std::string &what, unsigned long least,
                          unsigned long most) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  errno = 0;
  const unsigned long number = digits ? std::strtoul(text.c_str(), nullptr, 10) : 0;
  if (!digits || errno != 0 || number < least || number > most) {
    throw UsageError(what + " is a number from " + std::to_string(least) + " to " +
                     std::to_string(most));
  }
  return number;
}

}  // namespace gss_sspi::tools
