import { type BracketChecker, createAlgorithm1Checker, createReferenceChecker } from './bracket-checkers.ts';
import {
  type FormatBlock,
  type FormatCode,
  type FormatLint,
  type FormatMode,
  type FormatReport,
  type FormatSource,
  type FormatViolation,
  type GrammarCode,
  LINT_CODES,
  type LintCode,
  type ResolvedStrictness,
} from './format-report.ts';
import { TextLints } from './lints.ts';
import { StrictParser, type StructureSink } from './strict-parser.ts';
import { AT_END, type TagListener, type TagMatch, type TextPiece } from './tag-stream.ts';

interface Finding extends FormatViolation {
  readonly seen: number;
}

/**
 * Gathers what the checkers of one source find, in the order in which it became certain, which does not depend on
 * where the source was cut.
 */
class FindingList {
  readonly #promoted: ReadonlySet<LintCode>;
  readonly #violations: FormatViolation[] = [];
  readonly #lints = new Map<LintCode, FormatLint>();
  readonly #promotedSeen = new Set<LintCode>();
  #fresh: Finding[] = [];
  #invalidPrefix: number | null = null;

  constructor(promoted: ReadonlySet<LintCode>) {
    this.#promoted = promoted;
  }

  /** A violation; see `ViolationSink`. */
  report(code: FormatCode, at: number, seen: number): void {
    this.#fresh.push({ code, at, seen });
    this.doom(seen);
  }

  /** No continuation of that prefix is valid. */
  doom(seen: number): void {
    if (seen < (this.#invalidPrefix ?? Number.POSITIVE_INFINITY)) this.#invalidPrefix = seen;
  }

  /** A lint: the first of its code counts, as a violation where it is promoted. */
  lint(code: LintCode, at: number, seen: number): void {
    if (this.#lints.has(code) || this.#promotedSeen.has(code)) return;
    if (this.#promoted.has(code)) {
      this.#promotedSeen.add(code);
      this.report(code, at, seen);
    } else {
      this.#lints.set(code, { code, at });
    }
  }

  /** The violations since the last call. */
  takeNew(): FormatViolation[] {
    const fresh = this.#fresh.sort((a, b) => (a.seen === b.seen ? 0 : a.seen - b.seen));
    this.#fresh = [];
    const taken = fresh.map(({ code, at }) => ({ code, at }));
    this.#violations.push(...taken);
    return taken;
  }

  /** Length of the shortest prefix that has no valid continuation; null while every prefix seen may have one. */
  get invalidPrefix(): number | null {
    return this.#invalidPrefix;
  }

  get violations(): readonly FormatViolation[] {
    return this.#violations;
  }

  listLints(): FormatLint[] {
    return LINT_CODES.flatMap((code) => this.#lints.get(code) ?? []);
  }
}

/** More faults than this would tell a reader nothing; the list must not grow with hostile input. */
const MAX_VIOLATIONS = 50;

/** Those findings of the strict parser that count beside a bracket matcher, and only where they are switched on. */
const SWITCHED: ReadonlySet<GrammarCode> = new Set(['empty_path', 'duplicate_path', 'text_before_summary']);

/** Hands pieces and tags of one source to the checkers that the mode and the switches ask for. */
export class Inspector implements TagListener {
  readonly findings: FindingList;
  readonly #mode: FormatMode;
  readonly #source: FormatSource;
  readonly #brackets: BracketChecker | null;
  readonly #parser: StrictParser | null;
  readonly #lints: TextLints | null;
  readonly #blocks: FormatBlock[] = [];
  #hasBlock = false;

  constructor(mode: FormatMode, source: FormatSource, strictness: ResolvedStrictness, gap: string) {
    const findings = new FindingList(strictness.promoted);
    const isStrict = mode === 'strict';
    const { emptyPath, duplicatePath, textBeforeSummary, promoted } = strictness;
    const needsStructure = isStrict || emptyPath || duplicatePath || textBeforeSummary || promoted.size > 0;
    const needsLints = source === 'text' && (isStrict || promoted.size > 0);
    this.findings = findings;
    this.#mode = mode;
    this.#source = source;
    this.#brackets = createBrackets(mode, findings);
    this.#lints = needsLints ? new TextLints((code, at, seen) => findings.lint(code, at, seen)) : null;
    this.#parser = needsStructure ? new StrictParser(strictness, gap, this.#createStructureSink(isStrict)) : null;
  }

  /** Offset of the first tag in the prompt; null where it has none. */
  acceptPrompt(at: number | null): void {
    if (at !== null) this.findings.lint('tag_in_prompt', at, 0);
  }

  text(piece: TextPiece): void {
    this.#parser?.text(piece);
    this.#lints?.text(piece);
  }

  tag(match: TagMatch): void {
    if (match.tag === '<Parallel>') this.#hasBlock = true;
    this.#brackets?.tag(match);
    this.#parser?.tag(match);
    this.#lints?.tag(match);
  }

  finish(): FormatReport {
    this.#brackets?.finish();
    this.#parser?.finish();
    if (!this.#hasBlock) this.findings.lint('no_block', 0, AT_END);
    this.#lints?.finish();
    this.findings.takeNew();
    const { violations } = this.findings;
    const lints = this.#mode === 'strict' ? this.findings.listLints() : [];
    const blocks = this.#mode === 'strict' ? this.#blocks : [];
    return { mode: this.#mode, source: this.#source, valid: violations.length === 0, violations, lints, blocks };
  }

  #createStructureSink(isStrict: boolean): StructureSink {
    const { findings } = this;
    let count = 0;
    return {
      report: (code, at, seen) => {
        if (!isStrict && !SWITCHED.has(code)) return;
        count += 1;
        if (count <= MAX_VIOLATIONS) findings.report(code, at, seen);
      },
      doom: (seen) => {
        if (isStrict) findings.doom(seen);
      },
      looseSpace: (at, seen) => findings.lint('noncanonical_space', at, seen),
      block: (block, contents, seen) => {
        this.#blocks.push(block);
        this.#lints?.block(block, contents, seen);
      },
    };
  }
}

function createBrackets(mode: FormatMode, findings: FindingList): BracketChecker | null {
  if (mode === 'strict') return null;
  return mode === 'reference' ? createReferenceChecker(findings) : createAlgorithm1Checker(findings);
}
