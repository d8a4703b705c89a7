// SPDX-License-Identifier: MIT
// An exported context that is taken is the one that is exported again, octet by octet, and both
// go on with the same messages.
#include "fuzz.h"
#include "gss/context.h"

namespace {

using namespace gss_sspi;  // NOLINT

// The next MIC token of a context that signs.
ntlm::MessageSignature NextSignature(gss::Context *context) {
  ntlm::MessageSignature signature{};
  const Error error = context->WithSession([&](ntlm::Session &session) -> Error {
    static constexpr uint8_t kOctets[] = {1, 2, 3};
    const ntlm::MessagePart part{kOctets, nullptr, sizeof kOctets};
    return session.Protect({&part, 1}, &signature);
  });
  GSS_SSPI_REQUIRE(!error || error.status == Status::kSequenceExhausted);
  return signature;
}

bool HasAnonymousName(const gss::Context::Facts &facts) {
  return facts.initiator->kind() == gss::Name::Kind::kAnonymous ||
         facts.acceptor->kind() == gss::Name::Kind::kAnonymous;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const ByteView input(data, size);
  auto context = gss::Context::Import(input);
  if (!context) return 0;
  gss::Context::Facts facts;
  facts.wants_initiator = facts.wants_acceptor = true;
  GSS_SSPI_REQUIRE(!(*context)->GetFacts(&facts));
  GSS_SSPI_REQUIRE(facts.stage == gss::Context::Stage::kOpen && facts.initiator && facts.acceptor);
  fuzz::Reach();
  const auto once = (*context)->Export();
  GSS_SSPI_REQUIRE(once);
  // Nobody has no text, whatever the octets say.
  GSS_SSPI_REQUIRE(HasAnonymousName(facts) || Equal(once->view(), input));
  auto copy = gss::Context::Import(once->view());
  GSS_SSPI_REQUIRE(copy);
  const auto twice = (*copy)->Export();
  GSS_SSPI_REQUIRE(twice && Equal(once->view(), twice->view()));
  GSS_SSPI_REQUIRE(NextSignature(context->get()) == NextSignature(copy->get()));
  return 0;
}
