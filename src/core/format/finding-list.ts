import { type FormatCode, type FormatLint, type FormatViolation, LINT_CODES, type LintCode } from './format-report.ts';

interface Finding extends FormatViolation {
  readonly seen: number;
}

/**
 * Gathers what the checkers of one source find and puts it in the order of certainty, which does not
 * depend on how the source was cut.
 */
export class FindingList {
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
