"""What administrators look after: the organisation's own terms, the register of channels, codes for a new password."""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)  # as it stands: no % is a placeholder here
