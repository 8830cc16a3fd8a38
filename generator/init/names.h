// What paths tell: how a thing may be called, and whether it is the one that is meant.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace e2e::init {

/// As images, deployments and clusters may be called.
std::string good_name(std::string_view text);
/// The good name of `wanted`, else of `otherwise` if that is not empty, else the first of NAME-2, NAME-3... that is not
/// taken. What is cut to make room for the number is the name, so no two numbers yield the same one.
std::string free_name(std::set<std::string> const& taken, std::string_view wanted, std::string_view otherwise = {});

/// The name of a file, without what stands behind its last dot.
std::string stem(std::string const& path);
/// "api" of "api-deployment.yaml" and of "20-api.yaml".
std::string subject(std::string const& path);
/// "api" for api/Containerfile, docker/api.Dockerfile, Dockerfile.api.
std::string name_of_containerfile(std::string const& path, std::string const& project);

/// Whether a folder is called by how things are made, not by what they are.
bool says_how(std::string const& folder);
/// Whether it is called as a folder of all manifests is.
bool says_all(std::string const& folder);

/// Whether a folder is called as one of documents, examples or the data of tests.
bool says_sample(std::string_view folder);
/// Whether a folder, a target or a tag is called as tests of the whole are.
bool says_e2e(std::string_view name);
bool is_e2e_folder(std::string_view folder);
/// Whether the file, or the folder that it is in, is called a patch.
bool says_patch(std::string const& path);
/// The folder of tests below `root` that the path is in; empty if it is in none.
std::string test_folder(std::string const& path, std::string const& root);

/// Whether the path says what kind of environment it is for, such as e2e or dev.
bool says_environment(std::string const& path);
/// Of several that can't all be meant, the one that sounds most like an end-to-end test: the least.
std::size_t liking(std::string const& path);
bool liked_more(std::string const& a, std::string const& b);

}  // namespace e2e::init
