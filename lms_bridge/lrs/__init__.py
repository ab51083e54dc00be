"""What an LRS keeps and knows besides the statements themselves."""
