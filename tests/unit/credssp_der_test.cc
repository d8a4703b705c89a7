// SPDX-License-Identifier: MIT
// C8, C152: which headers are taken, that no reader goes on behind a fault or reads what is not
// there, and that what is written is minimal and can be read.
#include "credssp/der.h"
#include "credssp_support.h"

namespace {

using namespace gss_sspi;           // NOLINT
using namespace gss_sspi::test;     // NOLINT
using namespace gss_sspi::credssp;  // NOLINT

START_TEST(Headers) {
  struct Row {
    const char *hex;
    bool refused;
    size_t size;  // 0: cut off
    size_t content_size;
  };
  constexpr Row kRows[] = {
      {"", false, 0, 0},
      {"30", false, 0, 0},
      {"3000", false, 2, 0},
      {"307f", false, 2, 0x7f},
      {"3081", false, 0, 0},
      {"3081ff", false, 3, 0xff},
      {"308205", false, 0, 0},
      {"30820500", false, 4, 0x500},
      {"3083010000", false, 5, 0x10000},
      {"30840001", false, 0, 0},
      {"308400010000", false, 6, 0x10000},
      {"3084ffffffff", false, 6, 0xffffffff},
      // Longer than need be.
      {"308100", false, 3, 0},
      {"30820005", false, 4, 5},
      {"308400000005", false, 6, 5},
      // Indefinite, more than four octets, the reserved form.
      {"3080", true, 0, 0},
      {"3085", true, 0, 0},
      {"30850000000005", true, 0, 0},
      {"30ff", true, 0, 0},
      // Tags: the highest number, and the form for higher ones.
      {"be00", false, 2, 0},
      {"bf", true, 0, 0},
      {"bf0600", true, 0, 0},
      {"1f00", true, 0, 0},
  };
  for (const Row &row : kRows) {
    const ExactCopy octets(Unhex(row.hex));
    const DerHeader header = ReadDerHeader(octets.view());
    ck_assert_msg((header.fault != nullptr) == row.refused, "%s", row.hex);
    ck_assert_msg(header.size == row.size, "%s: %zu", row.hex, header.size);
    ck_assert_msg(header.content_size == row.content_size, "%s: %zu", row.hex, header.content_size);
  }
}
END_TEST

// What a reader says of a list of fields as TSRequest and its like have.
struct ReadFields {
  const char *fault = nullptr;
  int64_t integer = -1;
  ByteView octets;
  bool optional = false;
};

ReadFields Read(ByteView input) {
  ReadFields read;
  DerReader reader(input);
  reader.Inside(der::kSequence, [&](DerReader *fields) {
    read.integer = fields->Integer(0);
    read.octets = fields->OctetString(1);
    read.optional = fields->OptionalOctetString(2).has_value();
  });
  reader.End();
  read.fault = reader.fault();
  // A fault stays, and there is nothing more to read.
  if (read.fault != nullptr) {
    ck_assert(reader.at_end());
    ck_assert(reader.Take(der::kSequence).empty());
    reader.Refuse("another fault");
    ck_assert_ptr_eq(reader.fault(), read.fault);
  }
  return read;
}

START_TEST(Fields) {
  const Bytes number = Tagged(0, {Integer("07")});
  const Bytes octets = Tagged(1, {OctetString(Unhex("aabb"))});
  const Bytes more = Tagged(2, {OctetString({})});
  const ExactCopy whole(Sequence({number, octets, more}));
  const ReadFields read = Read(whole.view());
  ck_assert_ptr_null(read.fault);
  ck_assert_int_eq(read.integer, 7);
  ExpectHex(read.octets, "aabb");
  ck_assert(read.optional);
  const ReadFields without = Read(Sequence({number, octets}));
  ck_assert(without.fault == nullptr && !without.optional);

  const Bytes bad[] = {
      {},
      Sequence({}),
      Sequence({number}),
      Sequence({octets, number}),
      Sequence({number, number, octets}),
      Sequence({number, octets, more, more}),
      Sequence({number, octets, Unhex("00")}),
      Concatenate({whole.view(), Unhex("00")}),
      // Wrong class or type.
      Element(0x31, {number, octets}),
      Sequence({Element(0x80, {Integer("07")}), octets}),
      Sequence({Element(0x60, {Integer("07")}), octets}),
      Sequence({Tagged(0, {Element(0x0a, {Unhex("07")})}), octets}),
      Sequence({number, Tagged(1, {Element(0x24, {OctetString(Unhex("aabb"))})})}),
      // Something beside the element in an explicit tag, and none.
      Sequence({Tagged(0, {Integer("07"), Integer("07")}), octets}),
      Sequence({Tagged(0, {}), octets}),
      // Longer than what holds it.
      Unhex("300ba003020107a10504050a"),
      // Indefinite, inside and outside.
      Concatenate({Unhex("3080"), number, octets, Unhex("0000")}),
      Concatenate({Unhex("3014"), Unhex("a080"), Integer("07"), Unhex("0000"), octets}),
  };
  for (const Bytes &input : bad) {
    const ExactCopy exact(input);
    ck_assert_msg(Read(exact.view()).fault != nullptr, "%s", Hex(input).c_str());
  }
}
END_TEST

START_TEST(Truncations) {
  const Bytes whole =
      Sequence({Tagged(0, {Integer("0102030405060708")}), Tagged(1, {OctetString(Bytes(300, 1))}),
                Tagged(2, {OctetString(Unhex("aabb"))})});
  ck_assert_ptr_null(Read(whole).fault);
  for (size_t size = 0; size < whole.size(); ++size) {
    const ExactCopy cut(ByteView(whole).first(size));
    ck_assert_ptr_nonnull(Read(cut.view()).fault);
  }
  // An element by itself, of which one octet is missing or more.
  const Bytes element = OctetString(Unhex("aabbcc"));
  for (size_t size = 0; size < element.size(); ++size) {
    const ExactCopy cut(ByteView(element).first(size));
    DerReader reader(cut.view());
    ck_assert(reader.Take(der::kOctetString).empty());
    ck_assert_ptr_nonnull(reader.fault());
  }
}
END_TEST

// C8: a length of each number of octets up to four, whether it needs them or not.
START_TEST(LengthsInEachForm) {
  const Bytes content = Unhex("aabbcc");
  for (size_t length_octets = 0; length_octets <= 8; ++length_octets) {
    const ExactCopy input(Element(der::kOctetString, {content}, length_octets));
    DerReader reader(input.view());
    const ByteView taken = reader.Take(der::kOctetString);
    ck_assert_int_eq(reader.fault() == nullptr, length_octets <= 4);
    ck_assert(length_octets > 4 || Equal(taken, content));
  }
}
END_TEST

START_TEST(ReadIntegers) {
  struct Row {
    const char *hex;
    size_t most;
    bool taken;
    int64_t value;
  };
  constexpr Row kRows[] = {
      {"00", 8, true, 0},
      {"7f", 8, true, 0x7f},
      {"80", 8, true, -0x80},
      {"0080", 8, true, 0x80},
      {"ff", 8, true, -1},
      {"000006", 8, true, 6},
      {"c000006d", 5, true, -0x3fffff93},
      {"00c000006d", 5, true, 0xc000006d},
      {"0000c000006d", 5, false, 0},
      {"7fffffffffffffff", 8, true, INT64_MAX},
      {"8000000000000000", 8, true, INT64_MIN},
      {"000000000000000006", 8, false, 0},
      {"", 8, false, 0},
  };
  for (const Row &row : kRows) {
    const ExactCopy input(Integer(row.hex));
    DerReader reader(input.view());
    const int64_t value = reader.TakeInteger(row.most);
    ck_assert_msg((reader.fault() == nullptr) == row.taken, "%s", row.hex);
    ck_assert_msg(value == row.value, "%s: %lld", row.hex, static_cast<long long>(value));
  }
}
END_TEST

START_TEST(WrittenIntegers) {
  struct Row {
    int64_t value;
    const char *hex;
  };
  constexpr Row kRows[] = {
      {0, "a003020100"},
      {6, "a003020106"},
      {0x7f, "a00302017f"},
      {0x80, "a00402020080"},
      {-1, "a0030201ff"},
      {-0x80, "a003020180"},
      {-0x81, "a0040202ff7f"},
      {int32_t{-0x3fffff93}, "a0060204c000006d"},
      {0xc000006d, "a007020500c000006d"},
      {INT64_MIN, "a00a02088000000000000000"},
  };
  for (const Row &row : kRows) {
    Buffer written;
    ck_assert(WriteDer([&](DerWriter *out) { out->Integer(0, row.value); }, &written));
    ExpectHex(written.view(), row.hex);
    DerReader reader(written.view());
    ck_assert(reader.Integer(0) == row.value && reader.fault() == nullptr);
  }
}
END_TEST

START_TEST(WrittenLengths) {
  Octets octets("WrittenLengths");
  for (const size_t size : {0, 1, 126, 127, 128, 129, 255, 256, 65535, 65536, 70000}) {
    const Bytes content = octets.Take(size);
    Buffer written;
    ck_assert(WriteDer([&](DerWriter *out) { out->OctetString(3, content); }, &written));
    ck_assert(Equal(written.view(), Tagged(3, {OctetString(content)})));
    DerReader reader(written.view());
    ck_assert(Equal(reader.OctetString(3), content));
    reader.End();
    ck_assert_ptr_null(reader.fault());
  }
}
END_TEST

// What does not fit is not written, anywhere.
START_TEST(WriterStaysInItsMemory) {
  const Bytes content(20, 0x11);
  const auto write = [&](DerWriter *out) {
    out->Inside(der::kSequence, [&] {
      out->OctetString(1, content);
      out->Integer(0, 0x1234);
    });
  };
  DerWriter sizer;
  write(&sizer);
  for (size_t room = 0; room <= sizer.written() + 3; ++room) {
    AlignedBytes memory(0, room);
    DerWriter writer(memory.span());
    write(&writer);
    ck_assert(memory.GuardsHold());
    ck_assert_int_eq(writer.complete(), room == sizer.written());
  }
}
END_TEST

Suite *DerSuite() {
  Suite *suite = suite_create("credssp_der");
  TCase *reading = tcase_create("reading");
  tcase_add_test(reading, Headers);
  tcase_add_test(reading, Fields);
  tcase_add_test(reading, Truncations);
  tcase_add_test(reading, LengthsInEachForm);
  tcase_add_test(reading, ReadIntegers);
  suite_add_tcase(suite, reading);
  TCase *writing = tcase_create("writing");
  tcase_add_test(writing, WrittenIntegers);
  tcase_add_test(writing, WrittenLengths);
  tcase_add_test(writing, WriterStaysInItsMemory);
  suite_add_tcase(suite, writing);
  return suite;
}

}  // namespace

int main() { return RunSuite(DerSuite()); }
