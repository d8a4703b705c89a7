// SPDX-License-Identifier: MIT
// [MS-CSSP] 2.2.1 TSRequest.
#ifndef GSS_SSPI_CREDSSP_TS_REQUEST_H_
#define GSS_SSPI_CREDSSP_TS_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/bytes.h"
#include "core/result.h"
#include "credssp/version.h"

namespace gss_sspi::credssp {

struct TsRequest {
  static constexpr size_t kMostOctets = 65536;  // C11

  uint32_t version = kOwnVersion;      // as the peer said it; see NegotiatedVersion
  std::optional<ByteView> nego_token;  // of negoTokens, which holds one at most (C10)
  std::optional<ByteView> auth_info;
  std::optional<ByteView> pub_key_auth;
  uint32_t error_code = 0;               // an NTSTATUS; 0 is none (C9)
  std::optional<ByteView> client_nonce;  // of any length: only an acceptor minds it (C13)

  // The octets of the TSRequest at the start of `input`, which may end inside of it; 0 when its
  // header is not all there. What announces more than kMostOctets is refused before it is there.
  static Result<size_t> SizeAt(ByteView input);

  // `whole` is one TSRequest; the result has views of it. With an error code the other fields are
  // ignored: peers send some of them beside it (C9). An empty token is none (C10).
  static Result<TsRequest> Parse(ByteView whole);

  // Fields in the order of their tags, lengths minimal (C8).
  Result<Buffer> Build() const;
};

}  // namespace gss_sspi::credssp

#endif  // GSS_SSPI_CREDSSP_TS_REQUEST_H_
