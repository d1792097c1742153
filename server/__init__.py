"""The alert server: alerts in over HTTP, one durable diagnosis per incident, reports and progress out."""
