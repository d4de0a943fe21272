"""Every threshold of parity in one place, each with the figure it was chosen by.

"True" are the 1,087 true pairs of parity-dev.jsonl unless said otherwise; "other sources" are pairs judged by a
lexicon that was not learned from their source (`python -m i18n.training.meaning`). docs/parity.md tells the rest.
"""

# language: the share is of words that only one of the two languages has
LEAST_WORDS_TO_JUDGE = 2  # one such word names a language too often: a brand, a loan
LEAST_WORDS_OF_ANOTHER = 5  # a text this long of which little is known is a third language
LEAST_SHARE_KNOWN = 0.25  # 99 in 100 true texts: 0.55 and more; one has less than this
MIXED = 0.1  # of true Welsh texts 1 in 100 has more English than this
LEAST_WORDS_IN_SENTENCE = 3  # fewer say little; not tuned
FOREIGN = 0.45  # true Welsh at most 0.33; English with a few Welsh words at least 0.56
LEAST_FOREIGN = 2  # one English word in a short Welsh text is often a term
SHORT_TEXT = 4  # words; below it one word more or less moves the share by a third
FOREIGN_SHORT = 0.6  # more than half; not tuned
LEAST_FOREIGN_IN_SENTENCE = 3  # one false alarm in the true pairs: a title in brackets
FOREIGN_TO_OWN = 1.0  # as many words of the wrong language as of the right one make a sentence the wrong one's

# runs of English inside Welsh: titles of English documents are three words and more too, so a shorter one asks
LEAST_RUN = 3  # a term is two words at most as a rule; not tuned
SURE_IN_RUN = 0.6  # share that is surely English; the rest may be of both languages; not tuned
LEAST_COPIED_RUN = 4  # this many words in the order of the English text block: no true pair had them

# contacts
NEAR = 0.8  # similarity (difflib) from which an address is a slip in copying: 100 of 123 changed ones of the corpus
DIGITS_OF_A_SLIP = 2  # 166 of 173 pairs of true lines with the same first four digits differ in more
LEAST_TAG_BEGINNING = 5  # letters of an English word at the start of a hashtag without capitals

# meaning: which words count
MOST_WORDS_COMPARED = 3_000  # ten times the longest post: bounds the time
LIKELY_ENOUGH = 0.25  # P(word | word) that explains fully: one of up to four ways to say it; not tuned
WEIGHT_OF_A_NAME = 3.0  # a word that stands in both texts, or a pair of the glossary: as a usual word; not tuned
USUAL_LENGTH_RATIO = 0.1  # log of Welsh to English letters in the middle of true pairs

# meaning: weights fitted by i18n.training.meaning, features as named in i18n.meaning
OTHER_MESSAGE = (4.32, -4.26, -6.14, -2.19, 0.49, 5.63, -1.23)
OTHER_MESSAGE_ASKS = -1.1  # 3.4 % of true pairs of other sources, 1.2 % of true; 95 % of sentences on the topic
OTHER_MESSAGE_BLOCKS = 3.0  # 0.4 % of true pairs of other sources, 1 of 1,087 true; 97 % of random sentences
LEAST_WORDS_FOR_OTHER = 4  # in each text, to block
PART_MISSING = {
    "cy": (-3.85, -1.96, -0.26, 1.31, 4.84, 1.67, 0.28, 1.08, 1.91),
    "en": (-4.21, -1.85, 0.21, 1.15, 9.12, 0.49, 0.31, 1.04, 1.74),
}
PART_MISSING_ADVISES = 1.4  # 2 % of true pairs of other sources; 73 % of one sentence of up to five; if one stands out
PART_MISSING_ASKS = 3.0  # 0.5 % of true pairs of other sources; 82 % of texts cut, 57 % of one sentence of up to five
PART_MISSING_BLOCKS = 6.0  # under 0.2 % of true pairs of other sources
LEAST_SENTENCE_WEIGHT = 6.0  # about two telling words
SENTENCE_UNEXPLAINED = 0.3  # a sentence or word explained less than this is named as perhaps missing

# how much is said
LEAST_TELLING_WEIGHT = 3.0  # "with", "have" and the like weigh less
MOST_WORDS_NAMED = 8
LONGEST_QUOTE = 300
MOST_MISSPELT = 20
MOST_FACTS_COMPARED = 300  # of each text: bounds the time for texts of 100,000 characters
MOST_SHARED_FACTS = 3  # equal facts that speak for one message; more say no more
