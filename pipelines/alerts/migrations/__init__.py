"""The alert store's way from release to release, run by `pipelines.alerts.migrating`."""
