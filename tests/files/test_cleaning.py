"""What is kept of a file is what we have drawn or written ourselves; what cannot be, is refused in words."""

from __future__ import annotations

import io

import pikepdf
import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from cases.cleaning import MOST_BYTES, Clean, cleaned
from cases.errors import BadInput
from tests.files import samples


def clean(content: bytes) -> Clean:
    return cleaned(io.BytesIO(content))


def refusal(content: bytes) -> str:
    with pytest.raises(BadInput) as refused:
        clean(content)
    return refused.value.fields["file"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_upright_without_exif_with_its_place_and_a_small_copy(kind: str) -> None:
    found = clean(samples.photo(kind, (1200, 600)))
    assert samples.HIDDEN.encode() not in found.content + found.thumbnail
    assert found.position == samples.TAKEN
    assert (found.width, found.height) == (600, 1200)
    for content, size, format_ in ((found.content, (600, 1200), kind), (found.thumbnail, (240, 480), "JPEG")):
        with Image.open(io.BytesIO(content)) as drawn:
            assert (drawn.format, drawn.size, dict(drawn.getexif())) == (format_, size, {})
            top, bottom = (drawn.convert("RGB").getpixel((size[0] // 2, y)) for y in (9, size[1] - 9))
        assert top[0] > 200 > 100 > bottom[0]  # the orange half is on top


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_as_pillow_would(orientation: int) -> None:
    from PIL import ImageOps

    content = samples.photo("PNG", exif=samples.exif(orientation))
    with Image.open(io.BytesIO(content)) as given, Image.open(io.BytesIO(clean(content).content)) as drawn:
        assert drawn.tobytes() == ImageOps.exif_transpose(given).tobytes()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_pictures_of_all_modes_have_a_small_copy(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (30, 30)).save(out, "PNG")
    with Image.open(io.BytesIO(clean(out.getvalue()).thumbnail)) as small:
        assert small.size == (30, 30)


def test_colours_of_a_print_shop_are_kept_as_a_screen_shows_them() -> None:
    out = io.BytesIO()
    Image.new("CMYK", (8, 8), (255, 0, 0, 0)).save(out, "JPEG")
    with Image.open(io.BytesIO(clean(out.getvalue()).content)) as drawn:
        assert drawn.mode == "RGB"


def test_the_photo_of_a_phone_that_stacks_pictures_is_its_first() -> None:
    found = clean(samples.stacked())
    assert (found.content_type, found.width, found.height) == ("image/jpeg", 40, 20)
    with Image.open(io.BytesIO(found.content)) as drawn:
        assert drawn.format == "JPEG" and getattr(drawn, "n_frames", 1) == 1


@pytest.mark.parametrize(
    "place", [(0, 0, 0), (999, 0, 0), (IFDRational(1, 0), 0, 0)], ids=["no fix", "off the earth", "damaged"]
)
def test_a_place_that_cannot_be_is_none(place: tuple[object, ...]) -> None:
    said = samples.exif()
    said[0x8825] = {1: "N", 2: place, 3: "E", 4: place}
    assert clean(samples.photo(exif=said)).position is None


def test_a_photo_with_damaged_exif_is_a_photo() -> None:
    found = clean(samples.photo(exif=b"Exif\0\0II*\0\xff\xff\xff\xff"))
    assert (found.width, found.position) == (40, None)


def test_what_hangs_behind_a_picture_is_gone() -> None:
    for content in (samples.photo(), samples.photo("PNG"), samples.photo("WEBP")):
        assert b"<?php" not in clean(content + b"<?php system('id'); ?>PK\x03\x04").content


@pytest.mark.parametrize(
    "content",
    [
        b"<script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a" + b"\0" * 40,
        b"\xff\xd8\xff\xe0" + b"\0" * 100,
        samples.photo()[:400],
        samples.photo("PNG")[:-30],
        samples.photo("WEBP", (400, 400))[:200],
        b"BM" + b"\0" * 60,
        b"PK\x03\x04" + samples.photo(),
    ],
    ids=["script", "svg", "gif", "broken", "cut JPEG", "cut PNG", "cut WebP", "bmp", "a picture behind a zip"],
)
def test_what_is_no_whole_picture_is_refused(content: bytes) -> None:
    assert refusal(content) == "must be a picture (JPEG, PNG, WebP) or a PDF"


@pytest.mark.parametrize("size", [(30_000, 30_000), (9_000, 9_000), (20_000, 1)])
def test_a_bomb_is_refused_before_it_unfolds(size: tuple[int, int]) -> None:
    assert refusal(samples.bomb(*size)) == "at most 50 megapixels"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_moving_pictures_are_refused(kind: str) -> None:
    assert "moving" in refusal(samples.moving(kind))


def test_an_iphones_own_format_is_told_what_to_do() -> None:
    assert "JPEG" in refusal(b"\0\0\0\x18ftypheic" + b"\0" * 100)


def test_size_is_told() -> None:
    assert refusal(b"") == "the file is empty"
    assert refusal(b"%PDF-" + b" " * MOST_BYTES) == "at most 10 MB"


def test_a_pdf_keeps_what_it_draws_and_nothing_else() -> None:
    given = samples.document()
    assert samples.HIDDEN.encode() in samples.all_of(given)
    found = clean(given)
    assert (found.content_type, found.suffix, found.thumbnail) == ("application/pdf", "pdf", b"")
    kept = samples.all_of(found.content)
    for word in (samples.HIDDEN.encode(), b"JavaScript", b"EmbeddedFile", b"/Info", b"/Annots", b"/OpenAction"):
        assert word not in kept, word
    with pikepdf.open(io.BytesIO(found.content)) as pdf:
        drawn = dict(pdf.pages[0].Resources.XObject.items())
        with Image.open(io.BytesIO(drawn["/Metadata"].read_raw_bytes())) as inside:  # a name of the author's choice
            inside.load()
            assert (inside.size, dict(inside.getexif())) == ((40, 20), {})
    assert b"re f" in kept  # the stamp is part of the page now


def test_what_hangs_behind_a_pdf_is_gone() -> None:
    assert b"PK\x03\x04" not in clean(samples.document() + b"PK\x03\x04").content


@pytest.mark.parametrize("user", ["", "open sesame"])
def test_a_locked_pdf_is_refused_in_words(user: str) -> None:
    locked = samples.document(encryption=pikepdf.Encryption(owner="owner", user=user))
    assert refusal(locked) == "the PDF is protected by a password: save it without one"


@pytest.mark.parametrize("cut", [8, 200, -200])
def test_half_a_pdf_is_refused(cut: int) -> None:
    assert "damaged" in refusal(samples.document()[:cut])


def test_a_pdf_without_pages_or_with_too_many_is_refused() -> None:
    for pages, word in ((0, "no pages"), (301, "at most 300")):
        pdf = pikepdf.Pdf.new()
        for _number in range(pages):
            pdf.add_blank_page()
        out = io.BytesIO()
        pdf.save(out)
        assert word in refusal(out.getvalue())
