// Loads configurations in tests: a file's text, flags and variables in, the result out.

#ifndef RUNCAST_TESTS_UNIT_CONFIG_LOADED_CONFIG_H_
#define RUNCAST_TESTS_UNIT_CONFIG_LOADED_CONFIG_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gateway/config/load_config.h"

namespace runcast::config {

// A directory of its own for each test, with a readable file `secret`. Faults name the
// configuration file as `gateway.json`, wherever it is.
class LoadConfigTest : public testing::Test {
 protected:
  LoadConfigTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "runcast-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    WriteFile("secret", "0123456789abcdef0123456789abcdef");
  }
  ~LoadConfigTest() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return absl::StrCat(directory_, "/", name); }

  std::string WriteFile(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name)) << text;
    return Path(name);
  }

  // The least that is good, as members of the file's object.
  std::string UpstreamMember() const {
    return R"("upstream": {"base_url": "https://platform.kore.ai"})";
  }
  std::string CredentialsMember() const {
    return absl::StrCat(R"("credentials": [{"name": "main", "client_id": "cs-1", "secret_file": ")",
                        Path("secret"), R"(", "stream_ids": ["st-1"]}])");
  }
  std::string GoodFile(const std::string& more_members = "") const {
    return absl::StrCat("{", UpstreamMember(), ", ", CredentialsMember(),
                        more_members.empty() ? "" : ", ", more_members, "}");
  }
  // A file whose one credential has `members` besides name, client id and stream ids.
  std::string WithCredential(const std::string& members) const {
    return absl::StrCat("{", UpstreamMember(),
                        R"(, "credentials": [{"name": "main", "client_id": "cs-1", )",
                        R"("stream_ids": ["st-1"], )", members, "}]}");
  }

  LoadResult Load(const std::string& text, const std::vector<std::string>& flags = {},
                  const Environment& environment = {}) const {
    std::vector<std::string> arguments = {"--config", WriteFile("gateway.json", text)};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return LoadArguments(arguments, environment);
  }

  LoadResult LoadArguments(const std::vector<std::string>& arguments,
                           const Environment& environment = {}) const {
    std::vector<const char*> argv = {"runcast-gateway"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    LoadResult result =
        LoadConfig(static_cast<int>(argv.size()), argv.data(), environment, "runcast 1.2.3");
    for (std::string& fault : result.faults) {
      fault = absl::StrReplaceAll(fault, {{directory_ + "/", ""}});
    }
    return result;
  }

  std::string directory_;
};

}  // namespace runcast::config

#endif  // RUNCAST_TESTS_UNIT_CONFIG_LOADED_CONFIG_H_
