// SPDX-License-Identifier: MIT
#include "cred/host_identity.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/text.h"
#include "core/utf16.h"

namespace gss_sspi::cred {
namespace {

template <size_t N>
Error TakeVariable(const char *variable, char (&out)[N]) {
  const char *value = secure_getenv(variable);
  if (value == nullptr || *value == '\0') return kSuccess;
  const std::string_view text(value);
  if (text.size() >= N || Utf16LengthOf(text) == kInvalidText) {
    return Fail(Status::kBadSetting, "%s is longer than %zu octets, or not UTF-8", variable, N - 1);
  }
  Copy(MutableBytes(reinterpret_cast<uint8_t *>(out), N), AsBytes(text));
  out[text.size()] = '\0';
  return kSuccess;
}

template <size_t N>
void ReadHostName(char (&out)[N]) {
  out[N - 1] = '\0';
  if (gethostname(out, N - 1) != 0 || Utf16LengthOf(out) == kInvalidText || out[0] == '\0') {
    CopyText(out, "localhost");
  }
}

char UpperAscii(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

Result<HostIdentity> HostIdentity::OfThisHost() {
  HostIdentity identity;
  ReadHostName(identity.host_);
  for (size_t i = 0; i < kMaxNetbiosName && identity.host_[i] != '\0' && identity.host_[i] != '.';
       ++i) {
    identity.nb_computer_[i] = UpperAscii(identity.host_[i]);
  }
  if (Error error = TakeVariable("NETBIOS_COMPUTER_NAME", identity.nb_computer_)) return error;
  if (Error error = TakeVariable("NETBIOS_DOMAIN_NAME", identity.nb_domain_)) return error;
  return identity;
}

bool HostIdentity::HasSameHostName() const {
  char now[sizeof host_];
  ReadHostName(now);
  return std::string_view(now) == host_;
}

ntlm::ServerNames::Source HostIdentity::server_names() const {
  const std::string_view host(host_);
  const size_t dot = host.find('.');
  ntlm::ServerNames::Source names;
  names.joined = nb_domain_[0] != '\0';
  names.nb_computer = nb_computer_;
  names.nb_domain = names.joined ? std::string_view(nb_domain_) : std::string_view(nb_computer_);
  names.dns_computer = host;
  names.dns_domain = Contains(host, '.') ? Behind(host, dot) : host;
  return names;
}

}  // namespace gss_sspi::cred
