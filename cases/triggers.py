"""What the database itself keeps true of cases: history only grows, every event reaches the outbox, a case's tree
path follows its grid, and a published policy never changes."""

from __future__ import annotations

import json

from django.db.migrations.operations.special import RunSQL

from .words import HAN_RANGES, LETTERS, LONGEST_WORD, PLACE, PLACE_LENGTHS, SIMPLIFIED, TAIL

APPEND_ONLY = RunSQL(
    sql="""
    CREATE FUNCTION cases_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the history of cases is append-only: % refused', TG_OP
            USING ERRCODE = 'integrity_constraint_violation';
    END $$;
    CREATE TRIGGER caseevent_refuses_change BEFORE UPDATE OR DELETE ON cases_caseevent
        FOR EACH ROW EXECUTE FUNCTION cases_refuse_change();
    CREATE TRIGGER caseevent_refuses_truncate BEFORE TRUNCATE ON cases_caseevent
        FOR EACH STATEMENT EXECUTE FUNCTION cases_refuse_change();
    """,
    reverse_sql="""
    DROP TRIGGER caseevent_refuses_truncate ON cases_caseevent;
    DROP TRIGGER caseevent_refuses_change ON cases_caseevent;
    DROP FUNCTION cases_refuse_change();
    """,
)

OUTBOX = RunSQL(
    sql="""
    CREATE FUNCTION cases_put_in_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO cases_pendingevent (event_id) VALUES (NEW.id);
        RETURN NULL;
    END $$;
    CREATE TRIGGER caseevent_outbox AFTER INSERT ON cases_caseevent
        FOR EACH ROW WHEN (NOT NEW.quiet) EXECUTE FUNCTION cases_put_in_outbox();
    """,
    reverse_sql="""
    DROP TRIGGER caseevent_outbox ON cases_caseevent;
    DROP FUNCTION cases_put_in_outbox();
    """,
)

FOLLOW_GRID = RunSQL(
    sql="""
    CREATE FUNCTION cases_follow_grid() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE cases_case SET grid_path = NEW.path WHERE grid_id = NEW.id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER grid_takes_cases_along AFTER UPDATE OF path ON grids_grid
        FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path) EXECUTE FUNCTION cases_follow_grid();
    """,
    reverse_sql="""
    DROP TRIGGER grid_takes_cases_along ON grids_grid;
    DROP FUNCTION cases_follow_grid();
    """,
)

MOVED_CASES = RunSQL(
    sql="""
    CREATE FUNCTION cases_note_move() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO cases_movedcase (case_id, moved_at)
            SELECT NEW.id, clock_timestamp()
            WHERE EXISTS (SELECT FROM cases_deadline WHERE case_id = NEW.id AND state IN ('running', 'paused'))
            ON CONFLICT (case_id) DO UPDATE SET moved_at = EXCLUDED.moved_at;
        RETURN NULL;
    END $$;
    CREATE TRIGGER case_moves AFTER UPDATE OF grid_path ON cases_case
        FOR EACH ROW WHEN (OLD.grid_path IS DISTINCT FROM NEW.grid_path) EXECUTE FUNCTION cases_note_move();
    """,
    reverse_sql="""
    DROP TRIGGER case_moves ON cases_case;
    DROP FUNCTION cases_note_move();
    """,
)
"""Whose clocks the next recount looks at: by whatever way a case comes to another place."""

_KEEPS_PROMISES = """
    CREATE TRIGGER {table}_keeps_promises BEFORE INSERT OR UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION cases_keep_promises('{way}');
"""

PUBLISHED_IS_FINAL = RunSQL(
    sql="""
    CREATE FUNCTION cases_keep_promises() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        part record;
        published boolean;
    BEGIN
        IF TG_OP = 'DELETE' THEN part := OLD; ELSE part := NEW; END IF;
        IF TG_ARGV[0] = 'ladder' THEN
            SELECT p.published_at IS NOT NULL INTO published FROM cases_policy p
                JOIN cases_ladder l ON l.policy_id = p.id WHERE l.id = part.ladder_id;
        ELSE
            SELECT p.published_at IS NOT NULL INTO published FROM cases_policy p WHERE p.id = part.policy_id;
        END IF;
        IF published THEN
            RAISE EXCEPTION 'a published policy never changes: publish a new version'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN part;
    END $$;
    """
    + """
    CREATE FUNCTION cases_keep_policy() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a published policy never changes: publish a new version'
            USING ERRCODE = 'integrity_constraint_violation';
    END $$;
    CREATE TRIGGER cases_policy_keeps_promises BEFORE UPDATE OR DELETE ON cases_policy
        FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION cases_keep_policy();
    """
    + _KEEPS_PROMISES.format(table="cases_ladder", way="policy")
    + _KEEPS_PROMISES.format(table="cases_allowance", way="policy")
    + _KEEPS_PROMISES.format(table="cases_step", way="ladder"),
    reverse_sql="""
    DROP TRIGGER cases_step_keeps_promises ON cases_step;
    DROP TRIGGER cases_allowance_keeps_promises ON cases_allowance;
    DROP TRIGGER cases_ladder_keeps_promises ON cases_ladder;
    DROP TRIGGER cases_policy_keeps_promises ON cases_policy;
    DROP FUNCTION cases_keep_policy();
    DROP FUNCTION cases_keep_promises();
    """,
)


