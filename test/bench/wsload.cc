// A WebSocket load generator for measuring servers from outside; one thread, one epoll. What comes back is
// checked (opcode, length, first and last payload byte), and any difference ends the run with status 1.
//   g++ -std=c++20 -O2 -o wsload wsload.cc -lssl -lcrypto
// Its options are in load_options.h, what it reports in load_report.h.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "load_options.h"
#include "load_report.h"
#include "pace.h"
#include "process_usage.h"
#include "tls_client.h"

namespace {

// RFC 6455 §1.3: the sample key and the answer to it. A constant key needs no SHA-1 here.
constexpr char kKey[] = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr char kAccept[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

// Handshakes under way at once, below any server's listen backlog.
constexpr int kPendingHandshakesMax = 128;
constexpr double kStallSeconds = 10;
constexpr int kWaitMs = 100;
constexpr size_t kEventsPerWait = 1024;
constexpr size_t kReceiveBufferSize = 1 << 20;
// Consumed bytes are cut off the front of a connection's input when there are this many.
constexpr size_t kCompactAt = 1 << 16;

uint64_t now_ns() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

double now_seconds() {
  return static_cast<double>(now_ns()) * 1e-9;
}

[[noreturn]] void fail(const char* what, int index) {
  fprintf(stderr, "FAIL conn %d: %s (%s)\n", index, what, strerror(errno));
  exit(1);
}

double value_or_exit(std::optional<double> value) {
  if (value) return *value;
  fprintf(stderr, "FAIL: the server's process cannot be read; has it ended?\n");
  exit(1);
}

// The one message that is sent over and over.
struct Message {
  unsigned char first_byte;  // FIN and opcode, as in the echo
  size_t echo_header_size;
  std::string payload;
  std::string frame;  // masked, as it is sent

  size_t echo_size() const { return echo_header_size + payload.size(); }
};

Message build_message(size_t size, bool binary) {
  constexpr unsigned char kMaskingKey[4] = {0x37, 0xfa, 0x21, 0x3d};
  constexpr int kMaskBit = 0x80;
  Message message;
  message.first_byte = binary ? 0x82 : 0x81;
  message.payload.resize(size);
  for (size_t i = 0; i < size; i++) message.payload[i] = static_cast<char>('a' + i % 26);

  std::string& frame = message.frame;
  size_t length_size = size < 126 ? 0 : size < 65536 ? 2 : 8;
  frame += static_cast<char>(message.first_byte);
  frame += static_cast<char>(kMaskBit | (length_size == 0 ? size : length_size == 2 ? 126 : 127));
  for (size_t i = length_size; i-- > 0;) frame += static_cast<char>(size >> (8 * i));
  message.echo_header_size = frame.size();
  for (unsigned char byte : kMaskingKey) frame += static_cast<char>(byte);
  for (size_t i = 0; i < size; i++) frame += static_cast<char>(message.payload[i] ^ kMaskingKey[i & 3]);
  return message;
}

struct Connection {
  int fd = -1;
  std::unique_ptr<TlsConnection> tls;  // null for a plain connection
  bool open = false;
  bool wants_write = false;  // registered for EPOLLOUT
  std::string in;            // bytes of an unfinished response or frame, from in_pos on
  size_t in_pos = 0;
  std::string out;  // bytes not yet sent, from out_pos on
  size_t out_pos = 0;
  std::deque<uint64_t> sent_ns;  // of the messages in flight; when paced, the times at which they were due
};

ssize_t send_some(const Connection& connection, const char* data, size_t size) {
  return connection.tls ? connection.tls->send(data, size) : send(connection.fd, data, size, MSG_NOSIGNAL);
}

ssize_t receive_some(const Connection& connection, char* buffer, size_t capacity) {
  return connection.tls ? connection.tls->receive(buffer, capacity)
                        : recv(connection.fd, buffer, capacity, 0);
}

class LoadGenerator {
 public:
  explicit LoadGenerator(const LoadOptions& options);
  LoadResult run();

 private:
  bool churns() const { return options_.mode == Mode::kChurn; }
  bool is_paced() const { return options_.rate > 0; }
  bool fans_out() const { return options_.mode == Mode::kFanOut; }

  void connect_one(int index);
  void connect_more();
  void disconnect(int index);
  void reconnect(int index);
  void watch(int index, int operation, bool write);
  void flush(int index);
  void post(int index, int count, uint64_t sent_ns);
  void post_due();

  void on_event(const epoll_event& event);
  int receive(int index);
  size_t take_response(int index, const char* data, size_t size);
  void check_echo(int index, const char* frame) const;
  void answer(int index, int received);

  void start_messages();
  void measure_from_now();
  void add_server_usage(LoadResult& result) const;
  double server_cpu() const { return value_or_exit(cpu_seconds(options_.server_pids)); }
  double server_rss() const { return value_or_exit(resident_bytes(options_.server_pids)); }
  LoadResult finish_churn();
  LoadResult finish_idle();
  LoadResult finish_messages();

  const LoadOptions& options_;
  const Message message_;
  std::vector<Connection> connections_;
  std::vector<char> received_ = std::vector<char>(kReceiveBufferSize);
  std::optional<TlsClient> tls_;
  int epoll_fd_ = epoll_create1(0);

  int started_count_ = 0;
  int pending_count_ = 0;  // connecting or in the handshake
  int open_count_ = 0;
  int round_received_count_ = 0;  // of the messages that one round of the fan-out must bring

  bool running_ = false;    // messages are going round
  bool measuring_ = false;  // the warm-up is over
  double started_at_ = now_seconds();
  double measure_at_ = 0;
  double end_at_ = 0;
  double server_cpu_before_ = 0;
  double server_rss_before_ = 0;
  double own_cpu_before_ = 0;
  std::optional<Pace> pace_;  // from the start of the messages on, when paced
  LoadResult result_;
};

LoadGenerator::LoadGenerator(const LoadOptions& options)
    : options_(options),
      message_(build_message(options.payload_size, options.binary)),
      connections_(options.connection_count) {
  if (options.tls) tls_.emplace(options.resumes);
  server_cpu_before_ = server_cpu();
  server_rss_before_ = server_rss();
}

LoadResult LoadGenerator::run() {
  if (churns()) end_at_ = started_at_ + options_.seconds;
  std::vector<epoll_event> events(kEventsPerWait);
  double last_event_at = started_at_;
  while (true) {
    connect_more();
    // A paced generator never sleeps: waking up would delay messages that are due.
    int wait_ms = pace_ ? 0 : kWaitMs;
    int count = epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()), wait_ms);
    double now = now_seconds();
    if (count > 0) {
      last_event_at = now;
    } else if (now - last_event_at > kStallSeconds) {
      fail("no progress for 10 s", open_count_);
    }
    post_due();
    for (int i = 0; i < count; i++) {
      on_event(events[i]);
      post_due();  // many events at once take longer than the distance between messages
    }

    if (churns()) {
      if (now_seconds() >= end_at_) return finish_churn();
      continue;
    }
    if (!running_ && open_count_ == options_.connection_count) {
      if (options_.mode == Mode::kIdle) return finish_idle();
      start_messages();
      last_event_at = now_seconds();
    }
    if (running_ && !measuring_ && now_seconds() >= measure_at_) measure_from_now();
    if (measuring_ && now_seconds() >= end_at_) return finish_messages();
  }
}

