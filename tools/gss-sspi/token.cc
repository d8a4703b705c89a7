// SPDX-License-Identifier: MIT
// gss-sspi token: from pasted text to octets.
#include <algorithm>
#include <cstdio>

#include "command.h"
#include "token_decode.h"

namespace gss_sspi::tools {
namespace {

constexpr size_t kMaxInput = size_t{1} << 20;  // octets

std::string ReadStandardInput() {
  std::string text;
  char buffer[4096];
  size_t got;
  while ((got = std::fread(buffer, 1, sizeof buffer, stdin)) != 0) {
    text.append(buffer, got);
    if (text.size() > kMaxInput) throw Failure("the input is longer than 1 MiB");
  }
  return text;
}

// A word that may stand before a token in an HTTP header.
constexpr std::string_view kWords[] = {
    "Authorization:",
    "WWW-Authenticate:",
    "Proxy-Authorization:",
    "Proxy-Authenticate:",
    "Negotiate",
    "NTLM",
    "Kerberos",
    "CredSSP",
};

std::string_view WithoutBlanks(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t\r\n<>");
  return start == std::string_view::npos ? "" : text.substr(start);
}

// The words end with a blank or colon; so the start of a token is not taken for one.
std::string_view WithoutHeader(std::string_view text) {
  text = WithoutBlanks(text);
  for (const std::string_view word : kWords) {
    if (!EqualIgnoringAsciiCase(text.substr(0, word.size()), word)) continue;
    const std::string_view rest = text.substr(word.size());
    if (!word.ends_with(':') && WithoutBlanks(rest).size() == rest.size()) continue;
    text = WithoutBlanks(rest);
  }
  return text;
}

bool IsBinary(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto octet = static_cast<uint8_t>(c);
    return octet >= 0x7f || (octet < 0x20 && (octet < '\t' || octet > '\r'));
  });
}

enum class Form { kAuto, kHex, kBase64 };

Bytes ToOctets(std::string_view input, Form form) {
  if (form == Form::kAuto && IsBinary(input)) return {input.begin(), input.end()};
  const std::string_view text = WithoutHeader(input);
  if (form != Form::kBase64) {
    if (auto octets = FromHex(text)) return *octets;
  }
  if (form != Form::kHex) {
    if (auto octets = FromBase64(text)) return *octets;
  }
  static constexpr const char *kNames[] = {"neither hexadecimal nor base64", "not hexadecimal",
                                           "not base64"};
  throw Failure(std::string("the input is ") + kNames[static_cast<int>(form)]);
}

Form ParseForm(bool hex, bool base64, bool automatic) {
  if (hex + base64 + automatic > 1)
    throw UsageError("--hex, --base64 and --auto exclude each other");
  if (hex) return Form::kHex;
  return base64 ? Form::kBase64 : Form::kAuto;
}

}  // namespace

ExitCode RunToken(const Arguments &arguments) {
  bool hex = false;
  bool base64 = false;
  bool automatic = false;
  const auto operands = Options()
                            .Flag("--hex", &hex)
                            .Flag("--base64", &base64)
                            .Flag("--auto", &automatic)
                            .Parse(arguments, 1);
  const Form form = ParseForm(hex, base64, automatic);
  const bool from_stdin = operands.empty() || operands[0] == "-";
  const Bytes octets = ToOctets(from_stdin ? ReadStandardInput() : operands[0], form);
  const DecodedToken decoded = DecodeToken(octets);
  std::fwrite(decoded.text.data(), 1, decoded.text.size(), stdout);
  return decoded.good ? kGood : kBad;
}

}  // namespace gss_sspi::tools
