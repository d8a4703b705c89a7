// SPDX-License-Identifier: MIT
#include "cred/winbind_sids.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "core/text.h"
#include "wire/writer.h"

namespace gss_sspi::cred {
namespace {

// [MS-DTYP] 2.4.2.1: "S-1-", the authority, and up to 15 times "-" and 10 digits.
constexpr size_t kMaxSidText = 4 + 14 + WBC_MAXSUBAUTHS * 11;

constexpr uint8_t kNtAuthority = 5;
constexpr uint32_t kAnonymousRid = 7;  // S-1-5-7
constexpr uint32_t kNtNonUnique = 21;  // S-1-5-21-domain-RID
constexpr uint32_t kGuestRid = 501;

uint64_t AuthorityOf(const wbcDomainSid &sid) {
  uint64_t authority = 0;
  for (uint8_t octet : sid.id_auth) authority = authority << 8 | octet;
  return authority;
}

class SidText {
 public:
  explicit SidText(const wbcDomainSid &sid) {
    const uint64_t authority = AuthorityOf(sid);
    const char *format = authority >> 32 == 0 ? "S-1-%" PRIu64 : "S-1-0x%012" PRIx64;
    // cppcheck-suppress wrongPrintfScanfArgNum
    size_ = static_cast<size_t>(std::snprintf(text_, sizeof text_, format, authority));
    for (size_t i = 0; i < sid.num_auths; ++i) {
      size_ += static_cast<size_t>(
          std::snprintf(text_ + size_, sizeof text_ - size_, "-%" PRIu32, sid.sub_auths[i]));
    }
  }
  std::string_view view() const { return {text_, size_}; }

 private:
  char text_[kMaxSidText + 1];
  size_t size_;
};

bool IsAnonymous(const wbcDomainSid &sid) {
  return AuthorityOf(sid) == kNtAuthority && sid.num_auths == 1 &&
         sid.sub_auths[0] == kAnonymousRid;
}

bool IsGuestAccount(const wbcDomainSid &sid) {
  return AuthorityOf(sid) == kNtAuthority && sid.num_auths == 5 &&
         sid.sub_auths[0] == kNtNonUnique && sid.sub_auths[4] == kGuestRid;
}

std::span<const wbcSidWithAttr> SidsOf(const wbcAuthUserInfo &info) {
  return {info.sids, info.num_sids};
}

// Such a SID only ever takes rights away, and whoever reads attributes looks for rights.
bool IsForDenyOnly(const wbcSidWithAttr &sid) {
  return (sid.attributes & WBC_SID_ATTR_GROUP_USEFOR_DENY_ONLY) != 0;
}

bool AreEqual(const wbcDomainSid &a, const wbcDomainSid &b) {
  return AuthorityOf(a) == AuthorityOf(b) && a.num_auths == b.num_auths &&
         std::equal(a.sub_auths, a.sub_auths + a.num_auths, b.sub_auths);
}

// winbindd tells the primary group twice: by itself, and as one of the domain controller's list.
bool IsToldBefore(const wbcAuthUserInfo &info, size_t i) {
  return std::any_of(info.sids, info.sids + i, [&](const wbcSidWithAttr &other) {
    return AreEqual(other.sid, info.sids[i].sid) && !IsForDenyOnly(other);
  });
}

}  // namespace

Error CheckSids(const wbcAuthUserInfo &info) {
  if (info.num_sids > kMaxSids || (info.num_sids != 0 && info.sids == nullptr)) {
    return Fail(Status::kBackEndUnavailable, "winbind: it tells of %u SIDs for the user",
                info.num_sids);
  }
  for (const wbcSidWithAttr &sid : SidsOf(info)) {
    if (sid.sid.sid_rev_num != 1 || sid.sid.num_auths > WBC_MAXSUBAUTHS) {
      return Fail(Status::kBackEndUnavailable, "winbind: it tells of a SID that cannot be one");
    }
  }
  return kSuccess;
}

bool AreOfGuest(const wbcAuthUserInfo &info) {
  for (const wbcSidWithAttr &sid : SidsOf(info)) {
    if (IsAnonymous(sid.sid)) return true;
  }
  return info.num_sids != 0 && IsGuestAccount(info.sids[0].sid);
}

Error AddSids(const wbcAuthUserInfo &info, ntlm::Attributes *attributes) {
  Buffer all;
  if (!all.Resize(info.num_sids * (kMaxSidText + 1))) return Status::kNoMemory;
  Writer writer(all.span());
  for (size_t i = 0; i < info.num_sids; ++i) {
    if (IsForDenyOnly(info.sids[i]) || IsToldBefore(info, i)) continue;
    const SidText sid(info.sids[i].sid);
    if (writer.written() != 0) writer.U8(',');
    writer.Bytes(AsBytes(sid.view()));
    if (!attributes->Add(ntlm::attribute::kSid, sid.view())) return Status::kNoMemory;
    // The first is the account itself.
    if (i != 0 && !attributes->Add(ntlm::attribute::kGroupSid, sid.view())) {
      return Status::kNoMemory;
    }
  }
  const std::string_view text = Head(AsText(all.view()), writer.written());
  if (text.empty() || attributes->Add(ntlm::attribute::kSids, text)) return kSuccess;
  return Status::kNoMemory;
}

}  // namespace gss_sspi::cred
