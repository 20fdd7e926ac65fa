"""The worker: asks the platform for jobs, finds verdicts in its sandbox, brings them back. It has no database and no
secret.
"""
