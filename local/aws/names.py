"""What the stand-in's resources are called, and who may ask it."""

from typing import Final

QUARANTINE_BUCKET: Final = "fernamt-quarantine"
PAPERS_BUCKET: Final = "fernamt-papers"
ACCESS_KEY: Final = "test"  # the one key whose presigned addresses ministack accepts
SECRET_KEY: Final = "test"  # noqa: S105  opens nothing: the stand-in listens on this machine only
