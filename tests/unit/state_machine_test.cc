// SPDX-License-Identifier: MIT
// Initiator and Acceptor against each other, octet by octet, in a world where time and chance are
// what the test says.
#include "ntlm/acceptor.h"
#include "ntlm/challenge_message.h"
#include "ntlm/initiator.h"
#include "ntlm_support.h"
#include "policy/policy.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT
using namespace gss_sspi::ntlm;  // NOLINT

constexpr char kPassword[] = "Password";
constexpr Environment kWorld = World::environment();
constexpr Flags kProtected = kSign | kSeal;

void Setup() { World::Reset(); }

void ExpectStatus(Error error, Status status, const char *what) {
  ck_assert_msg(error.status == status, "%s: %#x (%s)", what, static_cast<unsigned>(error.status),
                DetailOf(error.status));
}

// One initiator, one acceptor, and what each of them was told.
struct Exchange {
  explicit Exchange(Flags wanted = kProtected, std::string_view password = kPassword)
      : protection(wanted),
        credential(std::move(*cred::AccountCredential::Make("Domain", "User", "COMPUTER",
                                                            HashOfPassword(password)))),
        verifier(cred::AccountList::Of("test", "Domain", "User", HashOfPassword(kPassword))),
        names(std::move(
            *ServerNames::Make({"SERVER", "DOMAIN", "server.example.com", "example.com", true}))) {
    request.target_name = "HTTP/server";
  }

  Error Negotiate() { return initiator.Negotiate({protection, {}}, policy, negotiate); }
  Error Challenge() { return acceptor.Challenge(negotiate, names, kWorld, policy, &challenge); }
  Error Authenticate() {
    auto made =
        initiator.Authenticate(challenge.view(), request, *credential, kWorld, policy, &token);
    if (!made) return made.error();
    agreement = std::move(made->agreement);
    return kSuccess;
  }
  Error Accept() {
    auto accepted = acceptor.Authenticate(token.view(), acceptor_request, verifier, kWorld, policy);
    if (!accepted) return accepted.error();
    acceptance = std::move(*accepted);
    return kSuccess;
  }
  // All legs before the last one.
  void Start() {
    ck_assert(!Negotiate());
    ck_assert(!Challenge());
    ck_assert(!Authenticate());
  }

  // A token without a MIC, as a client makes that never sends one: with its own proof, so that
  // nothing but the MIC is missing. `change` may alter "temp" first; its length stays.
  template <typename Change>
  void RemoveMic(Change &&change) {
    const auto message = AuthenticateMessage::Parse(token.view());
    ck_assert(static_cast<bool>(message));
    Bytes response(message->nt_challenge_response.begin(), message->nt_challenge_response.end());
    const auto parsed = Ntlmv2Response::Parse(response);
    ck_assert(static_cast<bool>(parsed));
    const ByteView flags = *parsed->av_pairs.Find(AvId::kFlags);
    response[static_cast<size_t>(flags.data() - response.data())] &= static_cast<uint8_t>(~2U);
    change(&response, *parsed);
    const auto sent = ChallengeMessage::Parse(challenge.view());
    auto key = credential->AnswerV2(sent->server_challenge, response);
    ck_assert(static_cast<bool>(key));
    std::array<uint8_t, 16> encrypted{};
    ExchangeKey(KeyExchangeKey(key->view()), agreement.session_key.view(), encrypted);
    AuthenticateMessage changed = *message;
    changed.nt_challenge_response = response;
    if (!message->encrypted_random_session_key.empty()) {
      changed.encrypted_random_session_key = encrypted;
    }
    Buffer rebuilt;
    ck_assert(rebuilt.Resize(changed.BuiltSize()));
    changed.Build(rebuilt.span());
    token = std::move(rebuilt);
  }
  void RemoveMic() {
    RemoveMic([](Bytes *, const Ntlmv2Response &) {});
  }

  Flags protection;
  Ref<cred::AccountCredential> credential;
  cred::AccountVerifier verifier;
  ServerNames names;
  InitiatorRequest request;
  AcceptorRequest acceptor_request;
  Policy policy;
  Initiator initiator;
  Acceptor acceptor;
  std::array<uint8_t, NegotiateMessage::kSize> negotiate{};
  Buffer challenge, token;
  Agreement agreement;
  Acceptance acceptance;
};

