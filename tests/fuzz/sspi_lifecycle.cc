// SPDX-License-Identifier: MIT
// The life of credentials and contexts of libsspi, by its exports, which this program has linked
// in: calls in any order with any arguments, both ends in one process, over the mechanisms of the
// host. A call that fails leaves its outputs as documented and makes no handle; what one end
// protects the other takes, unless it was changed on the way.
#include <sspi.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "fuzz.h"
#include "sspi_host.h"

namespace {

using namespace gss_sspi;  // NOLINT

constexpr size_t kCredentials = 4;
constexpr size_t kContexts = 4;  // even: initiators, odd: acceptors; 2n and 2n + 1 are a pair
constexpr ULONG kLargestToken = 48000;

const char *const kPackages[] = {"NTLM", "Negotiate", "Kerberos", "Unknown"};
constexpr char kUser[] = "User", kDomain[] = "Domain", kSecret[] = "Password";

constexpr SecHandle kUntouched = {7, 9};
bool Same(const SecHandle &a, const SecHandle &b) {
  return a.dwLower == b.dwLower && a.dwUpper == b.dwUpper;
}

// Success, or a failure that the pages list; what the library itself did not expect is a finding.
bool IsDocumented(SECURITY_STATUS status) {
  if (status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED) return true;
  const auto number = static_cast<uint32_t>(status);
  return number >= 0x80090300 && number < 0x80090370 &&
         std::strcmp(SspiLastErrorText(), "unexpected failure") != 0;
}

// What cannot fail, with the reason when it does.
void Must(SECURITY_STATUS status) {
  if (status == SEC_E_OK || status == SEC_I_CONTINUE_NEEDED) return;
  std::fprintf(stderr, "%08x: %s\n", static_cast<unsigned>(status), SspiLastErrorText());
  std::abort();
}

ULONG Number(fuzz::Input *input) {
  ULONG number = 0;
  const auto octets = input->Octets<sizeof number>();
  std::memcpy(&number, octets.data(), sizeof number);
  return number;
}

// Memory of exactly this size, so that a sanitizer sees what is written behind it.
class Exact {
 public:
  explicit Exact(size_t size) : octets_(std::make_unique<uint8_t[]>(size)), size_(size) {}
  explicit Exact(ByteView octets) : Exact(octets.size()) { Copy(span(), octets); }
  uint8_t *data() const { return octets_.get(); }
  MutableBytes span() const { return {octets_.get(), size_}; }

 private:
  std::unique_ptr<uint8_t[]> octets_;
  size_t size_;
};

// ---- handles -----------------------------------------------------------------------------------

// A handle that means what it names, or meant it once.
struct Held {
  SecHandle handle = kUntouched;
  SecHandle before = kUntouched;  // what it held before that
  bool live = false;
  bool open = false;

  // Slots are used again, so a handle that nobody was told of would make the numbers grow.
  void Hold(const SecHandle &given, size_t most) {
    for (const ULONG_PTR half : {given.dwLower, given.dwUpper}) {
      GSS_SSPI_REQUIRE(half + 2 > 2);  // L18: neither 0 nor -1 nor -2
    }
    GSS_SSPI_REQUIRE(given.dwLower >> 4 <= most + 1);
    GSS_SSPI_REQUIRE(!Same(given, handle) && !Same(given, before));
    *this = {.handle = given, .before = handle, .live = true, .open = false};
  }
};

struct World {
  Held credentials[kCredentials];
  Held contexts[kContexts];
  fuzz::Bytes tokens[kContexts];  // that each context gave last
  bool in_step[kContexts / 2] = {};
  bool is_ntlm[kContexts / 2] = {};
  bool signs[kContexts / 2] = {};

  ~World() {
    for (Held &context : contexts) Drop(&context, DeleteSecurityContext);
    for (Held &credential : credentials) Drop(&credential, FreeCredentialsHandle);
  }
  static void Drop(Held *held, SECURITY_STATUS (*end)(PSecHandle)) {
    GSS_SSPI_REQUIRE(end(&held->handle) == (held->live ? SEC_E_OK : SEC_E_INVALID_HANDLE));
    held->live = held->open = false;
  }
};

// Mostly the handle itself; else one that means nothing to a function that wants its kind.
SecHandle *Odd(fuzz::Input *input, Held *right, const Held &other_kind, SecHandle *copy) {
  constexpr SecHandle kNone[] = {{0, 0}, {~ULONG_PTR{0}, ~ULONG_PTR{0}}, kUntouched};
  *copy = right->handle;
  switch (input->Choice()) {
    case 1:
      return nullptr;
    case 2:
    case 3:
    case 4:
      *copy = kNone[input->Choice() % std::size(kNone)];
      return copy;
    case 5:
      *copy = {SEC_DELETED_HANDLE, SEC_DELETED_HANDLE};
      return copy;
    case 6:
      *copy = other_kind.handle;
      return copy;
    case 7:
      copy->dwLower ^= static_cast<ULONG_PTR>(input->Choice()) << 4;
      copy->dwUpper += input->Choice();
      return copy;
    case 8:
      *copy = right->before;
      return copy;
    default:
      return copy;
  }
}

bool Means(const Held &held, const SecHandle *handle) {
  return held.live && handle != nullptr && Same(held.handle, *handle);
}

Held *Find(World *world, const SecHandle *handle) {
  for (Held &context : world->contexts) {
    if (Means(context, handle)) return &context;
  }
  return nullptr;
}

// ---- credentials -------------------------------------------------------------------------------

// Texts of an identity in memory of their own.
template <typename Char>
class Texts {
 public:
  explicit Texts(fuzz::Input *input) : input_(input) {}

