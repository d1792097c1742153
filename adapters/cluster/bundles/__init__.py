"""What other tools dump of a cluster, made into snapshots."""
