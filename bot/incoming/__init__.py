"""What comes in from chats: kept until it is answered; some answers are followed as messages from then on."""
