"""Triggers that write change records: for each statement that changes a table of reference data, whoever sends it, one
row for each row that differs. Statement triggers see a subtree that moves as a whole, and cost a bulk load little."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.migrations.operations.special import RunSQL

LONGEST = 1000
"""Characters of a value that is kept as it is; of an outline only length and digest are."""

FUNCTIONS = RunSQL(
    sql=f"""
    CREATE FUNCTION grids_masked(said text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE
            WHEN position('@' IN said) > 0 THEN left(said, 1) || '***' || substring(said FROM '@.*$')
            WHEN length(said) > 6 THEN left(said, 3) || '***' || right(said, 2)
            WHEN said = '' THEN ''
            ELSE left(said, 1) || '**'
        END
    $$;

    CREATE FUNCTION grids_recorded(said jsonb, masked text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
        SELECT coalesce(jsonb_object_agg(key, CASE
            WHEN key = 'password' THEN to_jsonb('***'::text)
            WHEN key = ANY (masked) AND value <> 'null' THEN to_jsonb(grids_masked(value #>> '{{}}'))
            WHEN length(value::text) > {LONGEST} THEN to_jsonb(
                format('%s characters, md5 %s', length(value::text), md5(value::text)))
            ELSE value
        END), '{{}}') FROM jsonb_each(said)
    $$;

    CREATE FUNCTION grids_acting(OUT by_id bigint, OUT by_name text, OUT way text) LANGUAGE plpgsql STABLE AS $$
    BEGIN
        by_id := nullif(current_setting('govgrid.by', true), '')::bigint;
        by_name := coalesce((SELECT username FROM grids_user WHERE id = by_id), '');
        way := coalesce(nullif(current_setting('govgrid.way', true), ''), current_setting('application_name'));
    END $$;

    CREATE FUNCTION grids_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'change records are written once: % refused', TG_OP
            USING ERRCODE = 'integrity_constraint_violation';
    END $$;
    CREATE TRIGGER changerecord_refuses_change BEFORE UPDATE OR DELETE ON grids_changerecord
        FOR EACH ROW EXECUTE FUNCTION grids_refuse_change();
    """,
    reverse_sql="""
    DROP TRIGGER changerecord_refuses_change ON grids_changerecord;
    DROP FUNCTION grids_refuse_change();
    DROP FUNCTION grids_acting();
    DROP FUNCTION grids_recorded(jsonb, text[]);
    DROP FUNCTION grids_masked(text);
    """,
)
"""What the triggers below call, made once; and change records only grow."""

_COLUMNS = "model, object_id, subject, part_of, kind, before, after, at, by_id, by_name, way, grid_id, shared"
_TREE = ("path", "depth", "numchild")


@dataclass(frozen=True, slots=True)
class Recorded:
    """How rows of a table are recorded; SQL expressions are over the row `r`.

    `label` names the model, `subject` the row, for people. `grid` is the id of the grid whose administrators see the
    record; `shared` rows are the same for every city; `part_of` is the label and key of the row that it is a part of;
    `author` is who made it where nobody is said to act. `unrecorded` columns do not count; `masked` ones hold personal
    data. A `tree` records the code of the parent instead of the path.
    """

    table: str
    label: str
    subject: str
    grid: str = "NULL::bigint"
    shared: bool = False
    part_of: str = "''"
    author: str = "NULL::bigint"
    unrecorded: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    tree: bool = False

    @property
    def head(self) -> str:
        return f"'{self.label}', r.id, left(({self.subject})::text, 400), coalesce(({self.part_of})::text, '')"

    @property
    def tail(self) -> str:
        by = f"coalesce(a.by_id, {self.author}), a.by_name, left(a.way, 80)"
        return f"clock_timestamp(), {by}, ({self.grid}), {str(self.shared).lower()}"

    @property
    def skipped(self) -> str:
        return _array(("id", *self.unrecorded, *(_TREE if self.tree else ())))

    @property
    def whole(self) -> str:
        """All that a new or deleted row says, without what is empty."""
        parent = " || jsonb_build_object('parent', pr.code)" if self.tree else ""
        return f"grids_recorded(jsonb_strip_nulls((to_jsonb(r) - {self.skipped}){parent}), {_array(self.masked)})"

    @property
    def parent(self) -> str:
        return f"LEFT JOIN {self.table} pr ON pr.path = left(r.path, -4) AND length(r.path) > 4" if self.tree else ""

    @property
    def parents(self) -> str:
        """With the parent before: one that moves in the same statement is found where it stood."""
        if not self.tree:
            return ""
        return f"""{self.parent}
            LEFT JOIN old_rows moved ON moved.path = left(o.path, -4) AND length(o.path) > 4
            LEFT JOIN {self.table} stayed ON stayed.path = left(o.path, -4) AND length(o.path) > 4
            CROSS JOIN LATERAL (SELECT coalesce(moved.code, stayed.code) AS code) po"""

    def differs(self, side: str) -> str:
        """What an update changed, before or after it."""
        said = f"coalesce(d.{side}, '{{}}')"
        if self.tree:
            code = "po.code" if side == "before" else "pr.code"
            parent = f"jsonb_build_object('parent', {code})"
            said += f" || CASE WHEN po.code IS DISTINCT FROM pr.code THEN {parent} ELSE '{{}}' END"
        return said


def _array(names: Iterable[str]) -> str:
    return f"ARRAY[{', '.join(repr(name) for name in sorted(names))}]::text[]"


def recording_triggers(said: Recorded) -> RunSQL:
    """A migration operation: from now on each change of the table is recorded."""
    return RunSQL(sql=_function(said) + _triggers(said.table), reverse_sql=_dropped(said.table))


def _function(said: Recorded) -> str:
    return f"""
    CREATE FUNCTION {said.table}_record() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO grids_changerecord ({_COLUMNS})
            SELECT {said.head}, 'created', '{{}}', {said.whole}, {said.tail}
            FROM new_rows r {said.parent} CROSS JOIN grids_acting() a;
        ELSIF TG_OP = 'DELETE' THEN
            INSERT INTO grids_changerecord ({_COLUMNS})
            SELECT {said.head}, 'deleted', {said.whole}, '{{}}', {said.tail}
            FROM old_rows r {said.parent} CROSS JOIN grids_acting() a;
        ELSE
            INSERT INTO grids_changerecord ({_COLUMNS})
            SELECT {said.head}, 'changed', grids_recorded(c.before, {_array(said.masked)}),
                grids_recorded(c.after, {_array(said.masked)}), {said.tail}
            FROM old_rows o JOIN new_rows r ON r.id = o.id {said.parents}
            CROSS JOIN LATERAL (
                SELECT jsonb_object_agg(n.key, b.value) AS before, jsonb_object_agg(n.key, n.value) AS after
                FROM jsonb_each(to_jsonb(r)) n JOIN jsonb_each(to_jsonb(o)) b USING (key)
                WHERE n.value IS DISTINCT FROM b.value AND n.key <> ALL ({said.skipped})
            ) d
            CROSS JOIN LATERAL (SELECT {said.differs("before")} AS before, {said.differs("after")} AS after) c
            CROSS JOIN grids_acting() a
            WHERE c.after <> '{{}}';
        END IF;
        RETURN NULL;
    END $$;
    """


_ROWS = {
    "INSERT": "NEW TABLE AS new_rows",
    "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "OLD TABLE AS old_rows",
}


def _triggers(table: str) -> str:
    return "".join(
        f"""
    CREATE TRIGGER {table}_records_{event.lower()} AFTER {event} ON {table} REFERENCING {rows}
        FOR EACH STATEMENT EXECUTE FUNCTION {table}_record();
    """
        for event, rows in _ROWS.items()
    )


def _dropped(table: str) -> str:
    gone = "".join(f"DROP TRIGGER {table}_records_{event.lower()} ON {table};" for event in _ROWS)
    return f"{gone} DROP FUNCTION {table}_record();"


def recording_powers(table: str, what: str, name: str) -> RunSQL:
    """A migration operation: what an account may do, in a table that links it to something, is recorded as a change of
    the account. `what` names the power, `name` is SQL over the link `r`."""
    said = f"jsonb_build_object('{what}', {name})"
    subject = "(SELECT username FROM grids_user WHERE id = r.user_id)"
    columns = f"""
            INSERT INTO grids_changerecord ({_COLUMNS})
            SELECT 'grids.user', r.user_id, coalesce({subject}, ''), '', 'changed', {{before}}, {{after}},
                clock_timestamp(), a.by_id, a.by_name, left(a.way, 80), NULL::bigint, false
            FROM {{rows}} r CROSS JOIN grids_acting() a;"""
    return RunSQL(
        sql=f"""
    CREATE FUNCTION {table}_record() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN {columns.format(before="'{}'", after=said, rows="new_rows")}
        ELSE {columns.format(before=said, after="'{}'", rows="old_rows")}
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER {table}_records_insert AFTER INSERT ON {table} REFERENCING {_ROWS["INSERT"]}
        FOR EACH STATEMENT EXECUTE FUNCTION {table}_record();
    CREATE TRIGGER {table}_records_delete AFTER DELETE ON {table} REFERENCING {_ROWS["DELETE"]}
        FOR EACH STATEMENT EXECUTE FUNCTION {table}_record();
    """,
        reverse_sql=f"""
    DROP TRIGGER {table}_records_delete ON {table};
    DROP TRIGGER {table}_records_insert ON {table};
    DROP FUNCTION {table}_record();
    """,
    )
