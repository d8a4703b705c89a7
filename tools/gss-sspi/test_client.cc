// SPDX-License-Identifier: MIT
// gss-sspi test client: logs in and tells how.
#include <cstdio>

#include "command.h"
#include "password.h"
#include "test_channel.h"
#include "test_http.h"
#include "test_session.h"

namespace gss_sspi::tools {
namespace {

constexpr std::string_view kMessage = "gss-sspi test: one message, there and back";
constexpr int kMaxLegs = 10;

struct Settings {
  bool http = false;
  std::string host, port;
  std::string path = "/";
  std::string scheme = "Negotiate";
  unsigned timeout = 30;
  InitiatorSettings login;
};

// "host", "host:port", "[v6]:port".
void ParseHost(const std::string &text, Settings *settings) {
  const size_t bracket = text.starts_with('[') ? text.find(']') : std::string::npos;
  const size_t colon = text.find(':', bracket == std::string::npos ? 0 : bracket);
  settings->host =
      bracket == std::string::npos ? text.substr(0, colon) : text.substr(1, bracket - 1);
  if (colon != std::string::npos) {
    settings->port = std::to_string(ParseNumber(text.substr(colon + 1), "the port", 1, 65535));
  } else if (settings->http) {
    settings->port = "80";
  } else {
    throw UsageError("the port is missing: HOST:PORT");
  }
  if (settings->host.empty()) throw UsageError("the host is missing");
}

// "service/host" as libgssapi has it, service@host.
std::string TargetOf(const std::string &spn) {
  std::string target = spn;
  const size_t slash = target.find('/');
  if (slash != std::string::npos && target.find('@') == std::string::npos) target[slash] = '@';
  return target;
}

Settings ParseSettings(const Arguments &arguments) {
  Settings settings;
  bool from_stdin = false;
  std::optional<std::string> mech;
  std::optional<std::string> path;
  std::optional<std::string> target;
  std::optional<std::string> timeout;
  const auto operands = Options()
                            .Flag("--http", &settings.http)
                            .Flag("--stdin", &from_stdin)
                            .Value("--mech", &mech)
                            .Value("--path", &path)
                            .Value("--user", &settings.login.user)
                            .Value("--target", &target)
                            .Value("--timeout", &timeout)
                            .Parse(arguments, 1);
  if (operands.empty()) throw UsageError("the host is missing");
  if (from_stdin && !settings.login.user) throw UsageError("--stdin needs --user");
  if (path && !settings.http) throw UsageError("--path needs --http");
  ParseHost(operands[0], &settings);
  settings.path = path.value_or(settings.path);
  if (!settings.path.starts_with('/') ||
      settings.path.find_first_of(" \r\n") != std::string::npos) {
    throw UsageError("--path begins with '/' and has no blanks");
  }
  settings.login.mech = MechOf(mech.value_or("spnego"));
  if (mech == "ntlm") settings.scheme = "NTLM";
  const std::string service = settings.http ? "HTTP" : "host";
  settings.login.target = TargetOf(target.value_or(service + "@" + settings.host));
  if (timeout) {
    settings.timeout = static_cast<unsigned>(ParseNumber(*timeout, "--timeout", 1, 86400));
  }
  if (from_stdin) settings.login.password = ReadPassword("", true);
  return settings;
}

void PrintLogin(const Settings &settings, const InitiatorSession &session) {
  std::printf("logged in to %s\n", settings.login.target.c_str());
  session.PrintContext("");
}

// ---- frames over TCP
// -----------------------------------------------------------------------------

// Who the server says we are.
std::string Handshake(Socket *socket, InitiatorSession *session) {
  SendFrame(socket, FrameType::kToken, session->Step(""));
  while (true) {
    const Frame frame = ReceiveFrame(socket);
    if (frame.type == FrameType::kError)
      throw Failure("the server refuses: " + Printable(frame.body));
    if (frame.type == FrameType::kDone) {
      if (!session->done()) throw Failure("the server is done before the login is");
      return frame.body;
    }
    if (frame.type != FrameType::kToken) throw Failure("the server sent no token");
    if (session->done()) throw Failure("the server sent a token after the login");
    const std::string token = session->Step(frame.body);
    if (!token.empty()) SendFrame(socket, FrameType::kToken, token);
  }
}

void ExchangeMessages(Socket *socket, InitiatorSession *session) {
  if (!session->protects()) {
    SendFrame(socket, FrameType::kNoMessage, "");
    std::printf("message: none, the context protects none\n");
    return;
  }
  SendFrame(socket, FrameType::kMessage, session->Wrap(kMessage));
  const Frame frame = ReceiveFrame(socket);
  if (frame.type == FrameType::kError) throw Failure("the server says: " + Printable(frame.body));
  bool sealed = false;
  if (frame.type != FrameType::kMessage || session->Unwrap(frame.body, &sealed) != kMessage) {
    throw Failure("another message came back");
  }
  std::printf("message: there and back, %s\n", sealed ? "sealed" : "signed");
}

void RunTcp(const Settings &settings, Socket *socket, InitiatorSession *session) {
  std::string identity;
  try {
    identity = Handshake(socket, session);
  } catch (const Refused &refused) {
    SendFrame(socket, FrameType::kError, refused.what());
    throw;
  }
  PrintLogin(settings, *session);
  std::printf("identity: %s\n", Printable(identity).c_str());
  ExchangeMessages(socket, session);
}

// ---- HTTP
// ----------------------------------------------------------------------------------------

std::string Request(const Settings &settings, const std::string &token) {
  const std::string host =
      settings.port == "80" ? settings.host : settings.host + ":" + settings.port;
  return "GET " + settings.path + " HTTP/1.1\r\nHost: " + host +
         "\r\nUser-Agent: gss-sspi\r\nAccept: */*\r\nAuthorization: " + settings.scheme + " " +
         ToBase64(AsBytes(token)) + "\r\n\r\n";
}

struct HttpReply {
  std::string status;  // "401 Unauthorized"
  std::optional<std::string> token;
  bool unauthorized() const { return status.starts_with("401"); }
};

HttpReply Ask(const Settings &settings, const std::string &token, Socket *socket,
              HttpReader *reader) {
  socket->Send(Request(settings, token));
  const auto head = reader->ReadHead();
  if (!head) throw Failure("the server closed the connection without an answer");
  const size_t blank = head->start_line.find(' ');
  if (!head->start_line.starts_with("HTTP/1.") || blank == std::string::npos) {
    throw Failure("the server does not speak HTTP/1.1");
  }
  HttpReply reply{head->start_line.substr(blank + 1),
                  head->FindToken("WWW-Authenticate", settings.scheme)};
  if (reply.unauthorized()) reader->SkipBody(*head, true);
  return reply;
}

// A token that comes with a refusal says less than the status.
std::string Advance(InitiatorSession *session, const HttpReply &reply) {
  try {
    return session->Step(*reply.token);
  } catch (const Refused &refused) {
    if (!reply.unauthorized()) throw;
    throw Failure("the server refuses: " + Printable(reply.status) +
                  ", and its token gives: " + refused.what());
  }
}

// The login is complete when the server no longer says 401.
void RunHttp(const Settings &settings, Socket *socket, InitiatorSession *session) {
  HttpReader reader(socket);
  std::string token = session->Step("");
  HttpReply reply;
  for (int leg = 0; leg < kMaxLegs; ++leg) {
    reply = Ask(settings, token, socket, &reader);
    const bool has_token = reply.token && !reply.token->empty();
    if (has_token && !session->done()) token = Advance(session, reply);
    if (!reply.unauthorized()) break;
    if (!has_token || token.empty()) {
      throw Failure("the server refuses: " + Printable(reply.status));
    }
  }
  if (reply.unauthorized()) throw Failure("the login does not come to an end");
  if (!session->done()) {
    throw Failure("the server asks for no login here: " + Printable(reply.status));
  }
  PrintLogin(settings, *session);
  std::printf("status: %s\n", Printable(reply.status).c_str());
}

}  // namespace

ExitCode RunTestClient(const Arguments &arguments) {
  const Settings settings = ParseSettings(arguments);
  InitiatorSession session(settings.login);
  Socket socket = Socket::Connect(settings.host, settings.port, settings.timeout);
  settings.http ? RunHttp(settings, &socket, &session) : RunTcp(settings, &socket, &session);
  return kGood;
}

}  // namespace gss_sspi::tools
