"""Makes the search's tokens of cases that came in before there was a search, while the platform runs."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction

from cases.models import Case

BATCH = 1000

# Whoever changes a case at this moment writes its tokens too, by a trigger: the later of both stands
FILL = """
    INSERT INTO cases_casewords (case_id, grid_path, unit_ids, words)
    SELECT id, grid_path, unit_ids, cases_words_of(number, grid_path, concat_ws(E'\\n', title, text, address))
    FROM cases_case WHERE id > %s AND id <= %s ON CONFLICT (case_id) DO NOTHING
"""
TIDY = "SELECT gin_clean_pending_list('case_words')"
RENEW = FILL.replace(
    "DO NOTHING", "DO UPDATE SET words = EXCLUDED.words WHERE cases_casewords.words IS DISTINCT FROM EXCLUDED.words"
)


def index_words(*, batch: int = BATCH, renew: bool = False) -> Iterator[tuple[int, int]]:
    """A transaction for each stretch of `batch` cases; yields how many it looked at and how many it wrote. What has its
    tokens is left alone unless `renew` is said: after a version that makes other tokens."""
    last, end = 0, Case.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    while last < end:
        stretch = list(
            Case.objects.filter(pk__gt=last, pk__lte=end).order_by("pk").values_list("pk", flat=True)[:batch]
        )
        with transaction.atomic(), connection.cursor() as cursor:
            if renew:  # or a change that commits in between would be written over with what was before it
                list(Case.objects.filter(pk__in=stretch).select_for_update(of=("self",)).values_list("pk"))
            cursor.execute(RENEW if renew else FILL, [last, stretch[-1]])
            written = cursor.rowcount
        last = stretch[-1]
        yield len(stretch), written


def tidy_words() -> None:
    """Puts into the index what came in since the last time; a search finds it before, too, but reads all of it."""
    with connection.cursor() as cursor:
        cursor.execute(TIDY)
