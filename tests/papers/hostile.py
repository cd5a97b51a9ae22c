"""Hostile files, made here: nobody has to keep malware in a repository."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

MARK = b"CANARY-7f3a9c"  # what must never come out again
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SCRIPT = b"<script>alert('" + MARK + b"')</script>"
PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"


@dataclass(frozen=True)
class Hostile:
    """A file that lies: what it says it is, and its bytes."""

    name: str
    media_type: str
    data: bytes


def image(kind: str, size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "white" if mode == "RGB" else 0).save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, body: bytes, *extra: bytes, depth: int = 8, colour: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = (chunk(b"IHDR", header), *extra, chunk(b"IDAT", body), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("run.exe", MARK)
    return out.getvalue()


def pdf(pages: int = 1) -> PdfWriter:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    return writer


def saved(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def acting(action: dict[str, object]) -> bytes:
    """A PDF that opens with an action."""
    writer = pdf()
    made = DictionaryObject({NameObject(name): value for name, value in action.items()})
    writer.root_object[NameObject("/OpenAction")] = writer._add_object(made)  # noqa: SLF001 - pypdf's own way
    return saved(writer)


def action(kind: str, **more: object) -> dict[str, object]:
    return {"/Type": NameObject("/Action"), "/S": NameObject(kind)} | {f"/{key}": v for key, v in more.items()}


def hand_made(body: bytes, root: bytes = b"", end: bytes = b"") -> bytes:
    """A PDF written by hand, with a cross-reference table that fits."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R " + root + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
        body,
    ]
    out, places = b"%PDF-1.7\n", []
    for number, item in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + table + b"trailer\n<< /Size 5 /Root 1 0 R >>\n"
    return out + b"startxref\n%d\n%%%%EOF\n" % start + end


def looped() -> bytes:
    return hand_made(b"<< >>").replace(b"/Kids [3 0 R]", b"/Kids [2 0 R]")


def many_pages() -> bytes:
    return hand_made(b"<< >>").replace(
        b"/Kids [3 0 R] /Count 1 ", b"/Kids [" + b"3 0 R " * 10_000 + b"] /Count 10000 "
    )


def embedded() -> bytes:
    writer = pdf()
    writer.add_attachment("run.exe", MARK)
    return saved(writer)


def scripted() -> bytes:
    writer = pdf()
    script = DictionaryObject(
        {
            NameObject("/S"): NameObject("/JavaScript"),
            NameObject("/JS"): TextStringObject(MARK.decode()),
        }
    )
    names = ArrayObject([TextStringObject("run"), writer._add_object(script)])  # noqa: SLF001 - pypdf's own way
    tree = DictionaryObject({NameObject("/Names"): names})
    writer.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/JavaScript"): tree})
    return saved(writer)


def encrypted() -> bytes:
    writer = pdf()
    writer.encrypt("secret", algorithm="RC4-128")
    return saved(writer)


def in_object_stream(content: bytes) -> bytes:
    """Hide a dictionary in a compressed object stream, where a search for words finds nothing."""
    packed = zlib.compress(b"5 0 " + content)
    head = b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n" % len(packed)
    out, places = b"%PDF-1.7\n", {}
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R /OpenAction 5 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
        4: head + packed + b"\nendstream",
    }
    for number, item in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    rows = [struct.pack(">BIH", 0, 0, 65535), *(struct.pack(">BIH", 1, places[n], 0) for n in (1, 2, 3, 4))]
    rows += [struct.pack(">BIH", 2, 4, 0), struct.pack(">BIH", 1, len(out), 0)]
    table = b"".join(rows)
    start = len(out)
    out += b"6 0 obj\n<< /Type /XRef /Size 7 /W [1 4 2] /Root 1 0 R /Length %d >>\nstream\n" % len(table)
    return out + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start


