// The claims file: the one thing that the compiler and the steps share.
//
// A stamp is a claim: "these inputs gave this result". What a claim is made of, and how the world is asked whether its
// result is still there, is known when the Ninja file is written, so it is written beside it: a header line, then a
// line of JSON for each probe and each claim, sorted. `scan` reads all of it, a step finds its own lines by bisection:
// a step costs the same in a file of ten claims and of fifty thousand.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace e2e::claim {

/// The files that an image build can see, or a command. All paths but `sources` are relative to the workspace.
struct Context {
  std::string root = {};
  std::string containerfile = {};  // empty: it is no builder that sees them
  /// What COPY and ADD name, relative to `root`, with wildcards; {"."} is all of it.
  std::vector<std::string> sources;
  /// The same of what the builder is sent, where the spec says that less of it counts; else empty.
  std::vector<std::string> sent = {};
};

/// Where a step's result, the text by which later claims know it, comes from.
enum class ResultFrom {
  key,       // nothing else is known: a digest of the key
  file,      // the command wrote it to STAMP.result
  identify,  // what the command `identify` prints
  input,     // that of the first of `stamps`: what was moved is what it was
};

/// What to do to the texts that are applied: each reference to an image gets the tag made of that image's ID.
struct Render {
  std::vector<std::string> from = {};               // manifests; they become the documents of one file
  std::string to = {};                              // that file
  std::map<std::string, std::string> images = {};   // reference as written -> stamp of the image
  std::map<std::string, std::string> names = {};    // reference as written -> what it is called instead, without a tag
  std::vector<std::string> anywhere = {};           // references that stand elsewhere than under a key `image` too
  std::string ns = {};                              // for objects that name no namespace; empty: as they are
  std::vector<std::string> autoscaled = {};         // "deployment/api": how many there are of it is nobody's to say
  std::map<std::string, std::string> values = {};   // what stands for ${NAME}; where there is neither of these two,
  std::map<std::string, std::string> outputs = {};  // or a file whose content does, that is no hole
  std::map<std::string, std::string> configs = {};  // "configmap/shop/settings", which pods of it read: a file with its
                                                    // digest; empty where it is one of these manifests' own
  std::string tells = {};  // if given: a file of that kind, with all ConfigMaps and Secrets of these manifests
  std::string first = {};  // if given: a second file, with the namespaces and CRDs among the objects
};

/// What a command needs and the world may have lost, though it lies in the products of another claim: the shell command
/// brings it back, or finds it there. If it fails, the products are not what their stamp says.
struct Restore {
  std::string command;
  std::string stamp;  // the stamp of those products
};

/// JUnit reports that become one after each of the steps that write them: also after one that failed.
struct Merge {
  std::string into;
  std::vector<std::string> reports;
};

struct Claim {
  std::string stamp = {};   // path of the stamp; the claim's name
  std::string title = {};   // "image gateway": for people
  std::string phase = {};   // "build", "archive", "cluster", "deploy", "test"
  std::string origin = {};  // specs/gateway.yaml:14:3
  std::string recipe = {};  // digest of the command line, its environment, and what else the spec gives it

  // the key
  std::vector<std::string> stamps = {};  // claims whose results it rests on
  std::vector<std::string> after = {};   // claims whose steps may make what it rests on: until they hold, its own step
                                         // is to judge
  std::vector<std::string> files = {};   // files and folders whose content it rests on
  std::optional<Context> context = {};
  bool by_architecture = false;  // it gives another result on another architecture
  std::string narrow = {};       // shell command that prints lines of an ignore file: of those sources of the context
                                 // that a "!pattern" of them lies in, nothing else counts
  std::vector<std::string> bases = {};  // names of images that no claim makes; they may be gone, but not become others

