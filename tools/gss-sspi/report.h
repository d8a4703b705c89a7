// SPDX-License-Identifier: MIT
// What the doctor finds, in the order in which it finds it.
#ifndef GSS_SSPI_TOOLS_REPORT_H_
#define GSS_SSPI_TOOLS_REPORT_H_

#include <functional>
#include <string>

namespace gss_sspi::tools {

// kWarning: something is not as it should be; NTLM can work. kProblem: it cannot.
enum class Level : char {
  kSection = '=',
  kGood = '+',
  kNote = '-',
  kWarning = '!',
  kProblem = 'X'
};

class Report {
 public:
  virtual ~Report() = default;
  void Section(const std::string &title) { Add(Level::kSection, title, ""); }
  void Good(const std::string &text) { Add(Level::kGood, text, ""); }
  void Note(const std::string &text) { Add(Level::kNote, text, ""); }
  // `mend` says what to do about it.
  void Warning(const std::string &text, const std::string &mend) {
    Add(Level::kWarning, text, mend);
  }
  void Problem(const std::string &text, const std::string &mend) {
    Add(Level::kProblem, text, mend);
  }
  virtual void Add(Level level, const std::string &text, const std::string &mend) = 0;
};

// Prints each finding at once, and counts.
class PrintedReport final : public Report {
 public:
  void Add(Level level, const std::string &text, const std::string &mend) override;
  unsigned warnings() const { return warnings_; }
  unsigned problems() const { return problems_; }

 private:
  unsigned warnings_ = 0;
  unsigned problems_ = 0;
};

// How a check in a process of its own ended.
struct Outcome {
  bool finished = false;
  std::string reason;  // when it did not: "died of signal 11 (Segmentation fault)", ...
};

// Runs `check` in a child, so that a module that it loads can do no harm here; what the child
// reports goes to `report`, also when the child dies later. Its own output is dropped.
Outcome RunIsolated(Report *report, const std::function<void(Report *)> &check);

}  // namespace gss_sspi::tools

#endif  // GSS_SSPI_TOOLS_REPORT_H_
