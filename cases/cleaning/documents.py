"""PDFs written anew: the pages and what they draw, and nothing that acts, hides or tells who made them.

What is kept is named, so that what a future PDF may bring is left out without being known here."""

from __future__ import annotations

import io
from typing import Any

import pikepdf
from django.utils.translation import gettext as _
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from cases.errors import BadInput

from .clean import Clean
from .jpeg import without_metadata

MOST_PAGES = 300
MOST_OBJECTS = 100_000

ROOT = frozenset({"/Type", "/Pages", "/PageLabels", "/OCProperties", "/ViewerPreferences", "/PageLayout", "/Lang"})
"""Of the document: no scripts (/Names, /OpenAction, /AA), no forms, no embedded files, no outline, no metadata."""
PAGE = frozenset({
    "/Type", "/Parent", "/Resources", "/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox", "/Rotate",
    "/Contents", "/Group", "/UserUnit",
})  # fmt: skip
"""Of a page: what it draws. Annotations are drawn into it first, and then go."""
PAGE_TREE = frozenset({"/Type", "/Parent", "/Kids", "/Count", "/Resources", "/MediaBox", "/CropBox", "/Rotate"})
DROPPED = ("/Metadata", "/PieceInfo", "/LastModified", "/AA", "/AF", "/EF", "/OPI", "/Ref", "/Alternates", "/PtData")
"""Of pictures, fonts and whatever else says what it is."""


def rewritten(content: bytes) -> Clean:
    """The document as it is kept. Raises BadInput naming `file` where it is locked, damaged, empty or boundless."""
    try:
        with pikepdf.open(io.BytesIO(content), attempt_recovery=False) as document:
            if document.is_encrypted:
                raise BadInput(file=_locked())
            return Clean(_cleaned(document), "application/pdf", "pdf")
    except pikepdf.PasswordError:
        raise BadInput(file=_locked()) from None
    except (pikepdf.PdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadInput(file=_("the PDF is damaged or incomplete: print it into a new PDF")) from None


def _locked() -> str:
    return _("the PDF is protected by a password: save it without one")


def _cleaned(document: Pdf) -> bytes:
    if len(document.objects) > MOST_OBJECTS or len(document.pages) > MOST_PAGES:
        raise BadInput(file=_("the PDF is too long: at most %d pages") % MOST_PAGES)
    if not len(document.pages):
        raise BadInput(file=_("the PDF has no pages"))
    document.flatten_annotations("all")
    _keep(document.Root, ROOT)
    for page in document.pages:
        _keep(page.obj, PAGE)
    for found in document.objects:
        _clean(found)
    if "/Info" in document.trailer:
        del document.trailer["/Info"]
    out = io.BytesIO()
    # Nothing is unpacked on the way: a few bytes may unfold to gigabytes
    document.save(
        out, stream_decode_level=pikepdf.StreamDecodeLevel.none, deterministic_id=True, fix_metadata_version=False
    )
    return out.getvalue()


def _keep(found: Any, names: frozenset[str]) -> None:
    for name in set(found.keys()) - names:
        del found[name]


def _clean(found: Any) -> None:
    """What stands beside the drawn. Maps of a page's resources have names of the author's choice: nothing is taken out
    of them."""
    if isinstance(found, Stream) or (isinstance(found, Dictionary) and "/Type" in found):
        if found.get("/Type") == Name.Pages:
            _keep(found, PAGE_TREE)
        for name in DROPPED:
            if name in found:
                del found[name]
    if isinstance(found, Stream) and found.get("/Filter") == Name.DCTDecode:
        _clean_photo(found)
    values = found.values() if isinstance(found, Dictionary) else found if isinstance(found, Array) else ()
    for value in values:
        if isinstance(value, Dictionary | Array) and not value.is_indirect:  # the others have a turn of their own
            _clean(value)


def _clean_photo(found: Stream) -> None:
    """A scanner's or phone's JPEG stands in a PDF as it is, with its EXIF."""
    content = found.read_raw_bytes()
    plain = without_metadata(content)
    if plain != content:
        parameters: Any = found.get("/DecodeParms")
        found.write(plain, filter=Name.DCTDecode, decode_parms=parameters)
