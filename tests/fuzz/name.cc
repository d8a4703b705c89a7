// SPDX-License-Identifier: MIT
// Names from text: what is displayed parses to the same name (N407), also as an exported one.
#include "gss/name.h"

#include "core/utf16.h"
#include "fuzz.h"
#include "gss/name_codec.h"
#include "name_checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace gss_sspi;  // NOLINT
  using gss::Name;
  using gss::UpnForm;
  fuzz::Input input(data, size);
  const uint8_t choice = input.Choice();
  const UpnForm upn = (choice & 4) != 0 ? UpnForm::kSplit : UpnForm::kWhole;
  const std::string_view text = AsText(input.rest());
  const auto name = (choice & 3) == 0   ? Name::ParseUser(text, upn)
                    : (choice & 3) == 1 ? Name::ParseService(text, "here")
                                        : Name::ParsePrincipal(text, upn);
  if (!name) return 0;
  // A realm is cut off unread.
  if ((choice & 3) < 2) GSS_SSPI_REQUIRE(Utf16LengthOf(text) != kInvalidText);
  fuzz::Reach();
  fuzz::CheckDisplay(**name, upn);
  fuzz::CheckExport(**name, gss::Exported::kPlain);
  fuzz::CheckExport(**name, gss::Exported::kComposite);
  const auto copy = (*name)->Duplicate();
  GSS_SSPI_REQUIRE(copy && (*copy)->Equals(**name) && (*name)->Equals(**copy));
  return 0;
}
