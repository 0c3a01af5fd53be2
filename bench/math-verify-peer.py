"""Judges cases with Math-Verify: JSON lines {gold, answer, options} in, one JSON line with counts and times out.

Bare LaTeX is wrapped in dollar signs and the configuration follows the case's `match_types`, as in its own tests.
Every verdict is timed alone; CPU time is that of the process, import not counted.
"""

import json
import re
import sys
import time

from math_verify import parse, verify
from math_verify.parser import ExprExtractionConfig, LatexExtractionConfig, StringExtractionConfig

CONFIGS = {
    "latex": LatexExtractionConfig(boxed_match_priority=0),
    "expr": ExprExtractionConfig(),
    "string": StringExtractionConfig(lowercase=True),
    "NativeLetters": StringExtractionConfig(),
}


DELIMITER = re.compile(r"(?<!\\)\$|\\\(|\\\[|\\boxed")


def judge(case):
    options = case.get("options") or {}
    gold, answer = case["gold"], case["answer"]
    if options.get("default_config"):
        return verify(parse(gold), parse(answer))
    kinds = options.get("match_types") or ["latex", "expr"]
    configs = [CONFIGS[kind] for kind in kinds if kind in CONFIGS]
    if "latex" in kinds and not DELIMITER.search(gold):
        gold = f"${gold}$"
    if "latex" in kinds and "\n" not in answer and not DELIMITER.search(answer):
        answer = f"${answer}$"
    return verify(
        parse(gold, configs),
        parse(answer, configs),
        float_rounding=options.get("precision", 6),
        strict=options.get("strict", True),
        allow_set_relation_comp=options.get("allow_set_relation_comp", False),
    )


def main():
    right, free, false_accepts, millis = 0, 0, 0, []
    start = time.process_time()
    for line in sys.stdin:
        case = json.loads(line)
        began = time.perf_counter()
        try:
            accepted = bool(judge(case))
        except Exception:
            accepted = False
        millis.append(1000 * (time.perf_counter() - began))
        if case.get("policy") is None:
            free += 1
            right += accepted == case["expected"]
            false_accepts += accepted and not case["expected"]
    cpu = time.process_time() - start
    millis.sort()
    at = lambda share: millis[int(share * (len(millis) - 1))]
    print(json.dumps({
        "cases": len(millis), "free": free, "right": right, "falseAccepts": false_accepts,
        "perCpuSecond": len(millis) / cpu, "p50": at(0.5), "p99": at(0.99),
    }))


main()