def disguised() -> Iterator[Hostile]:
    """Files of another kind under each of the three types."""
    others = {
        "html": b"<!doctype html>" + SCRIPT,
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>",
        "xml": b"<?xml version='1.0'?><!DOCTYPE x SYSTEM 'file:///etc/passwd'><x/>",
        "eicar": EICAR,
        "exe": b"MZ" + bytes(100) + MARK,
        "elf": b"\x7fELF" + bytes(100) + MARK,
        "zip": archive(),
        "shell": b"#!/bin/sh\necho " + MARK,
        "javascript": b"alert('" + MARK + b"')",
        "gif": image("GIF", mode="P"),
        "webp": image("WEBP"),
        "bmp": image("BMP"),
        "tiff": image("TIFF"),
        "ico": b"\x00\x00\x01\x00" + bytes(40),
        "postscript": b"%!PS-Adobe-3.0\n(" + MARK + b") run",
        "rtf": b"{\\rtf1 " + MARK + b"}",
        "word": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + MARK,
        "gzip": b"\x1f\x8b\x08" + bytes(40),
        "bzip2": b"BZh91AY&SY" + bytes(40),
        "7z": b"7z\xbc\xaf\x27\x1c" + bytes(40),
        "rar": b"Rar!\x1a\x07\x01\x00" + bytes(40),
        "mp4": b"\x00\x00\x00\x18ftypmp42" + bytes(40),
        "heic": b"\x00\x00\x00\x18ftypheic" + bytes(40),
        "wasm": b"\x00asm\x01\x00\x00\x00" + MARK,
        "java class": b"\xca\xfe\xba\xbe" + bytes(40),
        "shortcut": b"L\x00\x00\x00\x01\x14\x02\x00" + bytes(40),
        "batch": b"@echo off\r\n" + MARK,
        "php": b"<?php system('" + MARK + b"') ?>",
        "photoshop": b"8BPS\x00\x01" + bytes(40),
        "database": b"SQLite format 3\x00" + bytes(40),
        "text": b"hello",
        "nothing": b"",
        "zeros": bytes(4096),
        "utf-16": ("<script>" * 9).encode("utf-16"),
        "late pdf": b"junk\n" + hand_made(b"<< >>"),
        "html then pdf": SCRIPT + hand_made(b"<< >>"),
        "bom pdf": b"\xef\xbb\xbf" + hand_made(b"<< >>"),
        "jpeg": image("JPEG"),
        "png": image("PNG"),
        "pdf": hand_made(b"<< >>"),
    }
    own = {"jpeg": JPEG, "png": PNG, "pdf": PDF}
    for name, data in others.items():
        for media_type in (PDF, JPEG, PNG):
            if own.get(name) != media_type:
                yield Hostile(f"{name} as {media_type}", media_type, data)


def acting_pdfs() -> Iterator[Hostile]:
    """PDFs that do something."""
    text = TextStringObject(MARK.decode())
    files = {
        "javascript in the names": scripted(),
        "attachment": embedded(),
        "encrypted": encrypted(),
        "javascript when opened": acting(action("/JavaScript", JS=text)),
        "launch": acting(action("/Launch", F=text)),
        "submit": acting(action("/SubmitForm", F=text)),
        "import": acting(action("/ImportData", F=text)),
        "go to a remote file": acting(action("/GoToR", F=text)),
        "go to an embedded file": acting(action("/GoToE", F=text)),
        "rendition": acting(action("/Rendition", OP=text)),
        "movie": acting(action("/Movie", T=text)),
        "sound": acting(action("/Sound", V=text)),
        "action chain": acting(
            action("/GoTo", Next=ArrayObject([DictionaryObject({NameObject("/S"): NameObject("/Launch")})]))
        ),
        "escaped name": hand_made(b"<< /S /#4AavaScript /J#53 (" + MARK + b") >>", b"/OpenAction 4 0 R"),
        "script in an object stream": in_object_stream(b"<< /S /JavaScript /JS (x) >>"),
        "launch in an object stream": in_object_stream(b"<< /S /Launch /F (x) >>"),
        "file in an object stream": in_object_stream(b"<< /Type /Filespec /EF << /F 3 0 R >> >>"),
        "xfa": hand_made(b"<< /XFA (" + MARK + b") >>", b"/AcroForm 4 0 R"),
        "rich media": hand_made(b"<< /Type /Annot /Subtype /RichMedia >>"),
        "unreachable script": hand_made(b"<< >>").replace(b"xref\n0 5", b"% /JavaScript (x)\nxref\n0 5"),
        "zip behind": hand_made(b"<< >>", end=archive()),
        "html behind": hand_made(b"<< >>", end=SCRIPT),
        "exe behind": hand_made(b"<< >>", end=b"MZ" + bytes(99)),
        "ten thousand pages": many_pages(),
        "thousand pages": saved(pdf(1000)),
        "no pages": saved(PdfWriter()),
        "page tree in a loop": looped(),
        "no end": b"%PDF-1.7\n" + bytes(100),
        "only a head": b"%PDF-1.7\n%%EOF",
        "xref far away": b"%PDF-1.7\nstartxref\n99999999999\n%%EOF",
        "xref to itself": b"%PDF-1.7\nxref\n0 0\ntrailer\n<< /Prev 9 /Size 1 >>\nstartxref\n9\n%%EOF",
        "deep nesting": hand_made(b"[" * 50_000 + b"]" * 50_000),
    }
    for name, data in files.items():
        yield Hostile(f"pdf: {name}", PDF, data)


