"""The one write path (house.md, rule 1). Actions change state and never commit: the edge does."""
