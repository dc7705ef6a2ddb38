// What most files include, compiled once for all: reading it anew is a third of a file's compile time. The
// Makefile puts it before each file. It must hold nothing of ours, so that a change of ours does not compile
// everything again.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>
