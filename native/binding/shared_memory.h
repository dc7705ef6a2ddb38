// Memory that C++ and JavaScript both see: an ArrayBuffer that JavaScript made and never transfers. The
// environment holds the object that has them all.
#pragma once

#include <cstddef>
#include <span>

namespace ntyws {

template <typename T>
class SharedArray {
 public:
  // The elements of a typed array.
  explicit SharedArray(std::span<T> elements) : data_(elements.data()), size_(elements.size()) {}

  T* data() const { return data_; }
  size_t size() const { return size_; }
  T& operator[](size_t index) const { return data_[index]; }

 private:
  T* data_;
  size_t size_;
};

}  // namespace ntyws
