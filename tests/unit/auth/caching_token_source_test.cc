#include "gateway/auth/caching_token_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include "tests/fakes/fake_event_loop.h"
#include "tests/fakes/temp_directory.h"
#include "tests/unit/auth/test_keys.h"

namespace runcast::auth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kSecret[] = "0123456789012345678901234567890123456789abc=";
constexpr char kNewSecret[] = "abcdefghijabcdefghijabcdefghijabcdefghij012=";

class CachingTokenSourceTest : public testing::Test {
 protected:
  CachingTokenSourceTest() {
    options_.name = "test";
    options_.client_id = "cs-1";
    options_.secret.file = directory_.Write("secret", std::string(kSecret) + "\n");
  }

  absl::Status Open() {
    absl::StatusOr<std::unique_ptr<CachingTokenSource>> made =
        CachingTokenSource::Make(loop_, options_, difference_, &metrics_);
    if (!made.ok()) return made.status();
    source_ = *std::move(made);
    return absl::OkStatus();
  }
  ReadToken NextToken() { return Read(source_->GetToken().value().Reveal()); }
  long long Now() const { return absl::ToUnixSeconds(loop_.clock().WallNow()); }
  bool IsSignedWith(const std::string& secret) {
    const ReadToken token = NextToken();
    return SignatureFits(options_.algorithm, secret, token.signed_part, token.signature);
  }

  fakes::TempDirectory directory_;
  fakes::FakeEventLoop loop_;
  telemetry::Metrics metrics_;
  ClockDifference difference_;
  CredentialOptions options_;
  std::unique_ptr<CachingTokenSource> source_;
};

TEST_F(CachingTokenSourceTest, TokensAreBackdatedAndLiveAsLongAsConfigured) {
  ASSERT_TRUE(Open().ok());

  const ReadToken token = NextToken();

  EXPECT_EQ(token.Number("iat"), Now() - 10);
  EXPECT_EQ(token.Number("exp"), Now() + 300);
  EXPECT_EQ(token.Text("jti"), "");
  EXPECT_TRUE(SignatureFits(SigningAlgorithm::kHs256, kSecret, token.signed_part, token.signature));
}

TEST_F(CachingTokenSourceTest, TheMetricsSayWhenTheTokenExpires) {
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(metrics_.WriteText().find("runcast_token_expiry_seconds{"), std::string::npos);

  NextToken();

  // The fake clock is not the one of the scrape.
  EXPECT_NE(metrics_.WriteText().find("runcast_token_expiry_seconds{credential=\"test\"}"),
            std::string::npos);
}

struct Pace {
  absl::Duration lifetime;
  absl::Duration slack;
  uint64_t signings_in_an_hour;  // ceil(1h / (lifetime − slack))
};

class SigningsTest : public CachingTokenSourceTest, public testing::WithParamInterface<Pace> {};

TEST_P(SigningsTest, AnHourOfPollingSignsNoMoreThanNeeded) {
  options_.lifetime = GetParam().lifetime;
  options_.renewal_slack = GetParam().slack;
  ASSERT_TRUE(Open().ok());

  for (int second = 0; second < 3600; ++second) {
    ASSERT_TRUE(source_->GetToken().ok());
    loop_.AdvanceBy(absl::Seconds(1));
  }

  EXPECT_EQ(metrics_.tokens_signed.value(), GetParam().signings_in_an_hour);
}

INSTANTIATE_TEST_SUITE_P(All, SigningsTest,
                         testing::Values(Pace{absl::Minutes(5), absl::Minutes(1), 15},
                                         Pace{absl::Minutes(7), absl::Minutes(2), 12},
                                         Pace{absl::Minutes(8), absl::Minutes(1), 9},
                                         Pace{absl::Minutes(5), absl::ZeroDuration(), 12},
                                         Pace{absl::Hours(24), absl::Hours(1), 1}));

TEST_F(CachingTokenSourceTest, NoTokenIsHandedOutInsideItsRenewalSlack) {
  ASSERT_TRUE(Open().ok());

  for (int i = 0; i < 2000; ++i) {
    EXPECT_GE(NextToken().Number("exp"), Now() + 60);
    loop_.AdvanceBy(absl::Milliseconds(700));
  }
}