// --- connections

void LoadGenerator::connect_more() {
  const int pending_max = tls_ && tls_->lacks_session() ? 1 : kPendingHandshakesMax;
  while (started_count_ < options_.connection_count && pending_count_ < pending_max) {
    connect_one(started_count_++);
  }
}

void LoadGenerator::connect_one(int index) {
  Connection& connection = connections_[index];
  int port_count = options_.last_port - options_.first_port + 1;
  int port = options_.first_port +
             static_cast<int>((result_.handshakes + static_cast<uint64_t>(index)) % port_count);
  connection.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (connection.fd < 0) fail("socket", index);
  int on = 1;
  setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (churns()) {
    // Closing with a reset leaves no TIME_WAIT behind, which would use up the local ports within seconds.
    linger reset{1, 0};
    setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr = options_.address;
  if (connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 &&
      errno != EINPROGRESS) {
    fail("connect", index);
  }

  connection.out = "GET / HTTP/1.1\r\nHost: " + options_.host + ":" + std::to_string(port) +
                   "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " + kKey +
                   "\r\nSec-WebSocket-Version: 13\r\n\r\n";
  connection.out_pos = 0;
  connection.in.clear();
  connection.in_pos = 0;
  connection.open = false;
  connection.sent_ns.clear();
  if (tls_) connection.tls = tls_->connect(connection.fd);
  watch(index, EPOLL_CTL_ADD, true);
  pending_count_++;
}

void LoadGenerator::disconnect(int index) {
  Connection& connection = connections_[index];
  connection.tls.reset();
  close(connection.fd);
  connection.fd = -1;
  open_count_--;
}

void LoadGenerator::reconnect(int index) {
  disconnect(index);
  if (now_seconds() < end_at_) connect_one(index);
}

// --- sending

void LoadGenerator::watch(int index, int operation, bool write) {
  Connection& connection = connections_[index];
  epoll_event event{};
  event.events = EPOLLIN | (write ? static_cast<uint32_t>(EPOLLOUT) : 0);
  event.data.u32 = static_cast<uint32_t>(index);
  epoll_ctl(epoll_fd_, operation, connection.fd, &event);
  connection.wants_write = write;
}

void LoadGenerator::flush(int index) {
  Connection& connection = connections_[index];
  while (connection.out_pos < connection.out.size()) {
    ssize_t sent = send_some(connection, connection.out.data() + connection.out_pos,
                             connection.out.size() - connection.out_pos);
    if (sent < 0) {
      if (errno == EAGAIN) break;
      fail("send", index);
    }
    connection.out_pos += static_cast<size_t>(sent);
  }
  bool write = connection.out_pos < connection.out.size();
  if (!write) {
    connection.out.clear();
    connection.out_pos = 0;
  }
  if (connection.tls) write = connection.tls->wants_write(write);
  if (write != connection.wants_write) watch(index, EPOLL_CTL_MOD, write);
}

// Messages posted together leave in one send, as a client that pipelines would send them.
void LoadGenerator::post(int index, int count, uint64_t sent_ns) {
  Connection& connection = connections_[index];
  for (int i = 0; i < count; i++) {
    connection.out += message_.frame;
    connection.sent_ns.push_back(sent_ns);
  }
  flush(index);
}

void LoadGenerator::post_due() {
  if (!pace_) return;
  for (uint64_t now = now_ns(); pace_->due_ns() <= now; pace_->advance()) {
    post(pace_->connection_index(options_.connection_count), 1, pace_->due_ns());
  }
}

// --- receiving

void LoadGenerator::on_event(const epoll_event& event) {
  int index = static_cast<int>(event.data.u32);
  Connection& connection = connections_[index];
  if (event.events & EPOLLERR) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    errno = error;
    fail("socket error", index);
  }
  if (event.events & EPOLLOUT) flush(index);
  if (!(event.events & (EPOLLIN | EPOLLHUP))) return;

  int received = receive(index);
  while (connection.tls && connection.tls->may_hold_more()) received += receive(index);
  if (churns() && connection.open) {
    reconnect(index);
  } else if (running_ && received && !is_paced()) {
    answer(index, received);
  }
}

