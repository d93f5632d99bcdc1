"""Photos and documents as phones and offices make them, with what must not come through in every place for it."""

from __future__ import annotations

import io
import zlib
from struct import pack
from typing import Any

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

HIDDEN = "HIDDEN-IN-THE-FILE"
TAKEN = (116.305278, 39.435)
"""116° 18' 19" E, 39° 26' 6" N: where the photos below were taken."""


def exif(orientation: int = 1, *, gps: bool = True) -> Image.Exif:
    said = Image.Exif()
    said[0x0112] = orientation
    said[0x010E] = HIDDEN
    if gps:
        said[0x8825] = {
            1: "N",
            2: (IFDRational(39), IFDRational(26), IFDRational(6)),
            3: "E",
            4: (IFDRational(116), IFDRational(18), IFDRational(19)),
        }
    return said


def photo(kind: str = "JPEG", size: tuple[int, int] = (40, 20), **how: Any) -> bytes:
    """A photo taken with the camera on its side, its left half orange."""
    drawn = Image.new("RGB", size, "blue")
    drawn.paste("orange", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    drawn.save(out, kind, **({"exif": exif(6)} | how))
    return out.getvalue()


def upload(content: bytes | None = None, name: str = "x.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, photo() if content is None else content)


def bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """A PNG of a few bytes that says it has 900 megapixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + body


def moving(kind: str) -> bytes:
    """A picture of two frames."""
    out = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def stacked() -> bytes:
    """A JPEG with a second picture behind it, as phones write for depth."""
    out = io.BytesIO()
    Image.new("RGB", (40, 20), "orange").save(out, "MPO", save_all=True, append_images=[Image.new("RGB", (8, 8))])
    return out.getvalue()


def document(**how: Any) -> bytes:
    """A page with a photo and a stamp on it, and all that a PDF can hide."""
    pdf = Pdf.new()
    pdf.add_blank_page(page_size=(200, 200))
    page = pdf.pages[0]
    about = pdf.make_stream(f"<x>{HIDDEN}</x>".encode())
    inside = pdf.make_stream(photo(), Type=Name.XObject, Subtype=Name.Image, Width=40, Height=20, Metadata=about)
    inside.ColorSpace, inside.BitsPerComponent, inside.Filter = Name.DeviceRGB, 8, Name.DCTDecode
    page.Resources = Dictionary(XObject=Dictionary(Metadata=inside))
    page.Contents = pdf.make_stream(b"q 60 0 0 40 10 10 cm /Metadata Do Q")
    script = Dictionary(S=Name.JavaScript, JS=String(HIDDEN))
    page.AA = Dictionary(O=script)
    pdf.Root.OpenAction = script
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("x"), script])))
    pdf.attachments["x.txt"] = HIDDEN.encode()
    pdf.docinfo["/Author"] = HIDDEN
    with pdf.open_metadata() as metadata:
        metadata["dc:creator"] = [HIDDEN]
    stamp = pdf.make_stream(b"0 0 10 10 re f", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 20, 20])
    page.Annots = Array([pdf.make_indirect(Dictionary(
        Type=Name.Annot, Subtype=Name.Stamp, Rect=[0, 0, 20, 20], T=String(HIDDEN), F=4, A=script,
        AP=Dictionary(N=stamp),
    ))])  # fmt: skip
    out = io.BytesIO()
    pdf.save(out, **how)
    return out.getvalue()


def all_of(content: bytes) -> bytes:
    """Everything in a PDF, unpacked, one after the other."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        found = [repr(pdf.trailer).encode()]
        for one in pdf.objects:
            found.append(repr(one).encode())
            if isinstance(one, pikepdf.Stream):
                photographic = one.get("/Filter") == Name.DCTDecode
                found.append(one.read_raw_bytes() if photographic else one.read_bytes())
    return b"\n".join(found)
