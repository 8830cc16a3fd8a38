"""Runs tests against one mutant after the other, and cleans up after them.

A mutant may do anything: loop, fill memory, leave processes behind, write into the tree. So each worker has a copy of the
tree and a folder for temporary files of its own, is the parent of all that outlives its own parent, and gives what it
starts a limit of memory.
"""
import ctypes
import hashlib
import json
import os
import re
import resource
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from multiprocessing import Process, SimpleQueue, Value
from pathlib import Path

# they judge tests, or other versions of Ninja, and no rule of ours
LEFT_OUT = {'walk_can_fail', 'other_ninjas', 'schema', 'editor'}
WORKERS = 2
GIGABYTE = 1 << 30
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


@dataclass
class Test:
    name: str
    command: list
    environment: dict
    case: bool               # a test case of `unit`
    key: str = ''            # other than before if it, or what it tests, is
    seconds: float = 0       # as it took without a mutant
    silence: float = 0       # the longest time between two lines of output
    reaches: list = field(default_factory=list)
    # of a script that has rows: what it comes by before them; their titles, how long each took, what else it comes by
    first: list = field(default_factory=list)
    rows: dict = field(default_factory=dict)

    def only(self, mutant):
        """The rows that come by it, and the seconds that they take; all of them if it is in what they begin with."""
        titles = [title for title, (_, reaches) in self.rows.items() if mutant in reaches]
        if not titles:
            return [], self.seconds
        before = self.seconds - sum(seconds for seconds, _ in self.rows.values())
        return titles, before + sum(self.rows[title][0] for title in titles)


