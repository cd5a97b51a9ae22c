"""The load generator of `make bench-media`: browsers of aiortc's parts, with the media path in C."""
