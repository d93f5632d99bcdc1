"""The segments of a JPEG, for pictures that must stay as they are, as those inside a PDF."""

from __future__ import annotations

START, SCAN, END = 0xD8, 0xDA, 0xD9
ADOBE, JFIF, COMMENT = 0xEE, 0xE0, 0xFE
APPLICATIONS = range(0xE0, 0xF0)
PROFILE = (0xE2, b"ICC_PROFILE")


def without_metadata(content: bytes) -> bytes:
    """The same picture without EXIF, XMP, comments and whatever else programs write beside it; what its colours mean is
    kept. Raises ValueError for what is no JPEG."""
    if content[:2] != bytes((0xFF, START)):
        raise ValueError("no JPEG")
    kept, at = [content[:2]], 2
    while True:
        if content[at : at + 1] != b"\xff" or at + 4 > len(content):
            raise ValueError("no segment where one should be")
        marker = content[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == SCAN:
            return b"".join([*kept, content[at:]])
        ends = at + 2 + int.from_bytes(content[at + 2 : at + 4])
        if _is_needed(marker, content[at + 4 : ends]):
            kept.append(content[at:ends])
        at = ends


def _is_needed(marker: int, said: bytes) -> bool:
    if marker == COMMENT:
        return False
    if marker not in APPLICATIONS or marker in (ADOBE, JFIF):
        return True
    return marker == PROFILE[0] and said.startswith(PROFILE[1])
