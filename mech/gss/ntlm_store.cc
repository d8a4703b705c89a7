// SPDX-License-Identifier: MIT
// Storing credentials: RFC 5588 and MIT's gss_store_cred_into. What is stored is the login that
// `gss-sspi login` stores: the NT hash of an account, in the session keyring.
#include "core/text.h"
#include "core/utf16.h"
#include "cred/keyring.h"
#include "gss/entry.h"
#include "gss/handles.h"
#include "gss/oid_set.h"
#include "gss/oids.h"

namespace gss_sspi::gss {
namespace {

Result<uint32_t> ParseLifetime(std::string_view digits) {
  uint64_t seconds = 0;
  bool is_number = digits.size() <= 10;
  for (char c : Head(digits, 10)) {
    is_number = is_number && c >= '0' && c <= '9';
    seconds = seconds * 10 + static_cast<unsigned char>(c - '0');
  }
  if (is_number && seconds != 0 && seconds <= UINT32_MAX) return static_cast<uint32_t>(seconds);
  return Fail(Status::kBadCredentialStoreKey,
              GSS_NTLM_CS_LIFETIME " is not a number of seconds from 1 on");
}

// N416: keys of ours that mean nothing here are errors, those of other mechanisms are not ours.
Result<uint32_t> LifetimeOf(gss_const_key_value_set_t store) {
  uint32_t lifetime = cred::kDefaultLoginSeconds;
  const OM_uint32 count = store != GSS_C_NO_CRED_STORE ? store->count : 0;
  for (OM_uint32 i = 0; i < count; ++i) {
    const gss_key_value_element_desc &element = store->elements[i];
    if (element.key == nullptr || element.value == nullptr) continue;
    const std::string_view key(element.key);
    if (!key.starts_with("ntlmssp_")) continue;
    if (key != GSS_NTLM_CS_LIFETIME) return Fail(Status::kBadCredentialStoreKey, "%s", element.key);
    const auto seconds = ParseLifetime(element.value);
    if (!seconds) return seconds.error();
    lifetime = *seconds;
  }
  return lifetime;
}

// Which account the call is about, if it can be stored at all.
Result<const cred::AccountCredential *> AccountToStore(gss_const_cred_id_t handle,
                                                       gss_cred_usage_t usage) {
  const Credential *credential = CredentialOf(handle);
  if (credential == nullptr) return Status::kDefectiveCredential;
  if (usage != GSS_C_INITIATE && usage != GSS_C_BOTH) {
    return Fail(Status::kNoCredential, "the keyring holds credentials to initiate only");
  }
  if (!credential->policy().use_keyring) {
    return Fail(Status::kRefusedByPolicy, "the keyring is not used");
  }
  if (credential->account() == nullptr) {
    return Fail(Status::kNoCredential, "this credential has no account to initiate with");
  }
  return credential->account();
}

Result<bool> IsStored(const cred::AccountCredential &account) {
  bool found = false;
  const Error error = cred::ListLogins([&](const cred::LoginEntry &login) {
    found = found || (EqualIgnoringCase(login.domain, account.domain_name()) &&
                      EqualIgnoringCase(login.user, account.user_name()));
  });
  if (error) return error;
  return found;
}

struct StoreRequest {
  gss_cred_usage_t usage;
  bool overwrite;
  bool make_default;
  gss_const_key_value_set_t store;
};

Outcome Store(gss_const_cred_id_t handle, const StoreRequest &request) {
  const auto account = AccountToStore(handle, request.usage);
  if (!account) return account.error();
  const auto lifetime = LifetimeOf(request.store);
  if (!lifetime) return lifetime.error();
  const cred::AccountCredential &login = **account;
  if (!request.overwrite) {
    const auto stored = IsStored(login);
    if (!stored) return stored.error();
    if (*stored) {
      return Fail(Status::kLoginStored, "%.*s, domain \"%.*s\"", GSS_SSPI_TEXT(login.user_name()),
                  GSS_SSPI_TEXT(login.domain_name()));
    }
  }
  return cred::StoreLogin(login.domain_name(), login.user_name(), login.nt_hash(), *lifetime,
                          request.make_default);
}

// Store, with the outputs.
Outcome StoreAndTell(gss_const_cred_id_t handle, gss_const_OID mechanism,
                     const StoreRequest &request, gss_OID_set *elements_stored,
                     gss_cred_usage_t *usage_stored) {
  Clear(elements_stored);
  if (mechanism != GSS_C_NO_OID && !Is(mechanism, oid::kNtlm)) {
    return Outcome::Major(GSS_S_BAD_MECH, Status::kUnavailable);
  }
  if (elements_stored != nullptr) {
    const gss_const_OID elements[] = {NtlmOid()};
    if (Error error = GiveOids(elements, elements_stored)) return error;
  }
  const Outcome outcome = Store(handle, request);
  if (outcome.major() == GSS_S_COMPLETE) {
    Set(usage_stored, GSS_C_INITIATE);
  } else if (elements_stored != nullptr) {
    OM_uint32 minor = 0;
    gss_release_oid_set(&minor, elements_stored);
  }
  return outcome;
}

}  // namespace
}  // namespace gss_sspi::gss

using namespace gss_sspi;       // NOLINT: the exports below have C names
using namespace gss_sspi::gss;  // NOLINT

GSS_SSPI_EXPORT OM_uint32 gss_store_cred_into(OM_uint32 *minor_status,
                                              gss_cred_id_t input_cred_handle,
                                              gss_cred_usage_t input_usage, gss_OID desired_mech,
                                              OM_uint32 overwrite_cred, OM_uint32 default_cred,
                                              gss_const_key_value_set_t cred_store,
                                              gss_OID_set *elements_stored,
                                              gss_cred_usage_t *cred_usage_stored) {
  return Guard(minor_status, [&]() -> Outcome {
    return StoreAndTell(input_cred_handle, desired_mech,
                        {input_usage, overwrite_cred != 0, default_cred != 0, cred_store},
                        elements_stored, cred_usage_stored);
  });
}

GSS_SSPI_EXPORT OM_uint32 gss_store_cred(OM_uint32 *minor_status,
                                         const gss_cred_id_t input_cred_handle,
                                         gss_cred_usage_t cred_usage, const gss_OID desired_mech,
                                         OM_uint32 overwrite_cred, OM_uint32 default_cred,
                                         gss_OID_set *elements_stored,
                                         gss_cred_usage_t *cred_usage_stored) {
  return Guard(minor_status, [&]() -> Outcome {
    return StoreAndTell(input_cred_handle, desired_mech,
                        {cred_usage, overwrite_cred != 0, default_cred != 0, GSS_C_NO_CRED_STORE},
                        elements_stored, cred_usage_stored);
  });
}
