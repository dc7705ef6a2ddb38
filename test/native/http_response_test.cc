#include "protocol/http_response.h"

#include "guarded_bytes.h"
#include "testing.h"

namespace ntyws {
namespace {

TEST(knows_the_phrases) {
  EXPECT_EQ(reason_phrase(101), "Switching Protocols");
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(404), "Not Found");
  EXPECT_EQ(reason_phrase(426), "Upgrade Required");
  EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(503), "Service Unavailable");
  EXPECT_EQ(reason_phrase(505), "HTTP Version Not Supported");
  for (const int status : {-1, 0, 99, 299, 418, 599, 1000}) EXPECT_EQ(reason_phrase(status), "Unknown");
}

TEST(makes_a_text_response) {
  EXPECT_EQ(final_response(404, "", as_bytes("no such room")),
            "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 12\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n\r\nno such room");
}

TEST(makes_an_empty_response) {
  EXPECT_EQ(
      final_response(405, "Allow: GET\r\n", {}),
      "HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\nAllow: GET\r\n\r\n");
  EXPECT_EQ(final_response(599, "", {}),
            "HTTP/1.1 599 Unknown\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

TEST(keeps_a_content_type_in_any_case) {
  EXPECT_EQ(final_response(200, "A: b\r\ncontent-TYPE: text/html\r\n", as_bytes("<p>")),
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\nA: b\r\ncontent-TYPE: "
            "text/html\r\n\r\n<p>");
  // A name that only contains it, or a value, is none.
  const std::string other = final_response(200, "X-Content-Type: a\r\nA: Content-Type: b\r\n", as_bytes("c"));
  EXPECT(other.find("\r\nContent-Type: text/plain; charset=utf-8\r\n") != std::string::npos);
}

TEST(states_the_length_itself) {
  EXPECT_EQ(final_response(200, "content-length: 99\r\nA: b\r\nTransfer-Encoding: chunked\r\n", {}),
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\nA: b\r\n\r\n");
}

TEST(leaves_out_bodies_that_must_not_be) {
  EXPECT_EQ(final_response(204, "A: b\r\n", as_bytes("x")),
            "HTTP/1.1 204 No Content\r\nConnection: close\r\nA: b\r\n\r\n");
  EXPECT_EQ(final_response(304, "", as_bytes("x")), "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n");
}

TEST(takes_any_bytes_as_body) {
  testing::GuardedBytes body(std::string_view("\0\r\n\xff", 4));
  testing::GuardedBytes headers(std::string_view("A: b\r\n"));
  const std::string response = final_response(500, as_text(headers.bytes()), body.bytes());
  EXPECT(response.ends_with(std::string_view("\r\n\r\n\0\r\n\xff", 8)));
  EXPECT(response.find("Content-Length: 4\r\n") != std::string::npos);
}

}  // namespace
}  // namespace ntyws