class Bench:
    def __init__(self, folder, build, source, tree, quick):
        self.folder, self.build, self.source, self.tree, self.quick = folder, build, source, tree, quick
        self.tests, self.files = [], {}
        self.hints, self.killers = {}, defaultdict(Counter)   # mutant -> (script, row); function -> those, how often

    # --- what tests there are, and what they come by ----------------------------------------------------------------------

    def found(self):
        shown = json.loads(subprocess.run(['ctest', '--show-only=json-v1'], cwd=self.build, capture_output=True, check=True).stdout)
        for one in shown['tests']:
            properties = {each['name']: each['value'] for each in one['properties']}
            labels = properties.get('LABELS', [])
            if 'fast' not in labels or (self.quick and 'e2e' in labels) or one['name'] in LEFT_OUT or 'command' not in one:
                continue
            environment = dict(each.split('=', 1) for each in properties.get('ENVIRONMENT', []))
            if one['name'] == 'unit':
                names = subprocess.run([one['command'][0], '~[.]', '--list-test-names-only'], capture_output=True, text=True).stdout
                for name in names.splitlines():
                    if name.strip():
                        yield Test('unit: ' + name, one['command'][:1], environment, True)
            else:
                yield Test(one['name'], one['command'], environment, False)

    def measure(self, state):
        """Every test once, without a mutant; kept while neither it nor the program changes."""
        kept = self.folder / 'reached.json'
        known = {one['name']: Test(**one) for one in json.loads(kept.read_text())} if kept.exists() else {}
        found = []
        for test in self.found():
            test.key = self.key(test, state)
            if (held := known.get(test.name)) and held.key == test.key:
                self.tests.append(held)
            else:
                found.append(test)
        turns, done = Turns(found), SimpleQueue()
        workers = [Process(target=self.reach, args=(number, turns, done)) for number in range(WORKERS if found else 0)]
        for worker in workers:
            worker.start()
        failed = []
        for _ in found:
            test, code, said = done.get()
            if code == 0:
                self.tests.append(test)
                known[test.name] = test
                if not test.case:
                    kept.write_text(json.dumps([asdict(one) for one in known.values()]))
            elif code != 77:
                failed.append(f'{said}\n{test.name} fails without any mutant: {code}')
        for worker in workers:   # the next ones work in the same places
            worker.join()
        kept.write_text(json.dumps([asdict(one) for one in known.values()]))
        if failed:
            print('\n'.join(failed))
            sys.exit(2)

    def key(self, test, state):
        """By the file that a test case stands in, and for a script by all that is no test case."""
        if not self.files:
            for path in sorted(self.source.rglob('*')):
                name = str(path.relative_to(self.source))
                if path.is_file() and not name.startswith(('generator/', 'docs/', 'tests/mutate/', 'tests/bench/')):
                    self.files[name] = path.read_bytes()
        title = test.name.removeprefix('unit: ').encode()
        own = [text for name, text in self.files.items() if test.case and name.endswith('_test.cc') and title in text]
        shared = [text for name, text in self.files.items() if not name.endswith('_test.cc')]
        return hashlib.sha256(b'\0'.join([state.encode(), title, *(own or shared)])).hexdigest()

    def reach(self, number, turns, done):
        ending_with_children()
        place = Place(self, number)
        place.prepare()
        reached = self.folder / f'reached.{number}'
        for test in turns:
            for _ in range(3):   # a machine under load fails tests that the program does not
                reached.unlink(missing_ok=True)
                code, why = place.run(test, [self.quoted(test)] if test.case else [], {'E2EGEN_REACHED': str(reached)}, 900, 900)
                if code in (0, 77):
                    break
            test.seconds, test.silence = place.seconds, place.silence
            test.first, test.rows = parts(reached.read_text() if reached.exists() else '')
            test.reaches = sorted({*test.first, *(one for _, reaches in test.rows.values() for one in reaches)})
            done.put((test, why or code, place.said))

    @staticmethod
    def quoted(test):
        return re.sub(r'([,\[\]*\\"])', r'\\\1', test.name.removeprefix('unit: '))

    # --- trying -----------------------------------------------------------------------------------------------------------

    def work(self, number, turns, done, until, loud):
        """`turns` has a mutant, the function in which it is, and how many seconds its tests may take beyond the test cases."""
        ending_with_children()
        place = Place(self, number)
        place.prepare()
        kills = defaultdict(int)
        for mutant, function, budget in turns:
            began = time.monotonic()
            if began > until:
                done.put((mutant, 'no time', '', '', 0))
                continue
            verdict, by, why = self.tried(place, mutant, function, budget, kills, loud)
            done.put((mutant, verdict, by, why, time.monotonic() - began))
            if row := row_of(why):
                self.killers[function][by, row] += 1

    def tried(self, place, mutant, function, budget, kills, loud):
        reaching = [one for one in self.tests if mutant in one.reaches]
        if not reaching:
            return 'not reached', '', ''
        more = {'E2EGEN_MUTANT': str(mutant)}
        # in two processes: few take most of the time
        cases = sorted((one for one in reaching if one.case), key=lambda one: one.seconds)
        long = next((index for index, one in enumerate(cases) if one.seconds > 0.3), len(cases))
        for cases in filter(None, (cases[:long], cases[long:])):
            seconds = sum(one.seconds for one in cases)
            words = ['--abort', ','.join(self.quoted(one) for one in cases)]
            code, why = place.run(cases[0], words, more, 10 + 5 * seconds, 10 + 5 * seconds)
            place.repair()
            if code != 0:
                if loud:
                    print(place.said)
                failing = re.search(r'^-{10,}\n(\S.*)\n', place.said, re.M)
                return 'killed', 'unit: ' + (failing[1].strip() if failing else f'{code}'), why
        scripts = [one for one in reaching if not one.case]
        # first the row that failed last time, or those that did for others of the function
        likely = [self.hints[mutant]] if mutant in self.hints else [row for row, _ in self.killers[function].most_common(4)]
        attempts = []
        for test in scripts:
            if rows := [row for name, row in likely if name == test.name and row in test.rows]:
                attempts.append((rows, 4 + sum(test.rows[row][0] for row in rows), test))
        for rows, seconds, test in sorted(((*one.only(mutant), one) for one in scripts), key=lambda one: one[1] / (1 + 3 * kills[one[2].name])):
            budget -= seconds
            if budget >= 0:
                attempts.append((rows, seconds, test))
        for rows, seconds, test in attempts:
            pattern = {'ROWS': pattern_of(rows)} if rows else {}
            code, why = place.run(test, [], more | pattern, 20 + 5 * seconds, 15 + 5 * test.silence)
            place.repair()
            if code not in (0, 77):
                if loud:
                    print(place.said)
                kills[test.name] += 1
                return 'killed', test.name, why
        return 'survived', '', ''


def parts(reached):
    """What a test came by before its rows, and the rows: lib.sh writes a line `# TIME TITLE` when one begins."""
    first, *rows = re.split(r'^# ', reached, flags=re.M)
    first = {int(word) for word in first.split()}
    numbers = lambda text: {int(word) for word in text.split()} - first
    heads = [one.partition('\n') for one in rows]
    found = {}
    for index, (head, _, text) in enumerate(heads):
        began, _, title = head.partition(' ')
        until = float(heads[index + 1][0].split()[0]) if index + 1 < len(heads) else float(began) + 1
        held = found.get(title, (0, []))
        found[title] = held[0] + until - float(began), sorted(numbers(text).union(held[1]))
    return sorted(first), found


