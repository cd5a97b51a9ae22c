"""A reader of transport-wide feedback, written apart from the writer: what a sender makes of it."""

import struct


def parse_feedback(body: bytes) -> dict[int, int | None]:
    """Return arrival in milliseconds (None: lost) by sequence number. Raises on anything malformed."""
    base, count, reference = struct.unpack_from("!HHI", body, 8)
    at, symbols = 16, list[int]()
    while len(symbols) < count:
        (chunk,) = struct.unpack_from("!H", body, at)
        at += 2
        if not chunk >> 15:
            symbols += [chunk >> 13 & 3] * (chunk & 0x1FFF)
        elif not chunk >> 14 & 1:
            symbols += [chunk >> place & 1 for place in range(13, -1, -1)]
        else:
            symbols += [chunk >> place & 3 for place in range(12, -1, -2)]
    assert not any(symbols[count:]), "what fills the last vector up is not received"
    time_us = (reference >> 8) * 64_000
    found: dict[int, int | None] = {}
    for place, symbol in enumerate(symbols[:count]):
        sequence = (base + place) & 0xFFFF
        if symbol == 0:
            found[sequence] = None
            continue
        size, shape = (1, "!B") if symbol == 1 else (2, "!h")
        time_us += struct.unpack_from(shape, body, at)[0] * 250
        at += size
        assert time_us % 1_000 == 0
        found[sequence] = time_us // 1_000
    assert at == len(body), "nothing is left over"
    return found
