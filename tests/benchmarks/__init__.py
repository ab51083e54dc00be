"""What is measured must be there to be measured."""
