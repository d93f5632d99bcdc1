"""What of a case can be searched, beside it: an index over a case's own row would be written anew with every line of
its history. The database keeps it (`cases.triggers.WORDS`), the backfill command makes what is missing."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from cases.querysets import CaseWordsQuerySet

from .case import Case

PENDING_KB = 16 * 1024
"""What comes in is put into the index together, by a task: whoever reports must never be the one who waits for that."""


class CaseWords(models.Model):
    """The tokens of a case, and what decides who sees it: so that what is found is narrowed before it is joined."""

    case = models.OneToOneField(
        Case, models.DO_NOTHING, primary_key=True, related_name="words", db_constraint=False, editable=False
    )
    grid_path = models.CharField(max_length=255, db_collation="C", editable=False)
    unit_ids = ArrayField(models.BigIntegerField(), default=list, editable=False)
    words = SearchVectorField(editable=False)

    objects = CaseWordsQuerySet.as_manager()

    class Meta:
        verbose_name = "words of a case"
        verbose_name_plural = "words of cases"
        indexes: ClassVar = [GinIndex("words", name="case_words", gin_pending_list_limit=PENDING_KB)]

    def __str__(self) -> str:
        return str(self.case_id)