// ---- The whole exchange
// --------------------------------------------------------------------------

// The flags of N420 do not make a connectionless exchange of one that begins with NEGOTIATE.
START_TEST(ProgramsFlagsKeepTheKind) {
  Initiator initiator;
  std::array<uint8_t, NegotiateMessage::kSize> octets{};
  const InitiatorOffer offer{0, kUnicode | kNtlm | kExtendedSessionSecurity | kDatagram};
  ck_assert(!initiator.Negotiate(offer, Policy(), octets));
  const auto message = NegotiateMessage::Parse(octets);
  ck_assert(static_cast<bool>(message));
  ck_assert_uint_eq(message->negotiate_flags & (kUnicode | kDatagram), kUnicode);
}
END_TEST

START_TEST(Handshake) {
  constexpr Flags kProtections[] = {0, kSign, kSign | kSeal, kIdentify, kSign | kIdentify};
  for (const Flags protection : kProtections) {
    World::Reset();
    Exchange exchange(protection);
    exchange.Start();
    ExpectStatus(exchange.Accept(), Status::kOk, "accept");
    const Acceptance &acceptance = exchange.acceptance;
    ck_assert(acceptance.initiator.user() == "User");
    ck_assert(acceptance.initiator.domain() == "Domain");
    ck_assert(!acceptance.channel_bound);
    ck_assert(
        Equal(acceptance.agreement.session_key.view(), exchange.agreement.session_key.view()));
    constexpr Flags kMask = kSign | kSeal | kIdentify;
    ck_assert_uint_eq(acceptance.agreement.flags & kMask, protection);
    ck_assert_uint_eq(exchange.agreement.flags & kMask, protection);
    ck_assert_uint_eq(acceptance.agreement.flags & kAgreedFlags,
                      exchange.agreement.flags & kAgreedFlags);
    const auto message = AuthenticateMessage::Parse(exchange.token.view());
    ck_assert_uint_eq(message->encrypted_random_session_key.size(),
                      (protection & kSign) != 0 ? 16U : 0U);  // N307
  }
}
END_TEST

START_TEST(SessionAfterHandshake) {
  Exchange exchange;
  exchange.Start();
  ck_assert(!exchange.Accept());
  Session client, server;
  client.Start(std::move(exchange.agreement), Sender::kClient);
  server.Start(std::move(exchange.acceptance.agreement), Sender::kServer);
  Bytes data = Unhex("00112233445566778899");
  const Bytes plain = data;
  const MessagePart part{data.data(), data.data(), data.size()};
  MessageSignature signature;
  ck_assert(!client.Protect({&part, 1}, &signature));
  ck_assert(data != plain);
  MessageSignature forged = signature;
  forged[5] ^= 1;
  ExpectStatus(server.Verify({&part, 1}, forged), Status::kMessageAltered, "forged");
  ExpectStatus(server.Verify({&part, 1}, signature), Status::kOk, "good after bad");  // N366
  ck_assert(data == plain);
}
END_TEST

START_TEST(WrongPassword) {
  for (const char *password : {"password", "", "Password "}) {
    Exchange exchange(kProtected, password);
    exchange.Start();
    ExpectStatus(exchange.Accept(), Status::kLogonFailure, password);
  }
}
END_TEST

START_TEST(RandomSourceFails) {
  World::random_fails = true;
  Exchange server;
  ck_assert(!server.Negotiate());
  ExpectStatus(server.Challenge(), Status::kRandomFailed, "challenge");
  World::random_fails = false;
  Exchange client;
  ck_assert(!client.Negotiate());
  ck_assert(!client.Challenge());
  World::random_fails = true;
  ExpectStatus(client.Authenticate(), Status::kRandomFailed, "authenticate");
}
END_TEST

// ---- Order
// ---------------------------------------------------------------------------------------

