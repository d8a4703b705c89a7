// SPDX-License-Identifier: MIT
// Sessions that are good, delivered in pieces of every size, or joined as far as the protocol
// permits (C20 to C25, C44, C45, C151, C153).
#include "rows.h"

namespace badpeer {
namespace {

constexpr Base kBases[] = {
    {.name = "NTLM, TLS 1.3"},
    {.name = "NTLM, TLS 1.2", .tls = "1.2"},
    {.name = "SPNEGO, TLS 1.3", .inner = "spnego"},
    {.name = "SPNEGO, TLS 1.2", .inner = "spnego", .tls = "1.2"},
    {.name = "SPNEGO, key apart", .inner = "spnego", .key_apart = true},
};
constexpr int kBaseCount = sizeof kBases / sizeof kBases[0];

void ExpectComplete(const Product &product, const Peer &peer) {
  EXPECT_COMPLETE(product.major, product.minor);
  ck_assert_msg(product.complete() && peer.complete(), "it ended early, waiting for %s",
                product.Awaited().c_str());
}

// Where the records of a flight end.
bool IsEndOfRecord(const Octets &octets, size_t at) {
  size_t end = 0;
  while (end < at) end += RecordSize(octets.substr(end));
  return end == at;
}

// ---- octet by octet ----------------------------------------------------------------------------

// C44: part of a record has no answer; C19: what is waited for can be asked at any time.
Octets OctetByOctet(Product *product, int, const Octets &octets) {
  Octets answer;
  for (size_t i = 0; i < octets.size(); ++i) {
    const Octets token = product->Step(octets.substr(i, 1));
    const bool is_end = IsEndOfRecord(octets, i + 1);
    ck_assert_msg(is_end || token.empty(), "an answer to a part of a record");
    ck_assert(is_end || product->major == GSS_S_CONTINUE_NEEDED);
    ck_assert(product->complete() || !product->Awaited().empty());
    answer += token;
    // What follows the last TSRequest is the stream's.
    if (!product->waits()) break;
  }
  return answer;
}

// _i: the base, and the product's role.
START_TEST(octet_by_octet) {
  const Ends ends(_i % 2 == 0, kBases[_i / 2]);
  Product product(ends);
  const auto peer = MakePeer(ends, SetupOf(ends), {}, nullptr);
  Run(&product, peer.get(), nullptr, OctetByOctet);
  ExpectComplete(product, *peer);
}
END_TEST

// ---- every split -------------------------------------------------------------------------------

// The cut that is tried; the flights of a session, and how long each was.
int cut_flight;
size_t cut_at;
bool was_cut;
std::vector<size_t> flight_sizes;

Octets Measure(Product *product, int flight, const Octets &octets) {
  flight_sizes.resize(static_cast<size_t>(flight) + 1);
  flight_sizes.back() = octets.size();
  return product->Step(octets);
}

Octets InTwo(Product *product, int flight, const Octets &octets) {
  // Signatures of ECDSA are not all of one length.
  if (flight != cut_flight || cut_at >= octets.size()) return product->Step(octets);
  const Octets first = product->Step(octets.substr(0, cut_at));
  if (!product->waits()) return first;
  return first + product->Step(octets.substr(cut_at));
}

// The end of the stream, as a server or a client that goes away makes it.
Octets InTwoAndDeleted(Product *product, int flight, const Octets &octets) {
  if (flight != cut_flight || cut_at >= octets.size()) return product->Step(octets);
  was_cut = true;
  const bool is_whole = cut_at >= RecordSize(octets);
  const Octets first = product->Step(octets.substr(0, cut_at));
  ck_assert(is_whole || first.empty());
  ck_assert(is_whole || product->major == GSS_S_CONTINUE_NEEDED);
  ck_assert(!product->waits() || !product->Awaited().empty());
  ck_assert_ptr_null(product->client);
  OM_uint32 minor;
  gss_delete_sec_context(&minor, &product->context, GSS_C_NO_BUFFER);
  product->major = GSS_S_NO_CONTEXT;
  return {};
}

// How many splits of all flights were made.
int SplitAll(const Ends &ends, Delivery deliver, size_t stride) {
  {
    Product product(ends);
    const auto peer = MakePeer(ends, SetupOf(ends), {}, nullptr);
    flight_sizes.clear();
    Run(&product, peer.get(), nullptr, Measure);
    ExpectComplete(product, *peer);
  }
  int count = 0;
  const std::vector<size_t> sizes = flight_sizes;
  for (cut_flight = 1; cut_flight < static_cast<int>(sizes.size()); ++cut_flight) {
    for (cut_at = 1; cut_at < sizes[static_cast<size_t>(cut_flight)]; cut_at += stride) {
      Product product(ends);
      const auto peer = MakePeer(ends, SetupOf(ends), {}, nullptr);
      was_cut = false;
      Run(&product, peer.get(), nullptr, deliver);
      if (deliver == InTwo) ExpectComplete(product, *peer);
      if (was_cut && peer->is_server) ck_assert_int_eq(peer->auth_infos, 0);
      ++count;
    }
  }
  return count;
}

// _i: version of TLS, and the product's role.
START_TEST(every_split) {
  const Ends ends(_i % 2 == 0, kBases[_i / 2]);
  ck_assert_int_gt(SplitAll(ends, InTwo, 1), 600);
}
END_TEST

// C151.
START_TEST(cut_and_deleted) {
  const Ends ends(_i % 2 == 0, kBases[_i / 2]);
  ck_assert_int_gt(SplitAll(ends, InTwoAndDeleted, 3), 200);
}
END_TEST

// ---- records -----------------------------------------------------------------------------------

constexpr size_t kRecordSizes[] = {1, 2, 7, 40, 100};

// C20: a TSRequest may be split over any number of records.
START_TEST(small_records) {
  const Ends ends(_i % 2 == 0, kBases[_i / 2 % kBaseCount]);
  for (const size_t size : kRecordSizes) {
    Product product(ends);
    const auto peer = MakePeer(ends, SetupOf(ends), {}, nullptr);
    peer->record_size = size;
    Run(&product, peer.get());
    ExpectComplete(product, *peer);
  }
}
END_TEST

// C153: the longest TSRequest there is, one octet in each record.
START_TEST(longest_in_smallest_records) {
  const Ends ends(_i == 0, kVersion2);
  Product product(ends);
  const auto peer =
      MakePeer(ends, SetupOf(ends), {1, [](Peer &, Request &r) { PadTo(&r, 65536); }}, nullptr);
  peer->record_size = 1;
  Run(&product, peer.get());
  ck_assert(peer->changed);
  ExpectComplete(product, *peer);
}
END_TEST

// ---- joined ------------------------------------------------------------------------------------

// C22: a client sends Finished and its first TSRequest together, or not.
START_TEST(finished_alone) {
  const Ends ends(false, kBases[_i]);
  Product product(ends);
  const auto peer = MakePeer(ends, SetupOf(ends), {}, nullptr);
  peer->finished_alone = true;
  Run(&product, peer.get());
  ExpectComplete(product, *peer);
}
END_TEST

// What a hook has kept back.
Octets kept;

// C24, C25: the tickets of a server come with its first TSRequest.
void KeepTickets(Peer &, int flight, Octets &octets) {
  if (flight == 2) {
    kept = octets;
    octets.clear();
  } else if (flight == 3) {
    octets = kept + octets;
  }
}
START_TEST(tickets_with_the_first_request) {
  Base base = {.name = "tickets", .tickets = static_cast<size_t>(_i)};
  const Ends ends(true, base);
  kept.clear();
  Product product(ends);
  const auto peer = MakePeer(ends, SetupOf(ends), {}, nullptr);
  Run(&product, peer.get(), KeepTickets);
  ck_assert(kept.empty() == (_i == 0));
  ExpectComplete(product, *peer);
}
END_TEST

// C24: each ticket by itself.
Octets RecordByRecord(Product *product, int, const Octets &octets) {
  Octets answer, rest = octets;
  while (!rest.empty() && product->waits()) {
    const size_t size = RecordSize(rest);
    answer += product->Step(rest.substr(0, size));
    rest.erase(0, size);
  }
  return answer;
}
START_TEST(record_by_record) {
  Base base = kBases[_i / 2];
  base.tickets = 3;
  const Ends ends(_i % 2 == 0, base);
  Product product(ends);
  const auto peer = MakePeer(ends, SetupOf(ends), {}, nullptr);
  Run(&product, peer.get(), nullptr, RecordByRecord);
  ExpectComplete(product, *peer);
}
END_TEST

// Empty tokens on the way, as HTTP has them (C25).
Octets BetweenEmptyTokens(Product *product, int, const Octets &octets) {
  const Octets first = product->Step(octets);
  return product->waits() ? first + product->Step({}) : first;
}
START_TEST(empty_tokens) {
  const Ends ends(false, kBases[_i]);
  Product product(ends);
  const auto peer = MakePeer(ends, SetupOf(ends), {}, nullptr);
  Run(&product, peer.get(), nullptr, BetweenEmptyTokens);
  ExpectComplete(product, *peer);
}
END_TEST

// C23, C45: data of the application in the flight of the last TSRequest, in a record of their own.
START_TEST(data_behind_the_last_request) {
  const Ends ends(_i % 2 == 0, kBases[_i / 2]);
  for (const size_t size : {1, 16384, 100000}) {
    Product product(ends);
    const auto peer = MakePeer(ends, SetupOf(ends), {}, nullptr);
    peer->behind.resize(size);
    fill_pattern(reinterpret_cast<uint8_t *>(peer->behind.data()), size, 3);
    Run(&product, peer.get());
    ExpectComplete(product, *peer);
    ck_assert(product.Pending() == peer->behind);
  }
}
END_TEST

// The same in the very record of the last TSRequest.
START_TEST(data_in_the_last_record) {
  const Ends ends(_i % 2 == 0, kBases[_i / 2]);
  const int last = ExpectGood(ends)->legs;
  Product product(ends);
  const auto peer = MakePeer(ends, SetupOf(ends),
                             {last, nullptr, [](Peer &, Octets &m) { m += "data"; }}, nullptr);
  peer->behind = " and more";
  Run(&product, peer.get());
  ck_assert(peer->changed);
  ExpectComplete(product, *peer);
  ck_assert(product.Pending() == "data and more");
}
END_TEST

// Part of a record behind the last one: the rest comes with gss_unwrap.
START_TEST(part_of_a_record_behind) {
  const Ends ends(_i % 2 == 0, kBases[_i / 2]);
  Product product(ends);
  const auto peer = MakePeer(ends, SetupOf(ends), {}, nullptr);
  peer->behind = "data";
  kept.clear();
  Run(&product, peer.get(), nullptr, [](Product *to, int, const Octets &octets) {
    kept = octets.substr(octets.size() - 7);
    const Octets answer = to->Step(octets.substr(0, octets.size() - 7));
    return to->waits() ? answer + to->Step(kept) : answer;
  });
  ExpectComplete(product, *peer);
  ck_assert_uint_eq(product.Pending().size(), 0);
  octets message = {nullptr, 0};
  const OM_uint32 major =
      unwrap_octets(product.context, kept.data(), kept.size(), nullptr, &message);
  EXPECT_COMPLETE(major, 0);
  ck_assert(Octets(reinterpret_cast<char *>(message.data), message.size) == "data");
  octets_free(&message);
}
END_TEST

Suite *MakeSuite() {
  Suite *suite = suite_create("badpeer splits");
  TCase *pieces = tcase_create("pieces");
  tcase_add_loop_test(pieces, octet_by_octet, 0, 2 * kBaseCount);
  tcase_add_loop_test(pieces, every_split, 0, 4);
  tcase_add_loop_test(pieces, cut_and_deleted, 0, 4);
  tcase_add_loop_test(pieces, small_records, 0, 2 * kBaseCount);
  tcase_add_loop_test(pieces, longest_in_smallest_records, 0, 2);
  tcase_set_timeout(pieces, 300);
  suite_add_tcase(suite, pieces);
  TCase *joined = tcase_create("joined");
  tcase_add_loop_test(joined, finished_alone, 0, kBaseCount);
  tcase_add_loop_test(joined, tickets_with_the_first_request, 0, 4);
  tcase_add_loop_test(joined, record_by_record, 0, 2 * kBaseCount);
  tcase_add_loop_test(joined, empty_tokens, 0, kBaseCount);
  tcase_add_loop_test(joined, data_behind_the_last_request, 0, 2 * kBaseCount);
  tcase_add_loop_test(joined, data_in_the_last_record, 0, 2 * kBaseCount);
  tcase_add_loop_test(joined, part_of_a_record_behind, 0, 2 * kBaseCount);
  tcase_set_timeout(joined, 60);
  suite_add_tcase(suite, joined);
  return suite;
}

}  // namespace
}  // namespace badpeer

int main() { return run_suite(badpeer::MakeSuite); }
