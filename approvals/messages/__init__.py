"""What is told to whom: one table (`kinds.py`), from what is known (`cases.py`), to whom (`audience.py`), and how
(`choices.py`).

Nothing here writes. `actions/telling.py` turns entries of the quality log into messages by it.
"""
