// One HTTP/2 connection of the load program: many gRPC calls, as little work a message as can be.

#ifndef RUNCAST_TESTS_BENCH_LOAD_HTTP2_H_
#define RUNCAST_TESTS_BENCH_LOAD_HTTP2_H_

#include <nghttp2/nghttp2.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace runcast::bench {

// A gRPC message with its 5 bytes of frame.
std::string Framed(std::string_view message);

// How an answer ended.
struct CallEnd {
  int http_status = 0;   // 0: no headers came.
  int grpc_status = -1;  // -1: none came.

  bool good() const { return grpc_status == 0 || (grpc_status == -1 && http_status == 200); }
};

// Threads: one. Not copyable, not movable: nghttp2 keeps its address.
class Http2Connection {
 public:
  // Whose calls they are. `call` is what StartCall was given.
  class Owner {
   public:
    virtual ~Owner() = default;
    // The answer's headers came.
    virtual void OnHeaders(uint32_t /*call*/) {}
    // A whole gRPC message of the answer came.
    virtual void OnMessage(uint32_t /*call*/, std::string_view /*message*/) {}
    virtual void OnEnd(uint32_t /*call*/, const CallEnd& /*end*/) {}
  };

  struct Options {
    uint16_t port = 0;
    // An address in 127.0.0.0/8 in network order; 0: any.
    uint32_t source = 0;
    // How many bytes of a stream may be under way.
    int32_t stream_window = 1 << 20;
    // A receive buffer of the socket so small that a reader who stalls is soon noticed; 0: the
    // system's.
    int receive_buffer = 0;
  };

  struct Request {
    std::string authority = "localhost";
    std::string path;
    // With its frame; must outlive the call. Empty: a plain GET of `path`.
    std::string_view framed;
    // Leaves the request open, as the client of a two-way stream does.
    bool keep_open = false;
    // Never lets the server send more than one window of this answer.
    bool stalls = false;
  };

  // Connects to 127.0.0.1, which on loopback waits for room in the backlog at most. Aborts with
  // a sentence when the machine refuses, unless `may_fail`: then `fd` is -1.
  Http2Connection(const Options& options, Owner& owner, bool may_fail = false);
  ~Http2Connection();
  Http2Connection(const Http2Connection&) = delete;
  Http2Connection& operator=(const Http2Connection&) = delete;

  int fd() const { return fd_; }
  // Whether the server has told its settings, above all how many streams it allows.
  bool settled() const { return settled_; }
  void StartCall(uint32_t call, const Request& request);

  // Reads and handles what there is; false when the connection is over.
  bool OnReadable();
  // Writes what there is; false when the connection is over.
  bool Flush();
  // Whether something waits for the socket.
  bool wants_write() const { return !unsent_.empty() || nghttp2_session_want_write(session_); }

 private:
  struct Stream {
    uint32_t call = 0;
    bool keep_open = false;
    bool stalls = false;
    bool plain = false;        // No gRPC: its body is not looked at.
    std::string_view request;  // What is still to be sent.
    std::string partial;       // The begin of a message.
    CallEnd end;
  };

  Stream* Find(int32_t id);
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* self);
  static int OnData(nghttp2_session*, uint8_t, int32_t stream, const uint8_t* data, size_t length,
                    void* self);
  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_length, const uint8_t* value, size_t value_length, uint8_t,
                      void* self);
  static int OnClose(nghttp2_session*, int32_t stream, uint32_t, void* self);
  static ssize_t OnSendData(nghttp2_session*, int32_t stream, uint8_t* buffer, size_t length,
                            uint32_t* flags, nghttp2_data_source*, void* self);
  void TakeMessages(Stream& stream, std::string_view data);

  Owner& owner_;
  int fd_;
  bool settled_ = false;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<int32_t, Stream> streams_;
  std::string unsent_;
};

}  // namespace runcast::bench

#endif  // RUNCAST_TESTS_BENCH_LOAD_HTTP2_H_
