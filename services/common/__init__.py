"""What the services share: signature, tokens, problem documents, database client, log line."""
