"""Graphs recorded from scalar code, replayed as programs: as operations on arrays, or straight-line Python.

======================  =================================================================
:mod:`.program`         ``compile`` and the program it gives
:mod:`.recording`       the graph as flat lists, and what each leaf is for
:mod:`.given`           what is given to it, checked
:mod:`.structure`       chains of additions folded into sums, parts that are alike grouped
:mod:`.products`        the matrix products that groups of sums of products are
:mod:`.layout`          where each number lies, so that what is computed together lies together
:mod:`.views`           positions as slices, matrices and broadcasts
:mod:`.array_source`    the text of a program on arrays; ``array_form`` runs it
:mod:`.part_source`     the statements of one group
:mod:`.statements`      symbols as calls that write into buffers
:mod:`.templates`       rows of the table as text of Python
:mod:`.python_source`   the text of straight-line Python; ``python_form`` runs it
:mod:`.explanation`     what was found, in words
:mod:`.checking`        a recording compared with a graph made anew
======================  =================================================================
"""

from __future__ import annotations

from ..._lazy import exporter

__getattr__, __dir__, __all__ = exporter(
    __name__,
    {
        ".checking": ["Check"],
        ".explanation": ["Explanation", "MatrixProduct", "Operation", "Part", "Sum"],
        ".program": ["Program", "compile"],
    },
)
