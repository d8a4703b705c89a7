// SPDX-License-Identifier: MIT
// Prints the tables of docs/porting-from-windows.md, each behind the line "<!-- table: NAME -->",
// from the tables of the code.
#include <algorithm>
#include <cstdio>
#include <initializer_list>
#include <string>

#include "sspi_compat/attributes.h"
#include "sspi_compat/flags.h"
#include "sspi_compat/packages.h"
#include "sspi_compat/status_names.h"

namespace {

using namespace gss_sspi::sspi;  // NOLINT: what this program prints

// A bar would end the cell.
std::string Escaped(const std::string &text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

void Row(std::initializer_list<std::string> cells) {
  for (const std::string &cell : cells) std::printf("| %s ", Escaped(cell).c_str());
  std::puts("|");
}

void Begin(const char *name, std::initializer_list<std::string> titles) {
  std::printf("<!-- table: %s -->\n", name);
  Row(titles);
  for (size_t i = 0; i < titles.size(); ++i) std::fputs("|---", stdout);
  std::puts("|");
}

std::string Hex(ULONG value, int digits) {
  char text[16];
  std::snprintf(text, sizeof text, "%0*X", digits, static_cast<unsigned>(value));
  return text;
}

std::string Bit(ULONG value) { return value == 0 ? "-" : Hex(value, 1); }

const char *TextOfUse(FlagUse use) {
  switch (use) {
    case FlagUse::kMapped:
      return "asked of the mechanism, told as it answers";
    case FlagUse::kEchoed:
      return "told as asked";
    case FlagUse::kLibrary:
      return "served by the library";
    case FlagUse::kIgnored:
      return "no meaning";
    case FlagUse::kRefused:
      return "SEC_E_UNSUPPORTED_FUNCTION";
  }
  return "";
}

const char *TextOfStage(Stage stage) {
  switch (stage) {
    case Stage::kAlways:
      return "any time";
    case Stage::kOpen:
      return "established";
    case Stage::kOpenAcceptor:
      return "established, server";
    case Stage::kOpenInitiator:
      return "established, client";
  }
  return "";
}

const char *TextOfFor(For packages) {
  switch (packages) {
    case For::kAll:
      return "all";
    case For::kAllButStreams:
      return "all but CREDSSP";
    case For::kStreams:
      return "CREDSSP";
  }
  return "";
}

void PrintPackages() {
  Begin("packages", {"package", "fCapabilities", "wRPCID", "cbMaxToken", "Comment"});
  for (const Package *package : {&kNegotiate, &kKerberos, &kNtlm, &kCredssp}) {
    Row({package->name, Hex(package->capabilities, 8), Hex(package->rpc_id, 2),
         std::to_string(package->max_token), package->comment});
  }
}

void PrintFlags() {
  Begin("flags", {"flag", "ISC_REQ", "ASC_REQ", "what becomes of it", "remark"});
  for (const FlagRow &row : FlagRows()) {
    Row({row.name, Bit(row.isc), Bit(row.asc), TextOfUse(row.use), row.remark});
  }
}

void PrintAttributes() {
  Begin("attributes", {"SECPKG_ATTR", "number", "packages", "when", "remark"});
  for (const auto &row : AttributeRows<SEC_CHAR>()) {
    Row({row.name, std::to_string(row.attribute), TextOfFor(row.packages), TextOfStage(row.stage),
         row.remark});
  }
}

void PrintStatuses() {
  Begin("statuses", {"status", "number", "text"});
  for (const StatusName &row : kStatusNames) {
    Row({std::string(row.name), Hex(static_cast<ULONG>(row.status), 8), std::string(row.text)});
  }
}

}  // namespace

int main() {
  PrintPackages();
  PrintFlags();
  PrintAttributes();
  PrintStatuses();
  return 0;
}
