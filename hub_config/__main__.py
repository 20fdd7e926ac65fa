"""`python -m hub_config`: JupyterHub with our configuration, without one import that takes as long as all others."""

import sys
from pathlib import Path

# jsonschema looks for it only to check a URI format that the Hub's events do not use; it builds a grammar for 2 s
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

from jupyterhub.app import main  # noqa: E402 -- after that

if __name__ == "__main__":
    main(["-f", str(Path(__file__).parent / "jupyterhub_config.py")])
