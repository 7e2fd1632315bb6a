"""Papers, attempts, responses: how an item is drawn, answered and scored."""
