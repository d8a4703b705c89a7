// SPDX-License-Identifier: MIT
// The doctor asks libgssapi itself: in children, because that loads the modules.
#include <algorithm>
#include <cstdlib>

#include "cred/configuration.h"
#include "cred/keyring.h"
#include "doctor.h"
#include "gss_util.h"
#include "text_util.h"

namespace gss_sspi::tools {
namespace {

struct Usage {
  gss_cred_usage_t usage;
  const char *name;
};
constexpr Usage kInitiator{GSS_C_INITIATE, "initiator"};
constexpr Usage kAcceptor{GSS_C_ACCEPT, "acceptor"};

struct Acquired {
  Credential credential;
  std::string error;  // empty: it was acquired
};

Acquired Acquire(gss_OID mech, gss_cred_usage_t usage) {
  Acquired acquired;
  OM_uint32 minor = 0;
  gss_OID_set_desc mechs{1, mech};
  const OM_uint32 major = gss_acquire_cred(&minor, nullptr, GSS_C_INDEFINITE, &mechs, usage,
                                           acquired.credential.out(), nullptr, nullptr);
  if (GSS_ERROR(major)) acquired.error = StatusText(major, minor, mech);
  return acquired;
}

// N201: why SPNEGO does not take a mechanism, whatever its credentials; empty when it does.
std::string ExclusionBy(gss_OID_set attributes) {
  struct Row {
    gss_const_OID attribute;
    const char *reason;
  };
  const Row rows[] = {
      {GSS_C_MA_DEPRECATED, "is deprecated"},
      {GSS_C_MA_NOT_DFLT_MECH, "is not to be used by default"},
      {GSS_C_MA_MECH_NEGO, "negotiates itself"},
  };
  for (const Row &row : rows) {
    int present = 0;
    OM_uint32 minor = 0;
    gss_test_oid_set_member(&minor, const_cast<gss_OID>(row.attribute), attributes, &present);
    if (present != 0) return row.reason;
  }
  return "";
}

std::string WhyNotOffered(gss_OID mech) {
  OM_uint32 minor = 0;
  OidSet attributes;
  const OM_uint32 major = gss_inquire_attrs_for_mech(&minor, mech, attributes.out(), nullptr);
  if (GSS_ERROR(major)) return "has no attributes (" + StatusText(major, minor, mech) + ")";
  std::string reason = ExclusionBy(attributes.get());
  if (reason.empty()) {
    const std::string error = Acquire(mech, GSS_C_INITIATE).error;
    if (!error.empty()) reason = "has no credential to initiate (" + error + ")";
  }
  return reason;
}

// Our reading of the configuration and libgssapi's are the same.
void CompareLists(const MechConfig &config, gss_OID_set mechs, Report *report) {
  std::vector<Oid> indicated;
  for (size_t i = 0; i < mechs->count; ++i) {
    Oid oid = ToOid(&mechs->elements[i]);
    if (!IsBuiltIn(oid)) indicated.push_back(std::move(oid));
  }
  std::vector<Oid> registered = config.RegisteredOids();
  std::sort(indicated.begin(), indicated.end());
  std::sort(registered.begin(), registered.end());
  if (indicated == registered) return;
  report->Warning(
      "libgssapi lists other mechanisms than its configuration has",
      "another library than that of MIT krb5 may be in use, or a file changed just now");
}

std::string NameIn(gss_cred_id_t credential, gss_OID mech) {
  OM_uint32 minor = 0;
  Name name;
  const OM_uint32 major =
      gss_inquire_cred_by_mech(&minor, credential, mech, name.out(), nullptr, nullptr, nullptr);
  if (GSS_ERROR(major)) return "(" + StatusText(major, minor, mech) + ")";
  return name.get() != nullptr ? DisplayName(name.get()) : "any name";
}

// N415, N430: which source such a credential without settings comes from.
std::string NtlmSource(gss_cred_usage_t usage) {
  const char *file = secure_getenv("NTLM_USER_FILE");
  if (file != nullptr && *file != '\0') return Format("account file %s, by NTLM_USER_FILE", file);
  const auto configuration = cred::Configuration::Current();
  if (!configuration) return "source not known";
  const Policy &policy = (*configuration)->policy();
  const bool initiates = usage == GSS_C_INITIATE;
  if (initiates && policy.use_keyring && cred::FindLogin("", "")) {
    return "login in the session keyring";
  }
  const TextList &files = initiates ? policy.initiator_user_file : policy.acceptor_user_file;
  return files.empty() ? "winbind" : "account file of the policy";
}

// Runs in a child.
void ReportCredential(gss_OID mech, Usage usage, Report *report) {
  const Acquired acquired = Acquire(mech, usage.usage);
  const std::string label = MechName(mech) + " " + usage.name + ": ";
  if (!acquired.error.empty()) {
    report->Note(label + "none. " + acquired.error);
    return;
  }
  std::string text = label + NameIn(acquired.credential.get(), mech);
  if (ToOid(mech) == kNtlmOid) text += " (" + NtlmSource(usage.usage) + ")";
  report->Good(text);
}

// Forwards findings, and notices the good ones.
class GoodNoticer final : public Report {
 public:
  explicit GoodNoticer(Report *to) : to_(to) {}
  void Add(Level level, const std::string &text, const std::string &mend) override {
    any_ |= level == Level::kGood;
    to_->Add(level, text, mend);
  }
  bool any() const { return any_; }

