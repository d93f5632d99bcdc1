"""What the database itself watches over: who changed reference data (for snapshots in every process), and
that no grid stands under the wrong parent, whoever writes it."""

from __future__ import annotations

from django.db.migrations.operations.special import RunSQL

WRITE_REVISION = RunSQL(
    sql="""
    CREATE FUNCTION grids_write_revision() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO grids_revision (family, token) VALUES (TG_ARGV[0], gen_random_uuid())
        ON CONFLICT (family) DO UPDATE SET token = EXCLUDED.token;
        RETURN NULL;
    END $$;
    """,
    reverse_sql="DROP FUNCTION grids_write_revision();",
)
"""The function behind `revision_trigger`, made once."""


def revision_trigger(table: str, family: str) -> RunSQL:
    """A migration operation: every statement that changes `table` gives its family of reference rows a new
    token.

    `family` is what a `grids.snapshots.Snapshot` names; several tables may share one. Migrations of other
    apps that use it depend on `("grids", "0002_triggers")`.
    """
    name = f"{table}_revision"
    return RunSQL(
        sql=f"""
        CREATE TRIGGER {name} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION grids_write_revision('{family}');
        """,
        reverse_sql=f"DROP TRIGGER {name} ON {table};",
    )


# A subtree moves in one statement, so both triggers see it as a whole: constraint triggers fire at its end.
# The second waits for the commit, because Django deletes a subtree in several statements.
PARENT_RULES = RunSQL(
    sql="""
    CREATE FUNCTION grids_level_rank(level text) RETURNS int LANGUAGE sql IMMUTABLE AS $$
        SELECT array_position(ARRAY['city', 'county', 'town', 'village', 'cell', 'micro'], level);
    $$;

    CREATE FUNCTION grids_check_place(grid_path text, grid_code text, grid_level text, skips boolean)
    RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        parent record;
        apart int;
    BEGIN
        IF length(grid_path) <= 4 THEN
            IF grid_level <> 'city' THEN
                RAISE EXCEPTION 'grid %: a % cannot stand at the root, only a city can', grid_code, grid_level
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'grid_stands_under_its_parent';
            END IF;
            RETURN;
        END IF;
        SELECT code, level INTO parent FROM grids_grid WHERE path = left(grid_path, -4);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'grid % (%): its parent does not exist', grid_code, grid_level
                USING ERRCODE = 'check_violation', CONSTRAINT = 'grid_stands_under_its_parent';
        END IF;
        apart := grids_level_rank(grid_level) - grids_level_rank(parent.level);
        IF apart < 1 OR (apart > 1 AND NOT skips) THEN
            RAISE EXCEPTION
                'grid % (%) cannot stand under % (%): one level up is right, more with skips_levels',
                grid_code, grid_level, parent.code, parent.level
                USING ERRCODE = 'check_violation', CONSTRAINT = 'grid_stands_under_its_parent';
        END IF;
    END $$;

    CREATE FUNCTION grids_check_grid() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM grids_check_place(NEW.path, NEW.code, NEW.level, NEW.skips_levels);
        RETURN NULL;
    END $$;

    CREATE FUNCTION grids_check_children() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM grids_check_place(child.path, child.code, child.level, child.skips_levels)
        FROM grids_grid child
        -- '~' sorts behind every character of a path; the index serves a range, but not LIKE over a variable
        WHERE child.path > OLD.path AND child.path < OLD.path || '~' AND left(child.path, -4) = OLD.path;
        RETURN NULL;
    END $$;

    CREATE CONSTRAINT TRIGGER grid_stands_under_its_parent
    AFTER INSERT OR UPDATE OF path, level, skips_levels ON grids_grid
    DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION grids_check_grid();

    CREATE CONSTRAINT TRIGGER grid_leaves_no_orphans
    AFTER DELETE OR UPDATE OF path, level ON grids_grid
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION grids_check_children();
    """,
    reverse_sql="""
    DROP TRIGGER grid_leaves_no_orphans ON grids_grid;
    DROP TRIGGER grid_stands_under_its_parent ON grids_grid;
    DROP FUNCTION grids_check_children();
    DROP FUNCTION grids_check_grid();
    DROP FUNCTION grids_check_place(text, text, text, boolean);
    DROP FUNCTION grids_level_rank(text);
    """,
)
