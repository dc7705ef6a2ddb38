// node-addon-api as all of us must see it: the same without exceptions.
#pragma once

#define NAPI_DISABLE_CPP_EXCEPTIONS
#define NODE_ADDON_API_DISABLE_DEPRECATED
// While a worker is terminated, calls fail and no exception can be thrown: that is no reason to abort the
// process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#include <napi.h>