def broken_images() -> Iterator[Hostile]:
    """Images that are too large, cut off or bombs."""
    rows = zlib.compress(bytes(100))
    whole_jpeg, whole_png = image("JPEG", (400, 300)), image("PNG", (400, 300))
    files = {
        "png 50,000²": (PNG, png(50_000, 50_000, rows)),
        "png 2^31 wide": (PNG, png(2**31 - 1, 1, rows)),
        "png 1 × 2^31": (PNG, png(1, 2**31 - 1, rows)),
        "png 0 × 0": (PNG, png(0, 0, rows)),
        "png just above the limit": (PNG, png(8000, 5001, rows)),
        "png deflate bomb in pixels": (PNG, png(7000, 7000, zlib.compress(bytes(150_000_000), 9))),
        "png bomb in a text": (
            PNG,
            png(9, 9, rows, chunk(b"zTXt", b"a\x00\x00" + zlib.compress(bytes(90_000_000), 9))),
        ),
        "png bomb in a profile": (
            PNG,
            png(9, 9, rows, chunk(b"iCCP", b"a\x00\x00" + zlib.compress(bytes(90_000_000), 9))),
        ),
        "png with too few rows": (PNG, png(400, 400, rows)),
        "png only a head": (PNG, whole_png[:33]),
        "png with a wrong checksum": (PNG, whole_png[:29] + b"\x00\x00\x00\x00" + whole_png[33:]),
        "jpeg only a head": (JPEG, whole_jpeg[:20]),
        "jpeg with no frame": (JPEG, b"\xff\xd8\xff\xe0" + bytes(400)),
        "jpeg 65,535²": (JPEG, whole_jpeg.replace(struct.pack(">HH", 300, 400), b"\xff\xff\xff\xff")),
        "jpeg with an endless comment": (JPEG, b"\xff\xd8\xff\xfe\xff\xff" + bytes(20)),
        "html behind a jpeg's magic": (JPEG, b"\xff\xd8\xff" + SCRIPT),
        "svg behind a png's magic": (PNG, whole_png[:16] + SCRIPT),
    }
    for name, (media_type, data) in files.items():
        yield Hostile(name, media_type, data)
    for part in range(1, 10):
        yield Hostile(f"jpeg cut at {part}0 %", JPEG, whole_jpeg[: len(whole_jpeg) * part // 10])
        yield Hostile(f"png cut at {part}0 %", PNG, whole_png[: len(whole_png) * part // 10])


def polyglots() -> Iterator[Hostile]:
    """Images that are fine and carry something besides: they may be served, what they carry may not."""
    marked = Image.Exif()
    marked[0x010E] = MARK.decode()  # ImageDescription
    marked[0x8825] = {1: "N", 2: (49.0, 24.0, 0.0), 3: "E", 4: (8.0, 41.0, 0.0)}  # where it was taken
    plain = {JPEG: image("JPEG"), PNG: image("PNG")}
    for media_type, data in plain.items():
        for name, behind in {
            "zip": archive(),
            "html": SCRIPT,
            "pdf": hand_made(b"(" + MARK + b")"),
            "eicar": EICAR + MARK,
            "php": b"<?php system('" + MARK + b"') ?>",
            "jar": archive() + MARK,
            "another image": plain[JPEG] + MARK,
        }.items():
            yield Hostile(f"{media_type} with {name} behind", media_type, data + behind)
        kind = media_type.removeprefix("image/").upper()
        yield Hostile(f"{media_type} with exif and gps", media_type, image(kind, exif=marked))
        yield Hostile(f"{media_type} with a profile", media_type, image(kind, icc_profile=MARK * 10))
    comment = b"\xff\xfe" + struct.pack(">H", len(SCRIPT) + 2) + SCRIPT
    yield Hostile("jpeg with html in a comment", JPEG, plain[JPEG][:2] + comment + plain[JPEG][2:])
    rows = zlib.compress(bytes(9 * 28))
    for text in (b"tEXt", b"eXIf", b"iTXt", b"prVt"):
        yield Hostile(f"png with html in {text.decode()}", PNG, png(9, 9, rows, chunk(text, b"a\x00" + SCRIPT)))
    frame = chunk(b"acTL", struct.pack(">II", 2, 0)) + chunk(b"fdAT", bytes(4) + MARK)
    yield Hostile("png that moves", PNG, png(9, 9, rows, frame))


def refused() -> list[Hostile]:
    """Everything of which nothing may be served."""
    return [*disguised(), *acting_pdfs(), *broken_images()]
