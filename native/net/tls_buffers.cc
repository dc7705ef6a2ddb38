#include "net/tls_buffers.h"

#include <openssl/bio.h>

#include <algorithm>

#include "base/end_process.h"

namespace ntyws {

struct TlsBuffers::BioMethod {
  static TlsBuffers& buffers_of(BIO* bio) { return *static_cast<TlsBuffers*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, int size) {
    TlsBuffers& buffers = buffers_of(bio);
    BIO_clear_retry_flags(bio);
    const size_t count = std::min(static_cast<size_t>(size), buffers.input_.size());
    if (count == 0) {
      buffers.wants_more_ = true;
      BIO_set_retry_read(bio);
      return -1;
    }
    copy_bytes(reinterpret_cast<uint8_t*>(into), buffers.input_.data(), count);
    buffers.input_ = buffers.input_.subspan(count);
    return static_cast<int>(count);
  }

  // Takes everything: whether the kernel does is seen when the output is sent.
  static int write(BIO* bio, const char* from, int size) {
    BIO_clear_retry_flags(bio);
    buffers_of(bio).output_.append({reinterpret_cast<const uint8_t*>(from), static_cast<size_t>(size)});
    return size;
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static const BIO_METHOD* get() {
    static BIO_METHOD* const shared = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ntyws");
      if (!made) end_for_want_of_memory();
      BIO_meth_set_read(made, read);
      BIO_meth_set_write(made, write);
      BIO_meth_set_ctrl(made, control);
      return made;
    }();
    return shared;
  }
};

TlsBuffers::TlsBuffers()
    : bio_(BIO_new(BioMethod::get())),
      ciphertext_(std::make_unique_for_overwrite<uint8_t[]>(kCiphertextBytes)),
      record_(std::make_unique_for_overwrite<uint8_t[]>(limits::kTlsRecordBytes)) {
  if (!bio_) end_for_want_of_memory();
  BIO_set_data(bio_, this);
  BIO_set_init(bio_, 1);
}

TlsBuffers::~TlsBuffers() {
  BIO_set_data(bio_, nullptr);
  BIO_free(bio_);
}

Bytes TlsBuffers::take_output() {
  Bytes made = output_.bytes();
  output_.clear();
  return made;
}

}  // namespace ntyws
