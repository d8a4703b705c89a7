// SPDX-License-Identifier: MIT
// The DER of these tests, written apart from the product's: it also writes what is wrong.
#ifndef TESTS_BADPEER_DER_H_
#define TESTS_BADPEER_DER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace badpeer {

using Octets = std::string;

Octets Hex(const char *digits);
// `length_octets` 0: the shortest length. Else so many octets behind 0x80 | length_octets.
Octets Tlv(unsigned tag, const Octets &content, unsigned length_octets = 0);
Octets Integer(int64_t value);
Octets OctetString(const Octets &content);
// [number] EXPLICIT.
Octets Field(unsigned number, const Octets &content);
Octets Sequence(const Octets &content);

// The elements behind the header of one, and an element of them again.
std::vector<Octets> Elements(const Octets &element);
Octets Join(const std::vector<Octets> &elements);
Octets Content(const Octets &element);
// The first element of `input`; empty while it is not all there.
Octets First(const Octets &input);

// [MS-CSSP] 2.2.1 TSRequest.
struct Request {
  std::optional<int64_t> version;
  std::optional<std::vector<Octets>> nego_tokens;
  std::optional<Octets> auth_info, pub_key_auth;
  std::optional<int64_t> error_code;
  std::optional<Octets> client_nonce;
  Octets more;  // fields behind the last
  // What is still to be sealed, into pub_key_auth and auth_info.
  std::optional<Octets> binding, credentials;

  Octets Encode() const;
};
Request Decode(const Octets &message);

// [MS-CSSP] 2.2.1.2 TSCredentials with 2.2.1.2.1 TSPasswordCreds; the texts are octets of UTF-16LE.
Octets PasswordCredentials(const Octets &domain, const Octets &user, const Octets &password,
                           int64_t type = 1);
Octets Utf16(const char *ascii);

}  // namespace badpeer

#endif  // TESTS_BADPEER_DER_H_
