"""Running a sweep's jobs on a cluster."""
