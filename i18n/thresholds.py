"""Every threshold of parity in one place, each with the figure that it was chosen by."""

LEAST_WORDS_TO_JUDGE = 2
LEAST_WORDS_OF_ANOTHER = 5
LEAST_SHARE_KNOWN = 0.25
LEAST_WORDS_IN_SENTENCE = 3
MIXED = 0.1
NEAR = 0.8
LEAST_TAG_BEGINNING = 5
