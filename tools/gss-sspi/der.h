// SPDX-License-Identifier: MIT
// A bounded reader of DER. Lengths of up to four octets need not be minimal; indefinite lengths and
// tags above 30 are refused.
#ifndef GSS_SSPI_TOOLS_DER_H_
#define GSS_SSPI_TOOLS_DER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "token_decode.h"

namespace gss_sspi::tools {

namespace der {
inline constexpr uint8_t kInteger = 0x02, kBitString = 0x03, kOctetString = 0x04, kOid = 0x06,
                         kEnumerated = 0x0a, kGeneralString = 0x1b, kSequence = 0x30;
inline constexpr uint8_t kApplication0 = 0x60;
constexpr uint8_t Context(unsigned number) { return static_cast<uint8_t>(0xa0U | number); }
}  // namespace der

class DerReader {
 public:
  explicit DerReader(const Piece &input) : rest_(input) {}

  bool at_end() const { return rest_.octets.empty(); }
  size_t at() const { return rest_.at; }
  // The tag of the next element; 0 at the end.
  uint8_t tag() const { return at_end() ? uint8_t{0} : rest_.octets[0]; }

  // The content of the next element, which must have this tag. All throw BadToken.
  Piece Take(uint8_t tag, const std::string &what);
  // The same for an element inside of an explicit one, [number].
  Piece TakeExplicit(unsigned number, uint8_t tag, const std::string &what);
  // Nothing must be left.
  void End(const std::string &what) const;
  const Piece &rest() const { return rest_; }

 private:
  Piece rest_;
};

// An INTEGER or ENUMERATED of at most `most` octets, sign and all.
int64_t DerInteger(const Piece &content, size_t most, const std::string &what);
// An OID in dotted form.
std::string DerOid(const Piece &content);

}  // namespace gss_sspi::tools

#endif  // GSS_SSPI_TOOLS_DER_H_
