// SPDX-License-Identifier: MIT
#include "policy/locate.h"

#include "core/text.h"
#include "core/utf16.h"
#include "policy/policy_file.h"

namespace gss_sspi {
namespace {

constexpr std::string_view kBlanks = " \t\r\v\f";

std::string_view WithoutBlanks(std::string_view text) {
  text = Tail(text, text.find_first_not_of(kBlanks));
  return Head(text, text.find_last_not_of(kBlanks) + 1);
}

// Takes the next line off the front of `text`, without its LF.
std::string_view TakeLine(std::string_view *text) {
  const size_t end = text->find('\n');
  const std::string_view line = Head(*text, end);
  *text = Behind(*text, end);
  return line;
}

// Lines that would bring in other files, or code: nobody has looked at their owner.
bool IsDirective(std::string_view line) {
  const std::string_view word = Head(line, line.find_first_of(kBlanks));
  return word == "include" || word == "includedir" || word == "module";
}

class Locator {
 public:
  Locator(std::string_view section, const char *path, RelationList *found)
      : section_(section), path_(path), found_(found) {}

  Error Text(std::string_view text) {
    while (!text.empty()) {
      ++number_;
      if (Error error = Line(TakeLine(&text))) return error;
    }
    if (depth_ == 0) return kSuccess;
    return Wrong("a '{' is not closed before the end of the file");
  }

 private:
  Error Wrong(const char *reason) const {
    return Fail(Status::kBadSetting, "%s line %zu: %s", ShownPath(path_), number_, reason);
  }

  Error TooMuch(const char *what, size_t most, const char *unit) const {
    return Fail(Status::kBadSetting, "%s line %zu: %s more than %zu %s", ShownPath(path_), number_,
                what, most, unit);
  }

  Error Line(std::string_view raw) {
    if (Contains(raw, '\0')) return Wrong("the line has a NUL octet");
    if (raw.size() > kMaxPolicyLine) return TooMuch("the line has", kMaxPolicyLine, "octets");
    const std::string_view line = WithoutBlanks(raw);
    if (IsDirective(line)) return Wrong("include, includedir and module are not allowed");
    if (awaits_brace_) return OpeningBrace(line);
    if (line.empty() || line.front() == '#' || line.front() == ';') return kSuccess;
    if (line.front() == '[') return Section(line, raw.front() == '[');
    // The library takes all of this for a comment.
    if (!in_a_section_) return Wrong("a section, such as [ntlm], must come first");
    if (line.front() == '}') return ClosingBrace();
    return Setting(line);
  }

  Error Section(std::string_view line, bool in_first_column) {
    if (depth_ != 0) return Wrong("a '{' is not closed before this section");
    if (!in_first_column) return Wrong("a section must begin in the first column");
    const size_t end = line.find(']');
    if (end == std::string_view::npos) return Wrong("the ']' of the section is missing");
    if (!Behind(line, end).empty()) return Wrong("nothing may stand behind the ']' of a section");
    const std::string_view name = Tail(Head(line, end), 1);
    in_a_section_ = true;
    in_the_section_ = name == section_;
    // Such a slip must not switch off the whole policy.
    if (!in_the_section_ && EqualIgnoringCase(WithoutBlanks(name), section_)) {
      return Fail(Status::kBadSetting, "%s line %zu: the section must be written as [%.*s]",
                  ShownPath(path_), number_, GSS_SSPI_TEXT(section_));
    }
    return kSuccess;
  }

  Error ClosingBrace() {
    if (depth_ == 0) return Wrong("a '}' without '{'");
    --depth_;
    return kSuccess;
  }

  Error OpeningBrace(std::string_view line) {
    awaits_brace_ = false;
    return line.starts_with('{') ? kSuccess : Wrong("a '{' or a value is missing");
  }

  Error Setting(std::string_view line) {
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) return Wrong("the line is not of the form key = value");
    const std::string_view name = WithoutBlanks(Head(line, equals));
    const std::string_view value = WithoutBlanks(Behind(line, equals));
    if (name.empty()) return Wrong("the key before '=' is missing");
    if (name.find_first_of(kBlanks) != std::string_view::npos) {
      return Wrong("a key is one word");
    }
    if (in_the_section_) return OurSetting(name, value);
    if (value.empty() || value == "{") {
      ++depth_;
      awaits_brace_ = value.empty();
    }
    return kSuccess;
  }

  Error OurSetting(std::string_view name, std::string_view value) {
    if (Contains(name, '*')) return Wrong("a key has no '*'");
    if (value.empty()) return Wrong("the value behind '=' is missing");
    if (value.front() == '{') return Wrong("subsections are not allowed here");
    if (value.front() == '"') {
      const std::string_view inside = Tail(value, 1);
      if (inside.find('"') != inside.size() - 1 || inside.empty()) {
        return Wrong("a value in quotes ends with the second '\"'");
      }
      // The library would take them for escapes, and a user's domain for something else.
      if (Contains(inside, '\\')) return Wrong("a value with '\\' must have no quotes");
      value = Head(inside, inside.size() - 1);
    }
    if (found_->Add({name, value, number_})) return kSuccess;
    return TooMuch("there are", RelationList::kMost, "settings");
  }

  const std::string_view section_;
  const char *const path_;
  RelationList *const found_;
  size_t number_ = 0;
  size_t depth_ = 0;  // of braces in the sections of others
  bool in_a_section_ = false;
  bool in_the_section_ = false;
  bool awaits_brace_ = false;
};

}  // namespace

Result<Owned<RelationList>> LocateRelations(std::string_view text, std::string_view section,
                                            const char *path) {
  Owned<RelationList> found = Make<RelationList>();
  if (!found) return Status::kNoMemory;
  Locator locator(section, path, found.get());
  if (Error error = locator.Text(text)) return error;
  return found;
}

}  // namespace gss_sspi