// Sends as many messages as came back, so that the number in flight stays.
void LoadGenerator::answer(int index, int received) {
  if (!fans_out()) {
    post(index, received, now_ns());
    return;
  }
  round_received_count_ += received;
  if (round_received_count_ < options_.connection_count * options_.depth) return;
  round_received_count_ = 0;
  connections_[0].sent_ns.clear();
  post(0, options_.depth, now_ns());
}

// Reads once and returns how many whole messages that completed.
int LoadGenerator::receive(int index) {
  Connection& connection = connections_[index];
  errno = 0;
  ssize_t result = receive_some(connection, received_.data(), received_.size());
  if (result == 0) fail("closed by server", index);
  if (result < 0) {
    if (errno != EAGAIN) fail("recv", index);
    if (connection.tls) flush(index);  // a step of the TLS handshake may let the request out
    return 0;
  }

  const char* data = received_.data();
  size_t size = static_cast<size_t>(result);
  bool kept = connection.in.size() > connection.in_pos;
  if (kept) {
    connection.in.append(data, size);
    data = connection.in.data() + connection.in_pos;
    size = connection.in.size() - connection.in_pos;
  }
  const char* begin = data;
  if (!connection.open) {
    size_t response_size = take_response(index, data, size);
    data += response_size;
    size -= response_size;
  }

  int received = 0;
  if (connection.open) {
    Connection& sender = fans_out() ? connections_[0] : connection;
    while (size >= message_.echo_size()) {
      check_echo(index, data);
      if (measuring_) {
        result_.latency.record(now_ns() - sender.sent_ns.front());
        result_.messages++;
      }
      // A fan-out round is answered as a whole, when its last message has come.
      if (!fans_out()) connection.sent_ns.pop_front();
      received++;
      data += message_.echo_size();
      size -= message_.echo_size();
    }
  }

  if (!kept) {
    connection.in.assign(data, size);
    connection.in_pos = 0;
    return received;
  }
  connection.in_pos += static_cast<size_t>(data - begin);
  if (connection.in_pos == connection.in.size() || connection.in_pos > kCompactAt) {
    connection.in.erase(0, connection.in_pos);
    connection.in_pos = 0;
  }
  return received;
}

