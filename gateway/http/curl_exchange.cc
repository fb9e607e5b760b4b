#include "gateway/http/curl_exchange.h"

#include <string.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "gateway/http/curl_error.h"

namespace runcast::http {
namespace {

// Answers of the platform have about 2 KiB.
constexpr size_t kLargeBody = 64 << 10;

CURL* NewEasy() {
  CURL* easy = curl_easy_init();
  if (easy == nullptr) {
    std::fprintf(stderr, "runcast: curl_easy_init failed: out of memory\n");
    std::abort();
  }
  return easy;
}

// Curl rounds down, and takes 0 for "no limit".
long CurlMilliseconds(absl::Duration duration) {
  return std::max(1L, static_cast<long>(absl::ToInt64Milliseconds(duration)));
}

// Curl's way of writing a header with an empty value is a semicolon.
std::string HeaderLine(absl::string_view name, absl::string_view value) {
  return value.empty() ? absl::StrCat(name, ";") : absl::StrCat(name, ": ", value);
}

}  // namespace

CurlExchange::CurlExchange(const CurlOptions& options, const AddressRule& addresses,
                           CurlSockets& sockets)
    : options_(options), addresses_(addresses), sockets_(sockets), easy_(NewEasy()) {
  const auto set = [this](CURLoption option, auto value) {
    const CURLcode result = curl_easy_setopt(easy_, option, value);
    if (result == CURLE_OK) return;
    // An option that this curl lacks would silently weaken a promise, such as TLS checks.
    std::fprintf(stderr, "runcast: curl refuses option %d: %s\n", static_cast<int>(option),
                 curl_easy_strerror(result));
    std::abort();
  };
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_ERRORBUFFER, error_text_.data());
  set(CURLOPT_NOSIGNAL, 1L);
  // Without it, a time-out during a name resolution waits for the resolver's thread, and the
  // whole loop with it.
  set(CURLOPT_QUICK_EXIT, 1L);

  set(CURLOPT_CONNECTTIMEOUT_MS, CurlMilliseconds(options.connect_timeout));
  set(CURLOPT_DNS_CACHE_TIMEOUT, static_cast<long>(absl::ToInt64Seconds(options.dns_cache)));
  set(CURLOPT_MAXLIFETIME_CONN,
      std::max(1L, static_cast<long>(absl::ToInt64Seconds(options.max_connection_life))));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));

  set(CURLOPT_PROTOCOLS_STR, options.allow_http ? "https,http" : "https");
  set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_PROXY, "");  // Not those of the environment either.
  set(CURLOPT_USERAGENT, options.user_agent.c_str());
  set(CURLOPT_ACCEPT_ENCODING, "gzip");

  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // Replaces the system's bundle; the system's directory of authorities stays in force.
  if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
  // Authorities are kept parsed, because reading them costs milliseconds a connection, but a
  // changed file counts after five minutes.
  set(CURLOPT_CA_CACHE_TIMEOUT, 300L);

  if (!options.pinned_keys.empty()) set(CURLOPT_PINNEDPUBLICKEY, options.pinned_keys.c_str());

  set(CURLOPT_OPENSOCKETFUNCTION, &CurlExchange::OnOpenSocket);
  set(CURLOPT_OPENSOCKETDATA, this);
  set(
      CURLOPT_CLOSESOCKETFUNCTION, +[](void* self, curl_socket_t fd) -> int {
        return static_cast<CurlSockets*>(self)->Close(fd);
      });
  set(CURLOPT_CLOSESOCKETDATA, &sockets);
  set(CURLOPT_WRITEFUNCTION, &CurlExchange::OnBody);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_PREREQFUNCTION, &CurlExchange::OnPrereq);
  set(CURLOPT_PREREQDATA, this);
  set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options.max_body_bytes));
}

CurlExchange::~CurlExchange() {
  curl_easy_cleanup(easy_);
  DropHeaders();
}

CurlExchange* CurlExchange::Of(CURL* easy) {
  char* self = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
  return reinterpret_cast<CurlExchange*>(self);
}

void CurlExchange::Begin(HttpRequest request, std::string origin, HttpClient::OnSend on_send,
                         absl::Duration time_left) {
  origin_ = std::move(origin);
  on_send_ = std::move(on_send);
  body_.clear();
  sends_ = 0;
  send_refused_ = false;
  too_large_ = false;
  refused_address_.clear();
  error_text_[0] = '\0';
  curl_easy_setopt(easy_, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, request.fresh_connection ? 1L : 0L);
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, CurlMilliseconds(time_left));
  SetHeaders(request);
}

