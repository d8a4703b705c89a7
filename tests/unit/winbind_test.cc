// SPDX-License-Identifier: MIT
// winbind as account source, with the libwbclient of the tests (N430, N431, N353, N434, N443,
// N448).
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ctime>

#include "cred/winbind_call.h"
#include "cred/winbind_credential.h"
#include "cred/winbind_names.h"
#include "cred/winbind_verifier.h"
#include "ntlm/authenticate_message.h"
#include "ntlm/challenge_message.h"
#include "ntlm/ntlmv2_response.h"
#include "ntlm_support.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT
using cred::WinbindCredential;
using cred::WinbindNames;
using cred::WinbindVerifier;
using ntlm::ResponseForm;

constexpr char kFake[] = FAKE_WBCLIENT_DIR "/libwbclient.so.0";
constexpr char kFakeWithoutCache[] = FAKE_WBCLIENT_DIR "/libwbclient_old.so.0";
constexpr char kHost[] = "host FILES DOM dom.example\n";
constexpr uint32_t kLimit = 1;      // seconds
constexpr uint32_t kPatience = 20;  // seconds: what takes longer hangs

// ---- the world of the fake ----------------------------------------------------------------------

std::string folder;

// From now on winbind is as this file says.
void SetWorld(const std::string &text) {
  static int number = 0;
  // A new file each time: a call that still runs has the old one open.
  const std::string path = folder + "/world" + std::to_string(number++);
  FILE *file = std::fopen(path.c_str(), "w");
  ck_assert_ptr_nonnull(file);
  ck_assert_int_ge(std::fputs(text.c_str(), file), 0);
  ck_assert_int_eq(std::fclose(file), 0);
  ck_assert_int_eq(setenv("FAKE_WBCLIENT", path.c_str(), 1), 0);
}

void SetUsers(const std::string &lines) { SetWorld(kHost + lines); }

void SetUp() {
  char path[] = "/tmp/winbind_test.XXXXXX";
  ck_assert_ptr_nonnull(mkdtemp(path));
  folder = path;
  cred::SetWinbindLibraryForTests(kFake);
  SetUsers(
      "user DOM alice Passw0rd-alice 1104 cached\n"
      "user DOM bob secret-of-bob 1105\n"
      "user DOM zo\xc3\xab p\xc3\xa4ss 1106\n"
      "user DOM PC1$ machine 1107\n");
}

void TearDown() {
  const std::string command = "rm -rf " + folder;
  ck_assert_int_eq(std::system(command.c_str()), 0);
}

double Seconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// ---- answers of a client ------------------------------------------------------------------------

constexpr std::array<uint8_t, 8> kChallenge{1, 2, 3, 4, 5, 6, 7, 8};
constexpr std::array<uint8_t, 8> kClientChallenge{9, 9, 9, 9, 9, 9, 9, 1};

struct Answer {
  ResponseForm form;
  Bytes user, domain, workstation, lm, nt;
  Bytes key;  // SessionBaseKey, if it is right

  ntlm::Claim claim() const { return {user, domain, workstation, kChallenge, form, lm, nt}; }
};

Answer AnswerOf(ResponseForm form, std::string_view domain, std::string_view user,
                std::string_view password) {
  Answer answer{form, Utf16(user), Utf16(domain), Utf16("WS1"), {}, {}, {}};
  const ntlm::NtHash hash = HashOfPassword(password);
  const auto lm_hash = ntlm::LMOWFv1(password);
  const auto take = [](const auto &octets) { return Bytes(octets.begin(), octets.end()); };
  if (form == ResponseForm::kNtlmV2) {
    Bytes temp(60, 0x5a);
    const auto key = ntlm::NTOWFv2(hash, answer.user, answer.domain);
    const auto proof = ntlm::ComputeNtProofStr(key, kChallenge, temp);
    answer.nt = take(proof);
    answer.nt.insert(answer.nt.end(), temp.begin(), temp.end());
    answer.key = take(ntlm::ComputeSessionBaseKey(key, proof).view());
    answer.lm = Bytes(24, 0);
    return answer;
  }
  if (form == ResponseForm::kLmOnly) {
    ck_assert(lm_hash.has_value());
    answer.lm = take(ntlm::ComputeV1Response(lm_hash->view(), kChallenge));
    answer.key = take(ntlm::LmBaseKeys(*lm_hash).session_base_key.view());
    return answer;
  }
  answer.key = take(ntlm::V1BaseKeys(hash, nullptr).session_base_key.view());
  if (form == ResponseForm::kNtlmV1) {
    answer.nt = take(ntlm::ComputeV1Response(hash.view(), kChallenge));
    return answer;
  }
  answer.lm = take(kClientChallenge);
  answer.lm.resize(24);
  answer.nt =
      take(ntlm::ComputeV1Response(hash.view(), ntlm::EssChallenge(kChallenge, kClientChallenge)));
  return answer;
}

