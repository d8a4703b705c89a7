// SPDX-License-Identifier: MIT
// What an established TLS stream can say of itself.
#ifndef GSS_SSPI_CREDSSP_TLS_FACTS_H_
#define GSS_SSPI_CREDSSP_TLS_FACTS_H_

#include <openssl/ssl.h>

#include <string_view>

#include "core/bytes.h"
#include "core/result.h"

namespace gss_sspi::credssp {

// The server's certificate, whichever side this is; null when there is none.
X509 *ServerCertificate(const SSL *ssl);

// What pubKeyAuth is about: the contents of the subjectPublicKey BIT STRING, without the octet of
// unused bits (C12).
ByteView PublicKeyOf(const X509 *certificate);
// The same, copied, of a certificate or a SubjectPublicKeyInfo in DER. Anything else is taken as
// those contents themselves (C43).
Result<Buffer> PublicKeyOf(ByteView octets);
// The same of the first certificate of a PEM file.
Result<Buffer> PublicKeyOfFile(const char *path);

// SHA-256 of the SubjectPublicKeyInfo (C61).
inline constexpr size_t kPinSize = 32;
bool HasPin(const X509 *certificate, ByteView pin);

Result<Buffer> DerOf(const X509 *certificate);

// RFC 5705, RFC 8446 7.5: octets that both sides know and nobody else. kCredsspUnavailable with TLS
// 1.2 without extended_master_secret (C48).
Error Export(SSL *ssl, std::string_view label, ByteView context, MutableBytes out);

// RFC 9266 "tls-exporter:" with TLS 1.3, RFC 5929 3 "tls-unique:" before; 4
// "tls-server-end-point:".
Result<Buffer> UniqueBinding(SSL *ssl);
Result<Buffer> EndPointBinding(const SSL *ssl);

}  // namespace gss_sspi::credssp

#endif  // GSS_SSPI_CREDSSP_TLS_FACTS_H_
