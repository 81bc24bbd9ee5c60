"""Package URLs by hand against the reference library, folding, and what cannot be matched."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from partners.domain.components import BadPurl, ComponentIdentity, fold_name, parse_purl
from tests.shared import shared


def test_every_real_package_url_reads_as_the_reference_library_reads_it() -> None:
    document = json.loads(shared("sbom/union-real-components.cdx.json").read_bytes())
    texts = [one["purl"] for one in document["components"] if one.get("purl")]
    assert len(texts) > 6_000
    differing = []
    for text in texts:
        try:
            theirs = PackageURL.from_string(text)
        except ValueError:
            with pytest.raises(BadPurl):
                parse_purl(text)
            continue
        ours = parse_purl(text)
        name = fold_name("PyPI", theirs.name) if theirs.type == "pypi" else theirs.name
        expected = (theirs.type, theirs.namespace or "", name, theirs.version or "")
        if (ours.type, ours.namespace, ours.name, ours.version) != expected:
            differing.append(text)
        assert parse_purl(ours.purl()) == ours
    # npm held capitals until 2017 and tells such names apart, so they are kept as written.
    assert differing == ["pkg:npm/Select2@3.5.4"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "django",
        "pkg:",
        "pkg:pypi",
        "pkg:pypi/",
        "pkg:9x/a",
        "pkg:pypi/@1",
        "http://pypi/a",
        "pkg:pypi/%ff",
        "pkg:maven/a%2Fb/c@1",
        "pkg:deb/a@1?arch",
        "pkg:deb/a@1?arch=x&arch=y",
    ],
)
def test_what_is_no_package_url_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(BadPurl) as caught:
        parse_purl(text)
    assert len(text) < 4 or text not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "ecosystem", "package", "version"),
    [
        ("pkg:pypi/Zope.Interface_x@1.0", "PyPI", "zope-interface-x", "1.0"),
        ("pkg:npm/%40angular/core@16.0.0", "npm", "@angular/core", "16.0.0"),
        ("pkg:npm/@angular/core@16.0.0", "npm", "@angular/core", "16.0.0"),
        (
            "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1",
            "Maven",
            "org.apache.logging.log4j:log4j-core",
            "2.14.1",
        ),
        (
            "pkg:golang/github.com/BurntSushi/toml@v1.2.0#cmd",
            "Go",
            "github.com/BurntSushi/toml",
            "v1.2.0",
        ),
        ("pkg:cargo/serde@1.0.0%2Bx", "crates.io", "serde", "1.0.0+x"),
        ("pkg:nuget/Newtonsoft.Json@13.0.1", "NuGet", "newtonsoft.json", "13.0.1"),
        ("pkg:none/x@1", "", "x", "1"),
    ],
)
def test_names_fold_as_their_ecosystem_does(
    text: str, ecosystem: str, package: str, version: str
) -> None:
    found = parse_purl(text)
    assert (found.ecosystem, found.package, found.version) == (ecosystem, package, version)


def test_only_qualifiers_that_identify_are_kept_in_order() -> None:
    found = parse_purl(
        "pkg:deb/debian/curl@7?vcs_url=x&distro=debian-12&arch=amd64&checksum=sha1:00"
    )
    assert found.qualifiers == "arch=amd64&distro=debian-12"


@pytest.mark.parametrize(
    ("identity", "reason"),
    [
        (ComponentIdentity("", "", "x", "1"), "no_purl"),
        (ComponentIdentity("deb", "debian", "x", "1"), "ecosystem_not_covered"),
        (ComponentIdentity("pypi", "", "x", ""), "no_version"),
        (ComponentIdentity("pypi", "", "x", "1"), ""),
    ],
)
def test_why_a_component_cannot_be_matched(identity: ComponentIdentity, reason: str) -> None:
    assert identity.unmatchable == reason


@given(st.text(max_size=40))
def test_any_text_reads_or_is_refused(text: str) -> None:
    for whole in (text, f"pkg:{text}", f"pkg:npm/{text}"):
        try:
            found = parse_purl(whole)
        except BadPurl:
            continue
        assert parse_purl(found.purl()).package == found.package
