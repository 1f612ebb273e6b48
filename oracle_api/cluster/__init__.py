"""Jobs over several machines: Celery carries their ids from API hosts to workers."""
