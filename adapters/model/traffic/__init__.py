"""What was said between the product and models, kept in a file and played again without a model.

`questions` says which requests are the same, `answers` what is kept of an answer, `recording` how the file
looks; `proxy` stands between the product and its endpoints and writes one, `replay` stands in for them.
"""
