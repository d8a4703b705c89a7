// SPDX-License-Identifier: MIT
#include "test_channel.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>

#include "command.h"

namespace gss_sspi::tools {
namespace {

constexpr size_t kMaxFrame = size_t{1} << 17;  // octets; a token has at most 2^16

[[noreturn]] void FailWithErrno(const std::string &what) {
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINPROGRESS) {
    throw Failure(what + ": the other side did not answer in time");
  }
  throw Failure(what + ": " + std::strerror(errno));
}

std::string AddressText(const sockaddr_storage &address, socklen_t size, const char *between) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (getnameinfo(reinterpret_cast<const sockaddr *>(&address), size, host, sizeof host, port,
                  sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "an unknown address";
  }
  return std::string(host) + between + port;
}

// Tries `use` on a new socket for each address until it is true; gives that socket.
int FirstSocket(const std::string &host, const std::string &port, int flags,
                const std::function<bool(int, const addrinfo &)> &use) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo *found = nullptr;
  const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) throw Failure(host + ": " + gai_strerror(error));
  int descriptor = -1;
  for (const addrinfo *address = found; address != nullptr; address = address->ai_next) {
    descriptor = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, 0);
    if (descriptor < 0) continue;
    if (use(descriptor, *address)) break;
    const int kept = errno;
    close(descriptor);
    errno = kept;
    descriptor = -1;
  }
  freeaddrinfo(found);
  if (descriptor < 0) FailWithErrno(host + " port " + port);
  return descriptor;
}

void SetTimeLimits(int descriptor, unsigned seconds) {
  const timeval limit{static_cast<time_t>(seconds), 0};
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    setsockopt(descriptor, SOL_SOCKET, option, &limit, sizeof limit);
  }
}

}  // namespace

Socket::Socket(int descriptor, unsigned timeout_seconds) : descriptor_(descriptor) {
  SetTimeLimits(descriptor, timeout_seconds);
}

Socket::~Socket() {
  if (descriptor_ >= 0) close(descriptor_);
}

Socket Socket::Connect(const std::string &host, const std::string &port, unsigned timeout_seconds) {
  const auto use = [&](int descriptor, const addrinfo &address) {
    SetTimeLimits(descriptor, timeout_seconds);
    return connect(descriptor, address.ai_addr, address.ai_addrlen) == 0;
  };
  return Socket(FirstSocket(host, port, 0, use), timeout_seconds);
}

void Socket::Send(std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t sent = send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) FailWithErrno("sending");
    octets.remove_prefix(static_cast<size_t>(sent));
  }
}

std::string Socket::ReceiveSome(size_t most) {
  std::string octets(most, '\0');
  ssize_t got;
  do {
    got = recv(descriptor_, octets.data(), octets.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0) FailWithErrno("receiving");
  octets.resize(static_cast<size_t>(got));
  return octets;
}

std::string Socket::ReceiveExactly(size_t size) {
  std::string octets;
  while (octets.size() < size) {
    const std::string more = ReceiveSome(size - octets.size());
    if (more.empty()) throw Failure("the other side closed the connection");
    octets += more;
  }
  return octets;
}

std::string Socket::peer() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getpeername(descriptor_, reinterpret_cast<sockaddr *>(&address), &size);
  return AddressText(address, size, " port ");
}

Listener::Listener(const std::string &address, const std::string &port) {
  const auto use = [](int descriptor, const addrinfo &info) {
    const int on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return bind(descriptor, info.ai_addr, info.ai_addrlen) == 0 && listen(descriptor, 5) == 0;
  };
  descriptor_ = FirstSocket(address, port, AI_PASSIVE, use);
}

Listener::~Listener() { close(descriptor_); }

std::string Listener::where() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(descriptor_, reinterpret_cast<sockaddr *>(&address), &size);
  return AddressText(address, size, " port ");
}

Socket Listener::Accept(unsigned timeout_seconds) {
  while (true) {
    const int descriptor = accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor >= 0) return Socket(descriptor, timeout_seconds);
    if (errno != EINTR && errno != ECONNABORTED) FailWithErrno("accept");
  }
}

void SendFrame(Socket *socket, FrameType type, std::string_view body) {
  std::string frame(1, static_cast<char>(type));
  for (int shift = 24; shift >= 0; shift -= 8) {
    frame += static_cast<char>(body.size() >> shift & 0xff);
  }
  frame += body;
  socket->Send(frame);
}

Frame ReceiveFrame(Socket *socket) {
  const std::string head = socket->ReceiveExactly(5);
  size_t size = 0;
  for (const char octet : head.substr(1)) size = size << 8 | static_cast<uint8_t>(octet);
  if (size > kMaxFrame) {
    throw Failure("the other side sends no frames of gss-sspi; is --http right on both sides?");
  }
  return {static_cast<FrameType>(head[0]), socket->ReceiveExactly(size)};
}

}  // namespace gss_sspi::tools
