"""Adam, and what makes it cheap: few calls, and words that are learnt when they are read."""
