import type { FormatBlock, GrammarCode, ResolvedStrictness } from './format-report.ts';
import { AT_END, type TagListener, type TagMatch, type TextPiece, type ViolationSink } from './tag-stream.ts';

/** Receives what the strict parser sees. `seen` as in `ViolationSink`. */
export interface StructureSink extends ViolationSink<GrammarCode> {
  /** White space between tags, or its lack before a summary, that a trajectory on the page would not have. */
  looseSpace(at: number, seen: number): void;
  /** A well-formed block is complete; `contents` holds what its paths hold. */
  block(block: FormatBlock, contents: readonly string[], seen: number): void;
}

type State = 'main' | 'block' | 'path' | 'await' | 'summary';

/**
 * The grammar's state machine (docs/data-flow.md, "The grammar") over pieces and tags. Never throws, linear time. The first
 * violation is exact; what follows it is a best effort to go on.
 */
export class StrictParser implements TagListener {
  readonly #strictness: ResolvedStrictness;
  /** What stands between `</Parallel>` and `<Summary>` in canonical form. */
  readonly #gap: string;
  readonly #sink: StructureSink;
  #state: State = 'main';
  /** End of the last tag, end of what has come since, and its first unit that is not blank. */
  #since = 0;
  #end = 0;
  #ink: number | null = null;
  /** Whether the gap has come since the last tag, and the end of what has, which may be its beginning. */
  #hasGap = false;
  #gapTail = '';
  #openAt = 0;
  #closeAt = 0;
  #pathAt = 0;
  #summaryAt = 0;
  #contentFrom = 0;
  #content: string[] = [];
  #summaryIsBlank = true;
  #paths: [number, number][] = [];
  #contents: string[] = [];
  #seenPaths = new Set<string>();
  #blockIsSound = true;

  constructor(strictness: ResolvedStrictness, gap: string, sink: StructureSink) {
    this.#strictness = strictness;
    this.#gap = gap;
    this.#sink = sink;
  }

  text({ content, to, ink, seen }: TextPiece): void {
    if (ink !== null && this.#ink === null) {
      this.#ink = ink;
      if (this.#state === 'block') this.#fail('text_in_block', ink, seen);
      // A fault whatever follows; only the next tag tells which.
      if (this.#state === 'await' && this.#strictness.textBeforeSummary) this.#sink.doom(seen);
    }
    if (this.#state === 'path') this.#content.push(content);
    if (this.#state === 'summary' && ink !== null) this.#summaryIsBlank = false;
    if (this.#state === 'await' || this.#state === 'block') this.#lookForGap(content);
    this.#end = to;
  }

  tag(match: TagMatch): void {
    if (this.#state === 'block') this.#checkBlockSpace(match.end);
    if (this.#state === 'await' && match.tag !== '<Summary>') {
      this.#fail('missing_summary', match.at, match.end);
      this.#state = 'main';
    }
    this.#step(match);
    this.#since = match.end;
    this.#end = match.end;
    this.#ink = null;
    this.#hasGap = false;
    this.#gapTail = '';
  }

  /** To be called once, when the source has ended. */
  finish(): void {
    if (this.#state === 'block') {
      this.#checkBlockSpace(AT_END);
      this.#fail('unclosed_block', this.#openAt, AT_END);
    }
    if (this.#state === 'path') this.#fail('unclosed_path', this.#pathAt, AT_END);
    if (this.#state === 'await') this.#fail('missing_summary', this.#since, AT_END);
    if (this.#state === 'summary') this.#fail('unclosed_summary', this.#summaryAt, AT_END);
  }

  #fail(code: GrammarCode, at: number, seen: number): void {
    this.#blockIsSound = false;
    this.#sink.report(code, at, seen);
  }

  #step(match: TagMatch): void {
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
  }

  #inMain({ tag, at, end }: TagMatch): void {
    if (tag === '<Parallel>') this.#beginBlock(at);
    else if (tag === '<Path>') this.#fail('path_outside_block', at, end);
    else if (tag === '<Summary>') this.#fail('summary_outside_block', at, end);
    else this.#fail('stray_close', at, end);
  }

  #beginBlock(at: number): void {
    this.#state = 'block';
    this.#openAt = at;
    this.#paths = [];
    this.#contents = [];
    this.#seenPaths = new Set();
    this.#blockIsSound = true;
  }

  #lookForGap(content: string): void {
    if (this.#hasGap) return;
    const joined = this.#gapTail + content;
    this.#hasGap = joined.includes(this.#gap);
    this.#gapTail = joined.slice(-this.#gap.length);
  }

  /** Tags stand side by side or on lines of their own, as the paper's data have them. */
  #checkBlockSpace(seen: number): void {
    const isBlank = this.#end > this.#since && this.#ink === null;
    if (isBlank && !this.#hasGap) this.#sink.looseSpace(this.#since, seen);
  }

  #inBlock({ tag, at, end }: TagMatch): void {
    if (tag === '<Path>') {
      this.#state = 'path';
      this.#pathAt = at;
      this.#contentFrom = end;
      this.#content = [];
    } else if (tag === '</Parallel>') {
      if (this.#paths.length < 2) this.#fail('too_few_paths', at, end);
      this.#closeAt = at;
      this.#state = 'await';
    } else if (tag === '<Parallel>') {
      this.#fail('nested_block', at, end);
    } else if (tag === '<Summary>') {
      this.#fail('summary_inside_block', at, end);
    } else {
      this.#fail('stray_close', at, end);
    }
  }

  #inPath({ tag, at, end }: TagMatch): void {
    if (tag === '</Path>') {
      this.#closePath(at, end);
      return;
    }
    if (tag === '<Parallel>') this.#fail('nested_block', at, end);
    else if (tag === '<Path>') this.#fail('nested_path', at, end);
    else this.#fail('tag_in_path', at, end);
    this.#content.push(tag);
    // The path was most likely left open, so the block ends here.
    if (tag === '</Parallel>') {
      this.#state = 'await';
      this.#closeAt = at;
    }
  }

  #closePath(at: number, end: number): void {
    const content = this.#content.join('');
    const key = content.trim().replace(/\s+/g, ' ');
    const { emptyPath, duplicatePath } = this.#strictness;
    if (key === '' && emptyPath) this.#fail('empty_path', this.#pathAt, end);
    if (key !== '' && duplicatePath && this.#seenPaths.has(key)) this.#fail('duplicate_path', this.#pathAt, end);
    this.#seenPaths.add(key);
    this.#paths.push([this.#contentFrom, at]);
    this.#contents.push(content);
    this.#state = 'block';
  }

  #beginSummary({ at, end }: TagMatch): void {
    if (this.#ink === null) {
      if (!this.#hasGap) this.#sink.looseSpace(this.#since, end);
    } else if (this.#strictness.textBeforeSummary) {
      this.#fail('text_before_summary', this.#ink, end);
    }
    this.#state = 'summary';
    this.#summaryAt = at;
    this.#contentFrom = end;
    this.#summaryIsBlank = true;
  }

  #inSummary({ tag, at, end }: TagMatch): void {
    if (tag !== '</Summary>') {
      this.#fail('tag_in_summary', at, end);
      this.#summaryIsBlank = false;
      return;
    }
    if (this.#summaryIsBlank) this.#fail('empty_summary', this.#summaryAt, end);
    if (this.#blockIsSound) {
      const summary: [number, number] = [this.#contentFrom, at];
      const block = { open: this.#openAt, paths: this.#paths, close: this.#closeAt, summary };
      this.#sink.block(block, this.#contents, end);
    }
    this.#state = 'main';
  }
}
