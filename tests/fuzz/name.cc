// SPDX-License-Identifier: MIT
#include "gss/name.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace gss_sspi;  // NOLINT
  using gss::Name;
  fuzz::Input input(data, size);
  const uint8_t type = input.Choice() % 3;
  const auto parse = [&](std::string_view text) {
    if (type == 0) return Name::ParseUser(text);
    return type == 1 ? Name::ParseService(text, "here") : Name::ParsePrincipal(text);
  };
  const auto name = parse(AsText(input.rest()));
  if (!name) return 0;
  static_cast<void>((*name)->TargetName());
  const auto display = (*name)->Display();
  GSS_SSPI_REQUIRE(display);
  // N407.
  const std::string_view text = AsText(display->view());
  const auto again = (*name)->kind() == Name::Kind::kUser ? Name::ParseUser(text)
                                                          : Name::ParseService(text, "here");
  GSS_SSPI_REQUIRE(again && (*again)->kind() == (*name)->kind());
  if (type == 0) GSS_SSPI_REQUIRE((*again)->Equals(**name));
  return 0;
}
