// SPDX-License-Identifier: MIT
#include "credssp/peer.h"

#include "credssp/nt_status.h"

namespace gss_sspi::credssp {

Error Peer::TakeVersion(const TsRequest &request, uint32_t least) {
  if (said_ != 0 && said_ != request.version) {
    return Fail(Status::kPeerVersion, "it was %u and is %u now (C6)", said_, request.version);
  }
  said_ = request.version;
  if (version() >= least) return kSuccess;
  return Fail(Status::kPeerVersion,
              "the peer speaks CredSSP %u, the minimum is %u (credssp:min-version)", said_, least);
}

Error Peer::TakeError(const TsRequest &request) {
  if (request.error_code == 0) return kSuccess;
  error_code_ = request.error_code;
  char text[kErrorCodeTextSize];
  PrintErrorCode(error_code_, text);
  return Fail(Status::kPeerReportedError, "%s", text);
}

}  // namespace gss_sspi::credssp
