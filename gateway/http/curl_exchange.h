// One request and its answer on one curl easy handle.

#ifndef RUNCAST_GATEWAY_HTTP_CURL_EXCHANGE_H_
#define RUNCAST_GATEWAY_HTTP_CURL_EXCHANGE_H_

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gateway/base/secret_string.h"
#include "gateway/http/address_rule.h"
#include "gateway/http/curl_options.h"
#include "gateway/http/curl_sockets.h"
#include "gateway/http/http_client.h"

namespace runcast::http {

// Used again and again: what never changes is told to curl once, in the constructor.
//
//   idle ──Begin──▶ prepared ──curl_multi_add_handle … remove_handle──▶ over ──TakeResult──▶ idle
//
// Threads: the loop's only.
// Lifetime: `options`, `addresses` and `sockets` outlive this object; it is in no multi handle when
// it dies.
class CurlExchange {
 public:
  CurlExchange(const CurlOptions& options, const AddressRule& addresses, CurlSockets& sockets);
  ~CurlExchange();
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;

  CURL* easy() const { return easy_; }
  static CurlExchange* Of(CURL* easy);

  // `origin` is that of the URL, for messages.
  void Begin(HttpRequest request, std::string origin, HttpClient::OnSend on_send,
             absl::Duration time_left);

  // The outcome of what `Begin` began, given curl's result; lets go of the request.
  absl::StatusOr<HttpResponse> TakeResult(CURLcode result);

  // A place for the owner's bookkeeping.
  HttpClient::Done done;
  size_t index = 0;

 private:
  static curl_socket_t OnOpenSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static size_t OnBody(char* bytes, size_t size, size_t count, void* self);
  static int OnPrereq(void* self, char* remote_ip, char* local_ip, int remote_port, int local_port);

  void SetHeaders(HttpRequest& request);
  void DropHeaders();
  absl::Status Failure(CURLcode result) const;
  HttpResponse TakeResponse();
  std::string ResponseHeader(const char* name) const;

  const CurlOptions& options_;
  const AddressRule& addresses_;
  CurlSockets& sockets_;
  CURL* const easy_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};

  // The headers that curl has; requests of one credential share them.
  std::vector<std::pair<std::string, std::string>> headers_;
  std::string secret_header_name_;
  base::SecretString secret_header_value_;
  curl_slist* header_list_ = nullptr;

  std::string origin_;
  HttpClient::OnSend on_send_;
  std::string body_;
  int sends_ = 0;
  bool send_refused_ = false;
  bool too_large_ = false;
  // An address that may not be connected to; empty: none was met.
  std::string refused_address_;
};

}  // namespace runcast::http

#endif  // RUNCAST_GATEWAY_HTTP_CURL_EXCHANGE_H_
