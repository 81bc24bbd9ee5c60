"""Progress on a terminal; nothing where a machine or a file reads."""

from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from partners.domain.intakes import OnPhase, Phase


@contextmanager
def counting(title: str, *, is_shown: bool) -> Iterator["tqdm[None]"]:
    """Count records as they are taken."""
    with tqdm(desc=title, unit=" records", disable=not is_shown, leave=False) as bar:
        yield bar


@contextmanager
def phases(title: str, *, is_shown: bool) -> Iterator[OnPhase]:
    """Name each phase as it begins."""
    with tqdm(desc=title, total=len(Phase) - 1, disable=not is_shown, leave=False) as bar:

        def tell(phase: Phase) -> None:
            bar.n = list(Phase).index(phase)
            bar.set_postfix_str(phase)

        yield tell
