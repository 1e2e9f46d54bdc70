#!/usr/bin/env python3
"""Writes a folder of generated files, and questions about them.

Words follow Zipf's law over a made-up vocabulary; a third of the files are
source code, whose identifiers are made of the same words. The same arguments
give the same files. Questions go to DIR/questions.txt, one a line: plain words,
a misspelt word, an identifier, a phrase that stands in a file, and a path.

    corpus.py DIR [FILES] [BYTES_A_FILE]
"""

import itertools
import pathlib
import random
import sys

VOCABULARY = 60_000
QUESTIONS = 500
TOPICS = 40


def vocabulary(chance):
    """Distinct words of two to five syllables; the first are the frequent ones."""
    onsets = "b c d f g h j k l m n p r s t v w br cl dr fl gr pl st tr".split()
    vowels = "a e i o u ai ea ou".split()
    endings = ["", "n", "r", "s", "t", "l", "ck", "nd"]
    words = {}
    while len(words) < VOCABULARY:
        syllables = 1 + len(words) * 4 // VOCABULARY
        word = "".join(
            chance.choice(onsets) + chance.choice(vowels)
            for _ in range(syllables + chance.randrange(2))
        )
        words[word + chance.choice(endings)] = None
    return list(words)


def identifier(chance, words):
    """A name of two or three words in one of the usual cases."""
    parts = chance.choices(words[:5000], k=chance.choice((2, 2, 3)))
    if chance.random() < 0.5:
        return "_".join(parts)
    return parts[0] + "".join(part.capitalize() for part in parts[1:])


def prose(chance, draw, size):
    """A Markdown file."""
    lines = [f"# {' '.join(draw(3)).capitalize()}", ""]
    length = 0
    while length < size:
        if chance.random() < 0.15:
            lines += ["", f"## {' '.join(draw(3))}", ""]
        lines.append(" ".join(draw(12)) + ".")
        length += len(lines[-1])
    return "\n".join(lines)


def code(chance, draw, words, size):
    """A source file."""
    names = [identifier(chance, words) for _ in range(40)]
    lines = []
    length = 0
    while length < size:
        name, first, second = chance.choices(names, k=3)
        comment = " ".join(draw(8))
        lines += [f"# {comment}", f"def {name}({first}, {second}):", f"    return {first}.{second}()", ""]
        length += len(comment) + len(name) + 2 * (len(first) + len(second)) + 24
    return "\n".join(lines), names


def misspelt(chance, word):
    """The word with two neighbouring letters swapped."""
    at = chance.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def main(folder, files=10_000, size=10_000):
    """Writes the files and the questions."""
    chance = random.Random(1)
    words = vocabulary(chance)
    weights = list(itertools.accumulate(1 / (rank + 2) for rank in range(VOCABULARY)))
    draw = lambda count: chance.choices(words, cum_weights=weights, k=count)
    questions = []
    for number in range(files):
        area = f"area-{number % TOPICS}/{words[200 + number // TOPICS % 5]}"
        length = int(size * chance.uniform(0.2, 1.8))
        if number % 3 == 0:
            text, names = code(chance, draw, words, length)
            path = folder / area / f"{names[0]}-{number}.py"
        else:
            text, names = prose(chance, draw, length), []
            path = folder / area / f"{'-'.join(draw(2))}-{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if number % max(1, files // QUESTIONS) == 0:
            line = chance.choice([line for line in text.split("\n") if len(line.split()) > 4])
            some = [word.strip(".#") for word in line.split()]
            long = [word for word in some if len(word) > 5] or [words[-1]]
            kinds = [
                " ".join(chance.sample(some, 2)),
                " ".join(chance.sample(some, 4)),
                chance.choice(long),
                misspelt(chance, chance.choice(long)) + " " + chance.choice(some),
                '"' + " ".join(some[1:4]) + '"',
                names[1] if names else " ".join(chance.sample(some, 3)),
                f"path:area-{number % TOPICS}/ {chance.choice(long)}",
                " ".join(words[:3]) + " " + chance.choice(long),
            ]
            questions.append(kinds[len(questions) % len(kinds)])
    (folder / "questions.txt").write_text("\n".join(questions) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), *map(int, sys.argv[2:4]))