TEST_F(CachingTokenSourceTest, WithJtiEveryTokenHasItsOwn) {
  options_.use_jti = true;
  ASSERT_TRUE(Open().ok());
  std::set<std::string> ids;

  for (int i = 0; i < 1000; ++i) {
    const std::string id = NextToken().Text("jti");
    EXPECT_EQ(id.size(), 22u);  // 128 bits in base64.
    ids.insert(id);
  }

  EXPECT_EQ(ids.size(), 1000u);
  EXPECT_EQ(metrics_.tokens_signed.value(), 1000u);
  EXPECT_TRUE(source_->single_use());
}

TEST_F(CachingTokenSourceTest, WithJtiATokenLivesAnHourAtMostCountedFromItsIat) {
  options_.use_jti = true;
  options_.lifetime = absl::Hours(1);
  ASSERT_TRUE(Open().ok());

  const ReadToken token = NextToken();

  EXPECT_EQ(token.Number("exp") - token.Number("iat"), 3600);
}

TEST_F(CachingTokenSourceTest, ARefusalReadsTheSecretAgainAtOnce) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(IsSignedWith(kSecret));
  directory_.Write("secret", kNewSecret);

  EXPECT_TRUE(source_->OnRefused());

  EXPECT_TRUE(IsSignedWith(kNewSecret));
  EXPECT_EQ(metrics_.secrets_reloaded.value(), 1u);
}

TEST_F(CachingTokenSourceTest, ARefusalWithTheSameSecretIsNotWorthAnotherTry) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(source_->GetToken().ok());

  EXPECT_FALSE(source_->OnRefused());

  ASSERT_TRUE(source_->GetToken().ok());
  EXPECT_EQ(metrics_.tokens_signed.value(), 2u);
}

TEST_F(CachingTokenSourceTest, RunsThatAreRefusedForTheirOwnSakeDoNotMakeEveryTokenNew) {
  ASSERT_TRUE(Open().ok());

  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(source_->GetToken().ok());
    EXPECT_FALSE(source_->OnRefused());
    loop_.AdvanceBy(absl::Milliseconds(10));
  }

  EXPECT_LE(metrics_.tokens_signed.value(), 11u);
}

TEST_F(CachingTokenSourceTest, AfterManyRefusalsTheSecretIsStillReadAgain) {
  ASSERT_TRUE(Open().ok());
  for (int i = 0; i < 20; ++i) source_->OnRefused();
  directory_.Write("secret", kNewSecret);

  loop_.AdvanceBy(CachingTokenSource::kBetweenRereads);

  EXPECT_TRUE(source_->OnRefused());
  EXPECT_TRUE(IsSignedWith(kNewSecret));
}

TEST_F(CachingTokenSourceTest, RefusalsOfTokensSentBeforeTheChangeAreWorthAnotherTry) {
  ASSERT_TRUE(Open().ok());
  directory_.Write("secret", kNewSecret);
  ASSERT_TRUE(source_->OnRefused());

  loop_.AdvanceBy(absl::Seconds(9));
  EXPECT_TRUE(source_->OnRefused());
  loop_.AdvanceBy(absl::Seconds(1));

  EXPECT_FALSE(source_->OnRefused());
}

TEST_F(CachingTokenSourceTest, AChangedFileSignsTheNextTokenWithoutARefusal) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(IsSignedWith(kSecret));

  directory_.Replace("secret", kNewSecret);
  loop_.AdvanceBy(absl::Seconds(2));

  EXPECT_TRUE(IsSignedWith(kNewSecret));
}

TEST_F(CachingTokenSourceTest, AMissingOrEmptySecretFileLeavesTheLastGoodOneInUse) {
  ASSERT_TRUE(Open().ok());

  directory_.Remove("secret");
  loop_.AdvanceBy(absl::Minutes(10));
  EXPECT_FALSE(source_->OnRefused());
  EXPECT_TRUE(IsSignedWith(kSecret));
  directory_.Write("secret", "\n");
  loop_.AdvanceBy(absl::Minutes(10));

  EXPECT_TRUE(IsSignedWith(kSecret));
}

TEST_F(CachingTokenSourceTest, HalfAnHmacSecretWaitsUntilTheWholeOneIsRefused) {
  ASSERT_TRUE(Open().ok());

  directory_.Write("secret", std::string(kNewSecret).substr(0, 20));
  loop_.AdvanceBy(absl::Minutes(1));
  EXPECT_TRUE(IsSignedWith(kSecret));
  EXPECT_TRUE(source_->OnRefused());

  EXPECT_TRUE(IsSignedWith(std::string(kNewSecret).substr(0, 20)));
}

