"""Judges generated cases with Math-Verify: JSON lines {gold, text, isBare} in, one JSON line {accepted, gold, answer} out for each.

A bare answer and a reference go between dollar signs unless they hold delimiters, as the documentation of Math-Verify
asks; what stands before the end of a thinking section is left out, as trainers do before they call it.
"""

import json
import re
import sys

from math_verify import parse, verify

DELIMITER = re.compile(r"(?<!\\)\$|\\\(|\\\[|\\boxed")


def judge(case):
    gold, text = case["gold"], case["text"].split("</think>")[-1]
    if not DELIMITER.search(gold):
        gold = f"${gold}$"
    if case["isBare"] and not DELIMITER.search(text):
        text = f"${text}$"
    wanted, answer = parse(gold), parse(text)
    return bool(verify(wanted, answer)), wanted, answer


def show(parsed):
    return str(parsed[0])[:80] if parsed else None


for line in sys.stdin:
    try:
        accepted, wanted, answer = judge(json.loads(line))
        print(json.dumps({"accepted": accepted, "gold": show(wanted), "answer": show(answer)}))
    except Exception as error:
        print(json.dumps({"accepted": False, "gold": None, "answer": type(error).__name__}))
