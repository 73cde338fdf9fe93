"""Run by Alembic: over the connection it was given, or as text for the dialect it was given."""

from alembic import context

from pipelines.alerts.columns import METADATA
from pipelines.alerts.migrations.steps import REVISION_TABLE

connection = context.config.attributes.get("connection")

if connection is not None:
    context.configure(connection=connection, target_metadata=METADATA, version_table=REVISION_TABLE)
else:
    context.configure(
        dialect_name=context.config.attributes["dialect"].name,
        dialect_opts=context.config.attributes.get("dialect_options", {}),
        target_metadata=METADATA,
        version_table=REVISION_TABLE,
        as_sql=True,
        literal_binds=True,
    )

with context.begin_transaction():
    context.run_migrations()
