// SPDX-License-Identifier: MIT
#include "test_http.h"

#include <cstdlib>

#include "command.h"

namespace gss_sspi::tools {
namespace {

constexpr size_t kMaxHead = size_t{1} << 18;   // octets; tokens of Kerberos may be long
constexpr size_t kMaxBody = size_t{16} << 20;  // octets

std::string Trimmed(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return "";
  return std::string(text.substr(start, text.find_last_not_of(" \t") + 1 - start));
}

size_t ParseSize(const std::string &text, int base) {
  char *end = nullptr;
  const unsigned long size = std::strtoul(text.c_str(), &end, base);
  if (end == text.c_str() || size > kMaxBody) throw Failure("HTTP: a body is too long");
  return size;
}

}  // namespace

std::string HttpHead::Find(std::string_view name) const {
  for (const auto &[key, value] : headers) {
    if (EqualIgnoringAsciiCase(key, name)) return value;
  }
  return "";
}

std::optional<std::string> HttpHead::FindToken(std::string_view header,
                                               std::string_view scheme) const {
  for (const auto &[key, value] : headers) {
    if (!EqualIgnoringAsciiCase(key, header)) continue;
    if (!EqualIgnoringAsciiCase(value.substr(0, scheme.size()), scheme)) continue;
    const std::string rest = value.substr(scheme.size());
    if (!rest.empty() && rest[0] != ' ' && rest[0] != ',') continue;
    const std::string text = Trimmed(rest.substr(0, rest.find(',')));
    const auto token = FromBase64(text);
    if (!token) throw Failure("HTTP: the token of " + std::string(header) + " is not base64");
    return std::string(token->begin(), token->end());
  }
  return std::nullopt;
}

bool HttpReader::Fill() {
  const std::string more = socket_->ReceiveSome(4096);
  received_ += more;
  return !more.empty();
}

std::string HttpReader::ReadLine() {
  size_t end;
  while ((end = received_.find('\n')) == std::string::npos) {
    if (received_.size() > kMaxHead) throw Failure("HTTP: a line is too long");
    if (!Fill()) throw Failure("HTTP: the other side closed the connection in a head");
  }
  std::string line = received_.substr(0, end);
  received_.erase(0, end + 1);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::optional<HttpHead> HttpReader::ReadHead() {
  if (received_.empty() && !Fill()) return std::nullopt;
  HttpHead head;
  head.start_line = ReadLine();
  size_t size = head.start_line.size();
  while (true) {
    const std::string line = ReadLine();
    if (line.empty()) return head;
    size += line.size();
    if (size > kMaxHead) throw Failure("HTTP: a head is too long");
    const size_t colon = line.find(':');
    if (colon == std::string::npos) throw Failure("HTTP: a header has no colon");
    head.headers.emplace_back(line.substr(0, colon), Trimmed(line.substr(colon + 1)));
  }
}

void HttpReader::Skip(size_t size) {
  while (received_.size() < size) {
    if (!Fill()) throw Failure("HTTP: the other side closed the connection in a body");
  }
  received_.erase(0, size);
}

void HttpReader::SkipBody(const HttpHead &head, bool to_the_end) {
  if (EqualIgnoringAsciiCase(head.Find("Transfer-Encoding"), "chunked")) {
    while (const size_t size = ParseSize(ReadLine(), 16)) {
      Skip(size);
      ReadLine();
    }
    while (!ReadLine().empty()) {
    }
    return;
  }
  if (const std::string length = head.Find("Content-Length"); !length.empty()) {
    Skip(ParseSize(length, 10));
  } else if (to_the_end) {
    while (Fill()) received_.clear();
  }
}

}  // namespace gss_sspi::tools
