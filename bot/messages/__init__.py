"""Messages in chats: what comes in is kept until it is answered, what goes out is kept in step with its render or asset."""
