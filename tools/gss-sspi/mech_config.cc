// SPDX-License-Identifier: MIT
#include "mech_config.h"

#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>

namespace gss_sspi::tools {
namespace {

constexpr char kMainFile[] = "/etc/gss/mech";
constexpr char kDropIns[] = "/etc/gss/mech.d/*.conf";
constexpr size_t kBuffer = 8192 - 1;  // octets that libgssapi reads of a line at once

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

void SkipBlanks(std::string_view *text) {
  while (!text->empty() && IsBlank(text->front())) text->remove_prefix(1);
}

// Takes a word and the blanks behind it. The word is empty where the text begins with a blank.
std::string_view TakeWord(std::string_view *text) {
  size_t size = 0;
  while (size < text->size() && !IsBlank((*text)[size])) ++size;
  const std::string_view word = text->substr(0, size);
  text->remove_prefix(size);
  SkipBlanks(text);
  return word;
}

// Takes what stands up to `end`, that, and the blanks behind it.
std::string_view TakeUpTo(std::string_view *text, char end) {
  const size_t size = std::min(text->find(end), text->size());
  const std::string_view taken = text->substr(0, size);
  text->remove_prefix(std::min(size + 1, text->size()));
  SkipBlanks(text);
  return taken;
}

// One arc and the dots behind it. An arc that overflows the host's unsigned long is caught only if
// what is left of it is smaller (N180); so libgssapi does.
std::optional<uint64_t> TakeArc(std::string_view *text, bool *exact) {
  std::string_view rest = *text;
  if (rest.empty() || !IsDigit(rest.front())) return std::nullopt;
  uint64_t arc = 0;
  for (; !rest.empty() && IsDigit(rest.front()); rest.remove_prefix(1)) {
    const auto digit = static_cast<uint64_t>(rest.front() - '0');
    const uint64_t longer = arc * 10 + digit;
    if (longer < arc) return std::nullopt;
    if (arc > (std::numeric_limits<uint64_t>::max() - digit) / 10) *exact = false;
    arc = longer;
  }
  size_t dots = 0;
  for (; !rest.empty() && (rest.front() == '.' || IsBlank(rest.front())); rest.remove_prefix(1)) {
    ++dots;
  }
  if (dots > 1 || (dots == 1 && (rest.empty() || rest.front() == '}'))) *exact = false;
  *text = rest;
  return arc;
}

struct Place {
  const std::string &file;
  size_t line;
};

class LineParser {
 public:
  LineParser(Place place, const std::string &module_dir, MechConfig *config)
      : place_(place), module_dir_(module_dir), config_(config) {}

  void Parse(std::string_view text) {
    std::string_view words = text;
    SkipBlanks(&words);
    if (words.empty() || words.front() == '#') return;
    const bool indented = IsBlank(text.front());
    MechLine line = Split(text);
    auto oid = line.path.empty() ? std::nullopt : ParseOid(line.oid_text);
    if (indented) {
      Remark(oid ? "the line begins with a blank, so the module has no name"
                 : "the line begins with a blank and is ignored",
             "delete the blanks before the name");
    } else if (line.path.empty()) {
      Remark("the OID or the path of the module is missing", "write: name OID path");
    } else if (!oid) {
      RemarkOid(line.oid_text, "is not an OID, and the line is ignored");
    }
    if (!oid) return;
    if (!oid->exact) RemarkOid(line.oid_text, "is taken for " + ToText(oid->oid));
    line.oid = *oid;
    if (IsBuiltIn(line.oid.oid)) {
      Remark("the mechanism is built into libgssapi, and the line is ignored", "delete the line");
      return;
    }
    config_->lines.push_back(std::move(line));
  }

 private:
  MechLine Split(std::string_view text) const {
    MechLine line;
    line.file = place_.file;
    line.line = place_.line;
    line.name = TakeWord(&text);
    line.oid_text = TakeWord(&text);
    const std::string_view path = TakeWord(&text);
    if (!text.empty() && text.front() != '[' && text.front() != '<') {
      line.kernel_module = TakeWord(&text);
    }
    if (text.starts_with('[')) {
      text.remove_prefix(1);
      line.options = TakeUpTo(&text, ']');
    }
    if (text.starts_with('<')) {
      text.remove_prefix(1);
      line.type = TakeUpTo(&text, '>');
    }
    if (path.empty()) return line;
    line.path = path.front() == '/' ? std::string(path) : module_dir_ + "/" + std::string(path);
    return line;
  }

