"""E-mail: what `approvals.actions.telling` has written down is put into words (`compose.py`) and sent (`transport.py`)
by the worker's chores (`chores.py`).
"""
