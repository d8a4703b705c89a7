// SPDX-License-Identifier: MIT
#include "gss/entry.h"

#include "gss/oids.h"

namespace gss_sspi::gss {

constinit gss_OID_desc kNtlmMechanism = {
    static_cast<OM_uint32>(oid::kNtlm.size()),
    const_cast<char *>(oid::kNtlm.data()),
};

gss_OID NtlmOid() { return &kNtlmMechanism; }

Error GiveText(std::string_view text, gss_buffer_t to) {
  // gss_release_buffer frees nothing where the length is 0.
  if (to == GSS_C_NO_BUFFER || text.empty()) return kSuccess;
  Buffer copy;
  if (!copy.Resize(text.size() + 1)) return Status::kNoMemory;
  Copy(copy.span(), AsBytes(text));
  copy.data()[text.size()] = '\0';
  copy.Shrink(text.size());
  to->length = copy.size();
  to->value = copy.Release();
  return kSuccess;
}

}  // namespace gss_sspi::gss
