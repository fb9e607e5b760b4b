#include "gateway/runs/resume_token.h"

#include <array>
#include <bit>
#include <cstring>

#include "google/protobuf/timestamp.pb.h"

namespace runcast::runs {
namespace {

// Layout, little-endian: version, flags, epoch, sequence, fingerprint, utterances done, percent,
// checksum. Fixed width keeps the reader free of arithmetic on untrusted lengths.
constexpr char kVersion = 1;
constexpr char kTerminalFlag = 1;
constexpr size_t kSize = 1 + 1 + 5 * 8 + 4;

constexpr uint64_t kFnvPrime = 0x100000001b3;

// kFnvPrime to the power of 0 to 8.
constexpr std::array<uint64_t, 9> kFnvPowers = [] {
  std::array<uint64_t, 9> powers{1};
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * kFnvPrime;
  return powers;
}();

class Fnv1a {
 public:
  void Bytes(absl::string_view bytes) {
    for (const char byte : bytes) Byte(static_cast<unsigned char>(byte));
  }
  // Its eight bytes, the lowest first. A zero byte only multiplies, so the upper ones, which nearly
  // all numbers have, come at once: a status is hashed twice a poll, and most of it is such zeros.
  void Number(uint64_t number) {
    size_t zeros = sizeof(number);
    for (; number != 0; number >>= 8, --zeros) Byte(number & 0xff);
    hash_ *= kFnvPowers[zeros];
  }
  // Length first, so that neighbours cannot run into each other.
  void Text(absl::string_view text) {
    Number(text.size());
    Bytes(text);
  }
  void OptionalInteger(bool present, int64_t value) {
    Number(present ? 1 : 0);
    Number(static_cast<uint64_t>(present ? value : 0));
  }
  void OptionalDouble(bool present, double value) {
    OptionalInteger(present, std::bit_cast<int64_t>(value));
  }
  void Time(bool present, const google::protobuf::Timestamp& time) {
    OptionalInteger(present, time.seconds());
    Number(static_cast<uint64_t>(time.nanos()));
  }
  uint64_t hash() const { return hash_; }

 private:
  void Byte(uint64_t byte) { hash_ = (hash_ ^ byte) * kFnvPrime; }

