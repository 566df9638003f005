"""What requests cost: the dated price table and exact sums over it."""
