#include "gateway/access/access_policy.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace runcast::access {
namespace {

enum class Kind { kDeny, kAllow };

bool PrincipalsMatch(const std::vector<TextPattern>& patterns, const Caller* caller, Kind kind) {
  if (patterns.empty()) return true;
  // More names can only add to what is allowed, so allow rules go by those that are known.
  if (kind == Kind::kDeny && caller != nullptr && caller->names_left_out &&
      std::any_of(patterns.begin(), patterns.end(),
                  [](const TextPattern& pattern) { return !pattern.is_empty(); })) {
    return true;
  }
  if (caller == nullptr || caller->principals.empty()) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [](const TextPattern& pattern) { return pattern.is_empty(); });
  }
  return std::any_of(
      caller->principals.begin(), caller->principals.end(),
      // An empty principal proves nothing; no pattern may take it for somebody.
      [&](const std::string& name) { return !name.empty() && AnyMatches(patterns, name); });
}

bool HeaderMatches(const HeaderCondition& condition, const HeaderLookup& headers, Kind kind) {
  const std::vector<absl::string_view> values = headers.Values(condition.key);
  if (values.empty()) return false;
  const std::string joined = absl::StrJoin(values, ",");
  if (AnyMatches(condition.values, joined)) return true;
  if (kind == Kind::kAllow) return false;
  // Two headers and one with a comma mean the same (RFC 9110, section 5.3), so both are taken
  // apart.
  for (const absl::string_view value : absl::StrSplit(joined, ',')) {
    if (AnyMatches(condition.values, absl::StripAsciiWhitespace(value))) return true;
  }
  return false;
}

bool HeadersMatch(const std::vector<HeaderCondition>& conditions, const HeaderLookup* headers,
                  Kind kind) {
  if (conditions.empty()) return true;
  if (headers == nullptr) return kind == Kind::kDeny;
  return std::all_of(conditions.begin(), conditions.end(), [&](const HeaderCondition& condition) {
    return HeaderMatches(condition, *headers, kind);
  });
}

bool RunsMatch(const std::vector<RunCondition>& conditions, const base::RunKey* run) {
  if (conditions.empty()) return true;
  if (run == nullptr) return false;
  return std::any_of(conditions.begin(), conditions.end(), [&](const RunCondition& condition) {
    return (condition.stream_ids.empty() || AnyMatches(condition.stream_ids, run->stream_id)) &&
           (condition.suite_names.empty() || AnyMatches(condition.suite_names, run->suite_name));
  });
}

bool Matches(const PolicyRule& rule, const AccessRequest& request, Kind kind) {
  return PrincipalsMatch(rule.principals, request.caller, kind) &&
         (rule.paths.empty() || AnyMatches(rule.paths, request.method)) &&
         RunsMatch(rule.runs, request.run) &&
         // Last, because only this allocates.
         HeadersMatch(rule.headers, request.headers, kind);
}

}  // namespace

AccessPolicy::AccessPolicy(std::string name, std::vector<PolicyRule> deny_rules,
                           std::vector<PolicyRule> allow_rules)
    : name_(std::move(name)),
      deny_rules_(std::move(deny_rules)),
      allow_rules_(std::move(allow_rules)) {}

AccessPolicy::Decision AccessPolicy::Decide(const AccessRequest& request) const {
  for (const PolicyRule& rule : deny_rules_) {
    if (Matches(rule, request, Kind::kDeny)) return {false, rule.name};
  }
  for (const PolicyRule& rule : allow_rules_) {
    if (request.report_link && !rule.report_links) continue;
    if (Matches(rule, request, Kind::kAllow)) return {true, rule.name};
  }
  return {};
}

}  // namespace runcast::access
