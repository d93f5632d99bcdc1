"""Changes of categories, rules and policies are recorded."""

from django.db import migrations

from grids.recording import Recorded, recording_triggers

CATEGORY = "(SELECT name FROM cases_category WHERE id = r.category_id)"
OF_POLICY = "(SELECT grid_id FROM cases_policy WHERE id = r.policy_id)"
OF_LADDER = "(SELECT p.grid_id FROM cases_policy p JOIN cases_ladder l ON l.policy_id = p.id WHERE l.id = r.ladder_id)"
POLICY = "'cases.policy:' || r.policy_id"
RECORDED = (
    Recorded("cases_category", "cases.category", "r.name || ' (' || r.code || ')'", shared=True, tree=True),
    Recorded("cases_routingrule", "cases.routingrule", CATEGORY, grid="r.grid_id"),
    # Why it was ruled so stands in the case, whose readers are others
    Recorded(
        "cases_precedent",
        "cases.precedent",
        CATEGORY,
        grid="r.grid_id",
        author="r.ruled_by_id",
        unrecorded=("reason",),
    ),
    Recorded("cases_policy", "cases.policy", "r.name || ' v' || r.version", grid="r.grid_id"),
    Recorded("cases_ladder", "cases.ladder", "r.name", grid=OF_POLICY, part_of=POLICY),
    Recorded(
        "cases_step",
        "cases.step",
        "(SELECT name FROM cases_ladder WHERE id = r.ladder_id) || ' · ' || r.action",
        grid=OF_LADDER,
        part_of="'cases.policy:' || (SELECT policy_id FROM cases_ladder WHERE id = r.ladder_id)",
    ),
    Recorded(
        "cases_allowance",
        "cases.allowance",
        "r.kind || ' ' || r.minutes || ' ' || r.counting",
        grid=OF_POLICY,
        part_of=POLICY,
    ),
)


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0006_files"),
        ("grids", "0003_admin"),
    ]

    operations = [recording_triggers(said) for said in RECORDED]
