// SPDX-License-Identifier: MIT
#include "gss/oids.h"

namespace gss_sspi::gss {

constinit gss_OID_desc kNtlmMechanism = {
    static_cast<OM_uint32>(oid::kNtlm.size()),
    const_cast<char *>(oid::kNtlm.data()),
};

}  // namespace gss_sspi::gss
