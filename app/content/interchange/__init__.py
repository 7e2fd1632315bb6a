"""Interchange: items of other systems (GIFT, Moodle XML, QTI) become items.yaml, and a course's items go out again."""
