"""The reverse sweep over tensors: the general one of ``node`` without observers and second derivatives.

It asks each node for the gradients of its parents by the function written for its shapes, where there is one,
and puts what it found into ``grad``. Results are the same to the last bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .fingerprint import fingerprint
from .node import topological_order
from .readings.arrays import fit
from .specialized import general_pull

if TYPE_CHECKING:
    from .readings.arrays import Array
    from .tensor import Tensor


def backpropagate(root: Tensor, upstream: Array) -> None:
    """Add the gradient of ``root``, given that by it, to every leaf; inner nodes get theirs anew."""
    if root.op is None:
        root.receive(upstream.copy())
        return
    order = topological_order(root, leaves=False)
    for node in order:
        if is_changed(node):
            node.refuse_changed()
    found: dict[Any, Array] = {root: upstream}
    for node in reversed(order):
        g = found.get(node)
        if g is None:
            continue
        for parent, gradient in (node.pull or general_pull)(node, g):
            if parent in found:  # never in place: a gradient may be shared, or a read-only view
                found[parent] = fit(found[parent] + gradient, parent.data)
            elif parent.op is None and (gradient is g or gradient.base is not None):
                found[parent] = gradient.copy()  # a leaf's gradient is its own
            else:
                found[parent] = gradient
    for node, gradient in found.items():
        if node.op is None:
            node.receive(gradient)
        else:
            node.grad = gradient


def is_changed(node: Tensor) -> bool:
    """Whether the result, or a leaf that it was computed from, is no longer what it was.

    A mark of bytes is compared here, because a call would take longer than the comparison.
    """
    marks = node.marks
    data, mark = node.data, marks[0]
    quick = mark.__class__ is bytes and data.__class__ is np.ndarray
    if data.tobytes() != mark if quick else fingerprint(data) != mark:
        return True
    for parent, mark in zip(node.parents, marks[1:], strict=True):
        if mark is not None:
            data = parent.data
            quick = mark.__class__ is bytes and data.__class__ is np.ndarray
            if data.tobytes() != mark if quick else fingerprint(data) != mark:
                return True
    return False
