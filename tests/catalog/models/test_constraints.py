"""Each truth of the catalog's records, and a row that breaks it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from catalog.models import ConduitZone, Contract, ContractBinding, Edge, LineageFacet, TermRelation
from tests.builders.catalog import NOW, a_column, a_label, a_run, an_asset
from tests.builders.coverage import a_rule, an_answer, an_exemption
from tests.builders.governance import a_system, the_enterprise
from tests.builders.sharing import a_sharing_rule
from tests.builders.taxonomy import FIRST, a_business_term, a_link, a_term, approved
from tests.builders.zones import a_conduit, a_device, a_flow, a_zone, declared

pytestmark = pytest.mark.django_db


def twice_in_its_system() -> None:
    asset = an_asset()
    an_asset(system=asset.system, source_key=asset.source_key)


def its_own_parent() -> None:
    asset = an_asset()
    asset.parent = asset
    asset.save()


def twice_by_a_source() -> None:
    label = a_label()
    a_label(label.asset)


def an_edge(**over: object) -> Edge:
    table = an_asset()
    fields = {"src": a_column(table), "dst": a_column(table), "kind": "foreign_key"}
    return Edge.objects.create(**{**fields, "first_seen_at": NOW, **over})


def an_exemption_twice() -> None:
    an_exemption(an_exemption(ended_at=NOW).asset)
    an_exemption(an_exemption().asset)


def an_answer_twice() -> None:
    answer = an_answer()
    an_answer(answer.asset, user=answer.user)


def an_edge_to_itself() -> None:
    column = a_column(an_asset())
    an_edge(src=column, dst=column)


def an_edge_twice() -> None:
    edge = an_edge()
    an_edge(src=edge.src, dst=edge.dst)


def a_zone_in_itself() -> None:
    zone = a_zone()
    zone.parent = zone
    zone.save()


def a_zone_twice() -> None:
    zone = a_zone()
    a_zone(site=zone.site, slug=zone.slug)


def a_conduit_twice() -> None:
    conduit = a_conduit(a_zone())
    a_conduit(site=conduit.site, name=conduit.name)


def a_border_twice() -> None:
    zone = a_zone()
    a_conduit(zone, zone)


def a_flow_twice() -> None:
    flow = a_flow(party_ref="partners.partner:1", port=None)
    a_flow(flow.src, party_ref=flow.party_ref, port=None)


def a_flow_to_itself() -> None:
    device = a_device()
    a_flow(device, device)


def a_kept_contract(**over: object) -> Contract:
    fields = {
        "site": the_enterprise(),
        "contract_id": "c-1",
        "version": "1.0.0",
        "major": "1",
        "is_valid": True,
        "sha256": "0" * 64,
        "content": {},
        "body": b"{}",
        "imported_by": "service:operator",
        "imported_at": NOW,
    }
    return Contract.objects.create(**{**fields, **over})


def a_place_bound_twice() -> None:
    contract = a_kept_contract()
    for _ in range(2):
        ContractBinding.objects.create(contract=contract, pointer="/schema/0", name="badges")


def a_term_above_itself() -> None:
    term = a_term()
    term.parent = term
    term.save()


def a_relation_backwards() -> None:
    first, second = a_business_term(), a_business_term()
    TermRelation.objects.create(term=second, other=first)


def a_relation_twice() -> None:
    first, second = a_business_term(), a_business_term()
    for _ in range(2):
        TermRelation.objects.create(term=first, other=second)


def a_link_twice() -> None:
    link = a_link()
    a_link(link.term, asset=link.asset)


SHORT = [2] * 6
IN_FORCE = {"state": "active", "activated_at": NOW, "activated_by": "service:operator"}
EARLIER = NOW - timedelta(seconds=1)

BROKEN: dict[str, Callable[[], object]] = {
    "asset_kind_is_known": lambda: an_asset(kind="spreadsheet"),
    "asset_level_is_known": lambda: an_asset(level=4),
    "asset_criticality_is_one_to_five": lambda: an_asset(criticality=6),
    "asset_is_gone_after_it_was_seen": lambda: an_asset(gone_at=EARLIER),
    "asset_is_not_its_own_parent": its_own_parent,
    "asset_is_listed_once_in_its_system": twice_in_its_system,
    "exemption_has_who_and_why": lambda: an_exemption(reason=""),
    "exemption_ends_after_it_begins": lambda: an_exemption(expires_at=NOW),
    "exemption_is_the_one_of_its_asset": an_exemption_twice,
    "owner_answer_is_known_and_a_no_has_a_word": lambda: an_answer(answer="not_mine"),
    "owner_answer_is_the_last_of_a_person": an_answer_twice,
    "edge_kind_is_known": lambda: an_edge(kind="rumor"),
    "edge_is_gone_after_it_was_seen": lambda: an_edge(gone_at=EARLIER),
    "edge_is_stated_once": an_edge_twice,
    "edge_leads_elsewhere": an_edge_to_itself,
    "retention_lasts_a_day_or_more": lambda: a_rule(days=0),
    "retention_has_a_basis": lambda: a_rule(basis=""),
    "asset_own_level_is_known": lambda: an_asset(own_level=9),
    "label_that_lowers_is_by_a_person_and_ends": lambda: a_label(
        polarity="is_not", source="human", reason="no", proposed_by="user:1"
    ),
    "label_is_lowered_by_two": lambda: a_label(
        polarity="is_not",
        source="human",
        reason="no",
        expires_at=NOW,
        status="accepted",
        proposed_by="user:1",
        actor="user:1",
        decided_at=NOW,
    ),
    "harvest_ends_after_it_begins": lambda: a_run(finished_at=EARLIER),
    "harvest_that_failed_changed_nothing": lambda: a_run(
        error="no answer", is_complete=False, new=1
    ),
    "harvest_in_part_removes_nothing": lambda: a_run(is_complete=False, gone=1),
    "label_is_or_is_not": lambda: a_label(polarity="maybe"),
    "label_level_is_known": lambda: a_label(level=4),
    "label_source_is_known": lambda: a_label(source="dream"),
    "label_confidence_is_a_share": lambda: a_label(confidence=1.1),
    "label_decision_has_who_and_when": lambda: a_label(status="accepted"),
    "label_by_a_person_has_a_reason": lambda: a_label(source="human"),
    "label_is_stated_once_by_a_source": twice_by_a_source,
    "zone_purdue_level_is_known": lambda: a_zone(purdue_level="6"),
    "zone_is_not_its_own_parent": a_zone_in_itself,
    "zone_of_safety_is_trusted": lambda: a_zone(is_safety=True, is_untrusted=True),
    "zone_target_is_a_vector": lambda: a_zone(sl_target=SHORT),
    "zone_capability_is_a_vector": lambda: a_zone(sl_capability=[5] * 7),
    "zone_achieved_is_a_vector": lambda: a_zone(sl_achieved=[]),
    "zone_is_gone_after_it_was_made": lambda: a_zone(gone_at=EARLIER),
    "zone_slug_is_unique_at_a_site": a_zone_twice,
    "conduit_has_a_protocol": lambda: a_conduit(a_zone(), protocols=[]),
    "conduit_target_is_a_vector": lambda: a_conduit(a_zone(), sl_target=SHORT),
    "conduit_capability_is_a_vector": lambda: a_conduit(a_zone(), sl_capability=SHORT),
    "conduit_achieved_is_a_vector": lambda: a_conduit(a_zone(), sl_achieved=SHORT),
    "conduit_is_gone_after_it_was_made": lambda: a_conduit(a_zone(), gone_at=EARLIER),
    "conduit_name_is_unique_at_a_site": a_conduit_twice,
    "conduit_direction_is_known": lambda: ConduitZone.objects.create(
        conduit=a_conduit(a_zone()), zone=a_zone(), direction="up"
    ),
    "conduit_lists_a_zone_once": a_border_twice,
    "sharing_rule_says_to_whom_what_and_why": lambda: a_sharing_rule(what=""),
    "sharing_rule_ends_after_it_begins": lambda: a_sharing_rule(valid_to=NOW),
    "sharing_rule_level_is_known": lambda: a_sharing_rule(level=9),
    "sharing_rule_keeps_a_day_or_more": lambda: a_sharing_rule(keep_days=0),
    "flow_ends_at_an_asset_or_a_party": lambda: a_flow(a_device(), a_device(), party_ref="p"),
    "flow_leaves_its_source": a_flow_to_itself,
    "flow_port_is_known": lambda: a_flow(port=65536),
    "flow_declaration_has_who_when_and_why": lambda: a_flow(**declared(purpose="")),
    "flow_is_declared_or_observed": lambda: a_flow(seen_at=None),
    "flow_is_seen_from_first_to_last": lambda: a_flow(observed_at=EARLIER),
    "flow_is_listed_once": a_flow_twice,
    "lineage_role_is_known": lambda: LineageFacet.objects.create(key="k", role="guess"),
    "contract_state_has_who_and_when": lambda: a_kept_contract(state="active", activated_at=NOW),
    "contract_in_force_is_valid": lambda: a_kept_contract(
        **IN_FORCE, is_valid=False, fault_count=1
    ),
    "contract_is_valid_without_faults": lambda: a_kept_contract(fault_count=1),
    "contract_version_is_listed_once": lambda: [a_kept_contract() for _ in range(2)],
    "contract_has_one_version_of_a_major_in_force": lambda: [
        a_kept_contract(**IN_FORCE, version=version) for version in ("1.0.0", "1.1.0")
    ],
    "contract_binds_a_place_once": a_place_bound_twice,
    "term_scheme_is_known": lambda: a_term(scheme="color"),
    "term_origin_is_known": lambda: a_term(origin="rumor"),
    "term_key_is_short_words_with_dots": lambda: a_term("User", origin="fides"),
    "term_of_our_own_stands_under_x": lambda: a_term("user.badge", origin="own"),
    "term_versions_begin_at_one": lambda: a_term(version=0),
    "term_that_is_retired_has_a_successor": lambda: a_term(retired_at=NOW),
    "term_is_not_above_or_after_itself": a_term_above_itself,
    "term_key_is_unique_in_its_scheme": lambda: [a_term("x.twice") for _ in range(2)],
    "business_term_is_defined": lambda: a_business_term(definition=""),
    "business_term_state_has_who_and_when": lambda: a_business_term(state="approved"),
    "business_term_is_approved_by_a_second_person": lambda: a_business_term(
        **approved(approved_by=FIRST)
    ),
    "business_term_has_its_name_alone": lambda: [
        a_business_term(name=name) for name in ("Batch", "BATCH")
    ],
    "terms_are_related_in_one_order": a_relation_backwards,
    "terms_are_related_once": a_relation_twice,
    "asset_has_a_term_once": a_link_twice,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_row_that_is_not_true_is_refused(name: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        BROKEN[name]()


def test_the_same_rows_are_kept_when_they_are_true() -> None:
    an_edge(gone_at=NOW)
    a_label(status="rejected", actor="user:1", decided_at=NOW)
    a_run(system=a_system(), gone=3)
    a_zone(sl_target=[0, 1, 2, 3, 4, 0, 0], gone_at=NOW)
    conduit = a_conduit(a_zone(), gone_at=NOW)
    a_conduit(site=conduit.site, name=conduit.name)
    flow = a_flow(seen_at=None, **declared(), gone_at=NOW)
    a_flow(flow.src, flow.dst)
    a_kept_contract(**IN_FORCE)
    a_kept_contract(**IN_FORCE, version="2.0.0", major="2")
    a_kept_contract(state="retired", version="1.1.0", retired_at=NOW)
