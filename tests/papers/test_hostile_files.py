"""Hostile files: none is served, and none costs more than its bounds."""

import io
import resource
import struct
import zlib

import pytest
from PIL import Image, ImageOps
from pypdf import PdfReader

from chalicelib.adapters.paper_check import PaperCheck
from chalicelib.adapters.paper_content import CPU_SECONDS_MAX, MEMORY_BYTES_MAX, check
from chalicelib.domain.papers import PaperRefused, Refusal
from tests.papers import hostile
from tests.papers.hostile import JPEG, MARK, PDF, PNG, Hostile

PATIENCE = 200  # the bound by the wall clock has a test of its own

REFUSED, POLYGLOTS = hostile.refused(), list(hostile.polyglots())


def served(file: Hostile) -> bytes | None:
    """What would be served of a file, checked in the process of its own."""
    try:
        return PaperCheck(seconds_max=PATIENCE).clean(file.data, media_type=file.media_type)
    except PaperRefused:
        return None


def spent() -> float:
    """CPU seconds of all children so far: on a busy machine the wall clock says nothing."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("file", REFUSED, ids=lambda file: file.name)
def test_nothing_of_it_is_served(file: Hostile) -> None:
    before = spent()
    assert served(file) is None
    assert spent() - before < CPU_SECONDS_MAX + 1


@pytest.mark.parametrize("file", POLYGLOTS, ids=lambda file: file.name)
def test_of_a_polyglot_only_the_picture_is_served(file: Hostile) -> None:
    """Drawn anew: no second format, comment, place or profile comes out again."""
    copy = served(file)
    if copy is None:
        return
    assert MARK not in copy
    assert copy.endswith({JPEG: b"\xff\xd9", PNG: b"IEND\xaeB`\x82"}[file.media_type])
    with Image.open(io.BytesIO(copy)) as image:
        assert not image.getexif()
        assert "icc_profile" not in image.info
        assert "comment" not in image.info


def test_the_corpus_is_large_enough_and_no_child_took_more_memory_than_it_may() -> None:
    """`ru_maxrss` is that of the largest child: of the tests above, and of the largest image allowed."""
    assert len(REFUSED) + len(POLYGLOTS) >= 200
    largest = hostile.png(8000, 5000, zlib.compress(bytes(5000 * (8000 * 4 + 1)), 1), colour=6)
    assert served(Hostile("largest", PNG, largest)) is not None
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    assert peak <= MEMORY_BYTES_MAX


def test_a_good_photo_is_served_upright_and_without_its_place() -> None:
    """Phones store photos lying on their side and note the turn in the EXIF that we drop."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise to show
    exif[0x8825] = {1: "N", 2: (49.0, 24.0, 0.0)}
    copy = served(Hostile("photo", JPEG, hostile.image("JPEG", (300, 200), exif=exif)))
    assert copy is not None
    with Image.open(io.BytesIO(copy)) as image:
        assert (image.size, dict(image.getexif())) == ((200, 300), {})
        assert ImageOps.exif_transpose(image).size == (200, 300)


def test_a_large_photo_is_made_smaller_not_refused() -> None:
    copy = served(Hostile("photo", JPEG, hostile.image("JPEG", (7000, 5500))))
    assert copy is not None
    with Image.open(io.BytesIO(copy)) as image:
        assert max(image.size) <= 5000


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_comes_out_as_a_plain_one(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (30, 20)).save(out, "PNG")
    with Image.open(io.BytesIO(check(out.getvalue(), media_type=PNG))) as image:
        assert (image.size, image.mode in ("L", "RGB")) == ((30, 20), True)


def test_see_through_ink_stands_on_white() -> None:
    """Signatures are often see-through PNGs: on black they would vanish."""
    out = io.BytesIO()
    Image.new("RGBA", (3, 3), (0, 0, 0, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(check(out.getvalue(), media_type=PNG))) as image:
        assert image.getpixel((1, 1)) == (255, 255, 255)


@pytest.mark.parametrize("pages", [1, 200])
def test_a_good_pdf_is_served_byte_for_byte(pages: int) -> None:
    """Or the electronic signatures in it would break."""
    data = hostile.saved(hostile.pdf(pages))
    assert served(Hostile("good", PDF, data)) == data
    assert len(PdfReader(io.BytesIO(data)).pages) == pages


def test_a_pdf_with_links_is_good() -> None:
    data = hostile.acting(hostile.action("/GoTo"))
    assert check(data, media_type=PDF) == data


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (Hostile("", PDF, hostile.encrypted()), Refusal.ENCRYPTED),
        (Hostile("", PDF, hostile.scripted()), Refusal.ACTIVE),
        (Hostile("", PDF, hostile.many_pages()), Refusal.PAGES),
        (Hostile("", PDF, hostile.hand_made(b"1", end=b"MZ")), Refusal.DISGUISED),
        (Hostile("", PNG, hostile.png(50_000, 50_000, b"")), Refusal.PIXELS),
        (Hostile("", JPEG, hostile.image("JPEG")[:300]), Refusal.BROKEN),
        (Hostile("", PNG, hostile.image("JPEG")), Refusal.DISGUISED),
        (Hostile("", PNG, b""), Refusal.EMPTY),
        (Hostile("", PDF, b"%PDF-" + bytes(10 * 1024 * 1024)), Refusal.TOO_LARGE),
    ],
    ids=lambda value: value.value if isinstance(value, Refusal) else "",
)
def test_a_refusal_says_what_is_wrong(file: Hostile, why: Refusal) -> None:
    """So that the page can tell the citizen how to mend it."""
    with pytest.raises(PaperRefused) as caught:
        PaperCheck().clean(file.data, media_type=file.media_type)
    assert caught.value.why == why


def test_a_check_that_takes_too_long_is_ended() -> None:
    with pytest.raises(PaperRefused) as caught:
        PaperCheck(seconds_max=0.001).clean(hostile.image("JPEG"), media_type=JPEG)
    assert caught.value.why is Refusal.COSTLY


def test_the_process_that_checks_sees_no_credentials() -> None:
    """Its environment is what it was given, which is nothing."""
    assert PaperCheck().environment == {}


def test_png_sizes_of_the_corpus_are_as_they_say() -> None:
    """The bombs are bombs: a wrong checksum would be refused for the wrong reason."""
    data = hostile.png(50_000, 50_000, b"")
    assert struct.unpack(">II", data[16:24]) == (50_000, 50_000)
