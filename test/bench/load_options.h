// The command line of the load generator: what it accepts and what it refuses.

#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

inline constexpr char kUsage[] =
    "wsload [-h HOST] [-p PORT[-PORT]] [-c CONNS] [-d DEPTH] [-s BYTES] [-t SECONDS] [-w WARMUP]\n"
    "       [-r RATE] [-b] [-S [-R]] [-f | -i | -C] [-j] [-P PID[,PID...]]\n"
    "  -h  IPv4 address, default 127.0.0.1      -p  port, or a range to spread the connections over\n"
    "  -d  messages in flight on each connection\n"
    "  -b  binary frames (else text)            -S  TLS (certificate not checked)\n"
    "  -R  resume a TLS session in all connections but the first; one that is not resumed is a failure\n"
    "  -r  open loop: this many messages a second over all connections, whatever comes back; latency counts\n"
    "      from when a message was due\n"
    "  -f  fan-out: connection 0 sends, and every connection must receive each message before the next\n"
    "      is sent (-d of them at once)\n"
    "  -i  idle: hold the connections open for -t seconds, report the server's memory per connection\n"
    "  -C  churn: open, handshake, close; -c at a time for -t seconds; reports handshakes per second\n"
    "  -j  print the result as one JSON object\n"
    "  -P  the server's process, or several: reports CPU per message and memory\n";

enum class Mode { kEcho, kFanOut, kIdle, kChurn };

struct LoadOptions {
  std::string host = "127.0.0.1";
  in_addr address{};
  int first_port = 9001;
  int last_port = 9001;
  int connection_count = 100;
  int depth = 1;
  size_t payload_size = 32;
  double seconds = 5;
  double warmup_seconds = 1;
  // Messages a second in the open loop; 0: closed loop, each echo is answered with the next message.
  double rate = 0;
  bool binary = false;
  bool tls = false;
  bool resumes = false;
  bool json = false;
  Mode mode = Mode::kEcho;
  std::vector<pid_t> server_pids;
};

[[noreturn]] inline void refuse_options(const char* why) {
  fprintf(stderr, "wsload: %s\n%s", why, kUsage);
  exit(2);
}

inline void parse_ports(char* text, LoadOptions& options) {
  options.first_port = options.last_port = atoi(text);
  if (const char* dash = strchr(text, '-')) options.last_port = atoi(dash + 1);
}

inline void parse_pids(char* text, LoadOptions& options) {
  for (char* pid = strtok(text, ","); pid; pid = strtok(nullptr, ",")) {
    options.server_pids.push_back(atoi(pid));
  }
}

inline void check_options(LoadOptions& options) {
  if (inet_pton(AF_INET, options.host.c_str(), &options.address) != 1)
    refuse_options("-h is no IPv4 address");
  if (options.first_port < 1 || options.last_port < options.first_port || options.last_port > 65535) {
    refuse_options("-p is no port or range of ports");
  }
  if (options.connection_count < 1) refuse_options("-c must be at least 1");
  if (options.depth < 1) refuse_options("-d must be at least 1");
  if (options.seconds <= 0) refuse_options("-t must be more than 0");
  if (options.warmup_seconds < 0) refuse_options("-w must not be negative");
  if (options.resumes && !options.tls)
    refuse_options("-R goes with -S: without TLS there is nothing to resume");
  if (options.rate > 0 && options.mode != Mode::kEcho) refuse_options("-r goes with none of -f, -i and -C");
}

// Ends the process with status 2 when the command line is wrong.
inline LoadOptions parse_options(int argc, char** argv) {
  LoadOptions options;
  for (int option; (option = getopt(argc, argv, "h:p:c:d:s:t:w:r:bSRfiCjP:")) != -1;) {
    switch (option) {
      case 'h':
        options.host = optarg;
        break;
      case 'p':
        parse_ports(optarg, options);
        break;
      case 'c':
        options.connection_count = atoi(optarg);
        break;
      case 'd':
        options.depth = atoi(optarg);
        break;
      case 's':
        options.payload_size = strtoul(optarg, nullptr, 10);
        break;
      case 't':
        options.seconds = atof(optarg);
        break;
      case 'w':
        options.warmup_seconds = atof(optarg);
        break;
      case 'r':
        options.rate = atof(optarg);
        if (options.rate <= 0) refuse_options("-r must be more than 0");
        break;
      case 'b':
        options.binary = true;
        break;
      case 'S':
        options.tls = true;
        break;
      case 'R':
        options.resumes = true;
        break;
      case 'f':
        options.mode = Mode::kFanOut;
        break;
      case 'i':
        options.mode = Mode::kIdle;
        break;
      case 'C':
        options.mode = Mode::kChurn;
        break;
      case 'j':
        options.json = true;
        break;
      case 'P':
        parse_pids(optarg, options);
        break;
      default:
        refuse_options("unknown option or missing value");
    }
  }
  if (optind < argc) refuse_options("takes options only");
  check_options(options);
  return options;
}
