#include "claim/reads.h"

#include <link.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <optional>

#include "base/hash.h"
#include "base/text.h"

namespace e2e::claim {

namespace fs = std::filesystem;

std::string program_path() {
  return fs::read_symlink("/proc/self/exe").string();
}

namespace {

/// The linker's digest of the running program, as it lies in memory: reading the file would take longer than the rest.
/// Nothing if it was linked without.
std::optional<std::string> build_id() {
  std::optional<std::string> id;
  ::dl_iterate_phdr(
      [](dl_phdr_info* program, std::size_t, void* found) {
        for (int i = 0; i < program->dlpi_phnum; ++i) {
          auto const& header = program->dlpi_phdr[i];
          if (header.p_type != PT_NOTE) continue;
          // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader tells addresses as numbers
          std::string_view notes(reinterpret_cast<char const*>(program->dlpi_addr + header.p_vaddr), header.p_memsz);
          while (notes.size() >= sizeof(ElfW(Nhdr))) {
            ElfW(Nhdr) note;
            std::memcpy(&note, notes.data(), sizeof note);
            auto const align = std::max<std::size_t>(4, header.p_align);
            auto const padded = [&](std::size_t size) { return (size + align - 1) / align * align; };
            auto const name = notes.substr(sizeof note, note.n_namesz);
            auto const content = sizeof note + padded(note.n_namesz);
            if (note.n_type == NT_GNU_BUILD_ID && name == std::string_view("GNU\0", 4))
              *static_cast<std::optional<std::string>*>(found) = notes.substr(content, note.n_descsz);
            notes.remove_prefix(std::min(notes.size(), content + padded(note.n_descsz)));
          }
        }
        return 1;  // the first is the program itself
      },
      &id);
  return id;
}

}  // namespace

std::string reads_digest(std::vector<std::string> const& paths, Files const& files) {
  Hasher hasher;
  for (auto const& path : paths) {
    if (path.ends_with('/')) {
      hasher.field(path).field(join(files.list(path.substr(0, path.size() - 1)), "/"));
      continue;
    }
    auto const text = files.read(path);
    bool const folder = !text && files.is_folder(path);
    hasher.field(path).field(folder ? "folder" : text ? "file" : "nothing").field(text.value_or(""));
  }
  auto const program = program_path();
  auto const id = build_id();
  hasher.field(program).field(id ? *id : sha256_file(program));
  return hasher.field(fs::current_path().string()).hex();
}

}  // namespace e2e::claim
