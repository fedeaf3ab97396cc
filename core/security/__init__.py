"""What keeps strangers' files, addresses and links from doing harm."""
