#include "protocol/deflate_negotiation.h"

#include "extension_fields.h"
#include "testing.h"

namespace ntyws {
namespace {

using testing::ExtensionFields;
using Values = std::vector<std::string>;

constexpr std::string_view kDefaultOffer = "permessage-deflate; client_max_window_bits";

// --- Offering ---

TEST(offers_what_is_wanted) {
  EXPECT_EQ(deflate_offer({}), kDefaultOffer);
  EXPECT_EQ(deflate_offer({.server_no_context_takeover = true}),
            "permessage-deflate; server_no_context_takeover; client_max_window_bits");
  EXPECT_EQ(deflate_offer({.client_no_context_takeover = true}),
            "permessage-deflate; client_no_context_takeover; client_max_window_bits");
  EXPECT_EQ(deflate_offer({.server_max_window_bits = 9}),
            "permessage-deflate; server_max_window_bits=9; client_max_window_bits");
  EXPECT_EQ(deflate_offer({.client_max_window_bits = 10}), kDefaultOffer);
  EXPECT_EQ(deflate_offer({.server_no_context_takeover = true,
                           .client_no_context_takeover = true,
                           .server_max_window_bits = 8,
                           .client_max_window_bits = 14}),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            "server_max_window_bits=8; client_max_window_bits");
}

TEST(says_nothing_of_what_is_ones_own_affair) {
  EXPECT_EQ(deflate_offer({.level = 9, .mem_level = 1, .threshold = 0}), kDefaultOffer);
}

// --- Answering ---

void expect_answer(const Values& offers, const DeflateOptions& options, std::string_view response,
                   const DeflateAgreement& agreement) {
  const DeflateAnswer answer = answer_deflate_offer(ExtensionFields(offers).head(), options);
  const bool fine = EXPECT(!answer.is_malformed) & EXPECT_EQ(answer.response, response) &
                    EXPECT(answer.agreement == agreement);
  if (!fine) testing::fail(__FILE__, __LINE__, "the above of " + testing::printed(offers));
}
void expect_answer(const std::string& offer, const DeflateOptions& options, std::string_view response,
                   const DeflateAgreement& agreement) {
  expect_answer(Values{offer}, options, response, agreement);
}

void expect_declined(const Values& offers) {
  const DeflateAnswer answer = answer_deflate_offer(ExtensionFields(offers).head(), {});
  const bool fine =
      EXPECT(!answer.is_malformed) & EXPECT(!answer.agreement.has_value()) & EXPECT_EQ(answer.response, "");
  if (!fine) testing::fail(__FILE__, __LINE__, "the above of " + testing::printed(offers));
}

TEST(accepts_the_plain_offer) {
  expect_answer("permessage-deflate", {}, "permessage-deflate", {});
  expect_answer(std::string(kDefaultOffer), {}, "permessage-deflate", {});
}

TEST(answers_each_parameter_offered) {
  expect_answer("permessage-deflate; server_no_context_takeover", {},
                "permessage-deflate; server_no_context_takeover", {.server_no_context_takeover = true});
  expect_answer("permessage-deflate; client_no_context_takeover", {},
                "permessage-deflate; client_no_context_takeover", {.client_no_context_takeover = true});
  expect_answer("permessage-deflate; server_max_window_bits=10", {},
                "permessage-deflate; server_max_window_bits=10", {.server_max_window_bits = 10});
  expect_answer("permessage-deflate; client_max_window_bits=11", {},
                "permessage-deflate; client_max_window_bits=11", {.client_max_window_bits = 11});
  // Asked for, it is said, even where it is what would hold anyway.
  expect_answer("permessage-deflate; server_max_window_bits=15", {},
                "permessage-deflate; server_max_window_bits=15", {});
  expect_answer("permessage-deflate; client_max_window_bits=15", {}, "permessage-deflate", {});
  expect_answer("permessage-deflate; server_max_window_bits=\"8\"; client_max_window_bits=\"1\\5\"", {},
                "permessage-deflate; server_max_window_bits=8", {.server_max_window_bits = 8});
}

TEST(asks_for_what_its_own_options_want) {
  const DeflateOptions options{.server_no_context_takeover = true,
                               .client_no_context_takeover = true,
                               .server_max_window_bits = 9,
                               .client_max_window_bits = 10};
  expect_answer(std::string(kDefaultOffer), options,
                "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
                "server_max_window_bits=9; client_max_window_bits=10",
                {true, true, 9, 10});
}

TEST(agrees_on_the_smaller_window) {
  for (uint8_t offered = 8; offered <= 15; ++offered) {
    for (uint8_t wanted = 8; wanted <= 15; ++wanted) {
      const uint8_t least = std::min(offered, wanted);
      const std::string bits = std::to_string(least);
      expect_answer("permessage-deflate; server_max_window_bits=" + std::to_string(offered),
                    {.server_max_window_bits = wanted}, "permessage-deflate; server_max_window_bits=" + bits,
                    {.server_max_window_bits = least});
      expect_answer("permessage-deflate; client_max_window_bits=" + std::to_string(offered),
                    {.client_max_window_bits = wanted},
                    "permessage-deflate" + (least < 15 ? "; client_max_window_bits=" + bits : ""),
                    {.client_max_window_bits = least});
    }
  }
}

// RFC 7692 §7.1.2.2.
TEST(asks_no_smaller_window_of_a_client_that_does_not_offer_it) {
  expect_answer("permessage-deflate", {.client_max_window_bits = 9}, "permessage-deflate", {});
  expect_answer("permessage-deflate; client_max_window_bits", {.client_max_window_bits = 9},
                "permessage-deflate; client_max_window_bits=9", {.client_max_window_bits = 9});
}

TEST(takes_the_first_offer_that_it_can_meet) {
  expect_answer(
      "permessage-deflate; server_max_window_bits=10, permessage-deflate; server_no_context_takeover", {},
      "permessage-deflate; server_max_window_bits=10", {.server_max_window_bits = 10});
  expect_answer(
      "permessage-deflate; server_max_window_bits=7, permessage-deflate; client_no_context_takeover", {},
      "permessage-deflate; client_no_context_takeover", {.client_no_context_takeover = true});
  expect_answer(Values{"x-webkit-deflate-frame, permessage-bzip2; level=9", "permessage-deflate"}, {},
                "permessage-deflate", {});
}

TEST(declines_what_it_does_not_know) {
  expect_declined({});
  expect_declined({""});
  expect_declined({"permessage-bzip2"});
  expect_declined({"x-webkit-deflate-frame"});
  expect_declined({"Permessage-Deflate"});
  expect_declined({"permessage-deflate; level=9"});
  expect_declined({"permessage-deflate; Server_No_Context_Takeover"});
  expect_declined({"permessage-deflate; client_max_window_bits; x"});
}

TEST(declines_repeated_parameters) {
  expect_declined({"permessage-deflate; server_no_context_takeover; server_no_context_takeover"});
  expect_declined({"permessage-deflate; client_no_context_takeover; client_no_context_takeover"});
  expect_declined({"permessage-deflate; server_max_window_bits=10; server_max_window_bits=10"});
  expect_declined({"permessage-deflate; client_max_window_bits; client_max_window_bits=10"});
  expect_declined(
      {"permessage-deflate; client_max_window_bits; server_no_context_takeover; client_max_window_bits"});
}

TEST(declines_values_that_may_not_be) {
  for (const char* name : {"server_max_window_bits", "client_max_window_bits"}) {
    for (const char* value : {"7", "16", "0", "010", "08", "+9", "-9", "abc", "9x", "10.0", "1e1", "0x9",
                              "255", "264", "99999999999999999999"}) {
      expect_declined({"permessage-deflate; " + std::string(name) + "=" + value});
    }
  }
  expect_declined({"permessage-deflate; server_max_window_bits"});
  expect_declined({"permessage-deflate; server_no_context_takeover=true"});
  expect_declined({"permessage-deflate; client_no_context_takeover=1"});
}

TEST(tells_a_malformed_request) {
  for (const char* offer : {"permessage-deflate;", "permessage-deflate; client_max_window_bits=",
                            "permessage-deflate client_max_window_bits",
                            "permessage-deflate, permessage-deflate; client_max_window_bits=\"10"}) {
    const DeflateAnswer answer = answer_deflate_offer(ExtensionFields(offer).head(), {});
    EXPECT(answer.is_malformed);
    EXPECT(!answer.agreement.has_value());
    EXPECT_EQ(answer.response, "");
  }
}

// --- Judging an answer ---

void expect_verdict(const Values& answers, const DeflateOptions& options, DeflateVerdict expected) {
  DeflateAgreement agreement{true, true, 9, 9};
  const DeflateAgreement before = agreement;
  const DeflateVerdict verdict = judge_deflate_answer(ExtensionFields(answers).head(), &options, agreement);
  bool fine = EXPECT_EQ(verdict, expected);
  if (expected != DeflateVerdict::kAgreed) fine = EXPECT(agreement == before) && fine;
  if (!fine) testing::fail(__FILE__, __LINE__, "the above of " + testing::printed(answers));
}
void expect_agreement(const std::string& answer, const DeflateOptions& options,
                      const DeflateAgreement& expected) {
  DeflateAgreement agreement{true, true, 9, 9};
  const bool fine = EXPECT_EQ(judge_deflate_answer(ExtensionFields(answer).head(), &options, agreement),
                              DeflateVerdict::kAgreed) &
                    EXPECT(agreement == expected);
  if (!fine) testing::fail(__FILE__, __LINE__, "the above of " + testing::quoted(answer));
}

TEST(a_server_may_choose_no_extension) {
  expect_verdict({}, {}, DeflateVerdict::kNone);
  expect_verdict({"", " , "}, {}, DeflateVerdict::kNone);
  expect_verdict({}, {.server_no_context_takeover = true}, DeflateVerdict::kNone);
  DeflateAgreement agreement;
  EXPECT_EQ(judge_deflate_answer(ExtensionFields(Values{}).head(), nullptr, agreement),
            DeflateVerdict::kNone);
}

TEST(agrees_on_what_the_server_says) {
  expect_agreement("permessage-deflate", {}, {});
  expect_agreement(
      "permessage-deflate; client_max_window_bits=9; server_max_window_bits=8; "
      "client_no_context_takeover; server_no_context_takeover",
      {}, {true, true, 8, 9});
  expect_agreement("permessage-deflate; server_max_window_bits=\"15\"", {}, {});
  // More than was asked for.
  expect_agreement("permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
                   {.server_max_window_bits = 10},
                   {.server_no_context_takeover = true, .server_max_window_bits = 9});
}

// What the client compresses is its own to choose, as long as it is no more than the server allows.
TEST(keeps_its_own_side_as_small_as_it_wants) {
  expect_agreement("permessage-deflate", {.client_no_context_takeover = true, .client_max_window_bits = 10},
                   {.client_no_context_takeover = true, .client_max_window_bits = 10});
  expect_agreement("permessage-deflate; client_max_window_bits=9", {.client_max_window_bits = 10},
                   {.client_max_window_bits = 9});
  expect_agreement("permessage-deflate; client_max_window_bits=11", {.client_max_window_bits = 10},
                   {.client_max_window_bits = 10});
}

TEST(refuses_extensions_that_were_not_offered) {
  expect_verdict({"permessage-bzip2"}, {}, DeflateVerdict::kNotOffered);
  expect_verdict({"PERMESSAGE-DEFLATE"}, {}, DeflateVerdict::kNotOffered);
  expect_verdict({"permessage-deflate, permessage-deflate"}, {}, DeflateVerdict::kNotOffered);
  expect_verdict({"permessage-deflate", "permessage-bzip2"}, {}, DeflateVerdict::kNotOffered);
  DeflateAgreement agreement;
  EXPECT_EQ(judge_deflate_answer(ExtensionFields("permessage-deflate").head(), nullptr, agreement),
            DeflateVerdict::kNotOffered);
}

TEST(refuses_a_malformed_answer) {
  expect_verdict({"permessage-deflate;"}, {}, DeflateVerdict::kInvalid);
  expect_verdict({"permessage-deflate", "a b"}, {}, DeflateVerdict::kInvalid);
  DeflateAgreement agreement;
  EXPECT_EQ(judge_deflate_answer(ExtensionFields("a;").head(), nullptr, agreement), DeflateVerdict::kInvalid);
}

TEST(refuses_parameters_that_may_not_be) {
  for (const char* parameters :
       {"level=9", "server_no_context_takeover=1", "client_no_context_takeover=true",
        "server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16",
        "server_max_window_bits=09",
        // In an answer it must have a value.
        "client_max_window_bits", "client_max_window_bits=7", "client_max_window_bits=abc",
        "server_no_context_takeover; server_no_context_takeover",
        "client_max_window_bits=10; client_max_window_bits=10"}) {
    expect_verdict({"permessage-deflate; " + std::string(parameters)}, {}, DeflateVerdict::kInvalid);
  }
}

// RFC 7692 §7.1.1.1, §7.1.2.
TEST(refuses_an_answer_that_does_not_keep_to_the_offer) {
  expect_verdict({"permessage-deflate"}, {.server_no_context_takeover = true}, DeflateVerdict::kInvalid);
  expect_verdict({"permessage-deflate"}, {.server_max_window_bits = 14}, DeflateVerdict::kInvalid);
  expect_verdict({"permessage-deflate; server_max_window_bits=15"}, {.server_max_window_bits = 14},
                 DeflateVerdict::kInvalid);
}

// --- Both together ---

TEST(what_our_server_answers_our_client_agrees_to) {
  std::mt19937_64 random = testing::test_random();
  const auto random_options = [&] {
    return DeflateOptions{.server_no_context_takeover = random() % 2 == 0,
                          .client_no_context_takeover = random() % 2 == 0,
                          .server_max_window_bits = static_cast<uint8_t>(8 + random() % 8),
                          .client_max_window_bits = static_cast<uint8_t>(8 + random() % 8)};
  };
  for (int i = 0; i < 500; ++i) {
    const DeflateOptions client = random_options();
    const DeflateOptions server = random_options();
    const DeflateAnswer answer = answer_deflate_offer(ExtensionFields(deflate_offer(client)).head(), server);
    if (!EXPECT(answer.agreement.has_value())) continue;
    DeflateAgreement agreed = *answer.agreement;
    agreed.client_max_window_bits = std::min(agreed.client_max_window_bits, client.client_max_window_bits);
    expect_agreement(answer.response, client, agreed);
  }
}

}  // namespace
}  // namespace ntyws
