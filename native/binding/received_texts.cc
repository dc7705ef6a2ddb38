#include "binding/received_texts.h"

namespace ntyws {

class ReceivedTexts::RetainedText final : public Retained {
 public:
  explicit RetainedText(std::shared_ptr<Text> text) : text_(std::move(text)) {}

 private:
  std::shared_ptr<Text> text_;
};

napi_value ReceivedTexts::add(napi_env env, uint32_t index, ByteBuffer from, bool is_ascii) {
  auto text = std::make_shared<Text>(std::move(from));
  texts_.resize(index);
  texts_.push_back(text);
  const char* data = reinterpret_cast<const char*>(text->bytes.data());
  const size_t size = text->bytes.size();
  napi_value string = nullptr;
  if (is_ascii) {
    napi_create_string_latin1(env, data, size, &string);
  } else {
    napi_create_string_utf8(env, data, size, &string);
  }
  return string;
}

std::unique_ptr<Retained> ReceivedTexts::retain(uint32_t index) const {
  return std::make_unique<RetainedText>(texts_[index]);
}

}  // namespace ntyws
