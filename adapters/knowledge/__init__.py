"""The knowledge base: what earlier incidents and runbooks say."""
