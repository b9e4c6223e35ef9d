"""Rules about parts that know of each other, and inputs that know the answer."""
