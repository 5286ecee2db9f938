"""Exports that are imported on first use (PEP 562), so that a name costs only what it needs."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any


def exporter(
    package: str, names: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """``__getattr__``, ``__dir__`` and ``__all__`` for a package that exports ``names`` by module."""
    home = {name: module for module, exported in names.items() for name in exported}

    def load(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(home[name], package), name)
        import sys

        setattr(sys.modules[package], name, value)
        return value

    return load, lambda: sorted(home), sorted(home)


def above(module: str, function: str) -> Callable[[Any], str]:
    """A method that hands its object to a function of a package higher up, found when it is called.

    For what a notebook shows of an object only: it has to be a method of the object's class, and what
    it needs stands above that class.
    """

    def method(self: Any) -> str:
        from importlib import import_module

        shown: str = getattr(import_module(module), function)(self)
        return shown

    method.__name__ = method.__qualname__ = "_repr_html_"
    method.__doc__ = "What a notebook shows."
    return method
