"""What a team would build without this service: Celery or RQ on Redis behind a Flask route."""
