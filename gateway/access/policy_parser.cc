#include "gateway/access/policy_parser.h"

#include <array>
#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/access/strict_json.h"
#include "nlohmann/json.hpp"

namespace runcast::access {
namespace {

using nlohmann::json;
using Keys = std::initializer_list<absl::string_view>;

// A43: "the Host header, hop-by-hop headers". RFC 9110, section 7.6.1 and RFC 2616, section
// 13.5.1 name them; HTTP/2 carries none of them but `te`.
constexpr std::array<absl::string_view, 10> kUnsupportedHeaders = {
    "host", "connection", "keep-alive",        "proxy-authenticate", "proxy-authorization",
    "te",   "trailer",    "transfer-encoding", "proxy-connection",   "upgrade"};

// Enough for anybody to mend a file; keeps one log line within reason.
constexpr size_t kMostDescribed = 50;

// What a list of patterns may hold.
enum class PatternKind { kPrincipal, kPath, kHeaderValue, kRunPart };

// Walks the document once and notes every fault on the way.
class PolicyReader {
 public:
  explicit PolicyReader(std::vector<PolicyFault>& faults) : faults_(faults) {}

  std::shared_ptr<const AccessPolicy> ReadPolicy(const json& root) {
    if (!IsObject(root, "", {"name", "deny_rules", "allow_rules"})) return nullptr;
    std::string name = ReadName(root, "");
    std::vector<PolicyRule> deny_rules;
    if (const json* rules = Find(root, "deny_rules")) {
      deny_rules = ReadRules(*rules, "deny_rules", /*allow=*/false);
    }
    std::vector<PolicyRule> allow_rules;
    if (const json* rules = Find(root, "allow_rules")) {
      allow_rules = ReadRules(*rules, "allow_rules", /*allow=*/true);
    } else {
      AddFault("allow_rules", "is missing; without it nobody would be let in");
    }
    return std::make_shared<const AccessPolicy>(std::move(name), std::move(deny_rules),
                                                std::move(allow_rules));
  }

 private:
  void AddFault(std::string path, std::string what) {
    faults_.push_back({path.empty() ? "policy" : std::move(path), std::move(what)});
  }

  static const json* Find(const json& object, absl::string_view key) {
    const auto found = object.find(std::string(key));
    return found == object.end() ? nullptr : &*found;
  }

  static std::string ElementPath(absl::string_view path, size_t index) {
    return absl::StrCat(path, "[", index, "]");
  }

  // Unknown keys are refused, as A43 asks: a condition that is not understood must not be skipped.
  bool IsObject(const json& value, const std::string& path, Keys known) {
    if (!value.is_object()) {
      AddFault(path, absl::StrCat("is ", value.type_name(), "; an object is wanted"));
      return false;
    }
    for (const auto& [key, unused] : value.items()) {
      if (absl::c_linear_search(known, key)) continue;
      const bool of_allow_rules = key == "runs" || key == "report_links";
      AddFault(MemberPath(path, key),
               of_allow_rules && absl::StartsWith(path, "deny_rules")
                   ? std::string("is not known here; only allow rules have it")
                   : absl::StrCat("is not known; known are ", absl::StrJoin(known, ", ")));
    }
    return true;
  }

  bool IsFilledArray(const json& value, const std::string& path, absl::string_view hint) {
    if (!value.is_array()) {
      AddFault(path, absl::StrCat("is ", value.type_name(), "; an array is wanted"));
      return false;
    }
    if (value.empty()) AddFault(path, absl::StrCat("is empty; ", hint));
    return !value.empty();
  }

  std::string ReadName(const json& object, const std::string& path) {
    const json* name = Find(object, "name");
    const std::string name_path = MemberPath(path, "name");
    if (name == nullptr) {
      AddFault(name_path, "is missing");
    } else if (!name->is_string()) {
      AddFault(name_path, absl::StrCat("is ", name->type_name(), "; a string is wanted"));
    } else if (name->get_ref<const std::string&>().empty()) {
      AddFault(name_path, "is empty");
    } else {
      return name->get<std::string>();
    }
    return "";
  }