Answer V2(std::string_view user, std::string_view password, std::string_view domain = "DOM") {
  return AnswerOf(ResponseForm::kNtlmV2, domain, user, password);
}

Result<ntlm::VerifiedLogon> Verify(const Answer &answer) {
  return WinbindVerifier(kLimit).Verify(answer.claim());
}

// Fails unless it is right, and its keys are told.
ntlm::VerifiedLogon Accepted(const Answer &answer) {
  auto logon = Verify(answer);
  ck_assert_msg(static_cast<bool>(logon), "%s: %s", TextOf(logon.error().status),
                DetailOf(logon.error().status));
  ck_assert(Equal(logon->keys.session_base_key.view(), answer.key));
  return std::move(*logon);
}

void ExpectStatus(Error error, Status status, const char *detail = "") {
  ck_assert_msg(error.status == status, "%s instead of %s (%s)", TextOf(error.status),
                TextOf(status), DetailOf(error.status));
  ck_assert_msg(std::string_view(DetailOf(status)).find(detail) != std::string_view::npos, "%s",
                DetailOf(status));
}

void ExpectRefused(const Answer &answer) {
  ExpectStatus(Verify(answer).error(), Status::kLogonFailure, "accounts of winbind");
}

void ExpectUnavailable(const Answer &answer, const char *detail) {
  ExpectStatus(Verify(answer).error(), Status::kBackEndUnavailable, detail);
}

// The values of an attribute, each with a '|' behind it.
std::string ValuesOf(const ntlm::Identity &identity, std::string_view wanted) {
  std::string values;
  if (!identity.attributes) return "no attributes";
  identity.attributes->ForEach([&](std::string_view name, std::string_view value) {
    if (name == wanted) values += Text(value) + "|";
  });
  return values;
}

// ---- the library --------------------------------------------------------------------------------

START_TEST(LibraryIsAbsent) {
  cred::SetWinbindLibraryForTests("/nowhere/libwbclient.so.0");
  ExpectUnavailable(V2("alice", "Passw0rd-alice"), "/nowhere/libwbclient.so.0 (package libwb");
  ExpectStatus(WinbindNames::Current(1000).error(), Status::kNoCredential, "libwbclient0");
  ExpectStatus(WinbindCredential::Find("DOM", "alice", "WS", kLimit).error(), Status::kNoCredential,
               "libwbclient0");
  // It is looked for again: the package may have been installed.
  cred::SetWinbindLibraryForTests(kFake);
  Accepted(V2("alice", "Passw0rd-alice"));
}
END_TEST

START_TEST(FunctionIsAbsent) {
  cred::SetWinbindLibraryForTests(kFakeWithoutCache);
  ExpectUnavailable(V2("alice", "Passw0rd-alice"), "no function wbcCtxCredentialCache");
  ExpectStatus(WinbindCredential::Find("DOM", "alice", "WS", kLimit).error(), Status::kNoCredential,
               "no function wbcCtxCredentialCache");
}
END_TEST

// ---- logons -------------------------------------------------------------------------------------

START_TEST(NtlmV2) {
  const auto logon = Accepted(V2("alice", "Passw0rd-alice"));
  ck_assert(logon.identity.user() == "alice");
  ck_assert(logon.identity.domain() == "DOM");
  // The names are winbind's, the proof is made with the client's (N432).
  const auto other_case = Accepted(V2("ALICE", "Passw0rd-alice", "dom"));
  ck_assert(other_case.identity.user() == "alice");
  ck_assert(other_case.identity.domain() == "DOM");
  ck_assert(Accepted(V2("bob", "secret-of-bob", "")).identity.domain() == "DOM");
  ck_assert(Accepted(V2("zo\xc3\xab", "p\xc3\xa4ss")).identity.user() == "zo\xc3\xab");
  Accepted(V2("PC1$", "machine"));
}
END_TEST