  // The right one, none, or one from the input with a length that may be wrong.
  void Put(std::string_view right, Char **text, ULONG *length) {
    const uint8_t choice = input_->Choice();
    if (choice % 4 == 1) {
      *length = choice >> 2;
      return;
    }
    fuzz::Bytes octets;
    if (choice % 4 == 2) {
      const ByteView part = input_->Part();
      octets.assign(part.begin(), part.end());
    } else {
      for (const char c : right) {
        octets.push_back(static_cast<uint8_t>(c));
        octets.resize(octets.size() + sizeof(Char) - 1);
      }
    }
    kept_.push_back(std::make_unique<Exact>(octets));
    *text = reinterpret_cast<Char *>(kept_.back()->data());
    *length = static_cast<ULONG>(octets.size() / sizeof(Char));
    if (choice % 4 == 3) *length |= 0x40000000;
  }

 private:
  fuzz::Input *input_;
  std::vector<std::unique_ptr<Exact>> kept_;
};

template <typename Char, typename Identity>
void Fill(Texts<Char> *texts, Identity *identity) {
  texts->Put(kUser, &identity->User, &identity->UserLength);
  texts->Put(kDomain, &identity->Domain, &identity->DomainLength);
  texts->Put(kSecret, &identity->Password, &identity->PasswordLength);
}

// Any flags but those of the other kind of text, which would make the lengths other ones.
ULONG Changed(ULONG flags, uint8_t choice) {
  constexpr ULONG kKinds = SEC_WINNT_AUTH_IDENTITY_ANSI | SEC_WINNT_AUTH_IDENTITY_UNICODE;
  flags ^= choice & ~kKinds;
  if ((choice & kKinds) == 1) return flags | kKinds;
  return (choice & kKinds) == 2 ? flags & ~kKinds : flags;
}

template <typename Char, typename Plain, typename Ex, typename Call>
void WithTexts(fuzz::Input *input, bool ex, ULONG flags, Call &&call) {
  Texts<Char> texts(input);
  flags = Changed(flags, input->Choice());
  if (!ex) {
    Plain plain{};
    Fill(&texts, &plain);
    plain.Flags = flags;
    return call(&plain);
  }
  Ex extended{};
  extended.Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
  extended.Length = sizeof extended;
  Fill(&texts, &extended);
  texts.Put("NTLM", &extended.PackageList, &extended.PackageListLength);
  extended.Flags = flags;
  call(&extended);
}

// What the input says, if its header does not promise more than is there.
template <typename Call>
void WithEx2(fuzz::Input *input, Call &&call) {
  SEC_WINNT_AUTH_IDENTITY_EX2 header;
  const Exact octets(input->Part());
  if (octets.span().size() < sizeof header) return call(nullptr);
  std::memcpy(&header, octets.data(), sizeof header);
  header.Version = SEC_WINNT_AUTH_IDENTITY_VERSION_2;
  header.cbHeaderLength = sizeof header;
  header.cbStructureLength = static_cast<ULONG>(octets.span().size());
  std::memcpy(octets.data(), &header, sizeof header);
  call(octets.data());
}

template <typename Call>
void WithIdentity(fuzz::Input *input, Call &&call) {
  switch (const uint8_t form = input->Choice() % 6) {
    case 0:
    case 1:
      return WithTexts<unsigned char, SEC_WINNT_AUTH_IDENTITY_A, SEC_WINNT_AUTH_IDENTITY_EXA>(
          input, form == 1, SEC_WINNT_AUTH_IDENTITY_ANSI, call);
    case 2:
    case 3:
      return WithTexts<unsigned short, SEC_WINNT_AUTH_IDENTITY_W, SEC_WINNT_AUTH_IDENTITY_EXW>(
          input, form == 3, SEC_WINNT_AUTH_IDENTITY_UNICODE, call);
    case 4:
      return WithEx2(input, call);
    default:
      return call(nullptr);
  }
}

// As an A or a W function wants it.
std::vector<WCHAR> Wide(const char *text) {
  std::vector<WCHAR> wide(text, text + std::strlen(text) + 1);
  return wide;
}

void Acquire(World *world, fuzz::Input *input) {
  Held &held = world->credentials[input->Choice() % kCredentials];
  World::Drop(&held, FreeCredentialsHandle);
  const uint8_t choice = input->Choice();
  const char *package = kPackages[choice % std::size(kPackages)];
  const ULONG use = (choice >> 2 & 3) ^ SECPKG_CRED_BOTH;
  SecHandle given = kUntouched;
  TimeStamp expiry{.LowPart = 1, .HighPart = 1};
  SECURITY_STATUS status = SEC_E_INTERNAL_ERROR;
  WithIdentity(input, [&](void *identity) {
    status = (choice & 0x10) != 0
                 ? AcquireCredentialsHandleW(nullptr, Wide(package).data(), use, nullptr, identity,
                                             nullptr, nullptr, &given, &expiry)
                 : AcquireCredentialsHandleA(nullptr, const_cast<char *>(package), use, nullptr,
                                             identity, nullptr, nullptr, &given, &expiry);
  });
  GSS_SSPI_REQUIRE(IsDocumented(status));
  if (status == SEC_E_OK) return held.Hold(given, kCredentials + 2);
  GSS_SSPI_REQUIRE(Same(given, kUntouched) && expiry.QuadPart == 0);
}

void QueryCredential(World *world, fuzz::Input *input) {
  Held &held = world->credentials[input->Choice() % kCredentials];
  SecHandle copy;
  SecHandle *handle = Odd(input, &held, world->contexts[0], &copy);
  const ULONG attribute = input->Choice();
  SecPkgCredentials_NamesA names{nullptr};
  const SECURITY_STATUS status = QueryCredentialsAttributesA(handle, attribute, &names);
  GSS_SSPI_REQUIRE(IsDocumented(status) && (status == SEC_E_OK) == (names.sUserName != nullptr));
  GSS_SSPI_REQUIRE(FreeContextBuffer(names.sUserName) == SEC_E_OK);
}

// ---- legs --------------------------------------------------------------------------------------

// The octets of an input: none, of the other end, of this end, or of the fuzzer; then changes.
fuzz::Bytes Incoming(const World &world, fuzz::Input *input, size_t context) {
  fuzz::Bytes token;
  const uint8_t choice = input->Choice();
  switch (choice % 4) {
    case 0:
      token = world.tokens[context ^ 1];
      break;
    case 1:
      token = world.tokens[context];
      break;
    case 2: {
      const ByteView part = input->Part();
      token.assign(part.begin(), part.end());
      break;
    }
    default:
      break;
  }
  if ((choice & 0x10) != 0 && !token.empty()) {
    const size_t place = Number(input) % token.size();
    token[place] ^= static_cast<uint8_t>(input->Choice() | 1);
  }
  if ((choice & 0x20) != 0) token.resize(Number(input) % (token.size() + 2));
  return token;
}

// A list of buffers as a caller gives it: with further ones, and malformed in each way.
class Descriptor {
 public:
  Descriptor(fuzz::Input *input, SecBuffer token) : shape_(input->Choice()) {
    if ((shape_ & 1) != 0) Add(input);
    place_ = buffers_.size();
    buffers_.push_back(token);
    if ((shape_ & 2) != 0) Add(input);
    descriptor_ = {(shape_ & 4) != 0 ? Number(input) : SECBUFFER_VERSION,
                   static_cast<ULONG>(buffers_.size()), buffers_.data()};
    if ((shape_ & 0x18) == 0x18) descriptor_.cBuffers = 0;
    if ((shape_ & 0x28) == 0x28) descriptor_.pBuffers = nullptr;
  }
  PSecBufferDesc get() { return (shape_ & 0x48) == 0x48 ? nullptr : &descriptor_; }
  SecBuffer &token() { return buffers_[place_]; }