  // the world
  ResultFrom result = ResultFrom::key;
  std::string identify = {};  // shell command that prints a line for each thing of the result: its ID, and perhaps a
                              // fact of it; with a `result` from elsewhere just facts
  std::string ground = {};    // shell command, asked before the step's own, that prints facts on which the result rests
                              // besides: the pods in which it lies
  std::string probe = {};     // name of a probe in the header: the claim holds while each fact of its stamp, or
                              // each line of its result, is a line of the probe's answer; empty: the world is not asked
  std::vector<std::string> products = {};  // files that the command makes and that have to stay; those that are known
                                           // only once it has run it names in STAMP.products, one on each line
  std::string backup = {};                 // stamp of a claim that has the same result in its products
  bool until_used = false;                 // only those that rest on it need its result in the world: while all of them
                                           // stand, it may be gone
  std::string ledger = {};  // the result is entered in the ledger of what this workspace made, by this name

  // the policy
  int timeout = 0;                      // seconds; 0: none
  int retries = 0;                      // whatever the failure
  std::vector<std::string> retry = {};  // texts in the log that make a failure worth another try
  std::string undo = {};                // shell command that takes back a half-made result
  std::string names = {};    // shell command that prints the names that are taken: one that is, and that this
  std::string name = {};     // claim did not take, belongs to somebody else and is never undone
  std::string members = {};  // shell command that prints what there is that carries the token in owner_file(stamp):
                             // a thing of that name without any is somebody else's
  std::string explain = {};  // shell command that tells more of a failure
  std::map<std::string, std::string> environment = {};
  std::map<std::string, std::string> contents = {};  // more of it: files whose content is meant
  std::vector<std::string> finally = {};     // the words of a command that follows, and of one that comes before it
  std::vector<std::string> on_failure = {};  // if the step's own has failed
  std::vector<std::string> folders = {};     // made before the command runs
  std::vector<Restore> restores = {};        // in this order, before the command
  std::optional<Render> render = {};
  std::optional<Merge> merge = {};
};

/// A question to the world: a shell command that prints a line for each thing that is there. What it does not print is
/// not there; a line "? THING" says that this can't be told; a failure of the command says that nothing can be told.
struct Probe {
  std::string name;
  std::string command;  // kWanted in it stands for the results, and bases, that are looked for
};

/// What a text in a log means: shown when a step failed.
struct Hint {
  std::string text;
  std::string meaning;
};

struct File {
  std::string ninja;                         // the Ninja file that it belongs to
  std::vector<std::string> arguments;        // of `generate`, which makes it again
  std::vector<std::string> reads;            // what the compiler read, or looked for and did not find
  std::map<std::string, std::string> tools;  // program -> where it comes from
  std::vector<Probe> probes;
  std::vector<Hint> hints;
  std::vector<Claim> claims;
};

/// As the compiler quotes it: a probe's command with it is asked for these things only.
inline constexpr std::string_view kWanted = "%{wanted}";

/// And with it, for this program: where that lies is no part of what is asked.
inline constexpr std::string_view kProgram = "%{e2egen}";

/// In a step's command line these stand for folders of the machine, whose names the Ninja file must not have.
inline constexpr std::string_view kHome = "%{home}", kWorkspace = "%{workspace}";
/// A word with this is left out where an image build needs no other ignore file than the user's. Else it stands for the
/// one that the step makes just before: the user's, and what leaves out all that e2egen wrote.
inline constexpr std::string_view kIgnoreFile = "%{ignore}";
/// And these for what is known only once the image is built.
std::string result_of(std::string_view stamp);
std::string tag_of(std::string_view stamp);
/// Beside the stamp of a thing whose name anybody can take: the token that what we make carries.
std::string owner_file(std::string_view stamp);
/// Beside the stamp of an image: its kIgnoreFile.
std::string ignore_file(std::string_view stamp);
/// The tag of an image in manifests and on nodes: made of its ID, so that exactly what changed is rolled out.
std::string image_tag(std::string_view image_id);

/// Of the format, and of the stamps that go with it.
int version();
std::string to_text(File const& file);
/// Throws Failure if the text is none of to_text's.
File parse(std::string_view text);
/// The header without what the compiler read, the one claim of that stamp, and its probe. Throws Failure if there is no
/// such claim.
File parse_one(std::string_view text, std::string_view stamp);

}  // namespace e2e::claim
