import type { Tag } from '../grammar.ts';
import type { BracketCode } from './format-report.ts';
import { AT_END, type TagListener, type TagMatch, type ViolationSink } from './tag-stream.ts';

const OPENER_OF: Partial<Record<Tag, Tag>> = {
  '</Parallel>': '<Parallel>',
  '</Path>': '<Path>',
  '</Summary>': '<Summary>',
};

/** A checker that looks at tags only and stops at its first fault. */
export interface BracketChecker extends TagListener {
  /** Ends the source: reports what was left open. */
  finish(): void;
}

/**
 * The paper's format check on cold-start data (Algorithm 1): a plain bracket matcher over the three
 * tag pairs. Reports the first fault. Linear time.
 */
export function createAlgorithm1Checker(sink: ViolationSink<BracketCode>): BracketChecker {
  return new FirstFault(new Algorithm1(), sink);
}

/**
 * The checker behind the reference implementation's reward, reproduced with its faults: it ignores `</Summary>`, text
 * between tags, and nesting. Reports the first fault. Linear time.
 */
export function createReferenceChecker(sink: ViolationSink<BracketCode>): BracketChecker {
  return new FirstFault(new Reference(), sink);
}

interface Matcher {
  /** Code of the fault this tag is, or null. */
  accept(match: TagMatch): BracketCode | null;
  /** Whether the end of the source will be a fault, whatever comes before it. */
  readonly isLost: boolean;
  finish(): { readonly code: BracketCode; readonly at: number } | null;
}

class FirstFault implements BracketChecker {
  readonly #matcher: Matcher;
  readonly #sink: ViolationSink<BracketCode>;
  #done = false;

  constructor(matcher: Matcher, sink: ViolationSink<BracketCode>) {
    this.#matcher = matcher;
    this.#sink = sink;
  }

  text(): void {}

  tag(match: TagMatch): void {
    if (this.#done) return;
    const code = this.#matcher.accept(match);
    if (code !== null) {
      this.#done = true;
      this.#sink.report(code, match.at, match.end);
    } else if (this.#matcher.isLost) {
      this.#sink.doom(match.end);
    }
  }

  finish(): void {
    const fault = this.#done ? null : this.#matcher.finish();
    this.#done = true;
    if (fault !== null) this.#sink.report(fault.code, fault.at, AT_END);
  }
}

class Algorithm1 implements Matcher {
  readonly isLost = false;
  readonly #stack: TagMatch[] = [];

  accept(match: TagMatch): BracketCode | null {
    const opener = OPENER_OF[match.tag];
    if (opener === undefined) this.#stack.push(match);
    else if (this.#stack.pop()?.tag !== opener) return 'unmatched_close';
    return null;
  }

  finish() {
    const open = this.#stack.at(-1);
    return open === undefined ? null : { code: 'unclosed_tag' as const, at: open.at };
  }
}

class Reference implements Matcher {
  readonly #stack: TagMatch[] = [];
  readonly #pathCounts: number[] = [];
  #summaryDue = false;
  /** A block has closed without its summary, and no later summary makes up for it. */
  #summaryMissed = false;
  #lastEnd = 0;

  get isLost(): boolean {
    return this.#summaryMissed;
  }

  accept(match: TagMatch): BracketCode | null {
    this.#lastEnd = match.end;
    switch (match.tag) {
      case '<Parallel>':
        this.#pathCounts.push(0);
        if (this.#summaryDue) this.#summaryMissed = true;
        this.#summaryDue = false;
        this.#stack.push(match);
        return null;
      case '<Path>':
        this.#stack.push(match);
        return null;
      case '</Path>':
        return this.#closePath();
      case '</Parallel>':
        return this.#closeBlock();
      case '<Summary>':
        return this.#openSummary();
      default:
        return null;
    }
  }

  finish() {
    const open = this.#stack.at(-1);
    if (open !== undefined) return { code: 'unclosed_tag' as const, at: open.at };
    if (this.#summaryDue || this.#summaryMissed) return { code: 'missing_summary' as const, at: this.#lastEnd };
    return null;
  }

  #closePath(): BracketCode | null {
    if (this.#stack.pop()?.tag !== '<Path>') return 'unmatched_close';
    if (this.#pathCounts.length > 0) this.#pathCounts[this.#pathCounts.length - 1]! += 1;
    return null;
  }

  #closeBlock(): BracketCode | null {
    if (this.#stack.pop()?.tag !== '<Parallel>') return 'unmatched_close';
    if (this.#pathCounts.pop()! < 2) return 'too_few_paths';
    if (this.#summaryDue) this.#summaryMissed = true;
    this.#summaryDue = true;
    return null;
  }

  #openSummary(): BracketCode | null {
    if (!this.#summaryDue) return 'summary_without_block';
    this.#summaryDue = false;
    return null;
  }
}
