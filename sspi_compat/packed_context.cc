// SPDX-License-Identifier: MIT
#include "sspi_compat/packed_context.h"

#include <cstring>

#include "core/secret.h"
#include "sspi_compat/memory.h"
#include "sspi_compat/status.h"

namespace gss_sspi::sspi {
namespace {

// What stands before the token of gss_export_sec_context, in the order of this host.
struct Header {
  char magic[4];
  ULONG package;  // wRPCID
  ULONG role;
  ULONG request;
};
constexpr char kMagic[4] = {'S', 'S', 'P', '1'};

// The exported token holds keys.
class KeyBuffer {
 public:
  KeyBuffer() = default;
  KeyBuffer(const KeyBuffer &) = delete;
  KeyBuffer &operator=(const KeyBuffer &) = delete;
  ~KeyBuffer() {
    OM_uint32 minor = 0;
    if (buffer_.value != nullptr) Wipe(buffer_.value, buffer_.length);
    gss_release_buffer(&minor, &buffer_);
  }
  gss_buffer_t get() { return &buffer_; }

 private:
  gss_buffer_desc buffer_ = GSS_C_EMPTY_BUFFER;
};

}  // namespace

SECURITY_STATUS PackContext(Context *context, ULONG flags, SecBuffer *out, bool *gone) {
  if ((flags & ~ULONG{SECPKG_CONTEXT_EXPORT_DELETE_OLD}) != 0) {
    return Fail(SEC_E_UNSUPPORTED_FUNCTION, "a context is exported as it is, to another process");
  }
  if (!context->is_open()) return Fail(SEC_E_INVALID_HANDLE, "the context is not established");
  const bool keep = (flags & SECPKG_CONTEXT_EXPORT_DELETE_OLD) == 0;
  GssContext *gss = context->mutable_gss();
  OM_uint32 minor = 0;
  KeyBuffer token;
  OM_uint32 major = gss_export_sec_context(&minor, gss->inout(), token.get());
  if (GSS_ERROR(major)) return context->Failed(major, minor);
  // GSSAPI takes the context away; a copy of it takes its place.
  if (keep) major = gss_import_sec_context(&minor, token.get(), gss->out());
  *gone = !keep || GSS_ERROR(major);
  if (GSS_ERROR(major)) return context->Failed(major, minor);

  Header header{.magic = {},
                .package = context->package().rpc_id,
                .role = static_cast<ULONG>(context->role()),
                .request = context->request()};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  const size_t size = sizeof header + token.get()->length;
  auto packed = NewContextBuffer<uint8_t>(size);
  std::memcpy(packed.get(), &header, sizeof header);
  std::memcpy(packed.get() + sizeof header, token.get()->value, token.get()->length);
  *out = {.cbBuffer = static_cast<ULONG>(size),
          .BufferType = SECBUFFER_TOKEN,
          .pvBuffer = packed.release()};
  return SEC_E_OK;
}

SECURITY_STATUS UnpackContext(const Package &package, const SecBuffer *packed,
                              std::unique_ptr<Context> *out) {
  if (&package == &kCredssp) {
    return Fail(SEC_E_UNSUPPORTED_FUNCTION, "contexts of CREDSSP cannot be moved");
  }
  Header header;
  if (packed == nullptr || packed->pvBuffer == nullptr || packed->cbBuffer <= sizeof header) {
    return Fail(SEC_E_INVALID_TOKEN, "the packed context is too short");
  }
  std::memcpy(&header, packed->pvBuffer, sizeof header);
  const bool is_role = header.role == static_cast<ULONG>(Role::kInitiator) ||
                       header.role == static_cast<ULONG>(Role::kAcceptor);
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0 || header.package != package.rpc_id ||
      !is_role) {
    return Fail(SEC_E_INVALID_TOKEN, "this is no packed context of %s", package.name);
  }
  gss_buffer_desc token{packed->cbBuffer - sizeof header,
                        static_cast<uint8_t *>(packed->pvBuffer) + sizeof header};
  GssContext established;
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_import_sec_context(&minor, &token, established.out());
  if (GSS_ERROR(major)) return FromGss(major, minor, package.mech, Call::kHandshake);
  *out = std::make_unique<Context>(static_cast<Role>(header.role), package, header.request,
                                   std::move(established));
  return (*out)->is_open() ? SEC_E_OK
                           : Fail(SEC_E_INVALID_TOKEN, "the packed context is not established");
}

}  // namespace gss_sspi::sspi
