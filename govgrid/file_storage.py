"""Where uploaded files lie: in MEDIA_ROOT, or in an S3 bucket where one is named. What cannot work is said at start,
in words, and not at the first resident's photo."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

LOCAL = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
STYLES = ("auto", "path", "virtual")
SECONDS = {"connect_timeout": 3, "read_timeout": 20}
"""How long the bucket may take to answer: a visitor waits for it."""


def storage_from(env: Any) -> dict[str, Any]:
    """What Django's STORAGES is to have as its default, by the variables S3_….

    Raises ImproperlyConfigured that names the variable and says what would be right.
    """
    said = {
        "S3_BUCKET": env.str("S3_BUCKET", default=""),
        "S3_ENDPOINT_URL": env.str("S3_ENDPOINT_URL", default=""),
        "S3_REGION": env.str("S3_REGION", default=""),
        "S3_ACCESS_KEY_ID": env.str("S3_ACCESS_KEY_ID", default=""),
        "S3_SECRET_ACCESS_KEY": env.str("S3_SECRET_ACCESS_KEY", default=""),
        "S3_ADDRESSING_STYLE": env.str("S3_ADDRESSING_STYLE", default=""),
        "S3_PREFIX": env.str("S3_PREFIX", default=""),
    }
    if not said["S3_BUCKET"]:
        if given := sorted(name for name, value in said.items() if value):
            raise ImproperlyConfigured(f"{', '.join(given)} set, but no S3_BUCKET: name the bucket, or unset them")
        return LOCAL
    _check(said)
    return {"BACKEND": "govgrid.bucket.Bucket", "OPTIONS": _options(said)}


def _check(said: dict[str, str]) -> None:
    endpoint = urlsplit(said["S3_ENDPOINT_URL"])
    if said["S3_ENDPOINT_URL"] and (endpoint.scheme not in ("http", "https") or not endpoint.hostname):
        raise ImproperlyConfigured("S3_ENDPOINT_URL: an address such as https://s3.example.org would be right")
    if endpoint.path.strip("/"):
        raise ImproperlyConfigured("S3_ENDPOINT_URL: without a path; the bucket is S3_BUCKET, a folder in it S3_PREFIX")
    if bool(said["S3_ACCESS_KEY_ID"]) != bool(said["S3_SECRET_ACCESS_KEY"]):
        raise ImproperlyConfigured("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY: both, or neither (the machine's role)")
    if not said["S3_ENDPOINT_URL"] and not said["S3_REGION"]:
        raise ImproperlyConfigured("S3_REGION: needed where no S3_ENDPOINT_URL is set")
    if said["S3_ADDRESSING_STYLE"] and said["S3_ADDRESSING_STYLE"] not in STYLES:
        raise ImproperlyConfigured(f"S3_ADDRESSING_STYLE: one of {', '.join(STYLES)}")
    if said["S3_PREFIX"].startswith("/") or ".." in said["S3_PREFIX"].split("/"):
        raise ImproperlyConfigured("S3_PREFIX: a folder in the bucket, such as govgrid, without a slash in front")


def _options(said: dict[str, str]) -> dict[str, Any]:
    from botocore.config import Config

    style = said["S3_ADDRESSING_STYLE"] or "auto"
    return {
        "bucket_name": said["S3_BUCKET"],
        "endpoint_url": said["S3_ENDPOINT_URL"] or None,
        "region_name": said["S3_REGION"] or "us-east-1",
        "access_key": said["S3_ACCESS_KEY_ID"] or None,
        "secret_key": said["S3_SECRET_ACCESS_KEY"] or None,
        "location": said["S3_PREFIX"],
        "default_acl": None,  # the bucket's own rules: nothing of ours is public
        "querystring_auth": True,
        "file_overwrite": False,
        "signature_version": "s3v4",
        "client_config": Config(
            s3={"addressing_style": style},
            signature_version="s3v4",
            retries={"total_max_attempts": 2},
            # Servers of the S3 protocol beside Amazon's know the checksums that newer clients add only in part
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            **SECONDS,
        ),
    }
