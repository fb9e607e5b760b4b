#include "tests/component/simulator/http_exchange.h"

#include <algorithm>
#include <cctype>

namespace runcast::simulator_test {
namespace {

size_t OnBody(char* bytes, size_t, size_t count, void* exchange) {
  static_cast<Exchange*>(exchange)->body.append(bytes, count);
  return count;
}

size_t OnHeader(char* bytes, size_t, size_t count, void* exchange) {
  std::string line(bytes, count);
  const size_t colon = line.find(": ");
  if (colon == std::string::npos) return count;
  std::string name = line.substr(0, colon);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::string value = line.substr(colon + 2);
  while (!value.empty() && (value.back() == '\r' || value.back() == '\n')) value.pop_back();
  static_cast<Exchange*>(exchange)->headers[name] = value;
  return count;
}

}  // namespace

std::string Exchange::ErrorMessage() const {
  const auto json = Json();
  if (!json.is_object() || !json.contains("errors")) return "";
  return json["errors"].at(0).at("msg").get<std::string>();
}

int Exchange::ErrorCode() const {
  const auto json = Json();
  if (!json.is_object() || !json.contains("errors")) return 0;
  return json["errors"].at(0).at("code").get<int>();
}

HttpClient::HttpClient() : handle_(curl_easy_init()) {}

HttpClient::~HttpClient() { curl_easy_cleanup(handle_); }

Exchange HttpClient::Do(const std::string& method, const std::string& url,
                        const std::vector<std::string>& headers, const std::string& body) {
  Exchange exchange;
  curl_easy_reset(handle_);  // connections stay
  curl_slist* list = nullptr;
  for (const std::string& header : headers) list = curl_slist_append(list, header.c_str());
  curl_easy_setopt(handle_, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle_, CURLOPT_TIMEOUT_MS, static_cast<long>(limit_.count()));
  curl_easy_setopt(handle_, CURLOPT_PATH_AS_IS, 1L);
  if (!body.empty()) {
    curl_easy_setopt(handle_, CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  }
  curl_easy_setopt(handle_, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(handle_, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(handle_, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(handle_, CURLOPT_HEADERDATA, &exchange);
  if (!ca_file_.empty()) curl_easy_setopt(handle_, CURLOPT_CAINFO, ca_file_.c_str());
  if (decompress_) curl_easy_setopt(handle_, CURLOPT_ACCEPT_ENCODING, "");
  exchange.curl = curl_easy_perform(handle_);
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &exchange.status);
  curl_easy_getinfo(handle_, CURLINFO_NUM_CONNECTS, &exchange.new_connections);
  curl_slist_free_all(list);
  return exchange;
}

}  // namespace runcast::simulator_test
