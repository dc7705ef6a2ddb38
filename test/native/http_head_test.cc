// Every input goes through all chunkings and lies against a guard page, at a new place for each piece.
#include "protocol/http_head.h"

#include <memory>
#include <string>

#include "chunkings.h"
#include "guarded_bytes.h"
#include "testing.h"

namespace ntyws {
namespace {

using testing::for_each_chunking;
using testing::GuardedBytes;

constexpr size_t kBytesMax = 1024;
constexpr size_t kFieldsMax = 10;

// Calls `check` with the parser after each chunking's end, as long as its head's bytes live.
template <typename Check>
void parse_all_ways(std::string_view text, HeadStatus expected, Check check, size_t bytes_max = kBytesMax,
                    HeadKind kind = HeadKind::kRequest) {
  for_each_chunking(text.size(), [&](const std::vector<size_t>& pieces) {
    HeadParser parser(kind, bytes_max, kFieldsMax);
    HeadStatus status = HeadStatus::kPartial;
    size_t size = 0;
    // The last one stays, so that the next lies elsewhere and the views stay valid.
    std::unique_ptr<GuardedBytes> bytes;
    for (const size_t piece : pieces) {
      size += piece;
      auto more = std::make_unique<GuardedBytes>(text.substr(0, size));
      status = parser.parse(more->bytes());
      bytes = std::move(more);
      if (status != HeadStatus::kPartial) break;
    }
    if (!EXPECT_EQ(status, expected)) {
      testing::fail(__FILE__, __LINE__, "the above of " + testing::quoted(text));
      return;
    }
    EXPECT_EQ(parser.parse(bytes->bytes()), expected);
    check(parser);
  });
}

void expect_status(std::string_view text, HeadStatus expected) {
  parse_all_ways(text, expected, [](const HeadParser&) {});
}
void expect_malformed(std::string_view text) {
  expect_status(text, HeadStatus::kMalformed);
}

std::string with_fields(std::string_view fields) {
  return "GET / HTTP/1.1\r\n" + std::string(fields) + "\r\n";
}

TEST(reads_a_browsers_request) {
  const std::string request =
      "GET /chat?room=1 HTTP/1.1\r\n"
      "Host: server.example.com\r\n"
      "Upgrade: websocket\r\n"
      "Connection: keep-alive, Upgrade\r\n"
      "Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "X-Empty:\r\n"
      "X-Blank: \t \r\n"
      "X-Spaced: \t a  b\t\r\n"
      "X-Latin: caf\xe9\r\n"
      "\r\n";
  parse_all_ways(request, HeadStatus::kComplete, [&](const HeadParser& parser) {
    const HttpHead& head = parser.head();
    EXPECT_EQ(head.method, "GET");
    EXPECT_EQ(head.target, "/chat?room=1");
    EXPECT_EQ(head.version_major, 1);
    EXPECT_EQ(head.version_minor, 1);
    EXPECT_EQ(parser.size(), request.size());
    if (!EXPECT_EQ(head.fields.size(), 8)) return;
    EXPECT_EQ(head.fields[0].name, "Host");
    EXPECT_EQ(head.fields[0].value, "server.example.com");
    EXPECT_EQ(head.fields[3].name, "Sec-WebSocket-Key");
    EXPECT_EQ(head.fields[3].value, "dGhlIHNhbXBsZSBub25jZQ==");
    EXPECT_EQ(head.fields[4].value, "");
    EXPECT_EQ(head.fields[5].value, "");
    EXPECT_EQ(head.fields[6].value, "a  b");
    EXPECT_EQ(head.fields[7].value, "caf\xe9");
  });
}

TEST(leaves_what_follows_the_head) {
  const std::string head = with_fields("Host: a\r\n");
  // The rest would be malformed as part of a head.
  parse_all_ways(head + std::string("\x81\x80\0\0\r\n", 6), HeadStatus::kComplete,
                 [&](const HeadParser& parser) { EXPECT_EQ(parser.size(), head.size()); });
}

TEST(views_lie_in_the_bytes_of_the_last_call) {
  const std::string request = with_fields("Host: a\r\nB: c\r\n");
  const std::string copy = request;
  HeadParser parser(HeadKind::kRequest, kBytesMax, kFieldsMax);
  EXPECT_EQ(parser.parse(as_bytes(request).first(20)), HeadStatus::kPartial);
  EXPECT_EQ(parser.parse(as_bytes(copy)), HeadStatus::kComplete);
  const auto within = [&](std::string_view view) {
    return view.data() >= copy.data() && view.data() + view.size() <= copy.data() + copy.size();
  };
  EXPECT(within(parser.head().method));
  EXPECT(within(parser.head().target));
  for (const HeaderField& field : parser.head().fields) EXPECT(within(field.name) && within(field.value));
}

TEST(is_partial_at_every_cut) {
  const std::string request = with_fields("Host: a\r\nX: \r\n");
  for (size_t size = 0; size < request.size(); ++size) {
    HeadParser parser(HeadKind::kRequest, kBytesMax, kFieldsMax);
    EXPECT_EQ(parser.parse(GuardedBytes(std::string_view(request).substr(0, size)).bytes()),
              HeadStatus::kPartial);
  }
}

TEST(skips_one_empty_line_before_the_request) {
  parse_all_ways("\r\n" + with_fields(""), HeadStatus::kComplete, [](const HeadParser& parser) {
    EXPECT_EQ(parser.head().method, "GET");
    EXPECT_EQ(parser.size(), 20);
  });
  expect_malformed("\r\n\r\n" + with_fields(""));
  expect_malformed("\n" + with_fields(""));
  expect_malformed("\rGET / HTTP/1.1\r\n\r\n");
}

TEST(reads_other_methods_targets_and_versions) {
  parse_all_ways("OPTIONS * HTTP/1.0\r\n\r\n", HeadStatus::kComplete, [](const HeadParser& parser) {
    EXPECT_EQ(parser.head().method, "OPTIONS");
    EXPECT_EQ(parser.head().target, "*");
    EXPECT_EQ(parser.head().version_minor, 0);
  });
  parse_all_ways("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HeadStatus::kComplete,
                 [](const HeadParser& parser) { EXPECT_EQ(parser.head().version_major, 2); });
  expect_status("!#$%&'*+-.^_`|~09azAZ / HTTP/1.1\r\n\r\n", HeadStatus::kComplete);
}

TEST(refuses_wrong_request_lines) {
  for (const char* line : {" GET / HTTP/1.1",
                           "GET  / HTTP/1.1",
                           "GET /  HTTP/1.1",
                           "GET / HTTP/1.1 ",
                           "GET\t/ HTTP/1.1",
                           "GET /",
                           "GET / ",
                           "GET",
                           "GET  HTTP/1.1",
                           "GE(T / HTTP/1.1",
                           "G\xc3\x89T / HTTP/1.1",
                           "GET /\xc3\xa9 HTTP/1.1",
                           "GET /\x7f HTTP/1.1",
                           "GET /\x01 HTTP/1.1",
                           "GET / a HTTP/1.1",
                           "GET / http/1.1",
                           "GET / HTTP/11",
                           "GET / HTTP/1",
                           "GET / HTTP/1.",
                           "GET / HTTP/.1",
                           "GET / HTTP/1.10",
                           "GET / HTTP/a.1",
                           "GET / HTTP/1,1",
                           "GET / HTTQ/1.1",
                           "GET / HTTP/1.1\r"}) {
    expect_malformed(std::string(line) + "\r\nHost: a\r\n\r\n");
  }
}

TEST(refuses_wrong_line_ends) {
  expect_malformed("GET / HTTP/1.1\nHost: a\r\n\r\n");
  expect_malformed("GET / HTTP/1.1\r\nHost: a\n\r\n");
  expect_malformed("GET / HTTP/1.1\r\nHost: a\r\n\n");
  expect_malformed("GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n");
  expect_malformed("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n");
  expect_malformed("GET / HTTP/1.1\r\nHost: a\r\n\rX");
  expect_malformed("GET / HTTP/1.1\r\r\n\r\n");
}

TEST(refuses_wrong_fields) {
  for (const char* line :
       {"Host : a", "Host\t: a", " Host: a", "\tHost: a", ": a", "Host", "Host a", "Ho st: a", "Host\x01: a",
        "H\xc3\xb6st: a", "(Host): a", "Host: a\x01", "Host: \x7f", "Host: a\x1b"}) {
    expect_malformed(with_fields(std::string(line) + "\r\n"));
  }
  expect_malformed(with_fields("A: b\r\n folded\r\n"));
  expect_malformed(with_fields("A: b\r\n\tfolded\r\n"));
  expect_malformed(with_fields(std::string("A: b\0c\r\n", 8)));
}

// What each byte may do in a name and in a value, against the sets as the RFC lists them.
TEST(takes_exactly_the_bytes_of_names_and_values) {
  const std::string_view token =
      "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (int i = 0; i < 256; ++i) {
    const char byte = static_cast<char>(i);
    const auto status_of = [](const std::string& text) {
      HeadParser parser(HeadKind::kRequest, kBytesMax, kFieldsMax);
      return parser.parse(GuardedBytes(text).bytes());
    };
    const bool in_name = token.find(byte) != std::string_view::npos;
    const bool in_value = i == '\t' || (i >= ' ' && i != 0x7f);
    const bool in_target = i > ' ' && i < 0x7f;
    const auto expected = [](bool fine) { return fine ? HeadStatus::kComplete : HeadStatus::kMalformed; };
    // A colon here ends the name, and the rest is a value.
    EXPECT_EQ(status_of(with_fields(std::string("a") + byte + "b: c\r\n")), expected(in_name || i == ':'));
    EXPECT_EQ(status_of(with_fields(std::string("a: b") + byte + "c\r\n")), expected(in_value));
    EXPECT_EQ(status_of(std::string("GET /") + byte + "a HTTP/1.1\r\n\r\n"), expected(in_target));
  }
}

TEST(refuses_a_tls_hello_at_its_first_byte) {
  HeadParser parser(HeadKind::kRequest, kBytesMax, kFieldsMax);
  EXPECT_EQ(parser.parse(as_bytes("\x16")), HeadStatus::kMalformed);
  expect_malformed(std::string("\x16\x03\x01\x02\0\x01", 6));
}

TEST(refuses_as_soon_as_the_wrong_byte_is_there) {
  expect_malformed("GET /\r");
  expect_malformed("GET / HTTP/1.1\r\nHost ");
  expect_malformed("GET / HTTP/1.1\r\n ");
  expect_malformed("GET / HTTP/1.1\r\nHost: \x01");
}

TEST(ends_a_head_that_is_too_long) {
  const std::string request = with_fields("Host: " + std::string(50, 'a') + "\r\n");
  const auto nothing = [](const HeadParser&) {};
  parse_all_ways(request, HeadStatus::kComplete, nothing, request.size());
  parse_all_ways(request + "more", HeadStatus::kComplete, nothing, request.size());
  parse_all_ways(request, HeadStatus::kTooLong, nothing, request.size() - 1);
  parse_all_ways(std::string(200, 'A'), HeadStatus::kTooLong, nothing, 100);
  // Not looked at: what lies beyond the limit.
  parse_all_ways(std::string(100, 'A') + "\x01", HeadStatus::kTooLong, nothing, 100);
  // Looked at before the limit counts.
  parse_all_ways(std::string(99, 'A') + "\x01", HeadStatus::kMalformed, nothing, 100);
}

TEST(ends_a_head_of_too_many_fields) {
  std::string fields;
  for (size_t i = 0; i < kFieldsMax; ++i) fields += "A: b\r\n";
  expect_status(with_fields(fields), HeadStatus::kComplete);
  expect_status(with_fields(fields + "A: b\r\n"), HeadStatus::kTooLong);
  expect_status("GET / HTTP/1.1\r\n" + fields + "A", HeadStatus::kTooLong);
}

// Whatever is changed in a valid request, all chunkings agree on it.
TEST(chunkings_agree_on_damaged_requests) {
  std::mt19937_64 random = testing::test_random();
  const std::string request = with_fields("Host: a\r\nUpgrade: websocket\r\n");
  for (int i = 0; i < 500; ++i) {
    std::string damaged = request;
    const size_t place = random() % damaged.size();
    damaged[place] = static_cast<char>(random());
    HeadParser parser(HeadKind::kRequest, kBytesMax, kFieldsMax);
    expect_status(damaged, parser.parse(as_bytes(damaged)));
  }
}

TEST(finds_fields_in_any_case) {
  HeadParser parser(HeadKind::kRequest, kBytesMax, kFieldsMax);
  const std::string request = with_fields("hOsT: a\r\nVia: 1\r\nVIA: 2\r\nVia-: 3\r\n");
  EXPECT_EQ(parser.parse(as_bytes(request)), HeadStatus::kComplete);
  const HttpHead& head = parser.head();
  EXPECT_EQ(head.find("Host"), "a");
  EXPECT_EQ(head.find("via"), "1");
  EXPECT_EQ(head.find("vi"), "");
  EXPECT_EQ(head.count("via"), 2);
  EXPECT_EQ(head.count("none"), 0);
}

TEST(finds_tokens_in_lists_over_several_fields) {
  HeadParser parser(HeadKind::kRequest, kBytesMax, kFieldsMax);
  const std::string request =
      with_fields("Connection: keep-alive\r\nConnection: , x ,\tUPGRADE ,,close\r\nOther: te\r\n");
  EXPECT_EQ(parser.parse(as_bytes(request)), HeadStatus::kComplete);
  const HttpHead& head = parser.head();
  for (const char* token : {"keep-alive", "Upgrade", "X", "close"})
    EXPECT(head.has_token("connection", token));
  for (const char* token : {"keep", "alive", "te", "upgrade ", "x ,"})
    EXPECT(!head.has_token("connection", token));
  EXPECT(!head.has_token("absent", "x"));
}

// --- Responses ---

template <typename Check>
void parse_response(std::string_view text, HeadStatus expected, Check check) {
  parse_all_ways(text, expected, check, kBytesMax, HeadKind::kResponse);
}

TEST(reads_a_response) {
  const std::string response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX:\r\n\r\n";
  parse_response(response + "frames", HeadStatus::kComplete, [&](const HeadParser& parser) {
    const HttpHead& head = parser.head();
    EXPECT_EQ(head.status, 101);
    EXPECT_EQ(head.version_major, 1);
    EXPECT_EQ(head.version_minor, 1);
    EXPECT_EQ(head.method, "");
    EXPECT_EQ(head.fields.size(), 2);
    EXPECT_EQ(head.find("upgrade"), "websocket");
    EXPECT_EQ(head.count("x"), 1);
    EXPECT_EQ(parser.begin(), 0);
    EXPECT_EQ(parser.size(), response.size());
  });
}

TEST(reads_a_response_whatever_its_phrase) {
  for (const char* phrase : {"", " ", " OK", " caf\xe9", "  \t!"}) {
    const std::string response = std::string("HTTP/1.0 200") + phrase + "\r\n\r\n";
    parse_response(response, HeadStatus::kComplete, [](const HeadParser& parser) {
      EXPECT_EQ(parser.head().status, 200);
      EXPECT_EQ(parser.head().version_minor, 0);
    });
  }
}

TEST(refuses_what_is_no_response) {
  for (const char* line :
       {"GET / HTTP/1.1",    "\r\nHTTP/1.1 200 OK", " HTTP/1.1 200 OK",  "http/1.1 200 OK",
        "HTTP/1.1  200 OK",  "HTTP/1.1\t200 OK",    "HTTP/11 200 OK",    "HTTP/1.1",
        "HTTP/1.1 ",         "HTTP/1.1 20 OK",      "HTTP/1.1 2000 OK",  "HTTP/1.1 099 OK",
        "HTTP/1.1 2x0 OK",   "HTTP/1.1 200\tOK",    "HTTP/1.1 200 \x01", "HTTP/1.1 200 OK\rX",
        "HTTP/1.1 200 OK\n", "SSH-2.0-OpenSSH_9.2", "ICY 200 OK",        "\x15\x03\x01"}) {
    parse_response(std::string(line) + "\r\n\r\n", HeadStatus::kMalformed, [](const HeadParser&) {});
  }
}

TEST(equals_ignoring_case_folds_letters_only) {
  EXPECT(equals_ignoring_case("", ""));
  EXPECT(equals_ignoring_case("Sec-WebSocket-Key", "sec-websocket-KEY"));
  EXPECT(!equals_ignoring_case("a", "ab"));
  EXPECT(!equals_ignoring_case("ab", "a"));
  EXPECT(!equals_ignoring_case("[", "{"));
  EXPECT(!equals_ignoring_case("@", "`"));
  EXPECT(!equals_ignoring_case("\xc9", "\xe9"));
}

TEST(takes_list_items) {
  std::string_view list = " a,b c ,, d";
  EXPECT_EQ(take_list_item(list), "a");
  EXPECT_EQ(take_list_item(list), "b c");
  EXPECT_EQ(take_list_item(list), "");
  EXPECT_EQ(take_list_item(list), "d");
  EXPECT_EQ(list, "");
}

}  // namespace
}  // namespace ntyws
