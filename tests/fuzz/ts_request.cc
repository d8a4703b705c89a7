// SPDX-License-Identifier: MIT
// A TSRequest that is taken says the same when it is built again, in no more octets; its size is
// known from its header on; and behind it may be another.
#include "credssp/ts_request.h"

#include "fuzz.h"

namespace {

using namespace gss_sspi;           // NOLINT
using namespace gss_sspi::credssp;  // NOLINT

constexpr std::optional<ByteView> TsRequest::*kViews[] = {
    &TsRequest::nego_token,
    &TsRequest::auth_info,
    &TsRequest::pub_key_auth,
    &TsRequest::client_nonce,
};

bool Same(const TsRequest &a, const TsRequest &b) {
  for (const auto view : kViews) {
    if ((a.*view).has_value() != (b.*view).has_value()) return false;
    if ((a.*view).has_value() && !Equal(*(a.*view), *(b.*view))) return false;
  }
  return a.version == b.version && a.error_code == b.error_code;
}

// C11, C152: from the octet on that ends its header, the size is known, and it is the same.
void CheckSize(ByteView input) {
  constexpr size_t kLongestHeader = 6;
  const auto whole = TsRequest::SizeAt(input);
  const size_t announced = whole ? *whole : 0;
  GSS_SSPI_REQUIRE(announced <= TsRequest::kMostOctets);
  bool known = false;
  bool refused = false;
  for (size_t size = 0; size <= input.size() && size <= kLongestHeader; ++size) {
    const auto at = TsRequest::SizeAt(input.first(size));
    GSS_SSPI_REQUIRE(at || at.error().status == Status::kCredsspDefectiveToken);
    // Nothing that was said is taken back.
    GSS_SSPI_REQUIRE(!refused || !at);
    GSS_SSPI_REQUIRE(!known || (at && *at == announced));
    refused = !at;
    known = at && *at != 0;
  }
  GSS_SSPI_REQUIRE(refused == !whole && known == (announced != 0));
}

void CheckBuiltAgain(const TsRequest &request, size_t size) {
  const auto built = request.Build();
  GSS_SSPI_REQUIRE(built && built->size() <= size);
  const auto again = TsRequest::Parse(built->view());
  GSS_SSPI_REQUIRE(again && Same(*again, request));
  const auto canonical = again->Build();
  GSS_SSPI_REQUIRE(canonical && Equal(canonical->view(), built->view()));
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const ByteView input(data, size);
  CheckSize(input);
  // What a stream would give: the message at its front.
  const auto front = TsRequest::SizeAt(input);
  const auto parsed = TsRequest::Parse(input);
  if (!parsed) {
    GSS_SSPI_REQUIRE(parsed.error().status == Status::kCredsspDefectiveToken);
    if (front && *front != 0 && *front < size) {
      return LLVMFuzzerTestOneInput(data, *front);
    }
    return 0;
  }
  GSS_SSPI_REQUIRE(front && *front == size);
  GSS_SSPI_REQUIRE(parsed->version >= kLeastVersion);
  bool any = false;
  for (const auto view : kViews) {
    if (!((*parsed).*view)) continue;
    fuzz::Visit(input, *((*parsed).*view));
    any = true;
  }
  GSS_SSPI_REQUIRE(!parsed->nego_token || !parsed->nego_token->empty());  // C10
  GSS_SSPI_REQUIRE(parsed->error_code == 0 || !any);                      // C9
  if (any) fuzz::Reach();
  CheckBuiltAgain(*parsed, size);
  return 0;
}
