// SPDX-License-Identifier: MIT
#include "der.h"

#include <cstdlib>

namespace badpeer {

Octets Hex(const char *digits) {
  Octets octets;
  for (; digits[0] != '\0' && digits[1] != '\0'; digits += 2) {
    const char pair[] = {digits[0], digits[1], '\0'};
    octets += static_cast<char>(strtoul(pair, nullptr, 16));
  }
  return octets;
}

Octets Tlv(unsigned tag, const Octets &content, unsigned length_octets) {
  Octets length;
  for (size_t rest = content.size(); rest != 0; rest >>= 8) {
    length.insert(length.begin(), static_cast<char>(rest));
  }
  const bool is_short = length_octets == 0 && content.size() < 0x80;
  if (is_short) length.assign(1, static_cast<char>(content.size()));
  while (length.size() < length_octets) length.insert(length.begin(), '\0');
  Octets element(1, static_cast<char>(tag));
  if (!is_short) element += static_cast<char>(0x80 | length.size());
  return element + length + content;
}

Octets Integer(int64_t value) {
  Octets content(1, static_cast<char>(value));
  for (int64_t rest = value >> 7; rest != 0 && rest != -1; rest >>= 8) {
    content.insert(content.begin(), static_cast<char>(rest >> 1));
  }
  return Tlv(0x02, content);
}

Octets OctetString(const Octets &content) { return Tlv(0x04, content); }
Octets Field(unsigned number, const Octets &content) { return Tlv(0xa0 | number, content); }
Octets Sequence(const Octets &content) { return Tlv(0x30, content); }

namespace {

struct Header {
  size_t size, content;
};
Header HeaderOf(const Octets &input) {
  if (input.size() < 2) return {0, 0};
  const auto at = [&](size_t i) { return static_cast<uint8_t>(input[i]); };
  if (at(1) < 0x80) return {2, at(1)};
  const size_t more = at(1) & 0x7fU;
  if (input.size() < 2 + more) return {0, 0};
  Header header = {2 + more, 0};
  for (size_t i = 0; i < more; ++i) header.content = header.content << 8 | at(2 + i);
  return header;
}

Octets Inner(const Octets &element) { return Content(Content(element)); }

int64_t Number(const Octets &content) {
  int64_t value = !content.empty() && (content[0] & 0x80) != 0 ? -1 : 0;
  for (const char octet : content) value = value << 8 | static_cast<uint8_t>(octet);
  return value;
}

}  // namespace

Octets First(const Octets &input) {
  const Header header = HeaderOf(input);
  if (header.size == 0 || input.size() < header.size + header.content) return {};
  return input.substr(0, header.size + header.content);
}

Octets Content(const Octets &element) {
  const Header header = HeaderOf(element);
  return element.substr(header.size, header.content);
}

std::vector<Octets> Elements(const Octets &element) {
  std::vector<Octets> elements;
  for (Octets rest = Content(element); !rest.empty(); rest.erase(0, elements.back().size())) {
    const Octets first = First(rest);
    elements.push_back(first.empty() ? rest : first);
  }
  return elements;
}

Octets Join(const std::vector<Octets> &elements) {
  Octets joined;
  for (const Octets &element : elements) joined += element;
  return joined;
}

Octets Request::Encode() const {
  Octets fields;
  if (version) fields += Field(0, Integer(*version));
  if (nego_tokens) {
    Octets tokens;
    for (const Octets &token : *nego_tokens) tokens += Sequence(Field(0, OctetString(token)));
    fields += Field(1, Sequence(tokens));
  }
  if (auth_info || credentials)
    fields += Field(2, OctetString(auth_info ? *auth_info : *credentials));
  if (pub_key_auth || binding) {
    fields += Field(3, OctetString(pub_key_auth ? *pub_key_auth : *binding));
  }
  if (error_code) fields += Field(4, Integer(*error_code));
  if (client_nonce) fields += Field(5, OctetString(*client_nonce));
  return Sequence(fields + more);
}

Request Decode(const Octets &message) {
  Request request;
  for (const Octets &field : Elements(message)) {
    switch (static_cast<uint8_t>(field[0])) {
      case 0xa0:
        request.version = Number(Inner(field));
        break;
      case 0xa1:
        request.nego_tokens.emplace();
        for (const Octets &token : Elements(Content(field))) {
          request.nego_tokens->push_back(Inner(Content(token)));
        }
        break;
      case 0xa2:
        request.auth_info = Inner(field);
        break;
      case 0xa3:
        request.pub_key_auth = Inner(field);
        break;
      case 0xa4:
        request.error_code = Number(Inner(field));
        break;
      case 0xa5:
        request.client_nonce = Inner(field);
        break;
      default:
        request.more += field;
    }
  }
  return request;
}

Octets PasswordCredentials(const Octets &domain, const Octets &user, const Octets &password,
                           int64_t type) {
  const Octets texts =
      Field(0, OctetString(domain)) + Field(1, OctetString(user)) + Field(2, OctetString(password));
  return Sequence(Field(0, Integer(type)) + Field(1, OctetString(Sequence(texts))));
}

Octets Utf16(const char *ascii) {
  Octets text;
  for (; *ascii != '\0'; ++ascii) text += {*ascii, '\0'};
  return text;
}

}  // namespace badpeer
