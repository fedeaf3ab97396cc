"""Messages in chats, kept in step with the render or asset that each shows."""
