from datetime import UTC, datetime

import pytest

from incidents.cacao.checklist import convert
from incidents.cacao.faults import Invalid
from incidents.cacao.judging import Outcome, judge
from incidents.cacao.reader import read
from incidents.domain.cards import HOLDERS
from tests.shared import shared

NOW = datetime(2026, 11, 17, 9, 45, tzinfo=UTC)
ROLES = tuple(HOLDERS)
TEXT = """# Lost laptop

Call first, then lock.

## At once (IT)
- [ ] **Lock** the [account](https://example.com)
  - all sessions
- [x] Wipe the device (SOC)
```
- not a step: wipe --all
```

## Afterwards
1. Tell the site (site operations)
2. Write it down
"""


def converted(text, name="file"):
    return convert(text, name=name, roles=ROLES, at=NOW)


def test_the_items_of_a_checklist_become_steps_in_their_order():
    data = converted(TEXT)
    found = read(data)
    assert judge(data).outcome == Outcome.ACCEPT
    assert found.name == "Lost laptop"
    assert [(one.title, one.why, one.role, one.commands[0].text) for one in found.steps] == [
        ("Lock the account", "At once", "IT", "- all sessions"),
        ("Wipe the device", "At once", "SOC", "- not a step: wipe --all"),
        ("Tell the site", "Afterwards", "Site operations", "Tell the site"),
        ("Write it down", "Afterwards", "SOC", "Write it down"),
    ]


def test_the_same_text_makes_the_same_document():
    assert converted(TEXT) == converted(TEXT)
    assert read(converted("- one\n", "a")).id != read(converted("- one\n", "b")).id


@pytest.mark.parametrize("text", ["", "# Only a title", "prose\n\nand more"])
def test_a_text_without_a_list_is_refused(text):
    with pytest.raises(Invalid, match="no list"):
        converted(text)


def test_more_steps_than_anybody_works_through_are_refused():
    with pytest.raises(Invalid, match="more than 300"):
        converted("- step\n" * 301)


def test_a_long_item_keeps_its_whole_text_in_what_is_to_be_done():
    (step,) = read(converted("- " + "x" * 500)).steps
    assert (len(step.title), step.commands[0].text) == (200, "x" * 500)


def test_control_characters_stay_out():
    (step,) = read(converted("- a\x1b[31mred\x00")).steps
    assert step.title == "a [31mred"


def test_published_checklists_become_runbooks():
    """Real Markdown runbooks: every one with a list converts to a document that is accepted."""
    found = sorted((shared("incidents/runbooks")).rglob("*.md"))
    taken = 0
    for path in found[::4]:
        try:
            data = converted(path.read_text(encoding="utf-8", errors="replace"), path.stem)
        except Invalid:
            continue
        assert judge(data).outcome == Outcome.ACCEPT, path.name
        taken += 1
    assert taken >= len(found) // 8, (taken, len(found))