START_TEST(StepsOutOfOrder) {
  Exchange early;
  ck_assert(early.challenge.Assign(BytesVector("pyspnego_samples.values.ntlm_challenge")));
  ck_assert(early.token.Assign(BytesVector("pyspnego_samples.values.ntlm_authenticate")));
  ck_assert(!early.acceptor.started());
  ExpectStatus(early.Authenticate(), Status::kUnexpectedToken, "CHALLENGE before NEGOTIATE");
  ExpectStatus(early.Accept(), Status::kUnexpectedToken, "AUTHENTICATE before NEGOTIATE");

  Exchange twice;
  ck_assert(!twice.Negotiate());
  ExpectStatus(twice.Negotiate(), Status::kUnexpectedToken, "NEGOTIATE twice");
  ck_assert(!twice.Challenge());
  ck_assert(twice.acceptor.started());
  ExpectStatus(twice.Challenge(), Status::kUnexpectedToken, "CHALLENGE twice");
  ck_assert(!twice.Authenticate());
  ExpectStatus(twice.Authenticate(), Status::kUnexpectedToken, "AUTHENTICATE twice");
}
END_TEST

// A message of another type is not taken for the one that is due.
START_TEST(WrongMessages) {
  Exchange exchange;
  exchange.Start();
  Acceptor acceptor;
  Buffer out;
  ExpectStatus(
      acceptor.Challenge(exchange.token.view(), exchange.names, kWorld, exchange.policy, &out),
      Status::kUnexpectedToken, "AUTHENTICATE as NEGOTIATE");
  ExpectStatus(
      acceptor.Challenge(exchange.negotiate, exchange.names, kWorld, exchange.policy, &out),
      Status::kUnexpectedToken, "a second attempt");
  Exchange other;
  ck_assert(!other.Negotiate());
  ck_assert(other.challenge.Assign(other.negotiate));
  ExpectStatus(other.Authenticate(), Status::kUnexpectedToken, "NEGOTIATE as CHALLENGE");
  Exchange third;
  third.Start();
  ck_assert(third.token.Assign(third.negotiate));
  ExpectStatus(third.Accept(), Status::kUnexpectedToken, "NEGOTIATE as AUTHENTICATE");
}
END_TEST

// N433, N718.
START_TEST(OneAttempt) {
  Exchange exchange;
  exchange.Start();
  Buffer good;
  ck_assert(good.Assign(exchange.token.view()));
  exchange.token.span()[exchange.token.size() - 1] ^= 1;
  ExpectStatus(exchange.Accept(), Status::kMicWrong, "changed");
  exchange.token = std::move(good);
  ExpectStatus(exchange.Accept(), Status::kUnexpectedToken, "right, but second");
  Exchange done;
  done.Start();
  ck_assert(!done.Accept());
  ExpectStatus(done.Accept(), Status::kUnexpectedToken, "after success");
}
END_TEST

// N712, N820: each octet of AUTHENTICATE is covered.
START_TEST(EachOctetOfAuthenticate) {
  Exchange model;
  model.Start();
  const size_t size = model.token.size();
  for (size_t at = 0; at < size; ++at) {
    for (const unsigned mask : {0x01U, 0x80U}) {
      World::Reset();
      Exchange exchange;
      exchange.Start();
      ck_assert_uint_eq(exchange.token.size(), size);
      exchange.token.span()[at] ^= static_cast<uint8_t>(mask);
      ck_assert_msg(static_cast<bool>(exchange.Accept()), "octet %zu mask %#x", at, mask);
    }
  }
}
END_TEST

// ---- Time (N323)
// ---------------------------------------------------------------------------------

constexpr FileTime kLimit = kMaxClockSkew * kFileTimePerSecond;

struct SkewRow {
  int direction;
  FileTime difference;
  bool allowed;
};
constexpr SkewRow kSkews[] = {{1, 0, true},
                              {1, kLimit, true},
                              {1, kLimit + 1, false},
                              {-1, kLimit, true},
                              {-1, kLimit + 1, false}};

void MoveTime(const SkewRow &row) {
  World::time += row.direction > 0 ? row.difference : FileTime{0} - row.difference;
}

START_TEST(SkewSeenByInitiator) {
  for (const SkewRow &row : kSkews) {
    World::Reset();
    Exchange exchange;
    ck_assert(!exchange.Negotiate());
    ck_assert(!exchange.Challenge());
    MoveTime(row);
    ExpectStatus(exchange.Authenticate(), row.allowed ? Status::kOk : Status::kTimeSkew, "skew");
  }
}
END_TEST

