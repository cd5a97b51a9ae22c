"""What a network may throw at the media worker: broken packets for its parsers, floods and attacks for its calls."""
