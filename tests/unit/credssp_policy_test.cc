// SPDX-License-Identifier: MIT
// Section [credssp] of the policy file: its keys, and what they decide (C67 to C69, C74, C80).
#include "policy/credssp_policy.h"

#include <unistd.h>

#include <cstring>
#include <string>

#include "policy/keys.h"
#include "policy/load.h"
#include "policy_documents.h"

namespace gss_sspi {
namespace {

Result<LoadedCredsspPolicy> Load(const std::string &text) {
  char path[] = "/tmp/credssp-policy-XXXXXX";
  const int fd = mkstemp(path);
  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  close(fd);
  auto loaded = LoadCredsspPolicy({path, true, nullptr});
  unlink(path);
  return loaded;
}

CredsspPolicy Of(const std::string &lines) {
  auto loaded = Load("[credssp]\n" + lines);
  ck_assert_msg(static_cast<bool>(loaded), "%s", DetailOf(Status::kBadSetting));
  return std::move(loaded->policy);
}

START_TEST(ExampleAndManualHaveEveryKey) {
  std::string enabled;
  ExpectDocumented(CredsspKeys(), KeysOfExample("credssp", &enabled));
  ExpectDocumented(CredsspKeys(), KeysOfManual("KEYS OF CREDSSP"));
  ck_assert(Load(enabled));
}
END_TEST

constexpr const char *kBad[] = {
    "allow_fresh = a/b/c",    "deny = A\\b",       "min_version = 1", "min_version = 7",
    "encryption_oracle = no", "verify = maybe",    "allow_ntlm = 1",  "realms = CORP",
    "realms = CORP=",         "realms = =EXAMPLE", "realms = A=B=C",  "log_file = relative",
    "no_such_key = 1",        "spn_names = a.b.c",
};

START_TEST(WrongLinesAreRefused) {
  const auto loaded = Load(std::string("[credssp]\n") + kBad[_i] + "\n");
  ck_assert_msg(!loaded, "%s", kBad[_i]);
  ck_assert_ptr_nonnull(strstr(DetailOf(Status::kBadSetting), "line 2"));
}
END_TEST

// Each section is read by its own mechanism alone.
START_TEST(OtherSectionsAreOthers) { ck_assert(Load("[ntlm]\nno_such_key = 1\n[credssp]\n")); }
END_TEST

Delegates Fresh(const CredsspPolicy &policy, const char *service, const char *host) {
  return MayDelegate(policy, true, service, host);
}
Delegates Default(const CredsspPolicy &policy, const char *service, const char *host) {
  return MayDelegate(policy, false, service, host);
}

// C69.
START_TEST(WithoutAFile) {
  const CredsspPolicy policy;
  ck_assert(Fresh(policy, "TERMSRV", "host") == Delegates::kAlways);
  ck_assert(Default(policy, "TERMSRV", "host") == Delegates::kNever);
}
END_TEST

// C67.
START_TEST(Lists) {
  const CredsspPolicy policy =
      Of("allow_fresh = TERMSRV/*.example.com\nallow_fresh_ntlm_only = WSMAN/*\n"
         "allow_default = *.example.com\ndeny = bad.example.com TERMSRV/worse.example.com\n");
  ck_assert(Fresh(policy, "TERMSRV", "a.example.com") == Delegates::kToProvenServers);
  ck_assert(Fresh(policy, "termsrv", "A.EXAMPLE.COM") == Delegates::kToProvenServers);
  ck_assert(Fresh(policy, "HTTP", "a.example.com") == Delegates::kNever);
  ck_assert(Fresh(policy, "TERMSRV", "a.example.org") == Delegates::kNever);
  ck_assert(Fresh(policy, "WSMAN", "anywhere") == Delegates::kAlways);
  ck_assert(Fresh(policy, "WSMAN", "bad.example.com") == Delegates::kNever);
  ck_assert(Fresh(policy, "WSMAN", "worse.example.com") == Delegates::kAlways);
  ck_assert(Fresh(policy, "TERMSRV", "worse.example.com") == Delegates::kNever);
  ck_assert(Default(policy, "HTTP", "a.example.com") == Delegates::kToProvenServers);
  ck_assert(Default(policy, "HTTP", "a.example.org") == Delegates::kNever);
}
END_TEST

// C80.
START_TEST(LeastVersions) {
  ck_assert_uint_eq(LeastVersion({}, true, 0), 5);
  ck_assert_uint_eq(LeastVersion({}, false, 0), 5);
  ck_assert_uint_eq(LeastVersion({}, false, 2), 2);
  ck_assert_uint_eq(LeastVersion(Of("min_version = 6\n"), true, 2), 6);
  ck_assert_uint_eq(LeastVersion(Of("min_version = 3\n"), true, 0), 3);
  ck_assert_uint_eq(LeastVersion(Of("min_version = 3\n"), true, 4), 4);
  ck_assert_uint_eq(LeastVersion(Of("encryption_oracle = force\n"), false, 2), 5);
  ck_assert_uint_eq(LeastVersion(Of("encryption_oracle = mitigated\n"), true, 2), 5);
  ck_assert_uint_eq(LeastVersion(Of("encryption_oracle = mitigated\n"), false, 0), 2);
  ck_assert_uint_eq(LeastVersion(Of("encryption_oracle = vulnerable\n"), true, 0), 2);
  ck_assert_uint_eq(LeastVersion(Of("encryption_oracle = vulnerable\nmin_version = 6\n"), true, 0),
                    6);
}
END_TEST

// C74.
START_TEST(Realms) {
  const CredsspPolicy policy = Of("realms = CORP=CORP.EXAMPLE.COM, LAB=LAB.TEST\n");
  ck_assert(MappedRealm(policy, "corp") == "CORP.EXAMPLE.COM");
  ck_assert(MappedRealm(policy, "LAB") == "LAB.TEST");
  ck_assert(MappedRealm(policy, "OTHER").empty());
}
END_TEST

Suite *CredsspPolicySuite() {
  Suite *suite = suite_create("credssp_policy");
  TCase *all = tcase_create("all");
  tcase_add_test(all, ExampleAndManualHaveEveryKey);
  tcase_add_loop_test(all, WrongLinesAreRefused, 0, static_cast<int>(std::size(kBad)));
  tcase_add_test(all, OtherSectionsAreOthers);
  tcase_add_test(all, WithoutAFile);
  tcase_add_test(all, Lists);
  tcase_add_test(all, LeastVersions);
  tcase_add_test(all, Realms);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace
}  // namespace gss_sspi

int main() {
  SRunner *runner = srunner_create(gss_sspi::CredsspPolicySuite());
  srunner_run_all(runner, CK_ENV);
  const int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? 0 : 1;
}
