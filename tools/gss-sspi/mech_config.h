// SPDX-License-Identifier: MIT
// The registration of mechanisms, read exactly as libgssapi of MIT krb5 1.20 reads it (N175-N180),
// with a word on each line that it passes over in silence.
#ifndef GSS_SSPI_TOOLS_MECH_CONFIG_H_
#define GSS_SSPI_TOOLS_MECH_CONFIG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gss_sspi::tools {

using Oid = std::vector<uint64_t>;  // arcs
std::string ToText(const Oid &oid);

inline const Oid kNtlmOid{1, 3, 6, 1, 4, 1, 311, 2, 2, 10};
inline const Oid kCredsspOid{2, 25, 7309953812226743153};
inline const Oid kKrb5Oid{1, 2, 840, 113554, 1, 2, 2};
inline const Oid kSpnegoOid{1, 3, 6, 1, 5, 5, 2};

struct ParsedOid {
  Oid oid;
  bool exact = true;  // false: libgssapi takes it for something else than what is written
};
// What libgssapi makes of an OID in text; nothing when it refuses it.
std::optional<ParsedOid> ParseOid(std::string_view text);

// A line that registers a module.
struct MechLine {
  std::string file;
  size_t line = 0;
  std::string name;
  std::string oid_text;  // as it is written
  ParsedOid oid;
  std::string path;  // as libgssapi opens it
  std::string kernel_module, options, type;

  bool interposer() const { return type == "interposer"; }
  std::string where() const { return file + " line " + std::to_string(line); }
};

// A line that looks as if it should do something, and does nothing, or something else.
struct MechRemark {
  std::string where;
  std::string text;
  std::string mend;
};

struct MechConfig {
  std::vector<std::string> files;  // in the order in which they are read
  std::vector<MechLine> lines;     // in that order too
  std::vector<MechRemark> remarks;

  // The line whose module libgssapi loads for this OID: the last one (N177). Null when none is.
  const MechLine *WinnerOf(const Oid &oid) const;
  // Each OID once, in the order of gss_indicate_mechs, without interposers.
  std::vector<Oid> RegisteredOids() const;
};

// Built into libgssapi: lines with these OIDs are passed over.
bool IsBuiltIn(const Oid &oid);

// Reads `file` alone when there is one, as GSS_MECH_CONFIG does, else what is in /etc/gss. Paths
// that are not absolute are below `module_dir`.
MechConfig ReadMechConfig(const std::optional<std::string> &file, const std::string &module_dir);

// The text of one file, for ReadMechConfig and tests.
void ParseMechFile(std::string_view text, const std::string &file, const std::string &module_dir,
                   MechConfig *config);

}  // namespace gss_sspi::tools

#endif  // GSS_SSPI_TOOLS_MECH_CONFIG_H_
