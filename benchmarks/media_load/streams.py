"""Pre-encoded media: VP8 640x360 at 30 frames/s and about 1 Mbit/s, Opus at 32 kbit/s, cut into payloads.

Encoded once by `python -m benchmarks.media_load.streams`, in a process of its own: the generator hides the
encoder, as the media worker does.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

CACHE = Path(__file__).parents[2] / "build" / "media_load" / "streams.json"
WIDTH, HEIGHT, FRAMES_PER_S, VIDEO_BITS_PER_S = 640, 360, 30, 1_000_000
VIDEO_FRAMES = 150  # five seconds from one key frame to the next
AUDIO_FRAMES, AUDIO_FRAME_SAMPLES, AUDIO_RATE_HZ, AUDIO_BITS_PER_S = 100, 960, 48_000, 32_000
PAYLOAD_MAX_BYTES = 1_150
STAMP_BYTES = 16
SEED = 20_261_126


@dataclass(frozen=True, slots=True)
class Clip:
    """Payloads in one text: where each packet ends, and after how many packets each frame ends."""

    payload: bytes
    packet_ends: tuple[int, ...]
    frame_ends: tuple[int, ...]


def load() -> tuple[Clip, Clip]:
    """Return video and audio; encodes them if nobody did before."""
    if not CACHE.exists():
        CACHE.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "benchmarks.media_load.streams"], check=True)
    found = json.loads(CACHE.read_text())
    video, audio = (
        Clip(bytes.fromhex(clip["payload"]), tuple(clip["packet_ends"]), tuple(clip["frame_ends"])) for clip in found
    )
    return video, audio


def cut(frames: Iterable[list[bytes]]) -> Clip:
    """Put the payloads of all frames into one clip."""
    payload = bytearray()
    packet_ends: list[int] = []
    frame_ends: list[int] = []
    for packets in frames:
        for packet in packets:
            payload += packet
            packet_ends.append(len(payload))
        frame_ends.append(len(packet_ends))
    return Clip(bytes(payload), tuple(packet_ends), tuple(frame_ends))


def packetize(frame: bytes, picture: int) -> list[bytes]:
    """Cut a VP8 frame into payloads of even size with their descriptors (RFC 7741, 4.2)."""
    count = -(-len(frame) // PAYLOAD_MAX_BYTES)
    size = max(-(-len(frame) // count), STAMP_BYTES)
    pieces = [frame[at : at + size] for at in range(0, len(frame), size)]
    identifier = (0x8000 | picture).to_bytes(2, "big")
    return [bytes([0x90 if not index else 0x80, 0x80]) + identifier + piece for index, piece in enumerate(pieces)]


def _encode_video() -> Iterator[list[bytes]]:
    import av  # noqa: PLC0415  # nobody else here needs it

    chance = random.Random(SEED)
    codec = av.CodecContext.create("libvpx", "w")
    codec.width, codec.height, codec.pix_fmt, codec.bit_rate = WIDTH, HEIGHT, "yuv420p", VIDEO_BITS_PER_S
    codec.time_base, codec.framerate, codec.gop_size = Fraction(1, FRAMES_PER_S), Fraction(FRAMES_PER_S), VIDEO_FRAMES
    rate = {name: str(VIDEO_BITS_PER_S) for name in ("minrate", "maxrate")}
    codec.options = {"deadline": "realtime", "cpu-used": "8", "bufsize": "500000", "max-intra-rate": "300", **rate}
    tile = chance.randbytes(WIDTH * HEIGHT)
    for number in range(VIDEO_FRAMES):
        picture = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        shift = number * 7
        for index, plane in enumerate(picture.planes):
            rows = HEIGHT >> bool(index)
            grain = bytes(96 + (value >> 2) for value in tile[shift : shift + plane.line_size * rows])
            plane.update(grain.ljust(plane.line_size * rows, b"\x80"))
        picture.pts = number
        for packet in codec.encode(picture):
            yield packetize(bytes(packet), number)
    for packet in codec.encode(None):
        yield packetize(bytes(packet), VIDEO_FRAMES - 1)


def _encode_audio() -> Iterator[list[bytes]]:
    import av  # noqa: PLC0415

    chance = random.Random(SEED)
    codec = av.CodecContext.create("libopus", "w")
    codec.sample_rate, codec.layout, codec.format = AUDIO_RATE_HZ, "stereo", "s16"
    codec.bit_rate, codec.time_base, codec.options = AUDIO_BITS_PER_S, Fraction(1, AUDIO_RATE_HZ), {"vbr": "off"}
    for number in range(AUDIO_FRAMES):
        sound = av.AudioFrame(format="s16", layout="stereo", samples=AUDIO_FRAME_SAMPLES)
        sound.planes[0].update(chance.randbytes(AUDIO_FRAME_SAMPLES * 4))
        sound.pts, sound.sample_rate = number * AUDIO_FRAME_SAMPLES, AUDIO_RATE_HZ
        for packet in codec.encode(sound):
            yield [bytes(packet)]


def main() -> None:
    """Encode, and keep the result."""
    clips = [cut(_encode_video()), cut(_encode_audio())]
    CACHE.write_text(json.dumps([asdict(clip) | {"payload": clip.payload.hex()} for clip in clips]))


if __name__ == "__main__":
    main()
