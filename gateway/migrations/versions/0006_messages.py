"""What people are told by e-mail: messages, the mails that carry them, and codes to set a password with."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)  # as it stands: no % is a placeholder here
