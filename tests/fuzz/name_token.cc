// SPDX-License-Identifier: MIT
// Exported names, plain and with attributes: a token that is taken is the one that its name makes,
// and what anybody could have written is nowhere called authenticated.
#include "fuzz.h"
#include "gss/name_codec.h"
#include "name_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace gss_sspi;  // NOLINT
  using gss::Exported;
  using gss::Name;
  const ByteView input(data, size);
  const auto name = gss::ImportToken(input);
  if (!name) return 0;
  fuzz::Reach();
  size_t attributes = 0;
  (*name)->ForEachAttribute([&](const Name::Attribute &attribute) {
    GSS_SSPI_REQUIRE(!attribute.authenticated && Name::IsAttributeName(attribute.name));
    ++attributes;
  });
  GSS_SSPI_REQUIRE((attributes != 0) == ((*name)->kind() == Name::Kind::kUser));
  const Exported form = data[1] == 1 ? Exported::kPlain : Exported::kComposite;
  const auto made = gss::ExportToken(**name, form);
  GSS_SSPI_REQUIRE(made);
  // Nobody has no text; and whether the octets were called verified is not kept.
  if ((*name)->kind() != Name::Kind::kAnonymous && form == Exported::kPlain) {
    GSS_SSPI_REQUIRE(Equal(made->view(), input));
  }
  fuzz::CheckExport(**name, Exported::kPlain);
  fuzz::CheckExport(**name, Exported::kComposite);
  fuzz::CheckDisplay(**name, gss::UpnForm::kWhole);
  fuzz::CheckDisplay(**name, gss::UpnForm::kSplit);
  return 0;
}
