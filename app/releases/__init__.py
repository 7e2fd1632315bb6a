"""Published editions of a course: frozen content, who signed it, what it asks and grants."""
