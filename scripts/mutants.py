"""What the tests would not notice: small changes to the engine and the rules, tried against the tests that see them.

    python -m scripts.mutants                 all of training_tracker/standing and training_tracker/expectations
    python -m scripts.mutants standing/terms  the files with this in their path

mutmut makes the mutants. One process imports the program and its tests, runs the tests once to learn which of them
reach which function, and then forks for each mutant: the tests that reach it, until one fails. Those come first that
noticed most in the same function for their time. So a mutant costs a fraction of a second, where a new interpreter for
each would cost several. On SQLite only, since what is decided is the same on both databases.

Left out is what mutmut says twice, what a foreign key says too, and the names that parts of a statement go by in SQL:
they mean nothing. Survivors are printed, and kept in var/mutants.json with the figures.
"""

import argparse
import functools
import gc
import importlib.abc
import importlib.machinery
import itertools
import json
import math
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import libcst as cst
import libcst.matchers as matchers
import pytest
from _pytest.runner import runtestprotocol
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation import file_mutation
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.mutation.trampoline_templates import mangle_function_name
from mutmut.state import state
from sqlalchemy import Connection, Engine, event

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "training_tracker"
MUTATED = (PACKAGE / "standing", PACKAGE / "expectations")
TESTS = (
    "tests/standing/test_conformance.py",
    "tests/standing",
    "tests/expectations",
    "tests/uptake",
    "tests/intake/test_configuration.py",
)
RESULTS = ROOT / "var" / "mutants.json"
# Processor seconds for one test beyond twice those that it took unchanged: some mutants never end.
PATIENCE = 10
# A mutant's process ends with the position of the test that noticed it; a process cannot say more than this.
UNTOLD = 255
SQL_NAMES = {"alias", "cte", "prefix_with", "subquery"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """``name`` is that of the changed function as the trampoline looks it up, module included."""

    name: str
    file: str
    line: int
    before: str
    after: str

    @property
    def function(self) -> str:
        return self.name.partition("__mutmut_")[0]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {_one_line(self.before)} → {_one_line(self.after)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help="parts of the paths of the files to change; all, if none is given")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--tests", nargs="+", default=TESTS)
    parser.add_argument(
        "--leave-out", metavar="NAMES", help="tests to leave out, as pytest -k takes them: the slow ones"
    )
    parser.add_argument(
        "--seconds", type=float, default=math.inf, help="of tests for one mutant: the most telling ones"
    )
    parser.add_argument("--again", action="store_true", help="only the mutants that survived the last run")
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    os.environ.setdefault("TRACKER_TEST_HISTORIES", "64")
    files = [
        file
        for folder in MUTATED
        for file in sorted(folder.glob("*.py"))
        if not asked.parts or any(part in str(file.relative_to(ROOT)) for part in asked.parts)
    ]
    changed = Changed(files)
    sys.dont_write_bytecode = True
    sys.meta_path.insert(0, changed)
    mutants = changed.mutants
    if asked.again:
        survivors = set(json.loads(asked.results.read_text())["survivors"])
        mutants = [mutant for mutant in mutants if str(mutant) in survivors]
    # Why a test failed nobody will read, and telling it takes longer than many a test.
    options = [
        "-q",
        "--assert=plain",
        "--tb=native",
        "--capture=no",
        "-k",
        f"not postgresql and not ({asked.leave_out})" if asked.leave_out else "not postgresql",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
    ]
    event.listen(Engine, "engine_connect", _share_compiled)
    trial = Trial(mutants, asked.workers, asked.seconds, asked.results)
    outcome = pytest.main([*options, "--hypothesis-profile=mutants", *asked.tests], plugins=[trial])
    sys.exit(outcome)


class Changed(importlib.abc.MetaPathFinder):
    """Imports the files with all their mutants in them, of which one at most is switched on."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.mutants: list[Mutant] = []
        self.code: dict[str, tuple[Path, str]] = {}
        for file in files:
            module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            code, mutants = _mutate(module, file)
            self.code[module] = file, code
            self.mutants += mutants

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self.code:
            return None
        file, code = self.code[fullname]
        return importlib.machinery.ModuleSpec(
            fullname, _Loader(fullname, str(file), code), origin=str(file), is_package=file.name == "__init__.py"
        )


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, code: str) -> None:
        super().__init__(fullname, path)
        self.changed = code

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.changed, self.path, "exec", dont_inherit=True)


def _mutate(module_name: str, file: Path) -> tuple[str, list[Mutant]]:
    module, mutations, *ignored = file_mutation.create_mutations(str(file), file.read_text())
    names = {id(part) for call in _named_in_sql(module) for part in (call, *(arg.value for arg in call.args))}
    mutations = [m for m in mutations if id(m.original_node) not in names and not _said_already(m)]
    mutations = [m for m in mutations if not _said_by_the_foreign_key(m)]
    lines = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    grouped = file_mutation.group_by_top_level_node(mutations)
    mutants = [
        Mutant(
            name=f"{module_name}.{mangle_function_name(name=function.name.value, class_name=owner)}__mutmut_{number}",
            file=str(file.relative_to(PACKAGE)),
            line=lines[mutation.original_node].start.line if mutation.original_node in lines else 0,
            before=module.code_for_node(mutation.original_node),
            after=module.code_for_node(mutation.mutated_node),
        )
        for function, owner in _functions(module)
        for number, mutation in enumerate(grouped.get(function, ()), 1)
    ]
    return file_mutation.combine_mutations_to_source(module, mutations, *ignored).code, mutants


def _functions(module: cst.Module) -> Iterator[tuple[cst.FunctionDef, str | None]]:
    for statement in module.body:
        if isinstance(statement, cst.FunctionDef):
            yield statement, None
        elif isinstance(statement, cst.ClassDef):
            for member in statement.body.body:
                if isinstance(member, cst.FunctionDef):
                    yield member, statement.name.value


def _named_in_sql(module: cst.Module) -> Iterator[cst.Call]:
    """The calls that give a part of a statement the name it goes by in SQL."""
    for call in matchers.findall(module, matchers.Call(func=matchers.Attribute())):
        assert isinstance(call, cst.Call)
        if cst.ensure_type(call.func, cst.Attribute).attr.value in SQL_NAMES:
            yield call


def _said_already(mutation: file_mutation.Mutation) -> bool:
    """A string changed in case, which is changed altogether too; an argument made None, which is left out too."""
    before, after = mutation.original_node, mutation.mutated_node
    if isinstance(before, cst.SimpleString) and isinstance(after, cst.SimpleString):
        return before.value.lower() == after.value.lower()
    if isinstance(before, cst.Call) and isinstance(after, cst.Call) and len(before.args) == len(after.args) > 1:
        return any(
            new is not old and matchers.matches(new.value, matchers.Name("None"))
            for old, new in zip(before.args, after.args, strict=True)
        )
    return False


def _said_by_the_foreign_key(mutation: file_mutation.Mutation) -> bool:
    """A join on two columns being equal, made one on nothing: SQLAlchemy then takes the foreign key, or refuses."""
    before, after = mutation.original_node, mutation.mutated_node
    joined = matchers.Call(
        func=matchers.Attribute(attr=matchers.Name("join") | matchers.Name("outerjoin")),
        args=[matchers.Arg(), matchers.Arg(value=matchers.Comparison())],
    )
    return matchers.matches(before, joined) and matchers.matches(after, matchers.Call(args=[matchers.Arg()]))


class Trial:
    """Takes the place of pytest's loop over the tests."""

    def __init__(self, mutants: Sequence[Mutant], workers: int, most_seconds: float, results: Path) -> None:
        self.results = results
        self.mutants = mutants
        self.workers = workers
        self.most_seconds = most_seconds
        self.folder = Path(tempfile.mkdtemp(prefix="mutants-"))
        self.reaching: dict[str, list[pytest.Item]] = defaultdict(list)
        self.seconds: dict[str, float] = {}
        self.noticed: dict[str, Counter[str]] = defaultdict(Counter)
        self.running: dict[int, tuple[Mutant, list[pytest.Item]]] = {}
        self.found: dict[Mutant, str] = {}
        self.caches: list[Any] = []

    @pytest.fixture
    def tmp_path(self) -> Iterator[Path]:
        """Gone after each test: thousands of mutants make thousands of databases."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        yield folder
        shutil.rmtree(folder, ignore_errors=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self) -> None:
        """The same worlds for every mutant; and that there is one is enough, it need not be made small."""
        import hypothesis

        hypothesis.settings.register_profile(
            "mutants",
            deadline=None,
            derandomize=True,
            database=None,
            phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        )

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted("the tests cannot be collected")
        self.caches = _caches()
        began = time.perf_counter()
        self._run_unchanged(session)
        print(f"{len(session.items)} tests in {time.perf_counter() - began:.0f} s, {len(self.mutants)} mutants")
        gc.collect()
        gc.freeze()
        for mutant in self.mutants:
            if not self.reaching[mutant.function]:
                self._note(mutant, "no tests")
                continue
            while len(self.running) >= self.workers:
                self._reap()
            self._fork(session, mutant)
        while self.running:
            self._reap()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._report(time.perf_counter() - began)
        return True

    def _run_unchanged(self, session: pytest.Session) -> None:
        """Run every test once, in this process, so that what is made once for all tests is there for every mutant."""
        set_mutant_under_test("stats")
        os.environ["MUTMUT_DEPENDENCY_DEPTH"] = "-1"
        for position, item in enumerate(session.items):
            self._forget()
            state()._stats.clear()
            began = time.process_time()
            reports = runtestprotocol(item, log=False, nextitem=_next(session.items, position))
            self.seconds[item.nodeid] = time.process_time() - began
            for report in reports:
                if report.failed:
                    print(report.longreprtext)
                    raise session.Interrupted(f"{item.nodeid} fails without any mutant")
            for function in state()._stats:
                self.reaching[function].append(item)

    def _forget(self) -> None:
        for cache in self.caches:
            cache.cache_clear()

    def _most_telling_first(self, mutant: Mutant) -> list[pytest.Item]:
        """Those that noticed most in the same function, or file, for their time; then the quickest. One at least."""
        of_function, of_file = self.noticed[mutant.function], self.noticed[mutant.file]

        def cost(item: pytest.Item) -> float:
            return self.seconds[item.nodeid] / (1 + 10 * of_function[item.nodeid] + of_file[item.nodeid])

        in_order = sorted(self.reaching[mutant.function], key=cost)
        until = itertools.accumulate(self.seconds[item.nodeid] for item in in_order)
        in_time = [item for item, seconds in zip(in_order, until, strict=True) if seconds <= self.most_seconds]
        return in_time or in_order[:1]

    def _fork(self, session: pytest.Session, mutant: Mutant) -> None:
        items = self._most_telling_first(mutant)
        pid = os.fork()
        if pid:
            self.running[pid] = mutant, items
            return
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            self._forget()
            set_mutant_under_test(mutant.name)
            session._setupstate.teardown_exact(items[0])
            for position, item in enumerate(items):
                _end_after(PATIENCE + 2 * self.seconds[item.nodeid])
                reports = runtestprotocol(item, log=False, nextitem=_next(items, position))
                if any(report.failed for report in reports):
                    os._exit(min(position + 1, UNTOLD))
            os._exit(0)
        except BaseException:  # noqa: BLE001 whatever it is, the mutant was noticed
            os._exit(UNTOLD)

    def _reap(self) -> None:
        pid, status = os.wait()
        mutant, items = self.running.pop(pid)
        if os.WIFSIGNALED(status):
            self._note(mutant, "timeout")
            return
        failed = os.WEXITSTATUS(status)
        if 0 < failed < UNTOLD:
            for where in (mutant.function, mutant.file):
                self.noticed[where][items[failed - 1].nodeid] += 1
        self._note(mutant, "killed" if failed else "survived")

    def _note(self, mutant: Mutant, what: str) -> None:
        self.found[mutant] = what
        if what in ("survived", "no tests"):
            print(f"{what}: {mutant}", flush=True)
        if len(self.found) % 50 == 0:
            print(f"{len(self.found)} of {len(self.mutants)}", flush=True)

    def _report(self, seconds: float) -> None:
        by_file: dict[str, Counter[str]] = defaultdict(Counter)
        for mutant, what in self.found.items():
            by_file[mutant.file][what] += 1
        for file, counts in sorted(by_file.items()):
            print(f"{file:40}", ", ".join(f"{count} {what}" for what, count in counts.most_common()))
        print(f"{len(self.found)} mutants in {seconds / 60:.0f} min")
        self.results.parent.mkdir(exist_ok=True)
        survivors = [str(mutant) for mutant, what in self.found.items() if what in ("survived", "no tests")]
        self.results.write_text(json.dumps({"files": by_file, "survivors": survivors}, indent=2, ensure_ascii=False))


def _next(items: Sequence[pytest.Item], position: int) -> Any:
    """For which test pytest keeps what is shared; of one test alone its file, since what is its own is to end.

    What has not ended cannot begin again, and every mutant would seem to be noticed.
    """
    return items[(position + 1) % len(items)] if len(items) > 1 else items[0].parent


def _caches() -> list[Any]:
    """Statements are put together once for a process; another mutant may put them together in another way."""
    caches = [thing for thing in gc.get_objects() if isinstance(thing, functools._lru_cache_wrapper)]
    return [cache for cache in caches if str(cache.__module__).startswith(("training_tracker.", "tests."))]


def _end_after(seconds: float) -> None:
    """Of the processor's time, since others may want it too; and ten times as long on the clock, if it only waits."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + seconds) + 1, resource.RLIM_INFINITY))
    signal.alarm(int(10 * seconds))


class _Compiled(dict[Any, Any]):
    """Statements in SQL, kept for the next database too: most of a test's time would go into saying them again."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_for_any_engine(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        super().__setitem__(_for_any_engine(key), compiled)


def _for_any_engine(key: tuple[Any, ...]) -> tuple[Any, ...]:
    """SQLAlchemy's key of a statement begins with the dialect of one engine."""
    dialect, *statement = key
    return dialect.name, *statement


COMPILED = _Compiled()


def _share_compiled(connection: Connection) -> None:
    connection.execution_options(compiled_cache=COMPILED)


def _one_line(code: str) -> str:
    return " ".join(code.split())


if __name__ == "__main__":
    main()
