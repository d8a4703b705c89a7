// SPDX-License-Identifier: MIT
#include "gss/channel_bindings.h"

#include "crypto/md5.h"
#include "gss/entry.h"
#include "wire/writer.h"

namespace gss_sspi::gss {

std::optional<ntlm::ChannelBindingsHash> HashOf(gss_channel_bindings_t bindings) {
  if (bindings == GSS_C_NO_CHANNEL_BINDINGS) return std::nullopt;
  struct Part {
    const OM_uint32 *type;  // null: application data have none
    const gss_buffer_desc *data;
  };
  const Part parts[] = {{&bindings->initiator_addrtype, &bindings->initiator_address},
                        {&bindings->acceptor_addrtype, &bindings->acceptor_address},
                        {nullptr, &bindings->application_data}};
  crypto::Md5 md5;
  for (const Part &part : parts) {
    uint8_t numbers[8];
    Writer writer(numbers);
    if (part.type != nullptr) writer.U32(*part.type);
    writer.U32(static_cast<uint32_t>(part.data->length));
    md5.Update(ByteView(numbers).first(writer.written()));
    md5.Update(ViewOf(part.data));
  }
  return md5.Finish();
}

}  // namespace gss_sspi::gss
