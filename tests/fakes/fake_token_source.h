// Tokens without keys: `token-1`, `token-2`, … of a credential whose secret the test changes.

#ifndef RUNCAST_TESTS_FAKES_FAKE_TOKEN_SOURCE_H_
#define RUNCAST_TESTS_FAKES_FAKE_TOKEN_SOURCE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "gateway/auth/token_source.h"
#include "gateway/base/secret_string.h"

namespace runcast::fakes {

// Threads: one.
class FakeTokenSource final : public auth::TokenSource {
 public:
  explicit FakeTokenSource(std::string credential_name = "fake", bool single_use = false)
      : credential_name_(std::move(credential_name)), single_use_(single_use) {}

  const std::string& credential_name() const override { return credential_name_; }

  absl::StatusOr<base::SecretString> GetToken() override {
    if (!failure_.ok()) return failure_;
    if (single_use_ || token_number_ == 0) ++token_number_;
    return base::SecretString(absl::StrCat("token-", token_number_));
  }

  bool single_use() const override { return single_use_; }

  bool OnRefused() override {
    ++refusals_;
    ++token_number_;
    return std::exchange(secret_changed_, false);
  }

  // Lets the next refusal find another secret.
  void ChangeSecret() { secret_changed_ = true; }
  // Lets `GetToken` fail from now on; OK ends that.
  void FailWith(absl::Status failure) { failure_ = std::move(failure); }

  int refusals() const { return refusals_; }

 private:
  const std::string credential_name_;
  const bool single_use_;
  absl::Status failure_;
  bool secret_changed_ = false;
  int token_number_ = 0;
  int refusals_ = 0;
};

// Threads: one. Serves every stream id from one source, unless stream ids are named.
class FakeCredentials final : public auth::Credentials {
 public:
  FakeCredentials() = default;
  explicit FakeCredentials(std::vector<std::string> stream_ids)
      : stream_ids_(std::move(stream_ids)), serves_all_(false) {}

  bool Serves(absl::string_view stream_id) const override {
    if (serves_all_) return true;
    for (const std::string& served : stream_ids_) {
      if (served == stream_id) return true;
    }
    return false;
  }

  auth::TokenSource* Find(absl::string_view stream_id) override {
    return Serves(stream_id) ? source_ : nullptr;
  }

  void OnPlatformDate(absl::Time platform_time) override { dates_.push_back(platform_time); }

  // The source behind all served stream ids.
  FakeTokenSource& source() { return own_source_; }
  // Serves from `source` instead, which outlives this object.
  void Use(auth::TokenSource& source) { source_ = &source; }
  // Every date that was told, in order.
  const std::vector<absl::Time>& dates() const { return dates_; }

 private:
  FakeTokenSource own_source_;
  auth::TokenSource* source_ = &own_source_;
  std::vector<std::string> stream_ids_;
  bool serves_all_ = true;
  std::vector<absl::Time> dates_;
};

}  // namespace runcast::fakes

#endif  // RUNCAST_TESTS_FAKES_FAKE_TOKEN_SOURCE_H_
