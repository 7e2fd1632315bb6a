"""Read-only answers across rooms: status board, technician, release for review, sign-offs, exports."""