def pattern_of(rows):
    """For [[ == ]] of bash."""
    return '@(' + '|'.join(re.sub(r'([^A-Za-z0-9 ])', r'\\\1', row) for row in rows) + ')'


class Turns:
    """Things that several processes take one by one."""

    def __init__(self, things):
        self.things, self.next = things, Value('i', 0)

    def __iter__(self):
        while True:
            with self.next.get_lock():
                at, self.next.value = self.next.value, self.next.value + 1
            if at >= len(self.things):
                return
            yield self.things[at]


class Place:
    """Where a worker runs tests."""

    def __init__(self, bench, number):
        self.bench, self.tree, self.temporary = bench, bench.folder / f'site.{number}', bench.folder / f'tmp.{number}'
        self.said, self.seconds, self.silence = '', 0, 0

    def prepare(self):
        shutil.rmtree(self.tree, ignore_errors=True)
        shutil.copytree(self.bench.source, self.tree)
        self.state = self.look()
        self.fresh()

    def look(self):
        return {str(one): (status.st_size, status.st_mtime_ns) for one in self.tree.rglob('*')
                if (status := one.lstat()) and not one.is_dir()}

    def fresh(self):
        shutil.rmtree(self.temporary, ignore_errors=True)
        self.temporary.mkdir(parents=True)

    def repair(self):
        """Takes away what the mutant left behind."""
        self.fresh()
        if self.look() != self.state:
            self.prepare()

    def run(self, test, words, more, limit, silence):
        """The exit code, and, where it was stopped, why."""
        at = str(self.bench.tree)
        command = [one.replace(at, str(self.tree)) for one in test.command] + words
        # the same random walks every time
        environment = {**os.environ, **test.environment, 'SEED': '1', **more, 'E2EGEN_SOURCE': str(self.tree), 'TMPDIR': str(self.temporary)}
        began = last = time.monotonic()
        child = subprocess.Popen(command, cwd=self.tree, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=limited)
        os.set_blocking(child.stdout.fileno(), False)
        said, why, self.silence = b'', '', 0
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            while not why:
                ready = selector.select(0.5)
                now = time.monotonic()
                if ready:
                    some = os.read(child.stdout.fileno(), 1 << 16)
                    if not some:
                        break
                    said = (said + some)[-200_000:]
                    self.silence, last = max(self.silence, now - last), now
                    # a script goes on after the first row that is wrong; we need not
                    if not test.case and re.search(rb'^(WRONG|in the row|not ok)\b', some, re.M) and 'E2EGEN_MUTANT' in more:
                        why = first_line(some)
                elif child.poll() is not None:
                    break      # something that it left behind holds its output
                if now - began > limit or now - last > silence:
                    why = 'time'
        if why:
            kill(child.pid)
        code = child.wait()
        child.stdout.close()
        end_descendants()
        self.silence = max(self.silence, time.monotonic() - last)
        self.said, self.seconds = said.decode(errors='replace'), time.monotonic() - began
        return (code or 1, why) if why else (code, '')


def row_of(why):
    """The row that lib.sh complained about."""
    return why.removeprefix('in the row: ') if why.startswith('in the row: ') else ''


def first_line(some):
    return re.search(rb'^((WRONG|in the row|not ok)\b.*)', some, re.M)[1].decode(errors='replace')


def limited():
    resource.setrlimit(resource.RLIMIT_DATA, (3 * GIGABYTE, 3 * GIGABYTE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)


def kill(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def ending_with_children():
    """A worker that is ended takes along what it started; and it ends with whoever started it."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)

    def end(*_):
        end_descendants()
        os._exit(143)

    signal.signal(signal.SIGTERM, end)


def end_descendants():
    """What a test left running has become our child."""
    for _ in range(50):
        try:
            children = Path(f'/proc/self/task/{os.getpid()}/children').read_text().split()
        except OSError:
            return
        if not children:
            return
        for one in children:
            try:
                os.kill(int(one), signal.SIGKILL)
                os.waitpid(int(one), 0)
            except (ProcessLookupError, ChildProcessError):
                pass