// N443, N701.
START_TEST(WrongProofs) {
  const Answer right = V2("alice", "Passw0rd-alice");
  Accepted(right);
  for (const char *password : {"", "passw0rd-alice", "secret-of-bob"}) {
    ExpectRefused(V2("alice", password));
  }
  ExpectRefused(V2("nobody", "Passw0rd-alice"));
  ExpectRefused(V2("alice", "Passw0rd-alice", "OTHER"));
  for (size_t i = 0; i < right.nt.size(); i += 7) {
    Answer changed = right;
    changed.nt[i] ^= 1;
    ExpectRefused(changed);
  }
  Answer zeroes = right;
  std::fill_n(zeroes.nt.begin(), 16, uint8_t{0});
  ExpectRefused(zeroes);
  Answer nothing = right;
  nothing.nt.clear();
  ExpectRefused(nothing);
}
END_TEST

START_TEST(OtherForms) {
  SetUsers("user DOM alice Passw0rd 1104\nuser DOM bob Other 1105\n");
  for (ResponseForm form :
       {ResponseForm::kNtlmV1, ResponseForm::kNtlmV1Ess, ResponseForm::kLmOnly}) {
    Accepted(AnswerOf(form, "DOM", "alice", "Passw0rd"));
    for (const char *password : {"", "Other", "wrong"}) {
      ExpectRefused(AnswerOf(form, "DOM", "alice", password));
    }
    ExpectRefused(AnswerOf(form, "DOM", "nobody", "Passw0rd"));
    Answer changed = AnswerOf(form, "DOM", "alice", "Passw0rd");
    (form == ResponseForm::kLmOnly ? changed.lm : changed.nt)[23] ^= 1;
    ExpectRefused(changed);
  }
  // The client's challenge counts too.
  Answer ess = AnswerOf(ResponseForm::kNtlmV1Ess, "DOM", "alice", "Passw0rd");
  ess.lm[0] ^= 1;
  ExpectRefused(ess);
}
END_TEST

// What was judged as one form is not accepted by another: a right LM response does not make up for
// a wrong NT response.
START_TEST(LmResponseBesideNtResponse) {
  SetUsers("user DOM alice Passw0rd 1104\n");
  const Answer lm = AnswerOf(ResponseForm::kLmOnly, "DOM", "alice", "Passw0rd");
  Accepted(lm);
  for (ResponseForm form : {ResponseForm::kNtlmV2, ResponseForm::kNtlmV1}) {
    Answer both = AnswerOf(form, "DOM", "alice", "wrong");
    both.lm = lm.lm;
    ExpectRefused(both);
  }
}
END_TEST

START_TEST(Keys) {
  SetUsers(
      "user DOM alice Passw0rd 1104 lm-key\n"
      "user DOM bob Passw0rd 1105\n"
      "user DOM carol Passw0rd 1106 no-key\n"
      "user DOM dave Passw0rd 1107 no-key lm-key\n");
  const auto with_lm = Accepted(V2("alice", "Passw0rd"));
  ck_assert(with_lm.keys.lm_session_key.has_value());
  ck_assert(Equal(with_lm.keys.lm_session_key->view(), ntlm::LMOWFv1("Passw0rd")->view().first(8)));
  ck_assert(!Accepted(V2("bob", "Passw0rd")).keys.lm_session_key.has_value());
  ExpectUnavailable(V2("carol", "Passw0rd"), "session key");
  ExpectUnavailable(V2("dave", "Passw0rd"), "session key");
  // [MS-NLMP] 3.3.1: here the key follows from the LM hash.
  Accepted(AnswerOf(ResponseForm::kLmOnly, "DOM", "dave", "Passw0rd"));
}
END_TEST

// N353.
START_TEST(Guests) {
  const std::string user = "user DOM alice Passw0rd ";
  SetUsers(user + "1104\n");
  Accepted(V2("alice", "Passw0rd"));
  for (const char *guest : {"1104 guest", "501", "1104 anonymous"}) {
    SetUsers(user + guest + "\n");
    ExpectRefused(V2("alice", "Passw0rd"));
  }
}
END_TEST

