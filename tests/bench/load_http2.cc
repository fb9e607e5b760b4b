#include "tests/bench/load_http2.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace runcast::bench {
namespace {

[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr, "load: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

nghttp2_nv Header(std::string_view name, std::string_view value) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

int Connect(const Http2Connection::Options& options, bool may_fail) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) Die("socket");
  const int yes = 1;
  if (options.source != 0) {
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes));
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = options.source;
    if (bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof(from)) != 0) Die("bind");
  }
  if (options.receive_buffer > 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof(int));
  }
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(options.port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0) {
    if (!may_fail) Die("connect");
    close(fd);
    return -1;
  }
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

int NumberOf(const uint8_t* value, size_t length) {
  return std::atoi(std::string(reinterpret_cast<const char*>(value), length).c_str());
}

}  // namespace

std::string Framed(std::string_view message) {
  std::string framed(1, '\0');
  const uint32_t length = htonl(static_cast<uint32_t>(message.size()));
  framed.append(reinterpret_cast<const char*>(&length), 4);
  framed.append(message);
  return framed;
}

Http2Connection::Http2Connection(const Options& options, Owner& owner, bool may_fail)
    : owner_(owner), fd_(Connect(options, may_fail)) {
  nghttp2_session_callbacks* table;
  nghttp2_session_callbacks_new(&table);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table, &OnData);
  nghttp2_session_callbacks_set_on_header_callback(table, &OnHeader);
  nghttp2_session_callbacks_set_on_frame_recv_callback(table, &OnFrame);
  nghttp2_session_callbacks_set_on_stream_close_callback(table, &OnClose);
  // Windows are opened again by hand, because a stalled reader's is not.
  nghttp2_option* by_hand;
  nghttp2_option_new(&by_hand);
  nghttp2_option_set_no_auto_window_update(by_hand, 1);
  nghttp2_session_client_new2(&session_, table, this, by_hand);
  nghttp2_option_del(by_hand);
  nghttp2_session_callbacks_del(table);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<uint32_t>(options.stream_window)}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, 2);
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, 16 << 20);
}

Http2Connection::~Http2Connection() {
  nghttp2_session_del(session_);
  if (fd_ >= 0) close(fd_);
}

void Http2Connection::StartCall(uint32_t call, const Request& request) {
  const bool get = request.framed.empty();
  const nghttp2_nv headers[] = {Header(":method", get ? "GET" : "POST"),
                                Header(":scheme", "http"),
                                Header(":path", request.path),
                                Header(":authority", request.authority),
                                Header("te", "trailers"),
                                Header("content-type", "application/grpc")};
  nghttp2_data_provider body{};
  body.read_callback = &OnSendData;
  const int32_t id = nghttp2_submit_request(session_, nullptr, headers, get ? 4 : 6,
                                            get ? nullptr : &body, nullptr);
  if (id < 0) Die("nghttp2_submit_request");
  Stream& stream = streams_[id];
  stream.call = call;
  stream.keep_open = request.keep_open;
  stream.stalls = request.stalls;
  stream.plain = get;
  stream.request = request.framed;
}

bool Http2Connection::OnReadable() {
  char buffer[64 * 1024];
  while (true) {
    const ssize_t got = read(fd_, buffer, sizeof(buffer));
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    if (nghttp2_session_mem_recv(session_, reinterpret_cast<uint8_t*>(buffer),
                                 static_cast<size_t>(got)) < 0) {
      return false;
    }
    if (got < static_cast<ssize_t>(sizeof(buffer))) return true;
  }
}

bool Http2Connection::Flush() {
  while (true) {
    if (unsent_.size() < 64 * 1024) {
      const uint8_t* data;
      const ssize_t length = nghttp2_session_mem_send(session_, &data);
      if (length < 0) return false;
      if (length > 0) {
        unsent_.append(reinterpret_cast<const char*>(data), static_cast<size_t>(length));
        continue;
      }
    }
    if (unsent_.empty()) return true;
    const ssize_t sent = send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    unsent_.erase(0, static_cast<size_t>(sent));
  }
}

Http2Connection::Stream* Http2Connection::Find(int32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : &found->second;
}

int Http2Connection::OnData(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data,
                            size_t length, void* self) {
  auto* connection = static_cast<Http2Connection*>(self);
  nghttp2_session_consume_connection(session, length);
  Stream* stream = connection->Find(id);
  if (stream == nullptr) return 0;
  if (!stream->stalls) nghttp2_session_consume_stream(session, id, length);
  connection->TakeMessages(*stream, {reinterpret_cast<const char*>(data), length});
  return 0;
}

void Http2Connection::TakeMessages(Stream& stream, std::string_view data) {
  if (stream.plain) return;
  if (!stream.partial.empty()) {
    stream.partial.append(data);
    data = stream.partial;
  }
  while (data.size() >= 5) {
    uint32_t length;
    std::memcpy(&length, data.data() + 1, 4);
    length = ntohl(length);
    if (data.size() < 5 + static_cast<size_t>(length)) break;
    owner_.OnMessage(stream.call, data.substr(5, length));
    data.remove_prefix(5 + static_cast<size_t>(length));
  }
  if (!data.empty() || !stream.partial.empty()) stream.partial = std::string(data);
}

int Http2Connection::OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                              size_t name_length, const uint8_t* value, size_t value_length,
                              uint8_t, void* self) {
  const std::string_view field(reinterpret_cast<const char*>(name), name_length);
  const bool is_status = field == ":status";
  if (!is_status && field != "grpc-status") return 0;
  Stream* stream = static_cast<Http2Connection*>(self)->Find(frame->hd.stream_id);
  if (stream == nullptr) return 0;
  (is_status ? stream->end.http_status : stream->end.grpc_status) = NumberOf(value, value_length);
  return 0;
}

int Http2Connection::OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
  auto* connection = static_cast<Http2Connection*>(self);
  if (frame->hd.type == NGHTTP2_SETTINGS) connection->settled_ = true;
  if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_RESPONSE) return 0;
  const Stream* stream = connection->Find(frame->hd.stream_id);
  if (stream != nullptr) connection->owner_.OnHeaders(stream->call);
  return 0;
}

int Http2Connection::OnClose(nghttp2_session*, int32_t id, uint32_t, void* self) {
  auto* connection = static_cast<Http2Connection*>(self);
  const auto found = connection->streams_.find(id);
  if (found == connection->streams_.end()) return 0;
  const Stream ended = std::move(found->second);
  connection->streams_.erase(found);
  connection->owner_.OnEnd(ended.call, ended.end);
  return 0;
}

ssize_t Http2Connection::OnSendData(nghttp2_session*, int32_t id, uint8_t* buffer, size_t length,
                                    uint32_t* flags, nghttp2_data_source*, void* self) {
  Stream& stream = static_cast<Http2Connection*>(self)->streams_.at(id);
  const size_t count = std::min(length, stream.request.size());
  if (count == 0 && stream.keep_open) return NGHTTP2_ERR_DEFERRED;
  std::memcpy(buffer, stream.request.data(), count);
  stream.request.remove_prefix(count);
  if (stream.request.empty() && !stream.keep_open) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(count);
}

}  // namespace runcast::bench
