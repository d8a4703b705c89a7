// SPDX-License-Identifier: MIT
// Where credentials come from, and in which order the places are asked (N415, N430). A source that
// was named explicitly is the only one that is asked.
#ifndef GSS_SSPI_CRED_SOURCES_H_
#define GSS_SSPI_CRED_SOURCES_H_

#include "core/memory.h"
#include "core/result.h"
#include "cred/account_credential.h"
#include "cred/account_list.h"
#include "cred/configuration.h"
#include "cred/settings.h"
#include "cred/winbind_credential.h"

namespace gss_sspi::cred {

// What errors call the account of an explicit credential.
inline constexpr char kGivenCredential[] = "the given credential";

// What initiates. One of the two is set.
struct InitiatorSource {
  Ref<AccountCredential> account;
  Owned<WinbindCredential> winbind;
};

// To initiate: the secret in the settings; else the account file in the settings; else that of
// NTLM_USER_FILE; else, in this order, what has a credential: the session keyring, the
// policy's initiator_user_file, and winbind's logon of NTLMUSER or USER. Without a user name the
// first account of a file is taken. Status::kNoCredential names each place that was asked.
Result<InitiatorSource> FindInitiator(const Settings &settings, const Configuration &configuration);

// What accepts.
struct AcceptorSource {
  Ref<AccountList> accounts;  // null: winbind
  bool from_file = false;     // accounts->source() is the path
};

// To accept: the one account of the settings if they hold a secret, else the accounts of the
// account file in the settings, else of NTLM_USER_FILE, else of the policy's acceptor_user_file,
// else winbind.
Result<AcceptorSource> FindAcceptor(const Settings &settings, const Configuration &configuration);

// The accounts of a file, with LM hashes if the acceptor's level takes LM responses.
Result<Ref<AccountList>> AcceptorAccounts(const char *path, const Policy &policy);

// The same for an account that is given.
Result<Ref<AccountList>> OneAccount(std::string_view domain, std::string_view user,
                                    const ntlm::NtHash &nt_hash, const ntlm::LmHash *lm_hash);

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_SOURCES_H_
