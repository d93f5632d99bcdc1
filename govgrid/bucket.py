"""An S3 bucket as Django's storage. Named by `govgrid.file_storage`, so that only who has a bucket loads its client."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from django.core.files.base import File
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

NOT_THERE = ("NoSuchKey", "404")


class Bucket(S3Storage):
    """Reads by one plain request, as our files are small: the client's own way asks for the size first, and then for
    ranges in threads."""

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        if mode != "rb":
            opened: File[bytes] = super()._open(name, mode)
            return opened
        key = self._normalize_name(clean_name(name))
        try:
            body: Any = self.bucket.Object(key).get()["Body"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in NOT_THERE:
                raise FileNotFoundError(name) from None
            raise
        return File(body, name)
