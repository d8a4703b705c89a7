// SPDX-License-Identifier: MIT
#include "gss/decisions.h"

#include "core/log.h"
#include "core/text.h"
#include "policy/rules.h"

namespace gss_sspi::gss {
namespace {

// Both parts of an SPN; what has no service is a host.
struct Spn {
  explicit Spn(std::string_view text) : host(text) {
    const size_t slash = text.find('/');
    if (slash == std::string_view::npos) return;
    service = Head(text, slash);
    host = Behind(text, slash);
    host = Head(host, host.find('/'));
  }
  std::string_view service, host;
};

}  // namespace

Error CheckOutgoing(const Policy &policy, std::string_view target) {
  const Spn spn(target);
  const Verdict verdict = JudgeOutgoing(policy.outgoing, spn.service, spn.host);
  if (verdict == Verdict::kAllowed) return kSuccess;
  if (verdict == Verdict::kDenied) {
    return Fail(Status::kRefusedByPolicy, "NTLM to %s%.*s (outgoing, outgoing_except)",
                target.empty() ? "an unnamed target" : "", GSS_SSPI_TEXT(target));
  }
  Log("audit: NTLM to %.*s would be refused", GSS_SSPI_TEXT(target));
  return kSuccess;
}

Error CheckIncoming(const Policy &policy, std::string_view domain, std::string_view user) {
  const Verdict verdict = JudgeIncoming(policy.incoming, domain, user);
  if (verdict == Verdict::kAllowed) return kSuccess;
  const char *separator = domain.empty() ? "" : "\\";
  if (verdict == Verdict::kDenied) {
    return Fail(Status::kRefusedByPolicy, "NTLM of %.*s%s%.*s (incoming, incoming_except)",
                GSS_SSPI_TEXT(domain), separator, GSS_SSPI_TEXT(user));
  }
  Log("audit: NTLM of %.*s%s%.*s would be refused", GSS_SSPI_TEXT(domain), separator,
      GSS_SSPI_TEXT(user));
  return kSuccess;
}

bool ChecksSpn(const Policy &policy) {
  return policy.spn_check == SpnCheck::kRequire ||
         (policy.spn_check == SpnCheck::kWarn && IsLogging());
}

Error CheckSpn(const Credential &credential, std::string_view target) {
  const Policy &policy = credential.policy();
  const Name &acceptor = credential.name();
  const auto names = credential.configuration().host().server_names();
  const auto joined = credential.joined_names();
  const bool is_service = acceptor.kind() == Name::Kind::kService;
  const std::string_view hosts[] = {names.dns_computer, names.nb_computer, joined.dns_computer,
                                    joined.nb_computer,
                                    is_service ? acceptor.host() : std::string_view()};
  const OwnNames own{is_service ? acceptor.service() : std::string_view(), hosts, policy.spn_names};
  if (!target.empty() && IsOwnSpn(target, own)) return kSuccess;
  if (policy.spn_check == SpnCheck::kRequire) {
    return Fail(Status::kSpnRefused, "%s%.*s (spn_check, spn_names)",
                target.empty() ? "the client named none" : "", GSS_SSPI_TEXT(target));
  }
  if (!target.empty()) Log("the client meant %.*s, which is not this host", GSS_SSPI_TEXT(target));
  return kSuccess;
}

}  // namespace gss_sspi::gss
