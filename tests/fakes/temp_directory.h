// A directory of one test, gone with it.

#ifndef RUNCAST_TESTS_FAKES_TEMP_DIRECTORY_H_
#define RUNCAST_TESTS_FAKES_TEMP_DIRECTORY_H_

#include <stdlib.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace runcast::fakes {

class TempDirectory {
 public:
  TempDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "runcast-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      std::perror("mkdtemp");
      std::abort();
    }
    path_ = pattern;
  }
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  std::string Path(const std::string& name) const { return (path_ / name).string(); }

  // In place: the same inode, other content.
  std::string Write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name, std::ios::binary | std::ios::trunc) << content;
    return Path(name);
  }
  // As careful programs do: a new file takes the name of the old one.
  void Replace(const std::string& name, const std::string& content) const {
    Write(name + ".new", content);
    std::filesystem::rename(path_ / (name + ".new"), path_ / name);
  }
  void Remove(const std::string& name) const { std::filesystem::remove_all(path_ / name); }

  // As kubelet mounts a secret: `name` links to `..data/name`, and `..data` is swapped to a new
  // directory, `version`, by one rename.
  void WriteAsKubelet(const std::string& name, const std::string& version,
                      const std::string& content) const {
    std::filesystem::create_directory(path_ / version);
    Write(version + "/" + name, content);
    std::filesystem::create_directory_symlink(version, path_ / "..data_tmp");
    std::filesystem::rename(path_ / "..data_tmp", path_ / "..data");
    if (!std::filesystem::is_symlink(path_ / name)) {
      std::filesystem::create_symlink("..data/" + name, path_ / name);
    }
  }

 private:
  std::filesystem::path path_;
};

}  // namespace runcast::fakes

#endif  // RUNCAST_TESTS_FAKES_TEMP_DIRECTORY_H_
