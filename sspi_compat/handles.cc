// SPDX-License-Identifier: MIT
#include "sspi_compat/handles.h"

#include <type_traits>

namespace gss_sspi::sspi {
namespace {

// They hold plain pointers to their slots, so nothing runs for them at the beginning or the end of
// the process, and a program may use handles until then.
constinit CredentialTable credentials;
constinit ContextTable contexts;
static_assert(std::is_trivially_destructible_v<CredentialTable>);
static_assert(std::is_trivially_destructible_v<ContextTable>);

}  // namespace

CredentialTable &Credentials() { return credentials; }
ContextTable &Contexts() { return contexts; }

}  // namespace gss_sspi::sspi
