// SPDX-License-Identifier: MIT
#ifndef GSS_SSPI_CREDSSP_PEER_H_
#define GSS_SSPI_CREDSSP_PEER_H_

#include <cstdint>

#include "core/result.h"
#include "credssp/ts_request.h"
#include "credssp/version.h"

namespace gss_sspi::credssp {

// What the other side says of itself in each TSRequest.
class Peer {
 public:
  // Its version, which stays the same (C6, C145) and is not below the least (C14).
  Error TakeVersion(const TsRequest &request, uint32_t least);
  // The error it reports, which ends all (C9, C17).
  Error TakeError(const TsRequest &request);

  // The version that both speak; 0 while the peer's is unknown.
  uint32_t version() const { return said_ == 0 ? 0 : NegotiatedVersion(said_); }
  uint32_t error_code() const { return error_code_; }

 private:
  uint32_t said_ = 0;
  uint32_t error_code_ = 0;
};

}  // namespace gss_sspi::credssp

#endif  // GSS_SSPI_CREDSSP_PEER_H_
