"""Import aiortc without its decoders.

aiortc's package imports PyAV, whose wheel ships FFmpeg. The relay forwards packets and must not be able to
look into them (§ 201 StGB), so names of PyAV resolve to classes that cannot be made, and its library is never
loaded: the image does not even hold it.
"""

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

DECODER = "av"


class DecoderAbsent:
    """Stands where a class of PyAV is named; it cannot be made."""

    def __init__(self, *_: object, **__: object) -> None:
        """Refuse: this process holds no decoder."""
        raise RuntimeError("the media worker holds no decoder")


class _AbsentModule(ModuleType):
    def __getattr__(self, name: str) -> type[DecoderAbsent]:
        if name.startswith("__"):
            raise AttributeError(name)
        return DecoderAbsent


class _AbsentLoader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = _AbsentModule(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


class _AbsentFinder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname == DECODER or fullname.startswith(f"{DECODER}."):
            return ModuleSpec(fullname, _AbsentLoader(), is_package=True)
        return None


def hide_decoder() -> None:
    """From now on `import av` gives a hollow module; call it before aiortc is first imported."""
    if DECODER not in sys.modules and not any(isinstance(finder, _AbsentFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AbsentFinder())