 private:
  void Add(fuzz::Input *input) {
    const uint8_t type = input->Choice();
    more_.push_back(std::make_unique<Exact>(input->Part()));
    const MutableBytes octets = more_.back()->span();
    buffers_.push_back({static_cast<ULONG>(octets.size()), type & 0x1FU, octets.data()});
    if ((type & 0x20) != 0) buffers_.back().pvBuffer = nullptr;
    if ((type & 0x40) != 0) buffers_.back().BufferType |= SECBUFFER_READONLY;
  }

  uint8_t shape_;
  std::vector<std::unique_ptr<Exact>> more_;
  std::vector<SecBuffer> buffers_;
  size_t place_ = 0;
  SecBufferDesc descriptor_{};
};

ULONG SizeOfOutput(fuzz::Input *input) {
  const uint8_t choice = input->Choice();
  return choice < 0xF0 ? kLargestToken : 16U * (choice & 0xF);
}

struct LegCall {
  bool accepts;
  SecHandle *credential, *context, *fresh;
  std::string target;
  bool has_target, wide;
  ULONG request, reserved;
};

SECURITY_STATUS Call(LegCall *leg, PSecBufferDesc in, PSecBufferDesc out, ULONG *attributes,
                     PTimeStamp expiry) {
  if (leg->accepts) {
    return AcceptSecurityContext(leg->credential, leg->context, in, leg->request, 0, leg->fresh,
                                 out, attributes, expiry);
  }
  return InitializeSecurityContextA(
      leg->credential, leg->context, leg->has_target ? leg->target.data() : nullptr, leg->request,
      leg->reserved, SECURITY_NATIVE_DREP, in, 0, leg->fresh, out, attributes, expiry);
}

// What a leg may have answered, beside the status.
struct Answer {
  ULONG attributes = 0xDEADBEEF;
  TimeStamp expiry{.LowPart = 1, .HighPart = 1};
};

// L9, S28, S134: a failure tells nothing, but for a token that the peer is to have.
void CheckFailure(const LegCall &leg, const Answer &answer, const SecBuffer &before,
                  const SecBuffer &after) {
  const ULONG error = leg.accepts ? ASC_RET_EXTENDED_ERROR : ISC_RET_EXTENDED_ERROR;
  GSS_SSPI_REQUIRE((answer.attributes & ~(error | ISC_RET_ALLOCATED_MEMORY)) == 0);
  GSS_SSPI_REQUIRE(answer.expiry.QuadPart == 0);
  if (answer.attributes != 0) return;
  GSS_SSPI_REQUIRE(after.cbBuffer == before.cbBuffer && after.pvBuffer == before.pvBuffer);
}

void Leg(World *world, fuzz::Input *input) {
  const uint8_t choice = input->Choice();
  const size_t at = choice % kContexts;
  Held &held = world->contexts[at];
  LegCall leg{};
  leg.accepts = ((at & 1) != 0) != ((choice & 0x40) != 0);
  SecHandle credential, context, fresh = kUntouched;
  leg.credential = Odd(input, &world->credentials[choice >> 2 & 3], held, &credential);
  leg.context = nullptr;
  if (held.live || (choice & 0x80) != 0) {
    leg.context = Odd(input, &held, world->credentials[0], &context);
  }
  leg.fresh = input->Choice() == 1 ? nullptr : &fresh;
  const uint8_t naming = input->Choice();
  leg.has_target = naming != 1;
  leg.target = naming == 2 ? std::string(AsText(input->Part())) : fuzz::kHostTarget;
  leg.reserved = naming == 3 ? 1 : 0;
  leg.wide = naming == 4;
  leg.request = Number(input);

  const fuzz::Bytes octets = Incoming(*world, input, at);
  const Exact incoming(octets);
  Descriptor in(input, {static_cast<ULONG>(octets.size()), SECBUFFER_TOKEN, incoming.data()});
  const ULONG room = SizeOfOutput(input);
  const Exact outgoing(room);
  Descriptor out(input, {room, SECBUFFER_TOKEN, outgoing.data()});
  const SecBuffer before = out.token();
  Answer answer;
  const SECURITY_STATUS status =
      Call(&leg, in.get(), out.get(), &answer.attributes, &answer.expiry);
  GSS_SSPI_REQUIRE(IsDocumented(status));

  Held *meant = Find(world, leg.context);
  world->in_step[at / 2] = false;
  if (meant != nullptr) world->in_step[static_cast<size_t>(meant - world->contexts) / 2] = false;
  const SecBuffer &token = out.token();
  const bool allocated = token.pvBuffer != before.pvBuffer;
  if (FAILED(status)) {
    CheckFailure(leg, answer, before, token);
    GSS_SSPI_REQUIRE(Same(fresh, kUntouched));
  } else {
    GSS_SSPI_REQUIRE(leg.context == nullptr ? leg.fresh != nullptr : meant != nullptr);
    GSS_SSPI_REQUIRE(leg.context == nullptr || leg.fresh == nullptr || Same(fresh, *leg.context));
    if (leg.context == nullptr) {
      World::Drop(&held, DeleteSecurityContext);
      held.Hold(fresh, kContexts + 2);
      meant = &held;
    }
    meant->open |= status == SEC_E_OK;
    GSS_SSPI_REQUIRE(allocated || token.cbBuffer <= before.cbBuffer);
    const auto *first = static_cast<const uint8_t *>(token.pvBuffer);
    world->tokens[at].assign(first, first + token.cbBuffer);
  }
  if (allocated) GSS_SSPI_REQUIRE(FreeContextBuffer(token.pvBuffer) == SEC_E_OK);
}

// ---- a whole login -----------------------------------------------------------------------------

struct Way {
  const char *package;
  const char *packages;  // of the identity; null for the ticket
};
constexpr Way kWays[] = {
    {"NTLM", "NTLM"}, {"Negotiate", "NTLM"}, {"Kerberos", nullptr}, {"Negotiate", nullptr}};

CredHandle Right(const Way &way, ULONG use) {
  const auto text = [](const char *value) {
    return reinterpret_cast<unsigned char *>(const_cast<char *>(value));
  };
  SEC_WINNT_AUTH_IDENTITY_EXA identity{};
  identity.Version = SEC_WINNT_AUTH_IDENTITY_VERSION;
  identity.Length = sizeof identity;
  identity.User = text(kUser);
  identity.UserLength = sizeof kUser - 1;
  identity.Domain = text(kDomain);
  identity.DomainLength = sizeof kDomain - 1;
  identity.Password = text(kSecret);
  identity.PasswordLength = sizeof kSecret - 1;
  identity.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI;
  if (way.packages != nullptr) {
    identity.PackageList = text(way.packages);
    identity.PackageListLength = static_cast<ULONG>(std::strlen(way.packages));
  }
  CredHandle credential;
  Must(AcquireCredentialsHandleA(nullptr, const_cast<char *>(way.package), use, nullptr,
                                 way.packages != nullptr ? &identity : nullptr, nullptr, nullptr,
                                 &credential, nullptr));
  return credential;
}

// Flags that no login fails for.
constexpr ULONG kHarmless[] = {
    ISC_REQ_MUTUAL_AUTH, ISC_REQ_REPLAY_DETECT,   ISC_REQ_SEQUENCE_DETECT, ISC_REQ_CONFIDENTIALITY,
    ISC_REQ_INTEGRITY,   ISC_REQ_USE_SESSION_KEY, ISC_REQ_CONNECTION,      ISC_REQ_IDENTIFY,
};

void LogIn(World *world, fuzz::Input *input) {
  const uint8_t choice = input->Choice();
  const size_t pair = choice % (kContexts / 2);
  const Way &way = kWays[choice >> 1 & 3];
  ULONG flags = 0;
  const uint8_t wanted = input->Choice();
  for (size_t i = 0; i < std::size(kHarmless); ++i) flags |= (wanted >> i & 1) * kHarmless[i];
  CredHandle credentials[2] = {Right(way, SECPKG_CRED_OUTBOUND), Right(way, SECPKG_CRED_INBOUND)};
  Held *ends = &world->contexts[2 * pair];
  World::Drop(&ends[0], DeleteSecurityContext);
  World::Drop(&ends[1], DeleteSecurityContext);
  fuzz::Bytes token;
  for (int leg = 0; leg < 10 && !(ends[0].open && ends[1].open); ++leg) {
    const int from = leg & 1;
    Held &end = ends[from];
    SecHandle fresh = kUntouched;
    LegCall call{.accepts = from == 1,
                 .credential = &credentials[from],
                 .context = end.live ? &end.handle : nullptr,
                 .fresh = &fresh,
                 .target = fuzz::kHostTarget,
                 .has_target = true,
                 .wide = (choice & 0x80) != 0,
                 .request = from == 0 ? flags : 0,
                 .reserved = 0};
    const Exact incoming{ByteView(token)}, outgoing(kLargestToken);
    SecBuffer in = {static_cast<ULONG>(token.size()), SECBUFFER_TOKEN, incoming.data()};
    SecBuffer out = {kLargestToken, SECBUFFER_TOKEN, outgoing.data()};
    SecBufferDesc input_list = {SECBUFFER_VERSION, 1, &in}, output = {SECBUFFER_VERSION, 1, &out};
    const SECURITY_STATUS status = Call(&call, &input_list, &output, nullptr, nullptr);
    Must(status);
    if (!end.live) end.Hold(fresh, kContexts + 2);
    GSS_SSPI_REQUIRE(Same(fresh, end.handle));
    end.open = status == SEC_E_OK;
    token.assign(outgoing.data(), outgoing.data() + out.cbBuffer);
    world->tokens[2 * pair + static_cast<size_t>(from)] = token;
  }
  GSS_SSPI_REQUIRE(ends[0].open && ends[1].open);
  // S141: the contexts outlive them.
  for (CredHandle &one : credentials) GSS_SSPI_REQUIRE(FreeCredentialsHandle(&one) == SEC_E_OK);
  world->in_step[pair] = true;
  world->is_ntlm[pair] = way.packages != nullptr;
  SecPkgContext_Flags told;
  Must(QueryContextAttributesA(&ends[0].handle, SECPKG_ATTR_FLAGS, &told));
  world->signs[pair] = (told.Flags & ISC_RET_INTEGRITY) != 0;
}

// ---- messages ----------------------------------------------------------------------------------

// Buffers of a message: of any types and sizes, or as they should be.
class Message {
 public:
  Message(fuzz::Input *input, bool signature) {
    const uint8_t shape = input->Choice();
    is_usual_ = (shape & 0x80) == 0;
    for (int i = 0; i < (shape & 7); ++i) {
      const uint8_t type = input->Choice();
      is_usual_ ? AddData(type, input->Part()) : Add(type, input->Part());
    }
    if (is_usual_ || (shape & 0x40) != 0) {
      const ULONG room = (shape & 0x20) == 0 ? 256 : input->Choice();
      const Exact token(room);
      Push(SECBUFFER_TOKEN, token.span());
      if ((shape & 0x10) != 0) std::swap(buffers_.front(), buffers_.back());
      if (!signature) Push(SECBUFFER_PADDING, Exact(32).span());
    }
    list_ = {SECBUFFER_VERSION, static_cast<ULONG>(buffers_.size()), buffers_.data()};
    if (!is_usual_ && (shape & 0x30) == 0x30) list_.pBuffers = nullptr;
  }
  Message(const Message &) = delete;
  Message &operator=(const Message &) = delete;