// Returns the size of the handshake response, or 0 while it is incomplete.
size_t LoadGenerator::take_response(int index, const char* data, size_t size) {
  constexpr char kStatus[] = "HTTP/1.1 101";
  const char* end = static_cast<const char*>(memmem(data, size, "\r\n\r\n", 4));
  if (!end) return 0;
  if (size < strlen(kStatus) || memcmp(data, kStatus, strlen(kStatus)) != 0) {
    fail("handshake refused", index);
  }
  if (!memmem(data, size, kAccept, strlen(kAccept))) fail("wrong Sec-WebSocket-Accept", index);
  Connection& connection = connections_[index];
  if (const char* fault = connection.tls ? tls_->note_open(*connection.tls) : nullptr) fail(fault, index);
  connection.open = true;
  open_count_++;
  pending_count_--;
  result_.handshakes++;
  return static_cast<size_t>(end + 4 - data);
}

// `frame` has at least echo_size() bytes.
void LoadGenerator::check_echo(int index, const char* frame) const {
  auto byte = [frame](size_t i) { return static_cast<unsigned char>(frame[i]); };
  if (byte(0) != message_.first_byte) fail("wrong opcode", index);
  uint64_t length = byte(1) & 0x7f;
  if (length == 126) {
    length = static_cast<uint64_t>(byte(2)) << 8 | byte(3);
  } else if (length == 127) {
    length = 0;
    for (size_t i = 2; i < 10; i++) length = length << 8 | byte(i);
  }
  const std::string& payload = message_.payload;
  if (length != payload.size()) fail("wrong length", index);
  if (payload.empty()) return;
  const char* echoed = frame + message_.echo_header_size;
  if (echoed[0] != payload.front() || echoed[payload.size() - 1] != payload.back()) {
    fail("wrong payload", index);
  }
}

// --- measuring

void LoadGenerator::start_messages() {
  running_ = true;
  if (!options_.json) {
    double elapsed = now_seconds() - started_at_;
    printf("connected %d in %.2f s (%.0f/s)\n", open_count_, elapsed, open_count_ / elapsed);
    fflush(stdout);
  }
  if (is_paced()) {
    pace_.emplace(now_ns(), options_.rate);
  } else if (fans_out()) {
    post(0, options_.depth, now_ns());
  } else {
    for (int i = 0; i < options_.connection_count; i++) post(i, options_.depth, now_ns());
  }
  measure_at_ = now_seconds() + options_.warmup_seconds;
}

void LoadGenerator::measure_from_now() {
  measuring_ = true;
  measure_at_ = now_seconds();
  end_at_ = measure_at_ + options_.seconds;
  server_cpu_before_ = server_cpu();
  own_cpu_before_ = own_cpu_seconds();
}

void LoadGenerator::add_server_usage(LoadResult& result) const {
  if (options_.server_pids.empty()) return;
  result.server_cpu_s = server_cpu() - server_cpu_before_;
  result.server_rss_bytes = server_rss();
  result.server_rss_before_bytes = server_rss_before_;
}

LoadResult LoadGenerator::finish_churn() {
  add_server_usage(result_);
  result_.elapsed_s = now_seconds() - started_at_;
  result_.client_cpu_s = own_cpu_seconds();
  return result_;
}

LoadResult LoadGenerator::finish_idle() {
  double from = now_seconds();
  usleep(static_cast<useconds_t>(options_.seconds * 1e6));
  result_.elapsed_s = now_seconds() - from;
  add_server_usage(result_);
  // CPU is no part of the idle report: most of it went into the handshakes.
  result_.server_cpu_s.reset();
  return result_;
}

LoadResult LoadGenerator::finish_messages() {
  add_server_usage(result_);
  result_.elapsed_s = now_seconds() - measure_at_;
  result_.client_cpu_s = own_cpu_seconds() - own_cpu_before_;
  return result_;
}

void raise_fd_limit() {
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  LoadOptions options = parse_options(argc, argv);
  raise_fd_limit();
  LoadResult result = LoadGenerator(options).run();
  bool exchanges_messages = options.mode == Mode::kEcho || options.mode == Mode::kFanOut;
  if (!result.handshakes || (exchanges_messages && !result.messages)) {
    fprintf(stderr, "FAIL: nothing came back\n");
    return 1;
  }
  if (options.json) {
    print_json(options, result);
  } else {
    print_text(options, result);
  }
  return 0;
}