def _is_han(column: str) -> str:
    """A condition on a single character; comparisons cost a third of what a regular expression does."""
    return "(" + " OR ".join(f"{column} BETWEEN '{first}' AND '{last}'" for first, last in HAN_RANGES) + ")"


def _words_of(folded: str) -> str:
    """The function that makes the tokens of a case, of `said` as it is `folded`."""
    return f"""
    CREATE OR REPLACE FUNCTION cases_words_of(number text, grid_path text, said text) RETURNS tsvector
        LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    DECLARE
        folded text COLLATE "C" := {folded};
        chars text[] COLLATE "C" := string_to_array(folded, NULL);
    BEGIN
        RETURN array_to_tsvector(ARRAY(
            -- Each character with its neighbour; the last of a run alone, so that each one begins a token
            SELECT one || CASE WHEN {_is_han("two")} THEN two ELSE '' END
                FROM unnest(chars, chars[2:]) AS pair (one, two) WHERE {_is_han("one")}
            UNION ALL SELECT left(word.found[1], {LONGEST_WORD})
                FROM regexp_matches(folded, '[{LETTERS}]+', 'g') AS word (found)
            UNION ALL SELECT '{TAIL}' || ltrim(split_part(number, '-', 3), '0')
            UNION ALL SELECT '{PLACE}' || left(grid_path, length)
                FROM unnest(ARRAY{list(PLACE_LENGTHS)}) AS above (length) WHERE char_length(grid_path) >= length
        ));
    END $$;
    """


_AS_SMALL = 'lower(normalize(said, NFKC) COLLATE "C")'

WORDS = RunSQL(
    sql=f"""{_words_of(_AS_SMALL)}
    CREATE FUNCTION cases_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO cases_casewords (case_id, grid_path, unit_ids, words) VALUES (
            NEW.id, NEW.grid_path, NEW.unit_ids,
            cases_words_of(NEW.number, NEW.grid_path, concat_ws(E'\\n', NEW.title, NEW.text, NEW.address))
        ) ON CONFLICT (case_id) DO UPDATE
            SET grid_path = EXCLUDED.grid_path, unit_ids = EXCLUDED.unit_ids, words = EXCLUDED.words;
        RETURN NULL;
    END $$;
    CREATE FUNCTION cases_keep_reach() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE cases_casewords SET unit_ids = NEW.unit_ids WHERE case_id = NEW.id;
        RETURN NULL;
    END $$;
    CREATE FUNCTION cases_drop_words() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM cases_casewords WHERE case_id = OLD.id;
        RETURN NULL;
    END $$;

    CREATE TRIGGER case_words AFTER INSERT ON cases_case FOR EACH ROW EXECUTE FUNCTION cases_keep_words();
    CREATE TRIGGER case_words_change AFTER UPDATE OF number, title, text, address, grid_path ON cases_case FOR EACH ROW
        WHEN ((OLD.number, OLD.title, OLD.text, OLD.address, OLD.grid_path)
            IS DISTINCT FROM (NEW.number, NEW.title, NEW.text, NEW.address, NEW.grid_path))
        EXECUTE FUNCTION cases_keep_words();
    CREATE TRIGGER case_words_reach AFTER UPDATE OF unit_ids ON cases_case FOR EACH ROW
        WHEN (OLD.unit_ids IS DISTINCT FROM NEW.unit_ids) EXECUTE FUNCTION cases_keep_reach();
    CREATE TRIGGER case_words_end AFTER DELETE ON cases_case FOR EACH ROW EXECUTE FUNCTION cases_drop_words();

    -- Room for other units, and statistics of many tokens: the planner must know the frequent ones (docs/adr/0025)
    ALTER TABLE cases_casewords SET (fillfactor = 90);
    ALTER TABLE cases_casewords ALTER COLUMN words SET STATISTICS 1000;
    """,
    reverse_sql="""
    DROP TRIGGER case_words ON cases_case;
    DROP TRIGGER case_words_change ON cases_case;
    DROP TRIGGER case_words_reach ON cases_case;
    DROP TRIGGER case_words_end ON cases_case;
    DROP FUNCTION cases_keep_words();
    DROP FUNCTION cases_keep_reach();
    DROP FUNCTION cases_drop_words();
    DROP FUNCTION cases_words_of(text, text, text);
    """,
)
"""What of a case can be searched, beside it: written when it comes in and when its words change, whoever does it."""

SIMPLIFY = RunSQL(
    # Mostly nothing is traditional, which one look at the text tells; `translate` would compare each character with all
    sql=f"""
    CREATE FUNCTION cases_folded(said text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    DECLARE
        folded text COLLATE "C" := {_AS_SMALL};
    BEGIN
        IF folded ~ '[{"".join(SIMPLIFIED)}]' THEN
            RETURN (
                SELECT string_agg(coalesce('{json.dumps(SIMPLIFIED, ensure_ascii=False)}'::jsonb ->> one, one), ''
                    ORDER BY place)
                FROM unnest(string_to_array(folded, NULL)) WITH ORDINALITY AS letter (one, place)
            );
        END IF;
        RETURN folded;
    END $$;
    {_words_of("cases_folded(said)")}
    """,
    reverse_sql=f"""
    {_words_of(_AS_SMALL)}
    DROP FUNCTION cases_folded(text);
    """,
)
"""What is searched and what is looked for is folded alike, by `cases.words.folded` and by this."""
