"""Course files become immutable values here; pure, in the words of COURSE_FORMAT.md."""
