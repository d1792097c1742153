"""Messages to people: what happened, in sections, made to fit and to page nobody by accident."""