  PSecBufferDesc list() { return &list_; }
  bool is_usual() const { return is_usual_; }

  // All octets of buffers of these types, as they are now.
  fuzz::Bytes Octets(bool tokens) const {
    fuzz::Bytes octets;
    for (const SecBuffer &buffer : buffers_) {
      const bool is_data = (buffer.BufferType & ~SECBUFFER_ATTRMASK) == SECBUFFER_DATA;
      if ((!tokens && !is_data) || buffer.pvBuffer == nullptr) continue;
      const auto *first = static_cast<const uint8_t *>(buffer.pvBuffer);
      octets.insert(octets.end(), first, first + buffer.cbBuffer);
    }
    return octets;
  }

  // Turns a bit of the token or of data that are covered; false when there is none.
  bool Flip(size_t place) {
    std::vector<uint8_t *> covered;
    for (const SecBuffer &buffer : buffers_) {
      if ((buffer.BufferType & SECBUFFER_READONLY) != 0 || buffer.pvBuffer == nullptr) continue;
      auto *octets = static_cast<uint8_t *>(buffer.pvBuffer);
      for (ULONG i = 0; i < buffer.cbBuffer; ++i) covered.push_back(octets + i);
    }
    if (covered.empty()) return false;
    *covered[place % covered.size()] ^= 0x10;
    return true;
  }

