"""Speed, shown by comparing two things in one run; absolute figures belong to the machine."""
