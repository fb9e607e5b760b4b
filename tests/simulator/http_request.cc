#include "tests/simulator/http_request.h"

#include <charconv>
#include <optional>

namespace runcast::simulator {
namespace {

constexpr size_t kMaxHead = 64 * 1024;
constexpr size_t kMaxBody = 64 * 1024 * 1024;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<size_t> ParseSize(std::string_view text, int base) {
  size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// Joins chunks into request.unchunked; returns the length of the chunked body on the wire.
ParseOutcome ParseChunks(std::string_view rest, HttpRequest& request) {
  request.unchunked.clear();
  size_t at = 0;
  for (;;) {
    const size_t line_end = rest.find("\r\n", at);
    if (line_end == std::string_view::npos) return {};
    std::string_view line = rest.substr(at, line_end - at);
    const std::optional<size_t> size = ParseSize(Trim(line.substr(0, line.find(';'))), 16);
    if (!size || *size > kMaxBody) return {ParseState::kBad, 0};
    at = line_end + 2;
    if (*size == 0) {
      // Trailers, if any, end with an empty line.
      for (;;) {
        const size_t end = rest.find("\r\n", at);
        if (end == std::string_view::npos) return {};
        const bool last = end == at;
        at = end + 2;
        if (last) return {ParseState::kComplete, at};
      }
    }
    if (rest.size() < at + *size + 2) return {};
    request.unchunked.append(rest.substr(at, *size));
    at += *size + 2;
    if (request.unchunked.size() > kMaxBody) return {ParseState::kBad, 0};
  }
}

}  // namespace

bool EqualsIgnoringCase(std::string_view left, std::string_view right) {
  if (left.size() != right.size()) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    if (Lower(left[i]) != Lower(right[i])) return false;
  }
  return true;
}

std::string_view HttpRequest::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (EqualsIgnoringCase(key, name)) return value;
  }
  return {};
}

bool HttpRequest::HasHeader(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (EqualsIgnoringCase(key, name)) return true;
  }
  return false;
}

ParseOutcome ParseHttpRequest(std::string_view buffer, HttpRequest& request) {
  const size_t head_end = buffer.find("\r\n\r\n");
  if (head_end == std::string_view::npos) {
    return {buffer.size() > kMaxHead ? ParseState::kBad : ParseState::kIncomplete, 0};
  }
  if (head_end > kMaxHead) return {ParseState::kBad, 0};
  std::string_view head = buffer.substr(0, head_end + 2);

  const size_t line_end = head.find("\r\n");
  std::string_view line = head.substr(0, line_end);
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first) return {ParseState::kBad, 0};
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!version.starts_with("HTTP/1.")) return {ParseState::kBad, 0};
  request.keep_alive = version != "HTTP/1.0";
  request.expects_continue = false;

  request.headers.clear();
  std::optional<size_t> length;
  bool chunked = false;
  for (size_t at = line_end + 2; at < head.size();) {
    const size_t end = head.find("\r\n", at);
    line = head.substr(at, end - at);
    at = end + 2;
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return {ParseState::kBad, 0};
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = Trim(line.substr(colon + 1));
    request.headers.emplace_back(name, value);
    if (EqualsIgnoringCase(name, "content-length")) {
      length = ParseSize(value, 10);
      if (!length || *length > kMaxBody) return {ParseState::kBad, 0};
    } else if (EqualsIgnoringCase(name, "transfer-encoding")) {
      chunked = EqualsIgnoringCase(value, "chunked");
      if (!chunked) return {ParseState::kBad, 0};
    } else if (EqualsIgnoringCase(name, "connection")) {
      if (EqualsIgnoringCase(value, "close")) request.keep_alive = false;
      if (EqualsIgnoringCase(value, "keep-alive")) request.keep_alive = true;
    } else if (EqualsIgnoringCase(name, "expect")) {
      request.expects_continue = EqualsIgnoringCase(value, "100-continue");
    }
  }

  const size_t body_at = head_end + 4;
  if (chunked) {
    ParseOutcome body = ParseChunks(buffer.substr(body_at), request);
    body.head_complete = true;
    if (body.state == ParseState::kComplete) {
      body.consumed += body_at;
      request.body = request.unchunked;
    }
    return body;
  }
  const size_t size = length.value_or(0);
  if (buffer.size() < body_at + size) return {ParseState::kIncomplete, 0, true};
  request.body = buffer.substr(body_at, size);
  return {ParseState::kComplete, body_at + size, true};
}

std::string PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = HexValue(text[i + 1]);
      const int low = HexValue(text[i + 2]);
      if (high >= 0 && low >= 0) {
        decoded.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    decoded.push_back(text[i]);
  }
  return decoded;
}

std::string QueryParameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) == name) {
      return equals == std::string_view::npos ? "" : PercentDecode(pair.substr(equals + 1));
    }
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return {};
}

}  // namespace runcast::simulator
