// SPDX-License-Identifier: MIT
// TCP with time limits, and the frames in which `test server' and `test client' talk.
#ifndef GSS_SSPI_TOOLS_TEST_CHANNEL_H_
#define GSS_SSPI_TOOLS_TEST_CHANNEL_H_

#include <cstdint>
#include <string>
#include <utility>

#include "text_util.h"

namespace gss_sspi::tools {

// Everything throws Failure, also when the time is over.
class Socket {
 public:
  Socket(int descriptor, unsigned timeout_seconds);
  Socket(Socket &&other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket &operator=(Socket &&) = delete;
  ~Socket();

  static Socket Connect(const std::string &host, const std::string &port, unsigned timeout_seconds);

  void Send(std::string_view octets);
  // What is there, at most `most` octets; nothing at the end of the stream.
  std::string ReceiveSome(size_t most);
  std::string ReceiveExactly(size_t size);
  // Address and port of the peer.
  std::string peer() const;

 private:
  int descriptor_;
};

class Listener {
 public:
  // Port 0 is any that is free.
  Listener(const std::string &address, const std::string &port);
  Listener(const Listener &) = delete;
  Listener &operator=(const Listener &) = delete;
  ~Listener();

  // "127.0.0.1 port 4711".
  std::string where() const;
  Socket Accept(unsigned timeout_seconds);

 private:
  int descriptor_ = -1;
};

// One octet of type, four of length, big-endian, and so many octets.
enum class FrameType : char {
  kToken = 'T',      // of GSSAPI
  kDone = 'D',       // from the server: the login is complete; who the client is, as text
  kMessage = 'M',    // wrapped
  kNoMessage = 'N',  // from the client: the context protects no messages
  kError = 'E',      // text
};
struct Frame {
  FrameType type;
  std::string body;
};
void SendFrame(Socket *socket, FrameType type, std::string_view body);
Frame ReceiveFrame(Socket *socket);

}  // namespace gss_sspi::tools

#endif  // GSS_SSPI_TOOLS_TEST_CHANNEL_H_
