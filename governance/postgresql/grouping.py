"""Migrations whose neighboring operations change Django's picture of the models at once.

Django builds a model's class anew after each operation, with those of all models around it:
most of the time that an empty database takes to migrate. What changes in the database, and in
which order, is the same with or without.
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class Migration(migrations.Migration):
    """A migration with its operations grouped as far as the database cannot tell."""

    def __init__(self, name: str, app_label: str) -> None:
        super().__init__(name, app_label)
        self.operations = list(grouped(self.operations))  # type: ignore[misc]  # as Django does


class Together(Operation):
    """Several operations, between which no model is built."""

    reduces_to_sql = True
    reversible = True
    serialization_expand_args: ClassVar[list[str]] = ["operations"]

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def describe(self) -> str:
        return "; ".join(one.describe() for one in self.operations)

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        built: Apps | None = state.__dict__.pop("apps", None)
        for one in self.operations:
            one.state_forwards(app_label, state)
        if built is not None:
            state.__dict__["apps"] = built
            changed = {(app_label, model) for one in self.operations for model, _ in _marks(one)}
            state.reload_models(list(changed), delay=all(map(_ends_at_neighbors, self.operations)))

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for one in self.operations:
            one.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for one in reversed(self.operations):
            one.database_backwards(app_label, schema_editor, from_state, to_state)


def grouped(operations: Sequence[Operation]) -> Iterator[Operation]:
    """Yield ``operations`` in their order, neighbors in one where the outcome is the same.

    A table is made with all columns of its model, so none is added to it in the same group;
    and a column, constraint or index is changed once in a group, or the first change would be
    the last one's.
    """
    group: list[Operation] = []
    touched: set[tuple[str, str]] = set()
    for one in operations:
        marks = _marks(one)
        if group and (not marks or _clash(marks, touched)):
            yield from _closed(group)
            group, touched = [], set()
        if marks:
            group.append(one)
            touched |= marks
        else:
            yield one
    yield from _closed(group)


def _closed(group: list[Operation]) -> Iterator[Operation]:
    if len(group) > 1:
        yield Together(group)
    else:
        yield from group


def _marks(one: Operation) -> set[tuple[str, str]]:
    """Name what an operation changes: a whole model as ``(model, "")``; nothing if it is alone."""
    if isinstance(one, migrations.CreateModel):
        plain = not one.managers and all(base is models.Model for base in one.bases or ())
        return {(one.name.lower(), "")} if plain else set()
    if isinstance(one, (migrations.AddField, migrations.AlterField)):
        return {(one.model_name.lower(), one.name.lower())}
    if isinstance(one, migrations.AddConstraint):
        return {(one.model_name.lower(), one.constraint.name)}
    if isinstance(one, migrations.AddIndex):
        return {(one.model_name.lower(), one.index.name)}
    if isinstance(one, (migrations.RemoveConstraint, migrations.RemoveIndex)):
        return {(one.model_name.lower(), one.name)}
    return set()


def _ends_at_neighbors(one: Operation) -> bool:
    """Tell whether it is enough to build the models next to it: no relation comes or changes."""
    if isinstance(one, migrations.AddField):
        return not one.field.is_relation
    return not isinstance(one, (migrations.CreateModel, migrations.AlterField))


def _clash(marks: set[tuple[str, str]], touched: set[tuple[str, str]]) -> bool:
    models_made = {model for model, part in touched if not part}
    models_touched = {model for model, _ in touched}
    return any(
        model in models_made or (not part and model in models_touched) or (model, part) in touched
        for model, part in marks
    )
