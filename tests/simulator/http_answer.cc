#include "tests/simulator/http_answer.h"

namespace runcast::simulator {
namespace {

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

}  // namespace

std::string SerializeHead(const HttpAnswer& answer, std::string_view date, size_t content_length,
                          bool keep_alive) {
  std::string head;
  head.reserve(256);
  head.append("HTTP/1.1 ").append(std::to_string(answer.status)).append(" ");
  head.append(ReasonPhrase(answer.status)).append("\r\nDate: ").append(date);
  if (!answer.content_type.empty()) {
    head.append("\r\nContent-Type: ").append(answer.content_type);
  }
  head.append("\r\nContent-Length: ").append(std::to_string(content_length));
  for (const auto& [name, value] : answer.headers) {
    head.append("\r\n").append(name).append(": ").append(value);
  }
  head.append(keep_alive ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\nConnection: close\r\n\r\n");
  return head;
}

WirePlan WholeAnswer(const HttpAnswer& answer, std::string_view date, bool keep_alive) {
  WirePlan plan;
  plan.keep_alive = keep_alive;
  std::string bytes = SerializeHead(answer, date, answer.body.size(), keep_alive);
  bytes.append(answer.body);
  plan.steps.push_back({WireStep::Kind::kWrite, std::move(bytes), 0});
  return plan;
}

}  // namespace runcast::simulator
