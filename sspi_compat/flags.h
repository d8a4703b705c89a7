// SPDX-License-Identifier: MIT
// Context flags: ISC_REQ_, ISC_RET_, ASC_REQ_, ASC_RET_ and those of GSSAPI (section 6.1).
#ifndef GSS_SSPI_SSPI_FLAGS_H_
#define GSS_SSPI_SSPI_FLAGS_H_

#include <gssapi/gssapi.h>
#include <sspi.h>

#include <span>

namespace gss_sspi::sspi {

enum class Role { kInitiator, kAcceptor };

// What becomes of a flag that a program asks for.
enum class FlagUse {
  kMapped,   // asked of the mechanism; told as the mechanism answers
  kEchoed,   // what this library always does, or has no counterpart: told as it was asked
  kLibrary,  // served by this library, which says itself whether it was
  kIgnored,  // no meaning here
  kRefused,  // SEC_E_UNSUPPORTED_FUNCTION
};

struct FlagRow {
  const char *name;  // without ISC_REQ_ or ASC_REQ_
  ULONG isc;         // 0: not on this side
  ULONG asc;
  OM_uint32 gss;
  FlagUse use;
  const char *remark;  // for docs/porting-from-windows.md
};

std::span<const FlagRow> FlagRows();

// The bits that make a call fail.
ULONG RefusedFlags(Role role);

// What to ask gss_init_sec_context for. Each protection implies integrity (S31, S32), DELEGATE
// needs MUTUAL_AUTH (L6).
OM_uint32 GssFlagsOf(ULONG request);

// Flags to tell a program that asked for `request`: those of the mechanism's answer, where it is
// final, and those that are echoed.
ULONG FlagsToTell(Role role, ULONG request, OM_uint32 gss_flags, bool final);

}  // namespace gss_sspi::sspi

#endif  // GSS_SSPI_SSPI_FLAGS_H_
