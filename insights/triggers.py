"""Which cases must be counted anew, as the database sees it: with each event that counts, and with each move of a
case or a clock that has no event, by whatever way it comes."""

from __future__ import annotations

from django.db.migrations.operations.special import RunSQL

from cases.choices import EventKind as K

COUNTS_NOTHING = (
    K.REMINDED, K.FLAGGED, K.URGED, K.ROLE_NOTIFIED, K.NOTED, K.INSTRUCTED, K.SUPERVISED, K.SUPERVISION_ANSWERED,
    K.SUPERVISION_CHECKED, K.LISTED, K.LOOKED_BACK, K.PUBLISHED, K.UNPUBLISHED, K.REVEALED, K.ANONYMISED,
    K.FILES_DELETED, K.PEER_RATED,
)  # fmt: skip
"""Events after which every fact is as it was. What is not named here counts."""

_NAMES = ", ".join(f"'{kind.value}'" for kind in COUNTS_NOTHING)

TOUCHED = RunSQL(
    sql=f"""
    CREATE FUNCTION insights_touch_by_event() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO insights_touched (case_id) VALUES (NEW.case_id);
        RETURN NULL;
    END $$;
    CREATE FUNCTION insights_touch_case() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO insights_touched (case_id) VALUES (NEW.id);
        RETURN NULL;
    END $$;
    CREATE TRIGGER caseevent_counts AFTER INSERT ON cases_caseevent
        FOR EACH ROW WHEN (NEW.kind NOT IN ({_NAMES})) EXECUTE FUNCTION insights_touch_by_event();
    CREATE TRIGGER case_moves_figures AFTER UPDATE OF grid_path ON cases_case
        FOR EACH ROW WHEN (OLD.grid_path IS DISTINCT FROM NEW.grid_path) EXECUTE FUNCTION insights_touch_case();
    CREATE TRIGGER deadline_changes_hands AFTER UPDATE OF unit_id ON cases_deadline
        FOR EACH ROW WHEN (OLD.unit_id IS DISTINCT FROM NEW.unit_id) EXECUTE FUNCTION insights_touch_by_event();
    """,
    reverse_sql="""
    DROP TRIGGER deadline_changes_hands ON cases_deadline;
    DROP TRIGGER case_moves_figures ON cases_case;
    DROP TRIGGER caseevent_counts ON cases_caseevent;
    DROP FUNCTION insights_touch_case();
    DROP FUNCTION insights_touch_by_event();
    """,
)
