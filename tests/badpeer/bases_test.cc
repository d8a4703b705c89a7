// SPDX-License-Identifier: MIT
// The logins that the other tests change: with nothing changed each of them succeeds.
#include "peer.h"

namespace badpeer {
namespace {

constexpr Base kBases[] = {
    {.name = "NTLM"},
    {.name = "SPNEGO", .inner = "spnego"},
    {.name = "SPNEGO, TLS 1.2", .inner = "spnego", .tls = "1.2"},
    {.name = "NTLM, TLS 1.2", .tls = "1.2"},
    {.name = "version 5", .version = 5},
    {.name = "version 2", .version = 2},
    {.name = "version 3", .version = 3},
    {.name = "version 4", .inner = "spnego", .version = 4},
    {.name = "version 7", .version = 7},
    {.name = "key apart", .key_apart = true},
    {.name = "SPNEGO, key apart", .inner = "spnego", .key_apart = true},
    {.name = "no ticket", .tickets = 0},
    {.name = "four tickets", .tickets = 4},
    {.name = "a certificate of the acceptor's own", .own_certificate = true},
};
constexpr int kBaseCount = sizeof kBases / sizeof kBases[0];

START_TEST(product_initiates) {
  const Ends ends(true, kBases[_i]);
  const auto peer = ExpectGood(ends);
  ck_assert_int_eq(peer->auth_infos, 1);
  ck_assert(static_cast<Server *>(peer.get())->credentials ==
            PasswordCredentials(Utf16(TEST_DOMAIN), Utf16(TEST_USER), Utf16(TEST_PASSWORD)));
}
END_TEST

START_TEST(product_accepts) {
  const Ends ends(false, kBases[_i]);
  ExpectGood(ends);
}
END_TEST

// C4: no second seal.
START_TEST(same_key_again) {
  const Ends ends(true, {.name = "", .inner = "spnego", .key_apart = true});
  const auto peer = ExpectGood(ends);
  ck_assert_uint_eq(peer->received.size(), 4);
  ck_assert(peer->received[1].pub_key_auth && peer->received[2].pub_key_auth);
  ck_assert(*peer->received[1].pub_key_auth == *peer->received[2].pub_key_auth);
}
END_TEST

Suite *MakeSuite() {
  Suite *suite = suite_create("badpeer bases");
  TCase *tests = tcase_create("unchanged");
  tcase_add_loop_test(tests, product_initiates, 0, kBaseCount);
  tcase_add_loop_test(tests, product_accepts, 0, kBaseCount);
  tcase_add_test(tests, same_key_again);
  tcase_set_timeout(tests, 60);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace badpeer

int main() { return run_suite(badpeer::MakeSuite); }
