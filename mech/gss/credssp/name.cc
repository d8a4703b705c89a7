// SPDX-License-Identifier: MIT
#include "gss/credssp/name.h"

#include "core/text.h"
#include "core/utf16.h"
#include "gss/credssp/oids.h"

namespace gss_sspi::gss {
namespace {

constexpr size_t kMostText = 2048;

// RFC 2743 3.2: token id, length and DER of our OID; then the length of the name (4 octets).
constexpr uint8_t kExportPrefix[] = {
    0x04, 0x01, 0x00, 2 + GSS_CREDSSP_OID_LENGTH, 0x06, GSS_CREDSSP_OID_LENGTH};
constexpr size_t kExportHeaderSize = sizeof kExportPrefix + GSS_CREDSSP_OID_LENGTH + 4;
// The name itself: which kind, then its text.
constexpr char kServiceMark = 's';
constexpr char kUserMark = 'u';

Error BadName(const char *what) { return Fail(Status::kCredsspBadName, "%s", what); }

bool IsService(gss_const_OID type) {
  return Is(type, oid::kHostBasedService) || Is(type, oid::kHostBasedServiceX);
}

}  // namespace

Result<Owned<CredsspName>> CredsspName::OfText(Kind kind, std::string_view text) {
  if (text.empty() || text.size() > kMostText || Utf16LengthOf(text) == kInvalidText) {
    return BadName("it is empty, too long or no UTF-8");
  }
  auto name = Make<CredsspName>();
  if (!name || !name->text_.Assign(text)) return Status::kNoMemory;
  name->kind_ = kind;
  const HostGssapi *host = Host();
  if (host == nullptr) return Status::kHostGssapiMissing;
  gss_buffer_desc buffer = HostView(name->text());
  OM_uint32 minor = 0;
  const gss_OID type =
      kind == Kind::kService ? host->GSS_C_NT_HOSTBASED_SERVICE : host->GSS_C_NT_USER_NAME;
  const OM_uint32 major = host->gss_import_name(&minor, &buffer, type, name->host_.out());
  if (GSS_ERROR(major)) return HostFailure(Status::kCredsspBadName, major, minor, nullptr);
  return name;
}

Result<Owned<CredsspName>> CredsspName::OfService(std::string_view service, std::string_view host) {
  // Both empty: no server in particular, as SSPI allows. Nothing proves its name then.
  if (service.empty() != host.empty()) return BadName("a service has the form service@host");
  OwnedText text;
  if (!text.Assign({service, "@", host})) return Status::kNoMemory;
  return OfText(Kind::kService, text.view());
}

// An SPN, "service/host", with a port, a further name or a realm behind it; else a user.
Result<Owned<CredsspName>> CredsspName::ImportText(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return OfText(Kind::kUser, text);
  std::string_view host = Behind(text, slash);
  host = Head(host, host.find_first_of("/@"));
  if (host.starts_with('[')) {
    host = Head(Tail(host, 1), host.find(']') - 1);
  } else if (!Contains(Behind(host, host.find(':')), ':')) {
    host = Head(host, host.find(':'));
  }
  return OfService(Head(text, slash), host);
}

Result<Owned<CredsspName>> CredsspName::ImportExported(ByteView token) {
  if (token.size() <= kExportHeaderSize ||
      !Equal(token.first(sizeof kExportPrefix), kExportPrefix) ||
      AsText(token.subspan(sizeof kExportPrefix, GSS_CREDSSP_OID_LENGTH)) != oid::kCredssp) {
    return BadName("not an exported name of CredSSP");
  }
  const ByteView size = token.subspan(kExportHeaderSize - 4, 4);
  const std::string_view text = AsText(token.subspan(kExportHeaderSize));
  if ((size_t{size[0]} << 24 | size_t{size[1]} << 16 | size_t{size[2]} << 8 | size[3]) !=
      text.size()) {
    return BadName("an exported name of another length");
  }
  if (text[0] == kUserMark) return OfText(Kind::kUser, Tail(text, 1));
  if (text[0] != kServiceMark) return BadName("an exported name of an unknown kind");
  const size_t at = text.find('@');
  return OfService(Tail(Head(text, at), 1), Behind(text, at));
}

Result<Owned<CredsspName>> CredsspName::Import(ByteView octets, gss_const_OID type) {
  std::string_view text = AsText(octets);
  if (Is(type, oid::kExportName)) return ImportExported(octets);
  // Some callers count the NUL that ends the text.
  if (text.ends_with('\0')) text.remove_suffix(1);
  if (IsService(type)) {
    const size_t at = text.find('@');
    return OfService(Head(text, at), Behind(text, at));
  }
  if (type == GSS_C_NO_OID || Is(type, oid::kUserName) || Is(type, oid::kKrb5Principal)) {
    return ImportText(text);
  }
  return Status::kBadNameType;
}

Result<Owned<CredsspName>> CredsspName::OfInner(HostName host) {
  auto name = Make<CredsspName>();
  if (!name) return Status::kNoMemory;
  name->kind_ = Kind::kInner;
  name->host_ = std::move(host);
  return name;
}

Result<Owned<CredsspName>> CredsspName::Duplicate() const {
  if (kind_ != Kind::kInner) return OfText(kind_, text());
  HostName copy;
  OM_uint32 minor = 0;
  const OM_uint32 major = Host()->gss_duplicate_name(&minor, host(), copy.out());
  if (GSS_ERROR(major)) return Status::kNoMemory;
  return OfInner(std::move(copy));
}

// C37: only type pointers of libgssapi's own, which an inner name has as well.
Error CredsspName::Display(Buffer *text, gss_OID *type) const {
  if (kind_ != Kind::kInner) {
    *type =
        kind_ == Kind::kService ? Host()->GSS_C_NT_HOSTBASED_SERVICE : Host()->GSS_C_NT_USER_NAME;
    return text->Assign(AsBytes(this->text())) ? kSuccess : Error(Status::kNoMemory);
  }
  HostBuffer shown;
  OM_uint32 minor = 0;
  const OM_uint32 major = Host()->gss_display_name(&minor, host(), shown.out(), type);
  if (GSS_ERROR(major)) return HostFailure(Status::kCredsspBadName, major, minor, nullptr);
  *text = shown.Take();
  return kSuccess;
}

Result<bool> CredsspName::Equals(const CredsspName &other) const {
  if (kind_ != Kind::kInner && other.kind_ != Kind::kInner) {
    return kind_ == other.kind_ && EqualIgnoringCase(text(), other.text());
  }
  int equal = 0;
  OM_uint32 minor = 0;
  const OM_uint32 major = Host()->gss_compare_name(&minor, host(), other.host(), &equal);
  if (GSS_ERROR(major)) return HostFailure(Status::kCredsspBadName, major, minor, nullptr);
  return equal != 0;
}

Result<Buffer> CredsspName::Export() const {
  Buffer text;
  gss_OID type = GSS_C_NO_OID;
  if (Error error = Display(&text, &type)) return error;
  const size_t size = 1 + text.size();
  Buffer token;
  if (!token.Resize(kExportHeaderSize + size)) return Status::kNoMemory;
  MutableBytes rest = token.span();
  Copy(rest, kExportPrefix);
  rest = rest.subspan(sizeof kExportPrefix);
  Copy(rest, AsBytes(oid::kCredssp));
  rest = rest.subspan(GSS_CREDSSP_OID_LENGTH);
  for (unsigned i = 0; i < 4; ++i) rest[i] = static_cast<uint8_t>(size >> (24 - 8 * i));
  rest[4] = static_cast<uint8_t>(IsService(type) ? kServiceMark : kUserMark);
  Copy(rest.subspan(5), text.view());
  return token;
}

Result<Owned<CredsspName>> CredsspName::AsTarget() const {
  if (kind_ == Kind::kInner) return BadName("no target: a name of another mechanism");
  const size_t at = text().find('@');
  if (at == std::string_view::npos) return BadName("no target: it names no service of a host");
  return OfService(service_part(), host_part());
}

std::string_view CredsspName::service_part() const { return Head(text(), text().find('@')); }
std::string_view CredsspName::host_part() const { return Behind(text(), text().find('@')); }

}  // namespace gss_sspi::gss