// N443, N448: NT statuses.
START_TEST(Refusals) {
  // Disabled, locked out, expired, wrong hours, password expired, change at next logon, unknown.
  for (const char *status :
       {"c0000072", "c0000234", "c0000193", "c000006f", "c0000071", "c0000224", "c0ffee00"}) {
    SetUsers(std::string("user DOM alice Passw0rd 1104 status=") + status + "\n");
    ExpectRefused(V2("alice", "Passw0rd"));
  }
  // No logon servers, trust, privileged socket, timeout; the last comes without a text.
  for (const char *status : {"c000005e", "c000018d", "c0000022", "c00000b5", "c0000001"}) {
    SetUsers(std::string("user DOM alice Passw0rd 1104 status=") + status + "\n");
    ExpectUnavailable(V2("alice", "Passw0rd"), status);
  }
}
END_TEST

START_TEST(ResultsOfTheLibrary) {
  for (int number = WBC_ERR_NOT_IMPLEMENTED; number <= WBC_ERR_PWD_CHANGE_FAILED; ++number) {
    SetUsers("user DOM alice Passw0rd 1104\nmode error=" + std::to_string(number) + "\n");
    const Error error = Verify(V2("alice", "Passw0rd")).error();
    // A domain that does not exist is an AUTH_ERROR with an NT status. DOMAIN_NOT_FOUND is what
    // libwbclient makes of a failure without one, and of a winbindd that it shall not ask.
    const bool user = number == WBC_ERR_AUTH_ERROR || number == WBC_ERR_UNKNOWN_USER;
    const Status expected = number == WBC_ERR_NO_MEMORY ? Status::kNoMemory
                            : user                      ? Status::kLogonFailure
                                                        : Status::kBackEndUnavailable;
    ck_assert_msg(error.status == expected, "%d: %s", number, TextOf(error.status));
  }
  SetUsers("user DOM alice Passw0rd 1104\nmode nothing\n");
  ExpectUnavailable(V2("alice", "Passw0rd"), "nothing");
}
END_TEST

START_TEST(NotRunning) {
  SetWorld("mode unreachable\n");
  ExpectUnavailable(V2("alice", "Passw0rd"), "/run/samba/winbindd/pipe");
  ExpectStatus(WinbindNames::Current(1000).error(), Status::kBackEndUnavailable, "winbindd_priv");
  ExpectStatus(WinbindCredential::Find("", "alice", "WS", kLimit).error(), Status::kNoCredential,
               "/run/samba/winbindd/pipe");
}
END_TEST

// N434, N616.
START_TEST(AttributesOfTheUser) {
  const auto logon = Accepted(V2("alice", "Passw0rd-alice"));
  const std::string base = "S-1-5-21-1-2-4294967295-";
  const auto values = [&](std::string_view name) { return ValuesOf(logon.identity, name); };
  ck_assert(values(ntlm::attribute::kSids) == base + "1104," + base + "513," + base + "514|");
  ck_assert(values(ntlm::attribute::kSid) == base + "1104|" + base + "513|" + base + "514|");
  ck_assert(values(ntlm::attribute::kGroupSid) == base + "513|" + base + "514|");
  ck_assert(values(ntlm::attribute::kDnsDomain) == "dom.example|");
  ck_assert(values(ntlm::attribute::kUpn) == "someone@dom.example|");
  ck_assert(values(ntlm::attribute::kWorkstation) == "WS1|");
  ck_assert(values(ntlm::attribute::kSource) == "winbind|");

  SetUsers("user DOM alice Passw0rd 1104 deny-only\n");
  const auto denied = Accepted(V2("alice", "Passw0rd"));
  ck_assert(ValuesOf(denied.identity, ntlm::attribute::kSids) == base + "1104," + base + "513|");

  // One value for each, however often it is told.
  SetUsers("user DOM alice Passw0rd 1104 primary-again\n");
  const auto twice = Accepted(V2("alice", "Passw0rd"));
  ck_assert(ValuesOf(twice.identity, ntlm::attribute::kSids) == base + "1104," + base + "513|");
  ck_assert(ValuesOf(twice.identity, ntlm::attribute::kGroupSid) == base + "513|");
}
END_TEST

