"""Data: sets that come along, what y means, how to split and scale."""

from __future__ import annotations

from .._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {
        ".encoding": ["Encoding"],
        ".column_encoding": ["Column"],
        ".files": ["Table", "read_table"],
        ".idx": ["read_idx", "read_mnist"],
        ".target_choice": ["target_column"],
        ".sets": ["SETS", "Dataset", "load"],
        ".scaling": ["Scaling"],
        ".splitting": ["Split", "split"],
        ".tables": ["as_matrix", "as_targets"],
        ".targets": ["Targets", "understand"],
    },
)
