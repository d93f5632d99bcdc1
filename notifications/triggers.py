"""What the database itself keeps true of texts: what was published stays, so that it can be said for ever what people
were told."""

from __future__ import annotations

from django.db.migrations.operations.special import RunSQL

PUBLISHED_TEXTS_STAY = RunSQL(
    sql="""
    CREATE FUNCTION notifications_keep_text() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a published text never changes: publish a new version'
            USING ERRCODE = 'integrity_constraint_violation';
    END $$;
    CREATE TRIGGER notifications_messagetemplate_stays BEFORE UPDATE ON notifications_messagetemplate
        FOR EACH ROW WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION notifications_keep_text();
    """,
    reverse_sql="""
    DROP TRIGGER notifications_messagetemplate_stays ON notifications_messagetemplate;
    DROP FUNCTION notifications_keep_text();
    """,
)
"""Deleting is left to the admin, which refuses it, and to the end of a city, which takes its texts along."""
