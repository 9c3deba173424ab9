"""The officers' web console: pages made here, from what the services return."""
