// SPDX-License-Identifier: MIT
#include "cred/own_challenges.h"

#include <atomic>
#include <cstring>

namespace gss_sspi::cred {
namespace {

// Each is written and read at once, so that no lock is needed that a fork could leave held. A
// challenge of eight zero octets cannot be told from an empty place, and is one in 2^64.
constinit std::atomic<uint64_t> challenges[kOwnChallenges];
constinit std::atomic<size_t> next_place = 0;

uint64_t NumberOf(ntlm::ServerChallenge challenge) {
  uint64_t number = 0;
  static_assert(ntlm::kServerChallengeSize == sizeof number);
  std::memcpy(&number, challenge.data(), sizeof number);
  return number;
}

}  // namespace

void RememberOwnChallenge(ntlm::ServerChallenge challenge) {
  challenges[next_place.fetch_add(1) % kOwnChallenges] = NumberOf(challenge);
}

bool IsOwnChallenge(ntlm::ServerChallenge challenge) {
  const uint64_t wanted = NumberOf(challenge);
  for (const std::atomic<uint64_t> &own : challenges) {
    if (own == wanted) return wanted != 0;
  }
  return false;
}

}  // namespace gss_sspi::cred
