// A folder of a test's own with small files in it.
#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace tickmesh::testing {

class Files {
 public:
  Files() {
    path = (std::filesystem::temp_directory_path() / "tickmesh-service-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp");
  }
  ~Files() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  std::string put(const std::string& name, const std::string& text) const {
    std::ofstream{path + '/' + name} << text;
    return path + '/' + name;
  }
  std::string path;
};

}  // namespace tickmesh::testing
