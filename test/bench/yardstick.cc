// The least a single-threaded epoll WebSocket echo server can do: what our own cost per message is measured
// against. Not a server to use: it trusts its client, echoes every frame and checks nothing.
//   g++ -std=c++20 -O3 -march=x86-64-v3 -o yardstick yardstick.cc -lssl -lcrypto
//   ./yardstick PORT[-PORT] [--cert FILE --key FILE]

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "tls_connection.h"

namespace {

struct Connection {
  bool open = false;                   // handshake done
  bool wants_write = false;            // registered for EPOLLOUT
  std::string in;                      // bytes of an unfinished request or frame
  std::string out;                     // bytes the socket would not take yet
  std::unique_ptr<TlsConnection> tls;  // null for a plain connection
};

// Indexed by fd. Allocated at start, so that accepting costs no growth and looking up no check.
std::vector<Connection> connections(1 << 17);
std::vector<char> received(1 << 20);
std::vector<char> reply;
TlsContextHandle tls_context;  // null without TLS
int epoll_fd;

constexpr int kListenBacklog = 4096;
constexpr size_t kEventsPerWait = 1024;

void watch(int fd, bool write) {
  if (connections[fd].wants_write == write) return;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | (write ? static_cast<uint32_t>(EPOLLOUT) : 0);
  event.data.fd = fd;
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event);
  connections[fd].wants_write = write;
}

ssize_t send_some(int fd, const char* data, size_t size) {
  TlsConnection* tls = connections[fd].tls.get();
  return tls ? tls->send(data, size) : send(fd, data, size, MSG_NOSIGNAL);
}

ssize_t receive_some(int fd) {
  TlsConnection* tls = connections[fd].tls.get();
  return tls ? tls->receive(received.data(), received.size()) : recv(fd, received.data(), received.size(), 0);
}

void send_or_queue(int fd, const char* data, size_t size) {
  Connection& connection = connections[fd];
  if (connection.out.empty()) {
    ssize_t sent = send_some(fd, data, size);
    if (sent < 0) {
      if (errno != EAGAIN) return;  // the next recv reports the error and closes
      sent = 0;
    }
    data += sent;
    size -= sent;
  }
  if (size) {
    connection.out.append(data, size);
    watch(fd, true);
  }
}

void send_queued(int fd) {
  Connection& connection = connections[fd];
  ssize_t sent = send_some(fd, connection.out.data(), connection.out.size());
  if (sent > 0) connection.out.erase(0, sent);
  if (connection.out.empty()) watch(fd, false);
}

void answer_handshake(int fd, const char* data, size_t size) {
  static const std::string kKeyField = "Sec-WebSocket-Key: ";
  constexpr size_t kKeySize = 24;
  Connection& connection = connections[fd];
  connection.in.append(data, size);
  if (connection.in.find("\r\n\r\n") == std::string::npos) return;
  size_t field = connection.in.find(kKeyField);
  if (field == std::string::npos) return;

  // RFC 6455 §4.2.2: base64 of the SHA-1 of the key and this constant.
  std::string key =
      connection.in.substr(field + kKeyField.size(), kKeySize) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest);
  char accept[64];
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(accept), digest, sizeof digest);
  std::string response = std::string(
                             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                             "Connection: Upgrade\r\nSec-WebSocket-Accept: ") +
                         accept + "\r\n\r\n";
  connection.in.clear();
  connection.open = true;
  send_or_queue(fd, response.data(), response.size());
}

