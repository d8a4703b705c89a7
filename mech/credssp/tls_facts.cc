// SPDX-License-Identifier: MIT
#include "credssp/tls_facts.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "core/secret.h"
#include "credssp/crypto_library.h"

namespace gss_sspi::credssp {
namespace {

using Certificate = OpenSsl<X509, X509_free>;

Result<Buffer> CopyOf(ByteView octets) {
  Buffer copy;
  if (!copy.Assign(octets)) return Status::kNoMemory;
  return copy;
}

// Whether all of `octets` is one object of DER, which is then in `object`; that is null where it
// was freed.
template <typename T, typename Parse>
bool ParseAll(ByteView octets, T **object, const Parse &parse) {
  const unsigned char *at = octets.data();
  return *object != nullptr && parse(object, &at, static_cast<long>(octets.size())) != nullptr &&
         at == octets.data() + octets.size();
}

Result<Buffer> PublicKeyIn(X509_PUBKEY *info) {
  const unsigned char *key = nullptr;
  int size = 0;
  if (X509_PUBKEY_get0_param(nullptr, &key, &size, nullptr, info) != 1 || size <= 0) {
    return Fail(Status::kCredsspBadName, "a SubjectPublicKeyInfo without a key");
  }
  return CopyOf({key, static_cast<size_t>(size)});
}

Result<Buffer> Binding(std::string_view prefix, ByteView value) {
  Buffer binding;
  if (!binding.Resize(prefix.size() + value.size())) return Status::kNoMemory;
  Copy(binding.span(), AsBytes(prefix));
  Copy(binding.span().subspan(prefix.size()), value);
  return binding;
}

// RFC 5929 4.1: the hash of the signature, SHA-256 in place of MD5 and SHA-1.
const char *EndPointDigest(const X509 *certificate) {
  int digest = NID_undef;
  if (X509_get_signature_info(const_cast<X509 *>(certificate), &digest, nullptr, nullptr,
                              nullptr) != 1 ||
      digest == NID_md5 || digest == NID_sha1 || digest == NID_undef) {
    return "SHA256";
  }
  return OBJ_nid2sn(digest);
}

bool Digest(const char *name, ByteView octets, MutableBytes out, size_t *size) {
  const OpenSsl<EVP_MD, EVP_MD_free> digest(EVP_MD_fetch(CryptoLibrary(), name, nullptr));
  unsigned used = 0;
  if (!digest || static_cast<size_t>(EVP_MD_get_size(digest.get())) > out.size() ||
      EVP_Digest(octets.data(), octets.size(), out.data(), &used, digest.get(), nullptr) != 1) {
    return false;
  }
  *size = used;
  return true;
}

}  // namespace

X509 *ServerCertificate(const SSL *ssl) {
  return SSL_is_server(ssl) == 1 ? SSL_get_certificate(ssl) : SSL_get0_peer_certificate(ssl);
}

ByteView PublicKeyOf(const X509 *certificate) {
  const ASN1_BIT_STRING *key =
      certificate != nullptr ? X509_get0_pubkey_bitstr(certificate) : nullptr;
  if (key == nullptr) return {};
  return {ASN1_STRING_get0_data(key), static_cast<size_t>(ASN1_STRING_length(key))};
}

Result<Buffer> PublicKeyOf(ByteView octets) {
  if (octets.empty() || octets.size() > 65536) {
    return Fail(Status::kCredsspBadName, "not the size of a public key");
  }
  const ErrorQueue errors;
  X509 *certificate = X509_new_ex(CryptoLibrary(), nullptr);
  const bool is_certificate = ParseAll(octets, &certificate, d2i_X509);
  const Certificate certificate_owner(certificate);
  if (is_certificate) return CopyOf(PublicKeyOf(certificate));
  X509_PUBKEY *info = X509_PUBKEY_new_ex(CryptoLibrary(), nullptr);
  const bool is_info = ParseAll(octets, &info, d2i_X509_PUBKEY);
  const OpenSsl<X509_PUBKEY, X509_PUBKEY_free> info_owner(info);
  return is_info ? PublicKeyIn(info) : CopyOf(octets);
}

Result<Buffer> PublicKeyOfFile(const char *path) {
  const ErrorQueue errors;
  const OpenSsl<BIO, BIO_free> file(BIO_new_file(path, "rb"));
  X509 *certificate = X509_new_ex(CryptoLibrary(), nullptr);
  const bool is_read = file && certificate != nullptr &&
                       PEM_read_bio_X509(file.get(), &certificate, nullptr, nullptr) != nullptr;
  const Certificate owner(certificate);
  if (is_read) return CopyOf(PublicKeyOf(certificate));
  return Fail(Status::kCredsspBadStoreKey, "%s holds no certificate in PEM", path);
}

bool HasPin(const X509 *certificate, ByteView pin) {
  const ErrorQueue errors;
  unsigned char *der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  uint8_t hash[kPinSize];
  size_t hash_size = 0;
  const bool done =
      size > 0 && Digest("SHA256", {der, static_cast<size_t>(size)}, hash, &hash_size);
  OPENSSL_free(der);
  return done && ConstantTimeEqual(hash, pin);
}

Result<Buffer> DerOf(const X509 *certificate) {
  const ErrorQueue errors;
  const int size = certificate != nullptr ? i2d_X509(certificate, nullptr) : 0;
  if (size <= 0) return Status::kCredsspUnavailable;
  Buffer der;
  if (!der.Resize(static_cast<size_t>(size))) return Status::kNoMemory;
  unsigned char *at = der.data();
  i2d_X509(certificate, &at);
  return der;
}

Error Export(SSL *ssl, std::string_view label, ByteView context, MutableBytes out) {
  const ErrorQueue errors;
  if (SSL_version(ssl) < TLS1_3_VERSION && SSL_get_extms_support(ssl) != 1) {
    return Fail(Status::kCredsspUnavailable, "TLS 1.2 without extended_master_secret");
  }
  if (SSL_export_keying_material(ssl, out.data(), out.size(), label.data(), label.size(),
                                 context.data(), context.size(), 1) != 1) {
    return Fail(Status::kTlsFailed, "no keying material");
  }
  return kSuccess;
}

Result<Buffer> UniqueBinding(SSL *ssl) {
  const ErrorQueue errors;
  uint8_t value[32];
  if (SSL_version(ssl) >= TLS1_3_VERSION) {
    if (Error error = Export(ssl, "EXPORTER-Channel-Binding", {}, value)) return error;
    return Binding("tls-exporter:", value);
  }
  // The client's Finished, since there is no resumption.
  const size_t size = SSL_is_server(ssl) == 1 ? SSL_get_peer_finished(ssl, value, sizeof value)
                                              : SSL_get_finished(ssl, value, sizeof value);
  return Binding("tls-unique:", ByteView(value).first(size));
}

Result<Buffer> EndPointBinding(const SSL *ssl) {
  const X509 *certificate = ServerCertificate(ssl);
  const auto der = DerOf(certificate);
  if (!der) return der.error();
  const ErrorQueue errors;
  uint8_t hash[EVP_MAX_MD_SIZE];
  size_t size = 0;
  if (!Digest(EndPointDigest(certificate), der->view(), hash, &size)) {
    return Fail(Status::kCredsspUnavailable, "the hash of the certificate's signature");
  }
  return Binding("tls-server-end-point:", ByteView(hash).first(size));
}

}  // namespace gss_sspi::credssp
