"""Rows in PostgreSQL's text format: one line each, whatever the fields hold."""

import io

from hypothesis import given
from hypothesis import strategies as st

from partners.domain.components import ComponentIdentity
from partners.domain.sboms import SbomComponent
from partners.sbom.rows import COLUMNS, Rows

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


def unescaped(field: str) -> str:
    out, letters = [], iter(field)
    for letter in letters:
        if letter == "\\":
            letter = {"t": "\t", "n": "\n", "r": "\r"}.get(following := next(letters), following)
        out.append(letter)
    return "".join(out)


@given(TEXT, TEXT, TEXT)
def test_every_text_comes_back(name: str, version: str, purl: str) -> None:
    identity = ComponentIdentity("npm", "", name.replace("\0", ""), version.replace("\0", ""))
    component = SbomComponent(
        *("/components/0", "", "ref", "library", purl, "", name, version, ""),
        *(("MIT",), (), "supplier"),
        identity=identity,
    )
    out = io.BytesIO()
    rows = Rows(out)
    for _ in range(3):
        rows.take(component)
    rows.flush()
    lines = out.getvalue().decode().split("\n")
    assert lines.pop() == ""
    assert len(lines) == 3
    for number, line in enumerate(lines, start=1):
        fields = dict(zip(COLUMNS, map(unescaped, line.split("\t")), strict=True))
        assert fields["number"] == str(number)
        assert fields["entry_name"] == name.replace("\0", "\\0")
        assert fields["purl"] == purl.replace("\0", "\\0")
        assert fields["licenses"] == '["MIT"]'
