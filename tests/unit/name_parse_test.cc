// SPDX-License-Identifier: MIT
// N401 to N409: names out of text, and back.
#include "gss/name.h"
#include "gss/name_codec.h"
#include "ntlm_support.h"

namespace {

using namespace gss_sspi;        // NOLINT
using namespace gss_sspi::test;  // NOLINT
using gss::Name;

struct UserRow {
  std::string_view text, domain, user;
};

constexpr UserRow kUsers[] = {
    {"foo", "", "foo"},                                           // N401
    {"BAR\\foo", "BAR", "foo"},                                   // N402
    {"bar.example.com\\foo", "bar.example.com", "foo"},           // N402
    {"foo@BAR", "BAR", "foo"},                                    // N403
    {"foo@bar.example.com", "", "foo@bar.example.com"},           // N404, D4
    {"\\foo@bar", "", "foo@bar"},                                 // N404
    {"foo\\@bar.example.com", "", "foo@bar.example.com"},         // N404
    {"BAR\\foo@bar.example.com", "BAR", "foo@bar.example.com"},   // N405
    {"foo\\@bar.example.com@BAR", "BAR", "foo@bar.example.com"},  // N405
    {"\xc3\xbc", "", "\xc3\xbc"},
};

// N406.
constexpr std::string_view kBad[] = {"",
                                     "\\",
                                     "BAR\\",
                                     "@foo",
                                     "DOM\\foo\\@bar",
                                     "foo@bar\\@baz",
                                     std::string_view("f\0o", 3),
                                     "a\\b\\c",
                                     "foo@",
                                     "\xff"};

START_TEST(Users) {
  for (const UserRow &row : kUsers) {
    const auto name = Name::ParseUser(row.text);
    ck_assert_msg(static_cast<bool>(name), "%s", Text(row.text).c_str());
    ck_assert((*name)->kind() == Name::Kind::kUser);
    ck_assert_msg((*name)->domain() == row.domain && (*name)->user() == row.user, "%s",
                  Text(row.text).c_str());
  }
}
END_TEST

START_TEST(BadUsers) {
  for (const std::string_view text : kBad) {
    const auto name = Name::ParseUser(text);
    ck_assert_msg(!name, "%s", Text(text).c_str());
    ck_assert(name.error().status == Status::kBadName);
  }
}
END_TEST

// N804, in UTF-16 code units.
START_TEST(Limits256) {
  const std::string user(256, 'u');
  const std::string domain(255, 'd');
  ck_assert(static_cast<bool>(Name::ParseUser(domain + "\\" + user)));
  ck_assert(static_cast<bool>(Name::ParseUser(user + "@" + domain)));
  ck_assert(!Name::ParseUser(domain + "\\" + user + "u"));
  ck_assert(!Name::ParseUser(domain + "d\\" + user));
  std::string wide;
  for (int i = 0; i < 256; ++i) wide += "\xe2\x82\xac";
  ck_assert(static_cast<bool>(Name::ParseUser(wide)));
  ck_assert(static_cast<bool>(Name::ParseUser(wide + "@D")));
  ck_assert(!Name::ParseUser(wide + "x"));
}
END_TEST

void ExpectSurvivesDisplay(const Name &name) {
  const auto display = name.Display();
  ck_assert(static_cast<bool>(display));
  const std::string text = Text(AsText(display->view()));
  const auto again = Name::ParseUser(text);
  ck_assert_msg(static_cast<bool>(again), "%s does not parse", text.c_str());
  ck_assert_msg((*again)->domain() == name.domain() && (*again)->user() == name.user(),
                "%s: domain %s user %s", text.c_str(), Text(name.domain()).c_str(),
                Text(name.user()).c_str());
  ck_assert((*again)->Equals(name));
}

// N407: import(display(x)) == x, for the table and for any text over the characters that matter.
START_TEST(DisplayOfUsers) {
  for (const UserRow &row : kUsers) ExpectSurvivesDisplay(**Name::ParseUser(row.text));
  size_t parsed = 0;
  Octets octets("DisplayOfUsers");
  for (int round = 0; round < 200000; ++round) {
    std::string text;
    for (size_t left = octets.Below(9); left > 0; --left) text += "ab.@\\@\\."[octets.Below(8)];
    const auto name = Name::ParseUser(text);
    if (!name) continue;
    ExpectSurvivesDisplay(**name);
    ++parsed;
  }
  ck_assert_uint_gt(parsed, 10000);
}
END_TEST

START_TEST(DisplayForms) {
  struct Row {
    std::string_view text, display;
  };
  constexpr Row kRows[] = {{"foo", "foo"},
                           {"foo@BAR", "BAR\\foo"},
                           {"BAR\\foo", "BAR\\foo"},
                           {"foo@bar.example.com", "foo@bar.example.com"},
                           {"\\foo@bar", "foo\\@bar"}};
  for (const Row &row : kRows) {
    const auto display = (*Name::ParseUser(row.text))->Display();
    ck_assert(static_cast<bool>(display));
    ck_assert_msg(AsText(display->view()) == row.display, "%s", Text(row.text).c_str());
  }
}
END_TEST

// N408, N410, N325.
START_TEST(Services) {
  struct Row {
    std::string_view text, service, host, target;
  };
  constexpr Row kRows[] = {
      {"HTTP@web.example.com", "HTTP", "web.example.com", "HTTP/web.example.com"},
      {"HTTP", "HTTP", "here", "HTTP/here"},
      {"HTTP@", "HTTP", "here", "HTTP/here"},
      {"", "", "here", ""},
      {"@", "", "here", ""}};
  for (const Row &row : kRows) {
    const auto name = Name::ParseService(row.text, "here");
    ck_assert(static_cast<bool>(name));
    ck_assert((*name)->kind() == Name::Kind::kService);
    ck_assert((*name)->service() == row.service && (*name)->host() == row.host);
    ck_assert((*name)->TargetName() == row.target);
    const auto display = (*name)->Display();
    ck_assert(static_cast<bool>(display));
    const auto again = Name::ParseService(AsText(display->view()), "elsewhere");
    ck_assert(static_cast<bool>(again) && (*again)->Equals(**name));
  }
  ck_assert(!Name::ParseService("HTTP@\xff", "here"));
  ck_assert(!Name::ParseService(std::string(1025, 'h'), "here"));
}
END_TEST

START_TEST(Principals) {
  const auto service = Name::ParsePrincipal("HTTP/web.example.com@REALM");
  ck_assert(static_cast<bool>(service));
  ck_assert((*service)->TargetName() == "HTTP/web.example.com");
  const auto user = Name::ParsePrincipal("foo@BAR");
  ck_assert(static_cast<bool>(user));
  ck_assert((*user)->kind() == Name::Kind::kUser && (*user)->user() == "foo");
  ck_assert(!Name::ParsePrincipal("/web"));
  ck_assert(!Name::ParsePrincipal("HTTP/"));
}
END_TEST

// N409.
START_TEST(Comparison) {
  const auto equal = [](std::string_view a, std::string_view b) {
    return (*Name::ParseUser(a))->Equals(**Name::ParseUser(b));
  };
  ck_assert(equal("BAR\\foo", "bar\\FOO"));
  ck_assert(equal("foo@BAR", "bar\\foo"));
  ck_assert(!equal("foo", "BAR\\foo"));
  ck_assert(!equal("BAR\\foo", "BAZ\\foo"));
  ck_assert(!equal("BAR\\foo", "BAR\\fo"));
  ck_assert(!(*Name::ParseUser("h"))->Equals(**Name::ParseService("@h", "")));
  const auto copy = (*Name::ParseUser("BAR\\foo"))->Duplicate();
  ck_assert(static_cast<bool>(copy) && (*copy)->Equals(**Name::ParseUser("BAR\\foo")));
}
END_TEST

// ---- decision D4: user@dotted.domain split ------------------------------------------------------

START_TEST(SplitUpn) {
  struct Row {
    std::string_view text, domain, user, display;
  };
  constexpr Row kRows[] = {
      {"foo@bar.example.com", "bar.example.com", "foo", "bar.example.com\\foo"},
      {"foo@BAR", "BAR", "foo", "BAR\\foo"},
      {"foo\\@bar.example.com", "", "foo@bar.example.com", "foo\\@bar.example.com"},
      {"BAR\\foo@bar.example.com", "BAR", "foo@bar.example.com", "BAR\\foo@bar.example.com"},
      {"foo", "", "foo", "foo"}};
  for (const Row &row : kRows) {
    const auto name = Name::ParseUser(row.text, gss::UpnForm::kSplit);
    ck_assert_msg(static_cast<bool>(name), "%s", Text(row.text).c_str());
    ck_assert_msg((*name)->domain() == row.domain && (*name)->user() == row.user, "%s",
                  Text(row.text).c_str());
    const auto display = (*name)->Display(gss::UpnForm::kSplit);
    ck_assert(static_cast<bool>(display));
    ck_assert_msg(AsText(display->view()) == row.display, "%s", Text(row.text).c_str());
    const auto again = Name::ParseUser(row.display, gss::UpnForm::kSplit);
    ck_assert(static_cast<bool>(again) && (*again)->Equals(**name));
  }
  for (const std::string_view text : kBad) {
    ck_assert(!Name::ParseUser(text, gss::UpnForm::kSplit));
  }
  const auto principal = Name::ParsePrincipal("foo@bar.example.com", gss::UpnForm::kSplit);
  ck_assert(static_cast<bool>(principal) && (*principal)->domain() == "bar.example.com");
}
END_TEST

// ---- attributes (N434) --------------------------------------------------------------------------

using Attribute = Name::Attribute;

Ref<ntlm::Attributes> SomeAttributes() {
  auto attributes = MakeShared<ntlm::Attributes>();
  ck_assert(static_cast<bool>(attributes));
  ck_assert(attributes->Add(ntlm::attribute::kSids, "S-1-5-21-1,S-1-5-32-2"));
  ck_assert(attributes->Add(ntlm::attribute::kGroupSid, "S-1-5-32-2"));
  ck_assert(attributes->Add(ntlm::attribute::kGroupSid, "S-1-5-32-3"));
  ck_assert(attributes->Add(ntlm::attribute::kWorkstation, "WS"));
  // A source cannot say these.
  ck_assert(attributes->Add("local-login-user", "root"));
  ck_assert(attributes->Add(ntlm::attribute::kUser, "root"));
  ck_assert(attributes->Add(ntlm::attribute::kDomain, "OTHER"));
  return attributes;
}

// "name=value" of each, with an exclamation mark behind the authenticated ones.
std::string Listed(const Name &name) {
  std::string list;
  name.ForEachAttribute([&](const Attribute &attribute) {
    const std::string_view last = Tail(attribute.name, attribute.name.rfind(':') + 1);
    list += Text(last) + "=" + Text(attribute.value) + (attribute.authenticated ? "! " : " ");
  });
  return list;
}

// Not ck_assert_str_eq: that keeps the pointer only.
void ExpectText(const std::string &got, const std::string &expected) {
  ck_assert_msg(got == expected, "%s", got.c_str());
}

START_TEST(AttributesOfNames) {
  const auto plain = Name::ParseUser("DOM\\alice");
  ExpectText(Listed(**plain), "user=alice domain=DOM ");
  (*plain)->SetAttributes({});
  ExpectText(Listed(**plain), "user=alice! domain=DOM! ");
  ExpectText(Listed(**Name::ParseUser("alice")), "user=alice ");
  ExpectText(Listed(**Name::ParseService("HTTP", "here")), "");
  ExpectText(Listed(**Name::Anonymous()), "");
}
END_TEST

constexpr const char *kVerified =
    "user=alice! domain=DOM! sids=S-1-5-21-1,S-1-5-32-2! group-sid=S-1-5-32-2! "
    "group-sid=S-1-5-32-3! workstation=WS ";

START_TEST(AttributesOfASource) {
  const auto name = Name::ParseUser("DOM\\alice");
  (*name)->SetAttributes(SomeAttributes());
  ExpectText(Listed(**name), kVerified);
  const auto copy = (*name)->Duplicate();
  ck_assert(static_cast<bool>(copy));
  (*name)->Distrust();
  ExpectText(Listed(**copy), kVerified);
  ck_assert(Listed(**name).find('!') == std::string::npos);
}
END_TEST

// ---- names as octets ----------------------------------------------------------------------------

Ref<ntlm::Attributes> OneAttribute(std::string_view name, std::string_view value) {
  auto attributes = MakeShared<ntlm::Attributes>();
  ck_assert(static_cast<bool>(attributes) && attributes->Add(name, value));
  return attributes;
}

START_TEST(ExportedNames) {
  const auto name = Name::ParseUser("DOM\\alice");
  (*name)->SetAttributes(OneAttribute(ntlm::attribute::kSids, "S-1-5-21-1"));
  const auto plain = gss::ExportToken(**name, gss::Exported::kPlain);
  const auto composite = gss::ExportToken(**name, gss::Exported::kComposite);
  ck_assert(static_cast<bool>(plain) && static_cast<bool>(composite));
  ck_assert_uint_eq(plain->view()[1], 0x01);
  ck_assert_uint_eq(composite->view()[1], 0x02);
  const auto from_plain = gss::ImportToken(plain->view());
  const auto from_composite = gss::ImportToken(composite->view());
  ck_assert(static_cast<bool>(from_plain) && static_cast<bool>(from_composite));
  ExpectText(Listed(**from_plain), "user=alice domain=DOM ");
  ExpectText(Listed(**from_composite), "user=alice domain=DOM sids=S-1-5-21-1 ");
  ck_assert((*from_plain)->Equals(**name) && (*from_composite)->Equals(**name));

  for (size_t size = 0; size < composite->size(); ++size) {
    ck_assert(!gss::ImportToken(ExactCopy(composite->view().first(size)).view()));
  }
  // One octet more, and a form that does not exist.
  Bytes changed(composite->view().begin(), composite->view().end());
  changed.push_back(0);
  ck_assert(!gss::ImportToken(changed));
  changed.pop_back();
  ck_assert(static_cast<bool>(gss::ImportToken(changed)));
  changed[1] = 0x03;
  ck_assert(!gss::ImportToken(changed));
  changed[1] = 0x01;
  ck_assert(!gss::ImportToken(changed));
}
END_TEST

// N407, N409: a token may come from anybody. What no text stands for would be shown as another
// name.
START_TEST(NamesNobodyMayExport) {
  struct Row {
    uint8_t kind;
    std::string_view first, second;
  };
  constexpr Row kGood[] = {
      {0, "DOM", "alice"}, {0, "", "a@b"}, {0, "a\\@b", "u"}, {1, "HTTP", "h@h"}};
  constexpr Row kNone[] = {{0, "", "DOM\\alice"}, {0, "DOM", "a\\b"}, {0, "DOM", "@alice"},
                           {0, "", "@alice"},     {1, "HT@P", "h"},   {1, "@", ""}};
  const auto import = [](const Row &row) {
    const auto name = Name::ParseUser("x");
    const auto made = gss::ExportToken(**name, gss::Exported::kPlain);
    constexpr size_t kHeader = 2 + 2 + 12 + 4;  // up to the length of the body
    Bytes token(made->view().begin(), made->view().begin() + kHeader);
    token.push_back(row.kind);
    for (const std::string_view text : {row.first, row.second}) {
      token.push_back(static_cast<uint8_t>(text.size()));
      token.push_back(0);
      token.insert(token.end(), text.begin(), text.end());
    }
    token[kHeader - 1] = static_cast<uint8_t>(token.size() - kHeader);
    return gss::ImportToken(token);
  };
  for (const Row &row : kGood) {
    const auto name = import(row);
    ck_assert_msg(static_cast<bool>(name), "%s", Text(row.second).c_str());
    const auto shown = (*name)->Display();
    const auto again = row.kind == 0 ? Name::ParseUser(AsText(shown->view()))
                                     : Name::ParseService(AsText(shown->view()), "");
    ck_assert_msg(again && (*again)->Equals(**name), "%s", Text(row.second).c_str());
  }
  for (const Row &row : kNone) {
    const auto name = import(row);
    ck_assert_msg(!name, "%s and %s", Text(row.first).c_str(), Text(row.second).c_str());
    ck_assert(name.error().status == Status::kBadName);
  }
}
END_TEST

// A token may come from anybody: foreign names of attributes, and values that are not text.
START_TEST(AttributesNobodyMayExport) {
  const auto import = [](std::string_view attribute, std::string_view value) {
    const auto name = Name::ParseUser("alice");
    (*name)->SetAttributes(OneAttribute(attribute, value));
    const auto token = gss::ExportToken(**name, gss::Exported::kComposite);
    ck_assert(static_cast<bool>(token));
    return static_cast<bool>(gss::ImportToken(token->view()));
  };
  ck_assert(import(ntlm::attribute::kSids, "S-1"));
  ck_assert(import("urn:gss-sspi:ntlm:of-a-later-version", ""));
  ck_assert(!import("local-login-user", "root"));
  ck_assert(!import("", "x"));
  ck_assert(!import("urn:gss-sspi:ntlm:\xff", "x"));
  ck_assert(!import(ntlm::attribute::kSids, "\xff"));
  ck_assert(!import(ntlm::attribute::kSids, std::string_view("a\0b", 3)));
}
END_TEST

// For exported contexts, which are as good as the session key in them.
START_TEST(AttributesInsideAContext) {
  const auto name = Name::ParseUser("DOM\\alice");
  for (const bool verified : {false, true}) {
    if (verified) (*name)->SetAttributes(OneAttribute(ntlm::attribute::kSids, "S-1"));
    Buffer octets;
    ck_assert(Serialize([&](auto &sink) { gss::PutAttributes(sink, **name); }, &octets));
    Reader reader(octets.view());
    const auto again = Name::ParseUser("DOM\\alice");
    ck_assert(!gss::TakeAttributes(&reader, again->get()));
    ck_assert(reader.ok() && reader.rest().empty());
    ExpectText(Listed(**again), Listed(**name));
    ck_assert_int_eq((*again)->verified(), verified);
  }
}
END_TEST

Suite *NameParseSuite() {
  Suite *suite = suite_create("name_parse");
  TCase *tests = tcase_create("names");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, Users);
  tcase_add_test(tests, BadUsers);
  tcase_add_test(tests, Limits256);
  tcase_add_test(tests, DisplayOfUsers);
  tcase_add_test(tests, DisplayForms);
  tcase_add_test(tests, Services);
  tcase_add_test(tests, Principals);
  tcase_add_test(tests, Comparison);
  tcase_add_test(tests, SplitUpn);
  tcase_add_test(tests, AttributesOfNames);
  tcase_add_test(tests, AttributesOfASource);
  tcase_add_test(tests, ExportedNames);
  tcase_add_test(tests, NamesNobodyMayExport);
  tcase_add_test(tests, AttributesNobodyMayExport);
  tcase_add_test(tests, AttributesInsideAContext);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() { return RunSuite(NameParseSuite()); }
