"""What is answered at each address, a file for each idea."""
