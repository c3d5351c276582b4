"""The paper's experiments: which there are, what they need, and the report that shows them.

`prvipe.reproduction.experiments` holds one file per experiment; each asks the `Laboratory` for
trained models and measurements and returns a `prvipe.report.sections.Section`.
"""
