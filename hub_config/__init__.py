"""Configuration of JupyterHub."""
