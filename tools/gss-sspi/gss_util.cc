// SPDX-License-Identifier: MIT
#include "gss_util.h"

#include <map>

#include "text_util.h"

namespace gss_sspi::tools {
namespace {

std::string OneStatusText(OM_uint32 code, int type, gss_const_OID mech) {
  std::string text;
  OM_uint32 more = 0;
  do {
    GssBuffer part;
    OM_uint32 minor = 0;
    if (GSS_ERROR(
            gss_display_status(&minor, code, type, const_cast<gss_OID>(mech), &more, part.out()))) {
      break;
    }
    text += (text.empty() ? "" : "; ") + part.text();
  } while (more != 0);
  return Printable(text);
}

void AppendArc(std::string *encoded, uint64_t arc) {
  std::string octets(1, static_cast<char>(arc & 0x7f));
  while ((arc >>= 7) != 0) octets.insert(octets.begin(), static_cast<char>(0x80 | (arc & 0x7f)));
  *encoded += octets;
}

}  // namespace

std::string StatusText(OM_uint32 major, OM_uint32 minor, gss_const_OID mech) {
  const std::string detail = minor != 0 ? OneStatusText(minor, GSS_C_MECH_CODE, mech) : "";
  const std::string text = OneStatusText(major, GSS_C_GSS_CODE, nullptr);
  return detail.empty() ? text : text + ": " + detail;
}

Oid ToOid(gss_const_OID oid) {
  Oid arcs;
  uint64_t arc = 0;
  for (const uint8_t octet : ByteView(static_cast<const uint8_t *>(oid->elements), oid->length)) {
    arc = arc << 7 | (octet & 0x7f);
    if ((octet & 0x80) != 0) continue;
    if (arcs.empty()) {
      arcs.push_back(arc < 80 ? arc / 40 : 2);
      arc -= arcs[0] * 40;
    }
    arcs.push_back(arc);
    arc = 0;
  }
  return arcs;
}

gss_OID GssOid(const Oid &oid) {
  struct Kept {
    std::string octets;
    gss_OID_desc descriptor;
  };
  static std::map<Oid, Kept> kept;
  const auto [entry, is_new] = kept.try_emplace(oid);
  Kept &value = entry->second;
  if (is_new) {
    AppendArc(&value.octets, oid[0] * 40 + oid[1]);
    for (size_t i = 2; i < oid.size(); ++i) AppendArc(&value.octets, oid[i]);
    value.descriptor = {static_cast<OM_uint32>(value.octets.size()), value.octets.data()};
  }
  return &value.descriptor;
}

std::string MechName(gss_const_OID oid) {
  if (oid == nullptr || oid->length == 0) return "none";
  struct Row {
    Oid oid;
    const char *name;
  };
  static const Row kRows[] = {
      {kNtlmOid, "NTLM"},
      {kKrb5Oid, "Kerberos"},
      {kSpnegoOid, "SPNEGO"},
      {{1, 3, 6, 1, 5, 2, 5}, "IAKERB"},
  };
  const Oid arcs = ToOid(oid);
  for (const Row &row : kRows) {
    if (row.oid == arcs) return row.name;
  }
  return ToText(arcs);
}

std::string DisplayName(gss_name_t name) {
  if (name == nullptr) return "(no name)";
  OM_uint32 minor = 0;
  GssBuffer text;
  const OM_uint32 major = gss_display_name(&minor, name, text.out(), nullptr);
  if (GSS_ERROR(major)) return "(" + StatusText(major, minor, nullptr) + ")";
  return Printable(text.text());
}

std::string FlagsText(OM_uint32 flags) {
  struct Row {
    OM_uint32 flag;
    const char *name;
  };
  static constexpr Row kRows[] = {
      {GSS_C_DELEG_FLAG, "DELEG"},       {GSS_C_MUTUAL_FLAG, "MUTUAL"},
      {GSS_C_REPLAY_FLAG, "REPLAY"},     {GSS_C_SEQUENCE_FLAG, "SEQUENCE"},
      {GSS_C_CONF_FLAG, "CONF"},         {GSS_C_INTEG_FLAG, "INTEG"},
      {GSS_C_ANON_FLAG, "ANON"},         {GSS_C_PROT_READY_FLAG, "PROT_READY"},
      {GSS_C_TRANS_FLAG, "TRANS"},       {GSS_C_DCE_STYLE, "DCE_STYLE"},
      {GSS_C_IDENTIFY_FLAG, "IDENTIFY"}, {GSS_C_EXTENDED_ERROR_FLAG, "EXTENDED_ERROR"},
      {GSS_C_DATAGRAM_FLAG, "DATAGRAM"},
  };
  std::string text;
  for (const Row &row : kRows) {
    if ((flags & row.flag) == 0) continue;
    text += (text.empty() ? "" : " ") + std::string(row.name);
    flags &= ~row.flag;
  }
  if (flags != 0) text += Format("%s0x%x", text.empty() ? "" : " ", flags);
  return text.empty() ? "none" : text;
}

}  // namespace gss_sspi::tools
