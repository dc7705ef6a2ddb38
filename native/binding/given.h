// Values that JavaScript gave, and where each stands: `plan.addresses[2]`. The first that is wrong is thrown
// as an error that names it. From then on, as after a getter that throws and while a worker is being
// terminated, nothing is read any more, and all that is asked for is empty.
#pragma once

#include <node_api.h>

#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace ntyws {

// The reading of one call's arguments. Whoever has read asks failed() before it does anything.
class Reading {
 public:
  explicit Reading(napi_env env) : env_(env) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  napi_env env() const { return env_; }
  bool failed() const { return failed_; }

  // Each is an error with a code of Node's, unless something else has been thrown.
  void refuse_type(const std::string& message);
  void refuse_value(const std::string& message);
  void refuse_range(const std::string& message);
  void refuse_state(const std::string& message);
  // Node-API has refused: an exception is pending, or JavaScript cannot be run any more.
  void fail() { failed_ = true; }

 private:
  using Throw = napi_status (*)(napi_env, const char* code, const char* message);
  void refuse(Throw how, const char* code, const std::string& message);

  napi_env env_;
  bool failed_ = false;
};

class Given {
 public:
  Given(Reading& reading, napi_value value, const char* name)
      : reading_(reading), value_(value), name_(name) {}

  // They refer to this one.
  Given member(const char* name) const;
  Given element(uint32_t index) const;

  // Of an array that has at most so many.
  uint32_t length(uint32_t most) const;
  bool is_undefined() const { return !failed() && type() == napi_undefined; }

  bool boolean() const;
  template <typename Integer>
  Integer integer(Integer least, Integer most) const {
    return static_cast<Integer>(integer_between(static_cast<double>(least), static_cast<double>(most)));
  }
  // limits::kArgumentTextMax bytes at most.
  std::string text() const;
  // The same without a zero byte, for those who read no further than that.
  std::string text_without_zero() const;
  // Of text that goes into header fields, whose bytes are characters.
  std::string latin1() const;
  // As it is; null when the reading has failed.
  napi_value value() const { return failed() ? nullptr : value_; }
  napi_value object() const;
  napi_value array() const;
  napi_value function() const;
  std::span<uint8_t> bytes() const { return typed<uint8_t>(napi_uint8_array, "a Uint8Array"); }
  std::span<int32_t> int32s() const { return typed<int32_t>(napi_int32_array, "an Int32Array"); }
  std::span<double> doubles() const { return typed<double>(napi_float64_array, "a Float64Array"); }

  // `read` makes an item of each element.
  template <typename Read>
  auto list(uint32_t most, Read read) const {
    std::vector<decltype(read(*this))> items;
    const uint32_t count = length(most);
    for (uint32_t i = 0; i < count && !failed(); ++i) items.push_back(read(element(i)));
    return items;
  }

  Reading& reading() const { return reading_; }
  bool failed() const { return reading_.failed(); }
  // Says what it must be, with the sentence's end: "a string". Of the value it says no more than its type, as
  // it may be a secret.
  void refuse_type(const char* wanted) const;
  void refuse_value(const std::string& wanted) const;
  void refuse_range(const std::string& wanted) const;

 private:
  Given(const Given& parent, napi_value value, const char* name, uint32_t index)
      : reading_(parent.reading_), value_(value), name_(name), parent_(&parent), index_(index) {}

  napi_valuetype type() const;
  double integer_between(double least, double most) const;
  using GetText = napi_status (*)(napi_env, napi_value, char*, size_t, size_t*);
  std::string text_by(GetText get) const;
  void* typed_data(napi_typedarray_type type, const char* wanted, size_t& length) const;
  template <typename T>
  std::span<T> typed(napi_typedarray_type type, const char* wanted) const {
    size_t length = 0;
    T* data = static_cast<T*>(typed_data(type, wanted, length));
    return {data, length};
  }
  std::string path() const;

  Reading& reading_;
  napi_value value_;  // null when the reading has failed
  const char* name_;  // null for an element
  const Given* parent_ = nullptr;
  uint32_t index_ = 0;
};

}  // namespace ntyws
