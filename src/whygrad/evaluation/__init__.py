"""How good predictions are, how sure one can be of it, and what they have to beat."""

from __future__ import annotations

from .._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {
        ".confusion_matrix": ["Confusion", "confusion"],
        ".honest": ["Measured", "Summary", "measure", "summarise"],
        ".intervals": ["Interval", "bootstrap_r2", "mcnemar", "wilson"],
        ".wording": ["sentences"],
    },
)