  std::vector<PolicyRule> ReadRules(const json& value, const std::string& path, bool allow) {
    std::vector<PolicyRule> rules;
    if (!IsFilledArray(
            value, path,
            allow ? "to deny everything, add a deny rule that has only a name" : "leave it out")) {
      return rules;
    }
    std::set<std::string> names;
    for (size_t i = 0; i < value.size(); ++i) {
      const std::string rule_path = ElementPath(path, i);
      rules.push_back(ReadRule(value[i], rule_path, allow));
      const std::string& name = rules.back().name;
      if (!name.empty() && !names.insert(name).second) {
        AddFault(MemberPath(rule_path, "name"), "is the name of an earlier rule of this list");
      }
    }
    return rules;
  }

  PolicyRule ReadRule(const json& value, const std::string& path, bool allow) {
    PolicyRule rule;
    const bool is_object =
        allow ? IsObject(value, path, {"name", "source", "request", "runs", "report_links"})
              : IsObject(value, path, {"name", "source", "request"});
    if (!is_object) return rule;
    rule.name = ReadName(value, path);
    if (const json* source = Find(value, "source")) {
      ReadSource(*source, MemberPath(path, "source"), rule);
    }
    if (const json* request = Find(value, "request")) {
      ReadRequest(*request, MemberPath(path, "request"), rule);
    }
    if (!allow) return rule;
    if (const json* runs = Find(value, "runs")) {
      rule.runs = ReadRuns(*runs, MemberPath(path, "runs"));
    }
    if (const json* report_links = Find(value, "report_links")) {
      if (report_links->is_boolean()) {
        rule.report_links = report_links->get<bool>();
      } else {
        AddFault(MemberPath(path, "report_links"),
                 absl::StrCat("is ", report_links->type_name(), "; true or false is wanted"));
      }
    }
    return rule;
  }

  void ReadSource(const json& value, const std::string& path, PolicyRule& rule) {
    if (!IsObject(value, path, {"principals"})) return;
    if (value.empty()) AddFault(path, "is empty; leave it out to mean every caller");
    if (const json* principals = Find(value, "principals")) {
      rule.principals =
          ReadPatterns(*principals, MemberPath(path, "principals"), PatternKind::kPrincipal,
                       "leave out `source` to mean every caller");
    }
  }

  void ReadRequest(const json& value, const std::string& path, PolicyRule& rule) {
    if (!IsObject(value, path, {"paths", "headers"})) return;
    if (value.empty()) AddFault(path, "is empty; leave it out to mean every request");
    if (const json* paths = Find(value, "paths")) {
      rule.paths = ReadPatterns(*paths, MemberPath(path, "paths"), PatternKind::kPath,
                                "leave it out to mean every method");
    }
    const json* headers = Find(value, "headers");
    if (headers == nullptr) return;
    const std::string headers_path = MemberPath(path, "headers");
    if (!IsFilledArray(*headers, headers_path, "leave it out")) return;
    for (size_t i = 0; i < headers->size(); ++i) {
      rule.headers.push_back(ReadHeader((*headers)[i], ElementPath(headers_path, i)));
    }
  }

  HeaderCondition ReadHeader(const json& value, const std::string& path) {
    HeaderCondition condition;
    if (!IsObject(value, path, {"key", "values"})) return condition;
    const std::string key_path = MemberPath(path, "key");
    const json* key = Find(value, "key");
    if (key == nullptr) {
      AddFault(key_path, "is missing");
    } else if (!key->is_string()) {
      AddFault(key_path, absl::StrCat("is ", key->type_name(), "; a string is wanted"));
    } else {
      // Names of headers have no case (RFC 9110, section 5.1), and HTTP/2 sends them in lower case.
      condition.key = absl::AsciiStrToLower(key->get_ref<const std::string&>());
      CheckHeaderKey(condition.key, key_path);
    }
    const std::string values_path = MemberPath(path, "values");
    if (const json* values = Find(value, "values")) {
      condition.values = ReadPatterns(*values, values_path, PatternKind::kHeaderValue,
                                      "write [\"*\"] to mean any value");
    } else {
      AddFault(values_path, "is missing");
    }
    return condition;
  }

  void CheckHeaderKey(absl::string_view key, const std::string& path) {
    if (key.empty()) {
      AddFault(path, "is empty");
    } else if (absl::StartsWith(key, ":")) {
      AddFault(path, "is a pseudo header, which no rule may look at; use `paths` for the method");
    } else if (absl::StartsWith(key, "grpc-")) {
      AddFault(path, "is reserved for gRPC itself, and no rule may look at it");
    } else if (absl::EndsWith(key, "-bin")) {
      AddFault(path, "is a binary header, and rules compare text");
    } else if (absl::c_linear_search(kUnsupportedHeaders, key)) {
      AddFault(path, "belongs to one connection, not to the request; no rule may look at it");
    } else if (!absl::c_all_of(key, [](char c) {
                 return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
                        c == '_' || c == '.';
               })) {
      AddFault(path, "is no name that gRPC allows; letters, digits, `-`, `_` and `.` are");
    }
  }

