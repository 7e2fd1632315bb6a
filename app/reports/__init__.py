"""Read-only answers across rooms: the status board, the sign-off page, what an auditor takes away."""