 private:
  Report *const to_;
  bool any_ = false;
};

bool HasCredential(const Oid &mech, Usage usage, Report *report) {
  GoodNoticer noticer(report);
  const Outcome outcome =
      RunIsolated(&noticer, [&](Report *child) { ReportCredential(GssOid(mech), usage, child); });
  if (!outcome.finished) {
    report->Warning(MechName(GssOid(mech)) + " " + usage.name + ": asking for it " + outcome.reason,
                    "the module is broken, and takes programs down with it");
  }
  return noticer.any();
}

// Runs in a child.
void ListMechanisms(const MechConfig &config, Report *report) {
  OM_uint32 minor = 0;
  OidSet mechs;
  const OM_uint32 major = gss_indicate_mechs(&minor, mechs.out());
  if (GSS_ERROR(major)) {
    report->Problem("gss_indicate_mechs: " + StatusText(major, minor, nullptr), "");
    return;
  }
  CompareLists(config, mechs.get(), report);
  std::string offer;
  for (size_t i = 0; i < mechs.get()->count; ++i) {
    gss_OID mech = &mechs.get()->elements[i];
    const std::string reason = WhyNotOffered(mech);
    const std::string oid = ToText(ToOid(mech));
    const std::string name = MechName(mech) == oid ? oid : MechName(mech) + " (" + oid + ")";
    if (reason.empty()) {
      offer += (offer.empty() ? "" : ", ") + MechName(mech);
      report->Note(name);
    } else {
      report->Note(name + ": not offered by SPNEGO, it " + reason);
    }
  }
  report->Note("SPNEGO (HTTP Negotiate) would offer, in this order: " +
               (offer.empty() ? "nothing" : offer));
}

}  // namespace

void CheckMechanisms(const MechConfig &config, Report *report) {
  report->Section("Mechanisms of libgssapi");
  const Outcome outcome =
      RunIsolated(report, [&](Report *child) { ListMechanisms(config, child); });
  if (outcome.finished) return;
  report->Problem("the check " + outcome.reason,
                  "a module that libgssapi loads is broken; see the modules above");
}

void CheckCredentials(Report *report) {
  report->Section("Credentials");
  const bool initiates = HasCredential(kNtlmOid, kInitiator, report);
  const bool accepts = HasCredential(kNtlmOid, kAcceptor, report);
  if (!initiates && !accepts) {
    report->Problem(
        "there is no NTLM credential, neither to initiate nor to accept",
        "log in with \"gss-sspi login\", or set NTLM_USER_FILE, here or in the service");
  }
  HasCredential(kKrb5Oid, kInitiator, report);
  HasCredential(kKrb5Oid, kAcceptor, report);
}

}  // namespace gss_sspi::tools
