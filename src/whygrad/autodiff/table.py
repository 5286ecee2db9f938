"""The table of operations, name -> row: ``ops`` enters the rows, and ``xp`` offers each by its name."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TABLE: dict[str, Any] = {}
