// SPDX-License-Identifier: MIT
// The accounts of this host, and which of them a user of NTLM is (N411).
#ifndef GSS_SSPI_CRED_LOCAL_ACCOUNT_H_
#define GSS_SSPI_CRED_LOCAL_ACCOUNT_H_

#include <sys/types.h>

#include <string_view>

#include "core/bytes.h"
#include "core/result.h"
#include "core/text_list.h"
#include "ntlm/server_names.h"

namespace gss_sspi::cred {

// Gives the account of a name as the account database spells it. Status::kNoLocalName when it has
// none; any other status when it could not be asked.
using FindAccount = Result<Buffer> (*)(std::string_view name);

// By getpwnam(3) and getpwuid(3): /etc/passwd and whatever nsswitch.conf names beside it.
Result<Buffer> AccountByName(std::string_view name);
Result<Buffer> AccountById(uid_t id);

// Who decides which users are accounts of this host.
struct LocalAccountRule {
  const ntlm::ServerNames::Source &own;  // this host
  const TextList &local_domains;         // Policy::local_domains
  FindAccount find = AccountByName;
};

// N411. DOMAIN\user, or a UPN, is asked for as such: a database that knows domains decides. Then
// the bare user, but only of a domain whose users are this host's own: none, this computer, or one
// that the policy lists. The domain that this host is a member of is not its own: root of the
// domain is another than root of the host.
//
// Text is UTF-8. The domain is empty for none, as of a UPN, whose domain is its suffix.
Result<Buffer> LocalAccountOf(std::string_view domain, std::string_view user,
                              const LocalAccountRule &rule);

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_LOCAL_ACCOUNT_H_