// Echoes every whole frame in one send. Unmasks eight bytes at a time on the way from `received` to `reply`,
// so that each payload byte is touched once.
void echo(int fd, const char* data, size_t size) {
  Connection& connection = connections[fd];
  bool kept = !connection.in.empty();
  if (kept) {
    connection.in.append(data, size);
    data = connection.in.data();
    size = connection.in.size();
  }
  // A reply is shorter than its frame by the masking key, so it always fits.
  if (reply.size() < size) reply.resize(size);

  const char* start = data;
  char* write = reply.data();
  while (size >= 6) {
    uint64_t payload_size = data[1] & 127;
    size_t header_size = 2;
    if (payload_size == 126) {
      if (size < 8) break;
      payload_size = static_cast<uint8_t>(data[2]) << 8 | static_cast<uint8_t>(data[3]);
      header_size = 4;
    } else if (payload_size == 127) {
      if (size < 14) break;
      payload_size = 0;
      for (int i = 2; i < 10; i++) payload_size = payload_size << 8 | static_cast<uint8_t>(data[i]);
      header_size = 10;
    }
    if (size < header_size + 4 + payload_size) break;

    uint32_t key;
    memcpy(&key, data + header_size, 4);
    uint64_t key_twice = key | static_cast<uint64_t>(key) << 32;
    memcpy(write, data, header_size);
    write[1] &= 127;
    write += header_size;
    const char* payload = data + header_size + 4;
    size_t i = 0;
    for (; i + 8 <= payload_size; i += 8) {
      uint64_t word;
      memcpy(&word, payload + i, 8);
      word ^= key_twice;
      memcpy(write + i, &word, 8);
    }
    for (; i < payload_size; i++) write[i] = payload[i] ^ data[header_size + (i & 3)];
    write += payload_size;
    data = payload + payload_size;
    size -= header_size + 4 + payload_size;
  }
  if (write > reply.data()) send_or_queue(fd, reply.data(), write - reply.data());
  if (kept) {
    connection.in.erase(0, data - start);
  } else if (size) {
    connection.in.assign(data, size);
  }
}

void accept_all(int listener) {
  int on = 1;
  for (int fd; (fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
    if (static_cast<size_t>(fd) >= connections.size()) {
      close(fd);
      continue;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections[fd] = Connection();
    if (tls_context) {
      connections[fd].tls = std::make_unique<TlsConnection>(tls_context.get(), fd);
      SSL_set_accept_state(connections[fd].tls->get());
    }
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP;
    event.data.fd = fd;
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
  }
}

void receive(int fd) {
  ssize_t size = receive_some(fd);
  if (size == 0 || (size < 0 && errno != EAGAIN)) {
    connections[fd].tls.reset();
    close(fd);
    return;
  }
  if (size < 0) return;
  if (connections[fd].open) {
    echo(fd, received.data(), size);
  } else {
    answer_handshake(fd, received.data(), size);
  }
  TlsConnection* tls = connections[fd].tls.get();
  if (tls && tls->may_hold_more()) receive(fd);
}

// The value behind the name, or null.
const char* option(int argc, char** argv, const char* name) {
  for (int i = 1; i + 1 < argc; i++) {
    if (strcmp(argv[i], name) == 0) return argv[i + 1];
  }
  return nullptr;
}

TlsContextHandle make_server_context(const char* cert, const char* key) {
  TlsContextHandle context = make_tls_context(TLS_server_method());
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // clients keep sessions, in tickets
  SSL_CTX_set_num_tickets(context.get(), 1);
  if (SSL_CTX_use_certificate_file(context.get(), cert, SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), key, SSL_FILETYPE_PEM) != 1) {
    ERR_print_errors_fp(stderr);
    exit(1);
  }
  return context;
}

// Returns the listening socket, or -1 with errno set.
int listen_on(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address)) return -1;
  return listen(fd, kListenBacklog) ? -1 : fd;
}

// Node does the same at start, so all servers compared accept equally many connections.
void raise_fd_limit() {
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  raise_fd_limit();
  const char* ports = argc > 1 ? argv[1] : "9001";
  const char* dash = strchr(ports, '-');
  int first_port = atoi(ports);
  int last_port = dash ? atoi(dash + 1) : first_port;
  const char* cert = option(argc, argv, "--cert");
  const char* key = option(argc, argv, "--key");
  if (cert && key) tls_context = make_server_context(cert, key);
  epoll_fd = epoll_create1(0);
  int last_listener = -1;
  for (int port = first_port; port <= last_port; port++) {
    last_listener = listen_on(port);
    if (last_listener < 0) {
      perror("listen");
      return 1;
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = last_listener;
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, last_listener, &event);
  }
  puts("ready");
  fflush(stdout);

  std::vector<epoll_event> events(kEventsPerWait);
  for (;;) {
    int count = epoll_wait(epoll_fd, events.data(), events.size(), -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd <= last_listener) {  // the kernel gives the lowest free number, and connections come later
        accept_all(fd);
        continue;
      }
      if (events[i].events & EPOLLOUT) send_queued(fd);
      if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) receive(fd);
    }
  }
}
