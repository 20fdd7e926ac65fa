"""How people's files leave us: saved, never shown; nothing in them runs, wherever a browser may open them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from starlette.responses import FileResponse

INERT = "default-src 'none'; sandbox"


def attachment(path: Path, name: str) -> FileResponse:
    """A stored file as a download under that name. Its type says nothing, so that no browser finds one in it."""
    return FileResponse(
        path,
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "Content-Security-Policy": INERT,
            "X-Content-Type-Options": "nosniff",
        },
    )
