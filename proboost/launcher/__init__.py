"""The launcher: the one program that may be root. Starts learners' servers, shut in and bounded, and nothing else."""
