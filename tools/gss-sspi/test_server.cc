// SPDX-License-Identifier: MIT
// gss-sspi test server: accepts logins and tells who came how.
#include <cstdio>

#include "command.h"
#include "test_channel.h"
#include "test_http.h"
#include "test_session.h"

namespace gss_sspi::tools {
namespace {

constexpr char kIndent[] = "  ";
constexpr std::string_view kSchemes[] = {"Negotiate", "NTLM"};

struct Settings {
  bool http = false;
  bool once = false;
  std::string mech = "any";
  std::string address = "127.0.0.1";
  std::string port = "0";
  unsigned timeout = 30;
};

Settings ParseSettings(const Arguments &arguments) {
  Settings settings;
  std::optional<std::string> mech;
  std::optional<std::string> address;
  std::optional<std::string> port;
  std::optional<std::string> timeout;
  Options()
      .Flag("--http", &settings.http)
      .Flag("--once", &settings.once)
      .Value("--mech", &mech)
      .Value("--bind", &address)
      .Value("--port", &port)
      .Value("--timeout", &timeout)
      .Parse(arguments, 0);
  settings.mech = mech.value_or(settings.mech);
  settings.address = address.value_or(settings.address);
  if (port) settings.port = std::to_string(ParseNumber(*port, "--port", 0, 65535));
  if (timeout) {
    settings.timeout = static_cast<unsigned>(ParseNumber(*timeout, "--timeout", 1, 86400));
  }
  return settings;
}

void PrintLogin(const AcceptorSession &session) {
  std::printf("%slogged in\n", kIndent);
  session.PrintClient(kIndent);
  session.PrintContext(kIndent);
}

// ---- frames over TCP
// -----------------------------------------------------------------------------

void Handshake(Socket *socket, AcceptorSession *session) {
  while (!session->done()) {
    const Frame frame = ReceiveFrame(socket);
    if (frame.type == FrameType::kError) throw Failure("the client refuses: " + frame.body);
    if (frame.type != FrameType::kToken) throw Failure("the client sent no token");
    const std::string token = session->Step(frame.body);
    if (!token.empty()) SendFrame(socket, FrameType::kToken, token);
  }
}

void AnswerMessage(Socket *socket, AcceptorSession *session) {
  const Frame frame = ReceiveFrame(socket);
  if (frame.type == FrameType::kNoMessage) return;
  if (frame.type != FrameType::kMessage) throw Failure("the client sent no message");
  bool sealed = false;
  const std::string message = session->Unwrap(frame.body, &sealed);
  std::printf("%smessage: %zu octets, %s\n", kIndent, message.size(), sealed ? "sealed" : "signed");
  SendFrame(socket, FrameType::kMessage, session->Wrap(message));
}

bool ServeTcp(Socket *socket, const Credential &credential) {
  AcceptorSession session(&credential);
  try {
    Handshake(socket, &session);
  } catch (const Refused &refused) {
    // The text says more than the token that there may be.
    SendFrame(socket, FrameType::kError, refused.what());
    throw;
  }
  PrintLogin(session);
  SendFrame(socket, FrameType::kDone, session.identity());
  AnswerMessage(socket, &session);
  return true;
}

// ---- HTTP
// ----------------------------------------------------------------------------------------

std::string Response(const std::string &status, const std::string &headers, const std::string &body,
                     bool last) {
  return "HTTP/1.1 " + status + "\r\n" + headers + "Content-Type: text/plain; charset=utf-8\r\n" +
         (last ? "Connection: close\r\n" : "") + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::string AuthenticateHeader(std::string_view scheme, const std::string &token) {
  std::string header = "WWW-Authenticate: " + std::string(scheme);
  if (!token.empty()) header += " " + ToBase64(AsBytes(token));
  return header + "\r\n";
}

std::string Offer(const std::string &mech) {
  std::string headers;
  if (mech != "ntlm") headers += AuthenticateHeader("Negotiate", "");
  if (mech == "ntlm" || mech == "any") headers += AuthenticateHeader("NTLM", "");
  return headers;
}

struct Credentials {
  std::string_view scheme;
  std::string token;
};

std::optional<Credentials> FindCredentials(const HttpHead &head) {
  for (const std::string_view scheme : kSchemes) {
    if (const auto token = head.FindToken("Authorization", scheme))
      return Credentials{scheme, *token};
  }
  return std::nullopt;
}

// One leg. True when the client is logged in.
bool Answer(Socket *socket, const Credentials &given, AcceptorSession *session) {
  std::string token;
  try {
    token = session->Step(given.token);
  } catch (const Refused &refused) {
    const std::string header =
        refused.token.empty() ? "" : AuthenticateHeader(given.scheme, refused.token);
    socket->Send(Response("401 Unauthorized", header, refused.what() + std::string("\n"), true));
    throw;
  }
  const std::string header =
      token.empty() && session->done() ? "" : AuthenticateHeader(given.scheme, token);
  if (!session->done()) {
    socket->Send(Response("401 Unauthorized", header, "", false));
    return false;
  }
  socket->Send(Response("200 OK", header, "You are " + session->identity() + "\n", true));
  PrintLogin(*session);
  return true;
}

// False when the client leaves without a login.
bool ServeHttp(Socket *socket, const Credential &credential, const std::string &mech) {
  HttpReader reader(socket);
  AcceptorSession session(&credential);
  while (const auto head = reader.ReadHead()) {
    reader.SkipBody(*head, false);
    const auto given = FindCredentials(*head);
    if (!given) {
      socket->Send(Response("401 Unauthorized", Offer(mech), "Please log in\n", false));
    } else if (Answer(socket, *given, &session)) {
      return true;
    }
  }
  return false;
}

// Nothing when the client did not try to log in.
std::optional<bool> Serve(Socket socket, const Settings &settings, const Credential &credential) {
  std::printf("client %s\n", socket.peer().c_str());
  std::optional<bool> result;
  try {
    const bool tried = settings.http ? ServeHttp(&socket, credential, settings.mech)
                                     : ServeTcp(&socket, credential);
    if (tried) result = true;
  } catch (const Failure &failure) {
    std::printf("%srefused: %s\n", kIndent, Printable(failure.what()).c_str());
    result = false;
  }
  std::fflush(stdout);
  return result;
}

}  // namespace

ExitCode RunTestServer(const Arguments &arguments) {
  const Settings settings = ParseSettings(arguments);
  const Credential credential = AcquireAcceptor(settings.mech);
  Listener listener(settings.address, settings.port);
  std::printf("listening on %s\n", listener.where().c_str());
  std::fflush(stdout);
  while (true) {
    const auto result = Serve(listener.Accept(settings.timeout), settings, credential);
    if (settings.once && result) return *result ? kGood : kBad;
  }
}

}  // namespace gss_sspi::tools
