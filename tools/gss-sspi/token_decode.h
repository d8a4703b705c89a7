// SPDX-License-Identifier: MIT
// Tokens in words, without what could be attacked offline. The decoders print what can be read even
// of a token that the mechanisms refuse, and say which rule it breaks at which octet.
#ifndef GSS_SSPI_TOOLS_TOKEN_DECODE_H_
#define GSS_SSPI_TOOLS_TOKEN_DECODE_H_

#include <stdexcept>
#include <string>

#include "core/bytes.h"
#include "text_util.h"

namespace gss_sspi::tools {

struct DecodedToken {
  std::string text;
  bool good = true;
};

// Never throws for what is in `token`; takes time and memory in proportion to its size.
DecodedToken DecodeToken(ByteView token);

// ---- for the decoders
// ----------------------------------------------------------------------------

// Octets, and where they stand in the whole token.
struct Piece {
  ByteView octets;
  size_t at = 0;

  size_t size() const { return octets.size(); }
  Piece From(size_t start) const { return {octets.subspan(start), at + start}; }
  Piece Part(size_t start, size_t length) const {
    return {octets.subspan(start, length), at + start};
  }
};

// A token that cannot be read on.
struct BadToken : std::runtime_error {
  BadToken(size_t where, const std::string &rule) : std::runtime_error(rule), at(where) {}
  size_t at;
};

// Indented lines.
class TokenText {
 public:
  void Title(const std::string &text) { Line(text); }
  void Field(const std::string &name, const std::string &value) { Line(name + ": " + value); }
  // A rule that the token breaks.
  void Objection(const std::string &text) {
    Line("!! " + text);
    good_ = false;
  }
  void Objection(const BadToken &bad) { Objection(Format("octet %zu: %s", bad.at, bad.what())); }

  DecodedToken Take() { return {std::move(text_), good_}; }

  // What is written during its life stands further right.
  class Indent {
   public:
    explicit Indent(TokenText *out) : out_(out) { ++out_->depth_; }
    Indent(const Indent &) = delete;
    Indent &operator=(const Indent &) = delete;
    ~Indent() { --out_->depth_; }

   private:
    TokenText *const out_;
  };

 private:
  void Line(const std::string &text) { text_ += std::string(2 * depth_, ' ') + text + "\n"; }

  std::string text_;
  size_t depth_ = 0;
  bool good_ = true;
};

// How deep tokens may stand in tokens.
inline constexpr int kMaxNesting = 6;

// Any token; `nesting` counts up from 0.
void DecodeAny(const Piece &token, int nesting, TokenText *out);

bool IsNtlm(ByteView token);
void DecodeNtlm(const Piece &token, TokenText *out);

// NegTokenInit, NegTokenInit2 and NegTokenResp, without the framing of the first one.
void DecodeNegotiation(const Piece &token, int nesting, TokenText *out);
// RFC 2743 3.1: an OID and a token of that mechanism.
void DecodeFramed(const Piece &token, int nesting, TokenText *out);
void DecodeTsRequest(const Piece &token, int nesting, TokenText *out);

// "24 octets", "24 octets, all zero", "absent": all that is told of a secret or a proof of one.
std::string Measured(ByteView octets);

}  // namespace gss_sspi::tools

#endif  // GSS_SSPI_TOOLS_TOKEN_DECODE_H_
