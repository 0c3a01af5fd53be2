import type { Tag } from '../grammar.ts';
import type { TagMatch } from './find-tags.ts';
import type { FormatViolation } from './format-report.ts';

const OPENER_OF: Partial<Record<Tag, Tag>> = {
  '</Parallel>': '<Parallel>',
  '</Path>': '<Path>',
  '</Summary>': '<Summary>',
};

/**
 * The paper's format check on cold-start data (Algorithm 1): a plain bracket matcher over the three
 * tag pairs. Returns the first fault, null when the text passes. Linear time.
 */
export function checkAlgorithm1(tags: readonly TagMatch[]): FormatViolation | null {
  const stack: TagMatch[] = [];
  for (const match of tags) {
    const opener = OPENER_OF[match.tag];
    if (opener === undefined) stack.push(match);
    else if (stack.pop()?.tag !== opener) return { code: 'unmatched_close', at: match.at };
  }
  const open = stack.at(-1);
  return open === undefined ? null : { code: 'unclosed_tag', at: open.at };
}

/**
 * The checker the reference implementation rewards with, faults included: `</Summary>` is ignored,
 * text between tags and nesting are not looked at (method 2.4, T13). First fault or null. Linear time.
 */
export function checkReference(tags: readonly TagMatch[]): FormatViolation | null {
  const checker = new ReferenceChecker();
  for (const match of tags) {
    const code = checker.accept(match);
    if (code !== null) return { code, at: match.at };
  }
  return checker.finish(tags.at(-1)?.end ?? 0);
}

class ReferenceChecker {
  readonly #stack: TagMatch[] = [];
  readonly #pathCounts: number[] = [];
  #summaryDue = false;
  #summaries = 0;
  #closedBlocks = 0;

  /** Code of the fault this tag is, or null. */
  accept(match: TagMatch): string | null {
    switch (match.tag) {
      case '<Parallel>':
        this.#pathCounts.push(0);
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

  finish(at: number): FormatViolation | null {
    const open = this.#stack.at(-1);
    if (open !== undefined) return { code: 'unclosed_tag', at: open.at };
    if (this.#summaryDue || this.#summaries !== this.#closedBlocks) return { code: 'missing_summary', at };
    return null;
  }

  #closePath(): string | null {
    if (this.#stack.pop()?.tag !== '<Path>') return 'unmatched_close';
    if (this.#pathCounts.length > 0) this.#pathCounts[this.#pathCounts.length - 1]! += 1;
    return null;
  }

  #closeBlock(): string | null {
    if (this.#stack.pop()?.tag !== '<Parallel>') return 'unmatched_close';
    if (this.#pathCounts.pop()! < 2) return 'too_few_paths';
    this.#closedBlocks += 1;
    this.#summaryDue = true;
    return null;
  }

  #openSummary(): string | null {
    if (!this.#summaryDue) return 'summary_without_block';
    this.#summaryDue = false;
    this.#summaries += 1;
    return null;
  }
}
