#include "binding/given.h"

#include <cmath>

#include "base/limits.h"

namespace ntyws {
namespace {

const char* name_of(napi_valuetype type) {
  switch (type) {
    case napi_undefined:
      return "undefined";
    case napi_null:
      return "null";
    case napi_boolean:
      return "a boolean";
    case napi_number:
      return "a number";
    case napi_string:
      return "a string";
    case napi_symbol:
      return "a symbol";
    case napi_function:
      return "a function";
    case napi_bigint:
      return "a bigint";
    case napi_object:
    case napi_external:
      break;
  }
  return "an object";
}

std::string digits(double number) {
  return std::to_string(static_cast<int64_t>(number));
}

}  // namespace

void Reading::refuse(Throw how, const char* code, const std::string& message) {
  if (!failed_) how(env_, code, message.c_str());
  failed_ = true;
}

void Reading::refuse_type(const std::string& message) {
  refuse(napi_throw_type_error, "ERR_INVALID_ARG_TYPE", message);
}

void Reading::refuse_value(const std::string& message) {
  refuse(napi_throw_type_error, "ERR_INVALID_ARG_VALUE", message);
}

void Reading::refuse_range(const std::string& message) {
  refuse(napi_throw_range_error, "ERR_OUT_OF_RANGE", message);
}

void Reading::refuse_state(const std::string& message) {
  refuse(napi_throw_error, "ERR_INVALID_STATE", message);
}

Given Given::member(const char* name) const {
  napi_value value = nullptr;
  const napi_value from = object();
  if (!failed() && napi_get_named_property(reading_.env(), from, name, &value) != napi_ok) reading_.fail();
  return {*this, value, name, 0};
}

Given Given::element(uint32_t index) const {
  napi_value value = nullptr;
  const napi_value from = array();
  if (!failed() && napi_get_element(reading_.env(), from, index, &value) != napi_ok) reading_.fail();
  return {*this, value, nullptr, index};
}

uint32_t Given::length(uint32_t most) const {
  uint32_t length = 0;
  const napi_value from = array();
  if (failed()) return 0;
  if (napi_get_array_length(reading_.env(), from, &length) != napi_ok) reading_.fail();
  if (length > most) refuse_range("have at most " + std::to_string(most) + " elements");
  return failed() ? 0 : length;
}

bool Given::boolean() const {
  bool value = false;
  if (!failed() && napi_get_value_bool(reading_.env(), value_, &value) != napi_ok) refuse_type("a boolean");
  return value;
}

double Given::integer_between(double least, double most) const {
  double value = 0;
  if (failed()) return 0;
  if (napi_get_value_double(reading_.env(), value_, &value) != napi_ok) refuse_type("a number");
  // Written so that NaN is refused.
  const bool fits = value >= least && value <= most && std::trunc(value) == value;
  if (!fits) refuse_range("be an integer from " + digits(least) + " to " + digits(most));
  return failed() ? 0 : value;
}

std::string Given::text_by(GetText get) const {
  size_t size = 0;
  if (failed()) return {};
  if (get(reading_.env(), value_, nullptr, 0, &size) != napi_ok) refuse_type("a string");
  if (size > limits::kArgumentTextMax) {
    refuse_range("have at most " + std::to_string(limits::kArgumentTextMax) + " bytes");
  }
  if (failed()) return {};
  std::string text(size, '\0');
  get(reading_.env(), value_, text.data(), size + 1, &size);
  text.resize(size);
  return text;
}

std::string Given::text() const {
  return text_by(napi_get_value_string_utf8);
}

std::string Given::text_without_zero() const {
  std::string text = this->text();
  if (text.find('\0') != std::string::npos) refuse_value("have no zero byte");
  return text;
}

std::string Given::latin1() const {
  return text_by(napi_get_value_string_latin1);
}

napi_value Given::object() const {
  if (!failed() && type() != napi_object) refuse_type("an object");
  return failed() ? nullptr : value_;
}

napi_value Given::array() const {
  bool is_array = false;
  if (!failed() && (napi_is_array(reading_.env(), value_, &is_array) != napi_ok || !is_array)) {
    refuse_type("an array");
  }
  return failed() ? nullptr : value_;
}

napi_value Given::function() const {
  if (!failed() && type() != napi_function) refuse_type("a function");
  return failed() ? nullptr : value_;
}

void* Given::typed_data(napi_typedarray_type type, const char* wanted, size_t& length) const {
  void* data = nullptr;
  napi_typedarray_type given;
  if (failed()) return nullptr;
  // Fails for all but typed arrays.
  if (napi_get_typedarray_info(reading_.env(), value_, &given, &length, &data, nullptr, nullptr) != napi_ok ||
      given != type) {
    length = 0;
    refuse_type(wanted);
    return nullptr;
  }
  return data;
}

napi_valuetype Given::type() const {
  napi_valuetype type = napi_undefined;
  napi_typeof(reading_.env(), value_, &type);
  return type;
}

void Given::refuse_type(const char* wanted) const {
  if (failed()) return;
  reading_.refuse_type(path() + " must be " + wanted + ", not " + name_of(type()));
}

void Given::refuse_value(const std::string& wanted) const {
  if (!failed()) reading_.refuse_value(path() + " must " + wanted);
}

void Given::refuse_range(const std::string& wanted) const {
  if (!failed()) reading_.refuse_range(path() + " must " + wanted);
}

std::string Given::path() const {
  if (!parent_) return name_;
  return name_ ? parent_->path() + "." + name_ : parent_->path() + "[" + std::to_string(index_) + "]";
}

}  // namespace ntyws
