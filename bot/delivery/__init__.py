"""Messages out: from rows of the outbox to Telegram, at the pace that Telegram allows."""