  std::vector<RunCondition> ReadRuns(const json& value, const std::string& path) {
    std::vector<RunCondition> runs;
    if (!IsFilledArray(value, path, "leave it out to mean every run")) return runs;
    for (size_t i = 0; i < value.size(); ++i) {
      const std::string run_path = ElementPath(path, i);
      RunCondition& condition = runs.emplace_back();
      if (!IsObject(value[i], run_path, {"stream_ids", "suite_names"})) continue;
      const json* stream_ids = Find(value[i], "stream_ids");
      const json* suite_names = Find(value[i], "suite_names");
      if (stream_ids == nullptr && suite_names == nullptr) {
        AddFault(run_path, "names neither `stream_ids` nor `suite_names`");
      }
      if (stream_ids != nullptr) {
        condition.stream_ids =
            ReadPatterns(*stream_ids, MemberPath(run_path, "stream_ids"), PatternKind::kRunPart,
                         "leave it out to mean every stream id");
      }
      if (suite_names != nullptr) {
        condition.suite_names =
            ReadPatterns(*suite_names, MemberPath(run_path, "suite_names"), PatternKind::kRunPart,
                         "leave it out to mean every suite");
      }
    }
    return runs;
  }

  std::vector<TextPattern> ReadPatterns(const json& value, const std::string& path,
                                        PatternKind kind, absl::string_view hint) {
    std::vector<TextPattern> patterns;
    if (!IsFilledArray(value, path, hint)) return patterns;
    for (size_t i = 0; i < value.size(); ++i) {
      const std::string element_path = ElementPath(path, i);
      if (!value[i].is_string()) {
        AddFault(element_path, absl::StrCat("is ", value[i].type_name(), "; a string is wanted"));
        continue;
      }
      absl::StatusOr<TextPattern> pattern =
          TextPattern::Parse(value[i].get_ref<const std::string&>());
      if (!pattern.ok()) {
        AddFault(element_path, std::string(pattern.status().message()));
        continue;
      }
      CheckCanMatch(*pattern, element_path, kind);
      patterns.push_back(*std::move(pattern));
    }
    return patterns;
  }

  // A pattern that never matches is a deny rule that never denies.
  void CheckCanMatch(const TextPattern& pattern, const std::string& path, PatternKind kind) {
    switch (kind) {
      case PatternKind::kPrincipal:  // The empty one means "proved nothing".
      case PatternKind::kHeaderValue:
        return;
      case PatternKind::kPath:
        if (pattern.fixes_beginning() && !absl::StartsWith(pattern.text(), "/")) {
          AddFault(path, "does not begin with `/`; a method is `/package.Service/Method`");
        }
        return;
      case PatternKind::kRunPart:
        if (pattern.is_empty()) AddFault(path, "is empty, which no run is");
        return;
    }
  }

  std::vector<PolicyFault>& faults_;
};

}  // namespace

ParsedPolicy ParseAccessPolicy(absl::string_view text) {
  ParsedPolicy parsed;
  json root;
  JsonDocument document = ParseStrictJson(text, root);
  if (!document.syntax_error.empty()) {
    parsed.faults.push_back({"policy", absl::StrCat("is not JSON: ", document.syntax_error)});
    return parsed;
  }
  for (std::string& path : document.duplicate_keys) {
    parsed.faults.push_back(
        {std::move(path), "is there twice; which one counts is anybody's guess"});
  }
  std::shared_ptr<const AccessPolicy> policy = PolicyReader(parsed.faults).ReadPolicy(root);
  if (parsed.faults.empty()) parsed.policy = std::move(policy);
  return parsed;
}

std::string DescribeFaults(const std::vector<PolicyFault>& faults) {
  std::string text;
  for (size_t i = 0; i < faults.size() && i < kMostDescribed; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : "\n", faults[i].path, " ", faults[i].what);
  }
  if (faults.size() > kMostDescribed) {
    absl::StrAppend(&text, "\nand ", faults.size() - kMostDescribed, " more");
  }
  return text;
}

}  // namespace runcast::access
