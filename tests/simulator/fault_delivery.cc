#include "tests/simulator/fault_delivery.h"

#include <algorithm>
#include <string>
#include <utility>

#include "tests/simulator/json.h"
#include "tests/simulator/odd_body.h"

namespace runcast::simulator {
namespace {

constexpr const char* kHtmlPage =
    "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n"
    "<body><center><h1>502 Bad Gateway</h1></center></body></html>\n";

size_t SizeOr(const Fault& fault, size_t otherwise) {
  return fault.size > 0 ? static_cast<size_t>(fault.size) : otherwise;
}

WireStep Write(std::string bytes) { return {WireStep::Kind::kWrite, std::move(bytes), 0}; }
WireStep Wait(int64_t millis) { return {WireStep::Kind::kWait, {}, millis}; }
WireStep WaitOrHang(int64_t millis) {
  return millis > 0 ? Wait(millis) : WireStep{WireStep::Kind::kWaitForever, {}, 0};
}
WireStep End(const Fault& fault, const char* otherwise) {
  const std::string& how = fault.how.empty() ? std::string(otherwise) : fault.how;
  return {how == "reset" ? WireStep::Kind::kReset : WireStep::Kind::kClose, {}, 0};
}

}  // namespace

HttpAnswer Distort(const Fault& fault, HttpAnswer good) {
  HttpAnswer answer = std::move(good);
  const std::string& kind = fault.kind;
  if (kind == "http") {
    answer.body = fault.body;
  } else if (kind == "redirect") {
    answer.status = 302;
    answer.body.clear();
  } else if (kind == "errors") {
    answer.status = 200;
    const Json code = fault.code.is_null() ? Json(500) : fault.code;
    const std::string msg = fault.msg.empty() ? "Internal Server Error" : fault.msg;
    answer.body = Json{{"errors", Json::array({Json{{"msg", msg}, {"code", code}}})}}.dump();
  } else if (kind == "wrong_id") {
    answer.body = WithId(answer.body, "tr-somebody-else");
  } else if (kind == "empty") {
    answer.body.clear();
  } else if (kind == "garbage") {
    answer.body = "\x01\x02}{ this is not JSON \x7f";
  } else if (kind == "html") {
    answer.body = kHtmlPage;
    answer.content_type = "text/html";
  } else if (kind == "wrong_types") {
    answer.body = WithWrongTypes(answer.body);
  } else if (kind == "invalid_utf8") {
    answer.body = WithInvalidUtf8(answer.body);
  } else if (kind == "duplicate_keys") {
    answer.body = WithDuplicateKeys(answer.body);
  } else if (kind == "deep") {
    answer.body = WithDeepNesting(answer.body, SizeOr(fault, 10'000));
  } else if (kind == "oversized") {
    answer.body = Padded(answer.body, SizeOr(fault, 10 * 1024 * 1024));
  } else if (kind == "gzip_bomb") {
    answer.body = GzipBomb(SizeOr(fault, 100 * 1024 * 1024));
    answer.headers.emplace_back("Content-Encoding", "gzip");
  } else if (kind == "gzip_broken") {
    answer.headers.emplace_back("Content-Encoding", "gzip");
  } else if (kind == "truncated") {
    answer.body.resize(answer.body.size() / 2);
  } else if (kind == "not_an_object") {
    answer.body = "[" + answer.body + "]";
  }
  if (fault.status != 0) answer.status = fault.status;
  if (!fault.content_type.empty()) answer.content_type = fault.content_type;
  for (const auto& header : fault.headers) answer.headers.push_back(header);
  return answer;
}

WirePlan Deliver(const Fault& fault, const HttpAnswer& answer, std::string_view date,
                 bool keep_alive) {
  WirePlan plan;
  plan.keep_alive = keep_alive && fault.kind != "close_after";
  if (fault.delay_ms > 0) plan.steps.push_back(Wait(fault.delay_ms));

  const std::string head = SerializeHead(answer, date, answer.body.size(), plan.keep_alive);
  const std::string first_half = answer.body.substr(0, answer.body.size() / 2);
  const std::string second_half = answer.body.substr(first_half.size());

  if (fault.kind == "hang") {
    if (fault.at == "headers") {
      plan.steps.push_back(Write(head));
      plan.steps.push_back(WaitOrHang(fault.hang_ms));
      plan.steps.push_back(Write(answer.body));
    } else if (fault.at == "body") {
      plan.steps.push_back(Write(head + first_half));
      plan.steps.push_back(WaitOrHang(fault.hang_ms));
      plan.steps.push_back(Write(second_half));
    } else {
      plan.steps.push_back(WaitOrHang(fault.hang_ms));
      plan.steps.push_back(Write(head + answer.body));
    }
  } else if (fault.kind == "cut") {
    if (fault.at == "headers") {
      plan.steps.push_back(Write(head));
    } else if (fault.at != "start") {
      plan.steps.push_back(Write(head + first_half));
    }
    // Lets the peer read what was written before a reset throws it away.
    if (fault.at != "start") plan.steps.push_back(Wait(5));
    plan.steps.push_back(End(fault, "reset"));
  } else if (fault.kind == "drop_reused") {
    plan.steps.push_back(End(fault, "reset"));
  } else if (fault.kind == "close_silently") {
    plan.steps.push_back(Write(head + answer.body));
    plan.steps.push_back(End(fault, "close"));
  } else if (fault.kind == "slow") {
    // Ten pieces a second.
    const size_t piece = std::max<size_t>(1, SizeOr(fault, 100) / 10);
    plan.steps.push_back(Write(head));
    for (size_t at = 0; at < answer.body.size(); at += piece) {
      plan.steps.push_back(Wait(100));
      plan.steps.push_back(Write(answer.body.substr(at, piece)));
    }
  } else {
    plan.steps.push_back(Write(head + answer.body));
  }
  return plan;
}

}  // namespace runcast::simulator
