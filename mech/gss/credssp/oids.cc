// SPDX-License-Identifier: MIT
#include "gss/credssp/oids.h"

namespace gss_sspi::gss {
namespace {

constexpr gss_OID_desc Object(std::string_view value) {
  return {static_cast<OM_uint32>(value.size()), const_cast<char *>(value.data())};
}

}  // namespace

constinit gss_OID_desc kCredsspMechanism = Object(oid::kCredssp);
constinit gss_OID_desc kSpnegoMechanism = Object(oid::kSpnego);
constinit gss_OID_desc kKrb5Mechanism = Object(oid::kKrb5);
constinit gss_OID_desc kInnerNtlmMechanism = Object(oid::kNtlm);

}  // namespace gss_sspi::gss
