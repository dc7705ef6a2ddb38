// How JavaScript gets into a function of ours: every argument is converted and checked before the function
// runs, and when one is wrong it does not run. So a function says by its parameters what it takes.
#pragma once

#include <node_api.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "binding/addon_instance.h"
#include "binding/given.h"
#include "binding/napi.h"

namespace ntyws {

// Of a parameter's type:
//   Read read(const Given&)                          what JavaScript gave; JavaScript may run meanwhile
//   void find(Reading&, AddonInstance&, Read&)       looks up what that names, when JavaScript runs no more
//   T pass(Read&)                                    what the function gets, if nothing was wrong
template <typename T>
struct Parameter;

// A parameter that is handed over as it was read.
template <typename T>
struct ValueParameter {
  static void find(Reading&, AddonInstance&, T&) {}
  static T&& pass(T& value) { return std::move(value); }
};

// The name of a function or argument, as a template's argument.
template <size_t kSize>
struct Name {
  constexpr Name(const char (&given)[kSize]) { std::copy_n(given, kSize, text); }
  char text[kSize];
};

// What a function works on: the instance, or what it has started. Null when that is not there.
template <typename T>
T* subject_of(Reading& reading, AddonInstance& instance);
template <>
inline AddonInstance* subject_of(Reading&, AddonInstance& instance) {
  return &instance;
}
template <>
inline Environment* subject_of(Reading& reading, AddonInstance& instance) {
  Environment* environment = instance.environment.get();
  if (!environment) reading.refuse_state("start() comes first");
  if (environment && environment->ended()) reading.refuse_state("JavaScript is ending");
  return environment;
}

inline napi_value to_js(Napi::Env, Napi::Value value) {
  return value;
}
inline napi_value to_js(Napi::Env env, bool value) {
  return Napi::Boolean::New(env, value);
}
inline napi_value to_js(Napi::Env env, uint32_t value) {
  return Napi::Number::New(env, value);
}
inline napi_value to_js(Napi::Env env, int value) {
  return Napi::Number::New(env, value);
}

template <auto function, Name... kNames>
struct Entry;

template <typename Result, typename Subject, typename... Parameters,
          Result (*function)(Napi::Env, Subject&, Parameters...), Name... kNames>
struct Entry<function, kNames...> {
  static_assert(sizeof...(Parameters) == sizeof...(kNames), "every argument has a name");

  static napi_value call(napi_env env, napi_callback_info info) {
    napi_value arguments[sizeof...(Parameters) + 1];
    size_t count = sizeof...(Parameters);
    void* data = nullptr;
    // What was left out is undefined.
    if (napi_get_cb_info(env, info, &count, arguments, nullptr, &data) != napi_ok) return nullptr;
    return call_with(env, *static_cast<AddonInstance*>(data), arguments,
                     std::index_sequence_for<Parameters...>());
  }

 private:
  template <size_t... kIndexes>
  static napi_value call_with(napi_env env, AddonInstance& instance, const napi_value* arguments,
                              std::index_sequence<kIndexes...>) {
    Reading reading(env);
    // Braces: in their order.
    std::tuple<decltype(Parameter<Parameters>::read(std::declval<const Given&>()))...> read{
        Parameter<Parameters>::read(Given(reading, arguments[kIndexes], kNames.text))...};
    Subject* subject = subject_of<Subject>(reading, instance);
    if (!reading.failed()) (Parameter<Parameters>::find(reading, instance, std::get<kIndexes>(read)), ...);
    if (reading.failed()) return nullptr;
    if constexpr (std::is_void_v<Result>) {
      function(env, *subject, Parameter<Parameters>::pass(std::get<kIndexes>(read))...);
      return nullptr;
    } else {
      return to_js(env, function(env, *subject, Parameter<Parameters>::pass(std::get<kIndexes>(read))...));
    }
  }
};

}  // namespace ntyws
