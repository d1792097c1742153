"""Pure values and rules: alert → resource → evidence → findings → diagnosis → report."""
