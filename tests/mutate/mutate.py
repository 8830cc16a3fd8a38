#!/usr/bin/python3
"""Does a test notice when a rule is removed? Changes the program in many places, one at a time, and runs the fast tests.

usage: tests/mutate/mutate.py [OPTION...] [FILE...]      FILE: generator/step/scan.cc; all of the folders below without
  --list           says which mutants there are, and runs none
  --all            every mutant, not a sample
  --number N       this one alone, with what the tests that it fails have to say
  --survivors      only those that survived last time
  --quick          with test cases, goldens and the like, and without whole runs
  --minutes N      begins no other mutant after so many minutes (default 70)
  --seconds N      tries a mutant that carries no law with no more scripts than end in so many seconds (default 60)
  --law-seconds N  likewise one that does (default: all scripts)
  --build FOLDER   where the changed copy is built (default build/mutate)

All mutants are compiled into one program, each asleep until E2EGEN_MUTANT has its number (sites.py, mutant.h). So there
is one build. Then every fast test runs once, and notes which mutants it comes by; a mutant is tried with these alone,
until one fails or takes five times as long as it did. Results are kept in the build folder, and hold while neither the
file nor the tests change; those that are known to change nothing (equivalent.txt) are tried with --all alone. Ends with 1 if a mutant of a file that carries a law (laws.txt) survives and is not among those
that change nothing (equivalent.txt), with 2 if the tests fail as it is.

A test is a test case of the program `unit`, or a script of ctest's label `fast`. Sources and tests are copied: nothing
is written in the tree. Needs Debian's python3 and python3-clang-14.
"""
import argparse
import hashlib
import json
import math
import pickle
import re
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import Process, SimpleQueue
from pathlib import Path

try:
    import sites
    from clang.cindex import LibclangError
except ImportError:
    print('libclang for Python is missing: apt-get install python3-clang-14, and run this with /usr/bin/python3')
    sys.exit(77)
import trial

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
FOLDERS = ['step', 'claim', 'graph', 'ninja', 'lower', 'plan']
MORE = ['generator/app/generate.cc']
# of so many mutants one is tried: where a law is carried, and elsewhere
LAW_SHARE, OTHER_SHARE = 3, 16


def digest(*parts):
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(part if isinstance(part, bytes) else str(part).encode())
        hasher.update(b'\0')
    return hasher.hexdigest()


def words_of(path):
    return [line for line in path.read_text().splitlines() if line.strip() and not line.startswith('#')]


def write_if_changed(path, text):
    if not path.exists() or path.read_bytes() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)


def copied(source, to):
    write_if_changed(to, source.read_bytes())
    to.chmod(source.stat().st_mode)