 private:
  void Push(ULONG type, MutableBytes octets) {
    memory_.push_back(std::make_unique<Exact>(ByteView(octets)));
    buffers_.push_back({static_cast<ULONG>(octets.size()), type, memory_.back()->data()});
  }
  void AddData(uint8_t type, ByteView part) {
    constexpr ULONG kAttributes[] = {0, 0, SECBUFFER_READONLY, SECBUFFER_READONLY_WITH_CHECKSUM};
    Push(SECBUFFER_DATA | kAttributes[type % std::size(kAttributes)], Exact(part).span());
  }
  void Add(uint8_t type, ByteView part) {
    Push((type & 0x0FU) | static_cast<ULONG>(type & 0xC0U) << 24 |
             ((type & 0x20) != 0 ? SECBUFFER_READONLY_WITH_CHECKSUM : 0),
         Exact(part).span());
    if ((type & 0x10) != 0) buffers_.back().pvBuffer = nullptr;
  }

  bool is_usual_;
  std::vector<std::unique_ptr<Exact>> memory_;
  std::vector<SecBuffer> buffers_;
  SecBufferDesc list_{};
};

SECURITY_STATUS Protect(bool signature, SecHandle *context, ULONG qop, PSecBufferDesc list) {
  return signature ? MakeSignature(context, qop, list, 0) : EncryptMessage(context, qop, list, 0);
}
SECURITY_STATUS Unprotect(bool signature, SecHandle *context, PSecBufferDesc list) {
  ULONG qop = 0;
  return signature ? VerifySignature(context, list, 0, &qop)
                   : DecryptMessage(context, list, 0, &qop);
}

// A message from one end to the other, changed on the way or not.
void Send(World *world, fuzz::Input *input) {
  const uint8_t kind = input->Choice();
  const size_t from = kind % kContexts;
  const size_t pair = from / 2;
  const bool signature = (kind & 4) != 0;
  constexpr ULONG kQops[] = {0, 0, SECQOP_WRAP_NO_ENCRYPT, 1};
  const ULONG qop = kQops[kind >> 3 & 3];
  Held &sender = world->contexts[from], &receiver = world->contexts[from ^ 1];
  Message message(input, signature);
  const fuzz::Bytes before = message.Octets(true), text = message.Octets(false);
  SECURITY_STATUS status = Protect(signature, &sender.handle, qop, message.list());
  GSS_SSPI_REQUIRE(IsDocumented(status) && status != SEC_I_CONTINUE_NEEDED);
  GSS_SSPI_REQUIRE(sender.live || status == SEC_E_INVALID_HANDLE);
  if (status != SEC_E_OK) {
    // Nothing is written, and the number is still free.
    if (message.is_usual()) GSS_SSPI_REQUIRE(message.Octets(true) == before);
    return;
  }
  const bool right = sender.open && receiver.open && world->in_step[pair] && message.is_usual();
  world->in_step[pair] = right;
  const bool is_ntlm = world->is_ntlm[pair];
  const bool proves = !is_ntlm || world->signs[pair];
  const size_t place = Number(input);
  const bool changed = (kind & 0x80) != 0 && message.Flip(place);
  const fuzz::Bytes arrived = message.Octets(true);
  status = Unprotect(signature, &receiver.handle, message.list());
  GSS_SSPI_REQUIRE(IsDocumented(status) && status != SEC_I_CONTINUE_NEEDED);
  if (!right) return;
  if (!proves) {
    GSS_SSPI_REQUIRE(status != SEC_E_OK);  // N363
    return;
  }
  if (changed && status != SEC_E_OK) {
    world->in_step[pair] = is_ntlm;
    if (!is_ntlm) return;
    // N366: a refusal changes nothing, and the right one is still taken.
    GSS_SSPI_REQUIRE(message.Octets(true) == arrived);
    message.Flip(place);
    status = Unprotect(signature, &receiver.handle, message.list());
  } else {
    GSS_SSPI_REQUIRE(!changed);
  }
  Must(status);
  GSS_SSPI_REQUIRE(message.Octets(false) == text);
  fuzz::Reach();
}

// Octets that nobody protected, in a list of any shape.
void Receive(World *world, fuzz::Input *input) {
  const uint8_t kind = input->Choice();
  Held &held = world->contexts[kind % kContexts];
  SecHandle copy;
  SecHandle *handle = Odd(input, &held, world->credentials[0], &copy);
  Message message(input, (kind & 4) != 0);
  const SECURITY_STATUS status = Unprotect((kind & 4) != 0, handle, message.list());
  GSS_SSPI_REQUIRE(IsDocumented(status) && status != SEC_I_CONTINUE_NEEDED);
  GSS_SSPI_REQUIRE(status != SEC_E_OK);
  if (const Held *meant = Find(world, handle)) {
    const auto pair = static_cast<size_t>(meant - world->contexts) / 2;
    world->in_step[pair] = world->in_step[pair] && world->is_ntlm[pair];
  }
}

// ---- what else can be done with a handle -------------------------------------------------------

void Query(World *world, fuzz::Input *input) {
  const uint8_t choice = input->Choice();
  SecHandle copy;
  SecHandle *handle =
      Odd(input, &world->contexts[choice % kContexts], world->credentials[0], &copy);
  const ULONG attribute = (choice & 0x40) != 0 ? Number(input) : input->Choice() % 48U;
  const ULONG size = (choice & 0x20) != 0 ? input->Choice() : 256U;
  const bool is_ex = (choice & 0x20) != 0;
  const Exact room(size);
  std::fill(room.span().begin(), room.span().end(), uint8_t{0x55});
  const fuzz::Bytes before(room.span().begin(), room.span().end());
  const auto query = (choice & 0x10) != 0 ? QueryContextAttributesW : QueryContextAttributesA;
  const auto query_ex =
      (choice & 0x10) != 0 ? QueryContextAttributesExW : QueryContextAttributesExA;
  const SECURITY_STATUS status = is_ex ? query_ex(handle, attribute, room.data(), size)
                                       : query(handle, attribute, room.data());
  GSS_SSPI_REQUIRE(IsDocumented(status) && status != SEC_I_CONTINUE_NEEDED);
  if (status != SEC_E_OK) {
    GSS_SSPI_REQUIRE(std::ranges::equal(room.span(), before));
    return;
  }
  GSS_SSPI_REQUIRE(Find(world, handle) != nullptr);
  // L12: what is no memory of the library is left alone, so each word may be one.
  for (size_t at = 0; at + sizeof(void *) <= size; at += sizeof(void *)) {
    void *word = nullptr;
    std::memcpy(&word, room.data() + at, sizeof word);
    GSS_SSPI_REQUIRE(FreeContextBuffer(word) == SEC_E_OK);
  }
  if (attribute == SECPKG_ATTR_ACCESS_TOKEN) {
    SecPkgContext_AccessToken token;
    std::memcpy(&token, room.data(), sizeof token);
    GSS_SSPI_REQUIRE(SspiCloseToken(token.AccessToken) == SEC_E_OK);
  }
}

void End(World *world, fuzz::Input *input) {
  const uint8_t choice = input->Choice();
  const bool is_context = (choice & 0x80) != 0;
  Held &held =
      is_context ? world->contexts[choice % kContexts] : world->credentials[choice % kCredentials];
  const Held &other = is_context ? world->credentials[0] : world->contexts[0];
  SecHandle copy;
  SecHandle *handle = Odd(input, &held, other, &copy);
  const auto end = is_context ? DeleteSecurityContext : FreeCredentialsHandle;
  Held *all = is_context ? world->contexts : world->credentials;
  bool means = false;
  for (size_t i = 0; i < kContexts; ++i) {
    if (!Means(all[i], handle)) continue;
    means = true;
    all[i].live = all[i].open = false;
  }
  GSS_SSPI_REQUIRE(end(handle) == (means ? SEC_E_OK : SEC_E_INVALID_HANDLE));
  GSS_SSPI_REQUIRE(end(handle) == SEC_E_INVALID_HANDLE);
}

// What needs nothing but a handle.
void Touch(World *world, fuzz::Input *input) {
  const uint8_t choice = input->Choice();
  SecHandle copy;
  SecHandle *handle =
      Odd(input, &world->contexts[choice % kContexts], world->credentials[0], &copy);
  const bool means = Find(world, handle) != nullptr;
  const auto done = means ? SEC_E_OK : SEC_E_INVALID_HANDLE;
  GSS_SSPI_REQUIRE(CompleteAuthToken(handle, nullptr) == done);
  GSS_SSPI_REQUIRE(ApplyControlToken(handle, nullptr) ==
                   (means ? SEC_E_UNSUPPORTED_FUNCTION : SEC_E_INVALID_HANDLE));
  void *token = world;
  const SECURITY_STATUS status = QuerySecurityContextToken(handle, &token);
  GSS_SSPI_REQUIRE(IsDocumented(status) && (status == SEC_E_OK) == (token != nullptr));
  if (token != nullptr) GSS_SSPI_REQUIRE(SspiCloseToken(token) == SEC_E_OK);
  // Hardly any client of these has an account of this host.
  const SECURITY_STATUS became = ImpersonateSecurityContext(handle);
  GSS_SSPI_REQUIRE(became == done || (means && became == SEC_E_NO_IMPERSONATION));
  GSS_SSPI_REQUIRE(RevertSecurityContext(handle) == done);
}

// To another place by way of octets. Those of a mechanism are keys, so only what is ours is
// changed.
void Move(World *world, fuzz::Input *input) {
  constexpr size_t kOurHeader = 16;
  const uint8_t choice = input->Choice();
  Held &held = world->contexts[choice % kContexts];
  const ULONG flags = (choice & 0x10) != 0 ? SECPKG_CONTEXT_EXPORT_DELETE_OLD : choice >> 5;
  SecBuffer packed = {1, 2, nullptr};
  SECURITY_STATUS status = ExportSecurityContext(&held.handle, flags, &packed, nullptr);
  GSS_SSPI_REQUIRE(IsDocumented(status) && status != SEC_I_CONTINUE_NEEDED);
  if (status != SEC_E_OK) {
    GSS_SSPI_REQUIRE(packed.pvBuffer == nullptr && packed.cbBuffer == 1);
    return;
  }
  GSS_SSPI_REQUIRE(held.open);
  if (flags != 0) {
    GSS_SSPI_REQUIRE(DeleteSecurityContext(&held.handle) == SEC_E_INVALID_HANDLE);
    held.live = held.open = false;
  }
  const uint8_t place = input->Choice();
  auto *octets = static_cast<uint8_t *>(packed.pvBuffer);
  const Exact copy(ByteView(octets, packed.cbBuffer));
  GSS_SSPI_REQUIRE(FreeContextBuffer(packed.pvBuffer) == SEC_E_OK);
  if (place < kOurHeader) copy.data()[place] ^= 1;
  SecBuffer moved = {packed.cbBuffer, SECBUFFER_TOKEN, copy.data()};
  if (place >= 0x80 && place < 0xC0) moved.cbBuffer = (place - 0x80U) % (moved.cbBuffer + 1);
  SecHandle fresh = kUntouched;
  status = ImportSecurityContextA(const_cast<char *>(kPackages[input->Choice() % 4]), &moved,
                                  nullptr, &fresh);
  GSS_SSPI_REQUIRE(IsDocumented(status) && status != SEC_I_CONTINUE_NEEDED);
  if (status != SEC_E_OK) {
    GSS_SSPI_REQUIRE(Same(fresh, kUntouched));
    return;
  }
  World::Drop(&held, DeleteSecurityContext);
  held.Hold(fresh, kContexts + 2);
  held.open = true;
}

void Packages(World * /*world*/, fuzz::Input *input) {
  ULONG count = 0;
  SecPkgInfoW *all = nullptr;
  GSS_SSPI_REQUIRE(EnumerateSecurityPackagesW(&count, &all) == SEC_E_OK && count == 3);
  GSS_SSPI_REQUIRE(FreeContextBuffer(all) == SEC_E_OK);
  GSS_SSPI_REQUIRE(FreeContextBuffer(all) == SEC_E_OK);
  const std::string name(AsText(input->Part()));
  SecPkgInfoA *info = nullptr;
  const SECURITY_STATUS status = QuerySecurityPackageInfoA(const_cast<char *>(name.c_str()), &info);
  GSS_SSPI_REQUIRE(status == SEC_E_OK ? info != nullptr : status == SEC_E_SECPKG_NOT_FOUND);
  GSS_SSPI_REQUIRE(status == SEC_E_OK || info == nullptr);
  GSS_SSPI_REQUIRE(FreeContextBuffer(info) == SEC_E_OK);
}

constexpr void (*kSteps[])(World *, fuzz::Input *) = {
    LogIn, Send, Send,  Receive, Acquire,         Leg,      Leg,
    Query, End,  Touch, Move,    QueryCredential, Packages,
};

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::PrepareHost();
  World world;
  fuzz::Input input(data, size);
  for (int steps = 0; steps < 24 && !input.rest().empty(); ++steps) {
    kSteps[input.Choice() % std::size(kSteps)](&world, &input);
  }
  return 0;
}
