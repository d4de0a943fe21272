"""What keeps sending calm: the last beginning on each account, renewals that survive a crash, workers' clocks."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)  # as it stands: no % is a placeholder here
