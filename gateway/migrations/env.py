"""How Alembic runs our revisions: on the connection, in the transaction and under the lock of `database.migrate`."""

from alembic import context

from approvals.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
