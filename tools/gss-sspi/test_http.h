// SPDX-License-Identifier: MIT
// As much of HTTP/1.1 (RFC 9112) and of Negotiate (RFC 4559) as a login needs.
#ifndef GSS_SSPI_TOOLS_TEST_HTTP_H_
#define GSS_SSPI_TOOLS_TEST_HTTP_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test_channel.h"

namespace gss_sspi::tools {

struct HttpHead {
  std::string start_line;
  std::vector<std::pair<std::string, std::string>> headers;

  // The first header of that name; empty when there is none.
  std::string Find(std::string_view name) const;
  // The token of a header like `Negotiate TOKEN`; nothing when no such header has the scheme. A
  // scheme without token gives an empty one.
  std::optional<std::string> FindToken(std::string_view header, std::string_view scheme) const;
};

// Reads heads and bodies one after the other.
class HttpReader {
 public:
  explicit HttpReader(Socket *socket) : socket_(socket) {}

  // Nothing when the other side closed the connection in front of a head.
  std::optional<HttpHead> ReadHead();
  // Reads the body that belongs to `head` and drops it. `to_the_end`: without a length, it is all
  // up to the end of the stream, as in responses.
  void SkipBody(const HttpHead &head, bool to_the_end);

 private:
  bool Fill();
  std::string ReadLine();
  void Skip(size_t size);

  Socket *const socket_;
  std::string received_;
};

}  // namespace gss_sspi::tools

#endif  // GSS_SSPI_TOOLS_TEST_HTTP_H_
