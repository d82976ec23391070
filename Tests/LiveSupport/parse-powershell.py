"""Parses PowerShell scripts with tree-sitter-powershell and prints what a test has to know about each, as JSON.

For each file: the places where it is not PowerShell, every text between apostrophes as written, every command by name.
"""

import json
import sys

import tree_sitter
import tree_sitter_powershell


def nodes(root):
    """Every node, the outer before the inner, without recursion."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.children))


def describe(path, parser):
    with open(path, "rb") as file:
        source = file.read()
    result = {"errors": [], "verbatim": [], "commands": []}
    for node in nodes(parser.parse(source).root_node):
        text = source[node.start_byte : node.end_byte].decode("utf-8", "replace")
        if node.type == "ERROR" or node.is_missing:
            result["errors"].append(f"{node.start_point.row + 1}:{node.start_point.column + 1}: {node.type} {text}")
        elif node.type == "verbatim_string_characters":
            result["verbatim"].append(text)
        elif node.type == "command_name":
            result["commands"].append(text)
    return result


def main():
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    json.dump([describe(path, parser) for path in sys.argv[1:]], sys.stdout)


main()