TEST_F(CachingTokenSourceTest, HalfAPemLeavesTheLastGoodKeyInUse) {
  options_.algorithm = SigningAlgorithm::kRs256;
  directory_.Write("secret", RsaPem());
  ASSERT_TRUE(Open().ok());

  directory_.Write("secret", OtherRsaPem().substr(0, 900));
  loop_.AdvanceBy(absl::Minutes(1));
  EXPECT_FALSE(source_->OnRefused());
  EXPECT_TRUE(IsSignedWith(RsaPem()));
  directory_.Write("secret", OtherRsaPem());
  loop_.AdvanceBy(absl::Seconds(2));

  EXPECT_TRUE(IsSignedWith(OtherRsaPem()));
}

TEST_F(CachingTokenSourceTest, TokensFollowThePlatformsClock) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(source_->GetToken().ok());

  for (int i = 0; i < 3; ++i) {
    difference_.Add(loop_.clock().WallNow() - absl::Minutes(20), loop_.clock().Now());
  }

  EXPECT_EQ(NextToken().Number("iat"), Now() - 20 * 60 - 10);
}

TEST_F(CachingTokenSourceTest, AJumpOfOurClockDoesNotReachTheTokens) {
  ASSERT_TRUE(Open().ok());
  for (int i = 0; i < 3; ++i) difference_.Add(loop_.clock().WallNow(), loop_.clock().Now());
  const ReadToken before = NextToken();

  loop_.fake_clock().JumpWall(absl::Hours(1));
  EXPECT_EQ(NextToken().signature, before.signature);
  loop_.fake_clock().JumpWall(-absl::Hours(2));
  EXPECT_EQ(NextToken().signature, before.signature);

  EXPECT_EQ(metrics_.tokens_signed.value(), 1u);
}

TEST_F(CachingTokenSourceTest, WithAJweKeyTokensAreSignedThenEncrypted) {
  options_.jwe_key_file = directory_.Write("jwk", PublicJwkText(RsaPem(), "key-1"));
  ASSERT_TRUE(Open().ok());

  const std::string token = source_->GetToken().value().Reveal();

  EXPECT_EQ(std::count(token.begin(), token.end(), '.'), 4);
  const ReadToken inner = Read(DecryptJwe(token, RsaPem()));
  EXPECT_EQ(inner.Text("appId"), "cs-1");
  EXPECT_TRUE(SignatureFits(SigningAlgorithm::kHs256, kSecret, inner.signed_part, inner.signature));
}

TEST_F(CachingTokenSourceTest, AChangedJweKeyEncryptsTheNextTokenAndABadOneDoesNot) {
  options_.jwe_key_file = directory_.Write("jwk", PublicJwkText(RsaPem(), "key-1"));
  ASSERT_TRUE(Open().ok());

  directory_.Write("jwk", "{");
  loop_.AdvanceBy(absl::Seconds(2));
  EXPECT_NE(DecryptJwe(source_->GetToken().value().Reveal(), RsaPem()), "");
  directory_.Write("jwk", PublicJwkText(OtherRsaPem(), "key-2"));
  loop_.AdvanceBy(absl::Seconds(2));

  EXPECT_NE(DecryptJwe(source_->GetToken().value().Reveal(), OtherRsaPem()), "");
}

TEST_F(CachingTokenSourceTest, RefusesToStartWithoutAGoodSecretAndNamesTheCredential) {
  options_.secret.file = directory_.Path("none");
  const absl::Status missing = Open();
  options_.secret.file = directory_.Write("text", "no-pem-but-secret");
  options_.algorithm = SigningAlgorithm::kRs256;
  const absl::Status bad = Open();

  EXPECT_TRUE(absl::IsFailedPrecondition(missing));
  EXPECT_THAT(std::string(missing.message()), HasSubstr("credential `test`: secret: file `"));
  EXPECT_TRUE(absl::IsFailedPrecondition(bad));
  EXPECT_THAT(std::string(bad.message()), Not(HasSubstr("no-pem-but-secret")));
}

TEST_F(CachingTokenSourceTest, OptionsThatContradictEachOtherAreRefused) {
  options_.renewal_slack = options_.lifetime;
  EXPECT_TRUE(absl::IsInvalidArgument(Open()));
  options_.renewal_slack = absl::Minutes(1);
  options_.lifetime = absl::Hours(2);
  options_.use_jti = true;
  EXPECT_TRUE(absl::IsInvalidArgument(Open()));
  options_.use_jti = false;
  options_.client_id = "";

  EXPECT_TRUE(absl::IsInvalidArgument(Open()));
}

}  // namespace
}  // namespace runcast::auth
