// Comes between the addon and the system (LD_PRELOAD), and spoils a call on a TCP connection as the test's
// plan says. The plan is a file, mapped here and written by test/support/failing-calls.ts, so that one
// process serves many plans.
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>

namespace {

enum class Call : int32_t {
  kNone,
  kSend,
  kReceive,
  kAccept,
  kWatch,
  kSocket,
  kConnect,
  kSetOption,
  kGetOption
};
enum class Fault : int32_t {
  kError,    // fails with the errno
  kDies,     // the same, and the connection is really gone
  kOneByte,  // moves one byte
  kCrawls,   // from here on each moves one byte, and every second one would block
};

struct Plan {
  Call call;
  int32_t countdown;  // the call that brings it to 0 is spoiled; 0: none
  Fault fault;
  int32_t error;
};

volatile Plan* open_plan() {
  const char* path = std::getenv("FAILING_CALLS_PLAN");
  int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) std::abort();
  void* memory = mmap(nullptr, sizeof(Plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (memory == MAP_FAILED) std::abort();
  return static_cast<Plan*>(memory);
}

volatile Plan& plan() {
  static volatile Plan* const mapped = open_plan();
  return *mapped;
}

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

enum class Verdict { kPass, kFail, kOneByte };

// errno is set when it is to fail.
Verdict judge(Call call, int fd) {
  volatile Plan& now = plan();
  if (now.call != call || now.countdown == 0) return Verdict::kPass;
  if (now.countdown > 1) {
    now.countdown = now.countdown - 1;
    return Verdict::kPass;
  }
  if (now.fault == Fault::kCrawls) {
    static bool blocks = false;
    blocks = !blocks;
    errno = EAGAIN;
    return blocks ? Verdict::kFail : Verdict::kOneByte;
  }
  now.countdown = 0;
  if (now.fault == Fault::kOneByte) return Verdict::kOneByte;
  if (now.fault == Fault::kDies) shutdown(fd, SHUT_RDWR);
  errno = now.error;
  return Verdict::kFail;
}

int option_of(int fd, int option) {
  static const auto real = next<decltype(&getsockopt)>("getsockopt");
  int value = 0;
  socklen_t size = sizeof value;
  return real(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

// One that does not listen, be it connected or not.
bool is_tcp_socket(int fd) {
  return option_of(fd, SO_DOMAIN) == AF_INET && option_of(fd, SO_TYPE) == SOCK_STREAM &&
         option_of(fd, SO_ACCEPTCONN) == 0;
}

bool is_tcp_connection(int fd) {
  sockaddr_storage peer;
  socklen_t size = sizeof peer;
  return getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 && peer.ss_family == AF_INET;
}

}  // namespace

extern "C" {

ssize_t send(int fd, const void* bytes, size_t size, int flags) {
  static const auto real = next<decltype(&send)>("send");
  Verdict verdict = judge(Call::kSend, fd);
  if (verdict == Verdict::kFail) return -1;
  return real(fd, bytes, verdict == Verdict::kOneByte ? 1 : size, flags);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static const auto real = next<decltype(&sendmsg)>("sendmsg");
  // Node itself sends over its IPC channel.
  Verdict verdict = is_tcp_connection(fd) ? judge(Call::kSend, fd) : Verdict::kPass;
  if (verdict == Verdict::kFail) return -1;
  if (verdict == Verdict::kPass) return real(fd, message, flags);
  return ::write(fd, message->msg_iov[0].iov_base, 1);
}

ssize_t recv(int fd, void* bytes, size_t size, int flags) {
  static const auto real = next<decltype(&recv)>("recv");
  Verdict verdict = judge(Call::kReceive, fd);
  if (verdict == Verdict::kFail) return -1;
  return real(fd, bytes, verdict == Verdict::kOneByte ? 1 : size, flags);
}

int accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  static const auto real = next<decltype(&accept4)>("accept4");
  if (judge(Call::kAccept, -1) == Verdict::kPass) return real(fd, address, size, flags);
  if (plan().fault == Fault::kDies) close(real(fd, nullptr, nullptr, flags));
  errno = plan().error;
  return -1;
}

int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  static const auto real = next<decltype(&epoll_ctl)>("epoll_ctl");
  bool counts = operation == EPOLL_CTL_ADD && is_tcp_socket(fd);
  if (counts && judge(Call::kWatch, fd) == Verdict::kFail) return -1;
  return real(epoll, operation, fd, event);
}

int socket(int domain, int type, int protocol) {
  static const auto real = next<decltype(&socket)>("socket");
  const bool counts = domain == AF_INET && (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM;
  if (counts && judge(Call::kSocket, -1) == Verdict::kFail) return -1;
  return real(domain, type, protocol);
}

int connect(int fd, const sockaddr* address, socklen_t size) {
  static const auto real = next<decltype(&connect)>("connect");
  if (is_tcp_socket(fd) && judge(Call::kConnect, fd) == Verdict::kFail) return -1;
  return real(fd, address, size);
}

int setsockopt(int fd, int level, int option, const void* value, socklen_t size) {
  static const auto real = next<decltype(&setsockopt)>("setsockopt");
  if (is_tcp_socket(fd) && judge(Call::kSetOption, fd) == Verdict::kFail) return -1;
  return real(fd, level, option, value, size);
}

int getsockopt(int fd, int level, int option, void* value, socklen_t* size) {
  static const auto real = next<decltype(&getsockopt)>("getsockopt");
  if (is_tcp_socket(fd) && judge(Call::kGetOption, fd) == Verdict::kFail) return -1;
  return real(fd, level, option, value, size);
}

}  // extern "C"
