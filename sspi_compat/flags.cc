// SPDX-License-Identifier: MIT
#include "sspi_compat/flags.h"

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_ntlm_ext.h>

namespace gss_sspi::sspi {
namespace {

constexpr FlagRow kRows[] = {
    {"DELEGATE", ISC_REQ_DELEGATE, ASC_REQ_DELEGATE, GSS_C_DELEG_FLAG, FlagUse::kMapped,
     "Kerberos, together with MUTUAL_AUTH; NTLM refuses it"},
    {"MUTUAL_AUTH", ISC_REQ_MUTUAL_AUTH, ASC_REQ_MUTUAL_AUTH, GSS_C_MUTUAL_FLAG, FlagUse::kMapped,
     "NTLM takes it and never tells it"},
    {"REPLAY_DETECT", ISC_REQ_REPLAY_DETECT, ASC_REQ_REPLAY_DETECT, GSS_C_REPLAY_FLAG,
     FlagUse::kMapped, "asks for INTEGRITY as well"},
    {"SEQUENCE_DETECT", ISC_REQ_SEQUENCE_DETECT, ASC_REQ_SEQUENCE_DETECT, GSS_C_SEQUENCE_FLAG,
     FlagUse::kMapped, "asks for INTEGRITY as well"},
    {"CONFIDENTIALITY", ISC_REQ_CONFIDENTIALITY, ASC_REQ_CONFIDENTIALITY, GSS_C_CONF_FLAG,
     FlagUse::kMapped,
     "asks for INTEGRITY as well; an acceptor that asks refuses a client without"},
    {"INTEGRITY", ISC_REQ_INTEGRITY, ASC_REQ_INTEGRITY, GSS_C_INTEG_FLAG, FlagUse::kMapped,
     "an acceptor that asks refuses a client without"},
    {"USE_DCE_STYLE", ISC_REQ_USE_DCE_STYLE, ASC_REQ_USE_DCE_STYLE, GSS_C_DCE_STYLE,
     FlagUse::kMapped, "Kerberos: three legs and other sizes"},
    {"DATAGRAM", ISC_REQ_DATAGRAM, ASC_REQ_DATAGRAM, GSS_C_DATAGRAM_FLAG, FlagUse::kMapped,
     "NTLM: connectionless; no meaning to Kerberos"},
    {"IDENTIFY", ISC_REQ_IDENTIFY, ASC_REQ_IDENTIFY, GSS_C_IDENTIFY_FLAG, FlagUse::kMapped,
     "the server may only learn who the client is"},
    {"NULL_SESSION", ISC_REQ_NULL_SESSION, ASC_REQ_ALLOW_NULL_SESSION, GSS_C_ANON_FLAG,
     FlagUse::kMapped, "anonymous; ASC_REQ_ALLOW_NULL_SESSION"},
    {"EXTENDED_ERROR", ISC_REQ_EXTENDED_ERROR, ASC_REQ_EXTENDED_ERROR, 0, FlagUse::kEchoed,
     "a failure may come with a token for the peer"},
    {"USE_SESSION_KEY", ISC_REQ_USE_SESSION_KEY, ASC_REQ_USE_SESSION_KEY, 0, FlagUse::kEchoed,
     "every session has a key of its own"},
    {"CONNECTION", ISC_REQ_CONNECTION, ASC_REQ_CONNECTION, 0, FlagUse::kEchoed, "the default"},
    {"STREAM", ISC_REQ_STREAM, ASC_REQ_STREAM, 0, FlagUse::kEchoed, "no change of the tokens"},
    {"ALLOCATE_MEMORY", ISC_REQ_ALLOCATE_MEMORY, ASC_REQ_ALLOCATE_MEMORY, 0, FlagUse::kLibrary,
     "tokens are freed with FreeContextBuffer"},
    {"NO_INTEGRITY", ISC_REQ_NO_INTEGRITY, 0, 0, FlagUse::kLibrary,
     "INTEGRITY and CONFIDENTIALITY are not asked for"},
    {"PROMPT_FOR_CREDS", ISC_REQ_PROMPT_FOR_CREDS, 0, 0, FlagUse::kRefused, "nobody is asked here"},
    {"USE_SUPPLIED_CREDS", ISC_REQ_USE_SUPPLIED_CREDS, 0, 0, FlagUse::kIgnored,
     "a PKG_PARAMS buffer is taken and not used"},
    {"MANUAL_CRED_VALIDATION", ISC_REQ_MANUAL_CRED_VALIDATION, 0, 0, FlagUse::kIgnored,
     "for CREDSSP"},
    {"UNVERIFIED_TARGET_NAME", ISC_REQ_UNVERIFIED_TARGET_NAME, 0, 0, FlagUse::kIgnored,
     "NTLM: the target name is sent as given"},
    {"SESSION_TICKET", 0, ASC_REQ_SESSION_TICKET, 0, FlagUse::kIgnored, "for Schannel"},
    {"ALLOW_MISSING_BINDINGS", 0, ASC_REQ_ALLOW_MISSING_BINDINGS, 0, FlagUse::kIgnored,
     "a client without channel bindings is accepted unless the policy file says otherwise"},
};

constexpr ULONG BitOf(const FlagRow &row, Role role) {
  return role == Role::kInitiator ? row.isc : row.asc;
}

// The bits of all rows with this use.
constexpr ULONG MaskOf(FlagUse use, Role role) {
  ULONG mask = 0;
  for (const FlagRow &row : kRows) {
    if (row.use == use) mask |= BitOf(row, role);
  }
  return mask;
}

constexpr size_t CountOf(FlagUse use) {
  size_t count = 0;
  for (const FlagRow &row : kRows) count += row.use == use ? 1 : 0;
  return count;
}
// The mapped rows stand first, so that a leg looks at no other.
constexpr std::span kMapped(kRows, CountOf(FlagUse::kMapped));
static_assert(kMapped.back().use == FlagUse::kMapped);

}  // namespace

std::span<const FlagRow> FlagRows() { return kRows; }

ULONG RefusedFlags(Role role) {
  constexpr ULONG kInitiator = MaskOf(FlagUse::kRefused, Role::kInitiator);
  constexpr ULONG kAcceptor = MaskOf(FlagUse::kRefused, Role::kAcceptor);
  return role == Role::kInitiator ? kInitiator : kAcceptor;
}

OM_uint32 GssFlagsOf(ULONG request) {
  OM_uint32 flags = 0;
  for (const FlagRow &row : kMapped) {
    if ((request & row.isc) != 0) flags |= row.gss;
  }
  if ((request & ISC_REQ_NO_INTEGRITY) != 0) {
    flags &=
        ~OM_uint32{GSS_C_INTEG_FLAG | GSS_C_CONF_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG};
  } else if ((flags & (GSS_C_CONF_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG)) != 0) {
    flags |= GSS_C_INTEG_FLAG;
  }
  if ((flags & GSS_C_MUTUAL_FLAG) == 0) flags &= ~OM_uint32{GSS_C_DELEG_FLAG};
  return flags;
}

ULONG FlagsToTell(Role role, ULONG request, OM_uint32 gss_flags, bool final) {
  constexpr ULONG kInitiator = MaskOf(FlagUse::kEchoed, Role::kInitiator);
  constexpr ULONG kAcceptor = MaskOf(FlagUse::kEchoed, Role::kAcceptor);
  ULONG told = request & (role == Role::kInitiator ? kInitiator : kAcceptor);
  // S77: a protection that is told too early may have to be taken back.
  if (!final) return told;
  for (const FlagRow &row : kMapped) {
    if ((gss_flags & row.gss) != 0) told |= BitOf(row, role);
  }
  return told;
}

}  // namespace gss_sspi::sspi