class Copy:
    """The changed copy, its build, and its mutants."""

    def __init__(self, folder):
        self.folder, self.tree, self.build = folder, folder / 'tree', folder / 'build'
        self.source = folder / 'source'   # as it was when this began: who goes on working disturbs nothing
        self.laws = {line.split()[0] for line in words_of(HERE / 'laws.txt')}
        self.mutants, self.texts = [], {}

    def tracked(self):
        listed = subprocess.run(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], cwd=SOURCE,
                                capture_output=True, check=True).stdout.decode()
        return [name for name in listed.split('\0') if name and (SOURCE / name).is_file()]

    def files(self):
        return [name for name in sorted(self.tracked()) if re.match(rf'generator/({"|".join(FOLDERS)})/[^/]*\.cc$', name) or name in MORE]

    def find(self):
        """libclang takes a second for each file, so what it found is kept while neither that nor a header changes."""
        headers = digest(*((SOURCE / name).read_bytes() for name in sorted(self.tracked()) if re.match(r'generator/.*\.h$', name)),
                         (HERE / 'sites.py').read_bytes())
        with ProcessPoolExecutor(trial.WORKERS) as pool:
            found = pool.map(self.found_in, self.files(), repeat(headers))
            for name, (text, mutants) in zip(self.files(), found):
                self.texts[name] = text
                self.mutants += mutants
        named = defaultdict(int)
        for number, one in enumerate(self.mutants, 1):
            one.number = number
            one.key = digest(one.name, named[one.name], self.texts[one.file])
            one.turn = int(digest(one.name, named[one.name])[:8], 16)
            named[one.name] += 1
            one.label = one.name + (f' #{named[one.name]}' if named[one.name] > 1 else '')

    def found_in(self, name, headers):
        text = (SOURCE / name).read_bytes()
        kept = self.folder / 'sites' / digest(name, text, headers)
        if kept.exists():
            return text, pickle.loads(kept.read_bytes())
        arguments = ['-std=gnu++20', f'-I{SOURCE}/generator', '-DE2EGEN_VERSION="0"']
        mutants = sites.Sites(str(SOURCE / name), name, arguments).mutants
        write_if_changed(kept, pickle.dumps(mutants))
        return text, mutants

    def write(self):
        by_file = defaultdict(list)
        for one in self.mutants:
            by_file[one.file].append(one)
        kept = set(self.tracked())
        for name in kept:
            copied(SOURCE / name, self.source / name)
            if name in self.texts:
                head = f'#include "base/mutant.h"\n#line 1 "{name}"\n'.encode()
                write_if_changed(self.tree / name, head + sites.rewritten(self.texts[name], by_file[name]))
            elif name.split('/')[0] in ('generator', 'tests', 'templates', 'CMakeLists.txt', 'CMakePresets.json'):
                copied(SOURCE / name, self.tree / name)
        added = ['generator/base/mutant.h', 'generator/base/mutant.cc']
        for name in added:
            copied(HERE / Path(name).name, self.tree / name)
        for folder, names in ((self.tree, kept.union(added)), (self.source, kept)):
            for path in folder.rglob('*'):
                if path.is_file() and str(path.relative_to(folder)) not in names:
                    path.unlink()

    def make(self):
        """Builds, and leaves out what the compiler refuses."""
        kept = self.folder / 'refused.json'
        refused = set(json.loads(kept.read_text())) if kept.exists() else set()
        self.mutants = [one for one in self.mutants if one.key not in refused]
        self.write()
        if not (self.build / 'build.ninja').exists():
            cache = ['-DCMAKE_CXX_COMPILER_LAUNCHER=ccache'] if shutil.which('ccache') else []
            subprocess.run(['cmake', '-S', self.tree, '-B', self.build, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=None',
                            '-DCMAKE_CXX_FLAGS=-O0 -w -D_GLIBCXX_ASSERTIONS', *cache], check=True, stdout=subprocess.DEVNULL)
        for _ in range(12):
            done = subprocess.run(['ninja', '-C', self.build, '-k', '0', 'e2egen', 'unit', 'fuzz'], capture_output=True, text=True)
            if done.returncode == 0:
                return
            bad = self.refused(done.stdout)
            if not bad:
                sys.exit(done.stdout[-5000:] + '\nthe changed copy does not compile')
            refused |= {one.key for one in self.mutants if one.number in bad}
            kept.write_text(json.dumps(sorted(refused)))
            self.mutants = [one for one in self.mutants if one.number not in bad]
            self.write()
        sys.exit('the changed copy does not compile, whatever is left out')

    def refused(self, output):
        """The mutants on the lines of which the compiler complains, in whatever file it noticed."""
        bad = set()
        for name, line in set(re.findall(r'^(?:.*/tree/)?(generator/\S+\.cc):(\d+):', output, re.M)):
            bad |= {one.number for one in self.mutants if one.file == name and one.line == int(line)}
        return bad


def sampled(copy, options):
    chosen = []
    for one in copy.mutants:
        share = LAW_SHARE if one.file in copy.laws else OTHER_SHARE
        if options.number:
            take = one.number == options.number
        elif options.files:
            take = one.file in options.files
        else:
            take = options.all or one.turn % share == 0
        if take:
            chosen.append(one)
    return chosen


def equivalents():
    """Blocks of lines: the name of a mutant, ` #2` if it is the second of that name, and the reason, indented."""
    return {line.strip() for line in words_of(HERE / 'equivalent.txt') if not line.startswith(' ')}


