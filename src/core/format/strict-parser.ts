import type { TagMatch } from './find-tags.ts';
import type { FormatBlock, FormatViolation } from './format-report.ts';

/** Structure of a response as the strict grammar sees it. */
export interface StrictParse {
  readonly violations: readonly FormatViolation[];
  readonly blocks: readonly FormatBlock[];
  /** Offsets where white space differs from the canonical form. */
  readonly looseSpaces: readonly number[];
}

type State = 'main' | 'block' | 'path' | 'await' | 'summary';

/** More faults than this say nothing more; the list must not grow with hostile input. */
const MAX_VIOLATIONS = 50;

/**
 * Parses a response with the state machine of method 2.3. Never throws, linear time. The first
 * violation is exact; what follows it is a best effort to go on.
 */
export function parseStrict(text: string, tags: readonly TagMatch[]): StrictParse {
  const parser = new StrictParser(text);
  for (const tag of tags) parser.accept(tag);
  return parser.finish();
}

class StrictParser {
  readonly #text: string;
  readonly #violations: FormatViolation[] = [];
  readonly #blocks: FormatBlock[] = [];
  readonly #looseSpaces: number[] = [];
  #state: State = 'main';
  /** End of the last tag: text since then belongs to the current state. */
  #since = 0;
  #openAt = 0;
  #closeAt = 0;
  #pathAt = 0;
  #summaryAt = 0;
  #contentFrom = 0;
  #paths: [number, number][] = [];
  #seenPaths = new Set<string>();
  #blockIsSound = true;

  constructor(text: string) {
    this.#text = text;
  }

  accept(match: TagMatch): void {
    if (this.#state === 'block') this.#checkBlockText(match.at);
    if (this.#state === 'await' && match.tag !== '<Summary>') {
      this.#fail('missing_summary', match.at);
      this.#state = 'main';
    }
    switch (this.#state) {
      case 'main':
        this.#inMain(match);
        break;
      case 'block':
        this.#inBlock(match);
        break;
      case 'path':
        this.#inPath(match);
        break;
      case 'await':
        this.#beginSummary(match);
        break;
      case 'summary':
        this.#inSummary(match);
        break;
    }
    this.#since = match.end;
  }

  finish(): StrictParse {
    if (this.#state === 'block') {
      this.#checkBlockText(this.#text.length);
      this.#fail('unclosed_block', this.#openAt);
    }
    if (this.#state === 'path') this.#fail('unclosed_path', this.#pathAt);
    if (this.#state === 'await') this.#fail('missing_summary', this.#since);
    if (this.#state === 'summary') this.#fail('unclosed_summary', this.#summaryAt);
    return { violations: this.#violations, blocks: this.#blocks, looseSpaces: this.#looseSpaces };
  }

  #fail(code: string, at: number): void {
    this.#blockIsSound = false;
    if (this.#violations.length < MAX_VIOLATIONS) this.#violations.push({ code, at });
  }

  #inMain({ tag, at, end }: TagMatch): void {
    if (tag === '<Parallel>') this.#beginBlock(at);
    else if (tag === '<Path>') this.#fail('path_outside_block', at);
    else if (tag === '<Summary>') this.#fail('summary_outside_block', at);
    else this.#fail('stray_close', at);
    this.#contentFrom = end;
  }

  #beginBlock(at: number): void {
    this.#state = 'block';
    this.#openAt = at;
    this.#paths = [];
    this.#seenPaths = new Set();
    this.#blockIsSound = true;
  }

  #checkBlockText(to: number): void {
    if (to === this.#since) return;
    const between = this.#text.slice(this.#since, to);
    const blank = between.length - between.trimStart().length;
    if (blank === between.length) this.#looseSpaces.push(this.#since);
    else this.#fail('text_in_block', this.#since + blank);
  }

  #inBlock({ tag, at, end }: TagMatch): void {
    if (tag === '<Path>') {
      this.#state = 'path';
      this.#pathAt = at;
      this.#contentFrom = end;
    } else if (tag === '</Parallel>') {
      this.#closeBlock(at);
    } else if (tag === '<Parallel>') {
      this.#fail('nested_block', at);
    } else if (tag === '<Summary>') {
      this.#fail('summary_inside_block', at);
    } else {
      this.#fail('stray_close', at);
    }
  }

  #inPath({ tag, at }: TagMatch): void {
    if (tag === '</Path>') {
      this.#closePath(at);
    } else if (tag === '<Parallel>') {
      this.#fail('nested_block', at);
    } else if (tag === '<Path>') {
      this.#fail('nested_path', at);
    } else {
      this.#fail('tag_in_path', at);
      // The path was most likely left open, so the block ends here.
      if (tag === '</Parallel>') {
        this.#state = 'await';
        this.#closeAt = at;
      }
    }
  }

  #closePath(at: number): void {
    const content = this.#text.slice(this.#contentFrom, at);
    const key = content.trim().replace(/\s+/g, ' ');
    if (key === '') this.#fail('empty_path', this.#pathAt);
    else if (this.#seenPaths.has(key)) this.#fail('duplicate_path', this.#pathAt);
    this.#seenPaths.add(key);
    this.#paths.push([this.#contentFrom, at]);
    this.#state = 'block';
  }

  #closeBlock(at: number): void {
    if (this.#paths.length < 2) this.#fail('too_few_paths', at);
    this.#closeAt = at;
    this.#state = 'await';
  }

  #beginSummary({ at, end }: TagMatch): void {
    const gap = this.#text.slice(this.#since, at);
    if (gap.trim() !== '') this.#fail('text_before_summary', this.#since + gap.length - gap.trimStart().length);
    else if (gap !== '\n') this.#looseSpaces.push(this.#since);
    this.#state = 'summary';
    this.#summaryAt = at;
    this.#contentFrom = end;
  }

  #inSummary({ tag, at }: TagMatch): void {
    if (tag !== '</Summary>') {
      this.#fail('tag_in_summary', at);
      return;
    }
    if (this.#text.slice(this.#contentFrom, at).trim() === '') this.#fail('empty_summary', this.#summaryAt);
    if (this.#blockIsSound) {
      const summary: [number, number] = [this.#contentFrom, at];
      this.#blocks.push({ open: this.#openAt, paths: this.#paths, close: this.#closeAt, summary });
    }
    this.#state = 'main';
  }
}
