"""Sentences and objects of agents that have one value of a person each."""

import json

from values import Values

# Sentences. A dictionary is an object; `name` in it becomes a name made of the word.

WITH_WORD = {
    "tuning": [
        "{word}: {v}",
        "{word} {v}",
        "{word} = {v}, checked by hand",
        "The customer gave {word} {v} in the ticket.",
        "Found {word} {v} in fixtures/users.json, removing it",
        "my {word} is {v}",
        "row 17: name=Ada; {word}={v}; city=Berlin",
        '{{"{word}": "{v}"}}',
        {"name": "{v}"},
        {"user": {"name": "{v}"}, "count": 3},
        "- [ ] ask about {word} ({v}) before merging #418",
        "2025-11-18T12:00:00Z INFO signup {word}={v} took 42 ms",
    ],
    "held-out": [
        "{word} on file: {v}.",
        "Please update {word} to {v} for the account in row 12",
        "seeding the database with {word} '{v}' failed",
        "the log printed {word} {v}, that must not happen",
        "| Ada Lovelace | {word}: {v} | active |",
        '--{word} "{v}" --dry-run',
        "note to self: {word}\t{v}",
        {"name": "{v}", "retries": 2},
        {"items": [{"name": "{v}"}]},
        "panicked at src/import.rs:88: bad {word}: {v}",
        "Her {word} was {v} until last year",
    ],
}

WITHOUT_WORD = {
    "tuning": [
        "{v}",
        "{v} signed up twice",
        "Removed {v} from the fixture",
        "please ask {v} about the failing build",
        "seen in the log: {v}, again",
        "user '{v}' not found",
        {"note": "see {v}"},
        {"{v}": "done"},
        "diff: -old +{v}",
        "line 12 has {v}.",
        "(was {v})",
    ],
    "held-out": [
        "got {v} back from the form",
        "{v}, and nothing else in that row",
        'assert parse("{v}").is_ok()',
        "Ada ({v}) reported it",
        {"detail": ["first", "second: {v}"]},
        "- {v}",
        "value={v}",
        "It crashed on {v}; fixed in 4f2a91c",
        {"summary": "import stopped at {v}", "rows": 1200},
    ],
}


def filled(template, value, word):
    """An object of the template, as text or as data."""
    if isinstance(template, str):
        return {"message": template.format(v=value, word=word)}
    name = word.replace(".", "").replace("-", "_").replace(" ", "_").lower()
    text = json.dumps(template, ensure_ascii=False)
    return json.loads(
        text.replace("{v}", value).replace('"name"', json.dumps(name, ensure_ascii=False))
    )


def personal(which, seed, count):
    """Objects with one value each: kind, value, object, whether a word names it."""
    values = Values(seed)
    chance = values.chance
    for kind in ("email", "phone", "card", "iban", "national_id", "ip"):
        for _ in range(count):
            value, words, strong = values.of(kind)
            # Strong forms stand alone as often as not. Telephone numbers are mostly
            # said to be such; what stands for nothing by itself always is.
            alone = {"phone": 0.2}.get(kind, 0.5 if strong else 0.0)
            if not words or chance.random() < alone:
                template, word, named = chance.choice(WITHOUT_WORD[which]), "", False
            else:
                template, word, named = chance.choice(WITH_WORD[which]), chance.choice(words), True
            yield kind, value, filled(template, value, word), named
