import { SUMMARY_GAP, type TagIds } from '../grammar.ts';
import {
  type FormatMode,
  type FormatReport,
  type FormatStrictness,
  type FormatViolation,
  type IdStrictness,
  resolveStrictness,
} from './format-report.ts';
import { IdScanner, mapTagIds, writeBlank } from './id-scanner.ts';
import { Inspector } from './inspector.ts';
import { findTags, type TagScanner, TextScanner } from './tag-stream.ts';

/** A response as text: tags are their letters. */
export interface TextSource {
  readonly kind: 'text';
  /** Text in which no tag may stand (lint `tag_in_prompt`): the problem, not the template, which names the tags. */
  readonly prompt?: string;
}

/** A response as token ids: only the ids of tags are tags; one spelt out in ordinary tokens is text. */
export interface IdSource {
  readonly kind: 'ids';
  readonly tags: TagIds;
  /** Which ids are white space only; without it, those of the gap alone. */
  readonly isBlank?: (id: number) => boolean;
  /** As in `TextSource`. */
  readonly prompt?: readonly number[];
}

/** What is checked, by which checker, and how strictly. */
export interface FormatCheckerOptions<Source, Strictness> {
  readonly mode: FormatMode;
  readonly source: Source;
  /** Deviations from the mode's defaults. */
  readonly strictness?: Partial<Strictness>;
}

/**
 * A format check of one response that arrives in chunks. Never throws, whatever it is given. Its work is linear in the
 * input, and the violations it keeps are bounded (50 of the grammar, one per promoted lint).
 */
export interface FormatChecker<Chunk> {
  /** Takes the next part of the response; returns the violations that became certain with it. Nothing after `finish`. */
  push(chunk: Chunk): readonly FormatViolation[];
  /** Ends the response. The report is that of the whole response, however it was cut. */
  finish(): FormatReport;
  /** All violations so far: what `push` returned. */
  readonly violations: readonly FormatViolation[];
  /**
   * Length (in the unit of the source) of the shortest prefix that no continuation makes valid, where a
   * tag counts once it is complete; null while there is none. A rollout may be stopped there. It can be
   * known before the violation: text after `</Parallel>` is a fault at once, but only the next tag tells which.
   */
  readonly invalidPrefix: number | null;
}

/** Creates a check of text (offsets are UTF-16 code units) or of token ids (offsets are token indices). */
export function createFormatChecker(options: FormatCheckerOptions<TextSource, FormatStrictness>): FormatChecker<string>;
export function createFormatChecker(
  options: FormatCheckerOptions<IdSource, IdStrictness>,
): FormatChecker<readonly number[]>;
export function createFormatChecker({
  mode,
  source,
  strictness,
}: FormatCheckerOptions<TextSource | IdSource, FormatStrictness>):
  | FormatChecker<string>
  | FormatChecker<readonly number[]> {
  const resolved = resolveStrictness(mode, strictness);
  if (source.kind === 'text') {
    const inspector = new Inspector(mode, 'text', resolved, SUMMARY_GAP);
    inspector.acceptPrompt(findTags(source.prompt ?? '')[0]?.at ?? null);
    return new Checker(new TextScanner(), inspector);
  }
  const { tags, prompt, isBlank } = source;
  const gap = tags.gap.map((id) => writeBlank(tags.gap, id)).join('');
  const inspector = new Inspector(mode, 'ids', resolved, gap);
  const tagOf = mapTagIds(tags);
  const inPrompt = prompt?.findIndex((id) => tagOf.has(id)) ?? -1;
  inspector.acceptPrompt(inPrompt < 0 ? null : inPrompt);
  return new Checker(new IdScanner(tags, isBlank), inspector);
}

class Checker<Chunk> implements FormatChecker<Chunk> {
  readonly #scanner: TagScanner<Chunk>;
  readonly #inspector: Inspector;
  #report: FormatReport | null = null;

  constructor(scanner: TagScanner<Chunk>, inspector: Inspector) {
    this.#scanner = scanner;
    this.#inspector = inspector;
  }

  push(chunk: Chunk): readonly FormatViolation[] {
    if (this.#report !== null) return [];
    this.#scanner.push(chunk, this.#inspector);
    return this.#inspector.findings.takeNew();
  }

  finish(): FormatReport {
    if (this.#report === null) {
      this.#scanner.finish(this.#inspector);
      this.#report = this.#inspector.finish();
    }
    return this.#report;
  }

  get violations(): readonly FormatViolation[] {
    return this.#inspector.findings.violations;
  }

  get invalidPrefix(): number | null {
    return this.#inspector.findings.invalidPrefix;
  }
}

/** Switches of a check of text, and the text that may hold no tag. */
export interface CheckFormatOptions extends Partial<FormatStrictness> {
  /** See `TextSource`. */
  readonly prompt?: string;
}

/** Switches of a check of token ids, which ids are blank, and the ids among which no tag may be. */
export type CheckIdsFormatOptions = Partial<IdStrictness> & Omit<IdSource, 'kind' | 'tags'>;

/**
 * Checks the format of a response (never the prompt, which holds the tags itself). `strict` is the
 * grammar of docs/data-flow.md, `reference` the function the reference rewards with, `algorithm1`
 * the paper's bracket check. Never throws, linear time.
 */
export function checkFormat(text: string, mode: FormatMode, options: CheckFormatOptions = {}): FormatReport {
  const { prompt, ...strictness } = options;
  const source: TextSource = prompt === undefined ? { kind: 'text' } : { kind: 'text', prompt };
  const checker = createFormatChecker({ mode, source, strictness });
  checker.push(text);
  return checker.finish();
}

/** `checkFormat` on the token ids of a response: ids alone decide what is a tag. Offsets are token indices. */
export function checkIdsFormat(
  ids: readonly number[],
  mode: FormatMode,
  tags: IdSource['tags'],
  options: CheckIdsFormatOptions = {},
): FormatReport {
  const { prompt, isBlank, ...strictness } = options;
  const source: IdSource = {
    kind: 'ids',
    tags,
    ...(isBlank === undefined ? {} : { isBlank }),
    ...(prompt === undefined ? {} : { prompt }),
  };
  const checker = createFormatChecker({ mode, source, strictness });
  checker.push(ids);
  return checker.finish();
}
