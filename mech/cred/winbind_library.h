// SPDX-License-Identifier: MIT
// Samba's libwbclient, opened when it is first needed (N431): a host without winbind never loads
// it, and the module does not depend on its package.
#ifndef GSS_SSPI_CRED_WINBIND_LIBRARY_H_
#define GSS_SSPI_CRED_WINBIND_LIBRARY_H_

#include <sys/types.h>

#include <cstdint>

// What <wbclient.h> needs goes before it.
#include <wbclient.h>

#include "core/result.h"

namespace gss_sspi::cred {

// The functions we use, under their names in <wbclient.h>.
struct WinbindLibrary {
  decltype(&::wbcCtxCreate) wbcCtxCreate;
  decltype(&::wbcCtxFree) wbcCtxFree;
  decltype(&::wbcFreeMemory) wbcFreeMemory;
  decltype(&::wbcErrorString) wbcErrorString;
  decltype(&::wbcCtxInterfaceDetails) wbcCtxInterfaceDetails;
  decltype(&::wbcCtxAuthenticateUserEx) wbcCtxAuthenticateUserEx;
  decltype(&::wbcCtxCredentialCache) wbcCtxCredentialCache;
};

// The library, which then stays loaded until the process ends. When it, or one of its functions, is
// not there, an error of this status that names the library and its package.
Result<WinbindLibrary> OpenWinbindLibrary(Status when_absent);

// Another file in place of libwbclient.so.0. Only unit tests call this; nothing in the environment
// leads here.
void SetWinbindLibraryForTests(const char *path);

}  // namespace gss_sspi::cred

#endif  // GSS_SSPI_CRED_WINBIND_LIBRARY_H_