void CurlExchange::SetHeaders(HttpRequest& request) {
  if (header_list_ != nullptr && headers_ == request.headers &&
      secret_header_name_ == request.secret_header_name &&
      secret_header_value_ == request.secret_header_value) {
    return;
  }
  DropHeaders();
  headers_ = std::move(request.headers);
  secret_header_name_ = std::move(request.secret_header_name);
  secret_header_value_ = std::move(request.secret_header_value);
  // The secret comes first, where DropHeaders finds it.
  if (!secret_header_name_.empty()) {
    const base::SecretString line(HeaderLine(secret_header_name_, secret_header_value_.Reveal()));
    header_list_ = curl_slist_append(nullptr, line.Reveal().c_str());
  }
  for (const auto& [name, value] : headers_) {
    header_list_ = curl_slist_append(header_list_, HeaderLine(name, value).c_str());
  }
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, header_list_);
}

void CurlExchange::DropHeaders() {
  if (header_list_ == nullptr) return;
  if (!secret_header_name_.empty()) {
    explicit_bzero(header_list_->data, strlen(header_list_->data));
  }
  curl_slist_free_all(header_list_);
  header_list_ = nullptr;
}

curl_socket_t CurlExchange::OnOpenSocket(void* self, curlsocktype, curl_sockaddr* address) {
  auto* exchange = static_cast<CurlExchange*>(self);
  if (!exchange->addresses_.Allows(address->addr)) {
    exchange->refused_address_ = AddressText(address->addr);
    return CURL_SOCKET_BAD;
  }
  return exchange->sockets_.Open(*address);
}

size_t CurlExchange::OnBody(char* bytes, size_t size, size_t count, void* self) {
  auto* exchange = static_cast<CurlExchange*>(self);
  const size_t length = size * count;
  if (length > exchange->options_.max_body_bytes - exchange->body_.size()) {
    exchange->too_large_ = true;
    return CURL_WRITEFUNC_ERROR;
  }
  // Growing by doubling holds the old bytes beside the new ones: an answer near the cap would take
  // twice the cap. What is reserved and never written costs no memory.
  if (exchange->body_.size() + length > kLargeBody) {
    exchange->body_.reserve(exchange->options_.max_body_bytes);
  }
  exchange->body_.append(bytes, length);
  return length;
}

int CurlExchange::OnPrereq(void* self, char*, char*, int, int) {
  auto* exchange = static_cast<CurlExchange*>(self);
  // A repetition starts its answer anew.
  exchange->body_.clear();
  exchange->send_refused_ = !exchange->on_send_(++exchange->sends_);
  return exchange->send_refused_ ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

absl::StatusOr<HttpResponse> CurlExchange::TakeResult(CURLcode result) {
  on_send_ = nullptr;
  if (result != CURLE_OK) {
    std::string().swap(body_);  // Kept handles keep no half answers; assigning keeps the buffer.
    return Failure(result);
  }
  return TakeResponse();
}

absl::Status CurlExchange::Failure(CURLcode result) const {
  if (send_refused_) {
    return absl::AbortedError(
        absl::StrCat("GET from ", origin_, ": send number ", sends_, " was refused"));
  }
  if (too_large_) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "GET from ", origin_, ": the answer has more than ", options_.max_body_bytes, " bytes"));
  }
  // The last word only when it was the cause: a name may have other addresses.
  if (result == CURLE_COULDNT_CONNECT && !refused_address_.empty()) {
    return absl::PermissionDeniedError(absl::StrCat("GET from ", origin_, ": the address ",
                                                    refused_address_,
                                                    " is not public and not among those allowed"));
  }
  return CurlFailure(result, origin_, error_text_.data());
}

HttpResponse CurlExchange::TakeResponse() {
  HttpResponse response;
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  response.body = std::move(body_);
  if (response.body.capacity() > kLargeBody) response.body.shrink_to_fit();
  response.content_type = ResponseHeader("Content-Type");
  response.retry_after = ResponseHeader("Retry-After");
  response.date = ResponseHeader("Date");
  return response;
}

std::string CurlExchange::ResponseHeader(const char* name) const {
  curl_header* header = nullptr;
  const int last_answer = -1;  // Of a request that was repeated.
  if (curl_easy_header(easy_, name, 0, CURLH_HEADER, last_answer, &header) != CURLHE_OK) return "";
  return header->value;
}

}  // namespace runcast::http
