"""What a keeper tells a server's people: one small JSON file that only the keeper can write (`view.NOTICES` inside)."""

from __future__ import annotations

import json
import os
from typing import Any

from .config import Config


class Notice:
    """One server's notice. It is empty when the server starts."""

    def __init__(self, config: Config, name: str) -> None:
        self.folder = f"{config.notices}/{name}"
        os.makedirs(self.folder, mode=0o755, exist_ok=True)
        os.chmod(self.folder, 0o755)  # noqa: S103 -- read inside by the learner's uid; no other sees it
        self.tell(None)

    def tell(self, facts: dict[str, Any] | None) -> None:
        """{"home": {"level": "full|over|stop", "used_mb", "limit_mb"}} and the like; {} when all is well."""
        path = f"{self.folder}/notice.json"
        with open(f"{path}.new", "w") as file:
            json.dump(facts or {}, file)
        os.chmod(f"{path}.new", 0o644)
        os.rename(f"{path}.new", path)