def table(copy, outcomes, listed):
    rows = defaultdict(lambda: defaultdict(int))
    for one, verdict in outcomes:
        for row in (one.file.rsplit('/', 1)[0].removeprefix('generator/'), 'all', *(['laws'] if one.file in copy.laws else [])):
            rows[row]['mutants'] += 1
            rows[row]['equivalent' if verdict in ('survived', 'not reached') and one.label in listed else verdict] += 1
    print(f'\n{"":10}{"mutants":>9}{"killed":>9}{"survived":>10}{"not reached":>13}{"equivalent":>12}')
    for name in [*sorted(set(rows) - {'all', 'laws'}), 'laws', 'all']:
        if name in rows:
            row = rows[name]
            print(f'{name:10}{row["mutants"]:9}{row["killed"]:9}{row["survived"]:10}{row["not reached"]:13}{row["equivalent"]:12}')
    open_ones = [(one, verdict) for one, verdict in outcomes if verdict != 'killed' and one.label not in listed]
    for one, verdict in sorted(open_ones, key=lambda pair: (pair[0].file not in copy.laws, pair[0].file, pair[0].line)):
        law = ', carries a law' if one.file in copy.laws else ''
        print(f'\n{one.file}:{one.line}: {verdict}{law} ({one.number}, in {one.function})\n  - {one.original}\n  + {one.changed}')
    return any(one.file in copy.laws for one, _ in open_ones)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.partition('usage: ')[2])
    parser.add_argument('files', nargs='*')
    for flag in ('--list', '--all', '--survivors', '--quick'):
        parser.add_argument(flag, action='store_true')
    parser.add_argument('--number', type=int)
    parser.add_argument('--minutes', type=float, default=70)
    parser.add_argument('--seconds', type=float, default=60)
    parser.add_argument('--law-seconds', type=float, default=math.inf)
    parser.add_argument('--build', type=Path, default=SOURCE / 'build/mutate')
    options = parser.parse_args()
    copy = Copy(options.build.resolve())
    began = time.monotonic()
    try:
        copy.find()
    except LibclangError as error:
        sys.exit(f'{error}\napt-get install python3-clang-14')
    if options.list:
        for one in sampled(copy, options):
            print(f'{one.number:5} {one.line:4} {one.label}')
        return 0
    copy.make()
    print(f'{len(copy.mutants)} mutants are built in, after {time.monotonic() - began:.0f} s', flush=True)

    results = copy.folder / 'results.json'
    known = json.loads(results.read_text()) if results.exists() else {}
    before = {held['name']: held for held in known.values()}   # whatever has changed since
    bench = trial.Bench(copy.folder, copy.build, copy.source, copy.tree, options.quick)
    bench.measure(digest(*(copy.texts[name] for name in sorted(copy.texts)), len(copy.mutants)))
    keys = {one.name: one.key for one in bench.tests}
    tests = digest(*sorted(keys.values()))
    budget = lambda one: math.inf if options.number else options.law_seconds if one.file in copy.laws else options.seconds
    listed = equivalents()

    def settled(one):
        if one.label in listed and not (options.all or options.number):
            known[one.key] = {'verdict': 'survived', 'by': '', 'tests': tests, 'seconds': math.inf, 'name': one.label}
            return True
        held = known.get(one.key)
        if not held or options.number:
            return False
        if held['verdict'] == 'killed':
            return keys.get(held['by']) == held['tests']
        return held['tests'] == tests and held['seconds'] >= budget(one)

    chosen = sampled(copy, options)
    if options.survivors:
        chosen = [one for one in chosen if known.get(one.key, {}).get('verdict') in ('survived', 'not reached')]
    todo = [one for one in chosen if not settled(one)]
    print(f'{len(bench.tests)} tests; {len(todo)} mutants to try, {len(chosen) - len(todo)} known already', flush=True)
    # a file after the other: what kills one mutant of a file often kills the next
    todo.sort(key=lambda one: (one.file not in copy.laws, one.number))
    for one in copy.mutants:
        held = before.get(one.label)
        if held and (row := trial.row_of(held.get('why', ''))):
            bench.hints[one.number] = held['by'], row
            bench.killers[one.function][held['by'], row] += 1
    turns, done = trial.Turns([(one.number, one.function, budget(one)) for one in todo]), SimpleQueue()
    until = began + 60 * options.minutes
    workers = [Process(target=bench.work, args=(number, turns, done, until, bool(options.number))) for number in range(trial.WORKERS)]
    for worker in workers:
        worker.start()
    by_number = {one.number: one for one in todo}
    for _ in todo:
        number, verdict, by, why, seconds = done.get()
        if verdict == 'no time':
            continue
        one = by_number[number]
        known[one.key] = {'verdict': verdict, 'by': by, 'why': why, 'tests': keys.get(by, tests), 'seconds': budget(one), 'name': one.label}
        print(f'{verdict:11} {seconds:4.0f} s  {number} {one.file}:{one.line}: {one.original[:60]} => {one.changed[:40]}'
              f'{"  by " + by if by else ""}{": " + why[:90] if why else ""}', flush=True)
        results.with_suffix('.new').write_text(json.dumps(known, indent=0))
        results.with_suffix('.new').replace(results)
    for worker in workers:
        worker.join()
    outcomes = [(one, known[one.key]['verdict']) for one in chosen if one.key in known]
    if len(outcomes) < len(chosen):
        print(f'{len(chosen) - len(outcomes)} were not tried: the time was over')
    bad = table(copy, outcomes, listed)
    print(f'\n{(time.monotonic() - began) / 60:.0f} minutes')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
