"""What is inside a paper: images are drawn anew, PDFs are looked through. Run in a process of its own.

    python -m chalicelib.adapters.paper_content MEDIA_TYPE < sent > checked

Exit code 0: the checked copy is on standard output · 3: a Refusal is. The process bounds its own memory and
time before it reads the first byte: parsers of hostile files are where such bounds are needed.
"""

import io
import logging
import re
import resource
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from chalicelib.domain.papers import PAGES_MAX, PIXELS_MAX, PaperRefused, Refusal

if TYPE_CHECKING:
    from PIL.Image import Image
    from pypdf import PdfReader

REFUSED = 3
MEMORY_BYTES_MAX = 512 * 1024 * 1024
CPU_SECONDS_MAX = 15
EDGE_PIXELS_MAX = 5000  # DIN A3 at 300 dpi
PDF_OBJECTS_MAX = 50_000
JPEG_QUALITY = 90
WHITE = (255, 255, 255, 255)

# ISO 32000-1: 12.6.4 (actions), 7.11.4 (embedded files), 13 (multimedia), 12.7.8 (XFA).
PDF_KEYS = frozenset({"/JS", "/JavaScript", "/EF", "/EmbeddedFiles", "/XFA", "/RichMediaContent"})
PDF_KINDS = frozenset({
    "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition", "/Movie",
    "/Sound", "/RichMediaExecute", "/EmbeddedFile", "/FileAttachment", "/RichMedia", "/Screen", "/3D",
})  # fmt: skip
# Also in bytes that our parser has no reason to reach, but another reader may: long names, so that compressed
# data never holds one by chance.
PDF_WORDS = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|SubmitForm|ImportData|GoToE)(?![A-Za-z])")
PDF_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")


def redraw(data: bytes, *, kind: str) -> bytes:
    """Decode an image ("JPEG" or "PNG") and encode nothing but its pixels. Raises PaperRefused.

    Place, device and time of the photo (EXIF), comments, profiles, further frames and whatever hid behind the
    image are gone; its orientation is applied first, or every phone's photo would lie on its side.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 - heavy, and only needed in the process that checks

    Image.MAX_IMAGE_PIXELS = None  # our own bound is lower, and raises before anything is decoded
    with Image.open(io.BytesIO(data), formats=[kind]) as image:
        if image.width * image.height > PIXELS_MAX:
            raise PaperRefused(Refusal.PIXELS)
        if kind == "JPEG":
            image.draft(image.mode, (EDGE_PIXELS_MAX, EDGE_PIXELS_MAX))  # decode large photos at half size
        image.load()
        if image.mode in (
            "RGB",
            "RGBA",
        ):  # made smaller first, or 40 million pixels would stand in memory thrice
            image.thumbnail((EDGE_PIXELS_MAX, EDGE_PIXELS_MAX))
        ImageOps.exif_transpose(image, in_place=True)
        flat = _flat(image)
    flat.thumbnail((EDGE_PIXELS_MAX, EDGE_PIXELS_MAX))
    flat.info.clear()
    out = io.BytesIO()
    flat.save(out, kind, **({"quality": JPEG_QUALITY} if kind == "JPEG" else {}))
    return out.getvalue()


def look_through(data: bytes) -> bytes:
    """Return a PDF unchanged if nothing in it can act. Raises PaperRefused.

    It is not written anew: that would break the electronic signatures which some papers carry.
    """
    from pypdf import PdfReader  # noqa: PLC0415 - as above

    before_end, end, behind = data.rpartition(b"%%EOF")
    if not end:
        raise PaperRefused(Refusal.BROKEN)
    if behind.strip(b"\r\n\t \x00"):
        raise PaperRefused(Refusal.DISGUISED)  # another format hides behind the document's end
    if PDF_WORDS.search(PDF_ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), before_end)):
        raise PaperRefused(Refusal.ACTIVE)
    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        raise PaperRefused(Refusal.ENCRYPTED)
    for dictionary in _dictionaries(reader):
        if PDF_KEYS & dictionary.keys():
            raise PaperRefused(Refusal.ACTIVE)
        if any(str(dictionary.get(key)) in PDF_KINDS for key in ("/S", "/Type", "/Subtype")):
            raise PaperRefused(Refusal.ACTIVE)
    if not 1 <= len(reader.pages) <= PAGES_MAX:
        raise PaperRefused(Refusal.PAGES)
    return data


def _flat(image: "Image") -> "Image":
    """Return the image as grey or RGB, see-through parts on white."""
    if image.mode.startswith(("I", "F")):
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")  # 16 bits a sample
    if image.has_transparency_data:
        from PIL import Image  # noqa: PLC0415 - as above

        seen = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", seen.size, WHITE), seen).convert("RGB")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _dictionaries(reader: "PdfReader") -> Iterator[dict[str, object]]:
    """Yield every dictionary of every object that the cross-reference tables name, and the trailer."""
    from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject  # noqa: PLC0415 - as above

    numbers = {(number, generation) for generation, row in reader.xref.items() for number in row}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    if len(numbers) > PDF_OBJECTS_MAX:
        raise PaperRefused(Refusal.COSTLY)
    objects = (reader.get_object(IndirectObject(*number, reader)) for number in sorted(numbers))
    for top in (reader.trailer, *objects):
        stack: list[object] = [top]
        while stack:
            item = stack.pop()
            if isinstance(item, DictionaryObject):
                yield item
                stack.extend(item.values())
            elif isinstance(item, ArrayObject):
                stack.extend(item)


def check(data: bytes, *, media_type: str) -> bytes:
    """Return the checked copy. Raises PaperRefused, whatever the bytes make a parser do."""
    try:
        if media_type == "application/pdf":
            return look_through(data)
        return redraw(data, kind=media_type.removeprefix("image/").upper())
    except PaperRefused:
        raise
    except MemoryError:
        raise PaperRefused(Refusal.COSTLY) from None
    except Exception:  # noqa: BLE001 - parsers raise anything; all of it means that the file cannot be read
        raise PaperRefused(Refusal.BROKEN) from None


def main(media_type: str) -> int:
    """Check standard input within bounds."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable()  # a parser's complaints quote what it reads
    try:
        sys.stdout.buffer.write(check(sys.stdin.buffer.read(), media_type=media_type))
    except PaperRefused as refusal:
        sys.stdout.write(refusal.why.value)
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