START_TEST(StrangeUsers) {
  const std::string user = "user DOM alice Passw0rd 1104 ";
  for (const char *flag : {"null-sids", "bad-sid", "sids=1024", "sids=100000"}) {
    SetUsers(user + flag + "\n");
    ExpectUnavailable(V2("alice", "Passw0rd"), "SID");
  }
  for (const char *flag : {"null-name", "bad-name", "long-name"}) {
    SetUsers(user + flag + "\n");
    ExpectUnavailable(V2("alice", "Passw0rd"), "name");
  }
  SetUsers(user + "null-domain\n");
  ck_assert(Accepted(V2("alice", "Passw0rd")).identity.domain().empty());
  for (const char *flag : {"sids=0", "sids=1023"}) {
    SetUsers(user + flag + "\n");
    Accepted(V2("alice", "Passw0rd"));
  }
}
END_TEST

// libwbclient would cut the name and find a user.
START_TEST(LongNames) {
  const std::string longest(255, 'a');
  SetUsers("user DOM " + longest + " Passw0rd 1104\n");
  // This form does not prove the name.
  Accepted(AnswerOf(ResponseForm::kNtlmV1, "DOM", longest, "Passw0rd"));
  const Answer longer = AnswerOf(ResponseForm::kNtlmV1, "DOM", longest + "a", "Passw0rd");
  ExpectStatus(Verify(longer).error(), Status::kLogonFailure, "too long");
  Answer response = V2(longest, "Passw0rd");
  response.nt.resize(65536);
  ExpectStatus(Verify(response).error(), Status::kLogonFailure, "too long");
  response.nt.resize(65535);
  ExpectRefused(response);
}
END_TEST

// ---- names of this host -------------------------------------------------------------------------

START_TEST(Names) {
  auto names = WinbindNames::Current(1000);
  ck_assert(static_cast<bool>(names));
  const ntlm::ServerNames::Source otherwise{"HOST", "HOST", "host.example", "example", false};
  auto source = (*names)->Source(otherwise);
  ck_assert(source.nb_computer == "FILES" && source.nb_domain == "DOM" && source.joined);
  ck_assert(source.dns_computer == "files.dom.example" && source.dns_domain == "dom.example");
  // Kept for some seconds.
  SetWorld("mode unreachable\n");
  ck_assert(static_cast<bool>(WinbindNames::Current(1000)));
}
END_TEST

// The names are asked for anew after some seconds: by one thread, and all others go on meanwhile.
struct NamesAsker {
  pthread_t thread;
  double seconds;
};

void *AskForNames(void *argument) {
  auto *asker = static_cast<NamesAsker *>(argument);
  const double start = Seconds();
  const bool found = static_cast<bool>(WinbindNames::Current(kLimit * 1000));
  asker->seconds = found ? Seconds() - start : 1000;
  return nullptr;
}

START_TEST(OneAsksForNames) {
  constexpr double kSlow = 0.9;
  NamesAsker askers[8];
  ck_assert(static_cast<bool>(WinbindNames::Current(1000)));
  sleep(6);
  SetUsers("mode slow=900\n");
  for (NamesAsker &asker : askers) {
    ck_assert_int_eq(pthread_create(&asker.thread, nullptr, AskForNames, &asker), 0);
  }
  int waited = 0;
  for (const NamesAsker &asker : askers) {
    ck_assert_int_eq(pthread_join(asker.thread, nullptr), 0);
    ck_assert(asker.seconds < 1000);
    waited += asker.seconds >= kSlow;
  }
  ck_assert_int_eq(waited, 1);
}
END_TEST

// What was known stays known while winbind is late.
START_TEST(LateForKnownNames) {
  ck_assert(static_cast<bool>(WinbindNames::Current(1000)));
  sleep(6);
  SetUsers("mode slow=900\n");
  ck_assert(static_cast<bool>(WinbindNames::Current(100)));
  SetWorld("mode unreachable\n");
  sleep(6);
  ExpectStatus(WinbindNames::Current(1000).error(), Status::kBackEndUnavailable, "winbindd_priv");
}
END_TEST

// Whoever has been late is not waited for so long a second time.
START_TEST(LateForNames) {
  SetWorld("mode hang=30\n");
  ExpectStatus(WinbindNames::Current(500).error(), Status::kBackEndUnavailable, "within 0.500 s");
  ExpectStatus(WinbindNames::Current(500).error(), Status::kBackEndUnavailable, "within 0.040 s");
}
END_TEST

