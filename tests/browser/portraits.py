"""Two drawn people for the fake cameras: nobody's face stands in our pictures.

`film(path, CITIZEN)` writes a loop of a second in YUV4MPEG2, which Chromium takes as a camera
(`--use-file-for-fake-video-capture`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

FRAMES_PER_SECOND = 10
DETAIL = 3  # drawn so much larger and made smaller: smooth edges


@dataclass(frozen=True, slots=True)
class Portrait:
    """Colours and shape of one person before a wall; `size` in pixels as the camera gives them."""

    size: tuple[int, int]
    wall: str
    shade: str
    skin: str
    hair: str
    shirt: str
    long_hair: bool
    glasses: bool
    scene: str  # "office" or "home"


CITIZEN = Portrait(
    (480, 640), "#e9dfd0", "#d9cbb6", "#e0ac86", "#d9d5cf", "#7a3b5d", long_hair=True, glasses=True, scene="home"
)
CLERK = Portrait(
    (640, 480), "#dbe4ee", "#c4d2e1", "#c98f6b", "#3a2a21", "#24507a", long_hair=False, glasses=False, scene="office"
)


def film(path: Path, portrait: Portrait) -> None:
    """Write one second of the portrait; its eyes close once."""
    width, height = portrait.size
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{width} H{height} F{FRAMES_PER_SECOND}:1 Ip A1:1 C420jpeg\n".encode())
        for number in range(FRAMES_PER_SECOND * 3):
            picture = draw(portrait, blinking=number == 1).convert("YCbCr")
            light, blue, red = picture.split()
            half = (width // 2, height // 2)
            file.write(b"FRAME\n" + light.tobytes() + blue.resize(half).tobytes() + red.resize(half).tobytes())


def draw(portrait: Portrait, *, blinking: bool = False) -> Image.Image:
    """Give one frame: a head and shoulders in the middle, as people sit before a camera."""
    width, height = (side * DETAIL for side in portrait.size)
    image = Image.new("RGB", (width, height), portrait.wall)
    pen = ImageDraw.Draw(image)
    unit = min(width, height) / 100
    _scene(pen, portrait, width, height, unit)
    middle, eyes = width / 2, height * 0.46

    def ellipse(x: float, y: float, across: float, down: float, colour: str) -> None:
        """Around a point, all in hundredths of the shorter side from the middle of the face."""
        x, y, across, down = middle + x * unit, eyes + y * unit, across * unit, down * unit
        pen.ellipse((x - across, y - down, x + across, y + down), fill=colour)

    if portrait.long_hair:
        ellipse(0, 4, 24, 31, portrait.hair)
    _shoulders(pen, portrait, middle, eyes, unit=unit, height=height)
    ellipse(0, -12, 20.5, 19, portrait.hair)
    ellipse(-18, 3, 3, 5, portrait.skin)
    ellipse(18, 3, 3, 5, portrait.skin)
    ellipse(0, 3, 18, 23, portrait.skin)
    fringe = (middle - 19 * unit, eyes - 27 * unit, middle + 19 * unit, eyes + 5 * unit)
    pen.chord(fringe, 195, 345, fill=portrait.hair)
    for side in (-7.5, 7.5):
        ellipse(side, 1.5, 3.1, 0.5 if blinking else 2.1, portrait.skin if blinking else "#ffffff")
        ellipse(side, 1.5, 2.6 if blinking else 1.5, 0.4 if blinking else 1.7, "#2b211c")
        _arc(pen, (middle + side * unit, eyes - 2.5 * unit), 4 * unit, (215, 325), colour=portrait.hair, thick=unit)
        ellipse(side * 1.45, 11, 3, 1.8, "#dc9580")
        if portrait.glasses:
            _ring(pen, (middle + side * unit, eyes + 1.5 * unit), 5.6 * unit, unit)
    if portrait.glasses:
        pen.line((middle - 2 * unit, eyes + unit, middle + 2 * unit, eyes + unit), fill="#4c3a55", width=round(unit))
    _arc(pen, (middle, eyes + 5.5 * unit), 2.6 * unit, (40, 140), colour="#b5775a", thick=unit)
    _arc(pen, (middle, eyes + 8 * unit), 8 * unit, (35, 145), colour="#9c3f3f", thick=unit * 1.3)
    return image.resize(portrait.size, Image.Resampling.LANCZOS)


def _shoulders(
    pen: ImageDraw.ImageDraw, portrait: Portrait, middle: float, eyes: float, *, unit: float, height: float
) -> None:
    neck = (middle - 7 * unit, eyes + 16 * unit, middle + 7 * unit, eyes + 36 * unit)
    pen.rounded_rectangle(
        (middle - 36 * unit, eyes + 31 * unit, middle + 36 * unit, height * 1.3), 20 * unit, portrait.shirt
    )
    pen.rectangle(neck, fill=portrait.skin)
    pen.chord(
        (middle - 11 * unit, eyes + 22 * unit, middle + 11 * unit, eyes + 42 * unit), 0, 180, fill=portrait.skin
    )


def _scene(pen: ImageDraw.ImageDraw, portrait: Portrait, width: float, height: float, unit: float) -> None:
    pen.rectangle((0, height * 0.86, width, height), fill=portrait.shade)
    if portrait.scene == "home":
        pen.rectangle((6 * unit, 8 * unit, 30 * unit, 42 * unit), fill="#ffffff")
        pen.rectangle((8 * unit, 10 * unit, 28 * unit, 40 * unit), fill="#b9d7e6")
        pen.chord((12 * unit, 28 * unit, 27 * unit, 52 * unit), 180, 360, fill="#7fa77a")
        return
    left = width - 34 * unit
    for shelf in (14, 38):
        pen.rectangle((left, (shelf + 18) * unit, width, (shelf + 20) * unit), fill="#8d755e")
        for number, colour in enumerate(("#9b1c2e", "#2044aa", "#d8a13a", "#4d7f6a", "#9b1c2e", "#5c6b80")):
            start = left + (2 + number * 5) * unit
            pen.rectangle((start, (shelf + number % 3) * unit, start + 4 * unit, (shelf + 18) * unit), fill=colour)
    pen.rectangle((8 * unit, 60 * unit, 18 * unit, 86 * unit), fill="#b0694a")
    for x, y in ((2, 40), (7, 34), (12, 44), (7, 47)):
        pen.ellipse((x * unit, y * unit, (x + 12) * unit, (y + 16) * unit), fill="#5c8f63")


def _arc(
    pen: ImageDraw.ImageDraw,
    at: tuple[float, float],
    radius: float,
    angles: tuple[int, int],
    *,
    colour: str,
    thick: float,
) -> None:
    x, y = at
    pen.arc((x - radius, y - radius, x + radius, y + radius), *angles, fill=colour, width=round(thick))


def _ring(pen: ImageDraw.ImageDraw, at: tuple[float, float], radius: float, thick: float) -> None:
    _arc(pen, at, radius, (0, 360), colour="#4c3a55", thick=thick)
