"""Taking dbt projects in: bound to what is known, lineage by columns where SQL tells it."""

from datetime import datetime

import pytest

from catalog.actions import harvesting, modeling
from catalog.models import Asset, Edge, LabelAssertion
from governance.domain.actor import Actor
from governance.errors import BadInput
from governance.models import AuditEvent, GovernedSystem, Site
from tests.builders.catalog import harvested
from tests.builders.dbt import a_manifest, a_node
from tests.builders.governance import a_system, the_enterprise
from tests.shared import shared

pytestmark = pytest.mark.django_db

SQL = 'select upper(o.name) as name, count(*) as n from "plant"."mes"."operator" o group by 1'


@pytest.fixture
def site(db: None) -> Site:
    return the_enterprise()


def a_project(sql: str = SQL) -> bytes:
    source = a_node("operator", kind="source", schema="mes", compiled_code=None)
    told = {
        "name": {"name": "name", "meta": {"pii": True}},
        "n": {"name": "n", "description": "How many."},
    }
    mart = a_node("headcount", source["unique_id"], columns=told, compiled_code=sql)
    return a_manifest(source, mart)


def edges() -> set[tuple[str, str, str, str]]:
    return set(
        Edge.objects.live()
        .filter(source="dbt:mes")
        .values_list("src__fqn", "dst__fqn", "kind", "transform")
    )


def test_models_stand_beside_what_the_database_has(
    operator: Actor, at: datetime, site: Site
) -> None:
    system = a_system(slug="mes", site=site)
    harvesting.take_in(system, harvested("operator", columns=("id", "name")), by=operator, at=at)
    source = Asset.objects.get(fqn="plant.mes.operator")
    told = modeling.take(a_project(), None, slug="mes", site=site, by=operator, at=at)
    assert Asset.objects.get(fqn="plant.mes.operator") == source
    mart = Asset.objects.get(fqn="plant.mart.headcount")
    assert mart.parent is not None
    assert mart.parent.parent == Asset.objects.get(fqn="plant"), "the database of the harvest"
    assert edges() == {
        ("plant.mes.operator.name", "plant.mart.headcount.name", "direct", "transformation"),
        ("plant.mes.operator.name", "plant.mart.headcount", "indirect", "group_by"),
    }
    label = LabelAssertion.objects.get(asset__fqn="plant.mart.headcount.name", source="import")
    assert (label.category, label.level, label.status) == ("user", 2, "proposed")
    assert (told.new, told.unparsed) == (4, ())
    events = AuditEvent.objects.count()
    again = modeling.take(a_project(), None, slug="mes", site=site, by=operator, at=at)
    assert (again.new, again.changed, again.edges, again.labels) == (0, 0, 0, 0)
    assert AuditEvent.objects.count() == events


def test_sql_that_is_not_understood_leaves_coarse_lineage(
    operator: Actor, at: datetime, site: Site
) -> None:
    broken = a_project("select from where")
    told = modeling.take(broken, None, slug="mes", site=site, by=operator, at=at)
    assert edges() == {("plant.mes.operator", "plant.mart.headcount", "opaque", "")}
    assert told.unparsed[0][0] == "model.plant.headcount"
    assert GovernedSystem.objects.get(slug="mes").kind == "postgresql"
    modeling.take(a_project(), None, slug="mes", site=site, by=operator, at=at)
    # The columns of the source are not known, so the whole of it is said to arrive.
    assert ("plant.mes.operator", "plant.mart.headcount.name", "opaque", "") in edges()


def test_real_projects_are_taken_in(operator: Actor, at: datetime, site: Site) -> None:
    for name in ("postgres", "spark"):
        manifest = shared(f"catalog/dbt/{name}_manifest.json").read_bytes()
        told = modeling.take(manifest, None, slug=name, site=site, by=operator, at=at)
        assert told.new > 0
        assert Edge.objects.live().filter(source=f"dbt:{name}").exists()


def test_an_artifact_that_is_none_names_the_place(
    operator: Actor, at: datetime, site: Site
) -> None:
    with pytest.raises(BadInput) as refused:
        modeling.take(b"{}", None, slug="mes", site=site, by=operator, at=at)
    assert refused.value.pointer == "/metadata/dbt_schema_version"
