// SPDX-License-Identifier: MIT
// C17: the text of each error code has its name, its value and what it means.
#include "credssp/nt_status.h"
#include "credssp_support.h"

namespace {

using namespace gss_sspi;           // NOLINT
using namespace gss_sspi::test;     // NOLINT
using namespace gss_sspi::credssp;  // NOLINT

std::string Printed(uint32_t value) {
  char text[kErrorCodeTextSize];
  PrintErrorCode(value, text);
  return text;
}

START_TEST(TextsOfErrorCodes) {
  struct Row {
    uint32_t value;
    const char *text;
  };
  constexpr Row kRows[] = {
      {0xC0000071, "STATUS_PASSWORD_EXPIRED (0xC0000071): password expired"},
      {0xC000006D, "STATUS_LOGON_FAILURE (0xC000006D): wrong user or password"},
      {0x8009030C, "SEC_E_LOGON_DENIED (0x8009030C): wrong user or password"},
      {0xC00700EA,
       "Win32 error 0x00EA (0xC00700EA): the server may take NTLM outside of SPNEGO only: try "
       "credssp:inner=ntlm"},
      {0xC0070005, "Win32 error 0x0005 (0xC0070005)"},
      {0xC007FFFF, "Win32 error 0xFFFF (0xC007FFFF)"},
      // A name of SSPI without a meaning of its own, and none.
      {0x80090324, "SEC_E_TIME_SKEW (0x80090324)"},
      {0x80090303, "SEC_E_TARGET_UNKNOWN (0x80090303)"},
      {0x8009FFFF, "server reported 0x8009FFFF"},
      {0xC0080000, "server reported 0xC0080000"},
      {0x80070005, "server reported 0x80070005"},
      {0x00000001, "server reported 0x00000001"},
      {0xFFFFFFFF, "server reported 0xFFFFFFFF"},
  };
  for (const Row &row : kRows) {
    const std::string text = Printed(row.value);
    ck_assert_str_eq(text.c_str(), row.text);
  }
}
END_TEST

// All that C17 lists.
START_TEST(ListedCodes) {
  for (const uint32_t value :
       {0xC000006D, 0xC000006A, 0xC0000064, 0x8009030C, 0xC0000071, 0xC0000224,
        0xC0000072, 0xC0000193, 0xC0000234, 0xC0000022, 0xC000006E, 0xC000006F,
        0xC0000070, 0xC000015B, 0xC0000413, 0xC000005E, 0xC000018B, 0xC000018D,
        0xC0000190, 0xC0000133, 0xC0000388, 0xC00000BB, 0x80090305, 0xC00700EA}) {
    const ErrorCodeText text = TextOfErrorCode(value);
    ck_assert_msg(text.name != nullptr && text.meaning != nullptr, "%#x", value);
    // It fits, with its last word.
    ck_assert_msg(Printed(value).ends_with(text.meaning), "%#x", value);
  }
  for (const uint32_t value : {0x0U, 0xC000006CU, 0xC0000023U, 0xFFFFFFFFU}) {
    ck_assert_ptr_null(TextOfErrorCode(value).name);
    ck_assert_ptr_null(TextOfErrorCode(value).meaning);
  }
}
END_TEST

START_TEST(CutToFit) {
  const std::string whole = Printed(0xC000006E);
  for (size_t size = 1; size <= whole.size() + 1; ++size) {
    AlignedBytes memory(0, size);
    PrintErrorCode(0xC000006E, {reinterpret_cast<char *>(memory.data()), size});
    ck_assert(memory.GuardsHold());
    const std::string text(reinterpret_cast<const char *>(memory.data()));
    ck_assert(text == whole.substr(0, size - 1));
  }
}
END_TEST

Suite *NtStatusSuite() {
  Suite *suite = suite_create("credssp_nt_status");
  TCase *texts = tcase_create("texts");
  tcase_add_test(texts, TextsOfErrorCodes);
  tcase_add_test(texts, ListedCodes);
  tcase_add_test(texts, CutToFit);
  suite_add_tcase(suite, texts);
  return suite;
}

}  // namespace

int main() { return RunSuite(NtStatusSuite()); }
