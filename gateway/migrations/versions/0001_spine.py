"""The spine: posts, sign-offs, consents, deliveries, the quality log, and the database's own refusals."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)  # as it stands: no % is a placeholder here
