// SPDX-License-Identifier: MIT
#include "credssp/pub_key_auth.h"

#include <openssl/evp.h>

#include <initializer_list>

#include "credssp/crypto_library.h"
#include "credssp/version.h"

namespace gss_sspi::credssp {
namespace {

constexpr size_t kSha256Size = 32;

// What tells the two directions apart.
struct Direction {
  ByteView magic;
  uint8_t increment;  // of the key's first octet, in the older form
};

// The magic texts are hashed with their NUL.
constexpr uint8_t kClientMagic[] = "CredSSP Client-To-Server Binding Hash";
constexpr uint8_t kServerMagic[] = "CredSSP Server-To-Client Binding Hash";
constexpr Direction kClientToServer = {kClientMagic, 0};
constexpr Direction kServerToClient = {kServerMagic, 1};

// Versions 2 to 4.
Result<SecretBytes> KeyItself(const Direction &direction, ByteView key) {
  SecretBytes binding;
  if (!binding.Resize(key.size())) return Status::kNoMemory;
  Copy(binding.span(), key);
  binding.span()[0] = static_cast<uint8_t>(key[0] + direction.increment);
  return binding;
}

bool Sha256(std::initializer_list<ByteView> parts, MutableBytes digest) {
  const ErrorQueue queue;
  const OpenSsl<EVP_MD, EVP_MD_free> sha256(EVP_MD_fetch(CryptoLibrary(), "SHA256", nullptr));
  const OpenSsl<EVP_MD_CTX, EVP_MD_CTX_free> state(EVP_MD_CTX_new());
  if (!sha256 || !state || EVP_DigestInit_ex2(state.get(), sha256.get(), nullptr) != 1) {
    return false;
  }
  for (const ByteView part : parts) {
    if (EVP_DigestUpdate(state.get(), part.data(), part.size()) != 1) return false;
  }
  return EVP_DigestFinal_ex(state.get(), digest.data(), nullptr) == 1;
}

Result<SecretBytes> BindingOf(const Direction &direction, uint32_t version, ByteView key,
                              const std::optional<ByteView> &client_nonce) {
  if (key.empty()) return Status::kServerKeyMissing;
  if (!BindsByHash(version)) return KeyItself(direction, key);
  if (!client_nonce || client_nonce->size() != kClientNonceSize) {
    return Fail(Status::kCredsspDefectiveToken,
                "TSRequest.clientNonce ([MS-CSSP] 2.2.1): not 32 octets, which version %u has",
                static_cast<unsigned>(version));
  }
  SecretBytes binding;
  if (!binding.Resize(kSha256Size)) return Status::kNoMemory;
  if (!Sha256({direction.magic, *client_nonce, key}, binding.span())) {
    return Fail(Status::kTlsFailed, "OpenSSL has no SHA-256");
  }
  return binding;
}

}  // namespace

Result<SecretBytes> ClientBinding(uint32_t version, ByteView key,
                                  const std::optional<ByteView> &client_nonce) {
  return BindingOf(kClientToServer, version, key, client_nonce);
}

Result<SecretBytes> ServerBinding(uint32_t version, ByteView key,
                                  const std::optional<ByteView> &client_nonce) {
  return BindingOf(kServerToClient, version, key, client_nonce);
}

}  // namespace gss_sspi::credssp
