"""What an alert says, the outbox that owes each alert once, and delivery to Slack."""
