"""One sentence through trained networks, word by word."""
