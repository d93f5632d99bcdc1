"""What the database itself keeps true of cases: history only grows, every event reaches the outbox, a case's tree
path follows its grid, and a published policy never changes."""

from django.db.migrations.operations.special import RunSQL

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