START_TEST(NamesWithoutDns) {
  SetWorld("host FILES FILES -\n");
  auto names = WinbindNames::Current(1000);
  ck_assert(static_cast<bool>(names));
  const ntlm::ServerNames::Source otherwise{"HOST", "HOST", "host.example", "example", false};
  auto source = (*names)->Source(otherwise);
  ck_assert(source.nb_computer == "FILES" && source.nb_domain == "FILES" && !source.joined);
  ck_assert(source.dns_computer == "host.example" && source.dns_domain == "example");
}
END_TEST

START_TEST(StrangeNames) {
  for (const char *host :
       {"host - DOM dom.example\n", "host FILES - dom.example\n", "host FILES D\xff dom.example\n",
        "host FILES DOM d\xff\n", "host FILES DOM dom.example\nmode nothing\n"}) {
    SetWorld(host);
    ExpectStatus(WinbindNames::Current(1000).error(), Status::kBackEndUnavailable, "names");
  }
}
END_TEST

// ---- to initiate --------------------------------------------------------------------------------

START_TEST(CachedLogonIsFound) {
  auto credential = WinbindCredential::Find("DOM", "alice", "WS1", kLimit);
  ck_assert_msg(static_cast<bool>(credential), "%s", DetailOf(Status::kNoCredential));
  ck_assert(credential->domain_name() == "DOM" && credential->user_name() == "alice");
  ck_assert(Equal(credential->user(), Utf16("alice")));
  ck_assert(Equal(credential->domain(), Utf16("DOM")));
  ck_assert(Equal(credential->workstation(), Utf16("WS1")));
  ck_assert(!credential->AnswerV1(kChallenge));
  Bytes response(64);
  ck_assert(!credential->AnswerV2(kChallenge, response));
  // The domain is winbind's own where none is given.
  auto without_domain = WinbindCredential::Find("", "alice", "WS1", kLimit);
  ck_assert(static_cast<bool>(without_domain));
  ck_assert(without_domain->domain_name() == "DOM");
}
END_TEST

START_TEST(CachedLogonIsNotFound) {
  const auto expect_none = [](std::string_view domain, std::string_view user, const char *detail) {
    ExpectStatus(WinbindCredential::Find(domain, user, "WS1", kLimit).error(),
                 Status::kNoCredential, detail);
  };
  expect_none("DOM", "bob", "no logon of DOM\\bob");
  expect_none("OTHER", "alice", "no logon of OTHER\\alice");
  expect_none("DOM", "nobody", "no logon of DOM\\nobody");
  expect_none("DOM", "", "name");
  expect_none("DOM", "a\\b", "name");
  expect_none("DOM", std::string(251, 'a'), "name");
  SetWorld("host FILES - -\nuser DOM alice Passw0rd-alice 1104 cached\n");
  expect_none("", "alice", "no logon of alice");
  SetWorld("mode error=2\n");
  expect_none("DOM", "alice", "winbind");
}
END_TEST

constexpr uint8_t kNegotiate[] = "NTLMSSP\0\1\0\0\0\0\0\0\0";

// A CHALLENGE of a server that is nobody in particular.
Bytes ChallengeToken() {
  auto names = ntlm::ServerNames::Make({"SERVER", "DOM", "server.dom", "dom", true});
  ck_assert(static_cast<bool>(names));
  Bytes info(names->av_pairs().begin(), names->av_pairs().end());
  info.resize(info.size() + 4);
  ntlm::ChallengeMessage message{ntlm::kUnicode | ntlm::kNtlm | ntlm::kSign | ntlm::kKeyExch |
                                     ntlm::k128 | ntlm::kExtendedSessionSecurity |
                                     ntlm::kTargetInfo | ntlm::kVersion,
                                 names->target_name(ntlm::kUnicode), kChallenge, info};
  Bytes token(message.BuiltSize());
  message.Build(token);
  std::copy(info.begin(), info.end(), token.end() - static_cast<std::ptrdiff_t>(info.size()));
  return token;
}

