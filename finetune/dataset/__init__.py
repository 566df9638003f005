"""Training sets: prompts with the replies that a model is to learn, made from rows of the lake."""
