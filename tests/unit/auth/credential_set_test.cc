#include "gateway/auth/credential_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/fake_event_loop.h"
#include "tests/fakes/temp_directory.h"
#include "tests/unit/auth/test_keys.h"

namespace runcast::auth {
namespace {

using ::testing::HasSubstr;

class CredentialSetTest : public testing::Test {
 protected:
  CredentialOptions Credential(const std::string& name, std::vector<std::string> stream_ids) {
    CredentialOptions options;
    options.name = name;
    options.client_id = "cs-" + name;
    options.secret.file = directory_.Write(name, "secret of " + name);
    options.stream_ids = std::move(stream_ids);
    return options;
  }
  absl::Status Open(const std::vector<CredentialOptions>& credentials) {
    absl::StatusOr<std::unique_ptr<CredentialSet>> made =
        CredentialSet::Make(loop_, credentials, nullptr);
    if (!made.ok()) return made.status();
    set_ = *std::move(made);
    return absl::OkStatus();
  }

  fakes::TempDirectory directory_;
  fakes::FakeEventLoop loop_;
  std::unique_ptr<CredentialSet> set_;
};

TEST_F(CredentialSetTest, EachStreamIdIsServedByItsCredential) {
  ASSERT_TRUE(Open({Credential("a", {"st-1", "st-2"}), Credential("b", {"st-3"})}).ok());

  EXPECT_EQ(set_->Find("st-2")->credential_name(), "a");
  EXPECT_EQ(set_->Find("st-3")->credential_name(), "b");
  EXPECT_EQ(Read(set_->Find("st-3")->GetToken().value().Reveal()).Text("appId"), "cs-b");
}

TEST_F(CredentialSetTest, AnUnknownStreamIdIsNotServed) {
  ASSERT_TRUE(Open({Credential("a", {"st-1"})}).ok());

  EXPECT_TRUE(set_->Serves("st-1"));
  EXPECT_FALSE(set_->Serves("st-9"));
  EXPECT_FALSE(set_->Serves(""));
  EXPECT_FALSE(set_->Serves("*"));
  EXPECT_EQ(set_->Find("st-9"), nullptr);
}

TEST_F(CredentialSetTest, AStarServesWhatNoOtherCredentialNames) {
  ASSERT_TRUE(Open({Credential("rest", {"*"}), Credential("a", {"st-1"})}).ok());

  EXPECT_EQ(set_->Find("st-1")->credential_name(), "a");
  EXPECT_EQ(set_->Find("st-9")->credential_name(), "rest");
  EXPECT_TRUE(set_->Serves("st-9"));
}

TEST_F(CredentialSetTest, AStreamIdGivenTwiceIsRefusedWithBothNames) {
  for (const char* stream_id : {"st-1", "*"}) {
    const absl::Status refusal = Open({Credential("a", {stream_id}), Credential("b", {stream_id})});

    EXPECT_TRUE(absl::IsFailedPrecondition(refusal));
    EXPECT_THAT(std::string(refusal.message()),
                HasSubstr(std::string("credential `b`: the stream id `") + stream_id +
                          "` already belongs to credential `a`"));
  }
}

TEST_F(CredentialSetTest, AllFaultsAreToldAtOnce) {
  CredentialOptions nowhere = Credential("nowhere", {"st-3"});
  nowhere.secret.file = directory_.Path("none");

  const absl::Status refusal =
      Open({Credential("a", {"st-1"}), Credential("a", {"st-2"}), Credential("b", {}), nowhere});

  const std::string message(refusal.message());
  EXPECT_THAT(message, HasSubstr("credential `a`: the name is given twice"));
  EXPECT_THAT(message, HasSubstr("credential `b`: no stream ids are given"));
  EXPECT_THAT(message, HasSubstr("credential `nowhere`: secret: file `"));
}

TEST_F(CredentialSetTest, NoCredentialAtAllIsRefused) {
  EXPECT_TRUE(absl::IsFailedPrecondition(Open({})));
}

TEST_F(CredentialSetTest, ThePlatformsClockCountsForAllCredentials) {
  ASSERT_TRUE(Open({Credential("a", {"st-1"}), Credential("b", {"st-2"})}).ok());

  for (int i = 0; i < 3; ++i) set_->OnPlatformDate(loop_.clock().WallNow() + absl::Hours(1));

  const long long expected = absl::ToUnixSeconds(loop_.clock().WallNow()) + 3600 - 10;
  for (const char* stream_id : {"st-1", "st-2"}) {
    const ReadToken token = Read(set_->Find(stream_id)->GetToken().value().Reveal());
    EXPECT_EQ(token.Number("iat"), expected);
  }
}

}  // namespace
}  // namespace runcast::auth
