// SPDX-License-Identifier: MIT
// TSCredentials that are taken hold texts within the limits, which give the same when they are
// built again; and texts that can be built come back.
#include "credssp/ts_credentials.h"

#include "core/utf16.h"
#include "fuzz.h"

namespace {

using namespace gss_sspi;           // NOLINT
using namespace gss_sspi::credssp;  // NOLINT

PasswordCredentials TextsOf(const TsCredentials &credentials) {
  return {AsText(credentials.domain_name.view()), AsText(credentials.user_name.view()),
          AsText(credentials.password.view())};
}

bool Same(const PasswordCredentials &a, const PasswordCredentials &b) {
  return a.domain_name == b.domain_name && a.user_name == b.user_name && a.password == b.password;
}

void CheckParsed(ByteView input) {
  const auto parsed = TsCredentials::Parse(input);
  if (!parsed) {
    GSS_SSPI_REQUIRE(parsed.error().status == Status::kCredsspDefectiveToken);
    return;
  }
  GSS_SSPI_REQUIRE(input.size() <= TsCredentials::kMostOctets);
  const PasswordCredentials texts = TextsOf(*parsed);
  if (parsed->type != CredentialType::kPassword) {
    GSS_SSPI_REQUIRE(Same(texts, {}));
    return;
  }
  fuzz::Reach();
  for (const std::string_view text : {texts.domain_name, texts.user_name, texts.password}) {
    GSS_SSPI_REQUIRE(Utf16LengthOf(text) <= TsCredentials::kMostTextOctets);
  }
  const auto built = texts.Build();
  GSS_SSPI_REQUIRE(built && built->size() <= input.size());
  const auto again = TsCredentials::Parse(built->view());
  GSS_SSPI_REQUIRE(again && Same(TextsOf(*again), texts));
}

void CheckBuilt(const PasswordCredentials &texts) {
  const auto built = texts.Build();
  if (!built) return;
  const auto parsed = TsCredentials::Parse(built->view());
  GSS_SSPI_REQUIRE(parsed && parsed->type == CredentialType::kPassword);
  GSS_SSPI_REQUIRE(Same(TextsOf(*parsed), texts));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  CheckParsed({data, size});
  const std::string_view text = AsText({data, size});
  const std::string_view half = Head(text, size / 2);
  CheckBuilt({half, Tail(text, half.size()), text});
  return 0;
}
