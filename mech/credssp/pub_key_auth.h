// SPDX-License-Identifier: MIT
// [MS-CSSP] 3.1.5: what each side wraps into pubKeyAuth, which binds the login to the server's key
// of TLS.
#ifndef GSS_SSPI_CREDSSP_PUB_KEY_AUTH_H_
#define GSS_SSPI_CREDSSP_PUB_KEY_AUTH_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/bytes.h"
#include "core/result.h"
#include "core/secret.h"

namespace gss_sspi::credssp {

inline constexpr size_t kClientNonceSize = 32;

// `version` is the negotiated one. `key` is what the subjectPublicKey of the server's certificate
// holds, without the octet of unused bits (C12). From version 5 on the nonce must be there and of
// its size: the older form never takes its place (C13). Compare with ConstantTimeEqual.
Result<SecretBytes> ClientBinding(uint32_t version, ByteView key,
                                  const std::optional<ByteView> &client_nonce);
Result<SecretBytes> ServerBinding(uint32_t version, ByteView key,
                                  const std::optional<ByteView> &client_nonce);

}  // namespace gss_sspi::credssp

#endif  // GSS_SSPI_CREDSSP_PUB_KEY_AUTH_H_
