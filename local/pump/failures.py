"""What the log may say of a function's failure."""

import traceback


def describe(error: BaseException) -> str:
    """Name the error and where it arose; never its text, which may hold what a citizen wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in reversed(frames))
    return f"{type(error).__name__} in {places}"
