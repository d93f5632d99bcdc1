"""What a text is about: a linear model over pairs of characters, learned from closed cases. Reading needs numpy alone;
only learning loads scikit-learn. Decisions: docs/adr/0041-triage-is-one-linear-model.md."""
