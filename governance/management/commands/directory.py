"""``manage.py directory``: foreign subjects and resources, from a JSON file."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.db import transaction

from governance.actions import directory
from governance.actions.directory import EntityText
from governance.commands import OperatorCommand
from governance.errors import BadInput, NotFound
from governance.models import Entity, EntityKind

_TYPES: dict[str, type] = {"properties": dict, "roles": list, "site": str}


class Command(OperatorCommand):
    help = "Load, list or remove the foreign subjects and resources that others ask about."

    def arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        load = verbs.add_parser("load", help="all of a file or nothing; known ones are replaced")
        load.add_argument("file", help='{"types": […], "entities": […]}')
        rows = verbs.add_parser("list", help="how many there are, by kind and type")
        rows.add_argument("--type", help="show the entities of this type")
        remove = verbs.add_parser("remove", help="forget one")
        remove.add_argument("kind", choices=EntityKind.values)
        remove.add_argument("type")
        remove.add_argument("id")
        remove.add_argument("--reason", required=True)

    def act(self, **options: Any) -> dict[str, Any]:
        match options["verb"]:
            case "load":
                return self._load(Path(options["file"]))
            case "remove":
                return self._remove(options)
        rows = Entity.objects.all()
        if options["type"]:
            rows = rows.filter(type=options["type"])
        counts: dict[str, int] = {}
        for kind, name, key in rows.values_list("kind", "type", "key"):
            counts[f"{kind} {name}"] = counts.get(f"{kind} {name}", 0) + 1
            if options["type"]:
                self.say(f"{kind} {name}:{key}")
        for place, count in counts.items():
            self.say(f"{place}: {count}")
        return {"entities": counts}

    def _load(self, path: Path) -> dict[str, Any]:
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise BadInput(f"{path.name} is not JSON: {error}") from error
        if not isinstance(document, dict):
            raise BadInput("The file holds no object.")
        types, entities = document.get("types", []), document.get("entities", [])
        if not isinstance(types, list) or not isinstance(entities, list):
            raise BadInput("types and entities are lists.")
        rows = [_entity(row, f"/entities/{number}") for number, row in enumerate(entities)]
        with transaction.atomic():
            for number, row in enumerate(types):
                directory.declare(**_type(row, f"/types/{number}"), by=self.by, at=self.at)
            count = directory.load(rows, by=self.by, at=self.at) if rows else 0
        self.say(f"{count} entities and {len(types)} types loaded.")
        return {"entities": count, "types": len(types)}

    def _remove(self, options: dict[str, Any]) -> dict[str, Any]:
        row = Entity.objects.filter(
            kind=options["kind"], type=options["type"], key=options["id"]
        ).first()
        if row is None:
            raise NotFound(f"no {options['kind']} {options['type']}:{options['id']}")
        directory.take_out(row, by=self.by, at=self.at, reason=str(options["reason"]))
        self.say(f"{row} is forgotten.")
        return {"removed": str(row)}


def _entity(row: Any, at: str) -> EntityText:
    if not isinstance(row, dict):
        raise BadInput("An entity is an object.", pointer=at)
    for name in ("kind", "type", "id"):
        if not isinstance(row.get(name), str):
            raise BadInput(f"{name} is missing or no text.", pointer=f"{at}/{name}")
    for name, kind in _TYPES.items():
        if not isinstance(row.get(name, kind()), kind):
            raise BadInput(f"{name} is of another type.", pointer=f"{at}/{name}")
    if unknown := set(row) - {"kind", "type", "id", *_TYPES}:
        raise BadInput(f"unknown member {sorted(unknown)[0]!r}", pointer=at)
    roles = row.get("roles", [])
    if not all(isinstance(role, str) for role in roles):
        raise BadInput("roles are texts.", pointer=f"{at}/roles")
    return EntityText(
        row["kind"],
        row["type"],
        row["id"],
        row.get("properties", {}),
        tuple(roles),
        row.get("site", ""),
    )


def _type(row: Any, at: str) -> dict[str, Any]:
    if not isinstance(row, dict) or not {"kind", "name"} <= set(row):
        raise BadInput("A type is an object with kind and name.", pointer=at)
    if unknown := set(row) - {"kind", "name", "source", "acts", "data_acts", "classified_by"}:
        raise BadInput(f"unknown member {sorted(unknown)[0]!r}", pointer=at)
    for name in ("acts", "data_acts"):
        texts = row.get(name, [])
        if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
            raise BadInput(f"{name} is a list of texts.", pointer=f"{at}/{name}")
    if not isinstance(row.get("classified_by", ""), str):
        raise BadInput("classified_by is a text.", pointer=f"{at}/classified_by")
    return row