  void Remark(const std::string &text, const std::string &mend) {
    config_->remarks.push_back({place_.file + " line " + std::to_string(place_.line), text, mend});
  }
  void RemarkOid(const std::string &oid, const std::string &text) {
    Remark("\"" + oid + "\" " + text,
           "write it as decimal numbers below 2^64 with one dot between them");
  }

  const Place place_;
  const std::string &module_dir_;
  MechConfig *const config_;
};

std::vector<std::string> FilesOfTheSystem() {
  std::vector<std::string> files{kMainFile};
  glob_t found{};
  if (glob(kDropIns, 0, nullptr, &found) == 0) {
    files.insert(files.end(), found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  return files;
}

}  // namespace

std::string ToText(const Oid &oid) {
  std::string text;
  for (const uint64_t arc : oid) text += (text.empty() ? "" : ".") + std::to_string(arc);
  return text;
}

std::optional<ParsedOid> ParseOid(std::string_view text) {
  ParsedOid parsed;
  const bool brace = text.starts_with('{');
  if (brace) text.remove_prefix(1);
  while (const auto arc = TakeArc(&text, &parsed.exact)) parsed.oid.push_back(*arc);
  if (parsed.oid.size() < 2) return std::nullopt;
  const uint64_t first = parsed.oid[0];
  const uint64_t second = parsed.oid[1];
  if (first > 2 || (first < 2 && second > 39) ||
      second > std::numeric_limits<uint64_t>::max() - 80) {
    return std::nullopt;
  }
  if (brace && !text.starts_with('}')) return std::nullopt;
  if (text != (brace ? "}" : "")) parsed.exact = false;
  return parsed;
}

bool IsBuiltIn(const Oid &oid) {
  static const Oid kBuiltIn[] = {
      kKrb5Oid, kSpnegoOid, {1, 3, 5, 1, 5, 2}, {1, 2, 840, 48018, 1, 2, 2}, {1, 3, 6, 1, 5, 2, 5}};
  return std::find(std::begin(kBuiltIn), std::end(kBuiltIn), oid) != std::end(kBuiltIn);
}

const MechLine *MechConfig::WinnerOf(const Oid &oid) const {
  const auto last = std::find_if(lines.rbegin(), lines.rend(),
                                 [&](const MechLine &line) { return line.oid.oid == oid; });
  return last == lines.rend() ? nullptr : &*last;
}

std::vector<Oid> MechConfig::RegisteredOids() const {
  std::vector<Oid> oids;
  std::vector<Oid> seen;
  for (const MechLine &line : lines) {
    if (std::find(seen.begin(), seen.end(), line.oid.oid) != seen.end()) continue;
    seen.push_back(line.oid.oid);
    // The first line of an OID decides what kind of entry it is.
    if (!line.interposer()) oids.push_back(line.oid.oid);
  }
  return oids;
}

void ParseMechFile(std::string_view text, const std::string &file, const std::string &module_dir,
                   MechConfig *config) {
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.size() > kBuffer) {
      config->remarks.push_back({file + " line " + std::to_string(number),
                                 "the line is longer than 8190 octets and is taken for several",
                                 "make it shorter"});
    }
    while (!line.empty()) {
      std::string_view piece = line.substr(0, kBuffer);
      line.remove_prefix(piece.size());
      piece = piece.substr(0, piece.find('\0'));
      if (!piece.empty()) LineParser({file, number}, module_dir, config).Parse(piece);
    }
  }
}

MechConfig ReadMechConfig(const std::optional<std::string> &file, const std::string &module_dir) {
  MechConfig config;
  const auto files = file ? std::vector<std::string>{*file} : FilesOfTheSystem();
  for (const std::string &name : files) {
    errno = 0;
    std::ifstream stream(name, std::ios::binary);
    if (!stream) {
      // /etc/gss/mech is there on few systems.
      if (name != kMainFile || errno != ENOENT) {
        config.remarks.push_back({name, std::string("cannot be read: ") + std::strerror(errno),
                                  "make it readable for all: chmod 644"});
      }
      continue;
    }
    config.files.push_back(name);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    ParseMechFile(text, name, module_dir, &config);
  }
  return config;
}

}  // namespace gss_sspi::tools
