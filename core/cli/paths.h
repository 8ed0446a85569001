// Paths and folders as the commands name them.
#pragma once

#include <string>
#include <string_view>
#include <system_error>

namespace quantab {

// "out/x.npy" for "out" and "x.npy". What the user typed stays as it is.
std::string InFolder(const std::string& folder, std::string_view name);

// What follows the last slash.
std::string_view BaseName(std::string_view path);

// The letters of ASCII.
std::string LowerCase(std::string_view text);

// Throws Error(kIo): "'<path>' <what>: <the system's reason>. <what next>".
[[noreturn]] void ThrowSystem(const std::string& path, const std::string& what,
                              const std::error_code& error);

// Makes a folder and those above it. Throws Error(kIo) naming the one that cannot be made.
void MakeFolder(const std::string& given);

}  // namespace quantab