START_TEST(SkewSeenByAcceptor) {
  for (const SkewRow &row : kSkews) {
    World::Reset();
    Exchange exchange;
    exchange.Start();
    MoveTime(row);
    ExpectStatus(exchange.Accept(), row.allowed ? Status::kOk : Status::kTimeSkew, "skew");
  }
}
END_TEST

// ---- Echo of TargetInfo (N322)
// -------------------------------------------------------------------

constexpr AvId kEchoed[] = {AvId::kNbComputerName, AvId::kNbDomainName, AvId::kDnsComputerName,
                            AvId::kDnsDomainName, AvId::kTimestamp};

START_TEST(Echo) {
  Exchange unchanged;
  unchanged.Start();
  unchanged.RemoveMic();
  ExpectStatus(unchanged.Accept(), Status::kOk, "as it was sent");
  for (const AvId id : kEchoed) {
    for (const bool drop : {false, true}) {
      World::Reset();
      Exchange exchange;
      exchange.Start();
      exchange.RemoveMic([&](Bytes *response, const Ntlmv2Response &parsed) {
        const auto value = parsed.av_pairs.Find(id);
        ck_assert(value && !value->empty());
        const auto at = static_cast<size_t>(value->data() - response->data());
        // A changed value; or a changed id, which makes the pair one that nobody knows.
        (*response)[drop ? at - kAvHeaderSize : at] ^= 0x40;
      });
      ExpectStatus(exchange.Accept(), Status::kTargetInfoChanged, drop ? "dropped" : "changed");
    }
  }
}
END_TEST

// ---- MIC (N317, N319)
// ----------------------------------------------------------------------------

START_TEST(MicPolicies) {
  struct Row {
    RequireMic policy;
    bool without;
  };
  constexpr Row kRows[] = {{RequireMic::kIfFlagged, true},
                           {RequireMic::kWhenTimestamp, false},  // our CHALLENGE has a timestamp
                           {RequireMic::kAlways, false}};
  for (const Row &row : kRows) {
    World::Reset();
    Exchange with;
    with.policy.require_mic = row.policy;
    with.Start();
    ExpectStatus(with.Accept(), Status::kOk, "with a MIC");
    World::Reset();
    Exchange without;
    without.policy.require_mic = row.policy;
    without.Start();
    without.RemoveMic();
    ExpectStatus(without.Accept(), row.without ? Status::kOk : Status::kMicMissing, "without");
  }
}
END_TEST

// Announced and wrong, zero, or of other messages: refused whatever the policy.
START_TEST(WrongMic) {
  constexpr RequireMic kPolicies[] = {RequireMic::kIfFlagged, RequireMic::kAlways};
  for (const RequireMic policy : kPolicies) {
    for (const bool zero : {false, true}) {
      World::Reset();
      Exchange exchange;
      exchange.policy.require_mic = policy;
      exchange.Start();
      const MutableBytes mic =
          exchange.token.span().subspan(AuthenticateMessage::kMicOffset, kMicSize);
      if (zero) std::fill(mic.begin(), mic.end(), uint8_t{0});
      if (!zero) mic[15] ^= 0x80;
      ExpectStatus(exchange.Accept(), Status::kMicWrong, zero ? "zero" : "changed");
    }
  }
}
END_TEST

// N346: what follows the payload needs a MIC that covers it.
START_TEST(TrailingOctets) {
  Exchange exchange;
  exchange.Start();
  exchange.RemoveMic();
  Bytes longer(exchange.token.view().begin(), exchange.token.view().end());
  longer.push_back(0);
  ck_assert(exchange.token.Assign(longer));
  ExpectStatus(exchange.Accept(), Status::kDefectiveToken, "trailing octet");
}
END_TEST

// ---- Channel bindings (N328)
// ---------------------------------------------------------------------

constexpr ChannelBindingsHash kHash = {1, 2, 3};
constexpr ChannelBindingsHash kOther = {3, 2, 1};
constexpr ChannelBindingsHash kZero = {};