  uint64_t hash_ = 0xcbf29ce484222325;
};

void AppendNumber(uint64_t number, int bytes, std::string& out) {
  for (int i = 0; i < bytes; ++i) {
    out.push_back(static_cast<char>(number & 0xff));
    number >>= 8;
  }
}

uint64_t ReadNumber(absl::string_view bytes, size_t at, int count) {
  uint64_t number = 0;
  for (int i = count - 1; i >= 0; --i) {
    number = number << 8 | static_cast<unsigned char>(bytes[at + static_cast<size_t>(i)]);
  }
  return number;
}

// Random bytes of the right length must not pass for a token.
uint32_t Checksum(absl::string_view bytes) {
  Fnv1a hash;
  hash.Bytes(bytes);
  return static_cast<uint32_t>(hash.hash() ^ hash.hash() >> 32);
}

}  // namespace

uint64_t FingerprintOfPlatformFacts(const v1::RunStatus& status) {
  Fnv1a hash;
  hash.Number(static_cast<uint64_t>(status.state()));
  hash.Text(status.raw_state());
  hash.Number(status.terminal());
  const v1::Progress& progress = status.progress();
  hash.OptionalInteger(progress.has_utterances_done(), progress.utterances_done());
  hash.OptionalInteger(progress.has_utterances_total(), progress.utterances_total());
  hash.OptionalDouble(progress.has_percent(), progress.percent());
  const v1::RunResult& result = status.result();
  hash.OptionalInteger(result.has_true_positives(), result.true_positives());
  hash.OptionalInteger(result.has_true_negatives(), result.true_negatives());
  hash.OptionalInteger(result.has_false_positives(), result.false_positives());
  hash.OptionalInteger(result.has_false_negatives(), result.false_negatives());
  hash.OptionalInteger(result.has_succeeded(), result.succeeded());
  hash.OptionalInteger(result.has_failed(), result.failed());
  hash.OptionalInteger(result.has_failed_utterances(), result.failed_utterances());
  hash.OptionalInteger(result.has_failed_entities(), result.failed_entities());
  hash.OptionalInteger(result.has_total_entities(), result.total_entities());
  hash.OptionalInteger(result.has_matched_entities(), result.matched_entities());
  hash.OptionalInteger(result.has_trait_successes(), result.trait_successes());
  hash.OptionalInteger(result.has_trait_failures(), result.trait_failures());
  hash.OptionalInteger(result.has_total_traits(), result.total_traits());
  hash.OptionalInteger(result.has_matched_traits(), result.matched_traits());
  hash.OptionalDouble(result.has_precision(), result.precision());
  hash.OptionalDouble(result.has_recall(), result.recall());
  hash.OptionalDouble(result.has_f1_score(), result.f1_score());
  hash.OptionalInteger(status.has_partial_failure(), status.partial_failure());
  hash.OptionalInteger(status.has_assertion_count(), status.assertion_count());
  hash.Time(status.has_start_time(), status.start_time());
  hash.Time(status.has_end_time(), status.end_time());
  hash.Text(status.suite_id());
  hash.Text(status.report_file_id());
  hash.OptionalInteger(status.has_report_available(), status.report_available());
  hash.Text(status.language());
  hash.Text(status.run_type());
  hash.Text(status.triggered_by());
  return hash.hash();
}

ResumeToken MakeResumeToken(const v1::RunStatus& status) {
  ResumeToken token;
  token.epoch = status.epoch();
  token.sequence = status.sequence();
  token.fingerprint = FingerprintOfPlatformFacts(status);
  token.terminal = status.terminal();
  if (status.progress().has_utterances_done()) {
    token.utterances_done = status.progress().utterances_done();
  }
  if (status.progress().has_percent()) token.percent = status.progress().percent();
  return token;
}

std::string EncodeResumeToken(const ResumeToken& token) {
  std::string bytes;
  bytes.reserve(kSize);
  bytes.push_back(kVersion);
  bytes.push_back(token.terminal ? kTerminalFlag : 0);
  AppendNumber(token.epoch, 8, bytes);
  AppendNumber(token.sequence, 8, bytes);
  AppendNumber(token.fingerprint, 8, bytes);
  AppendNumber(static_cast<uint64_t>(token.utterances_done), 8, bytes);
  AppendNumber(std::bit_cast<uint64_t>(token.percent), 8, bytes);
  AppendNumber(Checksum(bytes), 4, bytes);
  return bytes;
}

std::optional<ResumeToken> DecodeResumeToken(absl::string_view bytes) {
  if (bytes.size() != kSize || bytes[0] != kVersion) return std::nullopt;
  if (ReadNumber(bytes, kSize - 4, 4) != Checksum(bytes.substr(0, kSize - 4))) return std::nullopt;
  ResumeToken token;
  token.terminal = (bytes[1] & kTerminalFlag) != 0;
  token.epoch = ReadNumber(bytes, 2, 8);
  token.sequence = ReadNumber(bytes, 10, 8);
  token.fingerprint = ReadNumber(bytes, 18, 8);
  token.utterances_done = static_cast<int64_t>(ReadNumber(bytes, 26, 8));
  token.percent = std::bit_cast<double>(ReadNumber(bytes, 34, 8));
  // The comparison in IsBehind must have an answer.
  if (token.percent != token.percent) return std::nullopt;
  return token;
}

bool IsBehind(const ResumeToken& newer, const ResumeToken& seen) {
  if (newer.terminal != seen.terminal) return seen.terminal;
  // Unknown progress is not less progress: the platform may have stopped giving any.
  if (newer.utterances_done >= 0 && seen.utterances_done >= 0 &&
      newer.utterances_done != seen.utterances_done) {
    return newer.utterances_done < seen.utterances_done;
  }
  return newer.percent >= 0 && newer.percent < seen.percent;
}

}  // namespace runcast::runs
