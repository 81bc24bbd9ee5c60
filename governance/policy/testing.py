"""A plugin of pytest: every test of a ``*.policy.yaml`` file becomes a test item.

``--policy FILE`` names the policy they are asked of, as ``manage.py policy export`` writes it;
without it the option ``policy_under_test`` of the configuration does, either a file or
``module:function`` that returns a ``Content``. The option ``policy_data_uses`` names a function
that says which acts reach data.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from governance.domain.gaps import Uses
from governance.policy import cases, content, coverage
from governance.policy.cases import Case
from governance.policy.content import Content
from governance.policy.coverage import Bench

ENDING = ".policy.yaml"
_bench = pytest.StashKey[Bench]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare where the policy comes from."""
    text = "the policy that *.policy.yaml files test: a file, or module:function"
    parser.getgroup("policy").addoption("--policy", dest="policy", default="", help=text)
    parser.addini("policy_under_test", text, default="")
    parser.addini("policy_data_uses", "module:function: which acts reach data", default="")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a file of policy tests."""
    if not file_path.name.endswith(ENDING):
        return None
    found: pytest.Collector = PolicyFile.from_parent(parent, path=file_path)
    return found


class PolicyFile(pytest.File):
    """One YAML file."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield its tests.

        Raises:
            pytest.Collector.CollectError: it cannot be read.
        """
        try:
            found = cases.parse(self.path.read_text())
        except cases.InvalidCases as error:
            raise self.CollectError(str(error)) from None
        for case in found:
            yield PolicyItem.from_parent(self, name=case.name, case=case)


class PolicyItem(pytest.Item):
    """One test of a policy."""

    def __init__(self, *, case: Case, **words: object) -> None:
        super().__init__(**words)  # type: ignore[arg-type]
        self.case = case

    def runtest(self) -> None:
        """Ask the policy; what it answers otherwise fails the test."""
        config = self.config
        if _bench not in config.stash:
            policy = _under_test(config)
            config.stash[_bench] = Bench(policy.model_conf, policy.rules, _uses(config))
        bench = config.stash[_bench]
        failures = coverage.answers(bench.snapshot(self.case), self.case)
        if failures:
            pytest.fail("\n".join(failure.text for failure in failures), pytrace=False)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"policy: {self.name}"


def _under_test(config: pytest.Config) -> Content:
    source = str(config.getoption("policy") or config.getini("policy_under_test"))
    if not source:
        raise pytest.UsageError("say which policy is tested: --policy FILE")
    module, colon, function = source.partition(":")
    if colon and not Path(source).exists():
        found: Content = _called(module, function)
        return found
    path = config.rootpath / source
    return content.read(path.read_text(), model_conf=_shipped_model())


def _uses(config: pytest.Config) -> Uses:
    module, _, function = str(config.getini("policy_data_uses")).partition(":")
    found: Uses = _called(module, function) if module else {}
    return found


def _called(module: str, function: str) -> Any:
    return getattr(import_module(module), function)()


def _shipped_model() -> str:
    return Path(__file__).with_name("model.conf").read_text()
