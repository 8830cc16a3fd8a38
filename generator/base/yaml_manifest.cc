// The parser of manifests: libyaml, of which that of kubectl and kind is a port. So what they refuse is refused here,
// before a cluster is there; and it takes a fraction of the time of yaml-cpp, for texts that come by the thousand.
#include <yaml.h>

#include <map>
#include <memory>
#include <new>

#include "base/yaml.h"
#include "base/yaml_builder.h"

namespace e2e::yaml {

namespace {

std::string_view view(yaml_char_t const* text, std::size_t size) {
  return {reinterpret_cast<char const*>(text), size};
}
std::string name(yaml_char_t const* text) {
  return text ? reinterpret_cast<char const*>(text) : "";
}

/// libyaml counts characters, and knows line ends that nobody else does: this makes bytes and our lines of its indexes.
class Cursor {
 public:
  Cursor(std::string_view text, std::int32_t file) : text_(text), file_(file) { rewind(); }

  /// Goes to that character; `offset` and `place` are of there.
  void go_to(std::size_t index) {
    if (index < index_) rewind();
    for (; index_ < index && offset_ < text_.size(); ++index_) {
      if (text_[offset_] == '\n') {
        ++line_;
        line_start_ = offset_ + 1;
      }
      do ++offset_;
      while (offset_ < text_.size() && (static_cast<unsigned char>(text_[offset_]) & 0xc0U) == 0x80);
    }
  }
  std::size_t offset() const { return offset_; }
  Place place() const { return {file_, line_, static_cast<std::int32_t>(offset_ - line_start_) + 1, 1}; }

 private:
  void rewind() {
    index_ = 0;
    // a byte order mark counts for nothing
    offset_ = line_start_ = text_.starts_with("\xef\xbb\xbf") ? 3 : 0;
    line_ = 1;
  }

  std::string_view text_;
  std::int32_t file_;
  std::size_t index_ = 0, offset_ = 0, line_start_ = 0;
  std::int32_t line_ = 1;
};

/// A yaml_parser_t that goes away.
class Parser {
 public:
  explicit Parser(std::string_view text) {
    if (!yaml_parser_initialize(&parser_)) throw std::bad_alloc();
    yaml_parser_set_input_string(&parser_, reinterpret_cast<yaml_char_t const*>(text.data()), text.size());
  }
  ~Parser() { yaml_parser_delete(&parser_); }
  Parser(Parser const&) = delete;
  Parser& operator=(Parser const&) = delete;

  using Event = std::unique_ptr<yaml_event_t, void (*)(yaml_event_t*)>;
  /// The next event, which lives in `into`; nothing where the text is wrong.
  Event next(yaml_event_t& into) {
    bool const good = yaml_parser_parse(&parser_, &into) != 0;
    if (!good && parser_.error == YAML_MEMORY_ERROR) throw std::bad_alloc();
    return {good ? &into : nullptr, yaml_event_delete};
  }
  yaml_parser_t const& state() const { return parser_; }

 private:
  yaml_parser_t parser_;
};

/// Hands the events to the builder, until the file ends; false where it is no YAML.
class Reader {
 public:
  Reader(std::string_view text, std::int32_t file, Builder& builder)
      : builder_(builder), text_(text), parser_(text), cursor_(text, file) {}

  bool read() {
    yaml_event_t event;
    for (;;) {
      auto const here = parser_.next(event);
      if (!here) return false;
      if (here->type == YAML_STREAM_END_EVENT) return true;
      cursor_.go_to(here->start_mark.index);
      take(*here);
    }
  }

  /// What is wrong, once read() was false.
  Diagnostic problem(Sources const& sources) {
    auto const& state = parser_.state();
    cursor_.go_to(state.problem_mark.index);
    auto const place = cursor_.place();
    auto const offset = cursor_.offset();
    auto diagnostic = not_yaml(place, state.problem ? state.problem : "", sources.line(place));
    if (state.context) {
      cursor_.go_to(state.context_mark.index);
      if (cursor_.offset() < offset) diagnostic.notes = {{cursor_.place(), state.context}};
    }
    return diagnostic;
  }

 private:
  void take(yaml_event_t const& event) {
    auto const place = cursor_.place();
    switch (event.type) {
      case YAML_DOCUMENT_START_EVENT:
        anchors_.clear();
        builder_.document();
        return;
      case YAML_ALIAS_EVENT: {
        auto const it = anchors_.find(name(event.data.alias.anchor));
        if (it == anchors_.end())
          builder_.stop(place, "not YAML: the anchor is not defined",
                        "write '&name' before the value that is meant, or quote a leading '*'");
        builder_.alias(place, it->second);
        return;
      }
      case YAML_SCALAR_EVENT: {
        auto const& scalar = event.data.scalar;
        bool const quoted = scalar.style != YAML_PLAIN_SCALAR_STYLE;
        auto const offset = behind_properties(text_, cursor_.offset());
        cursor_.go_to(event.end_mark.index);
        builder_.scalar(place, offset, define(scalar.anchor), view(scalar.value, scalar.length), quoted && !scalar.tag,
                        scalar.tag != nullptr, cursor_.offset());
        return;
      }
      case YAML_SEQUENCE_START_EVENT:
        builder_.start(Node::Kind::sequence, place, define(event.data.sequence_start.anchor));
        return;
      case YAML_MAPPING_START_EVENT:
        builder_.start(Node::Kind::map, place, define(event.data.mapping_start.anchor));
        return;
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT: builder_.end(); return;
      default: return;
    }
  }

  /// A number for that anchor; a name that stands again means the new value from here on.
  Builder::Anchor define(yaml_char_t const* anchor) {
    if (!anchor) return 0;
    return anchors_[name(anchor)] = ++last_;
  }

  Builder& builder_;
  std::string_view text_;
  Parser parser_;
  Cursor cursor_;
  std::map<std::string, Builder::Anchor> anchors_;
  Builder::Anchor last_ = 0;
};

}  // namespace

std::vector<Node> parse_manifest(Sources const& sources, std::int32_t file, Diagnostics& diagnostics) {
  auto const& text = sources.text(file);
  if (auto const wrong = unreadable(text, file)) {
    diagnostics.add(*wrong);
    return {};
  }
  Builder builder(diagnostics, Builder::Merge::where_it_stands);
  try {
    Reader reader(text, file, builder);
    if (!reader.read()) diagnostics.add(reader.problem(sources));
  } catch (Builder::Abort const&) {
  }
  return std::move(builder.documents);
}

}  // namespace e2e::yaml
