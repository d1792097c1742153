"""How a report is made in a cell: by rules, by the triage graph with a model, by a ReAct agent."""