START_TEST(CachedLogonAnswers) {
  auto credential = WinbindCredential::Find("DOM", "alice", "WS1", kLimit);
  ck_assert(static_cast<bool>(credential));
  const Bytes challenge = ChallengeToken();
  auto made = credential->MakeMessage(kNegotiate, challenge);
  ck_assert_msg(made && made->has_value(), "%s", made ? "" : DetailOf(made.error().status));
  const auto message = ntlm::AuthenticateMessage::Parse((*made)->authenticate.view());
  ck_assert(static_cast<bool>(message));
  ck_assert(Equal(message->user_name, Utf16("alice")));

  // It is right for an acceptor that asks winbind, and its MIC holds over all three.
  const ntlm::Claim claim{message->user_name,
                          message->domain_name,
                          message->workstation,
                          kChallenge,
                          ResponseForm::kNtlmV2,
                          message->lm_challenge_response,
                          message->nt_challenge_response};
  ck_assert(static_cast<bool>(WinbindVerifier(kLimit).Verify(claim)));
  const auto mic = [&](ByteView negotiate) {
    return ntlm::ComputeMic((*made)->session_key, negotiate, challenge,
                            (*made)->authenticate.view(), message->mic_offset);
  };
  const ByteView sent = (*made)->authenticate.view().subspan(message->mic_offset, 16);
  ck_assert(Equal(mic(kNegotiate), sent));
  ck_assert(!Equal(mic({}), sent));
}
END_TEST

START_TEST(CachedLogonFails) {
  auto credential = WinbindCredential::Find("DOM", "alice", "WS1", kLimit);
  ck_assert(static_cast<bool>(credential));
  const Bytes challenge = ChallengeToken();
  const auto expect = [&](ByteView token, Status status, const char *detail) {
    ExpectStatus(credential->MakeMessage(kNegotiate, token).error(), status, detail);
  };
  expect(Utf16("nonsense"), Status::kNoCredential, "no logon of DOM\\alice");
  SetUsers("user DOM alice Passw0rd-alice 1104 cached\nmode garbage\n");
  expect(challenge, Status::kBackEndUnavailable, "lacks");
  SetUsers("user DOM alice Passw0rd-alice 1104 cached\nmode nothing\n");
  expect(challenge, Status::kBackEndUnavailable, "lacks");
  SetUsers("user DOM alice Passw0rd-alice 1104\n");
  expect(challenge, Status::kNoCredential, "no logon of DOM\\alice");
  SetWorld("mode unreachable\n");
  expect(challenge, Status::kBackEndUnavailable, "pipe");
  SetWorld("mode hang=30\n");
  expect(challenge, Status::kBackEndUnavailable, "within 1.000 s");
}
END_TEST

// ---- time ---------------------------------------------------------------------------------------

// N431, N831.
START_TEST(HangingCall) {
  const Answer right = V2("alice", "Passw0rd");
  SetUsers("user DOM alice Passw0rd 1104\nmode hang=30\n");
  double start = Seconds();
  ExpectUnavailable(right, "/run/samba/winbindd/pipe within 1.000 s");
  ck_assert_msg(Seconds() - start >= kLimit, "it did not wait");
  ck_assert_msg(Seconds() - start < kPatience, "it hangs");
  start = Seconds();
  ExpectStatus(WinbindCredential::Find("DOM", "alice", "WS", kLimit).error(), Status::kNoCredential,
               "within 0.040 s");
  ck_assert_msg(Seconds() - start < kPatience, "it hangs");
  // Others do not notice.
  SetUsers("user DOM alice Passw0rd 1104\n");
  Accepted(right);
}
END_TEST

void ExpectTooManyLate(bool too_many) {
  const double start = Seconds();
  const Error error = WinbindNames::Current(1).error();
  const std::string detail = DetailOf(Status::kBackEndUnavailable);
  ck_assert(error.status == Status::kBackEndUnavailable);
  ck_assert_msg(detail.find(too_many ? "16 calls" : "within 0.001 s") != std::string::npos, "%s",
                detail.c_str());
  ck_assert(Seconds() - start < kPatience);
}

START_TEST(ManyHangingCalls) {
  SetWorld("mode hang=3\n");
  for (uint32_t i = 0; i < cred::kMaxLateThreads; ++i) ExpectTooManyLate(false);
  ExpectTooManyLate(true);
  // A child has none of those threads.
  const pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) {
    SetUsers("user DOM alice Passw0rd 1104\n");
    _exit(Verify(V2("alice", "Passw0rd")) ? 0 : 1);
  }
  int status = -1;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child: status %d", status);
  // They come back, and all is as before.
  SetUsers("user DOM alice Passw0rd 1104\n");
  const double start = Seconds();
  while (!Verify(V2("alice", "Passw0rd"))) {
    ck_assert_msg(Seconds() - start < kPatience, "%s", DetailOf(Status::kBackEndUnavailable));
    usleep(50'000);
  }
}
END_TEST

