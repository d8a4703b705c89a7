// SPDX-License-Identifier: MIT
// Where credentials come from, and in which order the places are asked (N415, N430).
#ifndef GSS_SSPI_CRED_SOURCES_H_
#define GSS_SSPI_CRED_SOURCES_H_

#include "core/memory.h"
#include "core/result.h"
#include "cred/account_credential.h"
#include "cred/account_list.h"
#include "cred/settings.h"

namespace gss_sspi::cred {

// What errors call the account of an explicit credential.
inline constexpr char kGivenCredential[] = "the given credential";

// To initiate: the secret in the settings, else the user file in the settings, else that of
// NTLM_USER_FILE. Without a user name the first account of the file is taken.
Result<AccountCredential> FindInitiator(const Settings &settings, std::string_view workstation);

// To accept: the one account of the settings if they hold a secret, else the accounts of the user
// file in the settings, else of NTLM_USER_FILE.
Result<Ref<AccountList>> FindAccounts(const Settings &settings);

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_SOURCES_H_