START_TEST(Bindings) {
  using Given = std::optional<ChannelBindingsHash>;
  struct Row {
    RequireBindings policy;
    Given initiator, acceptor;
    Status status;
    bool bound;
  };
  const Row rows[] = {
      {RequireBindings::kNever, {}, {}, Status::kOk, false},
      {RequireBindings::kNever, {}, kHash, Status::kOk, false},
      {RequireBindings::kNever, kHash, kHash, Status::kOk, false},
      {RequireBindings::kNever, kOther, kHash, Status::kOk, false},
      {RequireBindings::kWhenSupplied, {}, {}, Status::kOk, false},
      {RequireBindings::kWhenSupplied, kHash, {}, Status::kOk, false},
      {RequireBindings::kWhenSupplied, {}, kHash, Status::kOk, false},
      {RequireBindings::kWhenSupplied, kZero, kHash, Status::kOk, false},
      {RequireBindings::kWhenSupplied, kHash, kHash, Status::kOk, true},
      {RequireBindings::kWhenSupplied, kOther, kHash, Status::kBindingsDiffer, false},
      {RequireBindings::kAlways, {}, kHash, Status::kBindingsAbsent, false},
      {RequireBindings::kAlways, kZero, kHash, Status::kBindingsAbsent, false},
      {RequireBindings::kAlways, kHash, {}, Status::kBindingsAbsent, false},
      {RequireBindings::kAlways, {}, {}, Status::kBindingsAbsent, false},
      {RequireBindings::kAlways, kHash, kHash, Status::kOk, true},
      {RequireBindings::kAlways, kOther, kHash, Status::kBindingsDiffer, false},
  };
  for (const Row &row : rows) {
    World::Reset();
    Exchange exchange;
    exchange.request.channel_bindings = row.initiator;
    exchange.acceptor_request.channel_bindings = row.acceptor;
    exchange.policy.require_bindings = row.policy;
    exchange.Start();
    const std::string what = std::to_string(&row - rows);
    ExpectStatus(exchange.Accept(), row.status, what.c_str());
    ck_assert_int_eq(exchange.acceptance.channel_bound, row.bound);
  }
}
END_TEST

// ---- Strength (N304, N305, N712)
// -----------------------------------------------------------------

START_TEST(FlagsClearedOnThePath) {
  constexpr Flags kCleared[] = {k128,        kKeyExch,  kSeal, kSign, kExtendedSessionSecurity,
                                kAlwaysSign, k128 | k56};
  for (const Flags cleared : kCleared) {
    for (const bool in_challenge : {false, true}) {
      World::Reset();
      Exchange exchange;
      ck_assert(!exchange.Negotiate());
      const auto clear = [&](MutableBytes flags) {
        for (size_t i = 0; i < 4; ++i) flags[i] &= static_cast<uint8_t>(~(cleared >> (8 * i)));
      };
      if (!in_challenge) clear(std::span(exchange.negotiate).subspan(12, 4));
      Error error = exchange.Challenge();
      if (!error && in_challenge) clear(exchange.challenge.span().subspan(20, 4));
      if (!error) error = exchange.Authenticate();
      if (!error) error = exchange.Accept();
      ck_assert_msg(static_cast<bool>(error), "%#x cleared in %s", cleared,
                    in_challenge ? "CHALLENGE" : "NEGOTIATE");
    }
  }
}
END_TEST

Suite *StateMachineSuite() {
  Suite *suite = suite_create("state_machine");
  TCase *tests = tcase_create("state machine");
  tcase_add_checked_fixture(tests, Setup, nullptr);
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, Handshake);
  tcase_add_test(tests, ProgramsFlagsKeepTheKind);
  tcase_add_test(tests, SessionAfterHandshake);
  tcase_add_test(tests, WrongPassword);
  tcase_add_test(tests, RandomSourceFails);
  tcase_add_test(tests, StepsOutOfOrder);
  tcase_add_test(tests, WrongMessages);
  tcase_add_test(tests, OneAttempt);
  tcase_add_test(tests, EachOctetOfAuthenticate);
  tcase_add_test(tests, SkewSeenByInitiator);
  tcase_add_test(tests, SkewSeenByAcceptor);
  tcase_add_test(tests, Echo);
  tcase_add_test(tests, MicPolicies);
  tcase_add_test(tests, WrongMic);
  tcase_add_test(tests, TrailingOctets);
  tcase_add_test(tests, Bindings);
  tcase_add_test(tests, FlagsClearedOnThePath);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() { return RunSuite(StateMachineSuite()); }