void *VerifyInThread(void *result) {
  const Status status = Verify(V2("alice", "Passw0rd")).error().status;
  // What comes from a cancellation comes before; the thread can be cancelled again.
  int cancel_state = PTHREAD_CANCEL_DISABLE;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
  if (cancel_state == PTHREAD_CANCEL_ENABLE) *static_cast<Status *>(result) = status;
  return nullptr;
}

START_TEST(ForkDuringCall) {
  SetUsers("user DOM alice Passw0rd 1104\nmode hang=30\n");
  Status in_thread = Status::kOk;
  pthread_t thread;
  ck_assert_int_eq(pthread_create(&thread, nullptr, VerifyInThread, &in_thread), 0);
  usleep(200'000);
  const pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) {
    SetUsers("user DOM alice Passw0rd 1104\n");
    _exit(Verify(V2("alice", "Passw0rd")) && WinbindNames::Current(1000) ? 0 : 1);
  }
  int status = -1;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child: status %d", status);
  ck_assert_int_eq(pthread_join(thread, nullptr), 0);
  ck_assert(in_thread == Status::kBackEndUnavailable);
}
END_TEST

// A thread that the host program cancels while it waits leaves nothing half done.
START_TEST(CancelDuringCall) {
  SetUsers("user DOM alice Passw0rd 1104\nmode hang=30\n");
  Status in_thread = Status::kOk;
  pthread_t thread;
  void *returned = nullptr;
  ck_assert_int_eq(pthread_create(&thread, nullptr, VerifyInThread, &in_thread), 0);
  usleep(200'000);
  ck_assert_int_eq(pthread_cancel(thread), 0);
  ck_assert_int_eq(pthread_join(thread, &returned), 0);
  ck_assert_ptr_null(returned);
  ck_assert(in_thread == Status::kBackEndUnavailable);
}
END_TEST

// N614.
void *VerifyOften(void *failures) {
  const Answer right = V2("alice", "Passw0rd"), wrong = V2("alice", "wrong");
  const WinbindVerifier verifier(kPatience);
  for (int i = 0; i < 25; ++i) {
    const auto logon = verifier.Verify(right.claim());
    const auto refusal = verifier.Verify(wrong.claim());
    if (!logon || !Equal(logon->keys.session_base_key.view(), right.key) ||
        refusal.error().status != Status::kLogonFailure || !WinbindNames::Current(kPatience)) {
      ++*static_cast<int *>(failures);
    }
  }
  return nullptr;
}

START_TEST(Threads) {
  SetUsers("user DOM alice Passw0rd 1104\n");
  pthread_t threads[8];
  int failures[8] = {};
  for (size_t i = 0; i < std::size(threads); ++i) {
    ck_assert_int_eq(pthread_create(&threads[i], nullptr, VerifyOften, &failures[i]), 0);
  }
  for (size_t i = 0; i < std::size(threads); ++i) {
    ck_assert_int_eq(pthread_join(threads[i], nullptr), 0);
    ck_assert_int_eq(failures[i], 0);
  }
}
END_TEST

Suite *WinbindSuite() {
  Suite *suite = suite_create("winbind");
  const TTest *const tests[] = {LibraryIsAbsent,
                                FunctionIsAbsent,
                                NtlmV2,
                                WrongProofs,
                                OtherForms,
                                LmResponseBesideNtResponse,
                                Keys,
                                Guests,
                                Refusals,
                                ResultsOfTheLibrary,
                                NotRunning,
                                AttributesOfTheUser,
                                StrangeUsers,
                                LongNames,
                                Names,
                                OneAsksForNames,
                                LateForKnownNames,
                                LateForNames,
                                NamesWithoutDns,
                                StrangeNames,
                                CachedLogonIsFound,
                                CachedLogonIsNotFound,
                                CachedLogonAnswers,
                                CachedLogonFails,
                                HangingCall,
                                ManyHangingCalls,
                                ForkDuringCall,
                                CancelDuringCall,
                                Threads};
  TCase *cases = tcase_create("winbind");
  tcase_add_checked_fixture(cases, SetUp, TearDown);
  tcase_set_timeout(cases, 60);
  for (const TTest *test : tests) tcase_add_test(cases, test);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

int main() {
  if (!Oracle().has_legacy()) return SkipAfter(EXIT_SUCCESS, kNoLegacyProvider);
  return RunSuite(WinbindSuite());
}
