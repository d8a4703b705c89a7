// SPDX-License-Identifier: MIT
// What holds for every name, wherever it came from.
#ifndef GSS_SSPI_TESTS_FUZZ_NAME_CHECKS_H_
#define GSS_SSPI_TESTS_FUZZ_NAME_CHECKS_H_

#include "fuzz.h"
#include "gss/name.h"
#include "gss/name_codec.h"

namespace gss_sspi::fuzz {

inline bool SameOctets(const gss::Name &a, const gss::Name &b) {
  return a.kind() == b.kind() && a.first() == b.first() && a.second() == b.second();
}

// N407: a text that parses to the same name.
inline void CheckDisplay(const gss::Name &name, gss::UpnForm upn) {
  const auto display = name.Display(upn);
  GSS_SSPI_REQUIRE(display);
  if (name.kind() == gss::Name::Kind::kAnonymous) return;
  const std::string_view text = AsText(display->view());
  // The name of a host alone is "@host", and of a service "service@host".
  const auto again = name.kind() == gss::Name::Kind::kUser
                         ? gss::Name::ParseUser(text, upn)
                         : gss::Name::ParseService(text, name.host());
  // A domain of an account source may have a backslash, and is then no text for a program; but it
  // is not taken for another name either.
  GSS_SSPI_REQUIRE(again || (name.kind() == gss::Name::Kind::kUser &&
                             name.domain().find('\\') != std::string_view::npos));
  GSS_SSPI_REQUIRE(!again || SameOctets(**again, name));
  static_cast<void>(name.TargetName());
}

// What is exported comes back the same, but as a claim; and exported again it is the same octets.
inline void CheckExport(const gss::Name &name, gss::Exported form) {
  const auto token = gss::ExportToken(name, form);
  GSS_SSPI_REQUIRE(token);
  const auto again = gss::ImportToken(token->view());
  GSS_SSPI_REQUIRE(again && SameOctets(**again, name) && !(*again)->verified());
  if (name.verified() && form == gss::Exported::kComposite) return;
  const auto twice = gss::ExportToken(**again, form);
  GSS_SSPI_REQUIRE(twice && Equal(twice->view(), token->view()));
}

}  // namespace gss_sspi::fuzz

#endif  // GSS_SSPI_TESTS_FUZZ_NAME_CHECKS_H_
