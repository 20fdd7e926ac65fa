"""What benchmarks measure ProBoost against."""
