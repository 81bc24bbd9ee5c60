"""Reading CREATE, ALTER, COMMENT and DROP statements about tables and views."""

import re
from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from catalog.lineage.columntypes import printed
from catalog.lineage.definitions import (
    ColumnDefinition,
    Definition,
    Description,
    ForeignKey,
    Removal,
    SchemaDefinition,
    SearchPath,
    TableDefinition,
    ViewDefinition,
)
from catalog.lineage.flows import Relation
from catalog.lineage.parsing import parsed
from catalog.lineage.scopes import Unresolved

LONGEST_STATEMENT = 1_000_000
"""Characters of one CREATE TABLE; 10,000 columns have about 500,000."""

_NAME = r'(?:"(?:[^"]|"")*"|`(?:[^`]|``)*`|[^\W\d][\w$]*)'
_QUALIFIED = rf"{_NAME}(?:\s*+\.\s*+{_NAME}){{0,2}}"
# Spaces are taken for good (``++``): a megabyte of them is not tried in every division.
_VIEW = re.compile(
    rf"""create\s++(?:or\s++replace\s++)?
    (?P<how>(?:(?:temp|temporary|local|recursive|materialized|force|algorithm\s*+=\s*+\w++
      |definer\s*+=\s*+\S++|sql\s++security\s++\w++)\s++)*+)
    view\s++(?:if\s++not\s++exists\s++)?(?P<name>{_QUALIFIED})\s*+
    (?:(?P<columns>\(\s*+{_NAME}(?:\s*+,\s*+{_NAME})*+\s*+\))\s*+)?
    (?:using\s++\w++\s++)?(?:with\s*+\([^()]*+\)\s*+)?(?:tablespace\s++{_NAME}\s++)?
    as\b(?P<query>.*?)
    (?:\bwith\s++(?:no\s++data|data|read\s++only|(?:cascaded\s++|local\s++)?check\s++option)
      \s*+)?$""",
    re.I | re.S | re.X,
)
_ATTACH = re.compile(
    rf"""alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?(?P<name>{_QUALIFIED})\s+
    attach\s+partition\s+(?P<part>{_QUALIFIED})""",
    re.I | re.X,
)
_SCHEMA = re.compile(
    rf"create\s+schema\s+(?:if\s+not\s+exists\s+)?(?P<name>{_NAME})"
    rf"(?:\s+authorization\s+{_NAME})?",
    re.I,
)
_ELEMENT = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$.*?\$\1\$|[()]|(?P<begin>\b(?:create|grant)\b)""",
    re.I | re.S,
)
# PostgreSQL 18's word for a generated column that is not stored; sqlglot knows the other.
_VIRTUAL = re.compile(r"\)\s+virtual\b", re.I)
_PLACED = re.compile(
    rf"""alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?{_QUALIFIED}(?:\s*\*)?\s+
    (?:owner|set|reset|enable|disable|force|no\s+force|cluster|replica|validate|inherit|no\s+inherit
      |detach|of|not\s+of|(?:alter\s+(?:column\s+)?{_NAME}\s+
        (?:add\s+generated|set\s+(?:statistics|storage|compression|generated|default|\()|drop\s+
        (?:default|identity|expression)|reset)))\b""",
    re.I | re.X,
)
_FOREIGN = re.compile(r"create\s++foreign\s++table\b(.*\))\s*+server\b.*$", re.I | re.S)
_NO_COMMENT = re.compile(r"\bis\s+null$", re.I)
_ABOUT = re.compile(
    r"""create\s+(?:(?:or\s+replace|global|local|temp|temporary|unlogged|foreign|recursive
      |materialized|force|algorithm\s*=\s*\w+|definer\s*=\s*\S+|sql\s+security\s+\w+)\s+)*
      (?:table|view|schema)\b
    | alter\s+table\b | comment\s+on\s+(?:table|column|(?:materialized\s+)?view|schema)\b
    | drop\s+(?:table|view|materialized\s+view)\b
    | set\s+(?:session\s+|local\s+)?search_path\b | select\s+(?:pg_catalog\s*\.\s*)?set_config\b
    | use\s""",
    re.I | re.X,
)
_PATH = re.compile(
    r"set\s+(?:session\s+|local\s+)?search_path\s*(?:to|=)\s*(?P<path>.*)$"
    r"|select\s+(?:pg_catalog\s*\.\s*)?set_config\(\s*'search_path'\s*,\s*'(?P<text>[^']*)'.*$"
    rf"|use\s+(?P<use>{_NAME})\s*$",
    re.I | re.S,
)


def elements(statement: str) -> list[tuple[str, str]]:
    """Return the statements in ``statement``, each with the schema it is written in or ''.

    The standard lets CREATE SCHEMA hold the CREATE statements of its tables and views.
    """
    header = _SCHEMA.match(statement)
    if header is None:
        return [(statement, "")]
    depth = 0
    starts = [0]
    for token in _ELEMENT.finditer(statement, header.end()):
        depth += {"(": 1, ")": -1}.get(token.group(), 0)
        if token.lastgroup == "begin" and depth == 0:
            starts.append(token.start())
    parts = [
        statement[start:end].strip()
        for start, end in zip(starts, [*starts[1:], len(statement)], strict=True)
    ]
    return [(parts[0], ""), *((part, header["name"]) for part in parts[1:])]


def read(statement: str, dialect: str) -> Definition | None:
    """Return what ``statement`` states, or None when it is about something else.

    Raises:
        Unresolved: it is about tables or views but cannot be read.
    """
    if _ABOUT.match(statement) is None:
        return None
    if (found := _PATH.match(statement)) is not None:
        return _search_path(found, dialect)
    if (found := _VIEW.match(statement)) is not None:
        return _view(found, dialect)
    if (found := _ATTACH.match(statement)) is not None:
        return TableDefinition(
            relation(found["part"], dialect),
            partition_of=relation(found["name"], dialect),
            is_change=True,
        )
    if (found := _SCHEMA.match(statement)) is not None:
        return SchemaDefinition(relation(found["name"], dialect)[0])
    if _PLACED.match(statement) is not None:
        return None  # owners, triggers, storage: no column or key
    is_foreign = (found := _FOREIGN.match(statement)) is not None
    text = f"CREATE TABLE{found[1]}" if found is not None else statement
    if dialect == "postgres":
        text = _VIRTUAL.sub(") STORED", text)
    if statement[:7].lower() == "comment":
        text = _NO_COMMENT.sub("IS ''", text)
    tree = parsed(text, dialect, longest=LONGEST_STATEMENT)
    if isinstance(tree, exp.Create):
        return _create(tree, dialect, is_foreign)
    if isinstance(tree, exp.Alter):
        return _alter(tree, dialect)
    if isinstance(tree, exp.Comment):
        return _description(tree, dialect)
    if isinstance(tree, exp.Drop):
        return Removal(tuple(_name(item, dialect) for item in tree.args.get("tables") or ()))
    return None


def relation(text: str, dialect: str) -> Relation:
    """Return a qualified name as written in SQL, folded as ``dialect`` folds."""
    parts = []
    for part in re.findall(_NAME, text):
        if part[0] in '"`':
            parts.append(part[1:-1].replace(part[0] * 2, part[0]))
        else:
            parts.append(part if dialect == "mysql" else part.lower())
    return tuple(parts)


def _search_path(found: re.Match[str], dialect: str) -> SearchPath:
    if found["use"]:
        return SearchPath(relation(found["use"], dialect))
    names = relation(found["path"] or found["text"] or "", dialect)
    return SearchPath(tuple(name for name in names if name not in ("pg_catalog", "$user")))


def _view(found: re.Match[str], dialect: str) -> ViewDefinition:
    how = found["how"].lower().split()
    name, query = relation(found["name"], dialect), found["query"].strip()
    columns = relation(found["columns"] or "", dialect)
    if "recursive" in how:
        # The standard's own expansion, SQL:2016 11.32.
        own = found["name"].rpartition(".")[2]
        names = found["columns"] or ""
        query = f"WITH RECURSIVE {own} {names} AS ({query}) TABLE {own}"
    return ViewDefinition(
        name, columns, query, "materialized" in how, "temp" in how or "temporary" in how
    )


def _create(tree: Any, dialect: str, is_foreign: bool) -> Definition | None:
    kind = str(tree.args.get("kind") or "").upper()
    if kind == "VIEW" and tree.expression is not None:
        columns = tree.this.expressions if isinstance(tree.this, exp.Schema) else ()
        query = tree.expression.sql(dialect=dialect)
        names = tuple(_text(column, dialect) for column in columns)
        return ViewDefinition(_name(tree.this, dialect), names, query, False, False)
    if kind != "TABLE":
        raise Unresolved(f"this form of CREATE {kind} is not known"[:160])
    schema = tree.this
    table = TableDefinition(_name(schema, dialect), is_foreign=is_foreign)
    if isinstance(schema, exp.Schema):
        for item in schema.expressions:
            _add(table, item, dialect)
    properties = tree.args.get("properties")
    for item in properties.expressions if properties is not None else ():
        if isinstance(item, exp.PartitionedOfProperty):
            table.partition_of = _name(item.this, dialect)
        elif isinstance(item, exp.InheritsProperty):
            table.parents += [_name(parent, dialect) for parent in item.expressions]
        elif isinstance(item, exp.LikeProperty):
            table.parents.append(_name(item.this, dialect))
        elif isinstance(item, exp.TemporaryProperty):
            table.is_temporary = True
        elif isinstance(item, exp.PartitionedByProperty):
            table.is_partitioned = True
        elif isinstance(item, exp.SchemaCommentProperty):
            table.description = item.this.name
    if tree.expression is not None:
        table.query = tree.expression.sql(dialect=dialect)
    return table


def _alter(tree: Any, dialect: str) -> TableDefinition | None:
    if str(tree.args.get("kind") or "").upper() != "TABLE":
        return None
    table = TableDefinition(_name(tree.this, dialect), is_change=True)
    for action in tree.args.get("actions") or ():
        if isinstance(action, exp.AddConstraint):
            for item in action.expressions:
                _add(table, item, dialect)
        elif isinstance(action, exp.Drop) and str(action.args.get("kind")).upper() == "COLUMN":
            dropped = action.args.get("tables") or [action.this]
            table.dropped += [_text(item.this, dialect) for item in dropped if item is not None]
        elif isinstance(action, exp.RenameColumn):
            old, new = action.this, action.args["to"]
            table.renamed[_text(old.this, dialect)] = _text(new.this, dialect)
        elif isinstance(action, exp.AlterRename):
            _rename(table, action, tree, dialect)
        elif isinstance(action, exp.AlterColumn):
            kind, nullable = action.args.get("dtype"), action.args.get("allow_null")
            name = _text(action.this, dialect)
            before = table.altered.get(name, (None, None))
            table.altered[name] = (
                printed(kind, dialect) if kind is not None else before[0],
                before[1] if nullable is None else nullable,
            )
        elif isinstance(action, exp.ModifyColumn):
            changed = TableDefinition(table.name)
            _add(changed, action.this, dialect)
            for column in changed.columns:
                table.altered[column.name] = (column.physical_type, column.nullable)
        else:
            _add(table, action, dialect)
    return table


def _rename(table: TableDefinition, action: Any, tree: Any, dialect: str) -> None:
    """Note a new name of the table, or of a column where the word COLUMN was left out."""
    name = _name(action.this, dialect)
    options = [
        item for item in tree.args.get("options") or () if isinstance(item, exp.ToTableProperty)
    ]
    if options:
        table.renamed[name[-1]] = _name(options[0].this, dialect)[-1]
    else:
        table.new_name = name[-1]


def _description(tree: Any, dialect: str) -> Description | None:
    kinds = {"SCHEMA": "schema", "TABLE": "relation", "VIEW": "relation", "COLUMN": "column"}
    kind = kinds.get(str(tree.args.get("kind") or "").upper())
    if kind is None:
        return None
    return Description(kind, _name(tree.this, dialect), tree.expression.name)


def _add(table: TableDefinition, item: Any, dialect: str, constraint: str = "") -> None:
    """Add one item of a CREATE TABLE's parentheses."""
    if isinstance(item, exp.ColumnDef):
        _add_column(table, item, dialect)
    elif isinstance(item, exp.Constraint):
        for inner in item.expressions:
            _add(table, inner, dialect, _text(item.this, dialect))
    elif isinstance(item, exp.PrimaryKey):
        table.primary_key = tuple(_columns(item.expressions, dialect))
    elif isinstance(item, exp.ForeignKey):
        columns = tuple(_columns(item.expressions, dialect))
        _add_key(table, constraint, columns, item.args.get("reference"), dialect)
    elif isinstance(item, exp.LikeProperty):
        table.parents.append(_name(item.this, dialect))


def _add_column(table: TableDefinition, item: Any, dialect: str) -> None:
    name = _text(item.this, dialect)
    kind = item.args.get("kind")
    nullable = not str(kind).upper().endswith("SERIAL")
    description = expression = ""
    for constraint in item.args.get("constraints") or ():
        what = constraint.args.get("kind")
        if isinstance(what, exp.NotNullColumnConstraint):
            nullable = bool(what.args.get("allow_null"))
        elif isinstance(what, exp.PrimaryKeyColumnConstraint):
            table.primary_key, nullable = (name,), False
        elif isinstance(what, exp.CommentColumnConstraint):
            description = what.this.name
        elif isinstance(what, exp.ComputedColumnConstraint):
            expression = what.this.sql(dialect=dialect)
        elif isinstance(what, exp.Reference):
            _add_key(table, "", (name,), what, dialect)
    physical_type = printed(kind, dialect)
    table.columns.append(ColumnDefinition(name, physical_type, nullable, description, expression))


def _add_key(
    table: TableDefinition, name: str, columns: tuple[str, ...], reference: Any, dialect: str
) -> None:
    if reference is None:
        return
    target = reference.this
    names: tuple[str, ...] = ()
    if isinstance(target, exp.Schema):
        names = tuple(_columns(target.expressions, dialect))
    table.foreign_keys.append(ForeignKey(name, columns, _name(target, dialect), names))


def _columns(items: Any, dialect: str) -> Iterator[str]:
    for item in items:
        under = item
        while isinstance(under, exp.Ordered | exp.Column):
            under = under.this
        yield _text(under, dialect)


def _name(node: Any, dialect: str) -> Relation:
    if isinstance(node, exp.Schema):
        node = node.this
    if not isinstance(node, exp.Table | exp.Column):
        raise Unresolved("the name cannot be read")
    parts = (
        ("catalog", "db", "table", "this")
        if isinstance(node, exp.Column)
        else ("catalog", "db", "this")
    )
    found = (node.args.get(part) for part in parts)
    return tuple(text for item in found if item is not None and (text := _text(item, dialect)))


def _text(identifier: Any, dialect: str) -> str:
    if identifier is None:
        return ""
    if isinstance(identifier, str):  # of a malformed name, such as ``a..b``
        raise Unresolved("the name cannot be read")
    name = str(identifier.name)
    keeps = dialect == "mysql" or identifier.args.get("quoted")
    return name if keeps else name.lower()
