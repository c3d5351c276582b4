"""What is said over HTTP: requests and answers, typed, and the poses and results they stand for."""
