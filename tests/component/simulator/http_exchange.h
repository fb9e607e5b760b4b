// One HTTP exchange by libcurl, for tests that judge a server: nothing is retried or hidden.

#ifndef RUNCAST_TESTS_COMPONENT_SIMULATOR_HTTP_EXCHANGE_H_
#define RUNCAST_TESTS_COMPONENT_SIMULATOR_HTTP_EXCHANGE_H_

#include <curl/curl.h>

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace runcast::simulator_test {

struct Exchange {
  CURLcode curl = CURLE_OK;
  long status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  long new_connections = 0;

  nlohmann::ordered_json Json() const {
    return nlohmann::ordered_json::parse(body, nullptr, false);
  }
  // `msg` and `code` of the first entry of the error envelope.
  std::string ErrorMessage() const;
  int ErrorCode() const;
};

// Keeps its connection between exchanges.
//
// Threads: one.
class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  void set_ca_file(std::string file) { ca_file_ = std::move(file); }
  void set_limit(std::chrono::milliseconds limit) { limit_ = limit; }
  void set_decompress(bool decompress) { decompress_ = decompress; }

  // `headers` as "Name: value" lines. Ends after the limit (5 s) whatever happens.
  Exchange Do(const std::string& method, const std::string& url,
              const std::vector<std::string>& headers = {}, const std::string& body = "");

 private:
  CURL* const handle_;
  std::string ca_file_;
  std::chrono::milliseconds limit_{20'000};
  bool decompress_ = false;
};

}  // namespace runcast::simulator_test

#endif  // RUNCAST_TESTS_COMPONENT_SIMULATOR_HTTP_EXCHANGE_H_
