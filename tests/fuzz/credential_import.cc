// SPDX-License-Identifier: MIT
// An exported credential that is taken is the one that is exported again. Those of winbind and of
// files other than /nonexistent are left out: they are no longer a matter of these octets.
#include "core/text.h"
#include "fuzz.h"
#include "gss/credential.h"
#include "gss/name_codec.h"

namespace {

using namespace gss_sspi;  // NOLINT

constexpr size_t kInitiatorAt = 1, kAcceptorAt = 2;
constexpr uint8_t kWinbindInitiator = 3, kFileAcceptor = 2, kWinbindAcceptor = 3;

bool LooksElsewhere(std::string_view input) {
  if (input.size() <= kAcceptorAt) return false;
  const auto initiator = static_cast<uint8_t>(input[kInitiatorAt]);
  const auto acceptor = static_cast<uint8_t>(input[kAcceptorAt]);
  return initiator == kWinbindInitiator || acceptor == kWinbindAcceptor ||
         (acceptor == kFileAcceptor && !input.ends_with("/nonexistent"));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const ByteView input(data, size);
  if (LooksElsewhere(AsText(input))) return 0;
  const auto credential = gss::Credential::Import(input);
  if (!credential) return 0;
  fuzz::Reach();
  const gss::Credential &imported = **credential;
  GSS_SSPI_REQUIRE(imported.initiator() != nullptr || imported.verifier() != nullptr);
  const auto once = imported.Export();
  GSS_SSPI_REQUIRE(once);
  const auto copy = gss::Credential::Import(once->view());
  GSS_SSPI_REQUIRE(copy && (*copy)->usage() == imported.usage());
  GSS_SSPI_REQUIRE((*copy)->offer_instead() == imported.offer_instead());
  GSS_SSPI_REQUIRE((*copy)->name().Equals(imported.name()));
  const auto twice = (*copy)->Export();
  GSS_SSPI_REQUIRE(twice && Equal(once->view(), twice->view()));
  if (imported.account() == nullptr) return 0;
  // The secret came along.
  const auto *account = (*copy)->account();
  GSS_SSPI_REQUIRE(account != nullptr);
  GSS_SSPI_REQUIRE(Equal(account->nt_hash().view(), imported.account()->nt_hash().view()));
  return 0;
}
