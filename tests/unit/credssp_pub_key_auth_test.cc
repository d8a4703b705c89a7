// SPDX-License-Identifier: MIT
// C12, C13: the binding of each version and direction, and the nonce without which there is none.
#include <openssl/err.h>

#include "credssp/pub_key_auth.h"
#include "credssp_support.h"

namespace {

using namespace gss_sspi;           // NOLINT
using namespace gss_sspi::test;     // NOLINT
using namespace gss_sspi::credssp;  // NOLINT

Bytes Nonce() { return BytesVector("credssp_computed.client_nonce"); }

void ExpectBinding(const Result<SecretBytes> &got, const std::string &path) {
  ck_assert(static_cast<bool>(got));
  ExpectVector(got->view(), path);
}

START_TEST(Hashes) {
  const Bytes nonce = Nonce();
  const Bytes info = BytesVector("credssp_computed.binding.p256.subject_public_key_info");
  struct Row {
    Bytes key;
    std::string path;
  };
  // Of a P-256 key the point, which is at the end of its SubjectPublicKeyInfo.
  const Row rows[] = {
      {BytesVector("credssp_computed.binding.short_key.key"),
       "credssp_computed.binding.short_key."},
      {Bytes(info.end() - 65, info.end()), "credssp_computed.binding.p256."},
      {BytesVector("credssp_binding_hash.subject_public_key"), "credssp_binding_hash."},
  };
  for (const Row &row : rows) {
    for (const uint32_t version : {5, 6}) {
      const ExactCopy key(row.key);
      ExpectBinding(ClientBinding(version, key.view(), nonce), row.path + "client_hash");
      ExpectBinding(ServerBinding(version, key.view(), nonce), row.path + "server_hash");
    }
  }
}
END_TEST

// Versions 2 to 4: the key, and the key with one more in its first octet.
START_TEST(Keys) {
  for (const uint32_t version : {2, 3, 4}) {
    const Bytes key = BytesVector("credssp_binding_hash.subject_public_key");
    ExpectBinding(ClientBinding(version, key, std::nullopt),
                  "credssp_binding_hash.v2_to_v4_client");
    ExpectBinding(ServerBinding(version, key, std::nullopt),
                  "credssp_binding_hash.v2_to_v4_server");
    const Bytes short_key = BytesVector("credssp_computed.binding.short_key.key");
    // A nonce does not matter.
    const Bytes nonce = Nonce();
    ExpectBinding(ServerBinding(version, short_key, nonce),
                  "credssp_computed.binding.short_key.v2_server");
    const auto wrapped = ServerBinding(version, Unhex("ff01"), std::nullopt);
    ck_assert(static_cast<bool>(wrapped));
    ExpectHex(wrapped->view(), "0001");
  }
}
END_TEST

// C143: no nonce, or one of another size, never selects the old form.
START_TEST(NoncesOfOtherSizes) {
  const Bytes key = BytesVector("credssp_computed.binding.short_key.key");
  for (const uint32_t version : {5, 6}) {
    for (const size_t size : {0, 1, 31, 33, 64}) {
      const Bytes nonce(size, 7);
      for (const auto &binding :
           {ClientBinding(version, key, nonce), ServerBinding(version, key, nonce)}) {
        ck_assert(!binding && binding.error().status == Status::kCredsspDefectiveToken);
      }
    }
    const auto none = ClientBinding(version, key, std::nullopt);
    ck_assert(!none && none.error().status == Status::kCredsspDefectiveToken);
    ck_assert(!ServerBinding(version, key, std::nullopt));
    ck_assert(static_cast<bool>(ClientBinding(version, key, Bytes(kClientNonceSize, 7))));
  }
}
END_TEST

START_TEST(NoKey) {
  const Bytes nonce = Nonce();
  for (const uint32_t version : {2, 6}) {
    const auto binding = ServerBinding(version, {}, nonce);
    ck_assert(!binding && binding.error().status == Status::kServerKeyMissing);
  }
}
END_TEST

// Each octet of nonce and key counts, and the direction does (C146, C147).
START_TEST(EachOctetCounts) {
  Bytes nonce = Nonce();
  Bytes key = BytesVector("credssp_binding_hash.subject_public_key");
  const auto base = ClientBinding(6, key, nonce);
  ck_assert(static_cast<bool>(base));
  const auto same = ClientBinding(6, key, nonce);
  ck_assert(same && ConstantTimeEqual(base->view(), same->view()));
  const auto server = ServerBinding(6, key, nonce);
  ck_assert(server && !ConstantTimeEqual(base->view(), server->view()));
  for (Bytes *changed : {&nonce, &key}) {
    for (uint8_t &octet : *changed) {
      octet ^= 0x80;
      const auto other = ClientBinding(6, key, nonce);
      ck_assert(other && !ConstantTimeEqual(base->view(), other->view()));
      octet ^= 0x80;
    }
  }
}
END_TEST

// C60: what the host has in OpenSSL's error queue stays, and nothing is added.
START_TEST(ErrorQueueStays) {
  ERR_clear_error();
  ERR_raise(ERR_LIB_USER, 77);
  ck_assert(static_cast<bool>(ClientBinding(6, Unhex("30"), Nonce())));
  ck_assert_int_eq(ERR_GET_REASON(ERR_get_error()), 77);
  ck_assert_uint_eq(ERR_get_error(), 0);
}
END_TEST

Suite *PubKeyAuthSuite() {
  Suite *suite = suite_create("credssp_pub_key_auth");
  TCase *bindings = tcase_create("bindings");
  tcase_add_test(bindings, Hashes);
  tcase_add_test(bindings, Keys);
  tcase_add_test(bindings, NoncesOfOtherSizes);
  tcase_add_test(bindings, NoKey);
  tcase_add_test(bindings, EachOctetCounts);
  tcase_add_test(bindings, ErrorQueueStays);
  suite_add_tcase(suite, bindings);
  return suite;
}

}  // namespace

int main() { return RunSuite(PubKeyAuthSuite()); }
