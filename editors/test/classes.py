"""Says what the TextMate grammar makes of places in policies.

PLACES has a line for each place, FILE TAB LINE TAB COLUMN, both from 1 and the column in bytes; ANSWERS gets a line for
each, the scope of the place. The regular expressions are run by Oniguruma, as in editors. Of TextMate's rules what our
grammar uses is here: `match` with `captures`, `begin` with `end` on one line, `include` of the repository; the first of
the patterns that match furthest to the left wins.
"""

import json
import os
import sys

import onigurumacffi


class Grammar:
    """A grammar whose `begin` ends in the same line."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.grammar = json.load(file)
        self.compiled = {}

    def expression(self, pattern):
        """A compiled regular expression; an error names one that Oniguruma does not take."""
        if pattern not in self.compiled:
            self.compiled[pattern] = onigurumacffi.compile(pattern)
        return self.compiled[pattern]

    def rules(self, patterns):
        """The patterns, with what they include in its place."""
        for pattern in patterns:
            if "include" in pattern:
                yield from self.rules([self.grammar["repository"][pattern["include"].removeprefix("#")]])
            elif "match" in pattern or "begin" in pattern:
                yield pattern
            else:
                yield from self.rules(pattern["patterns"])

    def scopes(self, line):
        """The scope of each character of a line; None where there is none."""
        found = [None] * len(line)
        self.apply(self.grammar["patterns"], line, 0, len(line), found)
        return found

    def apply(self, patterns, line, start, end, found):
        rules = list(self.rules(patterns))
        position = start
        while position < end:
            best = None
            for rule in rules:
                match = self.expression(rule.get("match") or rule["begin"]).search(line, position)
                if match and match.start() < end and (best is None or match.start() < best[1].start()):
                    best = (rule, match)
            if best is None:
                return
            rule, match = best
            stop = match.end()
            if "begin" in rule:
                closing = self.expression(rule["end"]).search(line, match.end())
                stop = closing.end() if closing else end
                self.fill(rule.get("name"), match.start(), stop, found)
                self.apply(rule.get("patterns", []), line, match.end(), stop, found)
            else:
                self.fill(rule.get("name"), match.start(), stop, found)
                for number, capture in rule.get("captures", {}).items():
                    first, last = match.span(int(number))
                    if first >= 0:
                        self.fill(capture.get("name"), first, last, found)
                        self.apply(capture.get("patterns", []), line, first, last, found)
            position = max(stop, position + 1)

    @staticmethod
    def fill(scope, start, end, found):
        if scope:
            found[start:end] = [scope] * (end - start)


def main():
    grammar = Grammar(sys.argv[1])
    current, scopes, answers = None, {}, []
    with open(os.environ["PLACES"], encoding="utf-8") as places:
        for place in places:
            name, line, column = place.rstrip("\n").split("\t")
            if name != current:
                with open(name, "rb") as file:
                    current, lines, scopes = name, file.read().split(b"\n"), {}
            number = int(line) - 1
            if number not in scopes:
                scopes[number] = grammar.scopes(lines[number].decode("utf-8") + "\n")
            character = len(lines[number][: int(column) - 1].decode("utf-8"))
            answers.append(scopes[number][character] or "none")
    with open(os.environ["ANSWERS"], "w", encoding="utf-8") as file:
        file.writelines(answer + "\n" for answer in answers)


main()
